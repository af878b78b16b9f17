"""Serial ports by what is plugged in, not by the number the kernel gave it this time.

  usb:0403:6001:A50285BI   vendor, product, serial number
  usb:0403:6001            the only device of that kind
  usb:0403:6001@1-1.4      the one in that socket of the hub, for converters without a serial number
Looked up each time the port is opened, so a scale that comes back as another ttyUSB is found again. Links under
/dev/serial/by-id serve as well: they are followed each time too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

from firmware_bridges.supervise import LinkBroken

PREFIX = "usb:"
FORM = "usb:VID:PID, usb:VID:PID:SERIAL or usb:VID:PID@SOCKET (as `find-scales` prints it)"
_PLACE = re.compile(r"usb:([0-9a-fA-F]{4}):([0-9a-fA-F]{4})(?::([^:@]+)|@([0-9.-]+))?")
BY_ID = Path("/dev/serial/by-id")


@dataclass(frozen=True, slots=True)
class UsbPort:
    """A serial port on USB. `serial` is empty where the maker gave none; `socket` such as 1-1.4."""

    device: str
    vendor: int
    product: int
    serial: str = ""
    socket: str = ""


ListPorts = Callable[[], Sequence[UsbPort]]


def usb_ports() -> list[UsbPort]:
    """Those of this machine now."""
    return [
        UsbPort(each.device, each.vid, each.pid, each.serial_number or "", (each.location or "").partition(":")[0])
        for each in list_ports.comports()
        if each.vid is not None and each.pid is not None
    ]


def is_right(place: str) -> bool:
    """Whether `usb:...` is written as it must be."""
    return _PLACE.fullmatch(place) is not None


def resolve(place: str, ports: ListPorts = usb_ports) -> str:
    """The device file of `usb:...` now. Raises LinkBroken when there is none, or more than one."""
    found = _PLACE.fullmatch(place)
    if found is None:
        raise LinkBroken(f"'{place}' names no port: {FORM}")
    vendor, product, serial, socket = int(found[1], 16), int(found[2], 16), found[3], found[4]
    fitting = [
        port
        for port in ports()
        if (port.vendor, port.product) == (vendor, product)
        and (serial is None or port.serial == serial)
        and (socket is None or port.socket == socket)
    ]
    if not fitting:
        raise LinkBroken(f"{place} is not plugged in")
    if len(fitting) > 1:
        places = ", ".join(sorted(name_of(port, [])[0] for port in fitting))
        raise LinkBroken(f"{place} fits {len(fitting)} ports; name one of them: {places}")
    return fitting[0].device


def name_of(port: UsbPort, others: Sequence[UsbPort]) -> tuple[str, bool]:
    """How to write a port in the settings; False when it holds only while the cable stays in its socket.

    `others`: all ports there are, for serial numbers that are not the port's own (some makers give all the same).
    """
    kind = f"{PREFIX}{port.vendor:04x}:{port.product:04x}"
    twins = [each for each in others if (each.vendor, each.product, each.serial) == (port.vendor, port.product, port.serial)]
    if port.serial and ":" not in port.serial and "@" not in port.serial and len(twins) < 2:
        return f"{kind}:{port.serial}", True
    return f"{kind}@{port.socket}", False


def settled_name(device: str, ports: ListPorts = usb_ports, by_id: Path = BY_ID) -> str:
    """The name for the settings of a device file that survives renumbering, as far as there is one."""
    known = list(ports())
    for port in known:
        if port.device == device and port.socket:
            return name_of(port, known)[0]
    links = sorted(by_id.iterdir()) if by_id.is_dir() else []
    return next((str(link) for link in links if link.resolve() == Path(device).resolve()), device)
