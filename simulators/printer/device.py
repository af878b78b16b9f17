"""The printer itself: one TCP connection, a buffer, a print head that stops when it must, and switches for a test's hand.

It reads commands as they arrive. Real-time commands act at once, even in a stopped printer; the rest waits its turn in the
buffer, so a printer without paper answers no process id. When the buffer is full the printer stops reading.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from protocols.clock import Clock
from protocols.escpos import status
from protocols.escpos.operations import (
    AutoStatus,
    BufferedStatusRequest,
    KickDrawer,
    Operation,
    ProcessId,
    Recover,
    StatusRequest,
    Unknown,
)
from protocols.escpos.status import PrinterCondition
from protocols.escpos.tokens import Tokenizer
from simulators.listening import Listening, Serve
from simulators.printer.paper import Paper, Row, as_text
from simulators.printer.picture import Typeface, draw_png

BUFFER_OPERATIONS = 4096
_READ_BYTES = 4096
_UNKNOWN_KEPT = 100


@dataclass(frozen=True, slots=True)
class Receipt:
    """A piece of paper that was cut off. `number` counts from 1 since the simulator began."""

    number: int
    text: str
    printed_at_ms: int
    rows: tuple[Row, ...]


class EscPosPrinter:
    """A receipt printer with a cash drawer on a TCP port of this machine.

    `columns`: characters of the plain font in a line. `fonts`: files to draw receipts with, the first that has a character
    draws it; without any, a built-in font without Chinese. Set `bytes_per_second` to make it slow; 0: as fast as it goes.
    """

    def __init__(
        self,
        port: int,
        clock: Clock,
        *,
        columns: int = 42,
        fonts: Sequence[Path] = (),
        receipts_kept: int = 50,
        chinese: bool = True,
        host: str = "127.0.0.1",
        serve: Serve = asyncio.start_server,
    ) -> None:
        """Port 0 takes a free one at `start`; `port` then tells it."""
        self.port = port
        self.drawer_kicks = 0
        self.bytes_per_second = 0
        self.unknown: deque[bytes] = deque(maxlen=_UNKNOWN_KEPT)
        self._host = host
        self._serve_on = serve
        self._clock = clock
        self._columns = columns
        self._chinese = chinese
        self._typeface = Typeface(fonts)
        self._receipts: deque[Receipt] = deque(maxlen=receipts_kept)
        self._printed_count = 0
        self._drawer_open = False
        self._condition = PrinterCondition()
        self._listeners: list[Callable[[], None]] = []
        self._paper = Paper(columns)
        self._server: Listening | None = None
        self._printing: asyncio.Task[None] | None = None
        self._serving: asyncio.Task[None] | None = None
        self._power_on()

    async def start(self) -> None:
        """Switch on and listen. Raises OSError when the port is taken."""
        self._server = await self._serve_on(self._accept, self._host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._printing = asyncio.get_running_loop().create_task(self._print_buffer())

    async def stop(self) -> None:
        """Switch off. What hangs out of the printer stays there, the buffer is lost."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for task in (self._serving, self._printing):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        self._serving = self._printing = None
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
    def condition(self) -> PrinterCondition:
        """What its sensors say now."""
        stopped = self._stopped()
        return PrinterCondition(
            offline=stopped or self._condition.offline,
            cover_open=self._condition.cover_open,
            paper_out=self._condition.paper_out,
            paper_near_end=self._condition.paper_near_end or self._condition.paper_out,
            drawer_pin_high=self._drawer_open,
        )

    @property
    def drawer_open(self) -> bool:
        """Whether the drawer stands open."""
        return self._drawer_open

    def close_drawer(self) -> None:
        """Push the drawer shut."""
        self._drawer_open = False
        self._changed()

    def set_switches(
        self,
        *,
        paper_out: bool | None = None,
        paper_near_end: bool | None = None,
        cover_open: bool | None = None,
        offline: bool | None = None,
    ) -> None:
        """Change what is given; the printer goes on by itself once nothing stops it."""
        now = self._condition
        self._condition = PrinterCondition(
            paper_out=now.paper_out if paper_out is None else paper_out,
            paper_near_end=now.paper_near_end if paper_near_end is None else paper_near_end,
            cover_open=now.cover_open if cover_open is None else cover_open,
            offline=now.offline if offline is None else offline,
        )
        self._changed()

    def receipts(self) -> list[Receipt]:
        """The newest receipts, oldest first."""
        return list(self._receipts)

    def hanging_out(self) -> str:
        """Text on the paper that was not cut off yet."""
        return self._paper.text()

    def png(self, number: int) -> bytes:
        """A receipt as a picture. Raises KeyError when it is not kept."""
        for receipt in self._receipts:
            if receipt.number == number:
                return draw_png(receipt.rows, self._columns, self._typeface)
        raise KeyError(number)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener()` after every change: a receipt, the drawer, a switch, a plug."""
        self._listeners.append(listener)

    def _power_on(self) -> None:
        self._tokenizer = Tokenizer(chinese=self._chinese)
        self._buffer: deque[Operation] = deque()
        self._auto_mask = 0
        self._auto_told = b""
        self._writer: asyncio.StreamWriter | None = None
        self._wake = asyncio.Event()

    def _changed(self) -> None:
        self._wake.set()
        self._tell_automatic()
        for listener in self._listeners:
            listener()

    def _stopped(self) -> bool:
        return self._condition.paper_out or self._condition.cover_open or self._condition.offline

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
                while len(self._buffer) >= BUFFER_OPERATIONS and self._stopped():
                    self._wake.clear()
                    await self._wake.wait()
                await asyncio.sleep(0)
        except ConnectionError:
            pass
        finally:
            self._writer = None
            writer.transport.abort()

    def _read_bytes(self) -> int:
        return max(1, min(_READ_BYTES, self.bytes_per_second // 50)) if self.bytes_per_second else _READ_BYTES

    def _receive(self, data: bytes) -> None:
        for operation in self._tokenizer.feed(data):
            match operation:
                case StatusRequest(number):
                    self._answer(bytes([status.real_time_answer(number, self.condition)]))
                case KickDrawer(now=True):
                    self._kick()
                case Recover(number):
                    if number == 2:
                        self._buffer.clear()
                case Unknown(unknown):
                    self.unknown.append(unknown)
                case _:
                    self._buffer.append(operation)
        self._wake.set()

    async def _print_buffer(self) -> None:
        while True:
            while self._buffer and not self._stopped():
                self._print(self._buffer.popleft())
                await asyncio.sleep(0)
            self._wake.clear()
            await self._wake.wait()

    def _print(self, operation: Operation) -> None:
        match operation:
            case ProcessId(identity):
                self._answer(status.process_id_answer(identity))
            case AutoStatus(mask):
                self._auto_mask, self._auto_told = mask, b""
                self._tell_automatic()
            case BufferedStatusRequest(number):
                self._answer(bytes([status.buffered_answer(number, self.condition)]))
            case KickDrawer():
                self._kick()
            case _:
                rows = self._paper.put(operation)
                if rows is not None:
                    self._finish(rows)

    def _finish(self, rows: tuple[Row, ...]) -> None:
        self._printed_count += 1
        text = as_text(rows, self._columns)
        self._receipts.append(Receipt(self._printed_count, text, self._clock.now_ms(), rows))
        self._changed()

    def _kick(self) -> None:
        self.drawer_kicks += 1
        self._drawer_open = True
        self._changed()

    def _tell_automatic(self) -> None:
        if self._auto_mask and (told := status.automatic_status(self.condition)) != self._auto_told:
            self._auto_told = told
            self._answer(told)

    def _answer(self, data: bytes) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(data)
