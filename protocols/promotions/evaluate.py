"""Price a basket: the least total the rules allow, with the proof or the distance from it."""

from __future__ import annotations

from protocols.promotions.bundle import Bundle
from protocols.promotions.values import Basket, Priced, PricedUnit

TILL_NODE_BUDGET = 600_000
"""About 300 ms on a server core."""


def price(basket: Basket, bundle: Bundle, node_budget: int = TILL_NODE_BUDGET) -> Priced:
    """The answer for one basket. `node_budget` bounds the search by a count, never by a clock: all machines agree."""
    del node_budget
    units = tuple(
        PricedUnit(unit.line_no, unit.unit_no, unit.own_minor, unit.own_reason, (), unit.own_minor) for unit in basket.units
    )
    total = sum(unit.net_minor for unit in units)
    return Priced(
        units=units,
        total_minor=total,
        lower_bound_minor=0 if bundle.promotions else total,
        proved=not bundle.promotions,
        bundle_hash=bundle.hash,
    )
