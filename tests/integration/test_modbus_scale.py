"""Indicators by profile, over TCP and RTU, with pymodbus on the other side: weights, orders, a silent unit among others."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from firmware_bridges.modbus_line import LineSettings, ModbusLines
from firmware_bridges.modbus_scale import BACKOFF_CAP_MS, ModbusScaleDriver
from firmware_bridges.supervise import supervise
from protocols.clock import FakeClock
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent, WeightRead, WeightState
from protocols.scales.modbus_profile import parse, shipped, shipped_names, states_of
from protocols.scales.session import Ordered, ScaleOrder
from simulators.clock import SystemClock
from simulators.modbus_scale import ModbusSerialScales, ModbusTcpScales, Unit
from tests.integration.test_every_scale import Quick
from tests.support.waiting import until


class Tuned:
    """A driver and what it tells."""

    def __init__(self, driver: ModbusScaleDriver) -> None:
        self.driver = driver
        self.events: list[DeviceEvent] = []

    @property
    def reads(self) -> list[WeightRead]:
        return [event for event in self.events if isinstance(event, WeightRead)]

    def shows(self, state: WeightState, grams: int | None = None) -> Callable[[], bool]:
        return lambda: bool(self.reads) and (self.reads[-1].state, self.reads[-1].grams) == (state, grams)

    def is_in(self, state: DeviceState) -> Callable[[], bool]:
        def last() -> bool:
            told = [event for event in self.events if isinstance(event, DeviceStateEvent)]
            return bool(told) and told[-1].state is state

        return last


@contextlib.asynccontextmanager
async def driven(place: str, *units: Unit, answer_ms: int = 300) -> AsyncIterator[list[Tuned]]:
    lines, clock = ModbusLines(answer_ms), SystemClock()
    tuned = [
        Tuned(
            ModbusScaleDriver(
                f"scale-{unit.number}", unit.profile, unit.number, LineSettings(place), lines, clock, interval_ms=10
            )
        )
        for unit in units
    ]
    tasks = [asyncio.create_task(supervise(each.driver, each.events.append, clock, Quick())) for each in tuned]
    try:
        yield tuned
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("name", shipped_names())
async def test_every_profile_over_tcp(name: str) -> None:
    unit = Unit(1, shipped(name), FakeClock())
    server = ModbusTcpScales([unit], 0)
    await server.start()
    async with driven(server.place, unit) as (one,):
        unit.cell.put(1_250, settle_ms=0)
        await until(one.shows(WeightState.STABLE, 1_250))
        for state in sorted(states_of(unit.profile) - {WeightState.STABLE, WeightState.ZERO}):
            unit.cell.hold(state)
            await until(one.shows(state))
        unit.cell.hold(WeightState.STABLE)
        if ScaleOrder.TARE in one.driver.orders:
            assert await one.driver.order(ScaleOrder.TARE) is Ordered.DONE
            unit.cell.put(2_000, settle_ms=0)
            await until(one.shows(WeightState.STABLE, 750))
            assert await one.driver.order(ScaleOrder.CLEAR_TARE) is Ordered.DONE
        else:
            assert await one.driver.order(ScaleOrder.TARE) is Ordered.NOT_KNOWN
        if ScaleOrder.ZERO in one.driver.orders:
            assert await one.driver.order(ScaleOrder.ZERO) is Ordered.OUT_OF_RANGE
            unit.cell.put(200, settle_ms=0)
            assert await one.driver.order(ScaleOrder.ZERO) is Ordered.DONE
        await server.stop()
        await until(one.is_in(DeviceState.RETRYING))
        await server.start()
        await until(one.is_in(DeviceState.READY))
    await server.stop()


@pytest.mark.parametrize("order", ["ABCD", "CDAB", "BADC", "DCBA"])
async def test_rtu_over_a_port_with_every_order_of_bytes(order: str, tmp_path: Path) -> None:
    text = 'name = "t"\nmaker = "t"\nsource = "t"\n[weight]\naddress = 3\ntype = "float32"\ntable = "input"\n'
    flags = '[[flags]]\nmeans = "motion"\ntable = "discrete"\naddress = 21\n'
    unit = Unit(7, parse(text.replace("[weight]", f'order = "{order}"\n[weight]') + flags), FakeClock())
    server = ModbusSerialScales([unit], tmp_path / "rs485")
    await server.start()
    async with driven(server.place, unit) as (one,):
        unit.cell.put(1_235, settle_ms=0)
        await until(one.shows(WeightState.STABLE, 1_235))
        unit.cell.hold(WeightState.MOTION)
        await until(one.shows(WeightState.MOTION))
    await server.stop()


async def test_a_silent_unit_costs_the_others_its_own_time_out_and_is_asked_less_and_less(tmp_path: Path) -> None:
    units = [Unit(number, shipped("tuna_id551pn"), FakeClock()) for number in (1, 2)]
    server = ModbusSerialScales(units, tmp_path / "rs485")
    await server.start()
    units[0].silent = True
    units[1].cell.put(640, settle_ms=0)
    async with driven(server.place, *units, answer_ms=100) as (silent, well):
        await until(well.shows(WeightState.STABLE, 640))
        await until(silent.is_in(DeviceState.DEGRADED))
        assert well.is_in(DeviceState.READY)()
        before = len(well.reads)
        await until(lambda: len(well.reads) > before + 20)
        units[0].silent = False
        await until(silent.is_in(DeviceState.READY))
    assert BACKOFF_CAP_MS == 10_000
    await server.stop()


async def test_a_profile_that_does_not_fit_the_model_is_told() -> None:
    served, believed = Unit(1, shipped("tuna_id551pn"), FakeClock()), Unit(1, shipped("eagle_ei"), FakeClock())
    server = ModbusTcpScales([served], 0)
    await server.start()
    async with driven(server.place, believed) as (one,):
        await until(one.is_in(DeviceState.DEGRADED))
        assert any("check the model" in event.reason for event in one.events if isinstance(event, DeviceStateEvent))
        assert all(read.grams is None for read in one.reads)
    await server.stop()


async def test_a_driver_told_to_stop_in_the_middle_of_a_question_stops() -> None:
    unit = Unit(1, shipped("tuna_id551pn"), FakeClock())
    server = ModbusTcpScales([unit], 0)
    await server.start()
    unit.silent = True  # so that a question is open nearly all the time
    for _ in range(5):
        driver = ModbusScaleDriver("s", unit.profile, 1, LineSettings(server.place), ModbusLines(5_000), SystemClock())
        task = asyncio.create_task(driver.run(lambda _event: None))
        await until(functools.partial(getattr, driver, "connected"))
        task.cancel()
        async with asyncio.timeout(2):
            await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
    await server.stop()
