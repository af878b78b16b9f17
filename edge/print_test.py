"""`python -m edge print-test`: a receipt that shows whether profile, letters and codes of a printer fit."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from edge.clock import SystemClock
from edge.devices.kinds.printers import traits_of
from edge.settings import Settings
from edge.settings.devices.printers import (
    EposSettings,
    EscposFileSettings,
    EscposSerialSettings,
    EscposTcpSettings,
    PrinterTable,
)
from firmware_bridges.epos_printer import EposDriver
from firmware_bridges.printer import Outcome, PrinterDriver
from firmware_bridges.printer_lines import OpenLine, file_line, serial_line, tcp_line
from firmware_bridges.supervise import LinkBroken
from protocols.device_events import DeviceEvent, DeviceStateEvent
from protocols.epos.document import document_bytes
from protocols.escpos.self_test import self_test, self_test_operations

WORDS = "print every letter and code a receipt printer has; the box must not run meanwhile, a printer takes one connection"
ANSWERS_WITHIN_SECONDS = 10.0


class NoSuchPrinter(ValueError):
    """The settings name no such printer; the text says which there are."""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `print-test` to the parser."""
    command = commands.add_parser("print-test", help=WORDS, description=WORDS)
    command.add_argument("--config", type=Path, required=True, help="the settings file (TOML)")
    command.add_argument("printer", help="the printer's device id")


def run(settings: Settings, printer_id: str) -> tuple[bool, str]:
    """Print it now. Whether the printer confirmed it, and what to say. Raises NoSuchPrinter."""
    printers = {each.id: each for each in settings.devices if isinstance(each, PrinterTable)}
    if printer_id not in printers:
        known = ", ".join(printers) or "none"
        raise NoSuchPrinter(f"there is no printer '{printer_id}' in [[devices]]. Printers: {known}.")
    return asyncio.run(_print(printers[printer_id]))


async def _print(device: PrinterTable) -> tuple[bool, str]:
    driver, data = _driver(device)
    faults: asyncio.Queue[str] = asyncio.Queue()

    def heard(event: DeviceEvent) -> None:
        if isinstance(event, DeviceStateEvent):
            faults.put_nowait(event.reason)

    running = asyncio.create_task(driver.run(heard))
    answered = asyncio.create_task(faults.get())
    try:
        await asyncio.wait({running, answered}, timeout=ANSWERS_WITHIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            return False, f"{device.id}: {_why(running)}. Is the box still running? A printer takes one connection."
        if not answered.done():
            return False, f"{device.id}: the printer does not answer."
        outcome = await driver.print(data)
        return outcome == "confirmed", _words(device.id, outcome, answered.result())
    finally:
        for task in (running, answered):
            task.cancel()
        await asyncio.wait({running, answered})


def _driver(device: PrinterTable) -> tuple[PrinterDriver | EposDriver, bytes]:
    profile = device.the_profile
    if isinstance(device, EposSettings):
        return EposDriver(device.id, device.url, traits_of(device)), document_bytes(self_test_operations(profile, device.id))
    driver = PrinterDriver(device.id, _line(device), SystemClock(), traits_of(device))
    return driver, self_test(profile, device.id)


def _line(device: PrinterTable) -> OpenLine:
    match device:
        case EscposTcpSettings():
            return tcp_line(device.host, device.port)
        case EscposSerialSettings():
            return serial_line(device.port, device.baud, "8N1", handshake=device.handshake)
        case EscposFileSettings():
            return file_line(device.path)
        case _:
            raise TypeError(f"{device.id} is no ESC/POS printer")


def _why(running: asyncio.Task[None]) -> str:
    error = running.exception()
    return str(error) if isinstance(error, LinkBroken) else "the printer ended the connection"


def _words(device_id: str, outcome: Outcome, fault: str) -> str:
    if outcome == "confirmed":
        return f"{device_id}: printed. Compare it with docs/printers.md."
    if outcome == "not_sent":
        return f"{device_id}: nothing was printed: {fault or 'the printer does not answer'}."
    return f'{device_id}: the printer took it and did not confirm it: look at the paper. Try proof = "status".'
