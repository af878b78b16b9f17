"""The till's own scanner while a sheet of the screen decides something: nothing is sold, nothing lost, the order stays."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.checkout.held_scans import HELD_SCANS_MAX
from protocols.contract.till import TillCommand, TillRequest
from protocols.contract.till_control import HoldScans, TakeScan
from protocols.device_events import CodeScanned, Symbology
from tests.support.counter import Counter
from tests.support.goods import BREAD, BREAD_CODE, MILK, MILK_CODE
from tests.support.waiting import until


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Counter]:
    counter = Counter(tmp_path)
    await counter.start()
    await counter.open()
    worker = asyncio.create_task(counter.till.run())
    counter.till.screen_came()
    yield counter
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    counter.stop()


def scan(shop: Counter, code: str) -> None:
    shop.till.scanned(CodeScanned(device_id="s", code=code, symbology=Symbology.EAN_UPC))


async def ask(shop: Counter, command: TillCommand) -> None:
    assert (await shop.till.ask(TillRequest(id=str(uuid.uuid4()), command=command))).ok


def held(shop: Counter) -> list[str]:
    return [scan.code.removeprefix("]E0") for scan in shop.till.state().held_scans]


async def until_sold(shop: Counter, items: list[str]) -> None:
    await until(lambda: [line.item_id for line in shop.till.state().lines] == items)


async def test_scans_wait_while_a_sheet_is_open_and_are_sold_in_order_afterwards(shop: Counter) -> None:
    await ask(shop, HoldScans(held=True))
    scan(shop, MILK_CODE)
    scan(shop, BREAD_CODE)
    assert held(shop) == [MILK_CODE, BREAD_CODE]
    assert not shop.till.state().lines
    await ask(shop, HoldScans(held=False))
    await until_sold(shop, [MILK, BREAD])
    assert held(shop) == []
    scan(shop, MILK_CODE)
    await until_sold(shop, [MILK, BREAD, MILK])


async def test_a_scan_that_a_field_has_taken_is_not_sold(shop: Counter) -> None:
    await ask(shop, HoldScans(held=True))
    scan(shop, MILK_CODE)
    scan(shop, BREAD_CODE)
    (first, _) = shop.till.state().held_scans
    await ask(shop, TakeScan(scan_id=first.id))
    await ask(shop, TakeScan(scan_id=first.id))
    await ask(shop, HoldScans(held=False))
    await until_sold(shop, [BREAD])


async def test_what_waits_is_sold_when_the_last_screen_goes_and_nothing_is_held_without_one(shop: Counter) -> None:
    shop.till.screen_came()
    await ask(shop, HoldScans(held=True))
    scan(shop, MILK_CODE)
    shop.till.screen_left()
    assert held(shop) == [MILK_CODE], "another screen is there"
    shop.till.screen_left()
    await until_sold(shop, [MILK])
    await ask(shop, HoldScans(held=True))
    scan(shop, BREAD_CODE)
    await until_sold(shop, [MILK, BREAD])


async def test_too_many_scans_are_refused_aloud(shop: Counter) -> None:
    await ask(shop, HoldScans(held=True))
    for _ in range(HELD_SCANS_MAX + 1):
        scan(shop, MILK_CODE)
    assert len(held(shop)) == HELD_SCANS_MAX
    last = shop.till.state().device_scans[-1]
    assert last.reason is not None
    assert last.reason.code == "box_busy"
