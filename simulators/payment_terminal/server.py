"""The terminal on a TCP port: one till at a time, a plug, a restart, and a hand that makes it call back."""

from __future__ import annotations

import asyncio
import contextlib

from protocols.clock import Clock, RandomSource
from protocols.payment.wire import TerminalSession, WireError, encode
from simulators.listening import Listening, Serve
from simulators.payment_terminal.ledger import Acquirer
from simulators.payment_terminal.terminal import Answer, Terminal, TerminalFaults
from simulators.web import CannotListen

READ_BYTES = 4_096
UNREAD_BYTES_MAX = 65_536
"""A till that reads nothing: what is more is lost."""


class PaymentTerminalSimulator:
    """A payment terminal. Its ledger outlives every restart of it, but not of the bench."""

    def __init__(
        self,
        terminal_id: str,
        port: int,
        clock: Clock,
        rng: RandomSource,
        *,
        slow_ms: int = 0,
        acquirer: Acquirer | None = None,
        host: str = "127.0.0.1",
        serve: Serve = asyncio.start_server,
    ) -> None:
        """Port 0 takes a free one at `start`; `port` then tells it. `slow_ms`: how long a payment takes in good order."""
        self.port = port
        self.terminal = Terminal(terminal_id, rng, usual_ms=slow_ms, acquirer=acquirer)
        self._host = host
        self._serve_on = serve
        self._clock = clock
        self._server: Listening | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._changed = asyncio.Event()
        self._deciding: asyncio.Task[None] | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._coming_back: asyncio.Task[None] | None = None

    @property
    def plugged_in(self) -> bool:
        """Whether it is on."""
        return self._server is not None

    @property
    def connected(self) -> bool:
        """Whether a till is connected."""
        return self._writer is not None

    async def start(self) -> None:
        """Switch on and listen. Raises `CannotListen`."""
        if self._server is not None:
            return
        try:
            self._server = await self._serve_on(self._accept, self._host, self.port)
        except OSError as error:
            raise CannotListen(f"cannot listen on {self._host}:{self.port}: {error.strerror}") from error
        self.port = self._server.sockets[0].getsockname()[1]
        self._deciding = asyncio.create_task(self._decide())

    async def stop(self) -> None:
        """Switch off for good."""
        if self._coming_back is not None:
            self._coming_back.cancel()
            await asyncio.wait({self._coming_back})
        await self.unplug()

    async def unplug(self) -> None:
        """Pull the plug: a payment under way is not made, the ledger stays."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        self.cut()
        self.terminal.power_lost()
        if self._deciding is not None:
            self._deciding.cancel()
            await asyncio.wait({self._deciding})
        await server.wait_closed()

    async def plug_in(self) -> None:
        """Give it power again, on the same port."""
        await self.start()

    async def restart(self, down_ms: int) -> None:
        """Off, and on again after a while."""
        await self.unplug()
        self._coming_back = asyncio.create_task(self._come_back(down_ms))

    def cut(self) -> None:
        """Cut the line once; the terminal goes on with what it does."""
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None

    def call_back(self) -> None:
        """Tell the newest results once more, unasked."""
        self._say(self.terminal.repeat())

    def heal(self) -> None:
        """Everything as in good order."""
        self.terminal.faults = TerminalFaults()

    async def _come_back(self, down_ms: int) -> None:
        await asyncio.sleep(down_ms / 1000)
        await self.start()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.cut()
        self._writer = writer
        session = TerminalSession()
        with contextlib.suppress(OSError, WireError):
            while data := await reader.read(READ_BYTES):
                if self._writer is not writer:
                    break  # another till took its place: what this one still said is not heard
                for message in session.receive(data):
                    self._say(self.terminal.hear(message, self._clock.monotonic_ms(), self._clock.now_ms()))
                self._changed.set()
        writer.transport.abort()
        if self._writer is writer:
            self._writer = None

    async def _decide(self) -> None:
        while True:
            self._changed.clear()
            self._say(self.terminal.decide(self._clock.monotonic_ms(), self._clock.now_ms()))
            due = self.terminal.deadline_ms
            wait_seconds = None if due is None else max(0.001, (due - self._clock.monotonic_ms()) / 1000)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), wait_seconds)

    def _say(self, answers: list[Answer]) -> None:
        for answer in answers:
            if answer.fate == "cut":
                self.cut()
            elif answer.fate == "told":
                self._write(encode(answer.message))

    def _write(self, data: bytes) -> None:
        writer = self._writer
        if writer is None or writer.is_closing() or writer.transport.get_write_buffer_size() >= UNREAD_BYTES_MAX:
            return
        writer.write(data)
