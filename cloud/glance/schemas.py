"""The glance as it crosses HTTP. Instants and ages in milliseconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from pydantic import BaseModel, Field

from cloud.glance.domain import HourCount, Level, StoreGlance, Totals
from cloud.glance.service import HOUR_MS, HOURS


class GlanceRow(BaseModel):
    store_id: str
    name: str
    zone: str
    time_zone: str
    level: Level
    score: int = Field(description="0: nothing is wrong; causes are weighed, see the documentation of the list")
    online: bool
    heard_at_ms: int = Field(description="0: never")
    offline_since_ms: int | None
    silent: bool = Field(description="Away without a last will: nothing was heard for 11 minutes")
    oldest_waiting_ms: int | None = Field(description="Age of the oldest sale or operational fact HQ does not hold")
    feeds_behind: int
    feeds_failed: int
    devices: int
    devices_down: int
    devices_degraded: int
    device_names: list[str] = Field(description="Up to five devices that are not well, the worst first")
    labels_unshown: int = Field(description="Shelf labels that have not shown their price for hours")
    alarms: list[str]
    box_alarms: list[str]
    clone_suspected: bool
    clock: str
    clock_ahead_ms: int | None
    certificate_expires_ms: int | None
    software: str

    @classmethod
    def of(cls, row: StoreGlance) -> GlanceRow:
        return cls.model_validate({**asdict(row), "level": row.level})


class GlancePage(BaseModel):
    as_of_ms: int
    rows: list[GlanceRow]
    next: str | None = None


class TotalsView(BaseModel):
    stores: int
    online: int
    offline: int = Field(description="Heard of before, and not online now")
    bad: int
    attention: int
    behind: int
    waiting: int = Field(description="Stores with a fact that waits for more than five minutes")
    oldest_waiting_ms: int | None
    alarms: int
    devices_down: int
    labels_unshown: int

    @classmethod
    def of(cls, totals: Totals) -> TotalsView:
        return cls.model_validate(asdict(totals))


class StoreHours(BaseModel):
    store_id: str
    sales: list[int] = Field(description=f"Of the last {HOURS} hours, oldest first; the last one is not over yet")


class SalesByHour(BaseModel):
    first_hour_ms: int
    rows: list[StoreHours]

    @classmethod
    def of(cls, first_hour_ms: int, counts: Iterable[HourCount]) -> SalesByHour:
        hours: dict[str, list[int]] = {}
        for count in counts:
            row = hours.setdefault(count.store_id, [0] * HOURS)
            place = -1 if count.hour_ms is None else (count.hour_ms - first_hour_ms) // HOUR_MS
            if 0 <= place < HOURS:
                row[place] = count.sales
        return cls(first_hour_ms=first_hour_ms, rows=[StoreHours(store_id=key, sales=row) for key, row in hours.items()])
