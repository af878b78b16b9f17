"""USB devices whose reports the kernel hands on as /dev/hidraw files, found by what is plugged in.

/dev/hidraw0             the file itself; its number may change
hid:0922:8003            vendor and product; with :SERIAL behind it, that very one
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from firmware_bridges.supervise import LinkBroken

PREFIX = "hid:"
FORM = "/dev/hidraw0, hid:VID:PID or hid:VID:PID:SERIAL"
_PLACE = re.compile(r"hid:([0-9a-fA-F]{4}):([0-9a-fA-F]{4})(?::(.+))?")
SYSFS = Path("/sys/class/hidraw")


class DeviceFile:
    """An open, non-blocking file; each read gives one report."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def fileno(self) -> int:
        """Its descriptor."""
        return self._fd

    def close(self) -> None:
        """Let go; may be called twice."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def is_hid(place: str) -> bool:
    """Whether a place is one of this module's."""
    return place.startswith((PREFIX, "/dev/hidraw"))


def is_right(place: str) -> bool:
    """Whether `hid:...` is written as it must be."""
    return not place.startswith(PREFIX) or _PLACE.fullmatch(place) is not None


def resolve(place: str, sysfs: Path = SYSFS) -> str:
    """The device file now. Raises LinkBroken when there is none, or more than one."""
    if not place.startswith(PREFIX):
        return place
    found = _PLACE.fullmatch(place)
    if found is None:
        raise LinkBroken(f"'{place}' names no device: {FORM}")
    wanted = f":{found[1].upper():0>8}:{found[2].upper():0>8}"
    fitting = []
    for each in sorted(sysfs.iterdir()) if sysfs.is_dir() else ():
        told = _told(each / "device" / "uevent")
        if told.get("HID_ID", "").endswith(wanted) and found[3] in {None, told.get("HID_UNIQ")}:
            fitting.append(each.name)
    if not fitting:
        raise LinkBroken(f"{place} is not plugged in")
    if len(fitting) > 1:
        raise LinkBroken(f"{place} fits {len(fitting)} devices; add the serial number: {FORM}")
    return f"/dev/{fitting[0]}"


def open_file(place: str) -> DeviceFile:
    """Open it. Raises LinkBroken, OSError."""
    return DeviceFile(os.open(resolve(place), os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))


def _told(uevent: Path) -> dict[str, str]:
    try:
        lines = uevent.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)
