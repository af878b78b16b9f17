"""The device's end of its cable: a pseudo-terminal, or a TCP port as a converter from serial to network gives it.

Both can be pulled out and put in again, and carry bytes both ways; what nobody at the other end reads is lost, as on a
real line.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from simulators.listening import Listening, Serve
from simulators.web import CannotListen

READ_MAX_BYTES = 4_096
UNREAD_BYTES_MAX = 65_536
"""A TCP peer that reads nothing: what is more is lost."""


class Cable(Protocol):
    """One device's line to the till."""

    @property
    def plugged_in(self) -> bool:
        """Whether the other end can find it."""

    @property
    def place(self) -> str:
        """Where the other end finds it, as the settings of a box name it."""

    async def plug_in(self, heard: Callable[[bytes], None]) -> None:
        """Make it appear; `heard` gets what comes. Nothing happens if it is there. Raises `CannotListen`."""

    async def unplug(self) -> None:
        """Pull it out: whoever uses it sees it end. Nothing happens if it is out."""

    def send(self, data: bytes) -> None:
        """Say something, to whoever listens."""


class SerialCable:
    """`link_path` becomes a symbolic link to a pseudo-terminal: the port's name, as udev would make it."""

    def __init__(self, link_path: Path) -> None:
        self._link_path = link_path
        self._ends: tuple[int, int] | None = None

    @property
    def plugged_in(self) -> bool:
        """Whether the port exists."""
        return self._ends is not None

    @property
    def place(self) -> str:
        """The port's path."""
        return str(self._link_path)

    async def plug_in(self, heard: Callable[[bytes], None]) -> None:
        """Make the port appear."""
        if self._ends is not None:
            return
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        # Their end stays open here too, or the port would hang up each time a till closes it.
        self._ends = ours, theirs
        self._link_path.parent.mkdir(parents=True, exist_ok=True)
        self._link_path.unlink(missing_ok=True)
        self._link_path.symlink_to(os.ttyname(theirs))

        def readable() -> None:
            with contextlib.suppress(OSError):  # nobody at the other end just now
                heard(os.read(ours, READ_MAX_BYTES))

        asyncio.get_running_loop().add_reader(ours, readable)

    async def unplug(self) -> None:
        """The port vanishes."""
        if self._ends is None:
            return
        ours, theirs = self._ends
        self._ends = None
        asyncio.get_running_loop().remove_reader(ours)
        self._link_path.unlink(missing_ok=True)
        os.close(theirs)
        os.close(ours)

    def send(self, data: bytes) -> None:
        """Say something; a port nobody reads is full, and loses it."""
        if self._ends is not None:
            with contextlib.suppress(OSError):
                os.write(self._ends[0], data)


class TcpCable:
    """Listens on a port of this machine, for one till at a time: the newest connection takes the place of the one before."""

    def __init__(self, port: int, *, host: str = "127.0.0.1", serve: Serve = asyncio.start_server) -> None:
        """Port 0 takes a free one at the first `plug_in`, and keeps it."""
        self.port = port
        self._host = host
        self._serve_on = serve
        self._server: Listening | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._writer: asyncio.StreamWriter | None = None

    @property
    def plugged_in(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    @property
    def place(self) -> str:
        """As a URL."""
        return f"tcp://{self._host}:{self.port}"

    async def plug_in(self, heard: Callable[[bytes], None]) -> None:
        """Listen."""
        if self._server is not None:
            return

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._hang_up()
            self._writer = writer
            with contextlib.suppress(OSError):
                while data := await reader.read(READ_MAX_BYTES):
                    heard(data)
            writer.close()
            if self._writer is writer:
                self._writer = None

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.get_running_loop().create_task(serve(reader, writer))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)

        try:
            self._server = await self._serve_on(accept, self._host, self.port)
        except OSError as error:
            raise CannotListen(f"cannot listen on {self._host}:{self.port}: {error.strerror}") from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def unplug(self) -> None:
        """Hang up and listen no more."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            self._hang_up()
            await server.wait_closed()

    def send(self, data: bytes) -> None:
        """Say something to the till that is connected."""
        writer = self._writer
        if writer is not None and not writer.is_closing() and writer.transport.get_write_buffer_size() < UNREAD_BYTES_MAX:
            writer.write(data)

    def _hang_up(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None
