"""Single-use coupons in a basket: set aside at headquarters, or taken within the offline allowance when it cannot be asked.

A coupon in the basket is not spent: the best basket decides whether it is used (rule R6); the sale's fact spends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable

import msgspec

from edge.checkout.basket import Basket, BasketCoupon
from edge.checkout.desk import Desk, seat_of
from edge.checkout.member_look_up import today
from edge.checkout.ports import Unreachable
from edge.checkout.reasons import Refusal
from edge.checkout.session import Session, Step
from edge.members import cache, offline
from edge.members.offline import Acceptance
from edge.store_db.database import Tx
from protocols.contract.feed_members import HeldCoupon
from protocols.contract.questions import (
    CouponReserved,
    QuestionRefused,
    ReleaseValue,
    ReserveCoupon,
    ValueKind,
    account_id_of,
    value_key,
    value_tail,
)
from protocols.contract.till_member import AddCoupon, DropCoupon
from protocols.promotions.rules import Promotion

COUPONS_MAX = 10
"""In one basket."""
OWN_COUPONS_MAX = 5
"""Of a member, put in by themselves: those that end soonest."""
CODE_LENGTH_MAX = 64

_REFUSALS = {"coupon_taken", "coupon_used", "coupon_early", "coupon_of_another", "value_blocked", "value_expired"}


async def add_coupon(desk: Desk, session: Session, command_id: str, command: AddCoupon) -> Step:
    """Put a coupon into the basket. Refused when it is unknown, used, of somebody else, or for an offer that is not on."""
    seat_of(session)
    desk.zone()
    code = command.code.strip()
    if not code or len(code) > CODE_LENGTH_MAX:
        raise Refusal("code_empty")
    basket = session.basket or desk.new_basket()
    key = value_key(ValueKind.COUPON, code)
    coupon_id = account_id_of(ValueKind.COUPON, key)
    if any(coupon.coupon_id == coupon_id for coupon in basket.coupons):
        raise Refusal("coupon_twice")
    if len(basket.coupons) >= COUPONS_MAX:
        raise Refusal("coupons_many", most=COUPONS_MAX)
    known = _held(desk, basket, coupon_id)
    coupon = await _reserve(desk, session.till_id, basket, coupon_id, key=key, tail=value_tail(code), known=known)
    after = msgspec.structs.replace(basket, coupons=(*basket.coupons, coupon))
    return await desk.finish_basket(session, command_id, after)


async def drop_coupon(desk: Desk, session: Session, command_id: str, command: DropCoupon) -> Step:
    """Take a coupon out, by its id or its code, and let it go."""
    seat_of(session)
    coupon_id = account_id_of(ValueKind.COUPON, value_key(ValueKind.COUPON, command.code))
    basket = session.basket
    coupons = () if basket is None else basket.coupons
    dropped = [coupon for coupon in coupons if coupon.coupon_id in {command.code, coupon_id}]
    if basket is None or not dropped:
        raise Refusal("coupon_not_there")
    await let_go(desk, basket.sale_id, dropped)
    after = msgspec.structs.replace(basket, coupons=tuple(coupon for coupon in coupons if coupon not in dropped))
    return await desk.finish_basket(session, command_id, after)


async def own_coupons(
    desk: Desk, till_id: str, basket: Basket, held: Iterable[HeldCoupon], member_id: str
) -> tuple[BasketCoupon, ...]:
    """A member's coupons, as many as can be set aside. One that cannot is left out: somebody is using it elsewhere."""
    now_ms = desk.clock.now_ms()
    there = {coupon.coupon_id for coupon in basket.coupons}
    offers = {promotion.promotion_id for promotion in desk.bundle_of(basket).promotions}
    usable = [
        each
        for each in held
        if each.promotion_id in offers
        and each.coupon_id not in there
        and each.valid_from_ms <= now_ms
        and (each.valid_to_ms is None or each.valid_to_ms > now_ms)
    ]
    room = min(OWN_COUPONS_MAX, COUPONS_MAX - len(basket.coupons))

    async def take(each: HeldCoupon) -> BasketCoupon | None:
        try:
            return await _reserve(desk, till_id, basket, each.coupon_id, tail=each.tail, known=each, member_id=member_id)
        except Refusal:
            return None

    taken = await asyncio.gather(*(take(each) for each in usable[:room]))
    return tuple(msgspec.structs.replace(coupon, member_id=member_id) for coupon in taken if coupon is not None)


async def let_go(desk: Desk, sale_id: str, coupons: Iterable[BasketCoupon]) -> None:
    """Give coupons back that the sale will not use. What headquarters cannot be told now ends by itself."""
    coupons = list(coupons)
    asked = [_release(desk, sale_id, coupon) for coupon in coupons if coupon.reservation_id]
    alone = [attempt_of(sale_id, coupon.coupon_id) for coupon in coupons if not coupon.reservation_id]
    await asyncio.gather(*(desk.headquarters.ask(question) for question in asked))
    if alone:

        def drop(tx: Tx) -> None:
            for attempt_id in alone:
                offline.drop(tx, attempt_id)

        await desk.store.write(drop, durable=False)


