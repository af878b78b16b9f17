"""What is plugged into this machine and what announces itself in its network. Nothing is opened, nothing is asked.

Serial ports and USB devices are read from the kernel's lists, card readers from the PC/SC daemon's; in the network only
announcements (mDNS) are listened for.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serial.tools import list_ports
from zeroconf import ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

USB_ROOT = Path("/sys/bus/usb/devices")
BY_ID = Path("/dev/serial/by-id")
SERVICES = (
    "_pdl-datastream._tcp.local.",
    "_llrp._tcp.local.",
    "_shelly._tcp.local.",
    "_ipp._tcp.local.",
    "_mqtt._tcp.local.",
)
"""Printers on port 9100, RFID readers, Shelly sensors, printers of other kinds, brokers."""
FOUND_MAX = 200
"""Policy when reached: the rest is not told."""
HUB = "09"


@dataclass(frozen=True, slots=True)
class FoundPort:
    """A serial port. `path` keeps its name when USB devices are renumbered, where the kernel gives it such a name."""

    path: str
    device: str
    what: str
    usb: str = ""
    """`vendor:product`, hexadecimal; empty: not on USB."""


@dataclass(frozen=True, slots=True)
class FoundUsb:
    """A USB device. `serial` may be empty."""

    usb: str
    what: str
    serial: str = ""


@dataclass(frozen=True, slots=True)
class FoundService:
    """Something that announces itself. `service` is like `_llrp._tcp`."""

    service: str
    name: str
    host: str
    port: int


def serial_ports(
    ports: Callable[[], list[Any]] = lambda: list(list_ports.comports()), by_id: Path = BY_ID
) -> list[FoundPort]:
    """Every serial port the kernel knows; none is opened."""
    stable: dict[Path, str] = {}
    with contextlib.suppress(OSError):
        stable = {link.resolve(): str(link) for link in sorted(by_id.iterdir())}
    found = []
    for each in ports()[:FOUND_MAX]:
        usb = f"{each.vid:04x}:{each.pid:04x}" if each.vid is not None and each.pid is not None else ""
        told = [word for word in (each.manufacturer, each.product or each.description) if word and word != "n/a"]
        path = stable.get(Path(each.device).resolve(), str(each.device))
        found.append(FoundPort(path, str(each.device), " ".join(dict.fromkeys(told)), usb))
    return sorted(found, key=lambda port: port.path)


def usb_devices(root: Path = USB_ROOT) -> list[FoundUsb]:
    """Every USB device but hubs, from sysfs."""
    found = []
    try:
        folders = sorted(root.iterdir())
    except OSError:
        return []
    for folder in folders:
        vendor, product = _read(folder / "idVendor"), _read(folder / "idProduct")
        if vendor and product and _read(folder / "bDeviceClass") != HUB:
            what = " ".join(word for word in (_read(folder / "manufacturer"), _read(folder / "product")) if word)
            found.append(FoundUsb(f"{vendor}:{product}", what, _read(folder / "serial")))
    return found[:FOUND_MAX]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def card_readers() -> list[str]:
    """The names of card readers the PC/SC daemon knows; none without it. No card is touched."""
    try:
        system = importlib.import_module("smartcard.System")
        errors = importlib.import_module("smartcard.pcsc.PCSCExceptions")
    except ImportError:
        return []
    try:
        return [str(reader) for reader in system.readers()][:FOUND_MAX]
    except errors.BaseSCardException:
        return []


async def services(seconds: float) -> list[FoundService]:
    """Listen to announcements for so long. Empty where there is no network."""
    heard: set[tuple[str, str]] = set()

    def hear(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:  # noqa: ARG001
        if state_change is not ServiceStateChange.Removed and len(heard) < FOUND_MAX:
            heard.add((service_type, name))

    try:
        zeroconf = AsyncZeroconf()
    except OSError:
        return []
    try:
        browser = AsyncServiceBrowser(zeroconf.zeroconf, list(SERVICES), handlers=[hear])
        await asyncio.sleep(seconds)
        await browser.async_cancel()
        told = await asyncio.gather(*(_told(zeroconf, *each) for each in sorted(heard)))
        return [each for each in told if each is not None]
    finally:
        await zeroconf.async_close()


async def _told(zeroconf: AsyncZeroconf, service: str, name: str) -> FoundService | None:
    info = AsyncServiceInfo(service, name)
    if not await info.async_request(zeroconf.zeroconf, 1_000) or info.port is None:
        return None
    addresses = info.parsed_addresses()
    if not addresses:
        return None
    short = service.removesuffix(".local.")
    return FoundService(short, name.removesuffix(f".{service}"), addresses[0], info.port)
