"""The simulated reader on TCP, plain or TLS: accepts one client, refuses others, hands time and bytes to the device."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Coroutine, Sequence

from protocols.clock import Clock, RandomSource
from protocols.gs1 import epc as gs1
from protocols.llrp.errors import FramingLost
from protocols.llrp.reader import ReaderSession
from simulators.listening import Listening, Serve
from simulators.llrp_reader.air import SPEED_MM_PER_S, Air, Direction, Tag
from simulators.llrp_reader.device import LlrpReader
from simulators.llrp_reader.faults import ReaderFaults
from simulators.llrp_reader.profiles import PLAIN, Profile
from simulators.llrp_reader.radio import ALL_ROUND_DEG, BESIDE_MM, door_antennas
from simulators.llrp_reader.walks import STAND_MS, Walk, carriers

PORT = 5084
TLS_PORT = 5085
TICK_SECONDS = 0.02
READ_MAX_BYTES = 65_536
SLEPT_MS = 10_000
"""When the clock is so far ahead, the time in between is not made up for: a laptop that slept would read for minutes."""


class LlrpReaderSimulator:
    """Listens on 127.0.0.1:`port` (0: a free one at the first start, kept). Tags are hexadecimal EPCs or bytes."""

    def __init__(
        self, port: int, clock: Clock, rng: RandomSource, *, antennas: int = 4, read_percent: int = 60,
        profile: Profile = PLAIN, beam_deg: int = ALL_ROUND_DEG, tls: ssl.SSLContext | None = None,
        serve: Serve | None = None,
    ) -> None:  # fmt: skip
        self.port = port
        self.tls = tls is not None
        self._clock = clock
        self._rng = rng
        self._tls = tls
        air = Air(door_antennas(antennas, beam_deg=beam_deg), rng, clock.now_ms(), read_percent=read_percent)
        self.device = LlrpReader(air, profile, clock.now_ms())
        self.connections = 0
        """How many clients connected since the start, refused ones too."""
        self._server: Listening | None = None
        self._serve_on = serve
        self._tasks: set[asyncio.Task[None]] = set()
        self._writer: asyncio.StreamWriter | None = None
        self._sending = asyncio.Lock()
        self._gathered_ms = 0

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

    def walk(
        self, walk: Walk | str, epcs: Sequence[str | bytes], *, speed_mm_per_s: int = SPEED_MM_PER_S, turn_mm: int = 0,
        lasts_ms: int = STAND_MS,
    ) -> int:  # fmt: skip
        """Begin a scripted walk with these tags; returns how long it takes, ms. Raises ValueError."""
        tags = [as_tag(epc) for epc in epcs]
        seed = int.from_bytes(self._rng.bytes(4), "big")
        found = carriers(Walk(walk), tags, seed=seed, speed_mm_per_s=speed_mm_per_s, turn_mm=turn_mm, lasts_ms=lasts_ms)
        now_ms = self._clock.now_ms()
        air = self.device.air
        return max(air.walk(each.tags, each.path, now_ms, losses_db=each.losses_db) for each in found)

    def stand(self, epcs: Sequence[str | bytes], x_mm: int, y_mm: int = BESIDE_MM) -> None:
        """Leave tags beside the door (x > 0: inside). Raises ValueError."""
        self.device.air.stand([as_tag(epc) for epc in epcs], x_mm, y_mm)

    def take_away(self, epcs: Sequence[str | bytes]) -> None:
        """Take standing tags away."""
        self.device.air.take_away([as_tag(epc) for epc in epcs])

    def connect_antenna(self, antenna: int, *, connected: bool) -> None:
        """Pull an antenna's cable, or put it back. Raises ValueError."""
        self.device.antenna(antenna, connected=connected, now_ms=self._clock.now_ms())

    def set_input(self, port: int, *, high: bool) -> None:
        """Change the level of an input (a light beam, a door contact). Raises ValueError."""
        self.device.input(port, high=high, now_ms=self._clock.now_ms())

    @property
    def outputs(self) -> dict[int, bool]:
        """The levels of its outputs (siren, lights), by port."""
        return dict(self.device.config.outputs)

    # Life.

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        if self._serve_on is not None:
            self._server = await self._serve_on(self._accept, "127.0.0.1", self.port)
        else:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls)
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
        self.device.reboot(self._clock.now_ms())

    def reboot(self) -> None:
        """It restarts at once: the connection ends, all ROSpecs and settings are lost."""
        self.drop()
        self._writer = None
        self.device.reboot(self._clock.now_ms())

    def drop(self) -> None:
        """Break the client's connection; the reader goes on."""
        if self._writer is not None:
            self._writer.transport.abort()

    def say_goodbye(self) -> None:
        """End the connection in good order (ConnectionCloseEvent)."""
        self.device.say_goodbye(self._clock.now_ms())

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tick(self) -> None:
        while True:
            now_ms = self._clock.now_ms()
            if now_ms - self.device.running.at_ms > SLEPT_MS:
                self.device.running.miss(now_ms)
            self.device.tick(now_ms)
            await self._send()
            await asyncio.sleep(TICK_SECONDS)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._keep(self._serve(reader, writer))

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
            if session is None or writer is None or self.faults.stalled or self._gathers():
                return
            speaker = self.device.speaker
            data, last, reset = session.take_output(), speaker.drop_after_output, speaker.reset_after_output
            if data and not self.faults.silent:
                with contextlib.suppress(OSError):
                    await self._write(writer, data)
            if (last or reset) and self.device.session is session:
                self.device.detach(orderly=True)
                if reset:
                    _reset(writer)
                writer.close()

    def _gathers(self) -> bool:
        """Whether what is to be said still waits for more."""
        if not self.faults.gather_ms:
            return False
        now_ms = self._clock.monotonic_ms()
        if now_ms - self._gathered_ms < self.faults.gather_ms:
            return True
        self._gathered_ms = now_ms
        return False

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if self.faults.slow_ms:
            await asyncio.sleep(self.faults.slow_ms / 1000)
        for piece in [bytes([byte]) for byte in data] if self.faults.split else [data]:
            writer.write(piece)
            await writer.drain()
            if self.faults.split:
                await asyncio.sleep(0)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with a reset instead of an orderly end."""
    wire = writer.get_extra_info("socket")
    if wire is not None:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def server_tls(certificate: str, key: str) -> ssl.SSLContext:
    """TLS for the reader from PEM files. Raises OSError, ssl.SSLError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


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
