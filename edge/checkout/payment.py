"""Commands that take money: cash closes the sale at once; everything else is asked of whoever takes it, beside the till.

Before the first byte of a question leaves, the attempt is on the disk, with the basket it is about and the fact
`PaymentAsked`. What comes back is news (`payment_news`).
"""

from __future__ import annotations

from dataclasses import replace

from edge.checkout import attempt_store, sale
from edge.checkout.asking import Way
from edge.checkout.attempt_facts import asked
from edge.checkout.attempts import CASH, Attempt
from edge.checkout.cash_part import pay_cash_part
from edge.checkout.desk import Desk, seat_of
from edge.checkout.reasons import Refusal, refusal_of
from edge.checkout.session import Session, Step, StoredAnswer
from edge.checkout.settling import after_closing, close_paid, closing_of
from edge.store_db.database import Tx
from protocols.contract.questions import ValueKind, value_key, value_tail
from protocols.contract.sale_parts import Tender
from protocols.contract.till_payment import Pay, PayCash

CODE_CHARACTERS_MAX = 64


async def pay_cash(desk: Desk, session: Session, command_id: str, command: PayCash) -> Step:
    """Close the sale with cash. When this returns, the sale is on the disk (and on the second medium, if that works)."""
    seat_of(session)
    session.need_basket()
    priced = session.priced
    sale.check_expected(command.expected_due_minor, priced.due_minor)
    _check_not_owed(session)
    change_minor = sale.check_tendered(command.tendered_minor, priced.due_minor)
    cash = None
    if command.tendered_minor or not session.attempts:
        cash = Tender(kind=CASH, amount_minor=command.tendered_minor, change_minor=change_minor)
    return await _close(desk, session, command_id, cash)


async def pay(desk: Desk, session: Session, command_id: str, command: Pay) -> Step:
    """Take (a part of) what is due by another way than cash, or a part of it in cash."""
    seat_of(session)
    session.need_basket()
    priced = session.priced
    if command.expected_due_minor not in {priced.remaining_minor, priced.due_minor}:
        raise Refusal("total_changed", was=command.expected_due_minor, due=priced.remaining_minor)
    _check_not_owed(session)
    if command.amount_minor < 1:
        raise Refusal("amount_invalid", amount=command.amount_minor)
    if command.method == CASH:
        if command.amount_minor < priced.due_minor:
            return await pay_cash_part(desk, session, command_id, command.amount_minor)
        change_minor = sale.check_tendered(command.amount_minor, priced.due_minor)
        cash = Tender(kind=CASH, amount_minor=command.amount_minor, change_minor=change_minor)
        return await _close(desk, session, command_id, cash)
    if command.amount_minor > priced.remaining_minor:
        raise Refusal("amount_over_due", due=priced.remaining_minor)
    way = usable_way(desk, session, command.method, command.amount_minor)
    attempt = _attempt(desk, session, way, command)
    return await begin(desk, session, command_id, way, attempt, code=command.code[:CODE_CHARACTERS_MAX])


def _check_not_owed(session: Session) -> None:
    if session.priced.remaining_minor < 0:
        returning = session.basket is not None and session.basket.returns
        owed_minor = -session.priced.remaining_minor
        raise Refusal("refund_instead", due=owed_minor) if returning else Refusal("overpaid", amount=owed_minor)


def usable_way(desk: Desk, session: Session, method: str, amount_minor: int) -> Way:
    """The way of this till, if it can be used now. Raises `Refusal` with the reason why not."""
    way = desk.payments.way(session.till_id, method)
    if way is None:
        raise Refusal("no_such_method", method=method[:20])
    view = way.view()
    if not view.usable:
        raise refusal_of(view.reason, "no_such_method", method=method)
    if view.limit_minor is not None and amount_minor > view.limit_minor:
        raise Refusal("method_limit", amount=view.limit_minor)
    return way


async def begin(
    desk: Desk, session: Session, command_id: str, way: Way, attempt: Attempt, *, code: str = "", reference: str = ""
) -> Step:
    """Write the attempt down, durably, and have it asked. The answer says only that it is under way."""
    basket = session.basket
    assert basket is not None
    reversed_one = next((each for each in session.attempts if each.attempt_id == attempt.reverses_id), None)
    if reversed_one is not None:
        reference = reversed_one.reference
    order = attempt.order(desk.zone().currency, code=code, reference=reference)

    def change(tx: Tx) -> None:
        attempt_store.put(tx, attempt)
        attempt_store.put_basket(tx, session.till_id, basket)
        desk.journal.append(tx, asked(attempt))

    after = replace(session, attempts=(*session.attempts, attempt))
    step = await desk.finish(after, command_id, change, answer=StoredAnswer(ok=True))
    await desk.second_copy.secure()
    desk.payments.begin(way.taker, order)
    return step


def _attempt(desk: Desk, session: Session, way: Way, command: Pay) -> Attempt:
    basket = session.need_basket()
    stored_value = command.method == ValueKind.GIFT_CARD
    if stored_value and not command.code.strip():
        raise Refusal("code_empty")
    return Attempt(
        attempt_id=desk.ids.new(),
        sale_id=basket.sale_id,
        till_id=session.till_id,
        method=command.method,
        amount_minor=command.amount_minor,
        terminal_id=way.terminal_id,
        code_key=value_key(ValueKind.GIFT_CARD, command.code) if stored_value else "",
        code_tail=value_tail(command.code),
        member_id="" if basket.member is None else basket.member.member_id,
        asked_at_ms=desk.clock.now_ms(),
    )


async def _close(desk: Desk, session: Session, command_id: str, cash: Tender | None) -> Step:
    closing = closing_of(desk, session, command_id, cash)
    last_sale = await desk.commit(lambda tx: close_paid(tx, desk, closing))
    await desk.second_copy.secure()
    await desk.drop_basket(session.till_id)
    return Step(after_closing(closing, last_sale), StoredAnswer(ok=True, sale=last_sale))
