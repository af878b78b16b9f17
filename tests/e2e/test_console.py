"""The console in a real Chromium over a real headquarters: log in, change a price, watch it land, in two languages."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, FilePayload, Locator, Page, async_playwright, expect

from cloud.clock import SystemClock
from tests.support.browser import launch
from tests.support.hq_console import HqProcesses, headquarters
from tests.support.hq_ground import PostgresServers

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PRICES = "zone/north/price"
CHAIN = ("/regions", "/people", "/audit")
TEMPLATES = "global/label-templates"
WAIT_MS = 15_000
LINT_MS = 60_000
"""A template is drawn some hundred times before it is published."""
expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="module")
def hq(postgres_servers: PostgresServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HqProcesses]:
    """One headquarters for all tests here: stores S001 and S002, sixty goods."""
    with headquarters(postgres_servers, tmp_path_factory.mktemp("console")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium(hq: HqProcesses) -> AsyncIterator[Browser]:
    """One Chromium for all tests here; it starts while headquarters does."""
    async with async_playwright() as playwright:
        running = await launch(playwright)
        await hq.ready()
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="module")
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """A browser that was never here."""
    fresh = await chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="Europe/Berlin")
    fresh.set_default_timeout(WAIT_MS)
    yield fresh
    await fresh.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(context: BrowserContext, hq: HqProcesses) -> Page:
    """Logged in as the administrator, on the stores page."""
    await context.add_cookies(hq.cookies)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(hq.url)
    if not hq.cookies:
        await log_in(page, "admin", hq.password)
    await expect(page.get_by_role("heading", name="Stores")).to_be_visible()
    hq.cookies = [dict(cookie) for cookie in await context.cookies()]
    return page


async def log_in(page: Page, login: str, password: str) -> None:
    await page.get_by_label("Login").fill(login)
    await page.get_by_label("Password").fill(password)
    await page.keyboard.press("Enter")


async def test_a_wrong_password_is_told_and_the_right_one_leads_back(context: BrowserContext, hq: HqProcesses) -> None:
    page = await context.new_page()
    answer = await page.goto(f"{hq.url}/prices?item=A000002")
    assert answer is not None
    assert answer.headers["x-frame-options"] == "DENY"
    await log_in(page, "admin", "not the right words")
    await expect(page.get_by_role("alert").filter(has_text="Login or password is wrong.")).to_be_visible()
    await log_in(page, "admin", hq.password)
    await page.wait_for_url("**/prices?item=A000002")
    await expect(page.get_by_role("heading", name="Morgenhof Oat drink 0.5 l")).to_be_visible()
    for kept in await context.cookies():
        assert "tly_" not in str(kept), "the browser must never hold a token"
    await page.get_by_label("Your account").click()
    await page.get_by_text("Log out").click()
    await page.wait_for_url("**/login")
    await page.goto(f"{hq.url}/prices")
    await page.wait_for_url("**/login?after=%2Fprices")


async def test_a_price_is_changed_by_keyboard_previewed_published_and_watched(page: Page, hq: HqProcesses) -> None:
    before = hq.feed_version(PRICES)
    await page.get_by_role("link", name="Prices").click()
    await expect(page.locator(".result").first).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.type("9520000000264")  # as fast as a scanner, so Enter comes before any search could answer
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Morgenhof Butter biscuits 80 g")).to_be_visible()
    price = page.get_by_label("New price")
    await price.fill("cheap")
    await price.press("Enter")
    await expect(page.get_by_role("alert").filter(has_text="Type the price like 1.29.")).to_be_visible()
    await price.fill("9,99")
    await price.press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("€9.99")).to_be_visible()
    await expect(dialog.get_by_text("changes to more than double or less than half")).to_be_visible()
    assert hq.feed_version(PRICES) == before
    await dialog.get_by_role("button", name="Publish").click()
    await page.wait_for_url(f"**/landing/north/{before + 1}?item=A000026")
    assert hq.feed_version(PRICES) == before + 1
    await expect(page.get_by_role("status")).to_have_text("Published. 2 stores are still to come.")
    for store_id, waiting in (("S001", "Published. 1 store is still to come."), ("S002", "Landed: all 2 stores have it.")):
        store_says_it_holds(hq, store_id, PRICES)
        await expect(page.get_by_role("status")).to_have_text(waiting)


async def test_a_promotion_is_previewed_compared_published_and_recalled(page: Page, hq: HqProcesses) -> None:
    with hq.owner() as owner:
        owner.execute("UPDATE zone SET price_law = 'eu' WHERE zone = 'north'")
    await page.goto(f"{hq.url}/prices/books")
    await page.get_by_role("button", name="New price book").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name", exact=True).fill("Summer sale")
    await dialog.get_by_label("Short name").fill("Summer Sale!")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("not 1 to 32 small letters, digits or -")
    await dialog.get_by_label("Short name").fill("summer")
    await dialog.get_by_role("button", name="Save").click()
    await page.wait_for_url("**/prices/books/summer")
    await expect(page.get_by_text("No price in this book")).to_be_visible()
    await page.get_by_label("Item number or barcode").fill("A000005")
    price = page.get_by_label("Price", exact=True)
    await price.fill("99.00")
    await price.press("Enter")
    too_dear = "the lowest price of the 30 days before the reduction began"
    await expect(page.get_by_role("alert").filter(has_text=too_dear)).to_be_visible()
    await price.fill("0.55")
    await price.press("Enter")
    await expect(dialog.get_by_role("columnheader", name="Compared with")).to_be_visible()
    await dialog.get_by_role("button", name="Effect on yesterday").click()
    await expect(dialog.get_by_text("None of these items was sold on")).to_be_visible()
    before = hq.feed_version(PRICES)
    await dialog.get_by_role("button", name="Publish").click()
    await page.wait_for_url(f"**/landing/north/{before + 1}?item=A000005")
    await page.goto(f"{hq.url}/prices/books/summer")
    await expect(page.get_by_text("paid now")).to_be_visible()
    await page.get_by_role("button", name="Recall").click()
    await dialog.get_by_role("button", name="Recall").click()
    await expect(page.get_by_text("Recalled. The price before it is in force again.")).to_be_visible()
    await expect(page.get_by_text("No price in this book")).to_be_visible()
    assert hq.feed_version(PRICES) == before + 2
    await page.goto(f"{hq.url}/prices/timeline?item=A000005")
    log = page.locator(".card", has=page.get_by_role("heading", name="Price log"))
    await expect(log.get_by_text("recalled")).to_be_visible()
    await expect(log.get_by_text("published")).to_have_count(2)
    await expect(page.get_by_role("img", name="Price timeline")).to_be_visible()
    with hq.owner() as owner:
        owner.execute("UPDATE zone SET price_law = 'none' WHERE zone = 'north'")


def store_says_it_holds(hq: HqProcesses, store_id: str, feed_id: str) -> None:
    """As ingest writes it when a store reports."""
    with hq.owner() as connection:
        connection.execute(
            "INSERT INTO store_feed SELECT %s, feed_id, epoch, version, state_hash, 'ok' FROM feed WHERE feed_id = %s"
            " ON CONFLICT (store_id, feed_id) DO UPDATE SET version = excluded.version, state_hash = excluded.state_hash",
            (store_id, feed_id),
        )


async def test_pasted_prices_name_every_bad_line_and_then_change_together(page: Page, hq: HqProcesses) -> None:
    before = hq.feed_version(PRICES)
    await page.goto(f"{hq.url}/prices/many")
    lines = page.get_by_label("Lines to change")
    await lines.fill("A000001\t1.49\nNOPE 3\n9520000000028; 2,49\nA000003 x")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_role("heading", name="2 lines need a look")).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text="NOPE")).to_contain_text(
        "There is no item with this number or barcode."
    )
    await lines.fill("A000001\t1.49\n9520000000028; 2,49")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_role("heading", name="Publish 2 prices in zone north?")).to_be_visible()
    await page.get_by_role("button", name="Publish").click()
    await page.wait_for_url(f"**/landing/north/{before + 1}")
    await expect(page.get_by_text("2 items, published by admin")).to_be_visible()


async def test_a_person_is_added_to_a_store_and_a_weak_pin_is_refused(page: Page, hq: HqProcesses) -> None:
    await page.goto(f"{hq.url}/staff?store=S002")
    await page.get_by_role("button", name="Add somebody").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Number on the badge").fill("42")
    await dialog.get_by_label("Name", exact=True).fill("Kim Lee")
    await dialog.get_by_label("PIN").fill("1234")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_have_text(
        "PIN: digits in a row. Choose 4 to 8 digits nobody guesses first."
    )
    await dialog.get_by_label("PIN").fill("7395")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("row").filter(has_text="Kim Lee")).to_contain_text("may log in")
    await expect(dialog).to_have_count(0)
    assert "7395" not in await page.content()


async def test_chinese_is_one_click_away_and_stays(page: Page, hq: HqProcesses) -> None:
    await page.get_by_role("button", name="简体中文").click()
    await expect(page.get_by_role("heading", name="门店")).to_be_visible()
    await page.goto(f"{hq.url}/prices?item=A000001")
    await expect(page.get_by_role("heading", name="晨庄全脂牛奶 0.5 l")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("heading", name="Morgenhof Whole milk 0.5 l")).to_be_visible()


async def test_the_worst_store_stands_first_says_why_and_shows_its_devices_and_measurements(
    page: Page, hq: HqProcesses
) -> None:
    now_ms = SystemClock().now_ms()
    in_trouble(hq, "S002", now_ms)
    first = page.locator("tbody tr").first
    await expect(first).to_contain_text("Demo shop 2")
    await expect(first).to_contain_text("1 device down: printer-1")
    await expect(first).to_contain_text("4 labels do not show their price")
    await expect(first.locator("svg.spark")).to_be_visible()
    await expect(page.locator(".health canvas")).to_be_visible()
    await page.get_by_label("Find a store").fill("shop 1")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(first).to_contain_text("Demo shop 1")
    await page.get_by_role("link", name="Devices", exact=True).click()
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(first).to_contain_text("the printer does not answer")
    await expect(first).to_contain_text("out of reach")
    await page.get_by_role("button", name="All devices").click()
    await expect(page.locator("tbody tr")).to_have_count(2)
    await page.get_by_role("button", name="简体中文").click()
    await expect(first).to_contain_text("打印机没有应答")
    await first.get_by_role("link", name="Demo shop 2").click()
    await expect(page.get_by_role("heading", name="测量值")).to_be_visible()
    await expect(page.locator(".chart.tall canvas")).to_be_visible()
    await expect(page.get_by_label("测量项目")).to_have_value("CPU 温度（°C）")
    await page.get_by_role("button", name="30 天").click()
    await expect(page.locator(".chart.tall canvas")).to_be_visible()
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("heading", name="Measurements")).to_be_visible()


def in_trouble(hq: HqProcesses, store_id: str, now_ms: int) -> None:
    """As ingest and the rollups leave it: a printer down, a scale that works, labels without their price, a temperature."""
    with hq.owner() as connection:
        for device, kind, state, reason in (
            ("printer-1", "printer", "retrying", "the printer does not answer"),
            ("scale-1", "scale", "ready", ""),
        ):
            connection.execute(
                "INSERT INTO device_state VALUES (%s, %s, %s, %s, %s, %s, %s, 1)",
                (store_id, f"event-{device}", now_ms, device, kind, state, reason),
            )
        connection.execute("INSERT INTO telemetry_latest VALUES (%s, 'labels_unshown', %s, 4)", (store_id, now_ms))
        for table, width_ms in (("telemetry_5m", 300_000), ("telemetry_1h", 3_600_000)):
            for back in range(3):
                connection.execute(
                    f"INSERT INTO {table} VALUES (%s, '', 'cpu_celsius', %s, 1, 50, 60, 55, 55, %s)",
                    (store_id, (now_ms // width_ms - back) * width_ms, now_ms),
                )


async def test_sales_appear_on_top_by_themselves(page: Page, hq: HqProcesses) -> None:
    await page.goto(f"{hq.url}/sales")
    await expect(page.get_by_text("Waiting for the first sale")).to_be_visible()
    await expect(page.get_by_text("live", exact=True)).to_be_visible()
    for number, total in ((1, "€12.99"), (2, "€0.59")):
        sale_arrives(hq, "S001", number, int(total.strip("€").replace(".", "")))
        top = page.locator("tbody tr").first
        await expect(top).to_contain_text(total)
        await expect(top).to_contain_text("Demo shop 1")
        await expect(top).to_contain_text(f"1-1-{number}")
    await expect(page.locator("tbody tr")).to_have_count(2)
    await expect(page.locator("canvas")).to_be_visible()
    await page.locator("tbody tr").first.get_by_role("link").click()
    await expect(page.get_by_text("Receipt 1-1-2")).to_be_visible()


async def test_a_chain_is_put_together_from_regions(page: Page, hq: HqProcesses) -> None:
    await page.get_by_role("link", name="Chain").click()
    await page.get_by_role("button", name="Rename").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name", exact=True).fill("Green grocers")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="Green grocers")).to_be_visible()
    await page.get_by_role("button", name="Add a region").click()
    await dialog.get_by_label("Name", exact=True).fill("North shore")
    await dialog.get_by_label("Short name").fill("North!")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).not_to_be_empty()
    await dialog.get_by_label("Short name").fill("north-shore")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("row").filter(has_text="north-shore")).to_contain_text("North shore")
    await expect(dialog).to_have_count(0)
    await page.get_by_role("row").filter(has_text="S002").get_by_role("button", name="Move").click()
    await choose(page, dialog.get_by_label("Region"), "North shore")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("row").filter(has_text="S002")).to_contain_text("North shore")
    await expect(dialog).to_have_count(0)  # it has a field of the same name
    await choose(page, page.get_by_label("Region", exact=True), "North shore")
    await expect(page.get_by_role("row").filter(has_text="S001")).to_have_count(0)
    await expect(page.get_by_role("row").filter(has_text="S002")).to_be_visible()

    await page.goto(hq.url)
    await choose(page, page.get_by_label("Region", exact=True), "North shore")
    await expect(page.get_by_role("link", name="Demo shop 1")).to_have_count(0)
    await expect(page.get_by_role("link", name="Demo shop 2")).to_be_visible()


async def choose(page: Page, select: Locator, *names: str) -> None:
    """Open a drop-down and take entries."""
    await select.click()
    for name in names:
        await page.get_by_role("option", name=name).click()


async def test_a_label_template_is_drawn_refused_mended_published_and_rolled_back(page: Page, hq: HqProcesses) -> None:
    await page.get_by_role("link", name="Label templates").click()
    await page.locator('[data-purpose="promotion"]').get_by_role("button", name="New template").click()
    await page.locator(".q-menu").get_by_text("from: promotion").click()
    await expect(page.locator(".stage img")).to_be_visible()
    before = await page.locator(".stage img").get_attribute("src")
    await page.get_by_role("button", name="price", exact=True).click()
    await expect(page.locator(".stage .outline")).to_be_visible()
    await page.locator('[data-test="place-width"]').fill("40")
    await expect(page.get_by_role("alert").filter(has_text="does not fit")).to_be_visible()
    await expect(page.locator('[data-panel="1"]').get_by_text("cannot be drawn")).to_be_visible()
    await page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Short name").fill("summer")
    await dialog.get_by_role("button", name="Save").click()
    await page.wait_for_url("**/label-templates/summer?version=1")

    await page.get_by_role("button", name="Publish …").click()
    await expect(dialog.get_by_text("cannot be published")).to_be_visible(timeout=LINT_MS)
    await expect(dialog.get_by_role("row").filter(has_text='M2 2.9"')).to_contain_text("price")
    await expect(dialog.get_by_role("button", name="Publish")).to_be_disabled()
    await dialog.get_by_role("button", name="Back").click()
    await page.get_by_role("button", name="price", exact=True).click()
    await page.locator('[data-test="place-width"]').fill("600")
    await expect(page.get_by_role("alert").filter(has_text="does not fit")).to_have_count(0)
    await expect(page.locator(".stage img")).not_to_have_attribute("src", before or "")
    await page.get_by_role("button", name="Save", exact=True).click()
    await dialog.get_by_role("button", name="Save").click()
    await page.wait_for_url("**/label-templates/summer?version=2")

    await page.get_by_role("button", name="Publish …").click()
    await expect(dialog.get_by_text("checked", exact=True)).to_be_visible(timeout=LINT_MS)
    await choose(page, dialog.get_by_label("Stores"), "Demo shop 1 (S001)")
    await page.keyboard.press("Escape")
    await dialog.get_by_label("Reason (kept in the history)").fill("one store first")
    await dialog.get_by_role("button", name="Publish").click()
    await page.wait_for_url("**/label-templates", timeout=LINT_MS)
    row = page.get_by_role("row").filter(has_text="summer, version 2")
    await expect(row).to_contain_text("0 / 1")
    store_says_it_holds(hq, "S001", TEMPLATES)
    await expect(row).to_contain_text("1 / 1")
    await row.get_by_role("button", name="Roll back").click()
    await dialog.get_by_role("button", name="Roll back").click()
    await expect(page.get_by_role("row").filter(has_text="what was before, again")).to_contain_text("0 / 1")
    with hq.owner() as connection:
        assert connection.execute("SELECT count(*) FROM feed_row WHERE feed_id = %s", (TEMPLATES,)).fetchone() == (0,)


async def test_a_region_manager_is_invited_and_sees_the_region_alone(page: Page, hq: HqProcesses, chromium: Browser) -> None:
    await page.goto(f"{hq.url}/people")
    await page.get_by_role("button", name="Invite somebody").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Name", exact=True).fill("Rhea Lin")
    await form.get_by_label("Login").fill("rhea")
    await choose(page, form.get_by_label("Role"), "Region manager")
    await form.get_by_role("button", name="Invite").click()
    await expect(form.get_by_role("alert")).to_contain_text("Name the regions this person manages.")
    await choose(page, form.get_by_role("combobox", name="Regions"), "North shore")
    await page.keyboard.press("Escape")
    await form.get_by_role("button", name="Invite").click()
    await expect(page.get_by_text("rhea logs in with this password")).to_be_visible()
    password = await page.locator(".password").inner_text()
    await page.get_by_role("button", name="Done").click()
    await expect(page.get_by_role("row").filter(has_text="Rhea Lin")).to_contain_text("North shore")

    hers = await chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    hers.set_default_timeout(WAIT_MS)
    phone = await hers.new_page()
    await phone.goto(hq.url)
    await log_in(phone, "rhea", password)
    await expect(phone.get_by_role("link", name="Demo shop 2")).to_be_visible()
    await expect(phone.get_by_role("link", name="Demo shop 1")).to_have_count(0)
    await phone.get_by_role("link", name="Chain").click()
    await expect(phone.get_by_role("cell", name="North shore").first).to_be_visible()
    await expect(phone.get_by_role("link", name="People")).to_have_count(0)
    await expect(phone.get_by_role("button", name="Move")).to_have_count(0)
    await phone.get_by_role("link", name="Audit").click()
    await expect(phone.get_by_text("Store moved to another region")).to_be_visible()
    await expect(phone.get_by_text("Organisation renamed")).to_have_count(0)
    await hers.close()


async def test_the_audit_page_tells_who_changed_what(page: Page, hq: HqProcesses) -> None:
    await page.goto(f"{hq.url}/audit")
    moved = page.get_by_role("row").filter(has_text="Store moved to another region")
    await expect(moved).to_contain_text("admin")
    await expect(moved).to_contain_text("Demo shop 2")
    await expect(moved.locator(".change")).to_have_text("Regiondefault→north-shore")
    await choose(page, page.get_by_label("What", exact=True), "Organisation")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator(".change")).to_have_text("NameOur chain→Green grocers")
    await page.get_by_label("Until").fill("2020-01-01")
    await expect(page.get_by_text("Nothing of this kind")).to_be_visible()
    await page.get_by_label("Until").fill("")
    await page.get_by_role("button", name="简体中文").click()
    await expect(page.get_by_role("row").filter(has_text="门店移至其他区域")).to_contain_text("区域")
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("heading", name="Audit")).to_be_visible()


def sale_arrives(hq: HqProcesses, store_id: str, number: int, total_minor: int) -> None:
    """As ingest writes it: the step and the sale in one transaction."""
    now_ms = SystemClock().now_ms()
    with hq.owner() as connection, connection.transaction():
        connection.execute(
            "INSERT INTO ingest_step (store_id, ingest_rev, at_ms, fact_count, sale_count) VALUES (%s, %s, %s, 1, 1)",
            (store_id, number, now_ms),
        )
        connection.execute(
            "INSERT INTO sale (store_id, sale_id, incarnation, seq, event_id, command_id, till_id, cashier_id, shift_id,"
            " receipt_till_id, receipt_incarnation, receipt_number, currency, tax_mode, place, total_minor, tax_minor,"
            " rounding_minor, promotion_bundle, price_feed_version, opened_at_ms, closed_at_ms, clock, business_date,"
            " line_count, ingest_rev) VALUES (%(store_id)s, %(id)s, 1, %(number)s, %(id)s, %(id)s, '1', '01', 'shift', '1',"
            " 1, %(number)s, 'EUR', 'inclusive', 'sales_floor', %(total)s, 0, 0, '', 1, %(now)s, %(now)s, 'synced',"
            " '2026-11-25', 0, %(number)s)",
            {"store_id": store_id, "id": f"sale-{number}", "number": number, "total": total_minor, "now": now_ms},
        )


async def test_a_report_is_looked_at_read_and_taken_along(page: Page, hq: HqProcesses) -> None:
    sale_arrives(hq, "S002", 71, 1_250)
    await page.goto(f"{hq.url}/reports")

    async def period(from_date: str, upto_date: str) -> None:
        for label, day in (("From", from_date), ("To", upto_date)):
            await page.get_by_label(label, exact=True).fill(day)
            await page.get_by_label(label, exact=True).press("Tab")

    await period("2026-01-01", "2026-01-31")
    await expect(page.get_by_text("Nothing in this period")).to_be_visible()
    await period("2026-11-25", "2026-11-25")
    await expect(page.locator("tbody tr").first).to_contain_text("EUR")
    await expect(page.locator("canvas")).to_be_visible()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="CSV file").click()
    lines = (await (await download.value).path()).read_text("utf-8-sig").splitlines()
    assert lines[0] == "hour,currency,sale_count,line_count,total"
    assert len(lines) > 1
    await page.get_by_role("button", name="简体中文").click()
    await expect(page.get_by_role("heading", name="报表")).to_be_visible()
    await expect(page.get_by_text("按小时销售").first).to_be_visible()
    await page.get_by_role("button", name="English").click()
    await period("2026-11-25", "2026-01-01")
    await expect(page.get_by_text("Exchange the two dates.")).to_be_visible()


def card_payment(hq: HqProcesses, attempt_id: str, amount_minor: int, at_ms: int, *, sold: bool) -> None:
    """A card payment that was approved; `sold`: a sale has it."""
    with hq.owner() as connection, connection.transaction():
        connection.execute(
            "INSERT INTO payment_ended (store_id, event_id, at_ms, attempt_id, sale_id, till_id, method, amount_minor,"
            " outcome, how, reference, card_tail, reason, approver_id, ingest_rev)"
            " VALUES ('S001', %(id)s, %(at)s, %(id)s, %(sale)s, '1', 'card', %(amount)s, 'approved', 'answer', %(id)s,"
            " '4242', '', '', 1)",
            {"id": attempt_id, "at": at_ms, "sale": f"sale of {attempt_id}", "amount": amount_minor},
        )
        if sold:
            connection.execute(
                "INSERT INTO tender (store_id, sale_id, tender_no, kind, amount_minor, change_minor, reference, attempt_id,"
                " ingest_rev) VALUES ('S001', %s, 1, 'card', %s, 0, '', %s, 1)",
                (f"sale of {attempt_id}", amount_minor, attempt_id),
            )


async def test_the_evening_hour_takes_a_minute(page: Page, hq: HqProcesses) -> None:
    """Payments are held against the acquirer's file; only what does not agree is to be looked at."""
    at_ms = SystemClock().now_ms()
    day = datetime.datetime.fromtimestamp(at_ms / 1000, zoneinfo.ZoneInfo("Europe/Berlin")).date().isoformat()
    card_payment(hq, "pay-1", 1_290, at_ms, sold=True)
    card_payment(hq, "pay-2", 2_000, at_ms, sold=True)
    card_payment(hq, "pay-3", 499, at_ms, sold=False)
    await page.goto(f"{hq.url}/tills?store=S001&day={day}")
    rows = page.locator("tbody tr")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("money without a sale")
    when = datetime.datetime.fromtimestamp(at_ms / 1000, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    heading = "reference,attempt_id,amount,at\n"
    chooser = page.locator("input[type=file]")
    await expect(page.get_by_text("The acquirer's file: drag")).to_be_visible()
    bad = f"{heading}pay-1,pay-1,12.90,{when}\npay-2,pay-2,twenty,{when}\n"
    await chooser.set_input_files({"name": "day.csv", "mimeType": "text/csv", "buffer": bad.encode()})
    await expect(page.get_by_text("line 3, amount")).to_be_visible()
    await page.reload()
    await expect(rows).to_have_count(1)
    await expect(page.get_by_text("The acquirer's file: drag")).to_be_visible()
    good = f"{heading}pay-1,pay-1,12.90,{when}\npay-2,pay-2,19.00,{when}\npay-9,,7.00,{when}\n"
    await chooser.set_input_files({"name": "day.csv", "mimeType": "text/csv", "buffer": good.encode()})
    await expect(rows).to_have_count(3)
    for number, words in enumerate(("money without a sale", "not at any till", "the amount differs")):
        await expect(rows.nth(number)).to_contain_text(words)
    await expect(rows.nth(2)).to_contain_text("-€1.00")
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Every transaction").click()
    assert (await (await download.value).path()).read_text().startswith("{")


async def test_no_page_is_wider_than_its_screen(page: Page, hq: HqProcesses) -> None:
    for path in (
        "/",
        "/devices",
        "/stores/S002",
        "/sales",
        "/sales/days",
        "/tills",
        "/return-clashes",
        "/invoices",
        "/prices?item=A000001",
        "/prices/many",
        "/prices/book",
        "/products?item=A000001",
        "/staff?store=S001",
        "/reports",
        "/imports",
        "/label-templates",
        "/label-templates/new?source=built-in-multi-en",
        *CHAIN,
    ):
        await page.goto(f"{hq.url}{path}")
        await expect(page.locator(".card").first, path).to_be_visible()
        for width, height in ((390, 844), (1280, 800), (1920, 1080)):
            await page.set_viewport_size({"width": width, "height": height})
            root = expect(page.locator("html"), f"{path} at {width} px")
            await root.to_have_js_property("scrollWidth", width)  # it is more when something sticks out, never less


async def test_api_and_console_may_restart_under_an_open_page(page: Page, hq: HqProcesses) -> None:
    hq.stop("api")
    banner = page.get_by_role("alert").filter(has_text="The headquarters API cannot be reached. Trying again")
    await expect(banner).to_be_visible()
    hq.start("api")
    await hq.ready()
    await expect(banner).to_be_hidden()
    await expect(page.get_by_role("link", name="Demo shop 1")).to_be_visible()
    hq.stop("console")
    hq.start("console")
    await hq.ready()
    await page.goto(f"{hq.url}/products")
    await expect(page.get_by_role("heading", name="Products")).to_be_visible()
    here, folder = (hq.folder / "hq" / "console" / name for name in ("storage.secret", "."))
    assert (here.stat().st_mode & 0o077, folder.stat().st_mode & 0o077) == (0, 0)


BOOK = "Artikel;Preis;Gültig ab\nA000005;2,05;\nA000006;2,06;31.12.2027 06:00\nNOPE;1,00;\n"


async def test_a_price_book_is_brought_corrected_applied_and_shown(page: Page, hq: HqProcesses) -> None:
    before = hq.feed_version(PRICES)
    await bring(page, hq, "prices", "book.csv", BOOK)
    await expect(page.get_by_role("row").filter(has_text="there is no item 'NOPE'")).to_contain_text("4")
    await expect(page.get_by_text("Decimal mark: comma")).to_be_visible()
    await expect(page.get_by_role("button", name="Apply")).to_have_count(0)
    await page.get_by_role("button", name="简体中文").click()
    await expect(page.get_by_role("row").filter(has_text="没有商品“NOPE”")).to_contain_text("请检查编号，或先添加商品。")
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_text("Decimal mark: comma")).to_be_visible()
    await bring(page, hq, "prices", "book.csv", BOOK.replace("NOPE;1,00;\n", ""))
    await page.get_by_role("button", name="Apply 2 changes").click()
    await expect(page.get_by_text("Applied by admin")).to_be_visible()
    assert hq.feed_version(PRICES) == before + 1
    await page.goto(f"{hq.url}/prices/book?zone=north&view=future")
    planned = page.get_by_role("row").filter(has_text="A000006")
    await expect(planned).to_contain_text("€2.06")
    await planned.get_by_role("button", name="Take back").click()
    await expect(page.get_by_text("Nothing is planned")).to_be_visible()
    await page.get_by_role("button", name="All items").click()
    await expect(page.get_by_role("row").filter(has_text="A000005")).to_contain_text("€2.05")
    async with page.expect_download() as download:
        await page.get_by_role("button", name="CSV").click()
    assert (await download.value).suggested_filename == "prices-north.csv"


