"""`python -m edge find-scales`: which scale is on a port, as a table for the settings file."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterable, Sequence

from firmware_bridges import usb_ports
from firmware_bridges.scale_discovery import BAUDS, Found, find_scale

WORDS = "find out which scale is on the ports named; it is asked for its weight, never zeroed or tared"
_SURE = {
    "certain": "certain (its checksum is right)",
    "likely": "likely",
    "possible": "possible; these protocols answer alike, look at the scale's settings",
}


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `find-scales` to the parser."""
    command = commands.add_parser("find-scales", help=WORDS, description=WORDS)
    command.add_argument(
        "port", nargs="+", help="a device path such as /dev/ttyUSB0, usb:VID:PID:SERIAL, or tcp://host:port"
    )
    command.add_argument(
        "--baud", type=int, action="append", help=f"a speed to try, more than once if you like ({BAUDS[0]})"
    )


def search(ports: Sequence[str], bauds: Sequence[int] | None) -> list[Found]:
    """Look at the ports one after the other."""

    async def all_of_them() -> list[Found]:
        return [await find_scale(port, bauds=tuple(bauds or BAUDS)) for port in ports]

    return asyncio.run(all_of_them())


def lines(found: Iterable[Found], ports: usb_ports.ListPorts = usb_ports.usb_ports) -> list[str]:
    """What is printed: a line for people, and a table to copy for each port with a scale."""
    told: list[str] = []
    for number, each in enumerate(found, 1):
        told += ["", f"# {each.place}: {_who(each)}"]
        if not each.guesses:
            continue
        name = each.place if "://" in each.place else usb_ports.settled_name(each.place, ports)
        told += ["[[devices]]", f'kind = "{each.guesses[0].protocol}"', f'id = "scale-{number}"', f'port = "{name}"']
        if each.baud != BAUDS[0]:
            told.append(f"baud = {each.baud}")
    return told[1:]


def _who(found: Found) -> str:
    if found.trouble:
        return found.trouble
    if not found.guesses:
        return "nobody answered" if not found.heard_bytes else f"{found.heard_bytes} bytes came that no known scale sends"
    names = " or ".join(guess.protocol for guess in found.guesses)
    how = "it speaks unasked" if found.by_listening else "it answered"
    return f"{names}, {_SURE[found.guesses[0].confidence]}: {how}"
