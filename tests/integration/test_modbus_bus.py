"""A Modbus bus over its real wires: RTU on a pseudo-terminal, Modbus TCP, RTU behind a converter; with pymodbus' own server
as a foreign device; and a dead unit that must not punish the others."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from firmware_bridges.modbus_bus import ModbusBus, Unit
from firmware_bridges.supervise import LinkBroken, supervise
from protocols.device_events import (
    DeviceEvent,
    DeviceState,
    DeviceStateEvent,
    Measurement,
    SensorHealth,
    SensorPresence,
    SensorsRead,
)
from protocols.modbus.library import profiles
from simulators.cables import Cable, SerialCable, TcpCable
from simulators.clock import SystemClock
from simulators.sensors.modbus_bus import ModbusBusSimulator, SimulatedUnit
from tests.support.waiting import until


class Quick:
    """Chance that always draws the shortest wait."""

    def bytes(self, count: int) -> bytes:
        return bytes(count)


class Heard:
    def __init__(self) -> None:
        self.events: list[DeviceEvent] = []

    def last(self, sensor_id: str, measure: str) -> Measurement | None:
        found = [
            each
            for event in self.events
            if isinstance(event, SensorsRead)
            for each in event.measurements
            if (each.sensor_id, each.measure) == (sensor_id, measure)
        ]
        return found[-1] if found else None

    def value(self, sensor_id: str, measure: str) -> float | None:
        found = self.last(sensor_id, measure)
        return None if found is None else found.value

    def state(self) -> tuple[DeviceState, str] | None:
        found = [event for event in self.events if isinstance(event, DeviceStateEvent)]
        return (found[-1].state, found[-1].reason) if found else None

    def presence(self, sensor_id: str) -> bool | None:
        found = [e for e in self.events if isinstance(e, SensorPresence) and e.sensor_id == sensor_id]
        return found[-1].there if found else None


def units() -> list[SimulatedUnit]:
    meter = SimulatedUnit(1, profiles()["sdm630"], {"power_w": 1234.5, "import_kwh": 100.0, "l1_voltage_v": 230.0})
    case = SimulatedUnit(2, profiles()["case_demo"], {"temperature_celsius": -18.4})
    return [meter, case]


@asynccontextmanager
async def running(bus: ModbusBus, heard: Heard) -> AsyncIterator[None]:
    task = asyncio.create_task(supervise(bus, heard.events.append, SystemClock(), Quick()))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


def driver(place: str, *, answer_ms: int = 300, every_ms: int = 20, quiet_after_ms: int = 60_000) -> ModbusBus:
    on_bus = [
        Unit("meter", 1, profiles()["sdm630"], every_ms, quiet_after_ms),
        Unit("freezer", 2, profiles()["case_demo"], every_ms, quiet_after_ms),
    ]
    return ModbusBus("bus", place, on_bus, SystemClock(), answer_ms=answer_ms)


def cable_of(line: str, tmp_path: Path) -> Cable:
    return SerialCable(tmp_path / "bus") if line == "serial" else TcpCable(0)


@pytest.mark.parametrize("line", ["serial", "tcp", "rtu+tcp"])
async def test_values_faults_and_a_cable_that_goes_out_and_in(line: str, tmp_path: Path) -> None:
    cable = cable_of(line, tmp_path)
    simulator = ModbusBusSimulator(cable, "tcp" if line == "tcp" else "rtu", units())
    await simulator.start()
    heard = Heard()
    place = cable.place if line != "rtu+tcp" else cable.place.replace("tcp://", "rtu+tcp://")
    async with running(driver(place), heard):
        await until(lambda: heard.value("meter", "power_w") == 1234.5)
        await until(lambda: heard.value("freezer", "temperature_celsius") == -18.4)
        await until(lambda: heard.state() == (DeviceState.READY, ""))
        simulator.units[2].set_raw("temperature_celsius", 0x8000)
        await until(lambda: (found := heard.last("freezer", "temperature_celsius")) is not None and found.value is None)
        broken = heard.last("freezer", "temperature_celsius")
        assert broken is not None
        assert (broken.health, broken.detail) == (SensorHealth.FAULT, "probe_open")
        simulator.units[1].set_raw("power_w", struct.unpack(">I", struct.pack(">f", float("nan")))[0])
        await until(lambda: heard.value("meter", "power_w") is None)
        before = len(heard.events)
        simulator.units[1].set("import_kwh", 0.5)
        await until(lambda: heard.value("meter", "import_kwh") == 0.5)
        flagged = [
            each.health
            for event in heard.events[before:]
            if isinstance(event, SensorsRead)
            for each in event.measurements
            if each.measure == "import_kwh" and each.value == 0.5
        ]
        assert flagged[0] is SensorHealth.ROLLED_BACK
        await simulator.stop()
        await until(lambda: (heard.state() or (None,))[0] is DeviceState.RETRYING)
        await simulator.start()
        simulator.units[2].set("temperature_celsius", 3.5)
        await until(lambda: heard.value("freezer", "temperature_celsius") == 3.5, seconds=20)
    await simulator.stop()


async def test_a_silent_unit_costs_the_others_its_time_out_and_is_asked_less_and_less_often(tmp_path: Path) -> None:
    simulator = ModbusBusSimulator(TcpCable(0), "tcp", units())
    await simulator.start()
    simulator.units[1].silent = True
    heard = Heard()
    clock = SystemClock()
    async with running(driver(simulator.cable.place, answer_ms=200, quiet_after_ms=1_000), heard):
        await until(lambda: heard.state() == (DeviceState.DEGRADED, "no answer from meter"))
        await until(lambda: heard.presence("meter") is False)
        assert heard.presence("freezer") is None, "it was never lost"
        begun_ms, asked = clock.monotonic_ms(), simulator.units[1].asked
        reads = simulator.units[2].asked
        await until(lambda: simulator.units[1].asked > asked)
        assert simulator.units[2].asked - reads > 10, "the others go on meanwhile"
        assert clock.monotonic_ms() - begun_ms > 500, "not asked at once again"
        simulator.units[1].silent = False
        await until(lambda: heard.presence("meter") is True, seconds=15)
        await until(lambda: heard.state() == (DeviceState.READY, ""), seconds=15)
    await simulator.stop()


async def test_noise_and_lost_bytes_on_the_line_never_make_a_value(tmp_path: Path) -> None:
    simulator = ModbusBusSimulator(SerialCable(tmp_path / "bus"), "rtu", units())
    await simulator.start()
    heard = Heard()
    bus = driver(simulator.cable.place, answer_ms=60)
    async with running(bus, heard):
        await until(lambda: heard.value("meter", "power_w") == 1234.5)
        simulator.faults.noise_byte_percent = 30
        simulator.faults.lost_byte_percent = 30
        simulator.faults.duplicate_percent = 20
        asked = sum(unit.asked for unit in simulator.units.values())
        await until(lambda: sum(unit.asked for unit in simulator.units.values()) > asked + 12, seconds=30)
        simulator.faults = type(simulator.faults)()
        marker = len(heard.events)
        await until(
            lambda: (
                {
                    each.sensor_id
                    for event in heard.events[marker:]
                    if isinstance(event, SensorsRead)
                    for each in event.measurements
                }
                == {"meter", "freezer"}
            ),
            seconds=20,
        )
    await simulator.stop()
    powers = {
        e.value
        for event in heard.events
        if isinstance(event, SensorsRead)
        for e in event.measurements
        if e.measure == "power_w"
    }
    cold = {
        e.value
        for event in heard.events
        if isinstance(event, SensorsRead)
        for e in event.measurements
        if e.measure == "temperature_celsius"
    }
    assert powers == {1234.5}
    assert cold == {-18.4}


async def test_a_foreign_device_and_a_model_that_lacks_registers() -> None:
    """pymodbus' server plays a meter with fewer registers than its profile: what it has is told, the rest is a fault."""
    power = SimData(0x34, values=1234.5, datatype=DataType.FLOAT32)
    volts = SimData(0x00, count=8, values=0x4366, datatype=DataType.REGISTERS)
    rest = [SimData(0, values=[0], datatype=DataType.REGISTERS)]
    bits = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    server = ModbusTcpServer(SimDevice(1, (bits, bits, rest, [volts, power])), address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    port = server.transport.sockets[0].getsockname()[1]
    heard = Heard()
    bus = ModbusBus("bus", f"tcp://127.0.0.1:{port}", [Unit("meter", 1, profiles()["sdm630"], 20)], SystemClock())
    try:
        async with running(bus, heard):
            await until(lambda: heard.value("meter", "power_w") == 1234.5)
            missing = heard.last("meter", "import_kwh")
            assert missing is not None
            assert (missing.value, missing.detail) == (None, "exception_2")
            await until(lambda: (heard.state() or ("",))[0] is DeviceState.DEGRADED)
    finally:
        await server.shutdown()


async def test_no_line_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(LinkBroken, match="no connection to"):
        await driver(str(tmp_path / "nothing")).run(lambda _event: None)
