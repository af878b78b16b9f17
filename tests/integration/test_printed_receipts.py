"""Whole receipts on the simulated printer: codes that scan, the store's picture, and paper that ends in the middle."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from edge.checkout.documents import Document
from edge.checkout.printing import PrintQueue, as_copy, put_job
from edge.devices.fonts import RECEIPT_FONTS, font_files
from edge.devices.logo import logo_of
from edge.devices.print_worker import PrintWorker
from edge.devices.receipt_operations import Paper, ReceiptEncoder
from edge.devices.receipt_picture import LinePainter
from edge.store_db.database import Database
from firmware_bridges.printer import PrinterDriver
from firmware_bridges.printer_lines import tcp_line
from firmware_bridges.supervise import LinkBroken
from protocols.clock import FakeClock, IdSource, SeededRandom
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent
from simulators.printer.device import EscPosPrinter
from tests.support.waiting import until

LINES = 60
ADDRESS = "https://invoice.example/ask?store=s-0001&sale=01-sale"


def document(number: str):  # type: ignore[no-untyped-def]
    page = Document()
    page.title("街角小店")
    for line in range(LINES):
        page.money(f"商品 {line}", 100 + line)
    return page.made(number, barcode=f"s-0001/{number}", qr=ADDRESS, qr_caption="扫码开票", logo=True)


class PrintDesk:
    """A print queue, its worker and the driver, on one simulated printer."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.fonts = font_files((), RECEIPT_FONTS)
        self.printer = EscPosPrinter(0, self.clock, fonts=self.fonts)
        self.store = Database(folder / "store.db", kind="store")
        self.queue = PrintQueue(self.store, self.clock, IdSource(self.clock, SeededRandom(1)))
        picture = Image.new("RGB", (200, 80), "white")
        ImageDraw.Draw(picture).rectangle((20, 20, 180, 60), fill="black")
        picture.save(folder / "logo.png")
        self.paper = Paper(42, "gb18030", logo_of(folder / "logo.png", 42))
        self.ready = False
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self.printer.start()
        self.driver = PrinterDriver("p", tcp_line("127.0.0.1", self.printer.port), self.clock, printed_seconds=0.5)
        encoder = ReceiptEncoder(self.paper, LinePainter(self.fonts))
        self.worker = PrintWorker(self.queue, self.driver, ("1",), encoder.encode, lambda: self.ready)
        self._tasks = [asyncio.create_task(self._keep()), asyncio.create_task(self.worker.run())]
        await until(lambda: self.ready)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await self.printer.stop()
        self.store.close()

    async def put(self, number: str, *, kick: bool) -> None:
        await self.store.write(
            lambda tx: put_job(
                tx, job_id=number, till_id="1", sale_id=number, made_at_ms=self.clock.now_ms(), kick_drawer=kick,
                document=document(number),
            )
        )  # fmt: skip
        self.queue.changed("1")

    def states(self) -> list[tuple[str, int]]:
        return self.store.reader().execute("SELECT state, copy FROM print_job ORDER BY copy").fetchall()

    def _heard(self, event: DeviceEvent) -> None:
        if isinstance(event, DeviceStateEvent):
            self.ready = event.state is DeviceState.READY
            self.worker.wake()

    async def _keep(self) -> None:
        while True:
            try:
                await self.driver.run(self._heard)
            except LinkBroken:
                self.ready = False
            await asyncio.sleep(0.02)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[PrintDesk]:
    desk = PrintDesk(tmp_path)
    await desk.start()
    yield desk
    await desk.stop()


def codes_on(desk: PrintDesk, number: int) -> set[str]:
    picture = Image.open(io.BytesIO(desk.printer.png(number)))
    return {code.text for code in zxingcpp.read_barcodes(picture.convert("L"))}


async def test_a_receipt_has_picture_names_and_codes_that_scan(desk: PrintDesk) -> None:
    await desk.put("1-0-000001", kick=True)
    await until(lambda: desk.states() == [("confirmed", 0)])
    (printed,) = desk.printer.receipts()
    assert "商品 59" in printed.text
    assert "扫码开票" in printed.text
    assert codes_on(desk, 1) >= {"s-0001/1-0-000001"}
    assert ADDRESS in printed.text, "the simulated printer writes a QR code out"
    assert desk.paper.logo is not None
    assert desk.paper.logo.width_bytes * 8 == 200


async def test_paper_that_ends_in_the_middle_costs_no_receipt(desk: PrintDesk) -> None:
    """The printer keeps what it had not printed and goes on with new paper; as nobody can prove that it did, a copy marked
    as such follows. The drawer was kicked once."""
    desk.printer.bytes_per_second = 4_000
    await desk.put("1-0-000002", kick=True)
    await until(lambda: "商品 3" in desk.printer.hanging_out())
    desk.printer.set_switches(paper_out=True)
    await until(lambda: desk.states() == [("unknown", 0), ("queued", 1)])
    assert desk.printer.receipts() == []
    desk.printer.bytes_per_second = 0
    desk.printer.set_switches(paper_out=False)
    await until(lambda: desk.states() == [("unknown", 0), ("confirmed", 1)], seconds=20)
    original, copy = desk.printer.receipts()
    assert "COPY" not in original.text
    assert "商品 59" in original.text
    assert "COPY" in copy.text
    assert "商品 59" in copy.text
    assert desk.printer.drawer_kicks == 1


def test_a_picture_that_cannot_be_used_keeps_nobody_from_printing(tmp_path: Path) -> None:
    assert logo_of(None, 42) is None
    assert logo_of(tmp_path / "nowhere.png", 42) is None
    (tmp_path / "bad.png").write_bytes(b"not a picture")
    assert logo_of(tmp_path / "bad.png", 42) is None


def test_a_copy_is_the_same_but_for_its_mark() -> None:
    original = document("1-0-000003")
    assert as_copy(original).lines == original.lines
