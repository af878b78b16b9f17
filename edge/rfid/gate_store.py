"""Rows of what went out unpaid."""

from __future__ import annotations

from dataclasses import dataclass

from edge.store_db.connection import Connection, SqlValue
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.rfid_facts import GateAlarmEnded, GateAlarmRaised, TaggedLine

queries = load("edge.rfid", "gates.sql")
Source = Connection | Tx

OPEN_MAX = 200
"""Alarms looked at together. Older ones wait until newer ones have ended."""


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """A piece of an alarm; `sale_id` empty: no sale covers it."""

    line: TaggedLine
    sale_id: str


@dataclass(frozen=True, slots=True)
class GateAlarm:
    """What went out together at one gate. `outcome` empty: it stands."""

    alarm_id: str
    gate_id: str
    at_ms: int
    siren: bool
    outcome: str
    ended_ms: int
    staff_id: str
    sale_id: str
    lines: tuple[AlarmLine, ...]


def put(tx: Tx, alarm_id: str, gate_id: str, at_ms: int, *, siren: bool) -> None:
    """A new alarm, its fact not told yet."""
    tx.execute(queries["put_alarm"], (alarm_id, gate_id, at_ms, int(siren)))


def put_line(tx: Tx, alarm_id: str, line: TaggedLine) -> None:
    """A piece of it; the same one twice is one."""
    tx.execute(queries["put_line"], (alarm_id, line.epc, line.gtin, line.item_id))


def untold(source: Source) -> list[GateAlarm]:
    """Alarms whose fact is not made."""
    return _alarms(source, "untold", ())


def told(tx: Tx, alarm: GateAlarm) -> GateAlarmRaised:
    """Its fact is made now."""
    tx.execute(queries["told"], (alarm.alarm_id,))
    lines = tuple(each.line for each in alarm.lines)
    return GateAlarmRaised(alarm_id=alarm.alarm_id, device_id=alarm.gate_id, lines=lines, siren=alarm.siren)


def standing(source: Source) -> list[GateAlarm]:
    """Alarms that stand, newest first."""
    return _alarms(source, "open", (OPEN_MAX,))


def newest(source: Source, limit: int) -> list[GateAlarm]:
    """Standing ones first, then by time."""
    return _alarms(source, "newest", (limit,))


def by_id(source: Source, alarm_id: str) -> GateAlarm | None:
    """One alarm."""
    found = _alarms(source, "by_id", (alarm_id,))
    return found[0] if found else None


def cover(tx: Tx, alarm_id: str, epc: str, sale_id: str) -> None:
    """A sale covers a piece after all."""
    tx.execute(queries["cover"], (alarm_id, epc, sale_id))


def end(tx: Tx, fact: GateAlarmEnded, at_ms: int) -> None:
    """It stands no more."""
    tx.execute(queries["end"], (fact.alarm_id, fact.outcome, at_ms, fact.staff_id, fact.sale_id))


def rang_since(source: Source, epc: str, since_ms: int) -> bool:
    """Whether this tag raised an alarm since then."""
    return source.execute(queries["rang_since"], (epc, since_ms)).fetchone() is not None


def rang_ever(source: Source, epc: str) -> bool:
    """Whether this tag ever raised an alarm that is still kept."""
    return source.execute(queries["rang_ever"], (epc,)).fetchone() is not None


def prune(tx: Tx, before_ms: int) -> None:
    """Forget old ones that have ended."""
    tx.execute(queries["prune"], (before_ms,))


def _alarms(source: Source, query: str, values: tuple[SqlValue, ...]) -> list[GateAlarm]:
    rows = source.execute(queries[query], values).fetchall()
    return [
        GateAlarm(alarm_id, gate_id, at_ms, bool(siren), outcome, ended_ms, staff_id, sale_id, _lines(source, alarm_id))
        for alarm_id, gate_id, at_ms, siren, outcome, ended_ms, staff_id, sale_id in rows
    ]


def _lines(source: Source, alarm_id: str) -> tuple[AlarmLine, ...]:
    return tuple(
        AlarmLine(TaggedLine(epc=epc, gtin=gtin, item_id=item_id), sale_id)
        for epc, gtin, item_id, sale_id in source.execute(queries["lines"], (alarm_id,)).fetchall()
    )
