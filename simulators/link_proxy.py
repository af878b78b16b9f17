"""A bad network in a box: a TCP proxy between two parties whose faults are set while it runs, chance from a seed."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import socket
import struct
from collections.abc import Awaitable, Callable

import msgspec

from protocols.clock import RandomSource
from simulators.listening import Connect, Listening, Serve

READ_MAX_BYTES = 65_536
_DICE = 1_000


class Way(enum.Enum):
    """Which direction a fault hits. The client is who connects to the proxy."""

    TO_TARGET = "to_target"
    TO_CLIENT = "to_client"
    BOTH = "both"


class LinkFaults(msgspec.Struct, frozen=True, kw_only=True):
    """What one direction of the link does to the bytes. The default does nothing."""

    drop_per_mille: int = 0
    """Chance for each read of the proxy to vanish, 0 to 1000. TCP never loses bytes; a device server's buffer does."""
    delay_ms: int = 0
    """Held back this long before it goes on; order is kept."""
    jitter_ms: int = 0
    """Held back up to this much longer, by chance."""
    duplicate_per_mille: int = 0
    """Chance for each read to go on twice, 0 to 1000. Serial converters do that when they lose their own acknowledgement."""
    noise_per_mille: int = 0
    """Chance for each read to get a byte of noise in between, 0 to 1000. For serial lines; TCP carries no noise."""
    flip_per_mille: int = 0
    """Chance for each read to get one bit turned over, 0 to 1000: what has a checksum has a wrong one then."""
    split: bool = False
    """Sent on one byte at a time."""
    stall: bool = False
    """Nothing goes on, nothing is lost, the connection stays open. Also holds back the end of the connection."""
    disconnect_after_bytes: int | None = None
    """Cut the connection once this many more bytes went on, in the middle of whatever they are; later ones are whole."""

    def __post_init__(self) -> None:
        chances = (self.drop_per_mille, self.duplicate_per_mille, self.noise_per_mille, self.flip_per_mille)
        if (
            not all(0 <= each <= _DICE for each in chances)
            or self.delay_ms < 0
            or self.jitter_ms < 0
            or (self.disconnect_after_bytes or 0) < 0
        ):
            raise ValueError(f"no such fault: {self}")


NO_FAULTS = LinkFaults()


class _Cut(Exception):
    """A fault ends the connection."""


class FaultyWay:
    """One direction of a link: what is done to the bytes of it now."""

    def __init__(self, rng: RandomSource, tap: Callable[[bytes], None] | None = None) -> None:
        """`tap` hears what was said, before any fault."""
        self._rng = rng
        self._tap = tap
        self._faults = NO_FAULTS
        self._left_bytes: int | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.bytes_passed = 0
        """How many bytes went on since the start."""
        self.reads_dropped = 0
        """How many reads vanished since the start."""

    @property
    def faults(self) -> LinkFaults:
        """What is done to the bytes now."""
        return self._faults

    def set_faults(self, faults: LinkFaults) -> None:
        """From the next read on."""
        self._faults = faults
        self._left_bytes = faults.disconnect_after_bytes
        if faults.stall:
            self._flowing.clear()
        else:
            self._flowing.set()

    async def flowing(self) -> None:
        """Wait while the link is stalled."""
        await self._flowing.wait()

    async def pass_on(self, data: bytes, write: Callable[[bytes], Awaitable[None]]) -> bool:
        """Hand what was read to `write`, as the faults have it. False: the connection is to be cut."""
        faults = self._faults
        if self._tap is not None:
            self._tap(data)
        if self._happens(faults.drop_per_mille):
            self.reads_dropped += 1
            return True
        held_ms = faults.delay_ms + (self._dice(faults.jitter_ms + 1) if faults.jitter_ms else 0)
        if held_ms:
            await asyncio.sleep(held_ms / 1000)
        await self._flowing.wait()
        if self._happens(faults.duplicate_per_mille):
            data += data
        if data and self._happens(faults.flip_per_mille):
            place = self._dice(len(data))
            data = data[:place] + bytes([data[place] ^ 1 << self._dice(8)]) + data[place + 1 :]
        if self._happens(faults.noise_per_mille):
            place = self._dice(len(data) + 1)
            data = data[:place] + self._rng.bytes(1) + data[place:]
        cut = self._left_bytes is not None and len(data) >= self._left_bytes
        if self._left_bytes is not None:
            data = data[: self._left_bytes]
            self._left_bytes = None if cut else self._left_bytes - len(data)
        for piece in [bytes([byte]) for byte in data] if faults.split else [data]:
            await write(piece)
            self.bytes_passed += len(piece)
            if faults.split:
                await asyncio.sleep(0)
        return not cut

    def _happens(self, per_mille: int) -> bool:
        return per_mille > 0 and self._dice(_DICE) < per_mille

    def _dice(self, sides: int) -> int:
        return int.from_bytes(self._rng.bytes(4), "big") % sides


