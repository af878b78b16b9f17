"""A receipt printer with ESC/POS on TCP (port 9100): watched, and told to print one job at a time.

Port 9100 acknowledges nothing. That a job was printed to its end is known only from the printer answering what follows the
job: a process id (`GS ( H`), or for printers that know none a buffered status (`GS r`). Without that answer, after a byte
may have left, the outcome is unknown.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

from firmware_bridges.supervise import LinkBroken
from protocols.clock import Clock
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent, PrinterStatus
from protocols.escpos import status
from protocols.escpos.status import AnswerReader, BufferedAnswer, PrinterCondition, ProcessIdAnswer, RealTimeAnswer

CONNECT_SECONDS = 3.0
POLL_SECONDS = 2.0
ANSWER_SECONDS = 2.0
"""A printer that is on answers `DLE EOT` at once, even when it is stopped."""
MISSED_ROUNDS_MAX = 2
"""One answer may be lost beside a process id (Epson reference, "header to NUL"); two rounds mean nobody is there."""
PRINTED_SECONDS = 20.0
PADDING_BYTES = 20_480
"""More than an image slice: 255 rows of 80 bytes. See `_Link.end_half_a_command`."""
_PROCESS_IDS = 10_000

Connect = Callable[[str, int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
"""Opens a connection to host and port. Raises OSError."""
Proof = Literal["process_id", "status"]
Outcome = Literal["confirmed", "unknown", "not_sent"]


class PrinterDriver:
    """One printer. `run` under a supervisor keeps the link; `print` may be called at any time, by any task.

    `proof`: what tells that a job is done; `status` for printers without process ids (TM-T88III, TM-U220, many others).
    `drawer_open_when_high`: whether pin 3 of the drawer connector is high while the drawer stands open, as it is wired.
    """

    device_kind = "printer"

    def __init__(
        self,
        device_id: str,
        host: str,
        port: int,
        clock: Clock,
        *,
        proof: Proof = "process_id",
        drawer_open_when_high: bool = True,
        printed_seconds: float = PRINTED_SECONDS,
        connect: Connect = asyncio.open_connection,
    ) -> None:
        self.device_id = device_id
        self._host = host
        self._port = port
        self._proof = proof
        self._drawer_open_when_high = drawer_open_when_high
        self._printed_seconds = printed_seconds
        self._connect = connect
        self._link: _Link | None = None
        self._emit: Callable[[DeviceEvent], None] | None = None
        self._told: PrinterCondition | None = None
        self._one_job = asyncio.Lock()
        # A number an earlier process used moments ago must not confirm a job of this one.
        self._process_number = clock.now_ms() // 1000 % _PROCESS_IDS

    async def run(self, emit: Callable[[DeviceEvent], None]) -> None:
        """Connect, watch and tell what changes, until the link breaks. Raises LinkBroken with the reason."""
        link = await _open(self._connect, self._host, self._port)
        reading = asyncio.get_running_loop().create_task(link.read())
        self._emit, self._told = emit, None
        missed_rounds = 0
        try:
            while not reading.done():
                condition = await link.ask()
                missed_rounds = missed_rounds + 1 if condition is None else 0
                if missed_rounds >= MISSED_ROUNDS_MAX and not self._one_job.locked() and not link.broken:
                    raise LinkBroken("the printer does not answer")
                if condition is not None:
                    self._link = link
                    self._note(condition)
                elif not self._one_job.locked():
                    link.end_half_a_command()
                await asyncio.wait({reading}, timeout=POLL_SECONDS if missed_rounds == 0 else ANSWER_SECONDS / 4)
            raise LinkBroken("the printer closed the connection")
        finally:
            self._link = self._emit = None
            link.reset()
            reading.cancel()
            await asyncio.wait({reading})

    async def print(self, data: bytes) -> Outcome:
        """Print a job. `confirmed`: printed to its end. `not_sent`: none of it left. `unknown`: it or a part may be printed.

        The printer is asked first: without paper, with its cover open or offline it gets nothing. Takes at most about
        25 seconds; jobs wait for each other. Never raises for what a printer or a line can do.
        """
        async with self._one_job:
            link = self._link
            condition = None if link is None else await link.ask()
            if link is None or condition is None or link.broken:
                return "not_sent"
            self._note(condition)
            return "not_sent" if condition.fault else await self._print_on(link, data)

    async def _print_on(self, link: _Link, data: bytes) -> Outcome:
        self._process_number = (self._process_number + 1) % _PROCESS_IDS
        identity = f"{self._process_number:04d}" if self._proof == "process_id" else ""
        request = status.process_id_request(identity) if identity else status.buffered_question(1)
        printed = link.expect(identity)
        try:
            async with asyncio.timeout(self._printed_seconds):
                await link.send(data + request)
                if await printed:
                    return "confirmed"
        except (TimeoutError, OSError):
            pass
        except asyncio.CancelledError:
            link.reset()
            raise
        if link.sent == "none":
            return "not_sent"
        if link.sent == "some" or not identity:
            # What did not leave must not follow later, and a late answer without a number must not confirm the next job.
            link.reset()
        return "unknown"

    def _note(self, condition: PrinterCondition) -> None:
        """Tell what changed, and all of it after each connection."""
        if condition != self._told and self._emit is not None:
            self._told = condition
            self._tell(self._emit, condition)

    def _tell(self, emit: Callable[[DeviceEvent], None], condition: PrinterCondition) -> None:
        fault = condition.fault
        state = DeviceState.DEGRADED if fault else DeviceState.READY
        reason = fault or ("the paper is nearly out" if condition.paper_near_end else "")
        emit(
            PrinterStatus(
                device_id=self.device_id,
                online=not condition.offline,
                paper_out=condition.paper_out,
                paper_near_end=condition.paper_near_end,
                cover_open=condition.cover_open,
                drawer_open=condition.drawer_pin_high == self._drawer_open_when_high,
                error=fault,
            )
        )
        emit(DeviceStateEvent(device_id=self.device_id, device_kind=self.device_kind, state=state, reason=reason))


class _Link:
    """One connection: questions in their order, the proof somebody waits for, and the end of it all.

    `sent`: how much of the newest job may have left.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._answers = AnswerReader()
        self._questions: deque[asyncio.Future[int | None]] = deque()
        self._one_round = asyncio.Lock()
        self._expected: tuple[str, asyncio.Future[bool]] | None = None
        self.sent: Literal["none", "some", "all"] = "none"
        self.broken = False

    async def read(self) -> None:
        """Hand answers to whoever asked, until the connection ends; then everybody who waits hears it."""
        try:
            while data := await self._reader.read(4096):
                for answer in self._answers.feed(data):
                    self._take(answer)
        except OSError:
            pass
        finally:
            self._give_up()

    async def ask(self) -> PrinterCondition | None:
        """The printer's condition now, or None when it does not answer in time or the link is gone."""
        async with self._one_round:
            got: list[int] = []
            for number in status.QUESTIONS:
                answer = await self._ask_one(number)
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
            self._writer.write(data)
            await self._writer.drain()
            self.sent = "all"

    def end_half_a_command(self) -> None:
        """Zeros. A job torn in the middle of a command leaves a printer that takes our questions for the rest of it.

        Zeros end it (an image ends white) and mean nothing to a printer that waits for a command.
        """
        if not self.broken:
            self._writer.write(bytes(PADDING_BYTES))

    def reset(self) -> None:
        """End the connection at once and drop what did not leave."""
        sock = self._writer.get_extra_info("socket")
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
        self._give_up()

    async def _ask_one(self, number: int) -> int | None:
        if self.broken:
            return None
        future: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._questions.append(future)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                self._writer.write(status.question(number))
                await self._writer.drain()
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


async def _open(connect: Connect, host: str, port: int) -> _Link:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await connect(host, port)
    except TimeoutError as error:
        raise LinkBroken("the printer cannot be reached") from error
    except OSError as error:
        raise LinkBroken(f"the printer cannot be reached: {error.strerror or error}") from error
    writer.transport.set_write_buffer_limits(high=0)
    return _Link(reader, writer)
