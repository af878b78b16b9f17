"""The shift of a till: a float counted in, cash moved, X and Z reports, and a blind count at the end.

The reports are added up from the journal (`protocols.shifts`), so they are what the facts say and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from edge.catalogue import lookup
from edge.checkout import shift_store
from edge.checkout.approval import allowed_by, lent_by
from edge.checkout.basket import TOTAL_MINOR_MAX
from edge.checkout.desk import Desk, seat_of
from edge.checkout.printing import as_copy, put_job
from edge.checkout.reasons import Refusal
from edge.checkout.receipts import ReceiptDocument
from edge.checkout.session import Session, Shift, Step
from edge.checkout.shift_document import ReportHead, report_document
from edge.staff import service as staff
from edge.store_db import journal
from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from protocols.contract import rights
from protocols.contract.event_codes import EventCode
from protocols.contract.till_control import CloseShift, MoveCash, OpenShift, PrintXReport, PrintZReport
from protocols.contract.till_facts import CashMoved, ShiftClosed, ShiftOpened, TillEvent
from protocols.contract.till_rules import TillRules
from protocols.shifts import ShiftReport, TenderRow

COUNT_MINOR_MAX = 100 * TOTAL_MINOR_MAX
WHY_CHARACTERS_MAX = 200


async def open_shift(desk: Desk, session: Session, command_id: str, command: OpenShift) -> Step:
    """A cashier counts the float into the drawer."""
    cashier = session.need_cashier()
    if session.shift is not None:
        raise Refusal("shift_already_open")
    _check_count(command.float_minor)
    shift_id, at_ms = desk.ids.new(), desk.clock.now_ms()
    fact = ShiftOpened(
        shift_id=shift_id, till_id=session.till_id, cashier_id=cashier.staff_id, float_minor=command.float_minor
    )
    opened: list[Shift] = []

    def change(tx: Tx) -> None:
        row = desk.journal.append(tx, fact).row
        shift = Shift(
            shift_id=shift_id,
            cashier_id=cashier.staff_id,
            float_minor=command.float_minor,
            opened_at_ms=at_ms,
            opened_position=journal.position(row.incarnation, row.stream, row.seq),
        )
        shift_store.open_shift(tx, session.till_id, shift)
        opened.append(shift)

    step = await desk.finish(session, command_id, change)
    return replace(step, session=replace(session, shift=opened[-1]))


async def move_cash(desk: Desk, session: Session, command_id: str, command: MoveCash) -> Step:
    """Cash into the drawer, or out of it, with a reason. The drawer opens."""
    seat, shift = seat_of(session), session.need_shift()
    why = command.why.strip()[:WHY_CHARACTERS_MAX]
    if not why:
        raise Refusal("why_missing")
    if command.amount_minor == 0 or abs(command.amount_minor) > COUNT_MINOR_MAX:
        raise Refusal("amount_invalid", amount=command.amount_minor)
    approver = await allowed_by(desk, session, rights.CASH, command.approval, abs(command.amount_minor))
    if command.amount_minor < 0 and -command.amount_minor > shift.expected_minor:
        raise Refusal("cash_not_there", amount=-command.amount_minor)
    fact = CashMoved(
        move_id=desk.ids.new(),
        shift_id=shift.shift_id,
        till_id=session.till_id,
        cashier_id=seat.cashier_id,
        amount_minor=command.amount_minor,
        why=why,
        approver_id=lent_by(approver, session.need_cashier()),
    )
    job_id = desk.ids.new()

    def change(tx: Tx) -> None:
        shift_store.move_cash(tx, shift.shift_id, command.amount_minor)
        desk.journal.append(tx, fact)
        _print(tx, desk, session, None, job_id)

    after = replace(shift, cash_moved_minor=shift.cash_moved_minor + command.amount_minor)
    return await desk.finish(replace(session, shift=after), command_id, change)


async def close_shift(desk: Desk, session: Session, command_id: str, command: CloseShift) -> Step:
    """The drawer is counted before the till says what it expects; the difference goes on record, and a Z report is printed.

    A difference above the store's limit needs the right `variance`, the cashier's or a second person's, and a reason; each
    count that was refused for it is on record too, so that nobody counts until it fits.
    """
    seat, shift = seat_of(session), session.need_shift()
    if session.basket is not None:
        raise Refusal("sale_open")
    _check_count(command.counted_minor)
    report = standing_report(desk.reader(), session.till_id, shift)
    approver_id = await _approve_difference(desk, session, command, command.counted_minor - report.cash_expected_minor)
    counted = {each.method: each.counted_minor for each in command.counted} | {"cash": command.counted_minor}
    closing = _Closing(command.counted_minor, command.why.strip()[:WHY_CHARACTERS_MAX], approver_id, counted, desk.ids.new())

    def change(tx: Tx) -> None:
        _close(tx, desk, session, report, closing)

    assert seat.shift_id == shift.shift_id
    return await desk.finish(replace(session, shift=None), command_id, change)


@dataclass(frozen=True, slots=True)
class _Closing:
    counted_minor: int
    why: str
    approver_id: str
    counted: dict[str, int]
    job_id: str


def _close(tx: Tx, desk: Desk, session: Session, report: ShiftReport, closing: _Closing) -> None:
    seat = seat_of(session)
    number = shift_store.next_z_number(tx, session.till_id, journal.identity(tx).incarnation)
    difference_minor = closing.counted_minor - report.cash_expected_minor
    fact = ShiftClosed(
        shift_id=report.shift_id,
        till_id=session.till_id,
        cashier_id=seat.cashier_id,
        sale_count=report.sale_count,
        expected_minor=report.cash_expected_minor,
        counted_minor=closing.counted_minor,
        difference_minor=difference_minor,
        tenders=report.shift_tenders(closing.counted),
        cash_in_minor=report.cash_in_minor,
        cash_out_minor=report.cash_out_minor,
        why=closing.why,
        approver_id=closing.approver_id,
        z_number=number,
    )
    appended = desk.journal.append(tx, fact)
    ended = msgspec.structs.replace(
        report,
        closed_at_ms=appended.row.at_ms,
        z_number=number,
        counted_minor=closing.counted_minor,
        difference_minor=difference_minor,
        approver_id=closing.approver_id,
        why=closing.why,
    )
    shift_store.close_shift(tx, ended)
    _print(tx, desk, session, _document(desk, tx, ended), closing.job_id)


async def print_x_report(desk: Desk, session: Session, command_id: str, command: PrintXReport) -> Step:
    """Where the shift stands, on paper. It tells what the till expects, so it needs the right `report`."""
    shift = session.need_shift()
    approver = await allowed_by(desk, session, rights.REPORT, command.approval)
    report = standing_report(desk.reader(), session.till_id, shift)
    event = _event(session, EventCode.X_REPORT, approver.staff_id, detail=shift.shift_id)
    document, job_id = _document(desk, desk.reader(), report), desk.ids.new()

    def change(tx: Tx) -> None:
        desk.journal.append(tx, event)
        _print(tx, desk, session, document, job_id)

    return await desk.finish(session, command_id, change)


async def print_z_report(desk: Desk, session: Session, command_id: str, command: PrintZReport) -> Step:
    """The report of a closed shift again, marked as a copy."""
    cashier = session.need_cashier()
    report = shift_store.kept_report(desk.reader(), session.till_id, command.shift_id)
    if report is None:
        raise Refusal("no_such_report")
    event = _event(session, EventCode.COPY, cashier.staff_id, detail=f"Z {report.z_number}")
    document, job_id = as_copy(_document(desk, desk.reader(), report)), desk.ids.new()

    def change(tx: Tx) -> None:
        desk.journal.append(tx, event)
        _print(tx, desk, session, document, job_id)

    return await desk.finish(session, command_id, change)


def standing_report(source: Connection | Tx, till_id: str, shift: Shift) -> ShiftReport:
    """The shift as its facts say. When the journal no longer reaches back (a shift longer than it
    is kept), as it was counted."""
    rebuilt = shift_store.rebuilt_report(source, till_id, shift)
    if rebuilt is not None:
        return rebuilt
    cash = TenderRow(kind="cash", sales=shift.sale_count, received_minor=shift.cash_minor, refunded_minor=0)
    return ShiftReport(
        shift_id=shift.shift_id,
        till_id=till_id,
        cashier_id=shift.cashier_id,
        opened_at_ms=shift.opened_at_ms,
        float_minor=shift.float_minor,
        sale_count=shift.sale_count,
        tenders=(cash,),
        cash_in_minor=max(0, shift.cash_moved_minor),
        cash_out_minor=max(0, -shift.cash_moved_minor),
    )


def rules(source: Connection | Tx) -> TillRules:
    """The store's rules; the usual ones until HQ has sent its own."""
    setup = lookup.setup(source)
    return TillRules() if setup is None else setup.till_rules


