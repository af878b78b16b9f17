"""Paying back: terminals first, each part as an attempt of its own, then the closing with cash and what ledgers restore."""

from __future__ import annotations

from collections.abc import Sequence

from edge.catalogue import lookup
from edge.checkout.approval import allowed_by
from edge.checkout.attempts import Attempt
from edge.checkout.desk import Desk, seat_of
from edge.checkout.goods_back import refund_minor
from edge.checkout.payment import begin, usable_way
from edge.checkout.reasons import Refusal
from edge.checkout.refund_plan import CASH, Part
from edge.checkout.refunding import by_device, parts_left
from edge.checkout.session import Session, Step, StoredAnswer
from edge.checkout.settling import after_closing, close_paid, closing_of
from protocols.contract import rights
from protocols.contract.till_payment import Refund


async def refund(desk: Desk, session: Session, command_id: str, command: Refund) -> Step:
    """Pay the difference of a basket back. What a terminal pays back is begun, and the command given again for the rest;
    what needs no terminal closes the basket at once: when this returns so, it is on the disk."""
    seat_of(session)
    basket = session.basket
    if basket is None or not basket.returns:
        raise Refusal("refund_nothing")
    if any(tender.amount_minor > 0 for tender in basket.tenders):
        raise Refusal("return_while_paying")
    if refund_minor(basket) < session.priced.total_minor:
        raise Refusal("refund_pay_first")
    parts = parts_left(desk, session, command.method)
    _check_expected(session, command.expected_refund_minor, parts)
    await _check_allowed(desk, session, command, parts)
    part = by_device(parts)
    if part is not None:
        return await _begin(desk, session, command_id, command, part)
    closing = closing_of(desk, session, command_id, parts=parts)
    last_sale = await desk.commit(lambda tx: close_paid(tx, desk, closing))
    await desk.second_copy.secure()
    await desk.drop_basket(session.till_id)
    return Step(after_closing(closing, last_sale), StoredAnswer(ok=True, sale=last_sale))


async def _begin(desk: Desk, session: Session, command_id: str, command: Refund, part: Part) -> Step:
    basket = session.basket
    assert basket is not None
    way = usable_way(desk, session, part.kind, 0)
    paid = part.paid
    attempt = Attempt(
        attempt_id=desk.ids.new(),
        sale_id=basket.sale_id,
        till_id=session.till_id,
        method=part.kind,
        amount_minor=-part.amount_minor,
        terminal_id=way.terminal_id,
        reverses_id="" if paid is None else paid.attempt_id,
        asked_at_ms=desk.clock.now_ms(),
    )
    reference = "" if paid is None else paid.reference
    return await begin(desk, session, command_id, way, attempt, code=command.code[:64], reference=reference)


def _check_expected(session: Session, expected_minor: int, parts: Sequence[Part]) -> None:
    """The screen may show the exact difference, the one rounded for cash, or what is really paid."""
    pays_minor = sum(part.amount_minor for part in parts)
    if expected_minor not in {pays_minor, -session.priced.remaining_minor, -session.priced.due_minor}:
        raise Refusal("refund_changed", was=expected_minor, due=pays_minor)


async def _check_allowed(desk: Desk, session: Session, command: Refund, parts: Sequence[Part]) -> None:
    setup = lookup.setup(desk.reader())
    cap_minor = 0 if setup is None else setup.refund_cash_max_minor
    cash_minor = sum(part.amount_minor for part in parts if part.kind == CASH)
    if command.method or (cap_minor and cash_minor > cap_minor):
        await allowed_by(desk, session, rights.REVERSE, command.approval)
