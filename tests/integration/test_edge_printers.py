"""A box over a bench: customers read the sale on the two-line display, the drawer is watched, a dead scale stops neither."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from deploy.processes import free_port
from protocols.contract.till import TillState
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_payment import PayCash
from tests.support.bench_ground import GOODS, RunningBench, box_on, running_bench
from tests.support.box_process import BoxProcess
from tests.support.goods import ANN, MILK_CODE, PIN
from tests.support.till_client import TillClient
from tests.support.waiting import until

WAIT_SECONDS = 40.0


def toml() -> str:
    """A till with a scale, a printer on a serial port with a drawer, and a display."""
    return (
        "seed = 7\nport = 0\n"
        '[[tills]]\nid = "1"\nscale = "scale-1"\nprinter = "printer-1"\ndisplay = "display-1"\n'
        f'[[scales]]\nid = "scale-1"\nkind = "mt_sics"\ntcp_port = {free_port()}\n'
        '[[printers]]\nid = "printer-1"\nserial = "run/printer-1"\nport = 0\n'
        '[[displays]]\nid = "display-1"\nport = "run/display-1"\n' + GOODS
    )


class Counter:
    """The till, what the customer reads, and a hand at the drawer."""

    def __init__(self, here: RunningBench, box: BoxProcess) -> None:
        self.box = box
        self.screen = TillClient(box.url, "1")
        self.display = here.bench.displays["display-1"]
        self.printer = here.bench.printers["printer-1"]
        self.scale = here.bench.scales["scale-1"]

    def state(self) -> TillState:
        with urllib.request.urlopen(f"{self.box.url}/v1/tills/1/state", timeout=5) as answer:
            return msgspec.convert(json.load(answer), TillState)

    async def alarms(self) -> set[str]:
        return {alarm.code for alarm in (await asyncio.to_thread(self.state)).alarms}

    async def until_alarm(self, code: str, *, stands: bool) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while (code in await self.alarms()) is not stands:  # noqa: ASYNC110 - the box is another process
                await asyncio.sleep(0.05)

    async def reads(self, upper: str, lower: str) -> None:
        def shows() -> bool:
            lines = self.display.lines()
            return upper in lines[0] and lower in lines[1]

        await until(shows, seconds=20)

    async def sell(self) -> None:
        await self.screen.send(Scan(code=MILK_CODE))
        await self.screen.send(PayCash(tendered_minor=200))


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with running_bench(tmp_path, toml()) as here:
        box = box_on(tmp_path, here.settings)
        box.start()
        await box.ready()
        one = Counter(here, box)
        await one.reads("closed", "another")
        await one.screen.send(Login(staff_id=ANN, pin=PIN))
        await one.screen.send(OpenShift(float_minor=0))
        yield one
        await one.screen.close()
        await box.stop()


async def test_a_sale_from_the_welcome_to_the_change(counter: Counter) -> None:
    await counter.reads("Welcome", "Corner Shop")
    await counter.screen.send(Scan(code=MILK_CODE))
    await counter.reads("Milk 1 l        1.29", "TOTAL           1.29")
    await counter.scale.unplug()
    await counter.screen.send(PayCash(tendered_minor=200))
    await counter.reads("CHANGE          0.71", "Thank you")
    await until(lambda: counter.printer.drawer_kicks == 1 and len(counter.printer.receipts()) == 1, seconds=20)
    assert "Milk 1 l" in counter.printer.receipts()[0].text
    counter.display.power_cut()
    counter.printer.close_drawer()

    counter.printer.set_switches(drawer_jammed=True)
    await counter.sell()
    await counter.until_alarm("drawer_stuck", stands=True)
    assert counter.printer.drawer_kicks == 2, "one pulse for each cash sale, jammed or not"
    counter.printer.set_switches(drawer_jammed=False, paper_out=True)
    await counter.sell()
    await until(lambda: counter.printer.drawer_open, seconds=20)  # without paper too
    await counter.until_alarm("drawer_stuck", stands=False)
    counter.printer.set_switches(paper_out=False)
    await until(lambda: len(counter.printer.receipts()) == 3, seconds=20)
    assert counter.printer.drawer_kicks == 3
    assert not any("COPY" in receipt.text for receipt in counter.printer.receipts())


async def test_a_box_killed_in_the_middle_of_a_receipt_prints_a_marked_copy_and_opens_no_drawer_again(
    counter: Counter,
) -> None:
    counter.printer.bytes_per_second = 300
    await counter.sell()
    await until(lambda: "Milk 1 l" in counter.printer.hanging_out(), seconds=20)
    await asyncio.to_thread(counter.box.kill)
    counter.printer.bytes_per_second = 0
    counter.box.start()
    await counter.box.ready()
    await until(lambda: any("COPY" in receipt.text for receipt in counter.printer.receipts()), seconds=40)
    papers = [receipt.text for receipt in counter.printer.receipts()]
    assert sum("COPY" in text for text in papers) == 1
    assert sum("COPY" not in text for text in papers) <= 1
    assert counter.printer.drawer_kicks == 1
    await counter.reads("CHANGE          0.71", "Thank you")
