"""Alerts of the cold chain. Note is taken of them on the page of sensors, with words of what is done."""

from __future__ import annotations

from edge.alerts.domain import Alert, AlertKind, Noted
from edge.sensors.cold_chain import ColdAlarm, ColdChain
from edge.sensors.cold_domain import Cause

DOOR = "door_open"


def cold_alerts(cold: ColdChain | None) -> list[Alert]:
    """What stands at this moment."""
    return [] if cold is None else [_alert(each) for each in cold.alarms()]


def _alert(alarm: ColdAlarm) -> Alert:
    watch = alarm.watch
    door = alarm.measure == DOOR and watch.cause is Cause.ABOVE
    code = "cold_door" if door else f"cold_{watch.cause.value}"
    params = {
        "sensor_id": watch.sensor_id,
        "value": _number(alarm.value if alarm.value is not None else watch.worst),
        "limit": _number(alarm.limit),
    }
    noted = Noted(watch.since_ms, watch.staff_id, watch.acknowledged_ms) if watch.staff_id else None
    return Alert(f"cold:{watch.alarm_id}", AlertKind.COLD, code, watch.sensor_id, watch.since_ms, params, noted)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
