"""A keyboard made by the kernel itself (`/dev/uinput`), where there is one, with a real `/dev/input` node."""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path
from types import TracebackType

from protocols.scanners.evdev import EV_KEY, InputEvent, encode_event

UINPUT = Path("/dev/uinput")
_SET_EVENTS, _SET_KEYS, _SETUP, _CREATE, _DESTROY = 0x40045564, 0x40045565, 0x405C5503, 0x5501, 0x5502
_NAME_BYTES = 64
_GET_NAME = 0x80000000 | _NAME_BYTES << 16 | 0x552C


class KernelKeyboard:
    """Within the block: a keyboard at `node`."""

    def __enter__(self) -> KernelKeyboard:
        self._fd = os.open(UINPUT, os.O_WRONLY | os.O_NONBLOCK)
        fcntl.ioctl(self._fd, _SET_EVENTS, EV_KEY)
        for key in range(1, 249):
            fcntl.ioctl(self._fd, _SET_KEYS, key)
        fcntl.ioctl(self._fd, _SETUP, struct.pack("<HHHH80sI", 3, 0x1234, 0x5678, 1, b"tallystick test scanner", 0))
        fcntl.ioctl(self._fd, _CREATE)
        name = fcntl.ioctl(self._fd, _GET_NAME, bytes(_NAME_BYTES)).rstrip(b"\0").decode()
        event = next(Path(f"/sys/devices/virtual/input/{name}").glob("event*"))
        self.node = Path("/dev/input") / event.name
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        fcntl.ioctl(self._fd, _DESTROY)
        os.close(self._fd)

    def type(self, events: list[InputEvent]) -> None:
        """Press and release."""
        for event in events:
            if event.type != 4:  # the kernel makes no scan codes for it
                os.write(self._fd, encode_event(event, long_bytes=struct.calcsize("l")))
