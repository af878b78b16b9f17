"""A printer behind a bad network: whatever the line does, a job is on paper at most once and the outcome told is true."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from firmware_bridges.printer import Outcome, PrinterDriver, PrinterTraits
from firmware_bridges.printer_lines import tcp_line
from firmware_bridges.supervise import supervise
from protocols.clock import SeededRandom
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent
from protocols.escpos import operations as op
from protocols.escpos.charsets import CHINESE
from simulators.clock import SystemClock
from simulators.link_proxy import NO_FAULTS, LinkFaults, LinkProxy, Way
from simulators.printer.device import EscPosPrinter
from tests.support.waiting import until

TRAITS = PrinterTraits(auto_status=True, clears_buffer=True)
"""As a box sets a printer of the 80 mm profile."""


class Shop:
    """A printer, the bad line to it, and its supervised driver."""

    def __init__(self, printer: EscPosPrinter, line: LinkProxy) -> None:
        self.printer = printer
        self.line = line
        self.driver = PrinterDriver(
            "printer-1", tcp_line("127.0.0.1", line.port), SystemClock(), TRAITS, printed_seconds=1.0
        )
        self.events: list[DeviceEvent] = []
        self._jobs = 0

    def state(self) -> DeviceState | None:
        states = [event.state for event in self.events if isinstance(event, DeviceStateEvent)]
        return states[-1] if states else None

    async def ready(self) -> None:
        await until(lambda: self.state() is DeviceState.READY)

    async def print(self, *, lines: int = 5) -> tuple[str, Outcome]:
        """Print a numbered job; its number and what the driver said of it."""
        self._jobs += 1
        number = f"JOB-{self._jobs:04d}"
        body = [op.Text(f"绿茶 {line}\n") for line in range(lines)]
        data = op.encode([op.Initialize(), *body, op.Text(f"{number}\n"), op.Cut()], charset=CHINESE)
        return number, await self.driver.print(data)

    def on_paper(self, number: str) -> int:
        """How many pieces of paper carry a number."""
        return sum(number in receipt.text for receipt in self.printer.receipts()) + (number in self.printer.hanging_out())


@pytest.fixture
async def shop(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    monkeypatch.setattr("firmware_bridges.printer.ANSWER_SECONDS", 0.4)
    monkeypatch.setattr("firmware_bridges.printer.POLL_SECONDS", 0.05)
    # The supervisor waits at least a second between tries, as in a shop; here it must not take the test's time.
    monkeypatch.setattr("firmware_bridges.supervise.RETRY_FIRST_MS", 20)
    monkeypatch.setattr("firmware_bridges.supervise.RETRY_CAP_MS", 60)
    clock = SystemClock()
    printer = EscPosPrinter(0, clock)
    await printer.start()
    line = LinkProxy(0, "127.0.0.1", printer.port, SeededRandom(5))
    await line.start()
    one = Shop(printer, line)
    running = asyncio.create_task(supervise(one.driver, one.events.append, clock, SeededRandom(6)))
    await one.ready()
    yield one
    running.cancel()
    await asyncio.wait({running})
    await line.stop()
    await printer.stop()


@pytest.mark.parametrize(
    ("faults", "way"),
    [
        (LinkFaults(split=True), Way.BOTH),
        (LinkFaults(delay_ms=5, jitter_ms=20), Way.BOTH),
        (LinkFaults(duplicate_per_mille=300), Way.TO_CLIENT),
    ],
    ids=["split", "late", "answers doubled"],
)
async def test_what_only_slows_the_line_prints_every_job_once(shop: Shop, faults: LinkFaults, way: Way) -> None:
    shop.line.set_faults(faults, way)
    for _ in range(5):
        number, outcome = await shop.print()
        assert outcome == "confirmed"
        assert shop.on_paper(number) == 1


async def test_lost_answers_never_make_a_job_not_sent_that_was_printed(shop: Shop) -> None:
    shop.line.set_faults(LinkFaults(drop_per_mille=150), Way.TO_CLIENT)
    outcomes: dict[str, Outcome] = {}
    for _ in range(10):
        number, outcomes[number] = await shop.print()
    shop.line.set_faults(NO_FAULTS)
    await shop.ready()
    for number, outcome in outcomes.items():
        assert shop.on_paper(number) <= (0 if outcome == "not_sent" else 1), (number, outcome)
        assert outcome != "confirmed" or shop.on_paper(number) == 1


async def test_a_line_cut_anywhere_tells_the_truth_about_each_job(shop: Shop) -> None:
    """Cut after 0 to 300 bytes of either direction, ten times; between the cuts jobs go on."""
    chance = SeededRandom(9)
    outcomes: dict[str, Outcome] = {}
    for _ in range(10):
        way = (Way.TO_TARGET, Way.TO_CLIENT)[chance.bytes(1)[0] % 2]
        most = 300 if way is Way.TO_TARGET else 12
        await until(lambda: shop.state() is DeviceState.READY and shop.printer.connected)
        shop.line.set_faults(LinkFaults(disconnect_after_bytes=int.from_bytes(chance.bytes(2), "big") % most), way)
        number, outcomes[number] = await shop.print(lines=20)
        shop.line.set_faults(NO_FAULTS)
    await until(lambda: shop.state() is DeviceState.READY and shop.printer.connected)
    last, outcome = await shop.print()
    assert outcome == "confirmed"
    assert shop.on_paper(last) == 1
    assert len(set(outcomes.values())) > 1, "the cuts must have hit before and within jobs"
    for number, outcome in outcomes.items():
        assert shop.on_paper(number) <= (0 if outcome == "not_sent" else 1), (number, outcome)
        assert outcome != "confirmed" or shop.on_paper(number) == 1


async def test_a_stalled_job_is_in_doubt_and_does_not_follow_later_as_another(shop: Shop) -> None:
    shop.line.set_faults(LinkFaults(stall=True), Way.TO_CLIENT)
    number, outcome = await shop.print()
    assert outcome in {"unknown", "not_sent"}
    shop.line.set_faults(NO_FAULTS)
    await shop.ready()
    later, told = await shop.print()
    assert told in {"confirmed", "not_sent"}
    assert shop.on_paper(number) <= (0 if outcome == "not_sent" else 1)
    assert shop.on_paper(later) == (told == "confirmed")


async def test_an_unplugged_printer_gets_nothing_and_its_job_prints_once_it_is_back(shop: Shop) -> None:
    await shop.printer.unplug()
    await until(lambda: shop.state() is DeviceState.RETRYING)
    number, outcome = await shop.print()
    assert outcome == "not_sent"
    await shop.printer.plug_in()
    await shop.ready()
    assert shop.on_paper(number) == 0
    number, outcome = await shop.print()
    assert (outcome, shop.on_paper(number)) == ("confirmed", 1)
