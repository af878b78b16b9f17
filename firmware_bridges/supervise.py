"""Keeps one device driver alive for ever: start, report, wait, start again. The only place that catches everything.

A driver knows its device; it does not know what to do when the device is gone. It raises `LinkBroken` and is run again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from protocols.clock import Clock, RandomSource
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent
from protocols.sync.backoff import retry_wait

RETRY_FIRST_MS = 1_000
RETRY_CAP_MS = 30_000
RETRY_CAP_MS_OF = {"reader": 2_000, "scale": 3_000}
"""By kind of device: a reader that is back must read again within two seconds, for goods pass it meanwhile; at a scale a
customer waits."""
STEADY_AFTER_MS = 10_000
"""A device that answered for this long is well again: the next break starts over with the shortest wait."""

Emit = Callable[[DeviceEvent], None]

log = structlog.get_logger(__name__)


class LinkBroken(Exception):
    """The device is out of reach. The message says why, in plain words a shop assistant can act on."""


class Driver(Protocol):
    """One device, reached over one link."""

    device_id: str
    device_kind: str

    async def run(self, emit: Emit) -> None:
        """Open the link and serve the device until it is gone; a new call begins anew.

        Emits READY only when the device itself answered, DEGRADED when it stopped answering on an open link.
        Raises LinkBroken when the link cannot be opened or ends. Closes the link on every way out.
        """


async def supervise(driver: Driver, emit: Emit, clock: Clock, rng: RandomSource) -> None:
    """Run the driver until cancelled.

    States told: STARTING once, what the driver itself says, RETRYING(reason) after a broken link, FAILED(reason) after a
    crash of the driver (it is started again all the same), STOPPED at cancellation. Waits 1 s ... 30 s in between (2 s for
    readers), drawn at random under a ceiling that doubles. Raises only asyncio.CancelledError and what `emit` raises for a
    state.
    """

    def tell(state: DeviceState, reason: str = "") -> None:
        emit(DeviceStateEvent(device_id=driver.device_id, device_kind=driver.device_kind, state=state, reason=reason))

    tell(DeviceState.STARTING)
    attempt = 0
    try:
        while True:
            watch = _ReadySince(emit, clock)
            state, reason = await _run_once(driver, watch.emit)
            if watch.steady():
                attempt = 0
            tell(state, reason)
            cap_ms = RETRY_CAP_MS_OF.get(driver.device_kind, RETRY_CAP_MS)
            wait_ms = retry_wait(rng, attempt, RETRY_FIRST_MS, cap_ms)
            attempt += 1
            await asyncio.sleep(wait_ms / 1000)
    except asyncio.CancelledError:
        tell(DeviceState.STOPPED)
        raise


async def _run_once(driver: Driver, emit: Emit) -> tuple[DeviceState, str]:
    """Run the driver to its end and say what that end means."""
    try:
        await driver.run(emit)
    except LinkBroken as broken:
        return DeviceState.RETRYING, str(broken)
    except Exception as crash:
        log.exception("driver_crashed", device_id=driver.device_id, device_kind=driver.device_kind)
        return DeviceState.FAILED, f"the driver crashed ({type(crash).__name__})"
    return DeviceState.RETRYING, "the driver ended by itself"


class _ReadySince:
    """Listens to one run of a driver for how long the device has been READY."""

    def __init__(self, emit: Emit, clock: Clock) -> None:
        self._emit = emit
        self._clock = clock
        self._ready_from_ms: int | None = None

    def emit(self, event: DeviceEvent) -> None:
        if isinstance(event, DeviceStateEvent):
            if event.state is not DeviceState.READY:
                self._ready_from_ms = None
            elif self._ready_from_ms is None:
                self._ready_from_ms = self._clock.monotonic_ms()
        self._emit(event)

    def steady(self) -> bool:
        since = self._ready_from_ms
        return since is not None and self._clock.monotonic_ms() - since >= STEADY_AFTER_MS
