"""Changing what is in the basket: quantity, void, price, discounts, tare, offers declined, the whole basket thrown away.
Nothing here waits for a disk but `abandon_sale`."""

from __future__ import annotations

import msgspec

from edge.checkout import basket as baskets
from edge.checkout import coupons, held_store, last_unit, orders, sale, store
from edge.checkout.after_sale import events
from edge.checkout.approval import allowed_by
from edge.checkout.basket import Basket, BasketLine, ManualDiscount
from edge.checkout.desk import Desk, seat_of
from edge.checkout.guards import WHY_CHARACTERS_MAX
from edge.checkout.pricing import NOT_DISCOUNTED
from edge.checkout.reasons import Refusal
from edge.checkout.session import Session, Step
from edge.checkout.weighing import TARE_GRAMS_MAX
from edge.store_db.database import Tx
from protocols.contract import rights
from protocols.contract.facts import FactBody
from protocols.contract.sale_parts import Override
from protocols.contract.till_basket import (
    AbandonSale,
    Approval,
    DeclineOffer,
    DiscountBasket,
    DiscountLine,
    SetPrice,
    SetQuantity,
    SetTare,
    VoidLine,
)

WHOLE_BP = 10_000


async def set_quantity(desk: Desk, session: Session, command_id: str, command: SetQuantity) -> Step:
    """Change the pieces of a line. Fewer pieces need the right to void."""
    seat_of(session)
    basket, line = _find(session, command.line_no)
    if line.grams is not None:
        raise Refusal("weighed_quantity")
    if line.follows or line.serial or line.reference:
        raise Refusal("quantity_fixed", name=line.name)
    if not 1 <= command.quantity <= baskets.QUANTITY_MAX:
        raise Refusal("quantity_invalid", most=baskets.QUANTITY_MAX)
    if command.quantity > line.quantity and any(each.what == last_unit.NOT_ON_HAND for each in line.overrides):
        raise Refusal("quantity_fixed", name=line.name)  # A person let so many pass, not more.
    if command.quantity < line.quantity:
        await allowed_by(desk, session, rights.VOID, command.approval)
    return await desk.finish_basket(session, command_id, baskets.set_quantity(basket, line.line_no, command.quantity))


async def void_line(desk: Desk, session: Session, command_id: str, command: VoidLine) -> Step:
    """Take a line out. It is told to HQ when the sale ends."""
    seat_of(session)
    basket, line = _find(session, command.line_no)
    await allowed_by(desk, session, rights.VOID, command.approval)
    return await desk.finish_basket(session, command_id, baskets.void(basket, line.line_no))


async def set_tare(desk: Desk, session: Session, command_id: str, command: SetTare) -> Step:
    """The container for the next weighed item."""
    seat_of(session)
    if not 0 <= command.grams <= TARE_GRAMS_MAX:
        raise Refusal("tare_invalid", most=TARE_GRAMS_MAX)
    basket = session.basket or desk.new_basket()
    return await desk.finish_basket(session, command_id, msgspec.structs.replace(basket, tare_grams=command.grams))


async def set_price(desk: Desk, session: Session, command_id: str, command: SetPrice) -> Step:
    """Another price for a line. Needs the right `price`, as far below the list price as its limit goes."""
    seat_of(session)
    basket, line = _find(session, command.line_no)
    _may_change(line)
    why = _why(command.why)
    if not 0 <= command.price_minor <= baskets.TOTAL_MINOR_MAX:
        raise Refusal("amount_invalid", amount=command.price_minor)
    size = _share_bp(max(0, line.list_price_minor - command.price_minor), line.list_price_minor)
    person = await allowed_by(desk, session, rights.PRICE, command.approval, size)
    made = Override(
        what="price",
        reason=why,
        approver_id=person.staff_id,
        before=str(line.unit_price_minor),
        after=str(command.price_minor),
    )

    def change(line: BasketLine) -> BasketLine:
        return msgspec.structs.replace(
            line,
            unit_price_minor=command.price_minor,
            everybody_minor=None,
            fixed_minor=None,
            price_reason="manual",
            label_revision=None,
            open_to_offers=False,
            overrides=(*line.overrides, made),
        )

    return await desk.finish_basket(session, command_id, baskets.change_line(basket, line.line_no, change))


async def discount_line(desk: Desk, session: Session, command_id: str, command: DiscountLine) -> Step:
    """Something off a line by hand; nothing and nothing takes it back."""
    seat_of(session)
    basket, line = _find(session, command.line_no)
    _may_change(line)
    own_minor = line.own_minor
    manual = await _discount(desk, session, command, own_minor)
    made = () if manual is None else (_discounted(manual),)

    def change(line: BasketLine) -> BasketLine:
        kept = tuple(each for each in line.overrides if each.what != "discount")
        return msgspec.structs.replace(line, manual=manual, overrides=(*kept, *made))

    return await desk.finish_basket(session, command_id, baskets.change_line(basket, line.line_no, change))


