"""Price a sample basket as a till would: with what is live, and with a draft beside it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cloud.db.pool import Connection
from cloud.promotions import domain, ground, service
from cloud.promotions.ground import Good, ZoneRules
from cloud.promotions.probes import PROBES_MAX, Part, basket_of, sample_basket, units_of, wanted_of
from cloud.refusals import Invalid
from protocols.promotions.bundle import Bundle
from protocols.promotions.evaluate import TILL_NODE_BUDGET, price
from protocols.promotions.rules import Promotion, Scope
from protocols.promotions.values import Basket, HeldCoupon, Priced, Shopper

UNITS_MAX = 100
PIECES_OF_EACH = 3
"""In a mixed sample."""


@dataclass(frozen=True)
class Shopping:
    """Who buys what, when. `lines` empty: the smallest basket the promotion works on."""

    lines: tuple[tuple[str, int], ...] = ()
    """(item, pieces); of weighed goods kilograms."""
    groups: tuple[str, ...] = ()
    member: bool = True
    coupons: tuple[str, ...] = ()
    """Ids of coupon promotions the shopper holds one of."""
    at_ms: int = 0
    utc_offset_minutes: int = 0


@dataclass(frozen=True)
class Preview:
    """The same goods priced twice. `draft` None: there is none."""

    rules: ZoneRules
    goods: tuple[Good, ...]
    live: Priced
    draft: Priced | None
    names: Mapping[str, tuple[str, str]]
    """Names of every promotion that took part, in English and Chinese."""


async def preview(tx: Connection, zone: str, promotion: Promotion | None, shopping: Shopping) -> Preview:
    """Raises `Invalid` for a rule that cannot be, and goods that are not there or too many."""
    if promotion is not None:
        domain.need_valid(promotion)
    rules = await ground.rules_of(tx, zone)
    others = await service.others_live(tx, zone, "" if promotion is None else promotion.promotion_id)
    if shopping.lines:
        goods = await _goods(tx, rules, shopping)
        basket = _basket(goods, shopping)
    else:
        goods = await _sample(tx, rules, promotion, shopping.at_ms)
        basket = _somebody(goods, promotion, shopping)
    live = Bundle.of(others)
    before = await asyncio.to_thread(price, basket, live, TILL_NODE_BUDGET)
    after = None
    if promotion is not None:
        after = await asyncio.to_thread(price, basket, Bundle.of([*others, promotion]), TILL_NODE_BUDGET)
    names = {each.promotion_id: (each.name, each.name_zh) for each in [*others, *([promotion] if promotion else [])]}
    return Preview(rules, goods, before, after, names)


async def _goods(tx: Connection, rules: ZoneRules, shopping: Shopping) -> tuple[Good, ...]:
    if sum(pieces for _, pieces in shopping.lines) > UNITS_MAX:
        raise Invalid.field("lines", f"more than {UNITS_MAX} pieces", "A sample needs fewer.")
    scope = Scope(items=tuple(item for item, _ in shopping.lines))
    known = {each.item_id: each for each in await ground.goods_of(tx, rules, scope, shopping.at_ms, len(scope.items))}
    found: list[Good] = []
    for number, (item, pieces) in enumerate(shopping.lines):
        if item not in known:
            problem = f"'{item}' is not there, or has no price in zone '{rules.zone}'"
            raise Invalid.field(f"lines/{number}/item_id", problem, "See GET /api/v1/items.")
        found += [known[item]] * pieces
    return tuple(found)


async def _sample(tx: Connection, rules: ZoneRules, promotion: Promotion | None, at_ms: int) -> tuple[Good, ...]:
    wanted = [(Scope(), 3, 0)] if promotion is None else wanted_of(promotion)
    parts = [
        Part(scope, await ground.goods_of(tx, rules, scope, at_ms, PROBES_MAX), units, reach_minor)
        for scope, units, reach_minor in wanted
    ]
    if found := sample_basket(parts):
        return found
    return tuple(itertools.islice(itertools.chain.from_iterable(map(_filled, parts)), UNITS_MAX))


def _filled(part: Part) -> Iterator[Good]:
    """A mixed basket where one good alone would need too many pieces: the dearest first, until the amount is reached."""
    left_minor, left_units = part.reach_minor, part.units
    for good in sorted(part.goods, key=lambda each: (-each.price_minor, each.item_id)):
        for _ in range(PIECES_OF_EACH):
            if left_minor <= 0 and left_units <= 0:
                return
            yield good
            left_minor -= good.price_minor
            left_units -= 1


def _basket(goods: Sequence[Good], shopping: Shopping) -> Basket:
    coupons = tuple(HeldCoupon(f"sample-{number}", each) for number, each in enumerate(shopping.coupons))
    shopper = Shopper("sample" if shopping.member else None, frozenset(shopping.groups), coupons)
    return Basket(tuple(units_of(goods)), shopper, shopping.at_ms, utc_offset_minutes=shopping.utc_offset_minutes)


def _somebody(goods: Sequence[Good], promotion: Promotion | None, shopping: Shopping) -> Basket:
    if promotion is None:
        return _basket(goods, shopping)
    full = basket_of(goods, promotion)
    return Basket(
        full.units, full.shopper, shopping.at_ms, deposits=full.deposits, utc_offset_minutes=shopping.utc_offset_minutes
    )


def sums_of(goods: Sequence[Good], priced: Priced) -> list[tuple[Good, int, int, int]]:
    """(good, pieces, price without and with promotions) line by line."""
    found: list[tuple[Good, int, int, int]] = []
    for good, unit in zip(goods, priced.units, strict=True):
        if found and found[-1][0] is good and unit.unit_no > 1:
            _, pieces, before, after = found[-1]
            found[-1] = (good, pieces + 1, before + good.price_minor, after + unit.net_minor)
        else:
            found.append((good, 1, good.price_minor, unit.net_minor))
    return found
