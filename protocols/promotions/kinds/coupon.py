"""A coupon the customer holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from protocols.promotions.goods import Goods
from protocols.promotions.model import CouponUse, Part
from protocols.promotions.rules import WHOLE_BP, CouponOrder, Layer, Promotion, Reach
from protocols.promotions.shapes import between_faults, not_negative_faults


class Coupon(Promotion, frozen=True, kw_only=True, tag="coupon"):
    """`off_minor`, or `off_bp` up to `cap_minor` (0: no cap), off the running amount of the scope once that reaches
    `reach_minor` (rule R6). Each use takes one coupon id; `limit_per_sale` is how many of it one sale takes."""

    layer: ClassVar[Layer] = Layer.COUPON

    off_minor: int = 0
    off_bp: int = 0
    cap_minor: int = 0
    reach_minor: int = 0
    order: CouponOrder = CouponOrder.BEST

    def faults(self) -> Iterator[str]:
        for field in ("off_minor", "cap_minor", "reach_minor"):
            yield from not_negative_faults(field, getattr(self, field))
        yield from between_faults("off_bp", self.off_bp, 0, WHOLE_BP)
        if (self.off_minor > 0) == (self.off_bp > 0):
            yield "one of off_minor and off_bp must be above 0, the other 0"

    def reaches(self) -> tuple[Reach, ...]:
        return (Reach(self.reach_minor, self.off_minor, self.off_bp),) if self.reach_minor else ()

    def parts(self, goods: Goods) -> Iterator[Part]:
        members = frozenset(goods.members(self.scope))
        held = goods.coupons(self.promotion_id)
        count = goods.limit(self, 1 if self.exclusive else len(held))
        if not members:
            return
        for coupon in held[:count]:
            yield CouponUse(
                promotion=self,
                coupon_id=coupon.coupon_id,
                members=members,
                off_minor=self.off_minor,
                off_bp=self.off_bp,
                cap_minor=self.cap_minor,
                reach_minor=self.reach_minor,
                declared=self.order is CouponOrder.DECLARED,
            )
