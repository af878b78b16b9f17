"""Facts of tills: sales, returns, payments, shifts, and what an auditor asks for (rules: `protocols.contract.facts`)."""

from __future__ import annotations

import msgspec

from protocols.contract.sale_parts import Override, ReceiptNumber, SaleLine, Tender, UnitDiscount, UsedCoupon
from protocols.contract.values import Place, TaxMode


class SaleClosed(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="SaleClosed"):
    """A sale that was paid. Durable on the box before "paid" is shown. Its lines are also its stock moves."""

    sale_id: str
    command_id: str
    """The till command that closed it: the screen repeats it until answered."""
    store_id: str
    till_id: str
    cashier_id: str
    shift_id: str
    receipt: ReceiptNumber
    currency: str
    tax_mode: TaxMode
    place: Place = Place.SALES_FLOOR
    lines: tuple[SaleLine, ...]
    total_minor: int
    """What the customer owes before cash rounding: tax included."""
    tax_minor: int
    rounding_minor: int = 0
    tenders: tuple[Tender, ...]
    promotion_bundle: str = ""
    """Hash of the promotion bundle that priced the sale; empty while there are no promotions."""
    price_feed_version: int = 0
    member_id: str | None = None
    opened_at_ms: int
    proved: bool = True
    """No better basket existed under the promotion rules."""
    lower_bound_minor: int | None = None
    """When it was not proved: no basket could be cheaper than this."""
    coupons: tuple[UsedCoupon, ...] = ()
    points_earned: int = 0
    """floor(net paid) in whole currency units (rule R12)."""
    member_fresh: bool = True
    """False: member data came from the box's cache."""
    return_id: str = ""
    """An exchange: the return of the same transaction."""
    order_id: str = ""
    presale_id: str = ""
    training: bool = False
    priced_at_ms: int = 0
    """The instant whose promotions held for the sale (rule R9 prices what is kept at the same one); 0: `opened_at_ms`."""


class ReturnedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a sold line that came back."""

    return_no: int
    sold_line_no: int = 0
    """Line of the original sale; 0: without a receipt."""
    item_id: str
    name: str
    gtin: str = ""
    quantity: int
    grams: int | None = None
    stock_thousandths: int
    place: Place | None = Place.SALES_FLOOR
    """Where the goods went; None: they are not stock any more."""
    reason: str
    refund_minor: int
    tax_class: str
    tax_rate_bp: int
    tax_minor: int
    first_unit: int = 0
    """The units of the line that came back are the next `quantity` from this one, in stored order (rule R8)."""
    shares: tuple[UnitDiscount, ...] = ()
    """The shares of the original discounts that were undone."""
    batch: str | None = None
    serial: str | None = None
    overrides: tuple[Override, ...] = ()
    epcs: tuple[str, ...] = ()


class GoodsReturned(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="GoodsReturned"):
    """Goods came back and were paid for. Its lines are also its stock moves (reason `return`). In an exchange the refund
    is a tender of the sale of the same transaction (`return_credit`)."""

    return_id: str
    command_id: str
    store_id: str
    till_id: str
    cashier_id: str
    shift_id: str
    receipt: ReceiptNumber
    currency: str
    tax_mode: TaxMode
    sale_id: str = ""
    """The original sale; empty: without a receipt."""
    sold_store_id: str = ""
    sold_receipt: str = ""
    policy: str
    """`prorate`, `reprice`, `no_receipt`."""
    lines: tuple[ReturnedLine, ...]
    total_minor: int
    """Refunded, tax included: positive."""
    tax_minor: int
    rounding_minor: int = 0
    tenders: tuple[Tender, ...]
    """How it was paid back; amounts positive."""
    member_id: str | None = None
    points_taken_back: int = 0
    """Points earned by the sale and reversed: the difference of floors (rule R12)."""
    points_given_back: int = 0
    """Points spent in the sale and restored, to the lots they came from."""
    unverified: bool = False
    """Taken without being able to ask HQ what was returned before: a clash shows up there."""
    exchange_sale_id: str = ""


class LineVoided(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="LineVoided"):
    """A line taken off an open basket: nothing was sold, but loss prevention wants to know."""

    sale_id: str
    till_id: str
    cashier_id: str
    item_id: str
    quantity: int
    net_minor: int


class SaleAbandoned(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="SaleAbandoned"):
    """A basket thrown away before payment."""

    sale_id: str
    till_id: str
    cashier_id: str
    total_minor: int
    line_count: int


class ShiftTender(msgspec.Struct, frozen=True, kw_only=True):
    """One tender over a shift."""

    kind: str
    expected_minor: int
    counted_minor: int | None = None
    """None: not counted."""
    sales: int = 0
    refunds_minor: int = 0


class ShiftOpened(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="ShiftOpened"):
    """A cashier took over a till with a counted float."""

    shift_id: str
    till_id: str
    cashier_id: str
    float_minor: int


class ShiftClosed(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="ShiftClosed"):
    """A shift ended with a count. `difference_minor` = counted - expected."""

    shift_id: str
    till_id: str
    cashier_id: str
    sale_count: int
    expected_minor: int
    counted_minor: int
    difference_minor: int
    tenders: tuple[ShiftTender, ...] = ()
    """Every tender of the shift, cash among them."""
    cash_in_minor: int = 0
    cash_out_minor: int = 0
    why: str = ""
    approver_id: str = ""
    z_number: int = 0
    """Gap-free per till."""


class CashMoved(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="CashMoved"):
    """Cash put into a drawer (positive) or taken out (negative) outside a sale."""

    move_id: str
    shift_id: str
    till_id: str
    cashier_id: str
    amount_minor: int
    why: str
    approver_id: str = ""


class PaymentAsked(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="PaymentAsked"):
    """A payment is about to be asked for: on record before the first byte goes out."""

    attempt_id: str
    sale_id: str
    till_id: str
    method: str
    amount_minor: int
    """Negative: money back."""
    terminal_id: str = ""
    reverses_id: str = ""
    """The attempt that is to be undone."""


class PaymentEnded(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="PaymentEnded"):
    """What became of a payment. An attempt has at most one end, and a sale at most one charge for each tender."""

    attempt_id: str
    sale_id: str
    till_id: str
    method: str
    amount_minor: int
    outcome: str
    """`approved`, `declined`, `cancelled`, `reversed`, `not_found` (the terminal never saw it)."""
    how: str = "answer"
    """`answer`, `enquiry`, `person`."""
    reference: str = ""
    card_tail: str = ""
    """The last four digits at most."""
    reason: str = ""
    approver_id: str = ""


class TillEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="TillEvent"):
    """Something at a till that an auditor may ask for and that is no fact of its own. Codes are those of the SAF-T cash
    register list (13003 login, 13010 suspended, 13011 resumed, 13014 copy, 13021 price change, 13028 void …)."""

    code: int
    till_id: str
    cashier_id: str = ""
    approver_id: str = ""
    sale_id: str = ""
    shift_id: str = ""
    item_id: str = ""
    amount_minor: int = 0
    detail: str = ""
    before: str = ""
    after: str = ""


class PresaleTaken(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="PresaleTaken"):
    """A deposit was taken on goods that come later. The money is in the sale that names it."""

    presale_id: str
    sale_id: str
    item_id: str
    quantity: int
    deposit_minor: int
    note: str = ""


class PresaleEnded(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="PresaleEnded"):
    """A presale ended without its goods; one that was settled is told by its sale's `presale_id`.

    `how`: `returned` (the deposit was given back; the money is in the return of the same transaction) or `kept` (the
    customer did not come; no money moves).
    """

    presale_id: str
    how: str
    amount_minor: int
    till_id: str
    cashier_id: str
    approver_id: str = ""
    why: str = ""


class DrawerOpened(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="DrawerOpened"):
    """The cash drawer was asked to open outside a sale."""

    till_id: str
    cashier_id: str
    reason: str
    approver_id: str = ""
