"""Keeps one device driver alive for ever: start, report, wait, start again; whatever a driver raises ends here.

A driver knows its device; it does not know what to do when the device is gone. It raises `LinkBroken` and is run again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from typing import Protocol

import structlog

from firmware_bridges.life import LIFE, Heartbeat, Life
from protocols.clock import Clock, RandomSource
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent
from protocols.sync.backoff import retry_wait

RETRY_FIRST_MS = 1_000
RETRY_CAP_MS = 30_000
RETRY_CAP_MS_OF = {"reader": 2_000}
"""By kind of device: a reader that is back must read again within two seconds, for goods pass it meanwhile."""
STEADY_AFTER_MS = 10_000
"""A device that answered for this long is well again: the next break starts over with the shortest wait."""
CANCEL_SECONDS = 5.0
"""How long a driver may take to let go of its link."""
ABANDONED_MAX = 3
"""Policy when so many drivers of one device go on after they were told to end: none is started until one of them ends."""
CLEAR_SECONDS = 30.0
"""How often is looked whether one has ended."""

Emit = Callable[[DeviceEvent], None]

log = structlog.get_logger(__name__)


class LinkBroken(Exception):
    """The device is out of reach. The message says why, in plain words a shop assistant can act on."""


class Driver(Protocol):
    """One device, reached over one link.

    A driver that never is silent for long says so with `silence_max_ms`: unless it emits something (a `Heartbeat`, if
    there is no news) at least so often, it hangs, and is cancelled and started anew. Without it silence means nothing.
    """

    device_id: str
    device_kind: str

    async def run(self, emit: Emit) -> None:
        """Open the link and serve the device until it is gone; a new call begins anew.

        Emits READY only when the device itself answered, DEGRADED when it stopped answering on an open link.
        Raises LinkBroken when the link cannot be opened or ends. Closes the link on every way out.
        """


async def supervise(driver: Driver, emit: Emit, clock: Clock, rng: RandomSource, life: Life | None = None) -> None:
    """Run the driver until cancelled.

    States told: STARTING once, what the driver itself says, RETRYING(reason) after a broken link, FAILED(reason) after a
    crash or a hang of the driver (it is started again all the same), STOPPED at cancellation. Waits 1 s ... 30 s in between
    (2 s for readers), drawn at random under a ceiling that doubles. Raises only asyncio.CancelledError and what `emit`
    raises for a state.
    """
    life = life or Life()

    def tell(state: DeviceState, reason: str = "") -> None:
        emit(DeviceStateEvent(device_id=driver.device_id, device_kind=driver.device_kind, state=state, reason=reason))

    tell(DeviceState.STARTING)
    attempt = 0
    crash = ""
    try:
        while True:
            run = _Run(driver, emit, clock, life, lost=attempt > 0)
            state, reason = await run.to_its_end(known_crash=crash)
            if run.steady():
                attempt = 0
                crash = ""
            crash = reason if state is DeviceState.FAILED else crash
            life.failed(reason, clock.now_ms())
            tell(state, reason)
            cap_ms = RETRY_CAP_MS_OF.get(driver.device_kind, RETRY_CAP_MS)
            wait_ms = retry_wait(rng, attempt, RETRY_FIRST_MS, cap_ms)
            attempt += 1
            await asyncio.sleep(wait_ms / 1000)
            while life.abandoned_now >= ABANDONED_MAX:
                tell(DeviceState.FAILED, "the driver hangs and cannot be ended: restart the box")
                await asyncio.sleep(CLEAR_SECONDS)
    except asyncio.CancelledError:
        tell(DeviceState.STOPPED)
        raise


class _Run:
    """One run of a driver: it is listened to, watched for silence, and ended or given up."""

    def __init__(self, driver: Driver, emit: Emit, clock: Clock, life: Life, *, lost: bool) -> None:
        self._driver = driver
        self._emit = emit
        self._clock = clock
        self._life = life
        self._lost = lost
        self._silence_max_ms: int | None = getattr(driver, "silence_max_ms", None)
        self._ready_from_ms: int | None = None
        self._heard_ms = clock.monotonic_ms()
        self._over = False

    async def to_its_end(self, known_crash: str) -> tuple[DeviceState, str]:
        """Run the driver and say what its end means. A crash of the kind `known_crash` is not told in full again."""
        context = copy_context()
        context.run(LIFE.set, self._life)
        task = asyncio.get_running_loop().create_task(self._driver.run(self._hear), context=context)
        try:
            if not await self._watch(task):
                self._life.hangs += 1
                log.error("driver_hangs", device_id=self._driver.device_id, silent_ms=self._silence_max_ms)
                await self._end(task)
                return DeviceState.FAILED, "the driver hung and was started anew"
        except asyncio.CancelledError:
            await self._end(task)
            raise
        finally:
            self._over = True
        return self._meaning(task, known_crash)

    def steady(self) -> bool:
        """Whether the device was READY for long enough to be called well."""
        since = self._ready_from_ms
        return since is not None and self._clock.monotonic_ms() - since >= STEADY_AFTER_MS

    async def _watch(self, task: asyncio.Task[None]) -> bool:
        """True when the task ended by itself, False when it has been silent for too long."""
        limit_ms = self._silence_max_ms
        while not task.done():
            left_ms = None if limit_ms is None else self._heard_ms + limit_ms - self._clock.monotonic_ms()
            if left_ms is not None and left_ms <= 0:
                return False
            await asyncio.wait({task}, timeout=None if left_ms is None else left_ms / 1000)
        return True

    async def _end(self, task: asyncio.Task[None]) -> None:
        """Cancel it; one that does not end is left behind, and counted."""
        self._over = True
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_SECONDS)
        if task.done():
            return
        self._life.abandoned += 1
        self._life.abandoned_now += 1
        log.error("driver_abandoned", device_id=self._driver.device_id, device_kind=self._driver.device_kind)
        _LEFT_BEHIND.add(task)
        task.add_done_callback(self._gone_at_last)

    def _gone_at_last(self, task: asyncio.Task[None]) -> None:
        _LEFT_BEHIND.discard(task)
        self._life.abandoned_now -= 1
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not complain of it

    def _meaning(self, task: asyncio.Task[None], known_crash: str) -> tuple[DeviceState, str]:
        if task.cancelled():
            return DeviceState.FAILED, "the driver was cancelled from within"
        crash = task.exception()
        if crash is None:
            return DeviceState.RETRYING, "the driver ended by itself"
        if isinstance(crash, LinkBroken):
            return DeviceState.RETRYING, str(crash)
        if not isinstance(crash, Exception):
            raise crash
        reason = f"the driver crashed ({type(crash).__name__})"
        if reason != known_crash:
            driver = self._driver
            log.error("driver_crashed", device_id=driver.device_id, device_kind=driver.device_kind, exc_info=crash)
        return DeviceState.FAILED, reason

    def _hear(self, event: DeviceEvent) -> None:
        if self._over:
            return
        self._heard_ms = self._clock.monotonic_ms()
        if isinstance(event, Heartbeat):
            return
        self._life.events += 1
        if isinstance(event, DeviceStateEvent):
            self._state(event.state)
        self._emit(event)

    def _state(self, state: DeviceState) -> None:
        if state is not DeviceState.READY:
            self._ready_from_ms = None
        elif self._ready_from_ms is None:
            self._ready_from_ms = self._clock.monotonic_ms()
            self._life.reconnects += self._lost
            self._lost = False


_LEFT_BEHIND: set[asyncio.Task[None]] = set()
"""Keeps them from being collected; bounded by `ABANDONED_MAX` a device."""
