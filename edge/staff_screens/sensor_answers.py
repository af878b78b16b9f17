"""What the page of sensors reads of the box's answers and sends to it."""

from __future__ import annotations

from edge.staff_screens.answers import Body


class Reading(Body, frozen=True, kw_only=True):
    measure: str
    value: float | None
    health: str
    at_ms: int


class Sensor(Body, frozen=True, kw_only=True):
    sensor_id: str
    device_id: str
    state: str
    reason: str
    heard_at_ms: int | None
    readings: tuple[Reading, ...]


class ColdAlarm(Body, frozen=True, kw_only=True):
    alarm_id: str
    sensor_id: str
    measure: str
    cause: str
    limit: float | None
    value: float | None
    worst: float | None
    since_ms: int
    level: int
    staff_id: str
    note: str


class SensorList(Body, frozen=True, kw_only=True):
    sensors: tuple[Sensor, ...]
    alarms: tuple[ColdAlarm, ...]


class TakeNote(Body, frozen=True, kw_only=True):
    alarm_id: str
    note: str
