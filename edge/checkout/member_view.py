"""The customer and their coupons as a till screen shows them."""

from __future__ import annotations

from edge.checkout.basket import Basket
from edge.checkout.pricing import PricedBasket
from protocols.contract.till_member import CouponView, MemberView


def member_view(basket: Basket | None, priced: PricedBasket) -> MemberView | None:
    """What the cashier should know."""
    member = None if basket is None else basket.member
    if member is None:
        return None
    return MemberView(
        member_id=member.member_id,
        name=member.name,
        phone_tail=member.phone_tail,
        tier=member.tier,
        groups=member.groups,
        points=member.points,
        points_as_of_ms=member.points_as_of_ms,
        fresh=member.fresh,
        note=member.note,
        points_to_earn=priced.points_to_earn,
        birthday=member.birthday,
        believed=member.believed,
    )


def coupon_views(basket: Basket | None, priced: PricedBasket) -> tuple[CouponView, ...]:
    """Every coupon of the basket, whether the best basket uses it or not."""
    used = {coupon.coupon_id for coupon in priced.coupons}
    return tuple(
        CouponView(
            code=f"…{coupon.code_tail}",
            name=coupon.name,
            name_zh=coupon.name_zh,
            used=coupon.coupon_id in used,
            reserved=bool(coupon.reservation_id),
            coupon_id=coupon.coupon_id,
        )
        for coupon in (() if basket is None else basket.coupons)
    )
