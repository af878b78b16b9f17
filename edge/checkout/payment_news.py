"""What became of a payment, as the till stores it: the attempt's end, and the closed sale when nothing is left to pay.

News comes from the terminal's answer, from an enquiry, or from a person with the slip. It may come twice, late, or for an
attempt that has ended: an attempt has one end, and everything after it changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.checkout import attempt_store, store
from edge.checkout.asking import PaymentNews, Told
from edge.checkout.attempt_facts import asked, ended_fact
from edge.checkout.attempts import Attempt, End, How, end_of, held
from edge.checkout.closing import Closing
from edge.checkout.desk import Desk
from edge.checkout.reasons import reason
from edge.checkout.refunding import closing_when_paid_back
from edge.checkout.session import Session, Step, StoredAnswer
from edge.checkout.settling import after_closing, close_paid, closing_of, with_attempts
from edge.store_db.database import Tx
from protocols.contract.facts import StoreAlarm
from protocols.contract.till_payment import PaymentView
from protocols.payment.port import Approved, Outcome, Pending, Unknown


@dataclass(frozen=True, slots=True)
class Word:
    """Who says how it ended. `why` and `approver_id`: of a person."""

    how: How
    command_id: str = ""
    """Of a person's command, which is answered with it."""
    why: str = ""
    approver_id: str = ""


async def take_news(desk: Desk, session: Session, news: PaymentNews) -> tuple[Session, Told]:
    """Store what became of an order. Raises `StoreDbError`: nothing changed, tell it again."""
    attempt = attempt_store.find(desk.reader(), news.order.attempt_id)
    if attempt is None:
        return session, "over"
    if not attempt.open and isinstance(news.outcome, Unknown | Pending):
        return session, "stored"  # a person has settled it; what the other side says of it is still wanted
    if not attempt.open:
        return await _too_late(desk, session, attempt, news.outcome), "over"
    match news.outcome:
        case Pending():
            return session, "stored"
        case Unknown(why):
            return await _doubt(desk, session, attempt, why), "stored"
        case outcome:
            step = await end_attempt(desk, session, attempt, end_of(outcome), Word(news.how))
            return step.session, "stored"


async def _too_late(desk: Desk, session: Session, attempt: Attempt, outcome: Outcome) -> Session:
    """News of an attempt that has ended changes nothing. Should it say that money moved after all, which a person denied,
    the cashier sees it and headquarters hears of it."""
    if not isinstance(outcome, Approved) or attempt.state in {"approved", "reversed"}:
        return session
    words = reason("payment_disagrees", amount=outcome.amount_minor)
    await desk.commit(
        lambda tx: desk.journal.append(tx, StoreAlarm(alarm=words.code, detail=f"{attempt.attempt_id}: {words.text}"))
    )
    told = PaymentView(
        attempt_id=attempt.attempt_id,
        method=attempt.method,
        amount_minor=outcome.amount_minor,
        state=attempt.state,
        since_ms=attempt.asked_at_ms,
        reason=words,
    )
    return replace(session, told=told)


async def _doubt(desk: Desk, session: Session, attempt: Attempt, why: str) -> Session:
    if attempt.state == "unknown" and attempt.why == why:
        return session
    await desk.commit(lambda tx: attempt_store.doubt(tx, attempt.attempt_id, why))
    doubtful = replace(attempt, state="unknown", why=why)
    return replace(session, attempts=_put_in(session.attempts, doubtful))


async def end_attempt(desk: Desk, session: Session, attempt: Attempt, end: End, word: Word) -> Step:
    """The attempt's end, in one transaction with what follows from it: a tender given back, the sale closed, or, when a
    terminal took another amount than it was asked for, the next attempt, which gives all of it back."""
    ended = replace(
        attempt,
        state=end.state,
        approved_minor=end.approved_minor,
        units=end.units,
        reference=end.reference,
        card_tail=end.card_tail,
        why=end.why,
    )
    attempts = _put_in(session.attempts, ended)
    gave_back = _wholly_given_back(attempts, ended)
    if gave_back:
        attempts = tuple(replace(x, state="reversed") if x.attempt_id == gave_back else x for x in attempts)
    after = replace(with_attempts(desk, session, attempts), told=told_view(ended))
    correction = _correction(desk, ended)
    closing = None if correction is not None else _closing(desk, after, ended)
    at_ms = desk.clock.now_ms()

    def run(tx: Tx) -> StoredAnswer:
        attempt_store.end(tx, attempt, end, at_ms)
        if gave_back:
            attempt_store.reverse(tx, gave_back)
        desk.journal.append(tx, ended_fact(attempt, end, word.how, why=word.why, approver_id=word.approver_id))
        if correction is not None:
            attempt_store.put(tx, correction)
            desk.journal.append(tx, asked(correction))
        answer = StoredAnswer(ok=True, sale=None if closing is None else close_paid(tx, desk, closing))
        if word.command_id:
            store.keep_answer(tx, word.command_id, session.till_id, at_ms, answer)
        return answer

    answer = await desk.commit(run)
    await desk.second_copy.secure()
    if closing is not None and answer.sale is not None:
        await desk.drop_basket(session.till_id)
        return Step(after_closing(closing, answer.sale), answer)
    if correction is not None:
        return Step(_give_all_back(desk, after, correction, ended), answer)
    return Step(after, answer)


