"""The ZVT terminal on a TCP port or a serial line: one till at a time, a plug, a restart."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from protocols.clock import Clock, RandomSource
from protocols.payment.zvt import serial_line
from protocols.payment.zvt.apdu import Apdu, ApduReader
from simulators.cables import SerialCable
from simulators.payment_plans import Plans
from simulators.payment_terminal.ledger import Acquirer
from simulators.web import CannotListen
from simulators.zvt_terminal.terminal import Act, Cut, Say, ZvtTerminal

READ_BYTES = 4_096
UNREAD_BYTES_MAX = 65_536


class ZvtSimulator:
    """A ZVT terminal. Its ledger outlives every restart of it, but not of the bench."""

    def __init__(
        self,
        terminal_id: str,
        port: int | SerialCable,
        clock: Clock,
        rng: RandomSource,
        *,
        slow_ms: int = 0,
        own_printer: bool = False,
        acquirer: Acquirer | None = None,
        host: str = "127.0.0.1",
        serve: Callable[..., Awaitable[asyncio.Server]] = asyncio.start_server,
    ) -> None:
        """`port`: of TCP (0 takes a free one at `start`), or a serial line. `slow_ms`: how long a payment takes."""
        self.terminal = ZvtTerminal(terminal_id, rng, usual_ms=slow_ms, acquirer=acquirer, own_printer=own_printer)
        self.port = port if isinstance(port, int) else 0
        self._cable = None if isinstance(port, int) else port
        self._host = host
        self._listen = serve
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._serial = serial_line.SerialReader()
        self._unsure: bytes = b""
        """On a serial line: the frame that was not confirmed."""
        self._changed = asyncio.Event()
        self._deciding: asyncio.Task[None] | None = None
        self._coming_back: asyncio.Task[None] | None = None
        self.told: Callable[[Apdu], None] = lambda _apdu: None
        """Called with every message before it is sent; a test cuts the line there."""

    @property
    def plans(self) -> Plans:
        """What happens to the next payments."""
        return self.terminal.plans

    @property
    def plugged_in(self) -> bool:
        """Whether it is on."""
        return self._deciding is not None

    @property
    def connected(self) -> bool:
        """Whether a till is connected."""
        return self._writer is not None or (self._cable is not None and self.terminal.registered)

    async def start(self) -> None:
        """Switch on and listen. Raises `CannotListen`."""
        if self._deciding is not None:
            return
        if self._cable is not None:
            await self._cable.plug_in(self._heard_serial)
        else:
            try:
                self._server = await self._listen(self._serve, self._host, self.port)
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
        deciding, self._deciding = self._deciding, None
        if deciding is None:
            return
        if self._cable is not None:
            await self._cable.unplug()
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self.cut()
        self.terminal.power_lost()
        deciding.cancel()
        await asyncio.wait({deciding})
        if server is not None:
            await server.wait_closed()

    async def plug_in(self) -> None:
        """Give it power again, at the same place."""
        await self.start()

    async def restart(self, down_ms: int) -> None:
        """Off, and on again after a while."""
        await self.unplug()
        self._come_back_after(down_ms)

    def cut(self) -> None:
        """Cut the line once; the terminal goes on with what it does."""
        self.terminal.line_lost()
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None

    def heal(self) -> None:
        """Everything as in good order."""
        self.terminal.plans.clear()

    def _come_back_after(self, down_ms: int) -> None:
        self._coming_back = asyncio.create_task(self._come_back(down_ms))

    async def _come_back(self, down_ms: int) -> None:
        await asyncio.sleep(down_ms / 1000)
        await self.start()

    async def _reboot(self, down_ms: int) -> None:
        await self.unplug()
        await self._come_back(down_ms)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.cut()
        self._writer = writer
        heard = ApduReader()
        with contextlib.suppress(OSError):
            while data := await reader.read(READ_BYTES):
                if self._writer is not writer:
                    break  # another till took its place: what this one still said is not heard
                for apdu in heard.receive(data):
                    self._hear(apdu)
        writer.transport.abort()
        if self._writer is writer:
            self._writer = None
            self.terminal.line_lost()

    def _heard_serial(self, data: bytes) -> None:
        assert self._cable is not None
        for heard in self._serial.receive(data):
            match heard:
                case serial_line.Received():
                    self._unsure = b""
                case serial_line.NotReceived():
                    self._cable.send(self._unsure)
                case serial_line.Spoilt():
                    self._cable.send(bytes((serial_line.NAK,)))
                case Apdu():
                    self._cable.send(bytes((serial_line.ACK,)))
                    self._hear(heard)

    def _hear(self, apdu: Apdu) -> None:
        self._do(self.terminal.hear(apdu, self._clock.monotonic_ms(), self._clock.now_ms()))
        self._changed.set()

    async def _decide(self) -> None:
        while True:
            self._changed.clear()
            self._do(self.terminal.decide(self._clock.monotonic_ms(), self._clock.now_ms()))
            due = self.terminal.deadline_ms
            wait_seconds = None if due is None else max(0.001, (due - self._clock.monotonic_ms()) / 1000)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), wait_seconds)

    def _do(self, acts: list[Act]) -> None:
        for act in acts:
            match act:
                case Say(apdu):
                    self.told(apdu)
                    self._write(apdu)
                case Cut(down_ms):
                    self.cut()
                    if down_ms:
                        self._coming_back = asyncio.create_task(self._reboot(down_ms))

    def _write(self, apdu: Apdu) -> None:
        if self._cable is not None:
            self._unsure = serial_line.encode(apdu)
            self._cable.send(self._unsure)
            return
        writer = self._writer
        if writer is None or writer.is_closing() or writer.transport.get_write_buffer_size() >= UNREAD_BYTES_MAX:
            return
        writer.write(apdu.encode())
