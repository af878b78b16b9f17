"""What is found is proposed and never opened; what is in use is not listed."""

from __future__ import annotations

import asyncio
import os
import socket
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from zeroconf import ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from edge import find_devices
from edge.settings import EscposTcpSettings, MtSicsSettings, SerialScannerSettings
from edge.settings.loading import read_devices
from firmware_bridges import discovery
from firmware_bridges.discovery import FoundPort, FoundService, FoundUsb, serial_ports, usb_devices


def port(device: str, vid: int | None = None, pid: int | None = None, product: str | None = None) -> SimpleNamespace:
    return SimpleNamespace(device=device, vid=vid, pid=pid, manufacturer=None, product=product, description="n/a")


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    """Two ports; the scanner's has a name that stays."""
    (tmp_path / "by-id").mkdir()
    for name in ("ttyUSB0", "ttyACM0"):
        os.mkfifo(tmp_path / name)  # to open one for reading would wait for ever
    (tmp_path / "by-id" / "usb-Zebra_scanner-if00").symlink_to(tmp_path / "ttyACM0")
    return tmp_path


def ports_of(dev: Path) -> list[FoundPort]:
    known = [port(str(dev / "ttyUSB0"), 0x0403, 0x6001, "FT232R"), port(str(dev / "ttyACM0"), 0x05E0, 0x1701, "Symbol")]
    return serial_ports(lambda: known, dev / "by-id")


def test_a_port_goes_by_the_name_that_stays(dev: Path) -> None:
    names = [(found.path, found.usb) for found in ports_of(dev)]
    assert names == [(str(dev / "by-id" / "usb-Zebra_scanner-if00"), "05e0:1701"), (str(dev / "ttyUSB0"), "0403:6001")]


def test_proposals_are_tables_the_box_takes(dev: Path) -> None:
    announced = [
        FoundService("_pdl-datastream._tcp", "TM-T88", "192.0.2.7", 9100),
        FoundService("_x._tcp", "y", "192.0.2.8", 1),
    ]
    found = find_devices.proposals((), ports_of(dev), [], announced, ["ACS ACR122U 00 00"])
    text = "\n".join(find_devices.lines(found))
    devices = read_devices(tomllib.loads(text)["devices"], dev)
    assert [type(device) for device in devices] == [SerialScannerSettings, MtSicsSettings, EscposTcpSettings]
    assert "choose its protocol as the kind" in text
    assert "# ACS ACR122U 00 00: a card reader" in text


def test_what_is_in_use_is_not_listed(dev: Path) -> None:
    used = (
        MtSicsSettings(id="s", port=str(dev / "ttyUSB0")),
        SerialScannerSettings(id="c", port=str(dev / "by-id" / "usb-Zebra_scanner-if00")),
        EscposTcpSettings(id="p", host="192.0.2.7"),
    )
    announced = [FoundService("_pdl-datastream._tcp", "TM-T88", "192.0.2.7", 9100)]
    usb = [FoundUsb("05e0:1701", "Symbol"), FoundUsb("072f:2200", "ACS ACR122U")]
    left = find_devices.proposals(used, ports_of(dev), usb, announced, [])
    assert [(found.where, found.what) for found in left] == [("USB 072f:2200", "ACS ACR122U (a card reader)")]


def test_usb_is_read_from_the_kernels_list(tmp_path: Path) -> None:
    for name, files in {
        "1-1": {"idVendor": "072f", "idProduct": "2200", "product": "ACR122U", "bDeviceClass": "00"},
        "usb1": {"idVendor": "1d6b", "idProduct": "0002", "bDeviceClass": "09"},
        "1-1:1.0": {"bInterfaceClass": "0b"},
    }.items():
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / file).write_text(f"{text}\n")
    assert usb_devices(tmp_path) == [FoundUsb("072f:2200", "ACR122U")]
    assert usb_devices(tmp_path / "missing") == []


async def test_an_announcement_in_the_network_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the real protocol, on the loopback alone."""
    monkeypatch.setattr(discovery, "AsyncZeroconf", lambda: AsyncZeroconf(interfaces=["127.0.0.1"]))
    service = "_pdl-datastream._tcp.local."
    info = ServiceInfo(
        service,
        f"Till printer.{service}",
        port=9_100,
        addresses=[socket.inet_aton("127.0.0.1")],
        server="till-printer.local.",
    )
    printer = AsyncZeroconf(interfaces=["127.0.0.1"])
    await printer.async_register_service(info)
    try:
        for _ in range(5):
            if found := await discovery.services(1.5):
                break
            await asyncio.sleep(0)
        assert FoundService("_pdl-datastream._tcp", "Till printer", "127.0.0.1", 9_100) in found
    finally:
        await printer.async_close()
