"""The console in a real Chromium over a real headquarters: log in, change a price, watch it land, in two languages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.support.browser import browser  # noqa: F401
from tests.support.hq_console import HqProcesses, headquarters
from tests.support.hq_ground import EMBEDDED, PostgresServers, fresh_database
from tests.support.waiting import until

pytestmark = pytest.mark.browser

PRICES = "zone/north/price"
WAIT_MS = 15_000


@pytest.fixture(scope="module")
def hq(postgres_servers: PostgresServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HqProcesses]:
    """One headquarters for all tests here: stores S001 and S002, sixty goods."""
    with (
        fresh_database(postgres_servers.of(EMBEDDED)) as ground,
        headquarters(ground, tmp_path_factory.mktemp("console"), "S001", "S002") as running,
    ):
        yield running


@pytest.fixture
async def context(browser: Browser, hq: HqProcesses) -> AsyncIterator[BrowserContext]:  # noqa: F811
    """A browser that was never here."""
    await hq.ready()
    fresh = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="Europe/Berlin")
    fresh.set_default_timeout(WAIT_MS)
    yield fresh
    await fresh.close()


@pytest.fixture
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
    await page.goto(f"{hq.url}/prices?item=A000002")
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
    await page.keyboard.type("butter biscuits")
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


async def test_the_console_survives_a_restart_of_the_api(page: Page, hq: HqProcesses) -> None:
    hq.stop("api")
    banner = page.get_by_role("alert").filter(has_text="The headquarters API cannot be reached. Trying again")
    await expect(banner).to_be_visible()
    hq.start("api")
    await expect(banner).to_be_hidden()
    await expect(page.get_by_role("link", name="Demo shop 1")).to_be_visible()


async def test_sessions_survive_a_restart_of_the_console(page: Page, hq: HqProcesses) -> None:
    hq.stop("console")
    hq.start("console")
    await until(lambda: hq.answers(hq.console_port, "/login"), seconds=30)
    await page.goto(f"{hq.url}/products")
    await expect(page.get_by_role("heading", name="Products")).to_be_visible()


def test_sessions_are_files_only_their_owner_may_read(hq: HqProcesses) -> None:
    secret = hq.folder / "hq" / "console" / "storage.secret"
    assert len(secret.read_text()) == 64
    assert (secret.stat().st_mode & 0o077, secret.parent.stat().st_mode & 0o077) == (0, 0)
