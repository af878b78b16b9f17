"""A hung driver is started anew alone; one that cannot be ended is left behind, counted, and never heard of again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

import pytest
import structlog

from firmware_bridges.life import Heartbeat, Life
from firmware_bridges.supervise import ABANDONED_MAX, CANCEL_SECONDS, Emit, LinkBroken, supervise
from protocols.clock import SeededRandom
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent
from simulators.replay.loop import VirtualClock, VirtualLoop, run_virtual

SILENCE_MS = 4_000
Step = Callable[["WatchedDriver", Emit], Coroutine[None, None, None]]


@dataclass
class WatchedDriver:
    """Runs the next step of its script each time; the last one repeats. `deaf`: it swallows cancellations."""

    steps: tuple[Step, ...]
    silence_max_ms: int | None = SILENCE_MS
    deaf: bool = True
    runs: int = 0
    working: int = 0
    device_id: str = "d1"
    device_kind: str = "scale"

    async def run(self, emit: Emit) -> None:
        self.runs += 1
        self.working += 1
        try:
            await self.steps[min(self.runs, len(self.steps)) - 1](self, emit)
        finally:
            self.working -= 1


@dataclass
class Heard:
    states: list[tuple[str, str]] = field(default_factory=list)
    others: list[DeviceEvent] = field(default_factory=list)
    life: Life = field(default_factory=Life)

    def emit(self, event: DeviceEvent) -> None:
        if isinstance(event, DeviceStateEvent):
            self.states.append((event.state.value, event.reason))
        else:
            self.others.append(event)


def ready(reason: str = "") -> DeviceStateEvent:
    return DeviceStateEvent(device_id="d1", device_kind="scale", state=DeviceState.READY, reason=reason)


async def lively(_driver: WatchedDriver, emit: Emit) -> None:
    emit(ready())
    while True:
        await asyncio.sleep(SILENCE_MS / 2000)
        emit(Heartbeat(device_id="d1"))


async def stuck(_driver: WatchedDriver, emit: Emit) -> None:
    emit(ready())
    await asyncio.get_running_loop().create_future()


async def stuck_before_a_word(_driver: WatchedDriver, _emit: Emit) -> None:
    await asyncio.get_running_loop().create_future()


async def deaf(driver: WatchedDriver, emit: Emit) -> None:
    emit(ready())
    while driver.deaf:
        try:
            await asyncio.sleep(1_000_000)
        except asyncio.CancelledError:
            emit(ready("still here"))


async def broken(_driver: WatchedDriver, _emit: Emit) -> None:
    raise LinkBroken("the cable is out")


async def crashing(_driver: WatchedDriver, _emit: Emit) -> None:
    raise ZeroDivisionError


def supervised(driver: WatchedDriver, seconds: float) -> Heard:
    heard = Heard()

    async def scene(loop: VirtualLoop) -> None:
        before = asyncio.all_tasks()
        task = asyncio.create_task(supervise(driver, heard.emit, VirtualClock(loop, 5_000), SeededRandom(1), heard.life))
        await asyncio.sleep(seconds)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        driver.deaf = False
        for left in asyncio.all_tasks() - before:
            left.cancel()
        await asyncio.sleep(CANCEL_SECONDS)
        assert asyncio.all_tasks() == before
        assert driver.working == 0

    run_virtual(scene)
    assert heard.others == [], "a heartbeat is for the supervisor alone"
    return heard


def test_a_driver_with_a_heartbeat_is_left_in_peace() -> None:
    driver = WatchedDriver((lively,))
    heard = supervised(driver, seconds=3_600)
    assert (driver.runs, heard.life.hangs) == (1, 0)


def test_silence_means_nothing_where_no_limit_is_stated() -> None:
    driver = WatchedDriver((stuck,), silence_max_ms=None)
    heard = supervised(driver, seconds=86_400)
    assert (driver.runs, heard.life.hangs) == (1, 0)


@pytest.mark.parametrize("hanging", [stuck, stuck_before_a_word])
def test_a_hung_driver_is_started_anew(hanging: Step) -> None:
    driver = WatchedDriver((hanging, lively))
    heard = supervised(driver, seconds=20)
    assert driver.runs == 2
    assert ("failed", "the driver hung and was started anew") in heard.states
    assert heard.states[-2:] == [("ready", ""), ("stopped", "")]
    life = heard.life
    assert (life.hangs, life.abandoned, life.errors, life.reconnects) == (1, 0, 1, 1)
    assert life.last_error == "the driver hung and was started anew"
    assert life.last_error_at_ms == 5_000 + SILENCE_MS


def test_a_driver_that_ignores_its_end_is_left_behind_and_heard_no_more() -> None:
    driver = WatchedDriver((deaf, lively))
    heard = supervised(driver, seconds=60)
    assert driver.runs == 2
    assert (heard.life.hangs, heard.life.abandoned) == (1, 1)
    assert ("ready", "still here") not in heard.states
    assert heard.life.abandoned_now == 0, "it ended at last"


def test_so_many_may_be_left_behind_and_no_more() -> None:
    driver = WatchedDriver((deaf,))
    heard = supervised(driver, seconds=86_400)
    assert driver.runs == heard.life.abandoned == ABANDONED_MAX
    assert heard.states[-2] == ("failed", "the driver hangs and cannot be ended: restart the box")


def test_the_box_stops_although_a_driver_does_not() -> None:
    driver = WatchedDriver((deaf,), silence_max_ms=None)
    heard = supervised(driver, seconds=10)
    assert heard.states[-1] == ("stopped", "")
    assert heard.life.abandoned == 1


def test_what_a_device_went_through_is_counted() -> None:
    driver = WatchedDriver((broken, broken, crashing, lively))
    heard = supervised(driver, seconds=60)
    assert (heard.life.errors, heard.life.reconnects, heard.life.events) == (3, 1, 1)
    assert heard.life.last_error == "the driver crashed (ZeroDivisionError)"


def test_the_same_crash_is_told_in_full_once(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.reset_defaults()
    supervised(WatchedDriver((crashing,)), seconds=600)
    told = capsys.readouterr()
    assert (told.out + told.err).count("driver_crashed") == 1
