"""A box over a bench, made from one file: the serial scanner's codes and an MT-SICS scale's weights become lines, once."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from protocols.contract.till import TillState
from protocols.contract.till_control import Login, OpenShift
from simulators.mouth import SpeechFaults
from simulators.scanner import ScannerSimulator
from tests.support.bench_ground import RunningBench, box_on, running_bench, store_toml
from tests.support.box_process import BoxProcess
from tests.support.goods import ANN, APPLES_CODE, BREAD_CODE, MILK_CODE, PIN
from tests.support.till_client import TillClient

WAIT_SECONDS = 40.0


@dataclass
class Counter:
    """One till with its scanner and scale."""

    here: RunningBench
    box: BoxProcess
    screen: TillClient

    @property
    def scanner(self) -> ScannerSimulator:
        return self.here.bench.scanners["scanner-1"]

    def state(self) -> TillState:
        with urllib.request.urlopen(f"{self.box.url}/v1/tills/1/state", timeout=5) as answer:
            return msgspec.convert(json.load(answer), TillState)

    async def until(self, holds: Callable[[TillState], object]) -> TillState:
        async with asyncio.timeout(WAIT_SECONDS):
            while not holds(state := await asyncio.to_thread(self.state)):  # noqa: ASYNC110 - the box is another process
                await asyncio.sleep(0.02)
        return state

    async def scan(self, code: str) -> TillState:
        """Scan, and wait for the box's word on it."""
        before = {scan.id for scan in (await asyncio.to_thread(self.state)).device_scans}
        self.scanner.scan(code)
        return await self.until(lambda state: any(scan.id not in before for scan in state.device_scans))

    async def refusal(self, code: str) -> str:
        newest = (await self.scan(code)).device_scans[-1]
        assert not newest.ok
        assert newest.reason is not None
        return newest.reason.code


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with running_bench(tmp_path, store_toml()) as here:
        box = box_on(tmp_path, here.settings)
        box.start()
        await box.ready()
        one = Counter(here, box, TillClient(box.url, "1"))
        ready = {"scanner-1", "scale-2"}
        await one.until(lambda state: ready <= {each.device_id for each in state.devices if each.state == "ready"})
        yield one
        await one.screen.close()
        await box.stop()


async def test_codes_and_weights_from_the_wire_become_lines_once(counter: Counter) -> None:
    assert await counter.refusal(MILK_CODE) == "login_first"
    await counter.screen.send(Login(staff_id=ANN, pin=PIN))
    assert await counter.refusal(BREAD_CODE) == "shift_first"
    await counter.screen.send(OpenShift(float_minor=0))
    # No screen is open from here on.
    await counter.screen.close()
    state = await counter.scan(MILK_CODE)
    assert [(line.name, line.quantity) for line in state.lines] == [("Milk 1 l", 1)]
    assert await counter.refusal(APPLES_CODE) == "weight_zero"
    assert await counter.refusal("4006381333930") == "check_digit"
    counter.here.bench.scales["scale-2"].set_weight(1_235, settle_ms=0)
    await counter.until(lambda state: state.weight and state.weight.grams == 1_235)
    state = await counter.scan(APPLES_CODE)
    assert [(line.name, line.grams) for line in state.lines][1:] == [("Apples", 1_230)]
    counter.here.bench.scales["scale-2"].cell.tare()
    counter.here.bench.scales["scale-2"].set_weight(1_735, settle_ms=0)
    await counter.until(lambda state: state.weight and state.weight.grams == 500)
    await counter.scan(BREAD_CODE)  # the same code twice in a moment would be the same scan
    state = await counter.scan(APPLES_CODE)
    assert state.lines[-1].grams == 500, "tared at the scale: the item's own tare is not taken off again"
    counter.scanner.faults = SpeechFaults(garbage=True)
    assert await counter.refusal(MILK_CODE) == "scan_unreadable"
    counter.scanner.faults = SpeechFaults(duplicate_percent=100)
    state = await counter.scan(MILK_CODE)
    assert sum(line.quantity for line in state.lines if line.name == "Milk 1 l") == 2
    await counter.scanner.unplug()
    await counter.until(
        lambda state: any((each.device_id, each.state) == ("scanner-1", "retrying") for each in state.devices)
    )
