"""The same printer on a serial port, as a device file, and with ePOS over HTTP: jobs, faults, drawer, plug out and in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from firmware_bridges.epos_printer import EposDriver
from firmware_bridges.printer import PrinterDriver, PrinterTraits
from firmware_bridges.printer_lines import file_line, serial_line
from firmware_bridges.supervise import LinkBroken
from protocols.clock import FakeClock
from protocols.device_events import DeviceEvent, DeviceStateEvent, DrawerKicked, PrinterSensorChanged, PrinterStatus
from protocols.displays.cd5220 import Screen, screen_bytes
from protocols.epos.document import document_bytes
from protocols.escpos import operations as op
from simulators.cables import SerialCable
from simulators.printer.body import PrinterMake
from simulators.printer.device import SerialPrinter
from simulators.printer.epos_device import EposPrinter
from tests.support.waiting import until

Machine = SerialPrinter | EposPrinter
TRAITS = PrinterTraits(auto_status=True, clears_buffer=True, has_display=True)


class Place:
    """A printer, its driver, and somebody who connects it again."""

    def __init__(self, printer: Machine, driver: PrinterDriver | EposDriver, encode: Callable[[str], bytes]) -> None:
        self.printer = printer
        self.driver = driver
        self.encode = encode
        self.events: list[DeviceEvent] = []
        self.broken: list[str] = []
        self._keeping = asyncio.create_task(self._keep())

    async def end(self) -> None:
        self._keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._keeping
        await self.printer.stop()

    def fault(self) -> str | None:
        states = [event.reason for event in self.events if isinstance(event, DeviceStateEvent)]
        return states[-1] if states else None

    def told(self, sensor: str) -> list[bool]:
        return [each.active for each in self.events if isinstance(each, PrinterSensorChanged) and each.sensor == sensor]

    async def _keep(self) -> None:
        while True:
            try:
                await self.driver.run(self.events.append)
            except LinkBroken as broken:
                self.broken.append(str(broken))
                self.events.clear()
            await asyncio.sleep(0.02)


def escpos(number: str) -> bytes:
    return op.encode([op.Initialize(), op.Text("Tee 3.50\n"), op.Barcode("code128", number), op.Cut()], charset="cp858")


def epos(number: str) -> bytes:
    return document_bytes([op.Text("Tee 3.50\n"), op.Barcode("code128", number), op.Cut()])


@pytest.fixture(params=["serial", "file", "epos"])
async def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setattr("firmware_bridges.epos_printer.POLL_SECONDS", 0.05)
    make, clock = PrinterMake(display=Screen()), FakeClock()
    printer: Machine
    driver: PrinterDriver | EposDriver
    if request.param == "epos":
        printer = EposPrinter(0, clock, make)
        await printer.start()
        driver = EposDriver("p", printer.url, printed_seconds=2)
    else:
        port = tmp_path / "printer"
        printer = SerialPrinter(SerialCable(port), clock, make)
        await printer.start()
        line = serial_line(str(port), 115_200, "8N1", handshake=True) if request.param == "serial" else file_line(str(port))
        driver = PrinterDriver("p", line, clock, TRAITS, printed_seconds=1)
    place = Place(printer, driver, epos if request.param == "epos" else escpos)
    await until(lambda: place.fault() is not None)
    yield place
    await place.end()


async def test_a_receipt_is_printed_and_confirmed(place: Place) -> None:
    assert await place.driver.print(place.encode("T-1")) == "confirmed"
    (receipt,) = place.printer.receipts()
    assert "Tee 3.50" in receipt.text
    assert "[code128 T-1]" in receipt.text


@pytest.mark.parametrize(
    ("switch", "sensor", "words"),
    [
        ("paper_out", "paper_out", "the paper is out"),
        ("cover_open", "cover_open", "the cover is open"),
        ("cutter_error", "cutter_error", "the cutter is stuck"),
        ("paper_near_end", "paper_near_end", "the paper is nearly out"),
    ],
)
async def test_each_sensor_is_told_once_when_it_changes(place: Place, switch: str, sensor: str, words: str) -> None:
    place.printer.set_switches(**{switch: True})
    await until(lambda: place.fault() == words)
    place.printer.set_switches(**{switch: False})
    await until(lambda: place.fault() == "")
    assert place.told(sensor) == [True, False]
    assert await place.driver.print(place.encode("T-2")) == "confirmed"


async def test_a_printer_without_paper_gets_no_receipt_and_opens_its_drawer(place: Place) -> None:
    place.printer.set_switches(paper_out=True)
    assert await place.driver.print(place.encode("T-3")) == "not_sent"
    assert await place.driver.kick() in {"unknown", "confirmed"}
    await until(lambda: place.printer.drawer_open)
    assert place.printer.drawer_kicks == 1
    assert any(isinstance(event, DrawerKicked) for event in place.events)
    await until(lambda: [each.drawer_open for each in place.events if isinstance(each, PrinterStatus)][-1] is True)
    place.printer.set_switches(paper_out=False)
    assert await place.driver.kick() == "confirmed"
    assert place.printer.drawer_kicks == 2


async def test_its_plug_is_pulled_and_put_in_again(place: Place) -> None:
    await place.printer.unplug()
    await until(lambda: place.broken)
    assert await place.driver.print(place.encode("T-4")) == "not_sent"
    assert await place.driver.kick() == "not_sent"
    await place.printer.plug_in()
    await until(lambda: place.fault() == "")
    assert await place.driver.print(place.encode("T-5")) == "confirmed"
    assert "T-4" not in place.printer.receipts()[-1].text


async def test_a_display_behind_the_printer_shows_lines_between_receipts(place: Place) -> None:
    if not isinstance(place.driver, PrinterDriver):
        return
    screen = place.printer.make.display
    assert screen is not None
    assert await place.driver.show(screen_bytes("TOTAL", "3.50", "cp437"))
    await until(lambda: screen.text()[1].startswith("3.50"))
    assert await place.driver.print(place.encode("T-6")) == "confirmed"
    assert "TOTAL" not in place.printer.receipts()[-1].text
    assert screen.text()[0].startswith("TOTAL")


async def test_an_epos_answer_that_is_lost_leaves_the_receipt_in_doubt() -> None:
    printer = EposPrinter(0, FakeClock())
    await printer.start()
    driver = EposDriver("p", printer.url, printed_seconds=2)
    place = Place(printer, driver, epos)
    await until(lambda: place.fault() is not None)
    asked = printer._print_document

    async def printing(operations: list[op.Operation]):  # type: ignore[no-untyped-def]
        printer.lose_answers = int(len(operations) > 1)
        return await asked(operations)

    printer._print_document = printing  # type: ignore[method-assign]
    assert await driver.print(epos("LOST")) == "unknown"
    assert "LOST" in printer.receipts()[-1].text
    await place.end()
