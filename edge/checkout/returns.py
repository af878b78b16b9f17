"""Goods coming back: find the receipt, put lines of it (or goods without one) into the basket, take them out again.

Units lie durably in the basket from the moment they are put there (`returned_unit`), so that no other till takes them too;
headquarters sets them aside for this store when it can be asked. When it cannot, the return is marked unverified.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from edge.catalogue import lookup
from edge.checkout import presale_store, returns_store, sold_sales
from edge.checkout.approval import allowed_by
from edge.checkout.basket import PRESALE, Basket, BasketReturn
from edge.checkout.desk import Desk, seat_of
from edge.checkout.pinned import as_sold
from edge.checkout.ports import Unreachable
from edge.checkout.reasons import Refusal
from edge.checkout.repricing import NotRepriceable, repriced_sums
from edge.checkout.return_sums import PLACES, Back, Standing, next_units, returned_lines, settled, stored_sum
from edge.checkout.returned_tags import tagged
from edge.checkout.returns_store import SoldUnits
from edge.checkout.session import Session, Step
from edge.checkout.sold_sales import standing_of, taken_of
from protocols.contract import rights
from protocols.contract.questions import QuestionRefused
from protocols.contract.returns import ReserveReturn, ReturnReserved, SoldSale, UnitsWanted
from protocols.contract.sale_parts import Override
from protocols.contract.till_returns import DropReturn, FindReceipt, ReturnLines, ReturnWanted

DAY_MS = 86_400_000
RETURNS_MAX = 500
WHY_CHARACTERS_MAX = 200


async def find_receipt(desk: Desk, session: Session, _command_id: str, command: FindReceipt) -> Step:
    """Show a sale with what may still come back. Changes nothing, so nothing is kept but the screen's view of it."""
    seat_of(session)
    found = await sold_sales.find(desk, command.receipt) if command.receipt.strip() else None
    return Step(replace(session, found=found))


async def return_lines(desk: Desk, session: Session, command_id: str, command: ReturnLines) -> Step:
    """Lines of a found sale come back."""
    seat = seat_of(session)
    sold = _sale_named(session, command.sale_id)
    basket = session.basket or desk.new_basket()
    _check_fits(basket, sold, command.policy)
    standing = standing_of(desk, sold)
    overrides = await _window(desk, session, command, sold)
    wanted = _units_wanted(desk, sold, standing, command.lines, overrides)
    backs = [*backs_of(standing, basket.returns), *wanted]
    sums, _ = _sums(desk, sold, standing, backs, command.policy)
    await allowed_by(desk, session, rights.REFUND, command.approval, sum(sums))
    reserved = await _reserve(desk, basket, sold, standing, backs)
    if reserved is not None:
        wanted = _as_granted(wanted, reserved, _units_in(basket.returns))
    backs = [*backs_of(standing, basket.returns), *wanted]
    sums, reason = _sums(desk, sold, standing, backs, command.policy)
    policy = "prorate" if reason else command.policy
    made = _basket_returns(sold, backs, sums, policy, unverified=reserved is None, not_repriced=reason)
    made = tagged(desk, session.till_id, sold, made)
    after = msgspec.structs.replace(basket, returns=made, sold=sold)
    held = [SoldUnits(sold.sale.store_id, sold.sale.sale_id, back.sold.line.line_no, back.units) for back in wanted]
    now_ms = desk.clock.now_ms()
    await desk.store.write(
        lambda tx: returns_store.hold(tx, held, basket_id=basket.sale_id, till_id=seat.till_id, at_ms=now_ms)
    )
    return await desk.finish_basket(replace(session, basket=after, found=None), command_id, after)


