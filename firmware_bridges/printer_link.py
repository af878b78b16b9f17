"""One connection to an ESC/POS printer: questions in their order, the proof somebody waits for, and the end of it all."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Literal, TypeVar

from firmware_bridges.printer_lines import PrinterLine
from protocols.escpos import status
from protocols.escpos.status import (
    AnswerReader,
    AutomaticStatus,
    BufferedAnswer,
    PrinterCondition,
    ProcessIdAnswer,
    RealTimeAnswer,
)

SAY_SECONDS = 2.0
PADDING_BYTES = 20_480
"""More than an image slice: 255 rows of 80 bytes. See `PrinterLink.end_half_a_command`."""


class PrinterLink:
    """`sent`: how much of the newest job may have left. `noticed` is called with what the printer tells unasked."""

    def __init__(self, line: PrinterLine, noticed: Callable[[PrinterCondition], None]) -> None:
        self._line = line
        self._noticed = noticed
        self._answers = AnswerReader()
        self._questions: deque[asyncio.Future[int | None]] = deque()
        self._one_round = asyncio.Lock()
        self._expected: tuple[str, asyncio.Future[bool]] | None = None
        self._padding: asyncio.Task[None] | None = None
        self.sent: Literal["none", "some", "all"] = "none"
        self.broken = False

    async def read(self) -> None:
        """Hand answers to whoever asked, until the connection ends; then everybody who waits hears it."""
        try:
            while data := await self._line.read():
                for answer in self._answers.feed(data):
                    self._take(answer)
        except OSError:
            pass
        finally:
            self._give_up()

    async def ask(self, answer_seconds: float) -> PrinterCondition | None:
        """The printer's condition now, or None when it does not answer in time or the link is gone."""
        async with self._one_round:
            got: list[int] = []
            for number in status.QUESTIONS:
                answer = await self._ask_one(number, answer_seconds)
                if answer is None:
                    return None
                got.append(answer)
            return status.read_real_time((got[0], got[1], got[2], got[3]))

    def expect(self, identity: str) -> asyncio.Future[bool]:
        """What becomes true when the printer answers a process id (empty: any buffered status), false when the link ends."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._expected = (identity, future)
        self.sent = "none"
        return future

    async def send(self, data: bytes) -> None:
        """Hand a job to the operating system, all of it. Raises OSError when the link breaks."""
        async with self._one_round:  # no question may stand inside a job
            if self.broken:
                raise ConnectionResetError
            self.sent = "some"
            await self._line.write(data)
            self.sent = "all"

    async def say(self, data: bytes) -> bool:
        """A few bytes that are no job, such as a real-time command; whether they left in time."""
        try:
            async with asyncio.timeout(SAY_SECONDS), self._one_round:
                if self.broken:
                    return False
                await self._line.write(data)
        except OSError:  # TimeoutError is one: nobody reads, and whoever asks next must not wait behind these bytes
            return False
        return True

    def end_half_a_command(self) -> None:
        """Zeros. A job torn in the middle of a command leaves a printer that takes our questions for the rest of it.

        Zeros end it (an image ends white) and mean nothing to a printer that waits for a command.
        """
        if not self.broken and (self._padding is None or self._padding.done()):
            self._padding = asyncio.get_running_loop().create_task(self._pad())

    def reset(self) -> None:
        """End the connection at once and drop what did not leave."""
        if self._padding is not None:
            self._padding.cancel()
        self._line.drop()
        self._give_up()

    async def _pad(self) -> None:
        await self.say(bytes(PADDING_BYTES))

    async def _ask_one(self, number: int, answer_seconds: float) -> int | None:
        if self.broken:
            return None
        future: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._questions.append(future)
        try:
            async with asyncio.timeout(answer_seconds):
                await self._line.write(status.question(number))
                return await future
        except (TimeoutError, OSError):
            return None
        finally:
            # Forgotten when it was lost: an answer that still comes finds nobody, or is one behind until the round's end.
            if future in self._questions:
                self._questions.remove(future)

    def _take(self, answer: status.Answer) -> None:
        match answer:
            case RealTimeAnswer(byte) if self._questions:
                _settle(self._questions.popleft(), byte)
            case ProcessIdAnswer(identity) if self._expected is not None and self._expected[0] == identity:
                _settle(self._expected[1], True)
            case BufferedAnswer() if self._expected is not None and not self._expected[0]:
                _settle(self._expected[1], True)
            case AutomaticStatus(data):
                self._noticed(status.read_automatic(data))
            case _:
                pass  # not asked for

    def _give_up(self) -> None:
        self.broken = True
        while self._questions:
            _settle(self._questions.popleft(), None)
        if self._expected is not None:
            _settle(self._expected[1], False)


_Told = TypeVar("_Told")


def _settle(future: asyncio.Future[_Told], result: _Told) -> None:
    if not future.done():
        future.set_result(result)
