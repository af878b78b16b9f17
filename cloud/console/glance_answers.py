"""What the console reads of the API's answers about the chain at a glance, devices and telemetry. A tolerant reader."""

from __future__ import annotations

import msgspec


class GlanceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One store with every reason to look at it."""

    store_id: str
    name: str
    zone: str
    level: str
    score: int
    online: bool
    heard_at_ms: int
    offline_since_ms: int | None
    silent: bool = False
    oldest_waiting_ms: int | None
    feeds_behind: int
    feeds_failed: int
    devices: int
    devices_down: int
    devices_degraded: int
    device_names: tuple[str, ...]
    labels_unshown: int
    alarms: tuple[str, ...]
    box_alarms: tuple[str, ...]
    clone_suspected: bool
    clock: str
    clock_ahead_ms: int | None
    certificate_expires_ms: int | None
    software: str


class GlancePage(msgspec.Struct, frozen=True, kw_only=True):
    as_of_ms: int
    rows: tuple[GlanceRow, ...]
    next: str | None = None


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    stores: int
    online: int
    offline: int
    bad: int
    attention: int
    behind: int
    waiting: int
    oldest_waiting_ms: int | None
    alarms: int
    devices_down: int
    labels_unshown: int


class StoreHours(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    sales: tuple[int, ...]


class SalesByHour(msgspec.Struct, frozen=True, kw_only=True):
    first_hour_ms: int
    rows: tuple[StoreHours, ...]


class Device(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    store_name: str
    zone: str
    store_online: bool
    device_id: str
    device_kind: str
    state: str
    reason: str
    since_ms: int


class DevicePage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Device, ...]
    next: str | None = None


class StateCount(msgspec.Struct, frozen=True, kw_only=True):
    device_kind: str
    state: str
    devices: int


class StateCounts(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[StateCount, ...]


class SeriesName(msgspec.Struct, frozen=True, kw_only=True):
    device_id: str
    metric: str
    kind: str


class SeriesNames(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[SeriesName, ...]


class Point(msgspec.Struct, frozen=True, kw_only=True):
    at_ms: int
    n: int
    low: float
    high: float
    total: float


class SeriesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    name: SeriesName
    step_ms: int
    points: tuple[Point, ...]
