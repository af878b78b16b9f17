"""A print queue, its worker, the driver and a simulated printer, on a line in memory that can be cut after any byte."""

from __future__ import annotations

import asyncio
from pathlib import Path

from edge.checkout.documents import Document, ReceiptDocument
from edge.checkout.printing import PrintQueue, put_job
from edge.devices.fonts import RECEIPT_FONTS, font_files
from edge.devices.print_worker import PrintWorker
from edge.devices.receipt_operations import Paper, ReceiptEncoder
from edge.devices.receipt_picture import LinePainter
from edge.store_db.database import Database
from firmware_bridges.printer import PrinterDriver, PrinterTraits
from firmware_bridges.printer_lines import PrinterLine
from firmware_bridges.supervise import LinkBroken
from protocols.clock import FakeClock, IdSource, SeededRandom
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent
from protocols.escpos.operations import AutoStatus, KickDrawer, encode_one
from simulators.printer.body import PrinterBody, PrinterMake
from tests.support.waiting import until

QUESTION = b"\x10\x04"
_APART = (encode_one(KickDrawer(), "cp437"), encode_one(AutoStatus(15), "cp437"))


class MemoryPrinter(PrinterBody):
    """A printer whose cable is a pair of queues."""

    def __init__(self, clock: FakeClock) -> None:
        self.line: MemoryLine | None = None
        super().__init__(clock, PrinterMake(chinese=False))

    def begin(self) -> None:
        """Switch on."""
        self._start_printing()

    async def end(self) -> None:
        """Switch off."""
        if self._printing is not None:
            self._printing.cancel()
            await asyncio.wait({self._printing})

    def hear(self, data: bytes) -> None:
        """Bytes came down the cable."""
        self._receive(data)

    def _answer(self, data: bytes) -> None:
        if self.line is not None:
            self.line.said.put_nowait(data)


class MemoryLine:
    """One connection. `cut_after`: of the receipt, so many bytes still get through; None: all."""

    def __init__(self, printer: MemoryPrinter, cut_after: int | None) -> None:
        self._printer = printer
        self._cut_after = cut_after
        self.said: asyncio.Queue[bytes] = asyncio.Queue()
        self.was_cut = False
        printer.line = self

    async def read(self) -> bytes:
        return await self.said.get()

    async def write(self, data: bytes) -> None:
        if self.was_cut:
            raise ConnectionResetError
        if self._cut_after is not None and not data.startswith((QUESTION, *_APART)):
            through, self._cut_after = self._cut_after, None
            self._printer.hear(data[:through])
            self.drop()
            raise ConnectionResetError
        self._printer.hear(data)

    def drop(self) -> None:
        self.was_cut = True
        self.said.put_nowait(b"")


class MemoryDesk:
    """Everything between a closed sale and its paper. `cut_next`: where the receipt on the next connection is cut."""

    def __init__(self, folder: Path, traits: PrinterTraits | None = None) -> None:
        self.clock = FakeClock()
        self.printer = MemoryPrinter(self.clock)
        self.folder = folder
        self.store = Database(folder / "store.db", kind="store")
        self.queue = PrintQueue(self.store, self.clock, IdSource(self.clock, SeededRandom(1)))
        self.driver = PrinterDriver("p", self._open, self.clock, traits or PrinterTraits())
        encoder = ReceiptEncoder(Paper(32, "cp858"), LinePainter(font_files((), RECEIPT_FONTS)))
        self.encode = encoder.encode
        self.worker = PrintWorker(
            self.queue, self.driver, ("1",), encoder.encode, lambda: self.ready, lambda: self.reachable
        )
        self.ready = self.reachable = False
        self.cut_next: int | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self.printer.begin()
        self._tasks = [asyncio.create_task(self._keep()), asyncio.create_task(self.worker.run())]
        await until(lambda: self.ready)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await self.printer.end()
        self.store.close()

    async def sell(self, document: ReceiptDocument, *, kick: bool = False) -> None:
        await self.store.write(
            lambda tx: put_job(
                tx, job_id=document.number, till_id="1", sale_id=document.number, made_at_ms=self.clock.now_ms(),
                kick_drawer=kick, document=document,
            )
        )  # fmt: skip
        self.queue.changed("1")

    def states(self, number: str) -> list[tuple[str, int]]:
        """State and copy mark of the jobs of a receipt."""
        query = "SELECT state, copy FROM print_job WHERE sale_id = ? ORDER BY copy"
        return self.store.reader().execute(query, (number,)).fetchall()

    def settled(self, number: str) -> bool:
        """Whether nothing more will happen for a receipt."""
        states = self.states(number)
        return bool(states) and all(state in {"confirmed", "unknown"} for state, _ in states)

    def whole(self, number: str) -> tuple[int, int]:
        """(originals, copies) of a receipt that stand whole on paper: with their bar code and their cut."""
        texts = [each.text for each in self.printer.receipts() if f"[code128 {number}]" in each.text]
        copies = sum("COPY" in text for text in texts)
        return len(texts) - copies, copies

    async def _open(self) -> PrinterLine:
        cut, self.cut_next = self.cut_next, None
        return MemoryLine(self.printer, cut)

    def _heard(self, event: DeviceEvent) -> None:
        if isinstance(event, DeviceStateEvent):
            self.ready = event.state is DeviceState.READY
            self.reachable = self.ready or event.state is DeviceState.DEGRADED
            self.worker.wake()

    async def _keep(self) -> None:
        while True:
            try:
                await self.driver.run(self._heard)
            except LinkBroken:
                self.ready = self.reachable = False
            await asyncio.sleep(0)


def small_receipt(number: str) -> ReceiptDocument:
    """As short as a receipt gets."""
    page = Document()
    page.title("Shop")
    page.money("Milk", 129)
    return page.made(number, barcode=number)


def real_receipt(number: str) -> ReceiptDocument:
    """What a customer takes home: thirty lines, sums, a QR code."""
    page = Document()
    page.title("Corner Shop")
    page.centre("1 Main Street", "VAT 123 456 789")
    page.rule()
    for line in range(30):
        page.money(f"{line + 1} x Goods with a longer name {line}", 100 + 37 * line)
    page.rule()
    page.money("TOTAL", 20_000, strong=True)
    page.money("Cash", 20_000)
    return page.made(number, barcode=number, qr=f"https://shop.example/receipt/{number}", qr_caption="Your receipt")