Tap = Callable[[Way, bytes], None]


def both_ways(rng: RandomSource, tap: Tap | None) -> dict[Way, FaultyWay]:
    """Both directions of a link, with whoever listens in."""

    def heard(way: Way) -> Callable[[bytes], None] | None:
        return (lambda data: tap(way, data)) if tap is not None else None

    return {way: FaultyWay(rng, heard(way)) for way in (Way.TO_TARGET, Way.TO_CLIENT)}


class LinkProxy:
    """Listens on 127.0.0.1:`listen_port` (0 = any free one, see `port`) and joins each client to the target."""

    def __init__(
        self,
        listen_port: int,
        target_host: str,
        target_port: int,
        rng: RandomSource,
        *,
        serve: Serve = asyncio.start_server,
        connect: Connect = asyncio.open_connection,
        tap: Tap | None = None,
        joined: Callable[[bool], None] | None = None,
    ) -> None:
        """`tap` hears what each side says; `joined` when a connection begins (true) and ends."""
        self._tell_joined = joined
        self._listen_port = listen_port
        self._target = (target_host, target_port)
        self._ways = both_ways(rng, tap)
        self._serve_on = serve
        self._connect = connect
        self._server: Listening | None = None
        self._joined: set[asyncio.Task[None]] = set()
        self._refusing = False
        self.connections = 0
        """How many clients connected since the start."""

    @property
    def port(self) -> int:
        """The port it listens on. Raises RuntimeError before `start`."""
        if self._server is None:
            raise RuntimeError("the proxy is not started")
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Begin to listen. Raises OSError when the port is taken."""
        self._server = await self._serve_on(self._accept, "127.0.0.1", self._listen_port)

    async def stop(self) -> None:
        """Cut everything and give the port back."""
        if self._server is not None:
            self._server.close()
            self.disconnect_now()
            await asyncio.gather(*self._joined, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    def set_faults(self, faults: LinkFaults, way: Way = Way.BOTH) -> None:
        """From now on, for connections old and new. `NO_FAULTS` heals."""
        for one in (Way.TO_TARGET, Way.TO_CLIENT) if way is Way.BOTH else (way,):
            self._ways[one].set_faults(faults)

    def faults(self, way: Way) -> LinkFaults:
        """What one direction does to the bytes now."""
        return self._ways[way].faults

    @property
    def refusing(self) -> bool:
        """Whether new connections are closed at once."""
        return self._refusing

    def bytes_passed(self, way: Way) -> int:
        """How many bytes went on in one direction since the start."""
        return self._ways[way].bytes_passed

    def reads_dropped(self, way: Way) -> int:
        """How many reads vanished in one direction since the start."""
        return self._ways[way].reads_dropped

    def disconnect_now(self) -> None:
        """Cut every connection with a reset; new ones are taken."""
        for joined in self._joined:
            joined.cancel()

    def refuse(self, refusing: bool) -> None:
        """While true, new connections are closed at once: the device is there, its service is not."""
        self._refusing = refusing

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        joined = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._joined.add(joined)
        joined.add_done_callback(self._joined.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self._refusing:
            _reset(writer)
            return
        if self._tell_joined is not None:
            self._tell_joined(True)
        try:
            await self._join(reader, writer)
            writer.close()
            await writer.wait_closed()
        except (asyncio.CancelledError, OSError):
            # Cancelled by disconnect_now: it ends here and not in the server, which would report it as an error.
            _reset(writer)
        finally:
            if self._tell_joined is not None:
                self._tell_joined(False)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target_reader, target_writer = await self._connect(*self._target)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(reader, target_writer, Way.TO_TARGET))
                both.create_task(self._carry(target_reader, writer, Way.TO_CLIENT))
        except asyncio.CancelledError:
            _reset(target_writer)
            raise
        except ExceptionGroup as cut:
            _reset(target_writer)
            raise ConnectionResetError("a fault cut the connection") from cut
        target_writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        with contextlib.suppress(OSError):
            while data := await reader.read(READ_MAX_BYTES):
                if not await self._ways[way].pass_on(data, write):
                    raise _Cut
            await self._ways[way].flowing()
            if writer.can_write_eof():
                writer.write_eof()
            return
        writer.transport.abort()


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a reset, so that the other side sees it cut and not closed."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
