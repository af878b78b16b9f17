"""Sensors of the bench, moved by its API, as the box's own drivers hear them; and put in order again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from deploy.processes import free_port
from edge.sensors.readings import SensorBoard, SensorPlace
from firmware_bridges.modbus_bus import ModbusBus, Unit
from firmware_bridges.people_counter import PeopleCounterDriver
from firmware_bridges.supervise import supervise
from protocols.device_events import DeviceEvent, PeopleTotals, SensorsRead
from protocols.modbus.library import profiles
from simulators.bench_client import BenchRefused
from simulators.clock import SystemClock
from tests.support.bench_ground import running_bench
from tests.support.waiting import until


class Quick:
    """Chance that always draws the shortest wait."""

    def bytes(self, count: int) -> bytes:
        return bytes(count)


async def test_hands_of_the_bench_reach_the_box(tmp_path: Path) -> None:
    bus_port, counter_port = free_port(), free_port()
    toml = (
        f'port = 0\n[[modbus_buses]]\nid = "bus"\ntcp_port = {bus_port}\n'
        'units = [{ id = "freezer", unit = 2, profile = "case_demo" }]\n'
        f'[[people_counters]]\nid = "door"\nport = {counter_port}\n'
        '[[mqtt_sensors]]\nid = "fridge"\nbroker = "mqtt://127.0.0.1:1"\ntopic = "shelly-1"\n'
    )
    clock = SystemClock()
    board = SensorBoard([SensorPlace("freezer", "bus")], clock)
    totals: list[PeopleTotals] = []

    def take(event: DeviceEvent) -> None:
        if isinstance(event, SensorsRead):
            board.take(event)
        elif isinstance(event, PeopleTotals):
            totals.append(event)

    async with running_bench(tmp_path, toml) as bench:
        unit = Unit("freezer", 2, profiles()["case_demo"], 20)
        drivers = (
            ModbusBus("bus", f"tcp://127.0.0.1:{bus_port}", [unit], clock),
            PeopleCounterDriver("door", f"http://127.0.0.1:{counter_port}", clock, every_ms=20),
        )
        tasks = [asyncio.create_task(supervise(driver, take, clock, Quick())) for driver in drivers]
        sensor = board.sensor("freezer")
        assert sensor is not None
        try:
            bus, door = bench.client.modbus_bus("bus"), bench.client.people_counter("door")
            await until(lambda: sensor.value("temperature_celsius") == 4.0)
            await asyncio.to_thread(bus.measure, 2, "temperature_celsius", -21.5)
            await until(lambda: sensor.value("temperature_celsius") == -21.5)
            await asyncio.to_thread(bus.raw, 2, "temperature_celsius", 0x7FFF)
            await until(lambda: sensor.readings["temperature_celsius"].detail == "probe_short")
            await asyncio.to_thread(door.walk, 3, 1)
            await until(lambda: bool(totals) and (totals[-1].people_in, totals[-1].people_out) == (3, 1))
            await asyncio.to_thread(door.restart)
            await until(lambda: totals[-1].people_in == 0)
            with pytest.raises(BenchRefused, match="has no power_w"):
                await asyncio.to_thread(bus.measure, 2, "power_w", 1.0)
            with pytest.raises(BenchRefused, match="does not fit"):
                await asyncio.to_thread(bus.measure, 2, "temperature_celsius", 1e6)
            await asyncio.to_thread(bus.silence, 2)
            state = await asyncio.to_thread(bench.client.state)
            assert b'"silent":true' in bytes(state.more["modbus_buses"][0])
            await asyncio.to_thread(bench.client.heal)
            await until(lambda: sensor.value("temperature_celsius") == 4.0, seconds=20)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
