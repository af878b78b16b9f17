"""Dates and times in tables, in the time zone they are meant in. Pure.

Written `2026-12-24`, `2026-12-24 06:30` (also with `T`, seconds, or a zone of its own as in ISO 8601), `24.12.2026` or
`2026/12/24`. `12/24/2026` and `24/12/2026` are not read: which is the month cannot be known.
"""

from __future__ import annotations

import datetime
import re
import zoneinfo

from cloud.tables.values import Cell, Damaged

REMEDY = "Write it like 2026-12-24 or 2026-12-24 06:30."

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_POINTS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_OFFSET = re.compile(r"(.*\d)(Z|[+-]\d{2}:?\d{2})")


class NotAnInstant(ValueError):
    """The cell holds no date or time; the text says what is wrong, `remedy` what to do."""

    def __init__(self, problem: str, remedy: str = REMEDY) -> None:
        super().__init__(problem)
        self.remedy = remedy


def read_date(cell: Cell) -> datetime.date:
    """A calendar date. Raises `NotAnInstant`, also for a time of day other than midnight."""
    when, zone = _read(cell)
    if zone is not None or when.time() != datetime.time():
        raise NotAnInstant("has a time of day", "Write the date alone.")
    return when.date()


def read_instant_ms(cell: Cell, zone: zoneinfo.ZoneInfo) -> int:
    """Milliseconds since 1970 UTC; a date alone is its midnight in `zone`.

    Raises `NotAnInstant`, also for times the clocks skip and for those they show twice: nobody could say which was meant.
    """
    when, own = _read(cell)
    if own is not None:
        return _ms(when.replace(tzinfo=own))
    local = when.replace(tzinfo=zone)
    later = local.replace(fold=1)
    if local.utcoffset() != later.utcoffset():
        shown = f"{when:%Y-%m-%d %H:%M}"
        if local.astimezone(datetime.UTC).astimezone(zone).replace(tzinfo=None) != when:
            raise NotAnInstant(f"{shown} does not exist: the clocks skip it", "Choose another time.")
        raise NotAnInstant(f"{shown} comes twice that day", "Add the offset, for example +02:00.")
    return _ms(local)


def _ms(when: datetime.datetime) -> int:
    return int(when.timestamp()) * 1000


def _read(cell: Cell) -> tuple[datetime.datetime, datetime.tzinfo | None]:
    if isinstance(cell, Damaged):
        raise NotAnInstant(cell.problem, cell.remedy)
    if isinstance(cell, datetime.datetime):
        return _whole_seconds(cell), None
    if not isinstance(cell, str):
        raise NotAnInstant("not a date")
    text = cell.strip()
    own: datetime.tzinfo | None = None
    if (found := _OFFSET.fullmatch(text)) and _TIME.search(found[1]):
        text, own = found[1], _zone_of(found[2])
    day, _, time = text.replace("T", " ").partition(" ")
    date = _date(day)
    if not time.strip():
        return datetime.datetime.combine(date, datetime.time()), own
    clock = _TIME.fullmatch(time.strip())
    if clock is None:
        raise NotAnInstant(f"'{text[:40]}' is not a date")
    try:
        return datetime.datetime.combine(date, datetime.time(int(clock[1]), int(clock[2]), int(clock[3] or 0))), own
    except ValueError as error:
        raise NotAnInstant(f"'{text[:40]}' is not a time") from error


def _date(text: str) -> datetime.date:
    if found := _DATE.fullmatch(text):
        year, month, day = int(found[1]), int(found[2]), int(found[3])
    elif found := _POINTS.fullmatch(text):
        day, month, year = int(found[1]), int(found[2]), int(found[3])
    else:
        raise NotAnInstant(f"'{text[:40]}' is not a date")
    try:
        return datetime.date(year, month, day)
    except ValueError as error:
        raise NotAnInstant(f"'{text[:40]}' is not a date") from error


def _zone_of(text: str) -> datetime.tzinfo:
    if text == "Z":
        return datetime.UTC
    sign = -1 if text[0] == "-" else 1
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 23 or minutes > 59:
        raise NotAnInstant(f"'{text}' is no offset")
    return datetime.timezone(sign * datetime.timedelta(hours=hours, minutes=minutes))


def _whole_seconds(when: datetime.datetime) -> datetime.datetime:
    """A workbook keeps days as floating point: what it shows as 06:30 may be a few microseconds beside it."""
    return (when + datetime.timedelta(microseconds=500_000)).replace(microsecond=0)
