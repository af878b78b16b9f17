"""How a receipt printer is reached: TCP, a serial port, or the device file of a USB printer. They move bytes and can be
dropped at once, with what did not leave yet: a receipt half sent must not follow later.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import termios
from collections.abc import Awaitable, Callable
from typing import Protocol

import serial

from firmware_bridges.links import SERIAL_FORMATS, LineSetting, plain_words, serial_port
from firmware_bridges.supervise import LinkBroken

CONNECT_SECONDS = 3.0
_READ_BYTES = 4096


class PrinterLine(Protocol):
    """One open connection. One reader and one writer at a time."""

    async def read(self) -> bytes:
        """What the printer said; empty when the line ended. Raises OSError."""

    async def write(self, data: bytes) -> None:
        """Hand all of it to the operating system. Raises OSError when the line breaks, as much of it as left is gone."""

    def drop(self) -> None:
        """End it at once, what did not leave is dropped; never raises, may be called twice."""


OpenLine = Callable[[], Awaitable[PrinterLine]]
"""Opens the line anew. Raises LinkBroken in plain words."""
Connect = Callable[[str, int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
"""Opens a connection to host and port. Raises OSError."""


class TcpLine:
    """A connection to port 9100."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(high=0)
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        """See `PrinterLine`."""
        return await self._reader.read(_READ_BYTES)

    async def write(self, data: bytes) -> None:
        """See `PrinterLine`."""
        self._writer.write(data)
        await self._writer.drain()

    def drop(self) -> None:
        """A reset, not a farewell: what waits in the socket goes nowhere."""
        sock = self._writer.get_extra_info("socket")
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


class FileLine:
    """A descriptor read and written through the event loop: a serial port, or a printer's device file."""

    def __init__(self, descriptor: int, close: Callable[[], None]) -> None:
        """`descriptor` is non-blocking. Must be made inside the event loop."""
        self._fd = descriptor
        self._close = close
        self._closed = False
        self._loop = asyncio.get_running_loop()

    async def read(self) -> bytes:
        """See `PrinterLine`."""
        while not self._closed:
            # A serial port that has nothing to say reads as empty, like one that ended: wait until it is readable.
            await self._until(self._loop.add_reader, self._loop.remove_reader)
            try:
                return b"" if self._closed else os.read(self._fd, _READ_BYTES)
            except BlockingIOError:
                continue
        return b""

    async def write(self, data: bytes) -> None:
        """See `PrinterLine`."""
        left = memoryview(data)
        while left:
            if self._closed:
                raise ConnectionResetError("the line was dropped")
            try:
                left = left[os.write(self._fd, left) :]
            except BlockingIOError:
                await self._until(self._loop.add_writer, self._loop.remove_writer)

    def drop(self) -> None:
        """See `PrinterLine`; a serial port forgets what it has not sent."""
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        with contextlib.suppress(termios.error, OSError):  # a device file is no terminal
            termios.tcflush(self._fd, termios.TCOFLUSH)
        self._close()

    async def _until(self, add: Callable[[int, Callable[[], None]], None], remove: Callable[[int], bool]) -> None:
        ready = asyncio.Event()
        add(self._fd, ready.set)
        try:
            await ready.wait()
        finally:
            if not self._closed:
                remove(self._fd)


def tcp_line(host: str, port: int, connect: Connect = asyncio.open_connection) -> OpenLine:
    """Opens a connection of this host and port each time."""

    async def open_it() -> PrinterLine:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await connect(host, port)
        except TimeoutError as error:
            raise LinkBroken("the printer cannot be reached") from error
        except OSError as error:
            raise LinkBroken(f"the printer cannot be reached: {error.strerror or error}") from error
        return TcpLine(reader, writer)

    return open_it


def serial_line(path: str, baud: int, line: LineSetting, *, handshake: bool = False) -> OpenLine:
    """Opens this serial port each time, for this process alone. `handshake`: RTS/CTS, which a printer slower than its line
    needs (a pseudo-terminal has none and takes it without effect)."""

    async def open_it() -> PrinterLine:
        port = serial_port(path, baud, SERIAL_FORMATS[line])
        if handshake:
            with contextlib.suppress(OSError, serial.SerialException):
                port.rtscts = True
        return FileLine(port.fileno(), port.close)

    return open_it


def file_line(path: str) -> OpenLine:
    """Opens this device file each time (`/dev/usb/lp0`)."""

    async def open_it() -> PrinterLine:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            raise LinkBroken(f"the port {path} cannot be opened ({plain_words(error)})") from error
        return FileLine(descriptor, lambda: os.close(descriptor))

    return open_it
