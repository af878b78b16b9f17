"""Byte links to devices: TCP and serial. They move bytes and say in plain words why they cannot; they know no protocol."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import errno
import os
import socket
import ssl
import termios
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal, Protocol

import serial

from firmware_bridges import hid_files, usb_ports
from firmware_bridges.life import LIFE, Life
from firmware_bridges.supervise import LinkBroken

READ_MAX_BYTES = 4_096
KEEPALIVE_IDLE_SECONDS = 10
KEEPALIVE_EVERY_SECONDS = 5
KEEPALIVE_TRIES = 3
"""A silent peer is given up after 10 + 3 * 5 seconds."""
_PSEUDO_TERMINALS = Path("/dev/pts")


class ByteLink(Protocol):
    """An open link. One reader and one writer at a time."""

    async def read(self) -> bytes:
        """The next bytes, 1 to 4096 of them. Raises LinkBroken when the other side is gone."""

    async def write(self, data: bytes) -> None:
        """Hand all bytes to the operating system. Raises LinkBroken."""

    async def close(self) -> None:
        """Let go of the link; never raises, may be called twice."""


class SerialFormat(enum.Enum):
    """Data bits, parity, stop bits."""

    SEVEN_EVEN_ONE = (serial.SEVENBITS, serial.PARITY_EVEN, serial.STOPBITS_ONE)
    EIGHT_NONE_ONE = (serial.EIGHTBITS, serial.PARITY_NONE, serial.STOPBITS_ONE)
    EIGHT_NONE_TWO = (serial.EIGHTBITS, serial.PARITY_NONE, serial.STOPBITS_TWO)


SERIAL_FORMATS = {
    "7E1": SerialFormat.SEVEN_EVEN_ONE,
    "8N1": SerialFormat.EIGHT_NONE_ONE,
    "8N2": SerialFormat.EIGHT_NONE_TWO,
}


class TcpLink:
    """A TCP connection as a byte link."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        place: str,
        read_max_bytes: int = READ_MAX_BYTES,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._place = place
        self._read_max_bytes = read_max_bytes
        self._life = LIFE.get() or Life()

    async def read(self) -> bytes:
        try:
            data = await self._reader.read(self._read_max_bytes)
        except OSError as error:
            raise LinkBroken(f"the connection to {self._place} broke ({_words(error)})") from error
        if not data:
            raise LinkBroken(f"{self._place} closed the connection")
        self._life.read_bytes += len(data)
        return data

    async def write(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise LinkBroken(f"the connection to {self._place} broke ({_words(error)})") from error
        self._life.written_bytes += len(data)

    async def close(self) -> None:
        # Abort, not close: bytes a dead device never took must not keep the socket, and unread ones must not either.
        self._writer.transport.abort()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


async def open_tcp(
    host: str,
    port: int,
    *,
    connect_within_ms: int = 3_000,
    read_max_bytes: int = READ_MAX_BYTES,
    tls: ssl.SSLContext | None = None,
    server_name: str | None = None,
) -> TcpLink:
    """Connect, with keepalive (25 s) and without Nagle's delay. Raises LinkBroken.

    `host` is a name, an IPv4 or an IPv6 address. With `tls`, the certificate must be for `server_name` (default: the host).
    """
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    named = (server_name or host) if tls is not None else None
    try:
        async with asyncio.timeout(connect_within_ms / 1000):
            reader, writer = await asyncio.open_connection(host, port, ssl=tls, server_hostname=named)
    except TimeoutError as error:
        raise LinkBroken(f"{place} does not answer") from error
    except ssl.SSLCertVerificationError as error:
        raise LinkBroken(f"the certificate of {place} is not trusted ({error.verify_message})") from error
    except ssl.SSLError as error:
        raise LinkBroken(f"no TLS connection to {place} ({error.reason or error})") from error
    except OSError as error:
        raise LinkBroken(f"no connection to {place} ({_words(error)})") from error
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_SECONDS)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_EVERY_SECONDS)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_TRIES)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return TcpLink(reader, writer, place, read_max_bytes)


class OpenFile(Protocol):
    """What is read through its descriptor."""

    def fileno(self) -> int:
        """The descriptor."""

    def close(self) -> None:
        """Let go."""


