"""A receipt printer without its plug: buffer, print head, sensors, drawer, paper, and switches for a test's hand.

Real-time commands act at once, even in a stopped printer; the rest waits its turn in the buffer, so a printer without paper
answers no process id. How bytes reach it (TCP, a serial line, HTTP) is the business of the classes made from it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from protocols.clock import Clock
from protocols.displays.cd5220 import Screen
from protocols.escpos import status
from protocols.escpos.operations import (
    AutoStatus,
    BufferedStatusRequest,
    ClearBuffer,
    DisplayData,
    KickDrawer,
    Operation,
    ProcessId,
    Recover,
    StatusRequest,
    Unknown,
)
from protocols.escpos.status import PrinterCondition
from protocols.escpos.tokens import Tokenizer
from simulators.printer.paper import Paper, Row, as_text
from simulators.printer.picture import Typeface, draw_png

BUFFER_OPERATIONS = 4096
_UNKNOWN_KEPT = 100


@dataclass(frozen=True, slots=True)
class Receipt:
    """A piece of paper that was cut off. `number` counts from 1 since the simulator began."""

    number: int
    text: str
    printed_at_ms: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class PrinterMake:
    """What the machine is. `columns`: characters of the plain font in a line. `fonts`: files to draw receipts with; the
    first that has a character draws it. Without any, a built-in font without Chinese.

    `drawer_high_when_open`: how its drawer is wired to pin 3. `display`: a customer display hangs behind it.
    """

    columns: int = 42
    fonts: Sequence[Path] = ()
    receipts_kept: int = 50
    chinese: bool = True
    drawer_high_when_open: bool = True
    display: Screen | None = None


@dataclass(frozen=True, slots=True)
class Switches:
    """What a hand can do to it. `drawer_jammed`: a pulse does not open the drawer."""

    paper_out: bool = False
    paper_near_end: bool = False
    cover_open: bool = False
    offline: bool = False
    cutter_error: bool = False
    broken: bool = False
    drawer_jammed: bool = False


class PrinterBody:
    """See the module. Set `bytes_per_second` to make it slow; 0: as fast as it goes."""

    def __init__(self, clock: Clock, make: PrinterMake) -> None:
        self.make = make
        self.drawer_kicks = 0
        self.bytes_per_second = 0
        self.unknown: deque[bytes] = deque(maxlen=_UNKNOWN_KEPT)
        self._clock = clock
        self._typeface = Typeface(make.fonts)
        self._receipts: deque[Receipt] = deque(maxlen=make.receipts_kept)
        self._printed_count = 0
        self._drawer_open = False
        self._switches = Switches()
        self._listeners: list[Callable[[], None]] = []
        self._paper = Paper(make.columns)
        self._printing: asyncio.Task[None] | None = None
        self._power_on()

    @property
    def condition(self) -> PrinterCondition:
        """What its sensors say now."""
        now = self._switches
        return PrinterCondition(
            offline=self._stopped(),
            cover_open=now.cover_open,
            paper_out=now.paper_out,
            paper_near_end=now.paper_near_end or now.paper_out,
            cutter_error=now.cutter_error,
            unrecoverable_error=now.broken,
            drawer_pin_high=self._drawer_open == self.make.drawer_high_when_open,
        )

    @property
    def switches(self) -> Switches:
        """What a hand did to it."""
        return self._switches

    @property
    def drawer_open(self) -> bool:
        """Whether the drawer stands open."""
        return self._drawer_open

    def close_drawer(self) -> None:
        """Push the drawer shut."""
        self._drawer_open = False
        self._changed()

    def open_drawer(self) -> None:
        """Open the drawer by key, or by force."""
        self._drawer_open = True
        self._changed()

    def set_switches(
        self,
        *,
        paper_out: bool | None = None,
        paper_near_end: bool | None = None,
        cover_open: bool | None = None,
        offline: bool | None = None,
        cutter_error: bool | None = None,
        broken: bool | None = None,
        drawer_jammed: bool | None = None,
    ) -> None:
        """Change what is given; the printer goes on by itself once nothing stops it."""
        wanted = {
            "paper_out": paper_out, "paper_near_end": paper_near_end, "cover_open": cover_open, "offline": offline,
            "cutter_error": cutter_error, "broken": broken, "drawer_jammed": drawer_jammed,
        }  # fmt: skip
        self._switches = replace(self._switches, **{name: on for name, on in wanted.items() if on is not None})
        self._changed()

    def heal(self) -> None:
        """Paper in, cover shut, drawer shut, nothing wrong."""
        self._switches, self._drawer_open = Switches(), False
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
                return draw_png(receipt.rows, self.make.columns, self._typeface)
        raise KeyError(number)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener()` after every change: a receipt, the drawer, a switch, a plug."""
        self._listeners.append(listener)

    def _power_on(self) -> None:
        self._tokenizer = Tokenizer(chinese=self.make.chinese)
        self._buffer: deque[Operation] = deque()
        self._auto_mask = 0
        self._auto_told = b""
        self._wake = asyncio.Event()

    def _start_printing(self) -> None:
        self._printing = asyncio.get_running_loop().create_task(self._print_buffer())

    def _changed(self) -> None:
        self._wake.set()
        self._tell_automatic()
        for listener in self._listeners:
            listener()

    def _stopped(self) -> bool:
        now = self._switches
        return now.paper_out or now.cover_open or now.offline or now.cutter_error or now.broken

    def _receive(self, data: bytes) -> None:
        for operation in self._tokenizer.feed(data):
            match operation:
                case StatusRequest(number):
                    self._answer(bytes([status.real_time_answer(number, self.condition)]))
                case KickDrawer(now=True):
                    self._kick()
                case Recover(2) | ClearBuffer():
                    self._buffer.clear()
                case Recover():
                    pass
                case DisplayData(shown):
                    if self.make.display is not None:
                        self.make.display.feed(shown)
                        self._changed()
                case Unknown(unknown):
                    self.unknown.append(unknown)
                case _:
                    self._buffer.append(operation)
        self._wake.set()

    async def _room(self) -> None:
        """Until the buffer takes more: a printer whose buffer is full stops reading."""
        while len(self._buffer) >= BUFFER_OPERATIONS and self._stopped():
            self._wake.clear()
            await self._wake.wait()

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
        text = as_text(rows, self.make.columns)
        self._receipts.append(Receipt(self._printed_count, text, self._clock.now_ms(), rows))
        self._changed()

    def _kick(self) -> None:
        self.drawer_kicks += 1
        self._drawer_open = self._drawer_open or not self._switches.drawer_jammed
        self._changed()

    def _tell_automatic(self) -> None:
        if self._auto_mask and (told := status.automatic_status(self.condition)) != self._auto_told:
            self._auto_told = told
            self._answer(told)

    def _answer(self, data: bytes) -> None:
        """Say something to whoever is connected; made anew by each kind of plug."""
