"""The answer in full: every unit's shares, what applied, what did not and why, and what a little more would bring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from protocols.promotions.goods import Goods
from protocols.promotions.kinds.gift import Gift
from protocols.promotions.kinds.threshold import Threshold
from protocols.promotions.model import CouponUse, Programme, Step
from protocols.promotions.problem import Found
from protocols.promotions.rules import Layer, Promotion
from protocols.promotions.settle import share_out
from protocols.promotions.trace import Code
from protocols.promotions.values import (
    LIST_PRICE,
    AppliedOffer,
    Basket,
    GiftUnit,
    Hint,
    NotApplied,
    PricedUnit,
    Share,
    Unit,
)  # fmt: skip

HINTS_MAX = 5


def priced_units(basket: Basket, found: Found, promotions: Sequence[Promotion]) -> tuple[PricedUnit, ...]:
    """In the order of the basket."""
    goods, layered = found.world.goods, found.layered
    flash = _flash_of(found, goods, promotions)
    by_unit: dict[tuple[int, int], PricedUnit] = {}
    for at, unit in enumerate(goods.units):
        if not unit.open_to_offers:
            by_unit[unit.line_no, unit.unit_no] = plain(unit)
            continue
        shares = [Share(promotion_id, amount) for promotion_id, amount in layered.shares[at]]
        if at in layered.list_based:
            base, reason = unit.list_minor, LIST_PRICE
        else:
            base, reason = unit.own_minor, unit.own_reason
            if at in flash:
                shares.insert(0, Share(flash[at], unit.own_minor - goods.own[at]))
        by_unit[unit.line_no, unit.unit_no] = PricedUnit(
            unit.line_no, unit.unit_no, base, reason, tuple(shares), layered.nets_minor[at]
        )
    return tuple(by_unit[unit.line_no, unit.unit_no] for unit in basket.units)


def plain(unit: Unit) -> PricedUnit:
    """A unit at its own price."""
    return PricedUnit(unit.line_no, unit.unit_no, unit.own_minor, unit.own_reason, (), unit.own_minor)


def _flash_of(found: Found, goods: Goods, promotions: Sequence[Promotion]) -> dict[int, str]:
    """By unit, the flash price it has."""
    by_unit: dict[int, str] = {}
    original = goods.at([unit.own_minor for unit in goods.units])
    for each in promotions:
        if each.promotion_id in found.world.taken_prices:
            for part in each.parts(original):
                for at, price in getattr(part, "prices", {}).items():
                    if price == goods.own[at]:
                        by_unit.setdefault(at, each.promotion_id)
    return by_unit


def applied_offers(found: Found, units: Sequence[PricedUnit], promotions: Sequence[Promotion]) -> tuple[AppliedOffer, ...]:
    """Every promotion that took part, by layer, then id."""
    saved: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for unit in units:
        for share in unit.shares:
            saved[share.promotion_id] += share.amount_minor
            if share.promotion_id in found.world.taken_prices:
                times[share.promotion_id] += 1
    for application in found.taken:
        times[application.offer.promotion.promotion_id] += 1
    for programme, step in found.scenario.steps:
        times[programme.promotion.promotion_id] += step.times
    for coupon in found.scenario.coupons:
        times[coupon.promotion.promotion_id] += 1
    layers = list(Layer)
    offers = [
        AppliedOffer(
            each.promotion_id, each.revision, each.name, each.name_zh, each.layer, times[each.promotion_id],
            saved[each.promotion_id],
        )
        for each in promotions if times[each.promotion_id]
    ]  # fmt: skip
    return tuple(sorted(offers, key=lambda each: (layers.index(each.layer), each.promotion_id)))


def gift_units(found: Found) -> tuple[GiftUnit, ...]:
    """Units given away."""
    units = found.world.goods.units
    given = [
        GiftUnit(each.offer.promotion.promotion_id, units[at].line_no, units[at].unit_no)
        for each in found.taken if each.offer.gift
        for at, net in zip(each.units, each.nets_minor, strict=True) if net == 0
    ]  # fmt: skip
    return tuple(sorted(given, key=lambda each: (each.line_no, each.unit_no)))


def amount_of(found: Found, promotion: Promotion) -> int:
    """What counts toward a promotion's threshold: nets after the unit layer, or for coupons what is left at the end."""
    goods = found.world.goods
    members = goods.members(promotion.scope)
    if promotion.layer is Layer.COUPON:
        return sum(found.layered.nets_minor[at] for at in members)
    nets = list(goods.own)
    for each in found.taken:
        for at, net in zip(each.units, each.nets_minor, strict=True):
            nets[at] = net
    return sum(nets[at] for at in members)


