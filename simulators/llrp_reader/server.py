"""The simulated reader on TCP: accepts one client, refuses others, and hands time and bytes to the device."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence

from protocols.clock import Clock, RandomSource
from protocols.gs1 import epc as gs1
from protocols.llrp.errors import FramingLost
from protocols.llrp.reader import ReaderSession
from simulators.llrp_reader.air import SPEED_MM_PER_S, Air, Direction, Tag, door_antennas
from simulators.llrp_reader.device import LlrpReader, ReaderFaults

PORT = 5084
TICK_SECONDS = 0.02
READ_MAX_BYTES = 65_536


class LlrpReaderSimulator:
    """Listens on 127.0.0.1:`port` (0: a free one at the first start, kept). Tags are hexadecimal EPCs or bytes."""

    def __init__(self, port: int, clock: Clock, rng: RandomSource, *, antennas: int = 4, read_percent: int = 60) -> None:
        self.port = port
        self._clock = clock
        air = Air(door_antennas(antennas), rng, clock.now_ms(), read_percent=read_percent)
        self.device = LlrpReader(air)
        self.connections = 0
        """How many clients connected since the start, refused ones too."""
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writer: asyncio.StreamWriter | None = None
        self._sending = asyncio.Lock()

    @property
    def faults(self) -> ReaderFaults:
        """What is wrong with it; change the fields."""
        return self.device.faults

    @property
    def connected(self) -> bool:
        """Whether a client has it."""
        return self.device.session is not None

    @property
    def plugged_in(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    # What people do with tags.

    def push(self, epcs: Sequence[str | bytes], direction: Direction | str, *, speed_mm_per_s: int = SPEED_MM_PER_S) -> int:
        """Push tags through the door, `in` or `out`; returns how long that takes, ms. Raises ValueError."""
        tags = [as_tag(epc) for epc in epcs]
        return self.device.air.push(tags, Direction(direction), self._clock.now_ms(), speed_mm_per_s=speed_mm_per_s)

    def stand(self, epcs: Sequence[str | bytes], x_mm: int) -> None:
        """Leave tags beside the door (x > 0: inside). Raises ValueError."""
        self.device.air.stand([as_tag(epc) for epc in epcs], x_mm)

    def take_away(self, epcs: Sequence[str | bytes]) -> None:
        """Take standing tags away."""
        self.device.air.take_away([as_tag(epc) for epc in epcs])

    def connect_antenna(self, antenna: int, *, connected: bool) -> None:
        """Pull an antenna's cable, or put it back."""
        self.device.antenna(antenna, connected=connected, now_ms=self._clock.now_ms())

    # Life.

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])
        self._keep(self._tick())

    async def stop(self) -> None:
        """Pull the plug: connections break, everything in it is forgotten."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await server.wait_closed()
        self.device.reboot()

    def drop(self) -> None:
        """Break the client's connection; the reader goes on."""
        if self._writer is not None:
            self._writer.transport.abort()

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tick(self) -> None:
        while True:
            self.device.tick(self._clock.now_ms())
            await self._send()
            await asyncio.sleep(TICK_SECONDS)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        session = self.device.attach(self._clock.now_ms())
        try:
            if session is None:
                writer.write(self.device.refusal(self._clock.now_ms()))
                await writer.drain()
            else:
                self._writer = writer
                await self._send()
                await self._listen(reader, session)
        except (OSError, FramingLost, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._tasks.discard(task)
            if session is not None and self.device.session is session:
                self.device.detach()
                self._writer = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _listen(self, reader: asyncio.StreamReader, session: ReaderSession) -> None:
        while self.device.session is session:
            data = await reader.read(READ_MAX_BYTES)
            if not data:
                return
            self.device.receive(data, self._clock.now_ms())
            await self._send()

    async def _send(self) -> None:
        async with self._sending:
            session, writer = self.device.session, self._writer
            if session is None or writer is None:
                return
            data, last = session.take_output(), self.device.drop_after_output
            if data and not self.faults.silent:
                with contextlib.suppress(OSError):
                    await self._write(writer, data)
            if last and self.device.session is session:
                self.device.drop_after_output = False
                self.device.detach()
                writer.close()

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if self.faults.slow_ms:
            await asyncio.sleep(self.faults.slow_ms / 1000)
        for piece in [bytes([byte]) for byte in data] if self.faults.split else [data]:
            writer.write(piece)
            await writer.drain()
            if self.faults.split:
                await asyncio.sleep(0)


def as_tag(epc: str | bytes) -> Tag:
    """A tag from hexadecimal text, bytes, or an SGTIN URI. Raises ValueError."""
    if isinstance(epc, bytes):
        return Tag(epc, 8 * len(epc))
    if epc.startswith("urn:"):
        return Tag(gs1.encode_96(gs1.of_uri(epc)))
    return Tag(bytes.fromhex(epc), 4 * len(epc))


def tags_of_gtin(gtin: str, serials: Sequence[int], *, company_prefix_digits: int = 7) -> list[str]:
    """SGTIN-96 tags of one product, as hexadecimal EPCs. Raises ValueError (`EpcRefused`)."""
    pieces = (
        gs1.of_gtin(gtin.rjust(14, "0"), str(serial), company_prefix_digits=company_prefix_digits) for serial in serials
    )
    return [gs1.encode_96(piece).hex().upper() for piece in pieces]
