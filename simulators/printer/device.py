"""A receipt printer with ESC/POS on TCP (port 9100, one connection at a time) or on a serial line."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

from protocols.clock import Clock
from simulators.cables import Cable
from simulators.listening import Listening, Serve
from simulators.printer.body import PrinterBody, PrinterMake, Receipt

__all__ = ["EscPosPrinter", "Receipt", "SerialPrinter"]

_READ_BYTES = 4096
_LINE_WAITING_BYTES_MAX = 1 << 20
"""A serial printer's input not looked at yet; more is lost, as on a line without handshake."""


class EscPosPrinter(PrinterBody):
    """A receipt printer with a cash drawer on a TCP port of this machine."""

    def __init__(
        self,
        port: int,
        clock: Clock,
        *,
        columns: int = 42,
        fonts: Sequence[Path] = (),
        receipts_kept: int = 50,
        chinese: bool = True,
        make: PrinterMake | None = None,
        host: str = "127.0.0.1",
        serve: Serve = asyncio.start_server,
    ) -> None:
        """Port 0 takes a free one at `start`; `port` then tells it. `make` takes the place of the single keys."""
        self.port = port
        self._host = host
        self._serve_on = serve
        self._server: Listening | None = None
        self._serving: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        super().__init__(clock, make or PrinterMake(columns, fonts, receipts_kept, chinese))

    async def start(self) -> None:
        """Switch on and listen. Raises OSError when the port is taken."""
        self._server = await self._serve_on(self._accept, self._host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._start_printing()

    async def stop(self) -> None:
        """Switch off. What hangs out of the printer stays there, the buffer is lost."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for task in (self._serving, self._printing):
            await _end(task)
        self._serving = self._printing = self._writer = None
        if server is not None:
            await server.wait_closed()
        self._power_on()

    async def unplug(self) -> None:
        """Pull the plug, in the middle of whatever it does."""
        await self.stop()
        self._changed()

    async def plug_in(self) -> None:
        """Give it power again, on the same port."""
        if self._server is None:
            await self.start()
            self._changed()

    @property
    def plugged_in(self) -> bool:
        """Whether it is on."""
        return self._server is not None

    @property
    def connected(self) -> bool:
        """Whether somebody is connected."""
        return self._serving is not None and not self._serving.done()

    @property
    def place(self) -> str:
        """Where a box finds it."""
        return f"{self._host}:{self.port}"

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Port 9100 takes one connection at a time."""
        if self.connected or self._server is None:
            writer.close()
            return
        self._writer = writer
        self._auto_mask, self._auto_told = 0, b""
        self._serving = asyncio.get_running_loop().create_task(self._serve(reader, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(self._read_bytes()):
                self._receive(data)
                if self.bytes_per_second:
                    await asyncio.sleep(len(data) / self.bytes_per_second)
                await self._room()
                await asyncio.sleep(0)
        except ConnectionError:
            pass
        finally:
            self._writer = None
            writer.transport.abort()

    def _read_bytes(self) -> int:
        return max(1, min(_READ_BYTES, self.bytes_per_second // 50)) if self.bytes_per_second else _READ_BYTES

    def _answer(self, data: bytes) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(data)


class SerialPrinter(PrinterBody):
    """A receipt printer at the end of a cable: a serial port, or a device file as the kernel makes it for USB printers.

    What was sent while it was off is lost. It cannot tell whether somebody has the port open.
    """

    def __init__(self, cable: Cable, clock: Clock, make: PrinterMake | None = None) -> None:
        self.cable = cable
        self._line = bytearray()
        self._heard = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None
        super().__init__(clock, make or PrinterMake())

    async def start(self) -> None:
        """Switch on. Raises `simulators.web.CannotListen`."""
        await self.cable.plug_in(self._hear)
        self._start_printing()
        self._reading = asyncio.get_running_loop().create_task(self._read())

    async def stop(self) -> None:
        """Switch off; the port vanishes."""
        await self.cable.unplug()
        for task in (self._reading, self._printing):
            await _end(task)
        self._reading = self._printing = None
        self._line.clear()
        self._power_on()

    async def unplug(self) -> None:
        """Pull the plug."""
        await self.stop()
        self._changed()

    async def plug_in(self) -> None:
        """Give it power again."""
        if not self.cable.plugged_in:
            await self.start()
            self._changed()

    @property
    def plugged_in(self) -> bool:
        """Whether it is on."""
        return self.cable.plugged_in

    @property
    def connected(self) -> bool:
        """As far as a line without modem signals tells."""
        return self.cable.plugged_in

    @property
    def place(self) -> str:
        """Where a box finds it."""
        return self.cable.place

    def _hear(self, data: bytes) -> None:
        self._line += data[: _LINE_WAITING_BYTES_MAX - len(self._line)]
        self._heard.set()

    async def _read(self) -> None:
        while True:
            await self._heard.wait()
            self._heard.clear()
            while self._line:
                count = max(1, self.bytes_per_second // 50) if self.bytes_per_second else len(self._line)
                data = bytes(self._line[:count])
                del self._line[:count]
                self._receive(data)
                if self.bytes_per_second:
                    await asyncio.sleep(len(data) / self.bytes_per_second)
                await self._room()

    def _answer(self, data: bytes) -> None:
        self.cable.send(data)


async def _end(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