def not_applied(found: Found, applied: Sequence[AppliedOffer], promotions: Sequence[Promotion]) -> tuple[NotApplied, ...]:
    """Why each applicable promotion did not take part."""
    taken = {each.promotion_id for each in applied}
    by_id = {each.promotion_id: each for each in promotions}
    answers = []
    for each in promotions:
        if each.promotion_id in taken:
            continue
        rival = next((other for other in sorted(taken) if _excludes(each, by_id[other])), None)
        if rival is not None:
            answers.append(NotApplied(each.promotion_id, Code.EXCLUDED, (("by", rival),)))
        else:
            answers.append(_why(found, each))
    return tuple(answers)


def _excludes(one: Promotion, other: Promotion) -> bool:
    if one.promotion_id in other.exclusive_with or other.promotion_id in one.exclusive_with:
        return True
    return (one.exclusive or other.exclusive) and Layer.PRICE not in {one.layer, other.layer}


def _why(found: Found, each: Promotion) -> NotApplied:
    missing, needed = each.missing_units(found.world.goods)
    if missing:
        return NotApplied(each.promotion_id, Code.SHORT_UNITS, (("missing_units", missing), ("needed_units", needed)))
    reaches = each.reaches()
    if reaches:
        least = reaches[0]
        short = least.reach_minor - amount_of(found, each)
        if short > 0:
            brings = ("off_bp", least.off_bp) if least.off_bp else ("off_minor", least.off_minor)
            params = (("missing_minor", short), ("reach_minor", least.reach_minor), brings)
            return NotApplied(each.promotion_id, Code.SHORT_AMOUNT, params)
    if isinstance(each, Gift) and not each.gifts(found.world.goods):
        return NotApplied(each.promotion_id, Code.NO_GIFT)
    return NotApplied(each.promotion_id, Code.NOT_BETTER)


def hints(found: Found, considered: Sequence[NotApplied], promotions: Sequence[Promotion]) -> tuple[Hint, ...]:
    """Add goods of a programme's scope, pay less for them than their price: by the same rules, from this answer on."""
    answers: list[Hint] = []
    goods = found.world.goods
    excluded = {each.promotion_id for each in considered if each.code == Code.EXCLUDED}
    for each in promotions:
        if isinstance(each, Threshold) and each.promotion_id not in excluded:
            amount = amount_of(found, each)
            step = each.next_step(goods, amount)
            if step is not None:
                programme = Programme(each, frozenset(goods.members(each.scope)), (step,))
                answers.extend(_hint(found, each, step.reach_minor - amount, (programme, step), None))
    for coupon in found.world.coupons:
        if coupon not in found.scenario.coupons:
            add = coupon.reach_minor - amount_of(found, coupon.promotion)
            if add > 0:
                answers.extend(_hint(found, coupon.promotion, add, None, coupon))
    answers.sort(key=lambda each: (each.add_minor - each.save_minor, each.add_minor, each.promotion_id))
    gifts = [Hint(each.promotion_id, 0, add_units=1) for each in considered if each.code == Code.NO_GIFT]
    return (*gifts, *answers)[:HINTS_MAX]


def _hint(
    found: Found, promotion: Promotion, add: int, better: tuple[Programme, Step] | None, coupon: CouponUse | None
) -> list[Hint]:
    """Price the basket with one more plain unit of `add` in the scope, and the step or coupon beside what applies."""
    goods = found.world.goods
    extra = len(goods.units)

    def with_extra(programme: Programme) -> Programme:
        return replace(programme, members=programme.members | {extra})

    def coupon_with_extra(each: CouponUse) -> CouponUse:
        whole = len(each.members) == len(found.world.goods.units) or each is coupon
        return replace(each, members=each.members | {extra}) if whole else each

    steps = [each for each in found.scenario.steps if each[0].promotion is not promotion]
    if better is not None:
        steps.append((with_extra(better[0]), better[1]))
    coupons = [*found.scenario.coupons, *([coupon] if coupon is not None else [])]
    order = sorted(range(extra), key=lambda at: (goods.units[at].line_no, goods.units[at].unit_no))
    layered = share_out(
        [*goods.own, add],
        [*(unit.list_minor for unit in goods.units), add],
        found.taken,
        steps,
        [coupon_with_extra(each) for each in coupons],
        [*order, extra],
    )
    if layered is None:
        return []
    open_units = [at for at, unit in enumerate(goods.units) if unit.open_to_offers]
    save = found.due_minor + add - sum(layered.nets_minor[at] for at in [*open_units, extra])
    return [Hint(promotion.promotion_id, save, add_minor=add)] if save > 0 else []
