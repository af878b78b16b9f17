"""The simulated controller on a link in memory, for virtual time: `read`, `write` and `close` as a host sees them."""

from __future__ import annotations

import asyncio
import contextlib

from protocols.clock import Clock
from simulators.ble_esl.controller import SimulatedController

STEP_US_MIN = 1_000


class MemoryController:
    """`run` is the controller's life; each `open` resets it, as plugging a cable in does."""

    def __init__(self, controller: SimulatedController, clock: Clock) -> None:
        self.controller = controller
        self._clock = clock
        self._began_ms = clock.monotonic_ms()
        self._wake = asyncio.Event()
        self._heard = asyncio.Event()
        self._data = bytearray()
        self._closed = True

    @property
    def now_us(self) -> int:
        """True time of the air."""
        return (self._clock.monotonic_ms() - self._began_ms) * 1_000

    async def run(self) -> None:
        """For ever."""
        while True:
            self.controller.step(self.now_us)
            self._hand_on()
            wait_us = max(STEP_US_MIN, self.controller.next_us(self.now_us) - self.now_us)
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_us / 1_000_000):
                    await self._wake.wait()

    def open(self) -> MemoryController:
        """The host's end."""
        self.controller.power_off(self.now_us)
        self._data.clear()
        self._closed = False
        return self

    async def read(self) -> bytes:
        """The next bytes. Raises ConnectionError after `close`."""
        await self._heard.wait()
        self._heard.clear()
        if self._closed:
            raise ConnectionError("closed")
        data = bytes(self._data)
        self._data.clear()
        return data

    async def write(self, data: bytes) -> None:
        """Bytes of the host. Raises `HciFramingLost`."""
        self.controller.receive(data, self.now_us)
        self._hand_on()
        self._wake.set()

    async def close(self) -> None:
        """The cable is out."""
        self._closed = True
        self._heard.set()
        self.controller.power_off(self.now_us)

    def _hand_on(self) -> None:
        if data := self.controller.take_output():
            self._data += data
            self._heard.set()
