"""Links in memory, with what goes wrong on wires: a serial line that garbles and splits, connections that lag and break."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from protocols.clock import RandomSource

Accept = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]
READ_MAX_BYTES = 4_096
AFTER_SECONDS = 0.000_001
"""Timers of one instant have no order; what must arrive after something else is due this much later."""


class Chance:
    """Small draws from a random source."""

    def __init__(self, rng: RandomSource) -> None:
        self._rng = rng

    def below(self, limit: int) -> int:
        """0 to `limit` - 1."""
        return int.from_bytes(self._rng.bytes(4), "big") % limit

    def percent(self, percent: int) -> bool:
        """True in `percent` of 100 cases."""
        return percent > 0 and self.below(100) < percent


@dataclass(slots=True)
class LinkFaults:
    """What goes wrong on a link at present; change the fields while it runs."""

    delay_ms: int = 1
    jitter_ms: int = 0
    drop_percent: int = 0
    """A piece never arrives (serial lines only: TCP loses nothing, it breaks)."""
    split_percent: int = 0
    """A piece arrives in two."""
    cut_percent: int = 0
    """The link breaks instead of carrying this piece."""


class _Way:
    """One direction: pieces arrive in order, late, and perhaps in two."""

    def __init__(self, faults: LinkFaults, chance: Chance, arrive: Callable[[bytes], None]) -> None:
        self._faults = faults
        self._chance = chance
        self._arrive = arrive
        self._loop = asyncio.get_running_loop()
        self._free_at = 0.0

    def carry(self, data: bytes) -> None:
        """Send a piece on its way."""
        faults, chance = self._faults, self._chance
        cut = 1 + chance.below(len(data) - 1) if len(data) > 1 and chance.percent(faults.split_percent) else len(data)
        for piece in (data[:cut], data[cut:]):
            if piece:
                self._send(piece)

    def _send(self, piece: bytes) -> None:
        late_ms = self._faults.delay_ms + (self._chance.below(self._faults.jitter_ms) if self._faults.jitter_ms else 0)
        self._free_at = max(self._free_at + AFTER_SECONDS, self._loop.time() + late_ms / 1000)
        self._loop.call_at(self._free_at, self._arrive, piece)

    def end(self, then: Callable[[], None]) -> None:
        """After all that is on the way."""
        self._free_at = max(self._free_at + AFTER_SECONDS, self._loop.time() + self._faults.delay_ms / 1000)
        self._loop.call_at(self._free_at, then)


class MemoryLink:
    """One end of a serial line. Raises ConnectionError where a real port is gone."""

    def __init__(self, faults: LinkFaults, chance: Chance) -> None:
        self._faults = faults
        self._chance = chance
        self._received = bytearray()
        self._arrived = asyncio.Event()
        self._way: _Way | None = None
        self._peer: MemoryLink | None = None
        self.open = True

    def join(self, peer: MemoryLink, heard: Callable[[bytes], None] | None = None) -> None:
        """`peer` hears what is written here; `heard`: it is called instead of keeping bytes for `peer.read`."""
        self._peer = peer
        self._way = _Way(self._faults, self._chance, heard or peer.arrive)

    def arrive(self, data: bytes) -> None:
        """Bytes come in."""
        if self.open:
            self._received += data
            self._arrived.set()

    async def read(self) -> bytes:
        """The next bytes."""
        await self._arrived.wait()
        if not self._received:
            raise ConnectionError("it was unplugged")
        data = bytes(self._received[:READ_MAX_BYTES])
        del self._received[:READ_MAX_BYTES]
        if not self._received and self.open:
            self._arrived.clear()
        return data

    async def write(self, data: bytes) -> None:
        """Send bytes."""
        self.put(data)

    def put(self, data: bytes) -> None:
        """Send bytes; a dropped piece is dropped silently, as a wire does it."""
        if not self.open or self._way is None:
            raise ConnectionError("it was unplugged")
        if self._chance.percent(self._faults.cut_percent):
            self.close_both()
        elif not self._chance.percent(self._faults.drop_percent):
            self._way.carry(data)

    async def close(self) -> None:
        """This end lets go; the device at the other end notices nothing, as on a serial line."""
        self.hang_up()

    def close_both(self) -> None:
        """The cable is pulled."""
        if self._peer is not None:
            self._peer.hang_up()
        self.hang_up()

    def hang_up(self) -> None:
        """This end is gone."""
        self.open = False
        self._arrived.set()


def serial_line(faults: LinkFaults, chance: Chance, heard: Callable[[bytes], None]) -> tuple[MemoryLink, MemoryLink]:
    """The till's end and the device's end; `heard` is called with what the till writes."""
    till, device = MemoryLink(faults, chance), MemoryLink(faults, chance)
    till.join(device, heard)
    device.join(till)
    return till, device


class _MemoryTransport(asyncio.Transport):
    """One end of a connection, for asyncio's own streams."""

    def __init__(self, faults: LinkFaults, chance: Chance, protocol: asyncio.StreamReaderProtocol) -> None:
        super().__init__()
        self._faults = faults
        self._chance = chance
        self._protocol = protocol
        self._peer: _MemoryTransport | None = None
        self._way: _Way | None = None
        self._closing = False

    def join(self, peer: _MemoryTransport) -> None:
        self._peer = peer
        self._way = _Way(self._faults, self._chance, peer.arrive)

    def arrive(self, data: bytes) -> None:
        if not self._closing:
            self._protocol.data_received(data)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._closing or self._way is None or not data:
            return
        if self._chance.percent(self._faults.cut_percent):
            self._break()
        else:
            self._way.carry(bytes(data))

    def can_write_eof(self) -> bool:
        """It ends whole."""
        return False

    def is_closing(self) -> bool:
        return self._closing

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is buffered."""

    def get_write_buffer_size(self) -> int:
        """Nothing is buffered."""
        return 0

    def pause_reading(self) -> None:
        """What comes is kept by the reader."""

    def resume_reading(self) -> None:
        """See `pause_reading`."""

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        """End it here; the other end hears of it after what is on the way."""
        if self._closing:
            return
        self._lost()
        if self._way is not None and self._peer is not None:
            self._way.end(self._peer._lost)

    def cut(self) -> None:
        """The connection breaks."""
        self._break()

    def _break(self) -> None:
        if self._peer is not None:
            self._peer._lost(ConnectionResetError())
        self._lost(ConnectionResetError())

    def _lost(self, error: Exception | None = None) -> None:
        if not self._closing:
            self._closing = True
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, error)


class _MemorySocket:
    """As much of a listening socket as its owner looks at."""

    def __init__(self, host: str, port: int) -> None:
        self._place = (host, port)

    def getsockname(self) -> tuple[str, int]:
        return self._place


class MemoryServer:
    """Somebody listens. As much of `asyncio.Server` as simulators use."""

    def __init__(self, network: MemoryNetwork, host: str, port: int, accept: Accept) -> None:
        self.sockets = (_MemorySocket(host, port),)
        self.accept = accept
        self._network = network
        self._place = (host, port)

    def close(self) -> None:
        """Stop listening."""
        self._network.listening.pop(self._place, None)

    async def wait_closed(self) -> None:
        """Nothing to wait for."""


class MemoryNetwork:
    """TCP without a network: `serve` and `connect` as `asyncio.start_server` and `asyncio.open_connection`."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self.listening: dict[tuple[str, int], MemoryServer] = {}
        self._open: set[_MemoryTransport] = set()
        self.faults: dict[int, LinkFaults] = {}
        """By port."""

    def sever(self) -> None:
        """Every connection breaks at once: whoever made them lost its power. Listeners stay."""
        for transport in list(self._open):
            transport.cut()
        self._open.clear()

    async def serve(self, accept: Accept, host: str, port: int) -> MemoryServer:
        """Listen."""
        server = self.listening[host, port] = MemoryServer(self, host, port, accept)
        return server

    async def connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection. Raises ConnectionRefusedError when nobody listens."""
        faults = self.faults.setdefault(port, LinkFaults())
        await asyncio.sleep(faults.delay_ms / 1000)
        server = self.listening.get((host, port))
        if server is None:
            raise ConnectionRefusedError(111, "Connection refused")
        near, far = _end(faults, self._chance), _end(faults, self._chance)
        self._open = {each for each in self._open if not each.is_closing()} | {near[2]}
        near[2].join(far[2])
        far[2].join(near[2])
        server.accept(far[0], far[1])
        return near[0], near[1]


def _end(faults: LinkFaults, chance: Chance) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, _MemoryTransport]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport = _MemoryTransport(faults, chance, protocol)
    protocol.connection_made(transport)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop), transport
