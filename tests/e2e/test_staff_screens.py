"""The staff screens in a real Chromium over a real box and a simulated label access point, on phone and tablet.

What counts at the end is the box's own file: each receipt and each count one fact, nothing lost, nothing doubled.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from protocols.clock import SeededRandom
from protocols.contract.facts import GoodsReceived, StockCounted
from simulators.clock import SystemClock
from simulators.oepl_ap.server import OeplApSimulator
from tests.support.browser import launch
from tests.support.goods import ANN, APPLES_CODE, BREAD, BREAD_CODE, MILK, MILK_CODE, PIN, SIX_PACK_CODE
from tests.support.staff_store import PHONE, TABLET, WAIT_MS, Store, device, log_in, quick, ready_to_scan, scan

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

TOUCH_PIXELS = 48
expect.set_options(timeout=WAIT_MS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    access_point = OeplApSimulator(0, SystemClock(), SeededRandom(7), quick(3))
    await access_point.start()
    store = Store(tmp_path_factory.mktemp("staff"), access_point)
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


async def begin(page: Page, store: Store, kind: str) -> None:
    await page.goto(f"{store.screens.url}/{kind}")
    await page.locator(".big.primary").click()
    await page.wait_for_url(f"**/{kind}/*")
    await ready_to_scan(page)


def quantity(page: Page, item_id: str) -> object:
    return page.locator(f'.line[data-item="{item_id}"] .quantity')


async def test_a_delivery_is_received_by_scan_though_the_box_is_killed_in_the_middle(
    chromium: Browser, store: Store
) -> None:
    context = await device(chromium, PHONE, "en-GB")
    page = await log_in(context, store)
    await begin(page, store, "receipt")
    await scan(page, SIX_PACK_CODE)
    await expect(page.locator(".said")).to_contain_text("+6 Milk 1 l")
    await scan(page, "4000000000990")
    await expect(page.locator(".said-bad")).to_contain_text("'4000000000990' is not in the catalogue")
    await scan(page, APPLES_CODE)
    await expect(page.get_by_role("dialog")).to_contain_text("Apples")
    await expect(page.get_by_role("dialog").locator("input")).to_be_focused()
    await page.keyboard.type("2.35")
    await page.keyboard.press("Enter")
    await expect(quantity(page, "i-apples")).to_have_text("2.35 kg")  # type: ignore[arg-type]
    store.box.kill()
    await expect(page.get_by_role("alert").filter(has_text="The store's box does not answer.")).to_be_visible()
    await expect(page.locator(".q-dialog")).to_have_count(0)
    await ready_to_scan(page)
    for code in (BREAD_CODE, SIX_PACK_CODE, BREAD_CODE):
        await scan(page, code)
    await expect(page.locator(".waiting")).to_have_text("3 inputs wait for the box …")
    await page.reload()
    await expect(page.locator(".waiting")).to_have_text("3 inputs wait for the box …")
    store.box.start()
    await expect(page.get_by_role("dialog")).to_contain_text("Your PIN, please")
    await expect(page.get_by_role("dialog").locator("input")).to_be_focused()
    await page.keyboard.type(PIN)
    await page.keyboard.press("Enter")
    await expect(quantity(page, BREAD)).to_have_text("2")  # type: ignore[arg-type]
    await expect(quantity(page, MILK)).to_have_text("12")  # type: ignore[arg-type]
    await expect(page.locator(".waiting")).to_be_empty()
    before = store.on_hand(MILK)
    await page.get_by_role("button", name="Book the receipt").click()
    await page.get_by_role("dialog").get_by_role("button", name="Book the receipt").click()
    await expect(page.get_by_text("The goods are in stock.")).to_be_visible()
    (fact,) = store.facts(GoodsReceived)
    assert isinstance(fact, GoodsReceived)
    assert {line.item_id: line.quantity_thousandths for line in fact.lines} == {
        MILK: 12_000,
        "i-apples": 2_350,
        BREAD: 2_000,
    }
    assert (fact.staff_id, fact.how, store.on_hand(MILK) - before) == (ANN, "scan", 12_000)
    await context.close()


async def test_a_count_in_chinese_shows_its_variance_before_it_is_booked(chromium: Browser, store: Store) -> None:
    context = await device(chromium, TABLET, "zh-CN")
    page = await log_in(context, store)
    await store.stock(MILK, 9)
    await begin(page, store, "count")
    await scan(page, SIX_PACK_CODE)
    await scan(page, MILK_CODE)
    await expect(quantity(page, MILK)).to_have_text("7")  # type: ignore[arg-type]
    assert "账面" not in await page.locator(".page").inner_text(), "a count is blind"
    await store.sell(MILK_CODE, 2)
    await page.get_by_role("button", name="核对").click()
    variance = page.locator(f'.variance[data-item="{MILK}"]')
    await expect(variance).to_contain_text("牛奶 1 升")
    await expect(variance).to_contain_text("盘点 7，账面 9")
    await page.get_by_role("button", name="盘点入账").click()
    await expect(page.get_by_text("库存已更正。")).to_be_visible()
    (fact,) = store.facts(StockCounted)
    assert isinstance(fact, StockCounted)
    assert [(line.expected_thousandths, line.counted_thousandths) for line in fact.lines] == [(9_000, 7_000)]
    await context.close()


async def test_a_sale_below_the_minimum_alerts_an_open_page_and_looks_up_with_its_stock(
    chromium: Browser, store: Store
) -> None:
    context = await device(chromium, TABLET, "en-GB")
    page = await log_in(context, store)
    await store.minimum(BREAD, 1)
    await store.stock(BREAD, 3)
    await page.goto(f"{store.screens.url}/alerts")
    await page.wait_for_function("window.socket?.connected")
    alert = page.locator(f'[data-alert="low_stock:{BREAD}"]')
    await expect(alert).to_have_count(0)
    await store.sell(BREAD_CODE, store.on_hand(BREAD) // 1000)
    await expect(alert).to_contain_text("Bread is running low.")
    await expect(alert).to_contain_text("0 left, at least 1 wanted.")
    await alert.get_by_role("button", name="I take care of it").click()
    await expect(alert).to_contain_text(f"noted by {ANN}")
    await ready_to_scan(page, f"{store.screens.url}/item")
    await scan(page, BREAD_CODE)
    await expect(page.locator(f'[data-item="{BREAD}"]')).to_contain_text("€3.50")
    await expect(page.get_by_role("img", name=re.compile("Stock of the last 14 days; 0 today"))).to_be_visible()
    await expect(page.locator(".move").first).to_contain_text("sold · sales floor")
    await context.close()


async def test_a_label_is_bound_by_two_scans_and_a_device_fails_with_its_reason(chromium: Browser, store: Store) -> None:
    context = await device(chromium, PHONE, "zh-CN")
    page = await log_in(context, store)
    label_id = next(iter(store.access_point.point.tags))
    await ready_to_scan(page, f"{store.screens.url}/labels")
    await scan(page, label_id)
    await expect(page.locator(".said")).to_contain_text(f"价签 {label_id}。请扫描商品。")
    await scan(page, MILK_CODE)
    await expect(page.locator(".said-good")).to_contain_text(f"已绑定：{label_id} 显示 牛奶 1 升。")
    await expect(page.locator(f'.card > [data-label="{label_id}"]').first).to_contain_text("价格已显示")
    assert (await store.http.get(f"/v1/labels/{label_id}")).json()["item_id"] == MILK
    await page.goto(f"{store.screens.url}/devices")
    card = page.locator('[data-device="labels-1"]')
    await expect(card).to_contain_text("正常")
    await store.access_point.stop()
    await expect(card).to_contain_text("未连接，正在重试")
    await expect(card.locator(".device-reason")).to_contain_text("基站")
    await expect(page.locator(".count")).not_to_be_empty()
    await page.get_by_role("button", name="查找设备").click()
    await expect(page.locator(".found").first.or_(page.get_by_text("没有发现新设备"))).to_be_visible()
    await context.close()


@pytest.mark.parametrize(("size", "locale"), [(PHONE, "en-GB"), (TABLET, "zh-CN")], ids=["phone", "tablet"])
async def test_every_page_fits_its_screen_and_a_thumb(
    chromium: Browser, store: Store, size: tuple[int, int], locale: str
) -> None:
    context = await device(chromium, size, locale)
    page = await log_in(context, store)
    others = ("/", "/count", "/labels", "/devices", "/doors", "/audits", "/shelf", "/place?aisle=A") if size == PHONE else ()
    for address in (*others, f"/item?code={MILK}", "/receipt", "/alerts"):
        await page.goto(store.screens.url + address)
        await expect(page.locator(".page")).not_to_be_empty()
        await page.wait_for_function("window.socket?.connected")
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
        small = await page.evaluate(
            "(least) => [...document.querySelectorAll('button, a, .scan-field')].filter(each => each.offsetParent)"
            ".filter(each => each.offsetHeight < least || each.offsetWidth < least)"
            ".map(each => each.outerHTML.slice(0, 120))",
            TOUCH_PIXELS,
        )
        assert small == [], address
    await page.get_by_role("button", name="Your account" if locale == "en-GB" else "您的账户").click()
    other = "简体中文" if locale == "en-GB" else "English"
    await page.get_by_role("button", name=other).click()
    await expect(page.locator("h1")).to_have_text("提醒" if locale == "en-GB" else "Alerts")
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("lang", "zh-Hans" if locale == "en-GB" else "en")
    await context.close()
