"""The network's absolute time: milliseconds as 32 bits that wrap after 49.7 days; 0 has a meaning of its own.

The access point takes the low 32 bits of its wall clock, so a restarted box keeps the time its labels know. A timed
command reaches 48 days ahead; what seems further is the past. A label's crystal drifts (`DRIFT_PPM_MAX`): its time is
written again whenever a connection serves it, and a flip long after the last writing is as sharp as that.
"""

from __future__ import annotations

WRAP = 1 << 32
HORIZON_MS = 48 * 24 * 3_600_000
DRIFT_PPM_MAX = 50
"""Of an ordinary 32 kHz crystal over a shop's temperatures."""


def absolute_of(wall_ms: int) -> int:
    """The absolute time of an instant; never 0, which would cancel."""
    return wall_ms % WRAP or 1


def ahead_of(now_at_ms: int, at_ms: int) -> int | None:
    """How many ms `at_ms` lies ahead of `now_at_ms` (both absolute); None: in the past, or beyond 48 days."""
    ahead = (at_ms - now_at_ms) % WRAP
    return ahead if ahead < HORIZON_MS else None


def skew_ms_max(since_written_ms: int) -> int:
    """How far a label's time may be off so long after it was written."""
    return since_written_ms * DRIFT_PPM_MAX // 1_000_000 + 1
