"""What is valid and probably not meant: warnings when promotions are written, never at the till."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from protocols.promotions.goods import Goods
from protocols.promotions.kinds.bundle_price import BundlePrice
from protocols.promotions.kinds.group_price import GroupPrice
from protocols.promotions.kinds.threshold import Threshold
from protocols.promotions.rules import Layer, Promotion
from protocols.promotions.values import Shopper, Unit

OVERLAP_MAX = 8
"""Offers on units that share goods; with more, large baskets may not be proved in the time a till has."""


@dataclass(frozen=True, slots=True)
class Warned:
    """`code` is `dearer_than_parts`, `many_overlapping` or `scope_cuts_offer`; the text is for the person who writes."""

    promotion_id: str
    code: str
    text: str


def lint(promotions: Sequence[Promotion], catalogue: Sequence[Unit]) -> tuple[Warned, ...]:
    """`catalogue` holds one unit of each item on sale, at today's prices."""
    goods = Goods.of(catalogue, Shopper(), ())
    covered = {each.promotion_id: _covered(each, goods) for each in promotions if each.layer in {Layer.UNIT, Layer.BASKET}}
    found = [*_dear(promotions, goods), *_overlapping(promotions, covered), *_cut(promotions, covered)]
    return tuple(sorted(found, key=lambda each: (each.promotion_id, each.code, each.text)))


def _covered(promotion: Promotion, goods: Goods) -> frozenset[int]:
    if isinstance(promotion, BundlePrice):
        return frozenset(at for slot in promotion.slots for at in goods.members(slot.scope))
    return frozenset(goods.members(promotion.scope))


def _dear(promotions: Sequence[Promotion], goods: Goods) -> Iterator[Warned]:
    for each in promotions:
        if isinstance(each, BundlePrice):
            dearest = [max((goods.own[at] for at in goods.members(slot.scope)), default=0) for slot in each.slots]
            apart = sum(price * slot.quantity for price, slot in zip(dearest, each.slots, strict=True))
            price = sum(slot.share_minor * slot.quantity for slot in each.slots)
        elif isinstance(each, GroupPrice):
            apart = each.count * max((goods.own[at] for at in goods.members(each.scope)), default=0)
            price = each.price_minor
        else:
            continue
        if apart <= price:
            yield Warned(each.promotion_id, "dearer_than_parts", f"costs {price}; its dearest goods cost {apart} apart")


def _overlapping(promotions: Sequence[Promotion], covered: dict[str, frozenset[int]]) -> Iterator[Warned]:
    unit_offers = [each for each in promotions if each.layer is Layer.UNIT]
    for each in unit_offers:
        others = [
            other.promotion_id
            for other in unit_offers
            if other is not each and covered[other.promotion_id] & covered[each.promotion_id]
        ]
        if len(others) >= OVERLAP_MAX:
            text = f"shares goods with {len(others)} other offers; large baskets may not be proved in time"
            yield Warned(each.promotion_id, "many_overlapping", text)


def _cut(promotions: Sequence[Promotion], covered: dict[str, frozenset[int]]) -> Iterator[Warned]:
    for programme in promotions:
        if not isinstance(programme, Threshold):
            continue
        inside = covered[programme.promotion_id]
        for each in promotions:
            if each.layer is Layer.UNIT and each.group_units() > 1:
                goods = covered[each.promotion_id]
                if goods & inside and goods - inside:
                    text = f"counts only some goods of {each.promotion_id}; such baskets are the hardest to prove"
                    yield Warned(programme.promotion_id, "scope_cuts_offer", text)
