"""The basket: pure values and rules. No I/O, no clock: time, prices and weights come in as arguments."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from protocols.contract.sale_parts import Override, Tender
from protocols.contract.till_facts import ReturnedLine
from protocols.contract.values import (
    TaxMode,
    divide_half_up,
    exclusive_tax_minor,
    inclusive_tax_minor,
    share_largest_remainder,
    weighed_price_minor,
)

QUANTITY_MAX = 999
LINES_MAX = 500
TOTAL_MINOR_MAX = 99_999_999


class ManualDiscount(msgspec.Struct, frozen=True, kw_only=True):
    """Something off by hand: a share in basis points, or an amount."""

    percent_bp: int = 0
    amount_minor: int = 0
    why: str = ""
    approver_id: str = ""


class BasketLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line. A voided line stays in the basket, so that closing the sale can tell of it."""

    line_no: int
    item_id: str
    name: str
    name_zh: str
    gtin: str
    weighed: bool
    tax_class: str
    tax_rate_bp: int
    quantity: int
    grams: int | None
    unit_price_minor: int
    list_price_minor: int
    price_revision: int
    price_reason: str
    label_revision: int | None
    voided: bool = False
    style_id: str = ""
    category: str = ""
    brand: str = ""
    everybody_minor: int | None = None
    """What anybody pays (the list price, or a label's lower one); None: `unit_price_minor`, which is the lowest this
    customer may have (rule R3)."""
    line_kind: str = "goods"
    open_to_offers: bool = True
    """False: priced by hand, a gift card, a deposit: no offer counts or touches it."""
    manual: ManualDiscount | None = None
    overrides: tuple[Override, ...] = ()
    tare_grams: int = 0
    batch: str = ""
    serial: str = ""
    expires: str = ""
    """ISO date."""
    reference: str = ""
    """Gift card (masked), presale or order the line belongs to."""

    @property
    def net_minor(self) -> int:
        """What the line adds to the total."""
        return 0 if self.voided else self.net_unless_voided_minor

    @property
    def net_unless_voided_minor(self) -> int:
        """What the line comes to; a weighed line is rounded once (rule R2)."""
        if self.grams is not None:
            return weighed_price_minor(self.grams, self.unit_price_minor)
        return self.quantity * self.unit_price_minor

    @property
    def stock_thousandths(self) -> int:
        """What leaves the shelf: grams are thousandths of a kilogram."""
        return self.grams if self.grams is not None else self.quantity * 1000


class BasketReturn(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a sold line that come back with this basket; all those of one basket belong to one sale."""

    return_no: int
    sale_id: str
    sold_store_id: str
    sold_receipt: str
    policy: str
    line: ReturnedLine
    name_zh: str = ""
    unverified: bool = False


class BasketMember(msgspec.Struct, frozen=True, kw_only=True):
    """The customer, as far as a basket is concerned."""

    member_id: str
    name: str
    phone_tail: str = ""
    tier: str = ""
    groups: tuple[str, ...] = ()
    points: int = 0
    points_as_of_ms: int = 0
    fresh: bool = True
    note: str = ""
    birthday: bool = False


class BasketCoupon(msgspec.Struct, frozen=True, kw_only=True):
    """A coupon the customer holds. `reservation_id`: HQ keeps it for this sale."""

    coupon_id: str
    promotion_id: str
    code_tail: str = ""
    name: str = ""
    name_zh: str = ""
    reservation_id: str = ""


class Basket(msgspec.Struct, frozen=True, kw_only=True):
    """An open sale of one till: goods going out, goods coming back, who buys, and what was paid so far."""

    sale_id: str
    opened_at_ms: int
    lines: tuple[BasketLine, ...] = ()
    returns: tuple[BasketReturn, ...] = ()
    member: BasketMember | None = None
    coupons: tuple[BasketCoupon, ...] = ()
    declined: tuple[str, ...] = ()
    """Promotions the customer does not want."""
    manual: ManualDiscount | None = None
    """Something off the whole basket by hand."""
    bundle_hash: str = ""
    """The promotions this basket is priced with, from its first line to its payment."""
    tenders: tuple[Tender, ...] = ()
    """Paid so far. The truth of payments is in the store database; this copy is made from it."""
    order_id: str = ""
    presale_id: str = ""
    tare_grams: int = 0
    """For the next weighed item."""

    @property
    def live_lines(self) -> tuple[BasketLine, ...]:
        """The lines that will be sold."""
        return tuple(line for line in self.lines if not line.voided)

    def line(self, line_no: int) -> BasketLine | None:
        """A live line by its number."""
        return next((line for line in self.lines if line.line_no == line_no and not line.voided), None)


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """`line_tax_minor` runs parallel to the live lines."""

    total_minor: int
    tax_minor: int
    due_minor: int
    line_tax_minor: tuple[int, ...]


def add(basket: Basket, line: BasketLine) -> Basket:
    """Add a line. Pieces of the same item at the same price join the newest line when it is theirs."""
    last = basket.lines[-1] if basket.lines else None
    if last is not None and _joins(last, line):
        joined = msgspec.structs.replace(last, quantity=last.quantity + line.quantity)
        return msgspec.structs.replace(basket, lines=(*basket.lines[:-1], joined))
    numbered = msgspec.structs.replace(line, line_no=len(basket.lines) + 1)
    return msgspec.structs.replace(basket, lines=(*basket.lines, numbered))


def _joins(last: BasketLine, line: BasketLine) -> bool:
    same_price = (last.unit_price_minor, last.price_revision, last.price_reason) == (
        line.unit_price_minor,
        line.price_revision,
        line.price_reason,
    )
    same_thing = (last.item_id, last.gtin, last.weighed) == (line.item_id, line.gtin, False)
    return same_price and same_thing and not last.voided and last.quantity + line.quantity <= QUANTITY_MAX


def change_line(basket: Basket, line_no: int, change: Callable[[BasketLine], BasketLine]) -> Basket:
    """Replace one line by what `change` makes of it."""
    lines = tuple(change(line) if line.line_no == line_no else line for line in basket.lines)
    return msgspec.structs.replace(basket, lines=lines)


def totals(basket: Basket, tax_mode: TaxMode, cash_rounding_minor: int) -> Totals:
    """Total, tax (rounded once per rate, shared by largest remainder: rule R13) and what is due in cash."""
    lines = basket.live_lines
    line_tax = [0] * len(lines)
    for rate_bp in {line.tax_rate_bp for line in lines}:
        places = [index for index, line in enumerate(lines) if line.tax_rate_bp == rate_bp]
        nets = [lines[index].net_minor for index in places]
        tax_of = inclusive_tax_minor if tax_mode is TaxMode.INCLUSIVE else exclusive_tax_minor
        for index, share in zip(places, share_largest_remainder(tax_of(sum(nets), rate_bp), nets), strict=True):
            line_tax[index] = share
    tax_minor = sum(line_tax)
    total_minor = sum(line.net_minor for line in lines) + (tax_minor if tax_mode is TaxMode.EXCLUSIVE else 0)
    due_minor = divide_half_up(total_minor, cash_rounding_minor) * cash_rounding_minor
    return Totals(total_minor=total_minor, tax_minor=tax_minor, due_minor=due_minor, line_tax_minor=tuple(line_tax))
