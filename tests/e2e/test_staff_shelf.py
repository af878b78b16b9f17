"""Shelf and till compared by a person with a phone in a real Chromium: a price check through a killed box, its paper report,
labels placed by scan, the shelf as a map, a label found by its light and wiped. What counts is the box's own journal."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from protocols.clock import SeededRandom
from protocols.contract.facts import LabelPlaced, LabelShown, ShelfAudited
from simulators.clock import SystemClock
from simulators.oepl_ap.server import OeplApSimulator
from tests.support.browser import launch
from tests.support.goods import ANN, BREAD, BREAD_CODE, MILK, MILK_CODE, PIN
from tests.support.staff_store import PHONE, WAIT_MS, Store, device, log_in, quick, ready_to_scan, scan

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

expect.set_options(timeout=WAIT_MS)
A4_POINTS = (595, 842)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    access_point = OeplApSimulator(0, SystemClock(), SeededRandom(7), quick(4))
    await access_point.start()
    store = Store(tmp_path_factory.mktemp("shelf"), access_point)
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


async def bind(store: Store, place: int, item_id: str | None) -> str:
    """Bind the access point's label of that place."""
    label_id = list(store.access_point.point.tags)[place]
    await store.send("PUT", f"/v1/labels/{label_id}", {"item_id": item_id})
    return str(label_id)


async def read(page: Page, price: str) -> None:
    """Type a price into the dialog that asks for it."""
    await expect(page.get_by_role("dialog").locator("input")).to_be_focused()
    await page.keyboard.type(price)
    await page.keyboard.press("Enter")


