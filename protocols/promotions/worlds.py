"""The worlds of a basket: what is decided as a whole (flash prices, gift conditions, sets that exclude each other).

Within one world everything else is additive over units. The number of worlds is small in practice and limited; when some are
left out the answer is not called proved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from protocols.promotions.goods import Goods
from protocols.promotions.model import CouponUse, GiftCondition, OwnPrice, Part, Programme, UnitOffer
from protocols.promotions.problem import World
from protocols.promotions.rules import Layer, Promotion

WORLDS_MAX = 48


@dataclass(frozen=True, slots=True)
class Worlds:
    """In the order they are tried; `complete` unless some were left out."""

    all: tuple[World, ...]
    complete: bool


def worlds(goods: Goods, promotions: Sequence[Promotion]) -> Worlds:
    """All worlds of these goods with the promotions that apply to them, most allowed first."""
    found: list[World] = []
    for allowed in _compatible(promotions):
        for prices, own in _price_choices(goods, allowed):
            at_prices = goods.at(own)
            parts = [part for each in allowed if each.layer is not Layer.PRICE for part in each.parts(at_prices)]
            for conditions in _subsets([part for part in parts if isinstance(part, GiftCondition)]):
                if len(found) >= WORLDS_MAX:
                    return Worlds(tuple(found), False)
                found.append(_world(at_prices, parts, conditions, prices))
    return Worlds(tuple(found), True)


def _world(goods: Goods, parts: Sequence[Part], conditions: tuple[GiftCondition, ...], prices: tuple[str, ...]) -> World:
    offers = [part for part in parts if isinstance(part, UnitOffer)] + [each.offer for each in conditions]
    return World(
        goods=goods,
        offers=tuple(sorted(offers, key=lambda each: each.promotion.promotion_id)),
        programmes=tuple(part for part in parts if isinstance(part, Programme)),
        coupons=tuple(part for part in parts if isinstance(part, CouponUse)),
        conditions=conditions,
        taken_prices=prices,
    )


def _subsets(conditions: Sequence[GiftCondition]) -> Iterable[tuple[GiftCondition, ...]]:
    for count in range(len(conditions), -1, -1):
        yield from combinations(conditions, count)


def _price_choices(goods: Goods, allowed: Sequence[Promotion]) -> Iterable[tuple[tuple[str, ...], list[int]]]:
    """Flash prices taken, and the own prices with them; none is declined where more spent never means less paid."""
    flash = [part for each in allowed if each.layer is Layer.PRICE for part in each.parts(goods)]
    prices = [part for part in flash if isinstance(part, OwnPrice)]
    counts = range(len(prices), -1, -1) if any(_reaching(each) for each in allowed) else [len(prices)]
    for count in counts:
        for chosen in combinations(prices, count):
            own = list(goods.own)
            for part in chosen:
                for at, price in part.prices.items():
                    own[at] = min(own[at], price)
            yield tuple(part.promotion.promotion_id for part in chosen), own


def _reaching(promotion: Promotion) -> bool:
    """Whether more spent can mean less paid: an amount to be reached, or one off that a cheap unit cannot bear."""
    amounts = (getattr(promotion, "reach_minor", 0), getattr(promotion, "off_minor", 0))
    return promotion.layer in {Layer.BASKET, Layer.COUPON} or any(amounts)


def _compatible(promotions: Sequence[Promotion]) -> list[list[Promotion]]:
    """The largest sets of promotions that exclude nothing among them, largest first."""
    against = _exclusions(promotions)
    if not any(against):
        return [list(promotions)]
    found: list[frozenset[int]] = []
    _grow(frozenset(), frozenset(range(len(promotions))), frozenset(), against, found)
    found.sort(key=lambda each: (-len(each), sorted(each)))
    return [[promotions[at] for at in sorted(each)] for each in found]


def _exclusions(promotions: Sequence[Promotion]) -> list[set[int]]:
    places = {each.promotion_id: at for at, each in enumerate(promotions)}
    against: list[set[int]] = [set() for _ in promotions]
    for at, each in enumerate(promotions):
        others = {places[other] for other in each.exclusive_with if other in places}
        if each.exclusive:
            others |= {place for place, other in enumerate(promotions) if other.layer is not Layer.PRICE}
        for other in others - {at}:
            against[at].add(other)
            against[other].add(at)
    return against


def _grow(
    taken: frozenset[int],
    open_: frozenset[int],
    closed: frozenset[int],
    against: list[set[int]],
    found: list[frozenset[int]],
) -> None:
    """Maximal independent sets (Bron and Kerbosch, with a pivot), at most one more than there may be worlds."""
    if len(found) > WORLDS_MAX:
        return
    if not open_ and not closed:
        found.append(taken)
        return
    pivot = min(open_ | closed, key=lambda at: (len(open_ & against[at]), at))
    for at in sorted(open_ & (against[pivot] | {pivot})):
        apart = against[at] | {at}
        _grow(taken | {at}, open_ - apart, closed - apart, against, found)
        open_ -= {at}
        closed |= {at}
