"""Who buys: a member enters a basket with their prices and coupons, and leaves it with them."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from edge.checkout.basket import Basket
from edge.checkout.coupons import let_go, own_coupons
from edge.checkout.desk import Desk, seat_of
from edge.checkout.member_look_up import basket_member, look_up
from edge.checkout.member_prices import reprice
from edge.checkout.reasons import Refusal
from edge.checkout.session import Session, Step
from protocols.contract.feed_members import MEMBER_CODE_LENGTH_MAX
from protocols.contract.till_member import ClearMember, MemberChoice, SetMember


async def set_member(desk: Desk, session: Session, command_id: str, command: SetMember) -> Step:
    """Find the member and put them into the basket; of several the cashier chooses. Refused when there is none such."""
    seat_of(session)
    desk.zone()
    code = command.code.strip()[:MEMBER_CODE_LENGTH_MAX]
    if not code and not command.member_id:
        raise Refusal("code_empty")
    found = await look_up(desk, code, command.member_id)
    if not found.rows:
        raise Refusal("member_unknown" if found.fresh else "member_unknown_offline")
    if len(found.rows) > 1:
        choices = tuple(
            MemberChoice(member_id=row.member_id, name=row.name, phone_tail=row.phone_tail) for row in found.rows
        )
        return await desk.finish(replace(session, member_choices=choices), command_id, lambda _tx: None, durable=False)
    row = found.rows[0]
    before = await _without_member(desk, session.basket or desk.new_basket())
    member = basket_member(desk, row, found)
    coupons = await own_coupons(desk, session.till_id, before, row.coupons, row.member_id) if found.believed else ()
    after = msgspec.structs.replace(before, member=member, coupons=(*before.coupons, *coupons))
    return await desk.finish_basket(replace(session, member_choices=()), command_id, reprice(desk.reader(), after))


async def clear_member(desk: Desk, session: Session, command_id: str, _command: ClearMember) -> Step:
    """The customer is nobody in particular; also: none of the choices."""
    seat_of(session)
    after = replace(session, member_choices=())
    if session.basket is None or session.basket.member is None:
        return await desk.finish(after, command_id, lambda _tx: None, durable=False)
    basket = await _without_member(desk, session.basket)
    return await desk.finish_basket(after, command_id, reprice(desk.reader(), basket))


async def _without_member(desk: Desk, basket: Basket) -> Basket:
    """The basket without its member and the coupons that came with them; a bearer's coupons stay."""
    if basket.member is None:
        return basket
    theirs = [coupon for coupon in basket.coupons if coupon.member_id]
    await let_go(desk, basket.sale_id, theirs)
    kept = tuple(coupon for coupon in basket.coupons if coupon not in theirs)
    return msgspec.structs.replace(basket, member=None, coupons=kept)
