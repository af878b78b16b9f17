"""Price a basket: the least total the rules allow, with the proof or the distance from it (docs/promotions.md)."""

from __future__ import annotations

from protocols.promotions.applicable import applicable
from protocols.promotions.bundle import Bundle
from protocols.promotions.explain import applied_offers, gift_units, hints, not_applied, plain, priced_units
from protocols.promotions.goods import Goods
from protocols.promotions.problem import Found, Nodes
from protocols.promotions.solve import solve
from protocols.promotions.values import Basket, NotApplied, Priced
from protocols.promotions.worlds import worlds

TILL_NODE_BUDGET = 120_000
"""About 300 ms on a server core."""


def price(basket: Basket, bundle: Bundle, node_budget: int = TILL_NODE_BUDGET) -> Priced:
    """The answer for one basket. `node_budget` bounds the search by a count, never by a clock: all machines agree.

    Line and unit numbers together must be unique. The order of units does not matter.
    """
    goods = Goods.of(basket.units, basket.shopper, basket.deposits)
    usable = applicable(basket, goods, bundle.near(basket.units))
    nodes = Nodes(node_budget)
    choices = worlds(goods, usable.promotions)
    best: Found | None = None
    floor = 1 << 60
    for world in choices.all:
        best, least = solve(world, best, nodes)
        floor = min(floor, least)
    if best is None or not usable.promotions:
        return _nothing(basket, bundle, usable.considered)
    if not choices.complete:
        floor = 0
    units = priced_units(basket, best, usable.promotions)
    total = sum(unit.net_minor for unit in units)
    floor = min(total, floor + total - best.due_minor)
    applied = applied_offers(best, units, usable.promotions)
    missed = not_applied(best, applied, usable.promotions)
    return Priced(
        units=units,
        total_minor=total,
        lower_bound_minor=floor,
        proved=floor == total,
        applied=applied,
        considered=tuple(sorted((*usable.considered, *missed), key=lambda each: each.promotion_id)),
        hints=hints(best, missed, usable.promotions),
        coupons_used=tuple(each.coupon_id for each in best.scenario.coupons),
        gifts=gift_units(best),
        nodes=nodes.spent,
        bundle_hash=bundle.hash,
    )


def _nothing(basket: Basket, bundle: Bundle, considered: tuple[NotApplied, ...]) -> Priced:
    """No promotion applies."""
    units = tuple(plain(unit) for unit in basket.units)
    total = sum(unit.net_minor for unit in units)
    return Priced(units, total, total, True, considered=considered, bundle_hash=bundle.hash)