class SerialLink:
    """A serial port read through the event loop; pyserial only makes the settings. Works on a pseudo-terminal, and on any
    other file that tells when it can be read."""

    def __init__(self, port: OpenFile, name: str) -> None:
        """`port` is open and non-blocking. Must be made inside the event loop."""
        self._port = port
        self._fd: int = port.fileno()
        self._name = name
        self._life = LIFE.get() or Life()
        self._received = bytearray()
        self._arrived = asyncio.Event()
        self._broken = ""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._readable)

    async def read(self) -> bytes:
        await self._arrived.wait()
        if self._received:
            data = bytes(self._received[:READ_MAX_BYTES])
            del self._received[:READ_MAX_BYTES]
            if not self._received and not self._broken:
                self._arrived.clear()
            return data
        raise LinkBroken(self._broken)

    async def write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            if self._broken:
                raise LinkBroken(self._broken)
            try:
                count = os.write(self._fd, left)
                self._life.written_bytes += count
                left = left[count:]
            except BlockingIOError:
                await self._writable()
            except OSError as error:
                self._break(_words(error))

    async def close(self) -> None:
        if not self._broken:
            self._break("closed")
        self._port.close()

    async def _writable(self) -> None:
        ready = asyncio.Event()
        self._loop.add_writer(self._fd, ready.set)
        try:
            await ready.wait()
        finally:
            self._loop.remove_writer(self._fd)

    def _readable(self) -> None:
        try:
            data = os.read(self._fd, READ_MAX_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._break(_words(error))
            return
        if not data:  # readable, and nothing there: the port was pulled out
            self._break("it was unplugged")
            return
        self._received += data
        self._life.read_bytes += len(data)
        self._arrived.set()

    def _break(self, why: str) -> None:
        self._loop.remove_reader(self._fd)
        self._broken = f"the port {self._name} is gone ({why})"
        self._arrived.set()


def open_serial(port: str, baud: int, line: SerialFormat) -> SerialLink:
    """As `serial_port`, read through the event loop."""
    return SerialLink(serial_port(port, baud, line), port)


def serial_port(port: str, baud: int, line: SerialFormat) -> serial.Serial:
    """Open a serial port for this process alone, old input thrown away. Raises LinkBroken.

    A byte with wrong parity arrives as the three bytes FF 00 xx (termios PARMRK), so it can pass for nothing else. A
    pseudo-terminal has no line and refuses 7E1 when opened a second time (EINVAL): it is opened as 8N1.
    """
    path = Path(port).resolve()
    data_bits, parity, stop_bits = (line if path.parent != _PSEUDO_TERMINALS else SerialFormat.EIGHT_NONE_ONE).value
    opened = None
    try:
        opened = serial.Serial(
            str(path), baud, bytesize=data_bits, parity=parity, stopbits=stop_bits, timeout=0, exclusive=True
        )
        if parity != serial.PARITY_NONE:
            _mark_wrong_parity(opened.fileno())
    except (OSError, termios.error, ValueError) as error:  # serial.SerialException is an OSError
        if opened is not None:
            opened.close()
        raise LinkBroken(f"the port {port} cannot be opened ({_words(error)})") from error
    return opened


def open_hid(place: str) -> SerialLink:
    """Open a file of reports. Raises LinkBroken."""
    try:
        return SerialLink(hid_files.open_file(place), place)
    except OSError as error:
        raise LinkBroken(f"{place} cannot be opened ({_words(error)})") from error


LineSetting = Literal["7E1", "8N1", "8N2"]
OpenPort = Callable[[str, int, LineSetting], Awaitable[ByteLink]]
"""Opens the place of a device on a serial line; raises LinkBroken. `open_port` is the real one."""


async def open_port(place: str, baud: int, line: LineSetting) -> ByteLink:
    """Open a device for this process alone. Raises LinkBroken.

    `place`: a device path, `usb:...` (see `usb_ports`), a hidraw file or `hid:...` (see `hid_files`), `tcp://host:port` of
    a converter to the network.
    `baud` and `line` are for a serial port of this machine; a converter is set by its own means.
    """
    if hid_files.is_hid(place):
        return open_hid(place)
    if place.startswith(usb_ports.PREFIX):
        return open_serial(usb_ports.resolve(place), baud, SERIAL_FORMATS[line])
    if not place.startswith("tcp://"):
        return open_serial(place, baud, SERIAL_FORMATS[line])
    host, _, port = place.removeprefix("tcp://").rpartition(":")
    return await open_tcp(host.strip("[]"), int(port))


def _mark_wrong_parity(fd: int) -> None:
    attributes = termios.tcgetattr(fd)
    attributes[0] = (attributes[0] | termios.INPCK | termios.PARMRK) & ~termios.IGNPAR
    termios.tcsetattr(fd, termios.TCSANOW, attributes)


def _words(error: Exception) -> str:
    """The operating system's own words, without numbers and paths; ours where its words help nobody."""
    number = getattr(error, "errno", None)
    if number is None and error.args and isinstance(error.args[0], int):
        number = error.args[0]
    if number in {errno.EIO, errno.ENXIO, errno.ENODEV}:
        return "it was unplugged"
    if number == errno.ENOENT:
        return "it is not there"
    if number in {errno.EAGAIN, errno.EBUSY}:
        return "another program uses it"
    return os.strerror(number).lower() if number is not None else str(error)


plain_words = _words
"""For links made elsewhere."""
