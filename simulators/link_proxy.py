"""A bad network in a box: a TCP proxy between two parties whose faults are set while it runs, chance from a seed."""

from __future__ import annotations

import asyncio
import contextlib
import enum

import msgspec

from protocols.clock import RandomSource

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
    split: bool = False
    """Sent on one byte at a time."""
    stall: bool = False
    """Nothing goes on, nothing is lost, the connection stays open. Also holds back the end of the connection."""

    def __post_init__(self) -> None:
        if not 0 <= self.drop_per_mille <= _DICE or self.delay_ms < 0:
            raise ValueError(f"no such fault: {self}")


NO_FAULTS = LinkFaults()


class LinkProxy:
    """Listens on 127.0.0.1:`listen_port` (0 = any free one, see `port`) and joins each client to the target."""

    def __init__(self, listen_port: int, target_host: str, target_port: int, rng: RandomSource) -> None:
        self._listen_port = listen_port
        self._target = (target_host, target_port)
        self._rng = rng
        self._faults = {Way.TO_TARGET: NO_FAULTS, Way.TO_CLIENT: NO_FAULTS}
        self._flowing = {Way.TO_TARGET: asyncio.Event(), Way.TO_CLIENT: asyncio.Event()}
        for flowing in self._flowing.values():
            flowing.set()
        self._server: asyncio.Server | None = None
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
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._listen_port)

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
            self._faults[one] = faults
            if faults.stall:
                self._flowing[one].clear()
            else:
                self._flowing[one].set()

    def disconnect_now(self) -> None:
        """Cut every connection with a reset; new ones are taken."""
        for joined in self._joined:
            joined.cancel()

    def refuse(self, refusing: bool) -> None:
        """While true, new connections are closed at once: the device is there, its service is not."""
        self._refusing = refusing

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self._refusing:
            writer.transport.abort()
            return
        joined = asyncio.current_task()
        assert joined is not None
        self._joined.add(joined)
        # Cancelled by disconnect_now: ends here and not in the server, which would report it as an error.
        with contextlib.suppress(asyncio.CancelledError, OSError):
            try:
                await self._join(reader, writer)
            finally:
                writer.transport.abort()
        self._joined.discard(joined)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target_reader, target_writer = await asyncio.open_connection(*self._target)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(reader, target_writer, Way.TO_TARGET))
                both.create_task(self._carry(target_reader, writer, Way.TO_CLIENT))
        finally:
            target_writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(READ_MAX_BYTES):
                await self._pass_on(data, writer, way)
            await self._flowing[way].wait()
            if writer.can_write_eof():
                writer.write_eof()
            return
        writer.transport.abort()

    async def _pass_on(self, data: bytes, writer: asyncio.StreamWriter, way: Way) -> None:
        faults = self._faults[way]
        if faults.drop_per_mille and int.from_bytes(self._rng.bytes(4), "big") % _DICE < faults.drop_per_mille:
            return
        if faults.delay_ms:
            await asyncio.sleep(faults.delay_ms / 1000)
        await self._flowing[way].wait()
        for piece in [bytes([byte]) for byte in data] if faults.split else [data]:
            writer.write(piece)
            await writer.drain()
            if faults.split:
                await asyncio.sleep(0)
