"""A coupon the customer holds."""

from __future__ import annotations

from typing import ClassVar

from protocols.promotions.rules import CouponOrder, Layer, Promotion


class Coupon(Promotion, frozen=True, kw_only=True, tag="coupon"):
    """`off_minor`, or `off_bp` up to `cap_minor` (0: no cap), off the running amount of the scope once that reaches
    `reach_minor` (rule R6). Each use takes one coupon id; `limit_per_sale` is how many of it one sale takes."""

    layer: ClassVar[Layer] = Layer.COUPON

    off_minor: int = 0
    off_bp: int = 0
    cap_minor: int = 0
    reach_minor: int = 0
    order: CouponOrder = CouponOrder.BEST
