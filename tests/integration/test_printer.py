"""The printer driver against the simulated printer over real TCP: what is said of a job is what happened to it."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from edge.clock import SystemClock
from firmware_bridges.printer import PrinterDriver, PrinterTraits
from firmware_bridges.printer_lines import tcp_line
from firmware_bridges.supervise import Driver, LinkBroken
from protocols.clock import FakeClock
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent, PrinterStatus
from protocols.escpos import operations as op
from protocols.escpos import status
from protocols.escpos.charsets import CHINESE
from simulators.printer.device import EscPosPrinter
from tests.support.waiting import until

FONTS = [
    path
    for path in (
        Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"),
        Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    )
    if path.exists()
]


class Bench:
    """A printer, its driver, and somebody who connects it again whenever the link breaks."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.printer = EscPosPrinter(0, self.clock, fonts=FONTS)
        self.events: list[DeviceEvent] = []
        self.broken: list[str] = []
        self._keeping: asyncio.Task[None] | None = None

    async def start(self, make: Callable[[int], PrinterDriver] | None = None) -> None:
        await self.printer.start()
        port = self.printer.port
        self.driver = make(port) if make else PrinterDriver("printer-1", tcp_line("127.0.0.1", port), self.clock)
        self.keep()
        await until(lambda: self.state() is not None)

    def keep(self) -> asyncio.Task[None]:
        self._keeping = asyncio.create_task(self._keep())
        return self._keeping

    async def stop(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
        await self.printer.stop()

    def state(self) -> DeviceStateEvent | None:
        states = [event for event in self.events if isinstance(event, DeviceStateEvent)]
        return states[-1] if states else None

    def told(self) -> PrinterStatus:
        return [event for event in self.events if isinstance(event, PrinterStatus)][-1]

    async def _keep(self) -> None:
        while True:
            try:
                supervised: Driver = self.driver
                await supervised.run(self.events.append)
            except LinkBroken as broken:
                self.broken.append(str(broken))
                self.events.clear()
            await asyncio.sleep(0.02)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.stop()


def receipt(number: str = "T1-000123", *, kick: bool = False, lines: int = 3) -> bytes:
    operations: list[op.Operation] = [
        op.Initialize(),
        op.Style(align="centre", bold=True, width=2, height=2),
        op.Text("Corner Shop 小店\n"),
        op.Style(),
        *(op.Text(f"{line} x 绿茶\n") for line in range(lines)),
        op.Style(align="centre"),
        op.Barcode("code128", number),
        op.Feed(2),
        op.Cut(),
    ]
    return op.encode([op.KickDrawer(), *operations] if kick else operations, charset=CHINESE)


def end_paper_at_the_next_kick(printer: EscPosPrinter) -> None:
    """The drawer is kicked first in a job: the paper ends when the rest of the job is still to be printed."""
    kicks = printer.drawer_kicks

    def changed() -> None:
        nonlocal kicks
        if printer.drawer_kicks > kicks:
            kicks = printer.drawer_kicks
            printer.set_switches(paper_out=True)

    printer.listen(changed)


async def test_a_job_is_confirmed_and_stands_on_paper(bench: Bench) -> None:
    await bench.start()
    ready = bench.state()
    assert ready is not None
    assert (ready.state, ready.reason, ready.device_kind) == (DeviceState.READY, "", "printer")
    assert await bench.driver.print(receipt(kick=True)) == "confirmed"
    (printed,) = bench.printer.receipts()
    assert printed.number == 1
    assert printed.printed_at_ms == bench.clock.now_ms()
    assert "Corner Shop 小店" in printed.text
    assert "2 x 绿茶\n" in printed.text
    assert "[code128 T1-000123]" in printed.text
    assert bench.printer.drawer_kicks == 1
    assert bench.printer.drawer_open
    await until(lambda: bench.told().drawer_open)
    bench.printer.close_drawer()
    assert await bench.driver.print(b"") == "confirmed"
    assert not bench.told().drawer_open
    assert not bench.printer.unknown


async def test_the_picture_can_be_scanned(bench: Bench) -> None:
    await bench.start()
    ean = op.encode([op.Barcode("ean13", "400638133393"), op.Text("x" * 100), op.Cut()], charset="cp437")
    assert await bench.driver.print(receipt()) == "confirmed"
    assert await bench.driver.print(ean) == "confirmed"
    seen = []
    for each in bench.printer.receipts():
        picture = Image.open(io.BytesIO(bench.printer.png(each.number)))
        assert picture.width > 42 * 12
        seen += [code.text for code in zxingcpp.read_barcodes(picture.convert("L"))]
    assert seen == ["T1-000123", "4006381333931"]
    with pytest.raises(KeyError):
        bench.printer.png(99)


async def test_jobs_at_once_are_printed_one_after_the_other(bench: Bench) -> None:
    await bench.start()
    outcomes = await asyncio.gather(*(bench.driver.print(receipt(f"T{n}", kick=True)) for n in range(5)))
    assert outcomes == ["confirmed"] * 5
    assert [f"[code128 T{n}]" in r.text for n, r in enumerate(bench.printer.receipts())] == [True] * 5
    assert bench.printer.drawer_kicks == 5


@pytest.mark.parametrize(
    ("switch", "reason"),
    [("paper_out", "the paper is out"), ("cover_open", "the cover is open"), ("offline", "the printer is offline")],
)
async def test_a_printer_that_cannot_print_gets_no_byte(bench: Bench, switch: str, reason: str) -> None:
    await bench.start()
    bench.printer.set_switches(**{switch: True})
    assert await bench.driver.print(receipt(kick=True)) == "not_sent"
    stopped = bench.state()
    assert stopped is not None
    assert (stopped.state, stopped.reason) == (DeviceState.DEGRADED, reason)
    bench.printer.set_switches(**{switch: False})
    assert await bench.driver.print(receipt("T1-2", kick=True)) == "confirmed"
    again = bench.state()
    assert again is not None
    assert again.state is DeviceState.READY
    assert len(bench.printer.receipts()) == 1
    assert bench.printer.drawer_kicks == 1


async def test_little_paper_is_said_and_printed_on(bench: Bench) -> None:
    await bench.start()
    bench.printer.set_switches(paper_near_end=True)
    assert await bench.driver.print(receipt()) == "confirmed"
    state = bench.state()
    assert state is not None
    assert (state.state, state.reason) == (DeviceState.READY, "the paper is nearly out")
    assert bench.told().paper_near_end


async def test_a_plug_pulled_in_the_middle_leaves_the_job_unknown(bench: Bench) -> None:
    await bench.start()
    bench.printer.bytes_per_second = 400
    job = asyncio.create_task(bench.driver.print(receipt(kick=True, lines=200)))
    await until(lambda: "3 x 绿茶" in bench.printer.hanging_out())
    await bench.printer.unplug()
    assert await job == "unknown"
    assert await bench.driver.print(receipt()) == "not_sent"
    assert bench.printer.receipts() == []
    bench.printer.bytes_per_second = 0
    bench.broken.clear()
    await until(lambda: any("cannot be reached" in reason for reason in bench.broken))
    await bench.printer.plug_in()
    await until(lambda: bench.state() is not None)
    assert await bench.driver.print(receipt("COPY-1")) == "confirmed"
    assert "3 x 绿茶" in bench.printer.receipts()[0].text
    assert "COPY-1" in bench.printer.receipts()[0].text
    assert bench.printer.drawer_kicks == 1


async def test_paper_that_ends_within_a_job_leaves_it_unknown_and_a_late_answer_confirms_nothing_else(bench: Bench) -> None:
    await bench.start(lambda port: PrinterDriver("p", tcp_line("127.0.0.1", port), bench.clock, printed_seconds=0.5))
    end_paper_at_the_next_kick(bench.printer)
    assert await bench.driver.print(receipt("FIRST", kick=True)) == "unknown"
    assert bench.printer.receipts() == []
    assert await bench.driver.print(receipt("SECOND")) == "not_sent"
    bench.printer.set_switches(paper_out=False)
    await until(lambda: len(bench.printer.receipts()) == 1)
    assert "FIRST" in bench.printer.receipts()[0].text
    bench.printer.bytes_per_second = 50
    assert await bench.driver.print(receipt("THIRD")) == "unknown"


async def test_a_printer_without_process_ids_proves_by_status(bench: Bench) -> None:
    await bench.start(
        lambda port: PrinterDriver(
            "p", tcp_line("127.0.0.1", port), bench.clock, PrinterTraits(proof="status"), printed_seconds=0.5
        )
    )
    assert await bench.driver.print(receipt("ONE")) == "confirmed"
    end_paper_at_the_next_kick(bench.printer)
    assert await bench.driver.print(receipt("TWO", kick=True)) == "unknown"
    await until(lambda: bench.broken)  # no number in the answer: a late one must find no link
    assert len(bench.printer.receipts()) == 1


class Cable:
    """Between driver and printer: lets so many bytes through to the printer, then tears; may swallow the process id."""

    def __init__(self, printer_port: int) -> None:
        self._printer_port = printer_port
        self.bytes_left: int | None = None
        self.swallow_proof = False

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        self._server.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        printer_reader, printer_writer = await asyncio.open_connection("127.0.0.1", self._printer_port)
        back = asyncio.create_task(self._back(printer_reader, writer))
        with contextlib.suppress(OSError):
            while data := await reader.read(4096):
                if self.bytes_left is not None and not data.startswith(b"\x10\x04"):
                    data = data[: self.bytes_left]
                    printer_writer.write(data)
                    await printer_writer.drain()
                    self.bytes_left = None
                    break
                printer_writer.write(data)
        back.cancel()
        printer_writer.close()
        writer.close()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(4096):
                if self.swallow_proof and data.startswith(b"\x37\x22"):
                    self.swallow_proof = False
                    break
                writer.write(data)
        writer.close()


async def test_a_cable_torn_at_any_byte_never_confirms_and_never_denies_what_left(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmware_bridges.printer.ANSWER_SECONDS", 0.5)
    await bench.printer.start()
    cable = Cable(bench.printer.port)
    await cable.start()
    driver = PrinterDriver("p", tcp_line("127.0.0.1", cable.port), bench.clock)
    bench.driver = driver
    keeping = bench.keep()
    job = receipt("TORN", lines=1)
    whole = len(job) + len(status.process_id_request("0000"))
    for offset in range(1, whole, 9):
        await until(lambda: bench.state() is not None)
        bench.events.clear()
        cable.bytes_left = offset
        assert await driver.print(job) == "unknown"
        await until(lambda: not bench.printer.connected)
    await until(lambda: bench.state() is not None)
    bench.events.clear()
    printed = len(bench.printer.receipts())
    cable.swallow_proof = True
    assert await driver.print(b"\x1b@" + receipt("PRINTED", lines=1)) == "unknown"
    await until(lambda: bench.state() is not None)
    assert len(bench.printer.receipts()) == printed + 1
    assert await driver.print(receipt("LAST", lines=1)) == "confirmed"
    keeping.cancel()
    cable.stop()


async def test_a_printer_that_listens_and_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_bridges.printer.ANSWER_SECONDS", 0.05)
    monkeypatch.setattr("firmware_bridges.printer.POLL_SECONDS", 0.05)
    held = []
    server = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    driver = PrinterDriver("p", tcp_line("127.0.0.1", server.sockets[0].getsockname()[1]), SystemClock())
    with pytest.raises(LinkBroken, match="does not answer"):
        await driver.run(lambda _: None)
    assert await driver.print(receipt()) == "not_sent"
    for writer in held:
        writer.close()
    server.close()


async def test_real_time_questions_are_answered_while_stopped_and_never_out_of_a_payload() -> None:
    printer = EscPosPrinter(0, FakeClock())
    await printer.start()
    printer.set_switches(cover_open=True)
    reader, writer = await asyncio.open_connection("127.0.0.1", printer.port)
    image = op.encode_one(op.Raster(3, b"\x10\x04\x01" * 8), "cp437")
    writer.write(status.buffered_question(1) + image + b"".join(status.question(n) for n in status.QUESTIONS))
    async with asyncio.timeout(5):
        assert await reader.readexactly(4) == bytes.fromhex("1A 16 12 12")
        printer.set_switches(cover_open=False)
        assert await reader.readexactly(1) == b"\x00"
        writer.write(op.encode_one(op.AutoStatus(15), "cp437"))
        assert await reader.readexactly(4) == bytes.fromhex("10 00 00 00")
        printer.set_switches(paper_near_end=True)
        assert await reader.readexactly(4) == bytes.fromhex("10 00 03 00")
        second, other = await asyncio.open_connection("127.0.0.1", printer.port)
        assert await second.read() == b""  # one connection at a time
    other.close()
    writer.close()
    await printer.stop()


async def test_hostile_bytes_leave_the_printer_standing() -> None:
    printer = EscPosPrinter(0, FakeClock(), receipts_kept=2)
    await printer.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", printer.port)
    writer.write(bytes(range(256)) * 50 + b"\x00" * 70_000 + b"\x1b@" + b"\x1dV\x00a\n\x1dV\x00b\n\x1dV\x00c\n\x1dV\x00")
    writer.write(status.question(1))
    async with asyncio.timeout(10):
        assert await reader.read(1)
    await until(lambda: [r.text for r in printer.receipts()] == ["b\n", "c\n"])
    writer.close()
    await printer.stop()
