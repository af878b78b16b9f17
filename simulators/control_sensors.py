"""Sensors in the control API: set what they measure, break a probe, silence a unit, wake a sleeper, let people walk by."""

from __future__ import annotations

import msgspec

from simulators import control_shapes as shapes
from simulators.bench import Bench
from simulators.endpoints import Call, Endpoint, Refused, found
from simulators.mouth import SpeechFaults
from simulators.sensor_kinds import MODBUS_BUSES, MQTT_SENSORS, PEOPLE_COUNTERS
from simulators.sensors.modbus_bus import ModbusBusSimulator, NoSuchPoint, SimulatedUnit
from simulators.sensors.mqtt_sensors import MqttSensorSimulator
from simulators.sensors.people_counter import PeopleCounterSimulator


class UnitView(msgspec.Struct, frozen=True, kw_only=True):
    """A unit of a bus. `broken`: measures whose registers hold something raw."""

    unit: int
    profile: str
    silent: bool
    asked: int
    values: dict[str, float]
    broken: tuple[str, ...]


class BusView(shapes.View, frozen=True, kw_only=True):
    """A Modbus line."""

    port: str
    framing: str
    plugged_in: bool
    units: tuple[UnitView, ...]
    faults: SpeechFaults


class MqttSensorView(shapes.View, frozen=True, kw_only=True):
    """A sensor behind a broker. `fields`: what it told so far, as JSON text."""

    family: str
    topic: str
    plugged_in: bool
    connected: bool
    fields: str


class CounterView(shapes.View, frozen=True, kw_only=True):
    """A people counter and its sums."""

    port: int
    plugged_in: bool
    people_in: int
    people_out: int
    silent: bool
    clock_off_s: int


class Measure(shapes.Order, frozen=True, kw_only=True):
    """A unit measures this now."""

    unit: int
    measure: str
    value: float


class Raw(shapes.Order, frozen=True, kw_only=True):
    """Its registers hold exactly this: 32768 is a broken probe of many a controller."""

    unit: int
    measure: str
    raw: int


class Silence(shapes.Order, frozen=True, kw_only=True):
    """A unit that says nothing, or speaks again."""

    unit: int
    silent: bool


class Tell(shapes.Order, frozen=True, kw_only=True):
    """What changed: components of a Shelly, or under the name "" the fields of a Zigbee sensor."""

    changes: dict[str, dict[str, bool | int | float | str | None]]


class Wake(shapes.Order, frozen=True, kw_only=True):
    """A sleeper wakes up and tells everything it knows."""

    wakeup_period: int = 0


class Available(shapes.Order, frozen=True, kw_only=True):
    """The retained word about it."""

    there: bool


class Walk(shapes.Order, frozen=True, kw_only=True):
    """People pass the counter."""

    people_in: int = 0
    people_out: int = 0


def buses(bench: Bench) -> tuple[BusView, ...]:
    """Every Modbus line."""
    return tuple(
        BusView(
            id=name,
            port=bus.cable.place,
            framing=bus.framing,
            plugged_in=bus.plugged_in,
            units=tuple(_unit(unit) for unit in bus.units.values()),
            faults=bus.faults,
        )
        for name, bus in bench.of(MODBUS_BUSES).items()
    )


def _unit(unit: SimulatedUnit) -> UnitView:
    return UnitView(
        unit=unit.unit,
        profile=unit.profile.name,
        silent=unit.silent,
        asked=unit.asked,
        values=unit.values,
        broken=tuple(unit.broken),
    )


def mqtt_sensors(bench: Bench) -> tuple[MqttSensorView, ...]:
    """Every sensor behind a broker."""
    return tuple(
        MqttSensorView(
            id=name,
            family=sensor.family,
            topic=sensor.topic,
            plugged_in=sensor.plugged_in,
            connected=sensor.connected,
            fields=msgspec.json.encode(sensor.fields).decode(),
        )
        for name, sensor in bench.of(MQTT_SENSORS).items()
    )


def counters(bench: Bench) -> tuple[CounterView, ...]:
    """Every people counter."""
    return tuple(
        CounterView(
            id=name,
            port=counter.port,
            plugged_in=counter.plugged_in,
            people_in=counter.people_in,
            people_out=counter.people_out,
            silent=counter.silent,
            clock_off_s=counter.clock_off_s,
        )
        for name, counter in bench.of(PEOPLE_COUNTERS).items()
    )


def endpoints(bench: Bench) -> tuple[Endpoint, ...]:
    """Everything a hand can do to a sensor."""
    return (*_bus_endpoints(bench), *_mqtt_endpoints(bench), *_counter_endpoints(bench))


