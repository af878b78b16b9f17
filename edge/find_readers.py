"""`python -m edge find-readers`: which RFID readers are in the shop's network, as tables for the settings file."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
from collections.abc import Iterable

from firmware_bridges.reader_discovery import FoundReader, Network, find_readers

WORDS = "look for RFID readers (LLRP) in a network; nothing in them is changed"
MAKERS = {161: "Zebra (Motorola)", 10_642: "Zebra", 25_882: "Impinj", 17_996: "Alien"}
"""IANA enterprise numbers of makers, for people."""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `find-readers` to the parser."""
    command = commands.add_parser("find-readers", help=WORDS, description=WORDS)
    command.add_argument("network", help="such as 192.0.2.0/24, at most 1024 addresses")
    command.add_argument("--port", type=int, default=5084, help="default %(default)s")


def network_of(text: str) -> Network:
    """The network asked for. Raises ValueError."""
    return ipaddress.ip_network(text, strict=False)


def search(network: Network, port: int) -> list[FoundReader]:
    """Search now. Raises ValueError for too large a network."""
    return asyncio.run(find_readers(network, port))


def lines(found: Iterable[FoundReader]) -> list[str]:
    """What is printed: a line for people and a table to copy for each reader."""
    told: list[str] = []
    for number, reader in enumerate(found, 1):
        told += ["", f"# {_who(reader)}"]
        told += ["[[devices]]", 'kind = "llrp"', f'id = "reader-{number}"', f'host = "{reader.host}"']
        if reader.port != 5084:
            told.append(f"port = {reader.port}")
        told += ["antennas_inside = []  # which antennas look into the store", "antennas_outside = []"]
    return told


def _who(reader: FoundReader) -> str:
    told = reader.told
    if told.taken:
        return f"{reader.host}: a reader that another program uses now"
    able = told.capabilities
    maker = MAKERS.get(able.manufacturer, f"maker {able.manufacturer}")
    pins = f"{able.inputs} inputs, {able.outputs} outputs"
    return f"{reader.host}: {maker}, model {able.model}, firmware {able.firmware}, {able.antennas_max} antennas, {pins}"
