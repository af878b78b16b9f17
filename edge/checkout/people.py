"""Who is at the till: login by PIN, logout. Both are on record."""

from __future__ import annotations

from dataclasses import replace

from edge.checkout import store
from edge.checkout.desk import Desk
from edge.checkout.reasons import Refusal
from edge.checkout.session import Session, Step
from edge.staff import service as staff
from edge.store_db.database import Tx
from protocols.contract.event_codes import EventCode
from protocols.contract.till_control import Login, Logout
from protocols.contract.till_facts import TillEvent


async def login(desk: Desk, session: Session, command_id: str, command: Login) -> Step:
    """A cashier takes the till. Refused for an unknown person, a wrong PIN, a missing right, or a till in use."""
    if session.cashier is not None:
        raise Refusal("already_logged_in")
    person = staff.find(desk.reader(), command.staff_id)
    if person is None or not person.active:
        raise Refusal("unknown_staff", staff_id=command.staff_id[:40])
    try:
        matches = await desk.pins.matches(person, command.pin)
    except staff.LockedOut as locked:
        raise Refusal("locked_out", seconds=locked.seconds_left) from locked
    if not matches:
        raise Refusal("wrong_pin")
    if "till" not in person.rights:
        raise Refusal("not_allowed", right="till")
    event = TillEvent(code=EventCode.LOGIN, till_id=session.till_id, cashier_id=person.staff_id)

    def change(tx: Tx) -> None:
        store.set_cashier(tx, session.till_id, person.staff_id)
        desk.journal.append(tx, event)

    return await desk.finish(replace(session, cashier=person), command_id, change)


async def logout(desk: Desk, session: Session, command_id: str, _command: Logout) -> Step:
    """The cashier leaves the till. The shift may stay open; an open sale may not."""
    if session.cashier is None:
        raise Refusal("login_first")
    if session.basket is not None:
        raise Refusal("sale_open")
    event = TillEvent(code=EventCode.LOGOUT, till_id=session.till_id, cashier_id=session.cashier.staff_id)

    def change(tx: Tx) -> None:
        store.set_cashier(tx, session.till_id, None)
        desk.journal.append(tx, event)

    return await desk.finish(replace(session, cashier=None), command_id, change)