async def test_a_price_check_by_phone_outlives_a_killed_box_and_prints_its_report(chromium: Browser, store: Store) -> None:
    milk, bread, more_milk = await bind(store, 0, MILK), await bind(store, 1, BREAD), await bind(store, 2, MILK)
    context = await device(chromium, PHONE, "en-GB")
    page = await log_in(context, store)
    await page.goto(f"{store.screens.url}/audits")
    await expect(page.get_by_text("No price has been checked yet")).to_be_visible()
    await page.get_by_role("button", name="Draw the sample").click()
    await page.wait_for_url("**/audit/*")
    await ready_to_scan(page)
    await expect(page.locator(".line")).to_have_count(3)
    assert "€" not in await page.locator(".page").inner_text(), "a check is blind"

    await scan(page, milk)
    await read(page, "1,29")
    await expect(page.locator(".said-good")).to_contain_text("Milk 1 l: correct – shelf and till say €1.29")
    await scan(page, bread)
    await read(page, "4000000000037")
    await expect(page.get_by_text("Type the price as it stands on the shelf, for example 1.29.")).to_be_visible()
    store.box.kill()
    await read(page, "2.99")
    await expect(page.locator(".waiting")).to_have_text("1 input waits for the box …")
    await page.reload()
    store.box.start()
    await expect(page.get_by_role("dialog")).to_contain_text("Your PIN, please")
    await read(page, PIN)
    await expect(page.locator(f'.line[data-item="{BREAD}"]')).to_contain_text("shelf €2.99, till €3.50")
    await expect(page.locator(".waiting")).to_be_empty()

    await expect(page.locator(".q-dialog")).to_have_count(0)
    await ready_to_scan(page)
    await scan(page, MILK_CODE)
    await page.get_by_role("dialog").get_by_role("button", name="No price to read").click()
    await expect(page.locator(".score")).to_contain_text("3 of 3 checked")
    await page.get_by_role("button", name="Finish").click()
    await page.get_by_role("dialog").get_by_role("button", name="Finish").click()
    await page.wait_for_url("**/report")
    await expect(page.locator(".report-score")).to_contain_text("50 %")
    await expect(page.locator(".report-score")).to_contain_text("failed")
    await expect(page.locator(".report")).to_contain_text("Corner Shop (s-0001)")
    (fact,) = store.facts(ShelfAudited)
    assert isinstance(fact, ShelfAudited)
    assert {(line.label_id, line.finding, line.seen_minor, line.till_minor) for line in fact.lines} == {
        (milk, "correct", 129, 129),
        (bread, "overcharge", 299, 350),
        (more_milk, "missing", None, 129),
    }
    assert (fact.staff_id, fact.population) == (ANN, 3)
    paper = await page.pdf(prefer_css_page_size=True)
    ((width, height),) = set(re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", paper))
    assert (round(float(width)), round(float(height))) == A4_POINTS
    await context.close()


async def test_of_prices_scanned_at_once_each_is_asked_for_alone(chromium: Browser, store: Store) -> None:
    milk, bread = await bind(store, 0, MILK), await bind(store, 1, BREAD)
    context = await device(chromium, PHONE, "en-GB")
    page = await log_in(context, store)
    await page.goto(f"{store.screens.url}/audits")
    await page.get_by_role("button", name="Draw the sample").click()
    await page.wait_for_url("**/audit/*")
    await ready_to_scan(page)
    await expect(page.locator(".line")).not_to_have_count(0)
    await page.locator(".scan-field").evaluate(
        """(field, codes) => codes.forEach((code) => {
            field.value = code;
            field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
        })""",
        [milk, bread, milk],
    )
    first = await page.get_by_role("dialog").locator("h2").inner_text()
    prices = {"Milk 1 l": "1.29", "Bread": "3.50"}
    (item,) = (name for name in prices if name in first)
    (other,) = prices.keys() - {item}
    await read(page, prices[item])
    await page.keyboard.press("Enter")  # a finger that pressed twice: no price for the next one
    await expect(page.get_by_role("dialog").locator("h2")).to_contain_text(other)
    await read(page, prices[other])
    await expect(page.locator(".score")).to_contain_text("2 of")
    await expect(page.locator(".q-dialog")).to_have_count(0)
    for asked_for in (milk, bread):
        await expect(page.locator(".line", has_text=asked_for)).to_contain_text("correct")

    await page.locator(".line").first.click()
    await expect(page.get_by_role("dialog").locator("input")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator(".q-dialog")).to_have_count(0)
    await ready_to_scan(page)
    await scan(page, bread)
    await expect(page.get_by_role("dialog").locator("h2")).to_contain_text("Bread")
    await context.close()


async def test_labels_are_placed_by_scan_and_the_map_shows_what_each_does(chromium: Browser, store: Store) -> None:
    milk, bread = await bind(store, 0, MILK), await bind(store, 1, BREAD)
    context = await device(chromium, PHONE, "zh-CN")
    page = await log_in(context, store)
    await ready_to_scan(page, f"{store.screens.url}/place?aisle=A1")
    for place, label_id in enumerate((milk, bread), start=1):
        await scan(page, label_id)
        await expect(page.locator(".said-good")).to_contain_text(f"通道 A1，第 1 层，第 {place} 位")
    assert [(fact.label_id, fact.slot) for fact in store.facts(LabelPlaced) if isinstance(fact, LabelPlaced)] == [
        (milk, 1),
        (bread, 2),
    ]
    await page.goto(f"{store.screens.url}/shelf")
    await page.locator('[data-aisle="A1"]').click()
    squares = page.locator(".slot")
    await expect(squares).to_have_count(2)
    await expect(page.locator(f'[data-slot="{milk}"].state-shown')).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await page.locator(f'[data-slot="{milk}"]').click()
    await expect(page.locator("[data-chosen]")).to_contain_text("牛奶 1 升")
    await page.get_by_role("button", name="寻找").click()
    await expect(page.get_by_text("1 个价签正在闪绿灯")).to_be_visible()
    await context.close()


async def test_an_unbound_label_is_wiped_and_says_so(chromium: Browser, store: Store) -> None:
    label_id = await bind(store, 3, BREAD)
    context = await device(chromium, PHONE, "en-GB")
    page = await log_in(context, store)
    await ready_to_scan(page, f"{store.screens.url}/labels?label={label_id}")
    card = page.locator(f'.card > [data-label="{label_id}"]').first
    await expect(card).to_contain_text("shows its price")
    await page.get_by_role("button", name="Unbind").click()
    await page.get_by_role("dialog").get_by_role("button", name="Unbind").click()
    await expect(card).to_contain_text("Blank: the label confirmed that no price stands on it.")
    await context.close()


async def test_two_items_share_a_label_by_three_scans(chromium: Browser, store: Store) -> None:
    label_id = list(store.access_point.point.tags)[3]
    context = await device(chromium, PHONE, "en-GB")
    page = await log_in(context, store)
    await ready_to_scan(page, f"{store.screens.url}/labels")
    await scan(page, label_id)
    await scan(page, MILK_CODE)
    await expect(page.locator(".said-good")).to_contain_text(f"Bound: {label_id} shows Milk 1 l.")
    await page.get_by_role("button", name="Add an item").click()
    await scan(page, BREAD_CODE)
    await expect(page.locator(".said-good")).to_contain_text(f"Bound: {label_id} shows Bread.")
    card = page.locator(f'.card > [data-label="{label_id}"]').first
    await expect(card).to_contain_text("€3.50")
    await expect(card).to_contain_text("shows its price")
    shown = [fact for fact in store.facts(LabelShown) if isinstance(fact, LabelShown) and fact.label_id == label_id]
    assert [(fact.item_id, fact.price_minor) for fact in shown[-2:]] == [(MILK, 129), (BREAD, 350)]
    await context.close()