async def discount_basket(desk: Desk, session: Session, command_id: str, command: DiscountBasket) -> Step:
    """Something off the whole basket by hand, after all offers (rule R7)."""
    seat_of(session)
    basket = session.need_basket()
    open_minor = sum(each.net_minor for each in session.priced.lines if each.line.line_kind not in NOT_DISCOUNTED)
    manual = await _discount(desk, session, command, open_minor)
    return await desk.finish_basket(session, command_id, msgspec.structs.replace(basket, manual=manual))


async def decline_offer(desk: Desk, session: Session, command_id: str, command: DeclineOffer) -> Step:
    """The customer does not want an offer, or wants it after all."""
    seat_of(session)
    basket = session.need_basket()
    known = {promotion.promotion_id for promotion in desk.bundle_of(basket).promotions}
    if command.promotion_id not in known:
        raise Refusal("no_such_offer")
    others = tuple(each for each in basket.declined if each != command.promotion_id)
    declined = (*others, command.promotion_id) if command.declined else others
    return await desk.finish_basket(session, command_id, msgspec.structs.replace(basket, declined=declined))


async def abandon_sale(desk: Desk, session: Session, command_id: str, command: AbandonSale) -> Step:
    """Throw the basket away, on record."""
    seat = seat_of(session)
    basket = session.basket
    if basket is None:
        raise Refusal("no_sale")
    await allowed_by(desk, session, rights.VOID, command.approval)
    facts: list[FactBody] = [*sale.voids(basket, seat), *events(basket, seat), sale.abandoned(basket, session.priced, seat)]

    def change(tx: Tx) -> None:
        if basket.order_id:
            orders.give_up(tx, basket)  # It is no sale that has ended: the order is handed over another time.
        else:
            store.abandon(tx, basket.sale_id, desk.clock.now_ms())
        held_store.drop(tx, basket.sale_id)
        coupons.sale_over(tx, desk, basket)
        desk.journal.append_many(tx, facts)

    step = await desk.finish(session.without_basket(), command_id, change)
    await desk.drop_basket(session.till_id)
    return step


async def _discount(
    desk: Desk, session: Session, command: DiscountLine | DiscountBasket, whole_minor: int
) -> ManualDiscount | None:
    """What is to come off, allowed by whoever may; None takes it back."""
    percent_bp, amount_minor = command.percent_bp, command.amount_minor
    if not percent_bp and not amount_minor:
        return None
    if percent_bp and amount_minor:
        raise Refusal("discount_one_way")
    if not 0 <= percent_bp <= WHOLE_BP:
        raise Refusal("amount_invalid", amount=percent_bp)
    if not 0 <= amount_minor <= whole_minor:
        raise Refusal("amount_invalid", amount=amount_minor)
    why = _why(command.why)
    size = percent_bp or _share_bp(amount_minor, whole_minor)
    person = await _allowed(desk, session, command.approval, size)
    return ManualDiscount(percent_bp=percent_bp, amount_minor=amount_minor, why=why, approver_id=person)


async def _allowed(desk: Desk, session: Session, approval: Approval | None, size: int) -> str:
    return (await allowed_by(desk, session, rights.DISCOUNT, approval, size)).staff_id


def _discounted(manual: ManualDiscount) -> Override:
    after = f"{manual.percent_bp} bp" if manual.percent_bp else str(manual.amount_minor)
    return Override(what="discount", reason=manual.why, approver_id=manual.approver_id, after=after)


def _why(text: str) -> str:
    why = text.strip()[:WHY_CHARACTERS_MAX]
    if not why:
        raise Refusal("why_missing")
    return why


def _share_bp(part_minor: int, whole_minor: int) -> int:
    """A part in basis points, rounded up: a limit is never passed by a rounding."""
    return 0 if not whole_minor else -(-part_minor * WHOLE_BP // whole_minor)


def _may_change(line: BasketLine) -> None:
    if line.line_kind in NOT_DISCOUNTED or line.reference:
        raise Refusal("price_fixed", name=line.name)


def _find(session: Session, line_no: int) -> tuple[Basket, BasketLine]:
    basket = session.basket
    line = None if basket is None else basket.line(line_no)
    if basket is None or line is None:
        raise Refusal("no_such_line", line_no=line_no)
    return basket, line