def sale_over(tx: Tx, desk: Desk, basket: Basket, used: Collection[str] = ()) -> None:
    """The basket has ended, in this transaction: coupons it did not use (`used`: ids of those it did) go back after it."""
    left = [coupon for coupon in basket.coupons if coupon.coupon_id not in used]
    for coupon in left:
        if not coupon.reservation_id:
            offline.drop(tx, attempt_of(basket.sale_id, coupon.coupon_id))
    asked = [_release(desk, basket.sale_id, coupon) for coupon in left if coupon.reservation_id]

    def tell() -> None:
        for question in asked:
            desk.headquarters.tell(question)

    if asked:
        tx.after_commit(tell)


def _release(desk: Desk, sale_id: str, coupon: BasketCoupon) -> ReleaseValue:
    return ReleaseValue(
        question_id=desk.ids.new(),
        attempt_id=attempt_of(sale_id, coupon.coupon_id),
        reservation_id=coupon.reservation_id,
    )


def attempt_of(sale_id: str, coupon_id: str) -> str:
    """What a coupon is set aside under."""
    return f"{sale_id}:{coupon_id}"


async def _reserve(
    desk: Desk,
    till_id: str,
    basket: Basket,
    coupon_id: str,
    *,
    key: str = "",
    tail: str = "",
    known: HeldCoupon | None = None,
    member_id: str = "",
) -> BasketCoupon:
    if not member_id and basket.member is not None:
        member_id = basket.member.member_id
    attempt_id = attempt_of(basket.sale_id, coupon_id)
    answer = await desk.headquarters.ask(
        ReserveCoupon(
            question_id=desk.ids.new(),
            attempt_id=attempt_id,
            sale_id=basket.sale_id,
            till_id=till_id,
            key=key,
            coupon_id="" if key else coupon_id,
            member_id=member_id,
        )
    )
    if isinstance(answer, QuestionRefused):
        raise Refusal(answer.code if answer.code in _REFUSALS else "coupon_unknown")
    if isinstance(answer, CouponReserved):
        promotion = _offer(desk, basket, answer.promotion_id)
        made = _coupon(coupon_id, promotion, answer.promotion_id, answer.tail or tail, answer.reservation_id)
        if promotion is None:
            await let_go(desk, basket.sale_id, [made])
            raise Refusal("coupon_not_here")
        return made
    if not isinstance(answer, Unreachable) or known is None:
        raise Refusal("coupon_offline")
    promotion = _offer(desk, basket, known.promotion_id)
    if promotion is None:
        raise Refusal("coupon_not_here")
    await _take_offline(desk, till_id, basket.sale_id, coupon_id, attempt_id)
    return _coupon(coupon_id, promotion, known.promotion_id, known.tail or tail, "")


async def _take_offline(desk: Desk, till_id: str, sale_id: str, coupon_id: str, attempt_id: str) -> None:
    allowance = cache.policy(desk.reader(), desk.store_id).allowance(ValueKind.COUPON)
    wanted = Acceptance(
        attempt_id=attempt_id,
        value_kind=ValueKind.COUPON,
        account=coupon_id,
        amount=1,
        sale_id=sale_id,
        till_id=till_id,
        business_date=today(desk),
        at_ms=desk.clock.now_ms(),
    )
    refused = await desk.store.write(lambda tx: offline.accept(tx, wanted, allowance))
    if refused is not None:
        raise Refusal("offline_limit", limit=refused.limit, left=refused.left)


def _held(desk: Desk, basket: Basket, coupon_id: str) -> HeldCoupon | None:
    """What the box knows of a coupon: it is the member's, and they are in the feed."""
    member = basket.member
    row = None if member is None else cache.member(desk.reader(), desk.store_id, member.member_id)
    coupons = () if row is None else row.coupons
    return next((each for each in coupons if each.coupon_id == coupon_id), None)


def _offer(desk: Desk, basket: Basket, promotion_id: str) -> Promotion | None:
    promotions = desk.bundle_of(basket).promotions
    return next((each for each in promotions if each.promotion_id == promotion_id), None)


def _coupon(coupon_id: str, promotion: Promotion | None, promotion_id: str, tail: str, reservation_id: str) -> BasketCoupon:
    return BasketCoupon(
        coupon_id=coupon_id,
        promotion_id=promotion_id,
        code_tail=tail,
        name="" if promotion is None else promotion.name,
        name_zh="" if promotion is None else promotion.name_zh,
        reservation_id=reservation_id,
    )
