"""A basket as the promotion engine is asked for it, and the coupons of its answer."""

from __future__ import annotations

from dataclasses import dataclass

from edge.checkout.basket import Basket, BasketLine
from protocols.contract.sale_parts import UnitDiscount, UsedCoupon
from protocols.contract.values import share_largest_remainder
from protocols.promotions import values as engine


@dataclass(slots=True)
class Working:
    """A line while it is being priced."""

    line: BasketLine
    bases: list[int]
    nets: list[int]
    discounts: list[UnitDiscount]

    def take_off(self, discount: UnitDiscount) -> None:
        """Take shares off the units; a discount of nothing leaves no trace."""
        if any(discount.shares_minor):
            self.discounts.append(discount)
            self.nets = [net - share for net, share in zip(self.nets, discount.shares_minor, strict=True)]


def question(basket: Basket, work: list[Working], utc_offset_minutes: int) -> engine.Basket:
    """The basket as the engine wants it: a unit for each piece, at its price less what was taken off by hand."""
    units: list[engine.Unit] = []
    for each in work:
        line = each.line
        if not line.open_to_offers:
            continue
        anybody = line.everybody_unit_minor
        for unit_no, (base, net) in enumerate(zip(each.bases, each.nets, strict=True)):
            units.append(
                engine.Unit(
                    line_no=line.line_no,
                    unit_no=unit_no,
                    item_id=line.item_id,
                    style_id=line.style_id,
                    category=line.category,
                    brand=line.brand,
                    list_minor=max(anybody - (base - net), net),
                    own_minor=net,
                    own_reason=line.price_reason,
                )
            )
    return engine.Basket(
        units=tuple(units),
        shopper=_shopper(basket),
        now_ms=basket.priced_at_ms or basket.opened_at_ms,
        declined=frozenset(basket.declined),
        deposits=tuple(
            engine.PaidDeposit(each.deposit_id, each.promotion_id, each.item_id, each.paid_minor) for each in basket.deposits
        ),
        utc_offset_minutes=utc_offset_minutes,
    )


def _shopper(basket: Basket) -> engine.Shopper:
    coupons = tuple(engine.HeldCoupon(coupon.coupon_id, coupon.promotion_id) for coupon in basket.coupons)
    member = basket.member
    if member is None:
        return engine.Shopper(coupons=coupons)
    return engine.Shopper(
        member_id=member.member_id, groups=frozenset(member.groups), coupons=coupons, used=dict(member.used)
    )


def used_coupons(basket: Basket, answer: engine.Priced) -> tuple[UsedCoupon, ...]:
    """What each used coupon saved; several of one promotion share what it saved."""
    held = {coupon.coupon_id: coupon for coupon in basket.coupons}
    saved = {offer.promotion_id: offer.saved_minor for offer in answer.applied}
    used = [held[coupon_id] for coupon_id in answer.coupons_used if coupon_id in held]
    made = []
    for coupon in used:
        alike = [each.coupon_id for each in used if each.promotion_id == coupon.promotion_id]
        shares = share_largest_remainder(saved.get(coupon.promotion_id, 0), [1] * len(alike))
        made.append(
            UsedCoupon(
                coupon_id=coupon.coupon_id,
                promotion_id=coupon.promotion_id,
                saved_minor=shares[alike.index(coupon.coupon_id)],
                reservation_id=coupon.reservation_id,
            )
        )
    return tuple(made)
