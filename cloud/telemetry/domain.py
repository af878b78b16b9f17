"""Which table answers which span, and what a point of a series is. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass

MINUTE_MS, FIVE_MINUTES_MS, HOUR_MS, DAY_MS = 60_000, 300_000, 3_600_000, 86_400_000


class Span(enum.StrEnum):
    """How far back a plot looks."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Resolution:
    """The rows a span is read from. `table` None: raw values, put together by the minute."""

    table: str | None
    step_ms: int
    length_ms: int


RESOLUTION_OF: dict[Span, Resolution] = {
    Span.HOUR: Resolution(None, MINUTE_MS, HOUR_MS),
    Span.DAY: Resolution("visible_telemetry_5m", FIVE_MINUTES_MS, DAY_MS),
    Span.MONTH: Resolution("visible_telemetry_1h", HOUR_MS, 30 * DAY_MS),
    Span.YEAR: Resolution("visible_telemetry_1d", DAY_MS, 366 * DAY_MS),
}
"""At most 720 points each. Days are those of UTC."""


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of a series."""

    at_ms: int
    n: int
    low: float
    high: float
    total: float
    last: float


@dataclass(frozen=True, slots=True)
class SeriesName:
    """One thing that is measured; `device_id` is empty for the box itself."""

    device_id: str
    metric: str
