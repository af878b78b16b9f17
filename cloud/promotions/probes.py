"""Small baskets that show what a promotion does at its deepest: just enough goods for it, priced by the till's own engine.

A probe asks: were a customer to buy exactly what the rule wants, of these goods, what would be paid? It is a sample, not a
proof: the goods with the least margin are looked at first. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from msgspec import structs

from cloud.promotions.ground import Good
from protocols.promotions.bundle import Bundle
from protocols.promotions.evaluate import price
from protocols.promotions.kinds.bundle_price import BundlePrice
from protocols.promotions.kinds.coupon import Coupon
from protocols.promotions.kinds.deposit import DepositEnlargement
from protocols.promotions.kinds.gift import Gift
from protocols.promotions.kinds.group_price import GroupPrice
from protocols.promotions.kinds.mix_and_match import MixAndMatch
from protocols.promotions.kinds.n_for_m import NForM
from protocols.promotions.kinds.nth_item import NthItem
from protocols.promotions.kinds.threshold import Threshold
from protocols.promotions.rules import Promotion, Scope
from protocols.promotions.values import Basket, HeldCoupon, PaidDeposit, Priced, Shopper, Unit

PROBES_MAX = 200
"""Goods looked at one by one."""
UNITS_MAX = 60
PROBE_NODES = 20_000
DEPOSIT_PART = 5
"""A deposit is taken as a fifth of the price."""


@dataclass(frozen=True)
class Part:
    """So many units of a scope; goods in the order of `ground.goods_of`."""

    scope: Scope
    goods: Sequence[Good]
    units: int = 1
    reach_minor: int = 0
    """Or as many units as come to this."""


@dataclass(frozen=True)
class Probe:
    """A basket for the promotion and what became of it. `goods`: what it holds, unit by unit."""

    goods: tuple[Good, ...]
    alone: Priced
    together: Priced
    """With everything else that may be in force at the same time."""
    names: dict[str, str] = field(default_factory=dict)

    @property
    def list_minor(self) -> int:
        """Without any promotion."""
        return sum(good.price_minor for good in self.goods)


def wanted_of(promotion: Promotion) -> list[tuple[Scope, int, int]]:
    """(scope, units, amount to reach) of every part of the smallest basket the promotion works on."""
    match promotion:
        case BundlePrice():
            return [(slot.scope, slot.quantity, 0) for slot in promotion.slots]
        case Gift():
            return [
                (promotion.scope, max(promotion.buy_units, 1), promotion.reach_minor),
                (Scope(items=promotion.gift_items or ("",)), max(promotion.gift_units, 1), 0),
            ]
        case NForM():
            return [(promotion.scope, promotion.take, 0)]
        case NthItem():
            return [(promotion.scope, promotion.nth, 0)]
        case MixAndMatch() | GroupPrice():
            return [(promotion.scope, promotion.count, 0)]
        case Threshold():
            return [(promotion.scope, 1, min((tier.reach_minor for tier in promotion.tiers), default=0))]
        case Coupon():
            return [(promotion.scope, 1, promotion.reach_minor)]
        case _:
            return [(promotion.scope, 1, 0)]


def scopes_of(promotion: Promotion) -> list[Scope]:
    """Every scope the promotion speaks of."""
    return [scope for scope, _, _ in wanted_of(promotion)]


def sample_basket(parts: Sequence[Part], number: int = 0) -> tuple[Good, ...] | None:
    """The `number`th sample: its first part from that good alone, the others from their first; None: there are none left.

    A good that would need more than `UNITS_MAX` units to reach the amount is passed over (None as well).
    """
    if number >= len(parts[0].goods) or any(not part.goods for part in parts):
        return None
    found: list[Good] = []
    for place, part in enumerate(parts):
        good = part.goods[number if place == 0 else 0]
        units = max(part.units, -(-part.reach_minor // max(good.price_minor, 1)))
        found += [good] * min(units, UNITS_MAX + 1)
    return tuple(found) if len(found) <= UNITS_MAX else None


def probes(promotion: Promotion, parts: Sequence[Part], others: Sequence[Promotion]) -> Iterator[Probe]:
    """Price a basket for every good of the first part. `others`: what else may be in force with it."""
    mine = always(promotion)
    alone, together = Bundle.of([mine]), Bundle.of([mine, *map(always, others)])
    names = {each.promotion_id: each.name for each in others}
    for number in range(min(len(parts[0].goods), PROBES_MAX)):
        goods = sample_basket(parts, number)
        if goods is not None:
            basket = basket_of(goods, promotion, others)
            yield Probe(goods, price(basket, alone, PROBE_NODES), price(basket, together, PROBE_NODES), names)


def basket_of(goods: Sequence[Good], promotion: Promotion, others: Sequence[Promotion] = ()) -> Basket:
    """The goods in the basket of somebody who may have everything: in every group, with every coupon and deposit."""
    everything = (promotion, *others)
    groups = frozenset(group for each in everything for group in each.customer_groups)
    coupons = tuple(
        HeldCoupon(f"{each.promotion_id}-{number}", each.promotion_id)
        for each in everything
        if isinstance(each, Coupon)
        for number in range(max(1, min(each.limit_per_sale, 3)))
    )
    units = tuple(units_of(goods))
    deposits = tuple(
        PaidDeposit(f"{each.promotion_id}-{number}", each.promotion_id, unit.item_id, unit.list_minor // DEPOSIT_PART)
        for each in everything
        if isinstance(each, DepositEnlargement)
        for number, unit in enumerate(units)
    )
    return Basket(units=units, shopper=Shopper("somebody", groups, coupons), now_ms=1, deposits=deposits)


def units_of(goods: Sequence[Good]) -> Iterator[Unit]:
    """One unit a good; equal goods in a row are one line."""
    line_no, unit_no, before = 0, 0, ""
    for good in goods:
        line_no, unit_no = (line_no, unit_no + 1) if good.item_id == before else (line_no + 1, 1)
        before = good.item_id
        yield good.unit(line_no, unit_no)


def always(promotion: Promotion) -> Promotion:
    """The promotion at any time."""
    return structs.replace(promotion, starts_ms=0, ends_ms=None, weekdays=(), hours=())


def may_meet(one: Promotion, other: Promotion) -> bool:
    """Whether both can be in force at one instant, as far as their periods say."""
    first_ends = one.ends_ms is None or one.ends_ms > other.starts_ms
    return first_ends and (other.ends_ms is None or other.ends_ms > one.starts_ms)
