"""A Unix socket in the place of a device file: what a kernel would hand on as records goes over it as bytes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

from simulators.cables import READ_MAX_BYTES, UNREAD_BYTES_MAX
from simulators.web import CannotListen


class UnixCable:
    """See `simulators.cables.Cable`. One till at a time: the newest connection takes the place of the one before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def plugged_in(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    @property
    def connected(self) -> bool:
        """Somebody listens at the other end."""
        return self._writer is not None

    @property
    def place(self) -> str:
        """As a box's settings name it."""
        return f"unix:{self._path}"

    async def plug_in(self, heard: Callable[[bytes], None]) -> None:
        """Listen."""
        if self._server is not None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._hang_up()
            self._writer = writer
            with contextlib.suppress(OSError):
                while data := await reader.read(READ_MAX_BYTES):
                    heard(data)
            writer.close()
            if self._writer is writer:
                self._writer = None

        try:
            self._server = await asyncio.start_unix_server(serve, self._path)
        except OSError as error:
            raise CannotListen(f"cannot listen on {self._path}: {error.strerror}") from error

    async def unplug(self) -> None:
        """The device is gone, and its file."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            self._hang_up()
            await server.wait_closed()
            self._path.unlink(missing_ok=True)

    def send(self, data: bytes) -> None:
        """Say something to the till that is connected."""
        writer = self._writer
        if writer is not None and not writer.is_closing() and writer.transport.get_write_buffer_size() < UNREAD_BYTES_MAX:
            writer.write(data)

    def _hang_up(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None
