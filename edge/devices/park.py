"""The drivers at work, each under its own supervisor: devices come and go one by one, and none stops another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping

import structlog

from edge.devices.fitting import Fitting
from firmware_bridges.life import Life
from firmware_bridges.supervise import Emit, supervise
from protocols.clock import Clock, RandomSource

log = structlog.get_logger("tallystick.edge.devices")

LIVES_MAX = 1_000
"""Policy when reached: the oldest is forgotten."""
AGAIN_SECONDS = 5.0
"""Before something that failed beside a driver, or a supervisor, is started again."""


class DevicePark:
    """Fitted devices. What is put in runs while `run` does."""

    def __init__(self, emit: Emit, clock: Clock, random: RandomSource) -> None:
        self._emit = emit
        self._clock = clock
        self._random = random
        self._fittings: dict[str, Fitting] = {}
        self._lives: dict[str, Life] = {}
        self._tasks: dict[str, list[asyncio.Task[None]]] = {}
        self._running = False

    @property
    def fittings(self) -> Mapping[str, Fitting]:
        """By device."""
        return self._fittings

    @property
    def lives(self) -> Mapping[str, Life]:
        """What each device has been through since the box began, those taken out included: counters never go back."""
        return self._lives

    def put_in(self, fitting: Fitting) -> None:
        """One more device; it starts at once if the others run. Its id must be free."""
        device_id = fitting.driver.device_id
        if device_id in self._fittings:
            raise ValueError(f"there is a device {device_id} already")
        self._fittings[device_id] = fitting
        self._lives.setdefault(device_id, Life())
        while len(self._lives) > LIVES_MAX:
            del self._lives[next(iter(self._lives))]
        if self._running:
            self._start(device_id)

    async def take_out(self, device_id: str) -> None:
        """End a device and wait until it has let go of its link (or was given up)."""
        await self._stop(device_id)
        self._fittings.pop(device_id, None)

    def state_changed(self, device_id: str) -> None:
        """A device is in another state: what runs beside it may care."""
        if (fitting := self._fittings.get(device_id)) is not None and fitting.on_state is not None:
            fitting.on_state()

    async def run(self) -> None:
        """All of them, until cancelled."""
        self._running = True
        try:
            for device_id in self._fittings:
                self._start(device_id)
            await asyncio.get_running_loop().create_future()
        finally:
            self._running = False
            await asyncio.gather(*(self._stop(device_id) for device_id in list(self._tasks)))

    def _start(self, device_id: str) -> None:
        fitting = self._fittings[device_id]
        life = self._lives[device_id]

        async def driven() -> None:
            await supervise(fitting.driver, self._emit, self._clock, self._random, life)

        self._tasks[device_id] = [
            asyncio.create_task(_again_and_again(device_id, run), name=device_id) for run in (driven, *fitting.tasks)
        ]

    async def _stop(self, device_id: str) -> None:
        tasks = self._tasks.pop(device_id, [])
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


async def _again_and_again(device_id: str, run: Callable[[], Coroutine[None, None, None]]) -> None:
    """An error here is one of ours or the disk's; it must not take other devices along."""
    while True:
        running = asyncio.ensure_future(run())
        try:
            await asyncio.wait({running})
        except asyncio.CancelledError:
            running.cancel()
            await asyncio.wait({running})
            raise
        error = None if running.cancelled() else running.exception()
        log.error("a part of a device failed", device_id=device_id, error=repr(error), exc_info=error)
        await asyncio.sleep(AGAIN_SECONDS)