async def _approve_difference(desk: Desk, session: Session, command: CloseShift, difference_minor: int) -> str:
    """Who allowed the difference, empty when it needs nobody. Raises `Refusal`; the refused count is on record by then."""
    if abs(difference_minor) <= rules(desk.reader()).variance_limit_minor:
        return ""
    try:
        approver = await allowed_by(desk, session, rights.VARIANCE, command.approval)
        if not command.why.strip():
            raise Refusal("why_missing")
    except Refusal:
        event = TillEvent(
            code=EventCode.CASH_DIFFERENCE,
            till_id=session.till_id,
            cashier_id=session.need_cashier().staff_id,
            shift_id=session.need_shift().shift_id,
            amount_minor=difference_minor,
            detail="count refused",
        )
        await desk.store.write(lambda tx: desk.journal.append(tx, event))
        raise
    return approver.staff_id


def _event(session: Session, code: EventCode, approver_id: str, *, detail: str) -> TillEvent:
    cashier_id = session.need_cashier().staff_id
    return TillEvent(
        code=code,
        till_id=session.till_id,
        cashier_id=cashier_id,
        approver_id="" if approver_id == cashier_id else approver_id,
        shift_id="" if session.shift is None else session.shift.shift_id,
        detail=detail,
    )


def _document(desk: Desk, source: Connection | Tx, report: ShiftReport) -> ReceiptDocument:
    zone, setup = lookup.zone(source), lookup.setup(source)
    cashier = staff.find(source, report.cashier_id)
    head = ReportHead(
        store_name=desk.store_id if setup is None else setup.name,
        time_zone="UTC" if setup is None else setup.time_zone,
        cashier_name=report.cashier_id if cashier is None else cashier.name,
        printed_at_ms=desk.clock.now_ms(),
        currency="" if zone is None else zone.currency,
        minor_digits=2 if zone is None else zone.minor_digits,
        language=desk.language,
    )
    return report_document(report, head)


def _print(tx: Tx, desk: Desk, session: Session, document: ReceiptDocument | None, job_id: str) -> None:
    """Queue a document (None: the drawer alone) at the till's printer, if it has one."""
    if session.setup.printer_id is None:
        return
    put_job(
        tx,
        job_id=job_id,
        till_id=session.till_id,
        sale_id=None,
        made_at_ms=desk.clock.now_ms(),
        kick_drawer=document is None,
        document=document,
    )
    tx.after_commit(lambda: desk.prints.changed(session.till_id))


def _check_count(amount_minor: int) -> None:
    if not 0 <= amount_minor <= COUNT_MINOR_MAX:
        raise Refusal("amount_invalid", amount=amount_minor)