def _bus_endpoints(bench: Bench) -> tuple[Endpoint, ...]:
    def bus(call: Call) -> ModbusBusSimulator:
        return found(bench.of(MODBUS_BUSES), call)

    def measure(call: Call) -> None:
        order = call.body_as(Measure)
        try:
            bus(call).unit(order.unit).set(order.measure, order.value)
        except (NoSuchPoint, OverflowError) as error:
            raise Refused(400, str(error)) from error

    def raw(call: Call) -> None:
        order = call.body_as(Raw)
        try:
            bus(call).unit(order.unit).set_raw(order.measure, order.raw)
        except (NoSuchPoint, OverflowError) as error:
            raise Refused(400, str(error)) from error

    def silence(call: Call) -> None:
        order = call.body_as(Silence)
        try:
            bus(call).unit(order.unit).silent = order.silent
        except NoSuchPoint as error:
            raise Refused(400, str(error)) from error

    def spoil(call: Call) -> None:
        bus(call).faults = call.body_as(SpeechFaults)

    async def plug(call: Call) -> None:
        await (bus(call).start() if call.body_as(shapes.Plug).plugged_in else bus(call).stop())

    at = "/modbus_buses/{id}"
    return (
        Endpoint(path="/modbus_buses", summary="Every Modbus line", act=lambda _: buses(bench), gives=tuple[BusView, ...]),
        Endpoint(path=f"{at}/values", summary="Set what a unit measures", act=measure, takes=Measure),
        Endpoint(path=f"{at}/raw", summary="Set a unit's registers, to break a probe", act=raw, takes=Raw),
        Endpoint(path=f"{at}/silence", summary="Silence a unit, or let it speak", act=silence, takes=Silence),
        Endpoint(path=f"{at}/faults", summary="What is wrong with the line", act=spoil, takes=SpeechFaults),
        Endpoint(path=f"{at}/plug", summary="Pull its cable, or put it in", act=plug, takes=shapes.Plug),
    )


def _mqtt_endpoints(bench: Bench) -> tuple[Endpoint, ...]:
    def sensor(call: Call) -> MqttSensorSimulator:
        return found(bench.of(MQTT_SENSORS), call)

    async def plug(call: Call) -> None:
        await (sensor(call).start() if call.body_as(shapes.Plug).plugged_in else sensor(call).stop())

    at = "/mqtt_sensors/{id}"
    return (
        Endpoint(
            path="/mqtt_sensors",
            summary="Every sensor behind a broker",
            act=lambda _: mqtt_sensors(bench),
            gives=tuple[MqttSensorView, ...],
        ),
        Endpoint(
            path=f"{at}/tell",
            summary="Something changed",
            act=lambda call: sensor(call).tell(call.body_as(Tell).changes),
            takes=Tell,
        ),
        Endpoint(
            path=f"{at}/wake",
            summary="A sleeper wakes up",
            act=lambda call: sensor(call).wake(wakeup_period=call.body_as(Wake).wakeup_period),
            takes=Wake,
        ),
        Endpoint(
            path=f"{at}/available",
            summary="The retained word about it",
            act=lambda call: sensor(call).say_available(there=call.body_as(Available).there),
            takes=Available,
        ),
        Endpoint(path=f"{at}/plug", summary="Switch it off, or on", act=plug, takes=shapes.Plug),
    )


def _counter_endpoints(bench: Bench) -> tuple[Endpoint, ...]:
    def counter(call: Call) -> PeopleCounterSimulator:
        return found(bench.of(PEOPLE_COUNTERS), call)

    def walk(call: Call) -> None:
        order = call.body_as(Walk)
        if not 0 <= order.people_in <= 10_000 or not 0 <= order.people_out <= 10_000:
            raise Refused(400, "0 to 10000 people")
        counter(call).walk(order.people_in, order.people_out)

    def restart(call: Call) -> None:
        counter(call).restart()

    async def plug(call: Call) -> None:
        await (counter(call).start() if call.body_as(shapes.Plug).plugged_in else counter(call).stop())

    at = "/people_counters/{id}"
    return (
        Endpoint(
            path="/people_counters",
            summary="Every people counter",
            act=lambda _: counters(bench),
            gives=tuple[CounterView, ...],
        ),
        Endpoint(path=f"{at}/walk", summary="People pass", act=walk, takes=Walk),
        Endpoint(path=f"{at}/restart", summary="Its sums begin anew", act=restart, takes=shapes.Nothing),
        Endpoint(path=f"{at}/plug", summary="Switch it off, or on", act=plug, takes=shapes.Plug),
    )