async def bring(page: Page, hq: HqProcesses, kind: str, name: str, content: str) -> None:
    """Give a file to the upload field and wait until its page stands."""
    await page.goto(f"{hq.url}/imports?kind={kind}")
    file = FilePayload(name=name, mimeType="text/csv", buffer=content.encode())
    await page.locator("input[type=file]").set_input_files(file)
    await page.wait_for_url("**/imports/0*")
    await expect(page.get_by_role("heading", name=name)).to_be_visible()


async def test_sales_by_day_mark_their_source_and_an_import_is_taken_back(page: Page, hq: HqProcesses) -> None:
    day = datetime.datetime.fromtimestamp(SystemClock().now_ms() / 1000, datetime.UTC).date() - datetime.timedelta(days=3)
    history = f"date,item id,quantity,net amount\n{day},A000001,12,15.48\n"
    await page.goto(f"{hq.url}/imports?kind=sales_history")
    await page.get_by_label("Store", exact=True).click()
    await page.get_by_role("option", name="S002").click()
    file = FilePayload(name="past.csv", mimeType="text/csv", buffer=history.encode())
    await page.locator("input[type=file]").set_input_files(file)
    await page.get_by_role("button", name="Apply 1 change").click()
    await expect(page.get_by_text("Applied by admin")).to_be_visible()
    imported = page.url
    await page.get_by_role("link", name="Sales by day").click()
    row = page.get_by_role("row").filter(has_text=str(day)).filter(has_text="imported history")
    await expect(row).to_contain_text("€15.48", timeout=3 * WAIT_MS)
    await expect(page.locator("canvas")).to_be_visible()
    await page.goto(imported)
    await page.get_by_role("button", name="Take the whole import back").click()
    await expect(page.get_by_text("Taken back by admin")).to_be_visible()