async def drop_return(desk: Desk, session: Session, command_id: str, command: DropReturn) -> Step:
    """Take a line coming back out of the basket; what is left is reckoned anew."""
    seat_of(session)
    basket = session.basket
    gone = None if basket is None else next((x for x in basket.returns if x.return_no == command.return_no), None)
    if basket is None or gone is None:
        raise Refusal("no_such_return", return_no=command.return_no)
    kept = tuple(each for each in basket.returns if each is not gone)
    if basket.sold is None:
        made = tuple(_numbered(each, number) for number, each in enumerate(kept, start=1))
        after = msgspec.structs.replace(basket, returns=made)
        return await desk.finish_basket(replace(session, basket=after), command_id, after)
    sold, standing = basket.sold, standing_of(desk, basket.sold)
    backs = backs_of(standing, kept)
    sums, reason = _sums(desk, sold, standing, backs, gone.policy)
    policy = "prorate" if reason else gone.policy
    made = _basket_returns(sold, backs, sums, policy, unverified=gone.unverified, not_repriced=reason)
    made = tagged(desk, session.till_id, sold, made)
    after = msgspec.structs.replace(basket, returns=made, sold=sold if kept else None)
    step = await desk.finish_basket(replace(session, basket=after), command_id, after)
    await desk.store.write(lambda tx: returns_store.free(tx, held_units((gone,)), basket_id=basket.sale_id))
    if not gone.unverified:
        await _reserve(desk, basket, sold, standing, backs)
    return step


async def free_lost_returns(desk: Desk, till_id: str, basket: Basket | None) -> None:
    """At start: units kept for a basket that a power cut took, or for a line no longer in it, may come back again."""
    kept = {} if basket is None else {basket.sale_id: held_units(basket.returns)}
    await desk.store.write(lambda tx: returns_store.reconcile(tx, till_id, kept), durable=False)


def held_units(returns: Sequence[BasketReturn]) -> list[SoldUnits]:
    """The units that lines of a basket stand for."""
    return [
        SoldUnits(each.sold_store_id, each.sale_id, each.line.sold_line_no, tuple(_units_of(each)))
        for each in returns
        if each.sale_id
    ]


def backs_of(standing: Standing, returns: Sequence[BasketReturn]) -> list[Back]:
    """What lies in the basket already, to be reckoned together with what comes."""
    lines = {each.line.line_no: each for each in standing.lines}
    return [
        Back(lines[each.line.sold_line_no], tuple(_units_of(each)), each.line.reason, each.line.overrides)
        for each in returns
    ]


def _units_of(each: BasketReturn) -> range:
    return range(each.line.first_unit, each.line.first_unit + each.line.quantity)


def _units_in(returns: Sequence[BasketReturn]) -> dict[int, frozenset[int]]:
    units: dict[int, frozenset[int]] = {}
    for each in returns:
        units[each.line.sold_line_no] = units.get(each.line.sold_line_no, frozenset()) | frozenset(_units_of(each))
    return units


def _sale_named(session: Session, sale_id: str) -> SoldSale:
    found, basket = session.found, session.basket
    for sold in (found, None if basket is None else basket.sold):
        if sold is not None and sold.sale.sale_id == sale_id:
            return sold
    raise Refusal("find_receipt_first")


def _check_fits(basket: Basket, sold: SoldSale, policy: str) -> None:
    if policy not in {"prorate", "reprice"}:
        raise Refusal("return_policy", policy=policy[:20])
    if basket.tenders:
        raise Refusal("return_while_paying")
    other = next((each for each in basket.returns if each.sale_id != sold.sale.sale_id), None)
    if other is not None:
        raise Refusal("return_one_sale", receipt=other.sold_receipt or "-")
    if sold.sale.training:
        raise Refusal("receipt_unknown", receipt=sold.receipt)


async def _window(desk: Desk, session: Session, command: ReturnLines, sold: SoldSale) -> tuple[Override, ...]:
    setup = lookup.setup(desk.reader())
    days = 30 if setup is None else setup.return_days
    if not days or desk.clock.now_ms() <= sold.at_ms + days * DAY_MS:
        return ()
    if command.approval is None and not session.need_cashier().may(rights.OVERRIDE):
        raise Refusal("return_too_late", days=days)
    person = await allowed_by(desk, session, rights.OVERRIDE, command.approval)
    why = command.why.strip()[:WHY_CHARACTERS_MAX]
    return (Override(what="return_window", reason=why, approver_id=person.staff_id, before=f"{days} d"),)


