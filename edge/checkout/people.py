"""Who is at the till and for how long: login by PIN, shift with a counted float and a count at its end."""

from __future__ import annotations

from dataclasses import replace

from edge.checkout import store
from edge.checkout.basket import TOTAL_MINOR_MAX
from edge.checkout.desk import Desk, seat_of
from edge.checkout.reasons import Refusal
from edge.checkout.session import Session, Shift, Step
from edge.staff import service as staff
from edge.store_db.database import Tx
from protocols.contract.till_control import CloseShift, Login, Logout, OpenShift
from protocols.contract.till_facts import ShiftClosed, ShiftOpened

COUNT_MINOR_MAX = 100 * TOTAL_MINOR_MAX


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
    after = replace(session, cashier=person)
    # A login lost in a power cut is asked for again; it need not wait for the disk.
    return await desk.finish(
        after, command_id, lambda tx: store.set_cashier(tx, session.till_id, person.staff_id), durable=False
    )


async def logout(desk: Desk, session: Session, command_id: str, _command: Logout) -> Step:
    """The cashier leaves the till. The shift may stay open; an open sale may not."""
    if session.cashier is None:
        raise Refusal("login_first")
    if session.basket is not None:
        raise Refusal("sale_open")
    after = replace(session, cashier=None)
    return await desk.finish(after, command_id, lambda tx: store.set_cashier(tx, session.till_id, None), durable=False)


async def open_shift(desk: Desk, session: Session, command_id: str, command: OpenShift) -> Step:
    """A cashier counts the float into the drawer."""
    cashier = session.need_cashier()
    if session.shift is not None:
        raise Refusal("shift_already_open")
    _check_count(command.float_minor)
    shift = Shift(shift_id=desk.ids.new(), cashier_id=cashier.staff_id, float_minor=command.float_minor)
    fact = ShiftOpened(
        shift_id=shift.shift_id, till_id=session.till_id, cashier_id=cashier.staff_id, float_minor=command.float_minor
    )

    def change(tx: Tx) -> None:
        store.open_shift(tx, session.till_id, shift, desk.clock.now_ms())
        desk.journal.append(tx, fact)

    return await desk.finish(replace(session, shift=shift), command_id, change)


async def close_shift(desk: Desk, session: Session, command_id: str, command: CloseShift) -> Step:
    """The drawer is counted; the difference to what should be in it goes on record."""
    seat, shift = seat_of(session), session.need_shift()
    if session.basket is not None:
        raise Refusal("sale_open")
    _check_count(command.counted_minor)
    fact = ShiftClosed(
        shift_id=shift.shift_id,
        till_id=session.till_id,
        cashier_id=seat.cashier_id,
        sale_count=shift.sale_count,
        expected_minor=shift.expected_minor,
        counted_minor=command.counted_minor,
        difference_minor=command.counted_minor - shift.expected_minor,
    )

    def change(tx: Tx) -> None:
        at_ms = desk.clock.now_ms()
        store.close_shift(tx, session.till_id, shift.shift_id, counted_minor=command.counted_minor, at_ms=at_ms)
        desk.journal.append(tx, fact)

    return await desk.finish(replace(session, shift=None), command_id, change)


def _check_count(amount_minor: int) -> None:
    if not 0 <= amount_minor <= COUNT_MINOR_MAX:
        raise Refusal("amount_invalid", amount=amount_minor)