def _wholly_given_back(attempts: tuple[Attempt, ...], ended: Attempt) -> str:
    """The tender of which nothing is left now; empty: none. (A return gives back of what another sale was paid with: that
    payment stays what it was.)"""
    if ended.state != "approved" or not any(each.attempt_id == ended.reverses_id for each in attempts):
        return ""
    return "" if any(each.attempt_id == ended.reverses_id for each in held(attempts)) else ended.reverses_id


def _closing(desk: Desk, session: Session, ended: Attempt) -> Closing | None:
    """The sale closes by itself when its last payment was approved, nothing is left to pay and somebody is at the till."""
    basket = session.basket
    if ended.state == "approved" and ended.gives_back and basket is not None and basket.sale_id == ended.sale_id:
        return closing_when_paid_back(desk, session, ended.attempt_id)
    if ended.state != "approved" or ended.gives_back or basket is None or basket.sale_id != ended.sale_id:
        return None
    if not basket.live_lines or basket.recovered:
        return None
    if session.priced.remaining_minor != 0 or session.cashier is None or session.shift is None:
        return None
    return closing_of(desk, session, ended.attempt_id)


def _correction(desk: Desk, ended: Attempt) -> Attempt | None:
    """A terminal that took more than it was asked for gives it back at once."""
    if ended.state != "approved" or ended.gives_back or ended.approved_minor <= ended.amount_minor:
        return None
    return Attempt(
        attempt_id=desk.ids.new(),
        sale_id=ended.sale_id,
        till_id=ended.till_id,
        method=ended.method,
        amount_minor=-ended.approved_minor,
        terminal_id=ended.terminal_id,
        reverses_id=ended.attempt_id,
        member_id=ended.member_id,
        asked_at_ms=desk.clock.now_ms(),
    )


def _give_all_back(desk: Desk, session: Session, correction: Attempt, wrong: Attempt) -> Session:
    order = correction.order(desk.zone().currency, reference=wrong.reference)
    desk.payments.give_back(correction.terminal_id, order)
    told = PaymentView(
        attempt_id=correction.attempt_id,
        method=correction.method,
        amount_minor=correction.amount_minor,
        state="reversing",
        since_ms=correction.asked_at_ms,
        reason=reason("terminal_wrong_amount", was=wrong.amount_minor, amount=wrong.approved_minor),
    )
    return replace(session, attempts=(*session.attempts, correction), told=told)


def told_view(ended: Attempt) -> PaymentView | None:
    """How a payment that moved no money, or less than was asked, ended: shown until the next command."""
    if ended.state == "approved" and ended.approved_minor == ended.amount_minor:
        return None
    code, params = {
        "declined": ("payment_declined", {"detail": ended.why}),
        "cancelled": ("payment_cancelled", {}),
        "not_found": ("payment_not_made", {"detail": ended.why}),
    }.get(ended.state, ("payment_partial", {"amount": ended.approved_minor}))
    return PaymentView(
        attempt_id=ended.attempt_id,
        method=ended.method,
        amount_minor=ended.amount_minor,
        state="partial" if ended.state == "approved" else ended.state,
        since_ms=ended.asked_at_ms,
        reason=reason(code, **params),
    )


def _put_in(attempts: tuple[Attempt, ...], changed: Attempt) -> tuple[Attempt, ...]:
    return tuple(changed if each.attempt_id == changed.attempt_id else each for each in attempts)


def last_held(session: Session) -> Attempt | None:
    """The tender that would be given back first."""
    paid = held(session.attempts)
    return paid[-1] if paid else None
