"""Ports by vendor, product, serial number and socket: the same scale after any renumbering."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridges.supervise import LinkBroken
from firmware_bridges.usb_ports import UsbPort, is_right, name_of, resolve, settled_name

FTDI_A = UsbPort("/dev/ttyUSB0", 0x0403, 0x6001, "A50285BI", "1-1.2")
FTDI_B = UsbPort("/dev/ttyUSB1", 0x0403, 0x6001, "A9007QXL", "1-1.3")
CHEAP_A = UsbPort("/dev/ttyUSB2", 0x1A86, 0x7523, "", "1-1.4")
CHEAP_B = UsbPort("/dev/ttyUSB3", 0x1A86, 0x7523, "", "1-1.1")
ALL = [FTDI_A, FTDI_B, CHEAP_A, CHEAP_B]


@pytest.mark.parametrize("port", ALL)
def test_every_port_is_found_by_its_own_name_after_renumbering(port: UsbPort) -> None:
    name, _ = name_of(port, ALL)
    assert is_right(name)
    moved = [
        UsbPort(f"/dev/ttyUSB{9 - number}", each.vendor, each.product, each.serial, each.socket)
        for number, each in enumerate(ALL)
    ]
    assert resolve(name, lambda: moved) == f"/dev/ttyUSB{9 - ALL.index(port)}"


def test_a_serial_number_holds_in_any_socket_and_a_socket_does_not() -> None:
    assert name_of(FTDI_A, ALL) == ("usb:0403:6001:A50285BI", True)
    assert name_of(CHEAP_A, ALL) == ("usb:1a86:7523@1-1.4", False)
    twins = [UsbPort(f"/dev/ttyUSB{number}", 0x10C4, 0xEA60, "0001", f"1-{number}") for number in range(2)]
    assert name_of(twins[0], twins) == ("usb:10c4:ea60@1-0", False), "a serial number that two have is nobody's"


def test_nobody_and_more_than_one_are_said_so() -> None:
    with pytest.raises(LinkBroken, match="is not plugged in"):
        resolve("usb:0403:6001:NONE", lambda: ALL)
    with pytest.raises(LinkBroken, match=r"fits 2 ports; name one of them: usb:1a86:7523@1-1\.1, usb:1a86:7523@1-1\.4"):
        resolve("usb:1a86:7523", lambda: ALL)
    with pytest.raises(LinkBroken, match="names no port"):
        resolve("usb:scale", lambda: ALL)
    assert resolve("usb:0403:6001:A9007QXL", lambda: ALL) == "/dev/ttyUSB1"


def test_the_name_for_the_settings(tmp_path: Path) -> None:
    assert settled_name("/dev/ttyUSB1", lambda: ALL) == "usb:0403:6001:A9007QXL"
    (tmp_path / "device").touch()
    (tmp_path / "by-id").mkdir()
    (tmp_path / "by-id" / "usb-maker-port0").symlink_to(tmp_path / "device")
    link = settled_name(str(tmp_path / "device"), list, tmp_path / "by-id")
    assert link == str(tmp_path / "by-id" / "usb-maker-port0")
    assert settled_name("/dev/ttyS0", list, tmp_path / "none") == "/dev/ttyS0"
