"""Rows of shifts in the store database. Runs inside the caller's transaction."""

from __future__ import annotations

import msgspec

from edge.checkout.session import Shift
from edge.checkout.store import queries
from edge.store_db import journal
from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from protocols.contract.facts import decode_body, decode_envelope
from protocols.shifts import SHIFT_FACTS, ShiftFact, ShiftReport, add_up

Source = Connection | Tx

_reports = msgspec.json.Decoder(ShiftReport)


def read_shift(source: Source, shift_id: str) -> Shift | None:
    """A shift by id."""
    row = source.execute(queries["shift"], (shift_id,)).fetchone()
    return None if row is None else Shift(*row)


def open_shift(tx: Tx, till_id: str, shift: Shift) -> None:
    """Begin a shift."""
    values = (shift.shift_id, till_id, shift.cashier_id, shift.opened_at_ms, shift.float_minor, shift.opened_position)
    tx.execute(queries["open_shift"], values)
    tx.execute(queries["set_shift"], (shift.shift_id, till_id))


def move_cash(tx: Tx, shift_id: str, amount_minor: int) -> None:
    """Count cash put in or taken out."""
    tx.execute(queries["move_cash"], (amount_minor, shift_id))


def next_z_number(tx: Tx, till_id: str, incarnation: int) -> int:
    """Take the next number; a rolled back transaction gives it back, so there is no gap."""
    row = tx.execute(queries["next_z_number"], (till_id, incarnation)).fetchone()
    assert row is not None
    return int(row[0])


def close_shift(tx: Tx, report: ShiftReport) -> None:
    """End a shift and keep its report."""
    values = (report.closed_at_ms, report.counted_minor, report.z_number, msgspec.json.encode(report), report.shift_id)
    tx.execute(queries["close_shift"], values)
    tx.execute(queries["set_shift"], (None, report.till_id))


def kept_report(source: Source, till_id: str, shift_id: str) -> ShiftReport | None:
    """The report a closed shift ended with; an empty `shift_id` asks for the till's last one."""
    if shift_id:
        row = source.execute(queries["report"], (shift_id, till_id)).fetchone()
    else:
        row = source.execute(queries["last_report"], (till_id,)).fetchone()
    return None if row is None or row[0] is None else _reports.decode(row[0])


def rebuilt_report(source: Source, till_id: str, shift: Shift) -> ShiftReport | None:
    """The report of a shift added up from the journal; None when the journal no longer reaches back to its opening."""
    return add_up(shift.shift_id, shift_facts(source, till_id, shift))


def shift_facts(source: Source, till_id: str, shift: Shift) -> list[tuple[int, ShiftFact]]:
    """(instant, fact) of the till from the opening of a shift on."""
    found: list[tuple[int, ShiftFact]] = []
    for at_ms, fact in journal.of_till(source, shift.opened_position - 1, SHIFT_FACTS, till_id):
        body = decode_body(decode_envelope(fact))
        assert isinstance(body, SHIFT_FACTS)
        found.append((at_ms, body))  # type: ignore[arg-type]  # `SHIFT_FACTS` and `ShiftFact` are the same kinds
    return found
