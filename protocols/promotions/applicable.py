"""Which promotions of a bundle apply to a basket at all, and why the others that touch it do not."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.promotions.goods import Goods
from protocols.promotions.kinds.coupon import Coupon
from protocols.promotions.kinds.deposit import DepositEnlargement
from protocols.promotions.rules import Hours, Promotion
from protocols.promotions.trace import Code
from protocols.promotions.values import Basket, NotApplied

MINUTE_MS = 60_000
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Applicable:
    """In id order, and the refusals."""

    promotions: tuple[Promotion, ...]
    considered: tuple[NotApplied, ...]


def applicable(basket: Basket, goods: Goods, promotions: tuple[Promotion, ...]) -> Applicable:
    """Sort out by customer, time and limits. Promotions that do not touch the goods are not mentioned."""
    held = {coupon.promotion_id for coupon in basket.shopper.coupons}
    kept: list[Promotion] = []
    considered: list[NotApplied] = []
    for each in promotions:
        if isinstance(each, Coupon) and each.promotion_id not in held:
            continue
        if not each.touches(goods):
            continue
        refusal = _refusal(basket, each)
        if refusal is None:
            kept.append(each)
        else:
            considered.append(refusal)
    return Applicable(tuple(kept), tuple(considered))


def _refusal(basket: Basket, each: Promotion) -> NotApplied | None:
    shopper = basket.shopper
    if each.promotion_id in basket.declined:
        return NotApplied(each.promotion_id, Code.DECLINED)
    untimely = _untimely(each, basket.now_ms, basket.utc_offset_minutes)
    if untimely is not None:
        return untimely
    if each.customer_groups and shopper.groups.isdisjoint(each.customer_groups):
        return NotApplied(each.promotion_id, Code.OTHER_CUSTOMERS)
    if each.limit_per_member and shopper.member_id is None:
        return NotApplied(each.promotion_id, Code.MEMBER_NEEDED)
    if each.limit_per_member and shopper.used.get(each.promotion_id, 0) >= each.limit_per_member:
        return NotApplied(each.promotion_id, Code.LIMIT_USED, (("limit", each.limit_per_member),))
    if isinstance(each, DepositEnlargement) and all(paid.promotion_id != each.promotion_id for paid in basket.deposits):
        return NotApplied(each.promotion_id, Code.NO_DEPOSIT)
    return None


def _untimely(each: Promotion, now_ms: int, utc_offset_minutes: int) -> NotApplied | None:
    if now_ms < each.starts_ms:
        return NotApplied(each.promotion_id, Code.NOT_STARTED, (("starts_ms", each.starts_ms),))
    if each.ends_ms is not None and now_ms >= each.ends_ms:
        return NotApplied(each.promotion_id, Code.ENDED, (("ends_ms", each.ends_ms),))
    local_minutes = now_ms // MINUTE_MS + utc_offset_minutes
    # 1 January 1970 was a Thursday.
    if each.weekdays and (local_minutes // DAY_MINUTES + 3) % 7 + 1 not in each.weekdays:
        return NotApplied(each.promotion_id, Code.NOT_TODAY)
    if each.hours and not any(_within(hours, local_minutes % DAY_MINUTES) for hours in each.hours):
        return NotApplied(each.promotion_id, Code.NOT_NOW)
    return None


def _within(hours: Hours, minute: int) -> bool:
    if hours.from_minute <= hours.to_minute:
        return hours.from_minute <= minute < hours.to_minute
    return minute >= hours.from_minute or minute < hours.to_minute
