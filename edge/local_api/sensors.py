"""Sensors of the store: the newest value of each, and alarms of the cold chain, which a person takes note of with words."""

from __future__ import annotations

from edge.local_api.endpoint import ANY_STAFF, Call, Endpoint
from edge.local_api.problems import Refused
from edge.local_api.shapes import Shape
from edge.sensors.cold_chain import ColdAlarm, UnknownAlarm
from edge.sensors.cold_domain import NOTE_MAX
from edge.sensors.readings import SensorNow


class ReadingView(Shape, frozen=True, kw_only=True):
    """The newest value of one measure; its unit ends the measure's name. `health` other than `ok`: see `detail`."""

    measure: str
    value: float | None
    health: str
    detail: str
    at_ms: int


class SensorView(Shape, frozen=True, kw_only=True):
    """A sensor: `state` is `waiting` (nothing heard yet), `ok`, `fault` or `lost`."""

    sensor_id: str
    device_id: str
    state: str
    reason: str
    heard_at_ms: int | None
    readings: tuple[ReadingView, ...]


class ColdAlarmView(Shape, frozen=True, kw_only=True):
    """An alarm that stands. `cause`: `above`, `below` or `lost`. `staff_id` empty: nobody took note."""

    alarm_id: str
    rule_id: str
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


class SensorList(Shape, frozen=True, kw_only=True):
    now_ms: int
    sensors: tuple[SensorView, ...]
    alarms: tuple[ColdAlarmView, ...]


class TakeNote(Shape, frozen=True, kw_only=True):
    """`note`: what is done about it, at most 300 characters."""

    alarm_id: str
    note: str


def _sensor(sensor: SensorNow) -> SensorView:
    return SensorView(
        sensor_id=sensor.place.sensor_id,
        device_id=sensor.place.device_id,
        state=sensor.state,
        reason=sensor.reason,
        heard_at_ms=sensor.heard_ms,
        readings=tuple(
            ReadingView(
                measure=each.measure, value=each.value, health=each.health.value, detail=each.detail, at_ms=each.at_ms
            )
            for each in sensor.readings.values()
        ),
    )


def _alarm(alarm: ColdAlarm) -> ColdAlarmView:
    watch = alarm.watch
    return ColdAlarmView(
        alarm_id=watch.alarm_id,
        rule_id=watch.rule_id,
        sensor_id=watch.sensor_id,
        measure=alarm.measure,
        cause=watch.cause.value,
        limit=alarm.limit,
        value=alarm.value,
        worst=watch.worst,
        since_ms=watch.since_ms,
        level=watch.level,
        staff_id=watch.staff_id,
        note=watch.note,
    )


async def sensors(call: Call) -> SensorList:
    hall = call.shop.sensors
    return SensorList(
        now_ms=call.shop.desk.clock.now_ms(),
        sensors=() if hall is None else tuple(_sensor(each) for each in hall.board.sensors()),
        alarms=() if hall is None else tuple(_alarm(each) for each in hall.cold.alarms()),
    )


async def take_note(call: Call) -> SensorList:
    order, hall = call.body_as(TakeNote), call.shop.sensors
    if not order.note.strip() or len(order.note) > NOTE_MAX:
        raise Refused(422, "note", f"note: say what is done about it, in 1 to {NOTE_MAX} characters.")
    try:
        if hall is None:
            raise UnknownAlarm(order.alarm_id)
        await hall.cold.acknowledge(order.alarm_id, call.who().staff_id, order.note)
    except UnknownAlarm:
        raise Refused(404, "unknown_alarm", "This alarm is over.") from None
    return await sensors(call)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/sensors",
        summary="The newest value of every sensor, and alarms of the cold chain",
        handler=sensors,
        response=SensorList,
    ),
    Endpoint(
        method="POST",
        path="/v1/sensors/alarms/notes",
        summary="Take note of a cold-chain alarm, with words of what is done",
        handler=take_note,
        request=TakeNote,
        response=SensorList,
        right=ANY_STAFF,
        problems=(401, 404, 422),
    ),
)
