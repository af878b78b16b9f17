"""Sensors on the bench: Modbus lines, sensors behind a broker, people counters."""

from __future__ import annotations

from pathlib import Path

from protocols.modbus.library import profiles
from simulators.cables import TcpCable
from simulators.device_kind import DeviceKind, Knob, Workshop, plug_knob, struct_knobs
from simulators.mouth import SpeechFaults
from simulators.sensor_settings import ModbusBusSettings, MqttSensorSettings, PeopleCounterSettings
from simulators.sensors.modbus_bus import ModbusBusSimulator, SimulatedUnit
from simulators.sensors.mqtt_sensors import MqttSensorSimulator
from simulators.sensors.people_counter import PeopleCounterSimulator

STARTS_WITH = {
    "temperature_celsius": 4.0, "humidity_percent": 60.0, "energy_kwh": 120.0, "import_kwh": 120.0, "power_w": 850.0,
    "l1_voltage_v": 230.0, "l2_voltage_v": 231.0, "l3_voltage_v": 229.0, "l1_current_a": 1.2, "frequency_hz": 50.0,
    "setpoint_celsius": 2.0, "l1_power_w": 280.0,
}  # fmt: skip
"""What a unit measures when it is switched on, and again when everything is put in order."""


def _values(unit: SimulatedUnit) -> dict[str, float]:
    return {point.measure: STARTS_WITH.get(point.measure, 0.0) for point in unit.profile.points}


def _bus(given: ModbusBusSettings, shop: Workshop) -> ModbusBusSimulator:
    units = [SimulatedUnit(each.unit, profiles()[each.profile], dict(STARTS_WITH)) for each in given.units]
    return ModbusBusSimulator(shop.cable(given), given.framing, units, shop.chance(given.id))


def _bus_reach(given: ModbusBusSettings, bus: ModbusBusSimulator) -> Path | int | None:
    return bus.cable.port if isinstance(bus.cable, TcpCable) else given.port


def _spoil(bus: ModbusBusSimulator, faults: SpeechFaults) -> None:
    bus.faults = faults


async def _tidy_bus(_given: ModbusBusSettings, bus: ModbusBusSimulator) -> None:
    for unit in bus.units.values():
        unit.silent = False
        for measure, value in _values(unit).items():
            unit.set(measure, value)


MODBUS_BUSES = DeviceKind(
    name="modbus_buses",
    noun="modbus_bus",
    table=ModbusBusSettings,
    build=_bus,
    knobs=(
        plug_knob(lambda bus: bus.plugged_in, ModbusBusSimulator.start, ModbusBusSimulator.stop),
        *struct_knobs(SpeechFaults, lambda bus: bus.faults, _spoil),
    ),
    tidy=_tidy_bus,
    reach=_bus_reach,
)


def _no_reach(_given: MqttSensorSettings, _sensor: MqttSensorSimulator) -> None:
    """Its line is the broker's."""


MQTT_SENSORS = DeviceKind(
    name="mqtt_sensors",
    noun="mqtt_sensor",
    table=MqttSensorSettings,
    build=lambda given, _shop: MqttSensorSimulator(given.broker, given.family, given.topic),
    knobs=(plug_knob(lambda sensor: sensor.plugged_in, MqttSensorSimulator.start, MqttSensorSimulator.stop),),
    reach=_no_reach,
)


def _silence(counter: PeopleCounterSimulator, silent: bool) -> None:
    counter.silent = silent


def _set_clock(counter: PeopleCounterSimulator, seconds: int) -> None:
    counter.clock_off_s = seconds


PEOPLE_COUNTERS = DeviceKind(
    name="people_counters",
    noun="people_counter",
    table=PeopleCounterSettings,
    build=lambda given, shop: PeopleCounterSimulator(given.port, shop.clock, name=given.id),
    knobs=(
        plug_knob(lambda counter: counter.plugged_in, PeopleCounterSimulator.start, PeopleCounterSimulator.stop),
        Knob(name="silent", default=False, read=lambda counter: counter.silent, write=_silence),
        Knob(name="clock_off_s", default=0, read=lambda counter: counter.clock_off_s, write=_set_clock),
    ),
)
