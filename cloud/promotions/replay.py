"""Past baskets priced again by the till's engine, with what is live and with a draft beside it. Pure.

What a sale does not say is assumed, and said: `ASSUMPTIONS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import structs

from cloud.promotions.probes import always
from protocols.promotions.bundle import Bundle
from protocols.promotions.evaluate import price
from protocols.promotions.kinds.coupon import Coupon
from protocols.promotions.rules import WHOLE_BP, Promotion
from protocols.promotions.values import Basket, HeldCoupon, Priced, Shopper, Unit

REPLAY_NODES = 60_000
"""A tenth of a till's: a day is many baskets. What is not proved within it is counted."""
UNITS_MAX = 200
"""Of one basket; larger ones are counted and left as they were sold."""
ASSUMPTIONS = ("period", "members", "coupons", "demand", "catalogue", "by_hand")
"""Codes of what is assumed. Promotions count as in force that day (weekdays and hours are kept). Who has a member number is
in every group, or nobody is. Everybody holds a coupon of the draft, nobody another. Customers buy the same. Goods are of the
style, brand and category they have today. What was priced by hand stays so."""


@dataclass(frozen=True)
class PastLine:
    """A line as it was sold. `list_minor` and `own_minor`: a piece before promotions (of weighed goods the whole line).

    `cost_minor`: of the whole line, net of tax; None: unknown. `tax_rate_bp`: of the tax its price contains.
    `fixed`: priced by hand, or no goods.
    """

    line_no: int
    item_id: str
    style_id: str
    category: str
    brand: str
    pieces: int
    list_minor: int
    own_minor: int
    net_minor: int
    tax_rate_bp: int = 0
    cost_minor: int | None = None
    fixed: bool = False


@dataclass(frozen=True)
class PastSale:
    """A past basket."""

    store_id: str
    sale_id: str
    at_ms: int
    utc_offset_minutes: int
    member_id: str | None
    total_minor: int
    lines: tuple[PastLine, ...]


@dataclass(frozen=True)
class Assume:
    """What is taken for true of past customers."""

    members: bool = True
    """Whoever has a member number is in every group."""


@dataclass
class Sums:
    """What some baskets came to."""

    baskets: int = 0
    sold_minor: int = 0
    live_minor: int = 0
    draft_minor: int = 0
    margin_lines: int = 0
    """Lines whose cost is known: margins count them alone."""
    lines: int = 0
    live_margin_minor: int = 0
    draft_margin_minor: int = 0
    touched: int = 0
    """Baskets that come out differently with the draft."""
    uses: int = 0
    """Baskets the draft takes part in."""
    unproved: int = 0
    too_large: int = 0


@dataclass
class OfferSums:
    """One promotion over all baskets."""

    promotion_id: str
    name: str
    name_zh: str
    live_times: int = 0
    live_saved_minor: int = 0
    draft_times: int = 0
    draft_saved_minor: int = 0


@dataclass
class Replayed:
    """All of it: by store, and by promotion."""

    stores: dict[str, Sums] = field(default_factory=dict)
    offers: dict[str, OfferSums] = field(default_factory=dict)


def replay(sales: Iterable[PastSale], live: Mapping[str, Sequence[Promotion]], draft: Promotion, assume: Assume) -> Replayed:
    """Price every sale twice. `live`: by store, what its box holds."""
    found = Replayed()
    bundles = {store_id: bundles_of(promotions, draft) for store_id, promotions in live.items()}
    for sale in sales:
        sums = found.stores.setdefault(sale.store_id, Sums())
        sums.baskets += 1
        sums.sold_minor += sale.total_minor
        if sum(1 if line.fixed else line.pieces for line in sale.lines) > UNITS_MAX:
            sums.too_large += 1
            sums.live_minor += sale.total_minor
            sums.draft_minor += sale.total_minor
            continue
        now, then = bundles[sale.store_id]
        basket = basket_of(sale, draft, then, assume)
        _add(found, sums, sale, price(basket, now, REPLAY_NODES), price(basket, then, REPLAY_NODES), draft.promotion_id)
    return found


def bundles_of(live: Sequence[Promotion], draft: Promotion) -> tuple[Bundle, Bundle]:
    """What is live, and the same with the draft in place of its former revision."""
    others = [always_in_its_hours(each) for each in live if each.promotion_id != draft.promotion_id]
    same = [always_in_its_hours(each) for each in live if each.promotion_id == draft.promotion_id]
    return Bundle.of([*others, *same]), Bundle.of([*others, always_in_its_hours(draft)])


def always_in_its_hours(promotion: Promotion) -> Promotion:
    """The promotion without its period; its weekdays and hours stay."""
    return structs.replace(always(promotion), weekdays=promotion.weekdays, hours=promotion.hours)


def basket_of(sale: PastSale, draft: Promotion, then: Bundle, assume: Assume) -> Basket:
    """The basket as the engine takes it."""
    units = tuple(
        _unit(line, unit_no) for line in sale.lines for unit_no in range(1, (1 if line.fixed else line.pieces) + 1)
    )
    groups = frozenset(group for each in then.promotions for group in each.customer_groups)
    known = assume.members and sale.member_id is not None
    coupons: tuple[HeldCoupon, ...] = ()
    if isinstance(draft, Coupon):
        coupons = tuple(HeldCoupon(f"draft-{number}", draft.promotion_id) for number in range(max(1, draft.limit_per_sale)))
    shopper = Shopper(sale.member_id if known else None, groups if known else frozenset(), coupons)
    return Basket(units, shopper, sale.at_ms, utc_offset_minutes=sale.utc_offset_minutes)


def _unit(line: PastLine, unit_no: int) -> Unit:
    return Unit(
        line_no=line.line_no,
        unit_no=unit_no,
        item_id=line.item_id,
        style_id=line.style_id,
        category=line.category,
        brand=line.brand,
        list_minor=line.net_minor if line.fixed else line.list_minor,
        own_minor=line.net_minor if line.fixed else line.own_minor,
        open_to_offers=not line.fixed,
    )


def _add(found: Replayed, sums: Sums, sale: PastSale, live: Priced, draft: Priced, draft_id: str) -> None:
    sums.live_minor += live.total_minor
    sums.draft_minor += draft.total_minor
    sums.touched += any(one.net_minor != other.net_minor for one, other in zip(live.units, draft.units, strict=True))
    sums.uses += any(each.promotion_id == draft_id for each in draft.applied)
    sums.unproved += not (live.proved and draft.proved)
    sums.lines += len(sale.lines)
    for line in sale.lines:
        if line.cost_minor is not None:
            sums.margin_lines += 1
            sums.live_margin_minor += _margin(live, line, line.cost_minor)
            sums.draft_margin_minor += _margin(draft, line, line.cost_minor)
    for each in live.applied:
        offer = found.offers.setdefault(each.promotion_id, OfferSums(each.promotion_id, each.name, each.name_zh))
        offer.live_times += each.times
        offer.live_saved_minor += each.saved_minor
    for each in draft.applied:
        offer = found.offers.setdefault(each.promotion_id, OfferSums(each.promotion_id, each.name, each.name_zh))
        offer.draft_times += each.times
        offer.draft_saved_minor += each.saved_minor


def _margin(priced: Priced, line: PastLine, cost_minor: int) -> int:
    """What is left of a line once tax and cost are off; the tax half up."""
    net = sum(unit.net_minor for unit in priced.units if unit.line_no == line.line_no)
    whole = WHOLE_BP + line.tax_rate_bp
    return (net * WHOLE_BP * 2 + whole) // (2 * whole) - cost_minor
