"""Times of events: RFC 3339 with a time zone, to milliseconds since 1970 UTC and back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

OFFSET = re.compile(r"[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


def time_ms(value: object) -> int | None:
    """Milliseconds, half a millisecond upwards; None when it is no date-time with a time zone."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None or (found[3] != "Z" and OFFSET.fullmatch(found[3]) is None):
        return None
    try:
        whole = datetime.fromisoformat(found[1] + ("+00:00" if found[3] == "Z" else found[3]))
    except ValueError:
        return None
    tenths = int((found[2] or "").ljust(4, "0")[:4])
    return int((whole - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1)) + (tenths + 5) // 10


def time_text(at_ms: int, offset: str = "+00:00") -> str:
    """As an event writes it: `2026-11-27T10:00:00.000+01:00`. `offset`: as `OFFSET` has it."""
    minutes = (int(offset[1:3]) * 60 + int(offset[4:])) * (-1 if offset[0] == "-" else 1)
    zone = timezone(timedelta(minutes=minutes))
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)
    return at.astimezone(zone).isoformat(timespec="milliseconds")


def utc_text(at_ms: int) -> str:
    """As a hash is made of: `2026-11-27T09:00:00.000Z`."""
    return time_text(at_ms)[:-6] + "Z"
