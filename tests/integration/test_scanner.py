"""Driver and simulated scanner over a real pseudo-terminal: codes, a bad cable, settings that do not fit, the cable out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware_bridges.scanner import UNREADABLE, UNREADABLE_TOLD_MAX, ScannerDriver
from firmware_bridges.supervise import supervise
from protocols.clock import SeededRandom
from protocols.device_events import CodeScanned, CodeUnreadable, DeviceEvent, DeviceState, DeviceStateEvent, Symbology
from protocols.gs1.gtin import CodeRefused, read_code, with_check_digit
from protocols.scanners.serial_codes import ScanFormat
from simulators.cables import SerialCable
from simulators.clock import SystemClock
from simulators.link_proxy import LinkFaults
from simulators.mouth import SpeechFaults
from simulators.scanner import ScannerSimulator
from simulators.serial_proxy import SerialProxy
from tests.support.waiting import until

CODES = [with_check_digit(f"{4_000_000_000 + number:012}") for number in range(40)]


class Heard:
    """What the store hears."""

    def __init__(self) -> None:
        self.events: list[DeviceEvent] = []

    def codes(self) -> list[str]:
        return [event.code for event in self.events if isinstance(event, CodeScanned)]

    def unreadable(self) -> int:
        return sum(isinstance(event, CodeUnreadable) for event in self.events)

    def state(self) -> tuple[DeviceState, str]:
        told = [event for event in self.events if isinstance(event, DeviceStateEvent)]
        return told[-1].state, told[-1].reason


class Quick:
    """Chance that always draws the shortest wait."""

    def bytes(self, count: int) -> bytes:
        return bytes(count)


@pytest.fixture
async def scanner(tmp_path: Path) -> AsyncIterator[ScannerSimulator]:
    one = ScannerSimulator(SerialCable(tmp_path / "scanner"), ScanFormat(), rng=SeededRandom(3))
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def cable(scanner: ScannerSimulator, tmp_path: Path) -> AsyncIterator[SerialProxy]:
    one = SerialProxy(tmp_path / "cable", tmp_path / "scanner", SeededRandom(5))
    await one.start()
    await until(lambda: one.connections == 1)
    yield one
    await one.stop()


@pytest.fixture
async def heard(cable: SerialProxy, tmp_path: Path) -> AsyncIterator[Heard]:
    store = Heard()
    driver = ScannerDriver("scanner-1", str(tmp_path / "cable"), ScanFormat(), SystemClock(), duplicate_ms=2_000)
    task = asyncio.create_task(supervise(driver, store.events.append, SystemClock(), Quick()))
    await until(lambda: store.events and store.state()[0] is DeviceState.READY)
    yield store
    task.cancel()
    await asyncio.wait({task})


async def test_what_is_scanned_is_heard_once_with_its_kind(scanner: ScannerSimulator, heard: Heard) -> None:
    scanner.scan(CODES[0], Symbology.EAN_UPC)
    scanner.scan("101")
    await until(lambda: heard.codes() == [CODES[0], "101"])
    assert heard.events[-2] == CodeScanned(device_id="scanner-1", code=CODES[0], symbology=Symbology.EAN_UPC)


@pytest.mark.parametrize(
    "faults",
    [LinkFaults(split=True), LinkFaults(delay_ms=3, jitter_ms=20), LinkFaults(duplicate_per_mille=1_000)],
    ids=["split", "late", "doubled"],
)
async def test_a_bad_cable_costs_no_scan_and_doubles_none(
    scanner: ScannerSimulator, cable: SerialProxy, heard: Heard, faults: LinkFaults
) -> None:
    cable.set_faults(faults)
    for number, code in enumerate(CODES[:10], start=1):
        scanner.scan(code, Symbology.EAN_UPC)
        await until(lambda number=number: len(heard.codes()) == number)
    assert heard.codes() == CODES[:10]
    assert heard.unreadable() == 0


@pytest.mark.parametrize("identifiers", [True, False])
async def test_lost_and_foreign_bytes_are_told_and_never_sell_something_else(
    scanner: ScannerSimulator, heard: Heard, identifiers: bool
) -> None:
    scanner.faults = SpeechFaults(lost_byte_percent=40, noise_byte_percent=30, split=True)
    for code in CODES:
        before = len(heard.events)
        scanner.scan(code, Symbology.EAN_UPC if identifiers else Symbology.UNTOLD)
        await until(lambda before=before: len(heard.events) > before)
    sellable = {each for each in heard.codes() if _is_product(each)}
    assert sellable <= set(CODES)
    assert heard.unreadable() > 0
    assert len(set(heard.codes()) & set(CODES)) >= 5


def _is_product(text: str) -> bool:
    try:
        return read_code(text).is_gtin and len(text) == 13
    except CodeRefused:
        return False


async def test_a_scanner_set_otherwise_is_a_state_and_not_a_flood(scanner: ScannerSimulator, heard: Heard) -> None:
    scanner.faults.garbage = True
    for number in range(UNREADABLE_TOLD_MAX):
        scanner.scan("101")
        await until(lambda number=number: heard.unreadable() > number)
    await until(lambda: heard.state() == (DeviceState.DEGRADED, UNREADABLE))
    scanner.scan("101")
    scanner.faults.garbage = False
    scanner.scan("102")
    await until(lambda: heard.state()[0] is DeviceState.READY)
    assert heard.unreadable() == UNREADABLE_TOLD_MAX
    assert heard.codes() == ["102"]


async def test_the_cable_out_and_in_again(scanner: ScannerSimulator, heard: Heard) -> None:
    await scanner.unplug()
    await until(lambda: heard.state()[0] is DeviceState.RETRYING)
    await scanner.plug_in()
    await until(lambda: heard.state()[0] is DeviceState.READY)
    scanner.scan("101")
    await until(lambda: heard.codes() == ["101"])
