"""Goods in a real Chromium at phone size, over a real box: a delivery received against its notice, and a count that a second
person must allow. What counts at the end is the box's own file."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from protocols.clock import SeededRandom
from protocols.contract.facts import GoodsReceived, StockCounted
from protocols.contract.feed_rows import FeedRow, StaffRow
from protocols.contract.feed_stock import AsnLine, AsnRow, StockRulesRow
from protocols.contract.rights import COUNT, RIGHTS, STOCK
from simulators.clock import SystemClock
from simulators.oepl_ap.server import OeplApSimulator
from tests.support.browser import launch
from tests.support.goods import ANN, BREAD, EVE, MILK, MILK_CODE, PIN, PIN_HASH, SIX_PACK_CODE, assortment
from tests.support.staff_store import PHONE, WAIT_MS, Store, device, log_in, quick, ready_to_scan, scan

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

expect.set_options(timeout=WAIT_MS)
EPC_HEX = "3034F42400000040000000{:02X}"


def rows() -> list[FeedRow]:
    """The assortment with a delivery on its way; Ann counts, Eve may allow it."""
    people: list[FeedRow] = [
        StaffRow(staff_id=ANN, name="Ann", pin_hash=PIN_HASH, rights=tuple(sorted(RIGHTS - {"devices", COUNT}))),
        StaffRow(staff_id=EVE, name="Eve", pin_hash=PIN_HASH, rights=(STOCK, COUNT)),
    ]
    lines = (
        AsnLine(line_no=1, item_id=MILK, quantity_thousandths=12_000, batch="L1", expires="2031-05-01"),
        AsnLine(line_no=2, item_id=BREAD, quantity_thousandths=3_000),
    )
    notice = AsnRow(asn_id="asn-1", reference="DN 77", sender="Dairy North", expected_ms=1_900_000_000_000, lines=lines)
    kept: list[FeedRow] = [row for row in assortment() if not (isinstance(row, StaffRow) and row.staff_id in {ANN, EVE})]
    return [*kept, *people, notice, StockRulesRow()]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    access_point = OeplApSimulator(0, SystemClock(), SeededRandom(7), quick(1))
    await access_point.start()
    store = Store(tmp_path_factory.mktemp("goods"), access_point, rows())
    await store.start()
    yield store
    await store.stop()
    await access_point.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await launch(playwright)
        yield running
        await running.close()


def total(page: Page) -> object:
    return page.locator(".said .total")


async def cue(page: Page, kind: str) -> None:
    """The page made this sound last."""
    await page.wait_for_function(f"document.documentElement.dataset.lastCue === '{kind}'")


async def test_a_delivery_is_received_against_its_notice_with_its_differences(chromium: Browser, store: Store) -> None:
    context = await device(chromium, PHONE, "en-GB")
    page = await log_in(context, store)
    await page.goto(f"{store.screens.url}/receipt")
    await page.locator('[data-notice="asn-1"]').get_by_role("button", name="Receive this").click()
    await page.wait_for_url("**/receipt/*")
    await ready_to_scan(page)
    await scan(page, SIX_PACK_CODE)
    await expect(total(page)).to_have_text("6")  # type: ignore[arg-type]
    await cue(page, "good")
    await scan(page, "4000000000990")
    await expect(page.locator(".said-bad")).to_contain_text("not in the catalogue")
    await cue(page, "bad")
    await scan(page, SIX_PACK_CODE)
    await expect(total(page)).to_have_text("12")  # type: ignore[arg-type]
    await page.get_by_role("button", name="Book the receipt").click()
    await expect(page.locator(f'.variance[data-item="{BREAD}"]')).to_contain_text("missing")
    await expect(page.locator(f'.variance[data-item="{MILK}"]')).to_contain_text("Batch L1 · until 2031-05-01")
    await page.get_by_role("button", name="Book the receipt").last.click()
    await expect(page.get_by_text("The goods are in stock.")).to_be_visible()
    (fact,) = store.facts(GoodsReceived)
    assert isinstance(fact, GoodsReceived)
    assert (fact.asn_id, fact.reference, fact.place.value) == ("asn-1", "DN 77", "back_room")
    found = [(line.item_id, line.batch, line.quantity_thousandths, line.expected_thousandths) for line in fact.lines]
    assert found == [(MILK, "L1", 12_000, 12_000), (BREAD, "", 0, 3_000)]
    await page.goto(f"{store.screens.url}/receipt")
    await expect(page.get_by_role("button", name="Begin a receipt")).to_be_visible()
    await expect(page.locator("[data-notice]")).to_have_count(0)
    await context.close()


async def test_a_blind_count_with_large_differences_is_allowed_by_a_second_person(chromium: Browser, store: Store) -> None:
    context = await device(chromium, PHONE, "zh-CN")
    page = await log_in(context, store)
    await store.stock(MILK, 20)
    await page.goto(f"{store.screens.url}/count")
    await page.get_by_role("button", name="开始盘点").click()
    await page.wait_for_url("**/count/*")
    await ready_to_scan(page)
    await scan(page, SIX_PACK_CODE)
    await scan(page, EPC_HEX.format(1))
    await expect(page.locator(".said")).to_contain_text("1 个新标签")
    await page.get_by_role("button", name="标签").click()
    await expect(page.locator(".dialog .scan-field")).to_be_focused()
    for serial in (1, 2):
        await scan(page, EPC_HEX.format(serial))
    await expect(page.locator(".huge-number")).to_have_text("1")
    await page.get_by_role("button", name="完成").click()
    await expect(page.locator(".q-dialog")).to_have_count(0)
    await ready_to_scan(page)
    await scan(page, MILK_CODE)
    await expect(total(page)).to_have_text("9")  # type: ignore[arg-type]
    await page.get_by_role("button", name="核对").click()
    variance = page.locator(f'.variance[data-item="{MILK}"]')
    await expect(variance).to_contain_text("有差异")
    assert "账面" not in await page.locator(".page").inner_text(), "who counts blind sees no book"
    await page.get_by_role("button", name="请人批准").click()
    dialog = page.get_by_role("dialog")
    await dialog.locator("input").nth(0).fill(EVE)
    await dialog.locator("input").nth(1).fill("0000")
    await dialog.get_by_role("button", name="允许").click()
    await expect(page.locator(".q-notification")).to_be_visible()
    await page.get_by_role("button", name="请人批准").click()
    await dialog.locator("input").nth(0).fill(EVE)
    await dialog.locator("input").nth(1).fill(PIN)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("库存已更正。")).to_be_visible()
    (fact,) = store.facts(StockCounted)
    assert isinstance(fact, StockCounted)
    assert (fact.staff_id, fact.approver_id, fact.blind, fact.how) == (ANN, EVE, True, "tag")
    assert [(line.expected_thousandths, line.counted_thousandths) for line in fact.lines] == [(20_000, 9_000)]
    kept = "".join(path.read_text(errors="replace") for path in (store.screens.folder / "staff").glob("*.json"))
    assert kept, "the screens keep what a person had in hand"
    assert PIN not in kept, "a PIN is kept nowhere"
    await context.close()
