"""Device files that hand on records (evdev, hidraw), and the Unix socket that stands in for one, as byte links."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import socket
import stat
from pathlib import Path
from typing import Protocol

from firmware_bridges.links import READ_MAX_BYTES, ByteLink
from firmware_bridges.supervise import LinkBroken

EVIOCGRAB = 0x40044590
"""`_IOW('E', 0x90, int)` of `linux/input.h`: this open file alone gets the events, until it is closed."""
SOCKET = "unix:"
_CONNECT_WITHIN_SECONDS = 3.0


class OpenRecords(Protocol):
    """Opens a device's place; raises LinkBroken. `open_records` is the real one."""

    async def __call__(self, place: str, *, grab: bool) -> ByteLink:
        """See `open_records`."""


class FileLink:
    """An open non-blocking file descriptor, read through the event loop; owns it."""

    def __init__(self, fd: int, name: str) -> None:
        self._fd = fd
        self._name = name
        self._loop = asyncio.get_running_loop()

    async def read(self) -> bytes:
        """The next records. Raises LinkBroken."""
        while True:
            try:
                data = os.read(self._fd, READ_MAX_BYTES)
            except (BlockingIOError, InterruptedError):
                await self._wait(writing=False)
                continue
            except OSError as error:
                raise LinkBroken(f"{self._name} is gone ({_words(error)})") from error
            if not data:
                raise LinkBroken(f"{self._name} is gone (it was unplugged)")
            return data

    async def write(self, data: bytes) -> None:
        """Hand on an output report, whole. Raises LinkBroken."""
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(self._fd, left) :]
            except (BlockingIOError, InterruptedError):
                await self._wait(writing=True)
            except OSError as error:
                raise LinkBroken(f"{self._name} is gone ({_words(error)})") from error

    async def close(self) -> None:
        """Let go; a grabbed device types for everybody again."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    async def _wait(self, *, writing: bool) -> None:
        ready, fd, loop = asyncio.Event(), self._fd, self._loop
        (loop.add_writer if writing else loop.add_reader)(fd, ready.set)
        try:
            await ready.wait()
        finally:
            (loop.remove_writer if writing else loop.remove_reader)(fd)


async def open_records(place: str, *, grab: bool) -> ByteLink:
    """Open a device file, or `unix:/path` of a simulator. `grab`: nobody else gets its keys. Raises LinkBroken."""
    if place.startswith(SOCKET):
        return await _open_socket(place)
    try:
        fd = os.open(place, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        raise LinkBroken(f"{place} cannot be opened ({_words(error)})") from error
    try:
        if not stat.S_ISCHR(os.fstat(fd).st_mode):
            raise LinkBroken(f"{place} is no device")
        if grab:
            fcntl.ioctl(fd, EVIOCGRAB, 1)
    except OSError as error:
        os.close(fd)
        raise LinkBroken(f"{place} cannot be taken for this box alone ({_words(error)})") from error
    except LinkBroken:
        os.close(fd)
        raise
    return FileLink(fd, place)


async def _open_socket(place: str) -> ByteLink:
    path = Path(place.removeprefix(SOCKET))
    raw = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    raw.setblocking(False)
    try:
        async with asyncio.timeout(_CONNECT_WITHIN_SECONDS):
            await asyncio.get_running_loop().sock_connect(raw, str(path))
    except (OSError, TimeoutError) as error:
        raw.close()
        raise LinkBroken(f"{place} cannot be opened ({_words(error)})") from error
    return FileLink(raw.detach(), place)


def _words(error: Exception) -> str:
    match getattr(error, "errno", None):
        case errno.ENODEV | errno.EIO | errno.ENXIO:
            return "it was unplugged"
        case errno.ENOENT:
            return "it is not there"
        case errno.EBUSY:
            return "another program uses it"
        case errno.EACCES | errno.EPERM:
            return "this user may not: add it to the group 'input', or give it a udev rule"
        case errno.ENOTTY | errno.EINVAL:
            return "it is no input device"
        case None:
            return "it does not answer"
        case number:
            return os.strerror(number).lower()