def _units_wanted(
    desk: Desk, sold: SoldSale, standing: Standing, lines: Sequence[ReturnWanted], overrides: tuple[Override, ...]
) -> list[Back]:
    if not lines or len(lines) > RETURNS_MAX:
        raise Refusal("return_nothing")
    by_no = {each.line.line_no: each for each in standing.lines}
    backs: list[Back] = []
    for wanted in lines:
        line = by_no.get(wanted.line_no)
        if line is None:
            raise Refusal("no_such_line", line_no=wanted.line_no)
        if line.line.line_kind == PRESALE:
            presale_store.find_open(desk.reader(), line.line.reference)
            if desk.open_baskets.has_presale(desk.reader(), "", line.line.reference):
                raise Refusal("presale_elsewhere")
        if wanted.reason not in PLACES:
            raise Refusal("return_reason", reason=wanted.reason[:20])
        if wanted.quantity < 1:
            raise Refusal("return_nothing")
        mine = frozenset(unit for back in backs if back.sold is line for unit in back.units)
        free = next_units(line, taken_of(desk, sold, standing, wanted.line_no) | mine, wanted.quantity)
        if len(free) < wanted.quantity:
            raise Refusal("return_more_than_sold", name=line.line.name, left=len(free))
        backs.append(Back(line, free, wanted.reason, overrides))
    return backs


def _sums(desk: Desk, sold: SoldSale, standing: Standing, backs: Sequence[Back], policy: str) -> tuple[list[int], str]:
    """What each pays, and why it is not repriced though it was asked for."""
    if not backs:
        return [], ""
    if policy == "reprice" or (standing.history.repriced and policy != "prorate"):
        try:
            return settled(repriced_sums(as_sold(desk, sold), standing, backs), standing, backs), ""
        except NotRepriceable as why:
            return settled([stored_sum(back) for back in backs], standing, backs), why.code
    return settled([stored_sum(back) for back in backs], standing, backs), ""


async def _reserve(
    desk: Desk, basket: Basket, sold: SoldSale, standing: Standing, backs: Sequence[Back]
) -> dict[int, tuple[int, ...]] | None:
    """The units headquarters sets aside, by line; None when it cannot be asked. Raises `Refusal` when it knows better."""
    counts: dict[int, int] = {}
    for back in backs:
        counts[back.sold.line.line_no] = counts.get(back.sold.line.line_no, 0) + len(back.units)
    mine = _units_in(basket.returns)
    lines = tuple(
        UnitsWanted(
            line_no=each.line.line_no,
            quantity=counts[each.line.line_no],
            sold=each.returnable_units,
            taken=tuple(
                sorted(taken_of(desk, sold, standing, each.line.line_no) - mine.get(each.line.line_no, frozenset()))
            ),
        )
        for each in standing.lines
        if each.line.line_no in counts
    )
    question = ReserveReturn(
        question_id=desk.ids.new(),
        basket_id=basket.sale_id,
        sold_store_id=sold.sale.store_id,
        sale_id=sold.sale.sale_id,
        lines=lines,
    )
    answer = await desk.headquarters.ask(question)
    match answer:
        case ReturnReserved():
            return {each.line_no: each.units for each in answer.lines}
        case QuestionRefused(code="returned_elsewhere"):
            raise Refusal("returned_elsewhere", left=answer.params.get("left", "0"))
        case Unreachable() | QuestionRefused():
            return None
        case _:
            raise AssertionError("nothing else answers this question")


def _as_granted(wanted: Sequence[Back], reserved: dict[int, tuple[int, ...]], mine: dict[int, frozenset[int]]) -> list[Back]:
    """The wanted units as headquarters numbered them; what lies in the basket keeps its own."""
    free = {line_no: [unit for unit in units if unit not in mine.get(line_no, ())] for line_no, units in reserved.items()}
    made = []
    for back in wanted:
        units = free[back.sold.line.line_no]
        made.append(replace(back, units=tuple(units[: len(back.units)])))
        free[back.sold.line.line_no] = units[len(back.units) :]
    return made


def _basket_returns(
    sold: SoldSale, backs: Sequence[Back], sums: Sequence[int], policy: str, *, unverified: bool, not_repriced: str
) -> tuple[BasketReturn, ...]:
    names = {line.line_no: line.name_zh for line in sold.sale.lines}
    return tuple(
        BasketReturn(
            return_no=line.return_no,
            sale_id=sold.sale.sale_id,
            sold_store_id=sold.sale.store_id,
            sold_receipt=sold.receipt,
            policy=policy,
            line=line,
            name_zh=names.get(line.sold_line_no, ""),
            unverified=unverified,
            not_repriced=not_repriced,
        )
        for line in returned_lines(backs, sums, 1)
    )


def _numbered(each: BasketReturn, number: int) -> BasketReturn:
    return msgspec.structs.replace(each, return_no=number, line=msgspec.structs.replace(each.line, return_no=number))
