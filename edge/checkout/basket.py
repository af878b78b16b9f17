"""The basket: pure values and rules. No I/O, no clock: time, prices and weights come in as arguments."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from protocols.contract.returns import SoldSale
from protocols.contract.sale_parts import Override, Tender
from protocols.contract.till_facts import ReturnedLine
from protocols.contract.values import weighed_price_minor

QUANTITY_MAX = 999
LINES_MAX = 500
TOTAL_MINOR_MAX = 99_999_999
STOCK_KINDS = frozenset({"goods", "bag", "container"})


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
    follows: int = 0
    """The line this one goes with: a container with its bottle. It has the same quantity, and is voided with it."""
    fixed_minor: int | None = None
    """The price printed on the pack of a weighed line: it holds, whatever grams times price per kilogram come to."""
    epcs: tuple[str, ...] = ()
    """The tags of its pieces, as far as they were read: never more than pieces."""

    @property
    def own_minor(self) -> int:
        """What the line comes to before anything is taken off; a weighed line is rounded once (rule R2)."""
        if self.fixed_minor is not None:
            return self.fixed_minor
        return self._at(self.unit_price_minor)

    @property
    def everybody_unit_minor(self) -> int:
        """What anybody pays for one unit: a piece, or the whole weighed line."""
        if self.fixed_minor is not None:
            return self.fixed_minor
        price_minor = self.unit_price_minor if self.everybody_minor is None else self.everybody_minor
        return price_minor if self.grams is None else weighed_price_minor(self.grams, price_minor)

    @property
    def gross_minor(self) -> int:
        """The line at its list price; never less than its own price."""
        own_minor = self.own_minor
        if self.fixed_minor is not None or self.list_price_minor <= self.unit_price_minor:
            return own_minor
        return max(self._at(self.list_price_minor), own_minor)

    def _at(self, price_minor: int) -> int:
        return self.quantity * price_minor if self.grams is None else weighed_price_minor(self.grams, price_minor)

    @property
    def stock_thousandths(self) -> int:
        """What leaves the shelf: grams are thousandths of a kilogram. A gift card or a deposit leaves nothing."""
        if self.line_kind not in STOCK_KINDS:
            return 0
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
    not_repriced: str = ""
    """Why it pays its stored shares though it was to be priced anew: a code of `edge.checkout.repricing`."""


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
    believed: bool = True
    """False: headquarters was not heard for so long that neither price nor points count."""
    used: dict[str, int] = {}
    """Earlier applications per promotion that is limited per member."""


PRESALE = "presale"
"""`line_kind` of a deposit."""


class BasketPresale(msgspec.Struct, frozen=True, kw_only=True):
    """A deposit taken in this sale on goods that come later."""

    presale_id: str
    item_id: str
    quantity: int
    deposit_minor: int
    note: str = ""


class BasketDeposit(msgspec.Struct, frozen=True, kw_only=True):
    """A deposit paid for one unit of an item before this sale. `promotion_id`: what enlarges it; empty: nothing does."""

    deposit_id: str
    promotion_id: str = ""
    item_id: str
    paid_minor: int


class BasketCoupon(msgspec.Struct, frozen=True, kw_only=True):
    """A coupon the customer holds. `reservation_id`: HQ keeps it for this sale."""

    coupon_id: str
    promotion_id: str
    code_tail: str = ""
    name: str = ""
    name_zh: str = ""
    reservation_id: str = ""
    member_id: str = ""
    """Came with the member, and goes with them; empty: shown by the bearer."""


class Basket(msgspec.Struct, frozen=True, kw_only=True):
    """An open sale of one till: goods going out, goods coming back, who buys, and what was paid so far."""

    sale_id: str
    opened_at_ms: int
    lines: tuple[BasketLine, ...] = ()
    returns: tuple[BasketReturn, ...] = ()
    sold: SoldSale | None = None
    """The sale that the returns belong to; None: none, or without a receipt."""
    member: BasketMember | None = None
    coupons: tuple[BasketCoupon, ...] = ()
    declined: tuple[str, ...] = ()
    """Promotions the customer does not want."""
    manual: ManualDiscount | None = None
    """Something off the whole basket by hand."""
    bundle_hash: str = ""
    """The promotions this basket is priced with, from its first line to its payment."""
    priced_at_ms: int = 0
    """The instant whose promotions hold for the sale: that of its first line, by a trusted clock; 0: `opened_at_ms`."""
    deposits: tuple[BasketDeposit, ...] = ()
    """Paid before, for goods in this basket: money already received."""
    presales: tuple[BasketPresale, ...] = ()
    order_paid_minor: int = 0
    """What the order that is picked up was paid with online."""
    tenders: tuple[Tender, ...] = ()
    """Paid so far. The truth of payments is in the store database; this copy is made from it."""
    order_id: str = ""
    presale_id: str = ""
    tare_grams: int = 0
    """For the next weighed item."""
    recovered: bool = False
    """Its goods were lost, a payment for them was not: they are entered again until they match what was paid."""

    @property
    def live_lines(self) -> tuple[BasketLine, ...]:
        """The lines that will be sold."""
        return tuple(line for line in self.lines if not line.voided)

    def line(self, line_no: int) -> BasketLine | None:
        """A live line by its number."""
        return next((line for line in self.lines if line.line_no == line_no and not line.voided), None)


def add(basket: Basket, line: BasketLine) -> Basket:
    """Add a line. Pieces of the same item at the same price join the newest line when it is theirs."""
    last = next((each for each in reversed(basket.lines) if not each.follows), None)
    if last is not None and _joins(last, line):
        longer = set_quantity(basket, last.line_no, last.quantity + line.quantity)
        if not line.epcs:
            return longer
        epcs = (*last.epcs, *line.epcs)
        return change_line(longer, last.line_no, lambda line: msgspec.structs.replace(line, epcs=epcs))
    numbered = msgspec.structs.replace(line, line_no=len(basket.lines) + 1)
    return msgspec.structs.replace(basket, lines=(*basket.lines, numbered))


def _joins(last: BasketLine, line: BasketLine) -> bool:
    same_price = (last.unit_price_minor, last.price_revision, last.price_reason) == (
        line.unit_price_minor,
        line.price_revision,
        line.price_reason,
    )
    same_thing = (last.item_id, last.gtin, last.weighed) == (line.item_id, line.gtin, False)
    plain = last.manual is None and line.manual is None and not line.serial and not line.follows
    alike = plain and _particulars(last) == _particulars(line)
    return same_price and same_thing and alike and not last.voided and last.quantity + line.quantity <= QUANTITY_MAX


def _particulars(line: BasketLine) -> tuple[object, ...]:
    return (
        line.everybody_minor, line.list_price_minor, line.batch, line.serial, line.expires, line.line_kind, line.overrides,
        line.open_to_offers, line.reference,
    )  # fmt: skip


def set_quantity(basket: Basket, line_no: int, quantity: int) -> Basket:
    """So many pieces of a line, and of what goes with it. Pieces that are taken out lose their tags, the newest first."""

    def change(line: BasketLine) -> BasketLine:
        return msgspec.structs.replace(line, quantity=quantity, epcs=line.epcs[:quantity])

    return _change_with_followers(basket, line_no, change)


def void(basket: Basket, line_no: int) -> Basket:
    """Take a line out, and what goes with it; a settled presale is open again, a deposit is not taken."""
    line = basket.line(line_no)
    after = _change_with_followers(basket, line_no, lambda line: msgspec.structs.replace(line, voided=True, epcs=()))
    if line is None or not line.reference:
        return after
    after = msgspec.structs.replace(
        after, presales=tuple(each for each in after.presales if each.presale_id != line.reference)
    )
    if line.reference != basket.presale_id:
        return after
    return msgspec.structs.replace(after, presale_id="", deposits=())


def _change_with_followers(basket: Basket, line_no: int, change: Callable[[BasketLine], BasketLine]) -> Basket:
    lines = tuple(
        change(line) if line.line_no == line_no or (line.follows == line_no and not line.voided) else line
        for line in basket.lines
    )
    return msgspec.structs.replace(basket, lines=lines)


def change_line(basket: Basket, line_no: int, change: Callable[[BasketLine], BasketLine]) -> Basket:
    """Replace one line by what `change` makes of it."""
    lines = tuple(change(line) if line.line_no == line_no else line for line in basket.lines)
    return msgspec.structs.replace(basket, lines=lines)
