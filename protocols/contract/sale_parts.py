"""What facts about sales and returns are made of."""

from __future__ import annotations

import msgspec


class UsedCoupon(msgspec.Struct, frozen=True, kw_only=True):
    """A coupon a sale used up."""

    coupon_id: str
    promotion_id: str
    saved_minor: int
    reservation_id: str = ""
    """Empty: accepted offline, within the allowance."""


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """Something a rule forbade and a person allowed."""

    what: str
    reason: str
    approver_id: str
    before: str = ""
    after: str = ""


class UnitDiscount(msgspec.Struct, frozen=True, kw_only=True):
    """The share of one discount that falls on each unit of a line, in unit order (rule R8)."""

    promotion_id: str
    """Of the promotion or coupon; `manual:line`, `manual:basket` for something off by hand."""
    shares_minor: tuple[int, ...]
    name: str = ""
    name_zh: str = ""
    layer: str = ""
    """`unit`, `threshold`, `coupon`, `manual`: shares are stored in the order they were taken off."""


class SaleLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a closed sale. `net_minor` is what the line contributes to the total (after discounts)."""

    line_no: int
    item_id: str
    name: str
    gtin: str
    """As scanned, normalised to 14 digits; empty when keyed by item."""
    quantity: int
    """Pieces; 1 for a weighed line."""
    grams: int | None = None
    stock_thousandths: int
    """What leaves the shelf, in thousandths of the stock unit."""
    unit_price_minor: int
    """Charged per piece, or per kilogram when weighed."""
    price_revision: int
    list_price_minor: int
    """HQ's price at the moment of the scan; differs from `unit_price_minor` when a label may show less."""
    price_reason: str = "list"
    """`list`, or `lower_label` when a shelf label may still be showing a lower price (invariant 2)."""
    label_revision: int | None = None
    """The revision of the label price that won, when `price_reason` is `lower_label`."""
    net_minor: int
    tax_class: str
    tax_rate_bp: int
    tax_minor: int
    discounts: tuple[UnitDiscount, ...] = ()
    overrides: tuple[Override, ...] = ()
    batch: str | None = None
    serial: str | None = None
    expires: str | None = None
    """ISO date, when the scan told it."""
    line_kind: str = "goods"
    """`goods`, `bag`, `container`, `gift_card`, `presale`, `unknown`. Only `goods`, `bag` and `container` move stock."""
    base_unit_minor: int | None = None
    """The price per piece (or of the whole weighed line) that the discounts start from, when some units of the line started
    from the list price instead of their own (rule R3); None: `unit_price_minor`."""
    bases_minor: tuple[int, ...] = ()
    """Each unit's starting price, in unit order, when they differ; empty: all the same. net = sum of bases - all shares."""
    tare_grams: int = 0
    name_zh: str = ""
    reference: str = ""
    """The gift card (masked), presale or order the line belongs to."""
    epcs: tuple[str, ...] = ()
    """The tags of the pieces, as EPC URIs, as far as they were read."""


class Tender(msgspec.Struct, frozen=True, kw_only=True):
    """Money received (positive) or given back as change (in `change_minor`)."""

    kind: str
    """`cash`, `card`, `code`, `gift_card`, `points`, `return_credit`, `deposit`, `order` …"""
    amount_minor: int
    change_minor: int = 0
    reference: str = ""
    """What the acquirer or the ledger at HQ calls it; never a full card number."""
    attempt_id: str = ""
    """The payment attempt that brought it."""
    units: int = 0
    """Points spent, when paid with points."""


class ReceiptNumber(msgspec.Struct, frozen=True, kw_only=True):
    """Gap-free per till and incarnation; all three are printed."""

    till_id: str
    incarnation: int
    number: int
