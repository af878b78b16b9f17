"""The supervisor in virtual time: hours of broken links pass in no time, and nothing depends on the machine's speed."""

import asyncio
import itertools
import selectors
from collections.abc import Callable, Coroutine

import pytest

from firmware_bridges.supervise import Emit, LinkBroken, supervise
from protocols.clock import SeededRandom
from protocols.contract.values import ClockQuality
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent


class JumpingSelector(selectors.DefaultSelector):
    """Never waits: moves the time instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += max(timeout or 0.0, 0.0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.jumping = JumpingSelector()
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.now


class LoopClock:
    def now_ms(self) -> int:
        return self.monotonic_ms()

    def monotonic_ms(self) -> int:
        return round(asyncio.get_running_loop().time() * 1000)

    def quality(self) -> ClockQuality:
        return ClockQuality.SYNCED


class ScriptedDriver:
    """Each run follows the next step of the script; the last step repeats."""

    device_id = "d1"
    device_kind = "printer"

    def __init__(self, *steps: Callable[[Emit], Coroutine[None, None, None]]) -> None:
        self.steps = steps
        self.started_ms: list[int] = []

    async def run(self, emit: Emit) -> None:
        self.started_ms.append(LoopClock().monotonic_ms())
        await self.steps[min(len(self.started_ms), len(self.steps)) - 1](emit)


def ready() -> DeviceStateEvent:
    return DeviceStateEvent(device_id="d1", device_kind="printer", state=DeviceState.READY)


async def broken(emit: Emit) -> None:
    raise LinkBroken("the cable is out")


async def crashing(emit: Emit) -> None:
    raise ZeroDivisionError


async def ending(emit: Emit) -> None:
    return


async def well_for_a_minute(emit: Emit) -> None:
    emit(ready())
    await asyncio.sleep(60)
    raise LinkBroken("the cable is out")


async def well_for_a_second(emit: Emit) -> None:
    emit(ready())
    await asyncio.sleep(1)
    raise LinkBroken("the cable is out")


def supervised(driver: ScriptedDriver, seconds: float, seed: int = 1) -> list[tuple[DeviceState, str]]:
    heard: list[DeviceEvent] = []

    async def scene() -> None:
        task = asyncio.create_task(supervise(driver, heard.append, LoopClock(), SeededRandom(seed)))
        await asyncio.sleep(seconds)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(scene())
    assert all(isinstance(event, DeviceStateEvent) and event.device_id == "d1" for event in heard)
    return [(event.state, event.reason) for event in heard if isinstance(event, DeviceStateEvent)]


def waits(driver: ScriptedDriver, run_ms: int = 0) -> list[int]:
    starts = driver.started_ms
    return [after - before - run_ms for before, after in itertools.pairwise(starts)]


def test_states_from_start_to_stop() -> None:
    told = supervised(ScriptedDriver(broken, well_for_a_minute), seconds=30)
    assert told == [
        (DeviceState.STARTING, ""),
        (DeviceState.RETRYING, "the cable is out"),
        (DeviceState.READY, ""),
        (DeviceState.STOPPED, ""),
    ]


@pytest.mark.parametrize("seed", range(5))
def test_waits_grow_from_one_second_and_stay_under_thirty(seed: int) -> None:
    driver = ScriptedDriver(broken)
    supervised(driver, seconds=3_600, seed=seed)
    took = waits(driver)
    assert took[0] == 1_000
    assert all(1_000 <= wait <= min(30_000, 1_000 << number) for number, wait in enumerate(took))
    assert max(took) > 20_000
    assert len(set(took[6:])) > 10  # jitter


def test_a_device_that_was_well_is_sought_again_at_once() -> None:
    driver = ScriptedDriver(broken, broken, broken, broken, broken, broken, well_for_a_minute)
    supervised(driver, seconds=600)
    assert waits(driver, run_ms=60_000)[6:] == [1_000] * len(waits(driver)[6:])
    assert len(waits(driver)[6:]) > 3


def test_a_flapping_device_is_not_sought_every_second() -> None:
    driver = ScriptedDriver(well_for_a_second)
    supervised(driver, seconds=3_600)
    assert max(waits(driver, run_ms=1_000)) > 20_000


def test_a_crash_is_told_and_the_driver_runs_again() -> None:
    driver = ScriptedDriver(crashing, ending, well_for_a_minute)
    told = supervised(driver, seconds=20)
    assert told[1] == (DeviceState.FAILED, "the driver crashed (ZeroDivisionError)")
    assert told[2][0] is DeviceState.RETRYING
    assert told[3][0] is DeviceState.READY


def test_cancelling_while_it_waits_ends_it() -> None:
    assert supervised(ScriptedDriver(broken), seconds=0.5)[-1] == (DeviceState.STOPPED, "")
