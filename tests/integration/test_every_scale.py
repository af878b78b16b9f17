"""Every scale protocol of the registry over a real pseudo-terminal: weights, states, orders, the cable out and in again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from firmware_bridges.scale import ScaleDriver
from firmware_bridges.supervise import supervise
from protocols.clock import FakeClock
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent, WeightRead, WeightState
from protocols.scales.registry import PROTOCOLS
from protocols.scales.session import Ordered, ScaleOrder
from simulators.cables import SerialCable
from simulators.clock import SystemClock
from simulators.scale import ScaleSimulator
from tests.support.waiting import until

every_protocol = pytest.mark.parametrize("name", PROTOCOLS)


class Quick:
    """Chance that always draws the shortest wait."""

    def bytes(self, count: int) -> bytes:
        return bytes(count)


class Counter:
    """A scale on its cable, and the driver that reads it."""

    def __init__(self, name: str, port: Path) -> None:
        self.protocol = PROTOCOLS[name]
        self.clock = FakeClock()
        self.scale = ScaleSimulator(SerialCable(port), self.clock, self.protocol)
        self.driver = ScaleDriver("scale-1", self.protocol, str(port), SystemClock(), interval_ms=5)
        self.events: list[DeviceEvent] = []

    def shows(self, state: WeightState, grams: int | None = None, *, net: bool = False) -> Callable[[], bool]:
        def last() -> bool:
            reads = [event for event in self.events if isinstance(event, WeightRead)]
            return bool(reads) and (reads[-1].state, reads[-1].grams, reads[-1].net) == (state, grams, net)

        return last

    def is_in(self, state: DeviceState) -> Callable[[], bool]:
        def last() -> bool:
            states = [event for event in self.events if isinstance(event, DeviceStateEvent)]
            return bool(states) and states[-1].state is state

        return last

    async def puts(self, grams: int) -> None:
        """Off with the old load, on with the new one."""
        self.scale.set_weight(0, settle_ms=0)
        empty = WeightState.ZERO in self.protocol.tells
        await until(self.shows(WeightState.ZERO, 0) if empty else self.shows(WeightState.BELOW_MINIMUM))
        self.scale.set_weight(grams, settle_ms=0)
        await until(self.shows(WeightState.STABLE, grams))


@contextlib.asynccontextmanager
async def counter(name: str, port: Path) -> AsyncIterator[Counter]:
    one = Counter(name, port)
    await one.scale.start()
    task = asyncio.create_task(supervise(one.driver, one.events.append, SystemClock(), Quick()))
    try:
        yield one
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await one.scale.stop()


@every_protocol
async def test_weights_states_and_the_cable_out_and_in_again(name: str, tmp_path: Path) -> None:
    async with counter(name, tmp_path / "scale") as one:
        await one.puts(1_250)
        assert one.is_in(DeviceState.READY)()
        for state in sorted(one.protocol.tells - {WeightState.STABLE, WeightState.ZERO}):
            one.scale.set_state(state)
            await until(one.shows(state))
            one.scale.set_state(WeightState.STABLE)
        one.scale.faults.split = True
        await one.puts(640)
        one.scale.faults.split = False
        await one.scale.unplug()
        await until(one.is_in(DeviceState.RETRYING))
        await one.scale.plug_in()
        await one.puts(735)


@every_protocol
async def test_orders_are_carried_out_or_refused_with_the_reason(name: str, tmp_path: Path) -> None:
    async with counter(name, tmp_path / "scale") as one:
        await one.puts(200)
        orders, cell = one.protocol.orders, one.scale.cell
        assert await one.driver.order(ScaleOrder.ZERO) is (
            Ordered.DONE if ScaleOrder.ZERO in orders else Ordered.NOT_KNOWN
        ), "200 g are within two per cent of the capacity"
        zero_grams = 200 if ScaleOrder.ZERO in orders else 0
        assert cell.gross_grams == 200 - zero_grams
        one.scale.set_weight(zero_grams + 500, settle_ms=0)
        await until(one.shows(WeightState.STABLE, 500))
        if ScaleOrder.ZERO in orders:
            assert await one.driver.order(ScaleOrder.ZERO) is Ordered.OUT_OF_RANGE
            assert cell.gross_grams == 500
        if ScaleOrder.TARE not in orders:
            assert await one.driver.order(ScaleOrder.TARE) is Ordered.NOT_KNOWN
            assert cell.tare_grams == 0
            return
        assert await one.driver.order(ScaleOrder.TARE) is Ordered.DONE
        one.scale.set_weight(zero_grams + 1_250, settle_ms=0)
        net = one.protocol.tells_net or name == "dialog06"
        await until(one.shows(WeightState.STABLE, 750, net=net))
        if ScaleOrder.CLEAR_TARE in orders:
            assert await one.driver.order(ScaleOrder.CLEAR_TARE) is Ordered.DONE
            one.scale.set_weight(zero_grams + 1_300, settle_ms=0)
            await until(one.shows(WeightState.STABLE, 1_300))
        assert cell.tare_grams in {0, 500}


@every_protocol
async def test_a_load_in_motion_is_neither_zero_nor_tare(name: str, tmp_path: Path) -> None:
    async with counter(name, tmp_path / "scale") as one:
        if not one.protocol.orders:
            return
        await one.puts(240)
        one.scale.set_state(WeightState.MOTION)
        await until(one.shows(WeightState.MOTION))
        for order in sorted(one.protocol.orders - {ScaleOrder.CLEAR_TARE}):
            asked = asyncio.create_task(one.driver.order(order))
            while not asked.done():  # MT-SICS waits for rest by the scale's own clock
                one.clock.advance(1_000)
                await asyncio.sleep(0.02)
            assert await asked is Ordered.MOTION
        assert (one.scale.cell.gross_grams, one.scale.cell.tare_grams) == (240, 0)


async def test_an_order_to_a_scale_that_is_gone_is_not_known_to_be_done(tmp_path: Path) -> None:
    async with counter("toledo8217", tmp_path / "scale") as one:
        await one.puts(100)
        await one.scale.unplug()
        await until(one.is_in(DeviceState.RETRYING))
        assert await one.driver.order(ScaleOrder.TARE) is Ordered.UNANSWERED


async def test_a_scale_with_its_tare_switched_off_does_not_know_the_order(tmp_path: Path) -> None:
    async with counter("toledo8217", tmp_path / "scale") as one:
        await one.puts(100)
        one.scale.faults.silent = True
        assert await one.driver.order(ScaleOrder.TARE) is Ordered.NOT_KNOWN
