"""Customer displays with CD5220, on a port of their own or behind a receipt printer. They show two lines and say nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from firmware_bridges.links import ByteLink, LineSetting, OpenPort, open_port
from firmware_bridges.supervise import LinkBroken
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent
from protocols.displays.cd5220 import screen_bytes, start_bytes

AGAIN_SECONDS = 15.0
"""Both lines are written again this often: a display that lost its power shows them again."""
QUIET_SECONDS = 0.05
"""Between two changes: a display at 9,600 baud takes as long for one of them."""


class DisplayDriver:
    """A display on a port. `show` may be called at any time, also while there is no display; the newest lines count."""

    device_kind = "display"

    def __init__(
        self,
        device_id: str,
        port: str,
        *,
        baud: int = 9600,
        line: LineSetting = "8N1",
        charset: str = "cp437",
        open_port: OpenPort = open_port,
        again_seconds: float = AGAIN_SECONDS,
    ) -> None:
        self.device_id = device_id
        self._port = port
        self._baud = baud
        self._line: LineSetting = line
        self._charset = charset
        self._open_port = open_port
        self._again_seconds = again_seconds
        self._wanted = ("", "")
        self._changed = asyncio.Event()

    def show(self, upper: str, lower: str) -> None:
        """These two lines from now on; cut to the display's width."""
        if (upper, lower) != self._wanted:
            self._wanted = (upper, lower)
            self._changed.set()

    async def run(self, emit: Callable[[DeviceEvent], None]) -> None:
        """Open the port and keep the display up to date until the port is gone. Raises LinkBroken.

        READY means that the port is open: whether a display hangs on it, nobody can know.
        """
        link = await self._open_port(self._port, self._baud, self._line)
        reading = asyncio.get_running_loop().create_task(_until_gone(link))
        try:
            await link.write(start_bytes())
            emit(DeviceStateEvent(device_id=self.device_id, device_kind=self.device_kind, state=DeviceState.READY))
            while not reading.done():
                self._changed.clear()
                await link.write(screen_bytes(*self._wanted, self._charset))
                await asyncio.sleep(QUIET_SECONDS)
                await self._next(reading)
            raise LinkBroken(reading.result())
        finally:
            reading.cancel()
            await asyncio.wait({reading})
            await link.close()

    async def _next(self, reading: asyncio.Task[str]) -> None:
        changed = asyncio.get_running_loop().create_task(self._changed.wait())
        try:
            await asyncio.wait({reading, changed}, timeout=self._again_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()


class ShowsBytes(Protocol):
    """A printer with a display behind it."""

    async def show(self, data: bytes) -> bool:
        """See `PrinterDriver.show`."""


class PrinterDisplayDriver:
    """A display behind a receipt printer (`ESC =`). While the printer is busy or stopped, the lines wait."""

    device_kind = "display"

    def __init__(
        self,
        device_id: str,
        printer: Callable[[], ShowsBytes],
        *,
        charset: str = "cp437",
        again_seconds: float = AGAIN_SECONDS,
    ) -> None:
        """`printer` is asked for when the driver runs: it may be put together later than its display."""
        self.device_id = device_id
        self._printer = printer
        self._charset = charset
        self._again_seconds = again_seconds
        self._wanted = ("", "")
        self._changed = asyncio.Event()

    def show(self, upper: str, lower: str) -> None:
        """These two lines from now on."""
        if (upper, lower) != self._wanted:
            self._wanted = (upper, lower)
            self._changed.set()

    async def run(self, emit: Callable[[DeviceEvent], None]) -> None:
        """Keep the display up to date for ever; READY while the printer passes the lines on, else DEGRADED."""
        told: bool | None = None
        while True:
            self._changed.clear()
            shown = await self._printer().show(screen_bytes(*self._wanted, self._charset))
            if shown is not told:
                told = shown
                state = DeviceState.READY if shown else DeviceState.DEGRADED
                reason = "" if shown else "the printer before it is busy or stopped"
                emit(DeviceStateEvent(device_id=self.device_id, device_kind=self.device_kind, state=state, reason=reason))
            await asyncio.sleep(QUIET_SECONDS)
            try:
                async with asyncio.timeout(self._again_seconds if shown else QUIET_SECONDS * 10):
                    await self._changed.wait()
            except TimeoutError:
                continue


async def _until_gone(link: ByteLink) -> str:
    """Read until the port is gone; why, in words. What a display says is nothing to us."""
    try:
        while True:
            await link.read()
    except LinkBroken as broken:
        return str(broken)
