"""`python -m edge find-devices`: what is there and not in use, as tables for the settings file. Nothing is opened or asked.

A proposal says what a device may be; a person decides. No port is ever opened to find out what hangs on it.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.settings import DeviceTable
from firmware_bridges.discovery import FoundPort, FoundService, FoundUsb, card_readers, serial_ports, services, usb_devices
from protocols.contract.device_table import write_table

WORDS = "list devices that are there and not in use, with proposals for the settings; nothing is opened"
LISTEN_SECONDS = 2.0

SCANNER_MAKERS = {"05e0": "Zebra", "0c2e": "Honeywell", "05f9": "Datalogic", "065a": "Opticon", "1eab": "Newland"}
CONVERTERS = {"0403": "FTDI", "067b": "Prolific", "1a86": "WCH", "10c4": "Silicon Labs"}
USB_WORDS = {"072f": "a card reader", "04b8": "a printer", "0519": "a printer", "0922": "a label printer or scale"}
"""USB vendors, for people."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is there. `table`: a proposal for `[[devices]]`; None: nothing we would know how to use."""

    where: str
    what: str
    table: Mapping[str, object] | None = None
    hint: str = ""


async def search(devices: Iterable[DeviceTable], seconds: float = LISTEN_SECONDS) -> list[Found]:
    """What is there and not in use by these devices."""
    announced = await services(seconds)
    ports, usb, readers = await asyncio.to_thread(lambda: (serial_ports(), usb_devices(), card_readers()))
    return proposals(devices, ports, usb, announced, readers)


def proposals(
    devices: Iterable[DeviceTable],
    ports: Iterable[FoundPort],
    usb: Iterable[FoundUsb],
    announced: Iterable[FoundService],
    readers: Iterable[str],
) -> list[Found]:
    """The same, from what was found. Pure but for following links of ports to tell whether one is in use."""
    used = _used(devices)
    ports = list(ports)
    on_ports = {port.usb for port in ports if port.usb}
    found = [_port(port) for port in ports if not used & {_real(port.path), _real(port.device)}]
    found += [_service(each) for each in announced if f"{each.host}:{each.port}" not in used]
    found += [Found(name, "a card reader") for name in readers]
    found += [_usb(each) for each in usb if each.usb not in on_ports]
    return found


def lines(found: Iterable[Found]) -> list[str]:
    """What is printed: a line for people, and a table to copy where there is one."""
    told: list[str] = []
    for each in found:
        told += ["", f"# {each.where}: {each.what or 'unknown'}"]
        if each.hint:
            told.append(f"# {each.hint}")
        if each.table is not None:
            told.append(write_table([each.table]).rstrip())
    return told


def _used(devices: Iterable[DeviceTable]) -> set[str]:
    """Ports and addresses that are taken."""
    used: set[str] = set()
    for device in devices:
        port, host = getattr(device, "port", None), getattr(device, "host", None)
        if isinstance(host, str):
            used.add(f"{host.strip('[]')}:{port}")
        elif isinstance(port, str):
            used.add(port.removeprefix("tcp://") if port.startswith("tcp://") else _real(port))
    return used


def _real(path: str) -> str:
    return str(Path(path).resolve())


def _port(port: FoundPort) -> Found:
    vendor = port.usb.partition(":")[0]
    if vendor in SCANNER_MAKERS:
        table = {"kind": "serial_scanner", "id": "scanner-new", "port": port.path}
        return Found(port.path, f"{port.what} ({SCANNER_MAKERS[vendor]})", table)
    what = f"{port.what} (converter, {CONVERTERS[vendor]})" if vendor in CONVERTERS else port.what
    hint = "What hangs on it cannot be seen from here: if it is a scale, choose its protocol as the kind."
    return Found(port.path, what, {"kind": "mt_sics", "id": "scale-new", "port": port.path}, hint)


def _service(each: FoundService) -> Found:
    where, host = f"{each.host}:{each.port}", each.host
    match each.service:
        case "_pdl-datastream._tcp":
            return Found(where, each.name, {"kind": "escpos_tcp", "id": "printer-new", "host": host, "port": each.port})
        case "_llrp._tcp":
            table = {"kind": "llrp", "id": "reader-new", "host": host, "port": each.port}
            return Found(where, each.name, table, "Say which antennas look where; `find-readers` asks it for more.")
        case _:
            return Found(where, f"{each.name} ({each.service.partition('.')[0].lstrip('_')})")


def _usb(each: FoundUsb) -> Found:
    vendor = each.usb.partition(":")[0]
    guess = USB_WORDS.get(vendor) or ("a scanner" if vendor in SCANNER_MAKERS else "")
    return Found(f"USB {each.usb}", " ".join(word for word in (each.what, f"({guess})" if guess else "") if word))


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `find-devices` to the parser."""
    command = commands.add_parser("find-devices", help=WORDS, description=WORDS)
    command.add_argument("--config", type=Path, help="the settings file (TOML): what it uses is not listed")
    command.add_argument(
        "--seconds", type=float, default=LISTEN_SECONDS, help="how long to listen in the network (default %(default)s)"
    )
