"""Commands about payments that were begun: ask again, stop, settle by hand, give a tender back."""

from __future__ import annotations

from edge.checkout.approval import allowed_by
from edge.checkout.attempts import CASH, Attempt, End, under_way
from edge.checkout.cash_part import give_cash_back
from edge.checkout.desk import Desk, seat_of
from edge.checkout.payment import begin, usable_way
from edge.checkout.payment_news import Word, end_attempt, last_held
from edge.checkout.reasons import Refusal
from edge.checkout.session import Session, Step
from protocols.contract import rights
from protocols.contract.till_payment import CancelPayment, ResolvePayment, ReverseTender, SettlePayment

WHY_CHARACTERS_MAX = 200


async def resolve_payment(desk: Desk, session: Session, _command_id: str, command: ResolvePayment) -> Step:
    """Ask now what became of a payment. Its outcome comes as news."""
    seat_of(session)
    attempt = _under_way(session, command.attempt_id)
    if attempt.state == "asking":
        raise Refusal("payment_under_way", amount=attempt.amount_minor)
    desk.payments.look_into(attempt.terminal_id, attempt.order(desk.zone().currency))
    return Step(session)


async def cancel_payment(desk: Desk, session: Session, _command_id: str, command: CancelPayment) -> Step:
    """Wish that a payment stops. Its outcome decides: it may have been approved meanwhile."""
    seat_of(session)
    attempt = _under_way(session, command.attempt_id)
    if attempt.state != "asking":
        raise Refusal("payment_unknown", amount=attempt.amount_minor)
    desk.payments.cancel(attempt.terminal_id, attempt.attempt_id)
    return Step(session)


async def settle_payment(desk: Desk, session: Session, command_id: str, command: SettlePayment) -> Step:
    """Nobody can say by machine: a person with the terminal's slip says what happened, on record."""
    seat_of(session)
    attempt = _under_way(session, command.attempt_id)
    if attempt.state == "asking":
        raise Refusal("payment_under_way", amount=attempt.amount_minor)
    why = command.why.strip()[:WHY_CHARACTERS_MAX]
    if not why:
        raise Refusal("settle_why_missing")
    person = await allowed_by(desk, session, rights.REVERSE, command.approval)
    end = End("approved", attempt.amount_minor) if command.approved else End("declined", why=why)
    word = Word("person", command_id=command_id, why=why, approver_id=person.staff_id)
    step = await end_attempt(desk, session, attempt, end, word)
    # Whoever still enquires hears that it is over.
    desk.payments.look_into(attempt.terminal_id, attempt.order(desk.zone().currency))
    return step


async def reverse_tender(desk: Desk, session: Session, command_id: str, command: ReverseTender) -> Step:
    """Give a tender of the open sale back: the last one first."""
    seat_of(session)
    last = last_held(session)
    if session.basket is None or last is None:
        raise Refusal("no_such_tender", tender_no=command.tender_no)
    count = len(session.basket.tenders)
    if not 1 <= command.tender_no <= count:
        raise Refusal("no_such_tender", tender_no=command.tender_no)
    if command.tender_no != count:
        raise Refusal("reverse_last_first", tender_no=count)
    await allowed_by(desk, session, rights.REVERSE, command.approval)
    if last.method == CASH:
        return await give_cash_back(desk, session, command_id, last)
    way = usable_way(desk, session, last.method, 0)
    attempt = Attempt(
        attempt_id=desk.ids.new(),
        sale_id=last.sale_id,
        till_id=session.till_id,
        method=last.method,
        amount_minor=-last.approved_minor,
        terminal_id=way.terminal_id,
        reverses_id=last.attempt_id,
        code_key=last.code_key,
        code_tail=last.code_tail,
        member_id=last.member_id,
        asked_at_ms=desk.clock.now_ms(),
    )
    return await begin(desk, session, command_id, way, attempt)


def _under_way(session: Session, attempt_id: str) -> Attempt:
    attempt = under_way(session.attempts)
    if attempt is None or attempt.attempt_id != attempt_id:
        raise Refusal("no_such_payment")
    return attempt
