"""A part of the sum in cash, and cash given back before the sale is closed: the outcome is known at once.

It is written down like any other attempt, so that the drawer and the books agree whatever happens to the box.
"""

from __future__ import annotations

from dataclasses import replace

from edge.checkout import attempt_store
from edge.checkout.attempt_facts import asked, ended_fact
from edge.checkout.attempts import CASH, Attempt, End
from edge.checkout.desk import Desk
from edge.checkout.printing import put_job
from edge.checkout.reasons import Refusal
from edge.checkout.rounding import cash_due_minor
from edge.checkout.session import Session, Step
from edge.checkout.settling import with_attempts
from edge.store_db.database import Tx


async def pay_cash_part(desk: Desk, session: Session, command_id: str, amount_minor: int) -> Step:
    """Less than what is due, in cash: the rest is paid another way. Only what coins can pay."""
    zone = desk.zone()
    if cash_due_minor(amount_minor, zone) != amount_minor:
        raise Refusal("cash_not_payable", amount=zone.cash_rounding_minor)
    return await _at_once(desk, session, command_id, amount_minor, reverses=None)


async def give_cash_back(desk: Desk, session: Session, command_id: str, tender: Attempt) -> Step:
    """The cash of a tender goes back out of the drawer."""
    return await _at_once(desk, session, command_id, -tender.approved_minor, reverses=tender)


async def _at_once(desk: Desk, session: Session, command_id: str, amount_minor: int, *, reverses: Attempt | None) -> Step:
    basket = session.basket
    assert basket is not None
    at_ms, job_id = desk.clock.now_ms(), desk.ids.new()
    ended = End("approved", amount_minor)
    attempt = Attempt(
        attempt_id=desk.ids.new(),
        sale_id=basket.sale_id,
        till_id=session.till_id,
        method=CASH,
        amount_minor=amount_minor,
        reverses_id="" if reverses is None else reverses.attempt_id,
        asked_at_ms=at_ms,
    )

    def change(tx: Tx) -> None:
        attempt_store.put(tx, attempt)
        attempt_store.put_basket(tx, session.till_id, basket)
        attempt_store.end(tx, attempt, ended, at_ms)
        if reverses is not None:
            attempt_store.reverse(tx, reverses.attempt_id)
        desk.journal.append_many(tx, [asked(attempt), ended_fact(attempt, ended)])
        if session.setup.printer_id is not None:
            put_job(
                tx,
                job_id=job_id,
                till_id=session.till_id,
                sale_id=None,
                made_at_ms=at_ms,
                kick_drawer=True,
                document=None,
            )
            tx.after_commit(lambda: desk.prints.changed(session.till_id))

    done = replace(attempt, state="approved", approved_minor=amount_minor)
    before = tuple(
        replace(each, state="reversed") if reverses is not None and each.attempt_id == reverses.attempt_id else each
        for each in session.attempts
    )
    after = with_attempts(desk, session, (*before, done))
    step = await desk.finish(after, command_id, change)
    await desk.second_copy.secure()
    return step
