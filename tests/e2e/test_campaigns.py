"""A campaign in a real Chromium: a CSV with errors, corrected, checked, approved, published, watched landing, recalled."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Page, async_playwright, expect

from cloud.clock import SystemClock
from tests.support.browser import launch
from tests.support.hq_console import HqProcesses, headquarters
from tests.support.hq_ground import PostgresServers

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

WAIT_MS = 15_000
expect.set_options(timeout=WAIT_MS)
BAD = "item,price\nA000001,1.49\nNOPE,2.00\nA000002,cheap\n"
GOOD = "item,price\nA000001,1.49\nA000002,1.99\n"
SLIP = "item,price\nA000001,99.90\n"


@pytest.fixture(scope="module")
def hq(postgres_servers: PostgresServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HqProcesses]:
    """One headquarters for all tests here: stores S001 and S002."""
    with headquarters(postgres_servers, tmp_path_factory.mktemp("campaigns")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium(hq: HqProcesses) -> AsyncIterator[Browser]:
    """One Chromium for all tests here."""
    async with async_playwright() as playwright:
        running = await launch(playwright)
        await hq.ready()
        yield running
        await running.close()


async def logged_in(chromium: Browser, hq: HqProcesses, login: str, password: str) -> Page:
    """Somebody at a desk, on the campaigns page."""
    context = await chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(WAIT_MS)
    page = await context.new_page()
    await page.goto(f"{hq.url}/login?after=%2Fcampaigns")
    await page.get_by_label("Login").fill(login)
    await page.get_by_label("Password").fill(password)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()
    return page


async def begin(page: Page, name: str) -> None:
    """A new campaign, on its own page."""
    await page.get_by_role("button", name="New campaign").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill(name)
    await dialog.get_by_label("Reason").fill("autumn prices")
    await dialog.get_by_role("button", name="Begin").click()
    await page.wait_for_url("**/campaigns/*-*")
    await expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


async def bring(page: Page, content: str) -> None:
    """Drop a file on the page."""
    file: FilePayload = {"name": "week 40.csv", "mimeType": "text/csv", "buffer": content.encode()}
    await page.locator("input[type=file]").first.set_input_files(file)


def stores_have(hq: HqProcesses, *feeds: tuple[str, str]) -> None:
    """As ingest writes it when stores report: they hold the newest version of these (store, feed)."""
    with hq.owner() as owner:
        for store_id, feed_id in feeds:
            owner.execute(
                "INSERT INTO store_feed SELECT %s, feed_id, epoch, version, state_hash, 'ok' FROM feed WHERE feed_id = %s"
                " ON CONFLICT (store_id, feed_id) DO UPDATE SET version = excluded.version",
                (store_id, feed_id),
            )


def label_says(hq: HqProcesses, rev: int, store_id: str, label_id: str, item_id: str) -> None:
    """As ingest writes it: a label is bound (`rev` 1) or confirms the newest price of its store that is in force."""
    now_ms = SystemClock().now_ms()
    with hq.owner() as owner:
        owner.execute(
            "INSERT INTO ingest_step (store_id, ingest_rev, at_ms, fact_count, sale_count) VALUES (%s, %s, %s, 1, 0)",
            (store_id, rev, now_ms),
        )
        if rev == 1:
            values = (store_id, f"e{rev}", now_ms, label_id, item_id, rev)
            owner.execute("INSERT INTO label_bound VALUES (%s, %s, %s, %s, %s, '01', %s)", values)
            return
        owner.execute(
            "INSERT INTO label_shown SELECT %s, %s, %s, %s, item_id, revision, price_minor, 'transferred', %s, %s, %s"
            " FROM price WHERE item_id = %s AND in_feed AND feed_id IN ('zone/north/price', %s)"
            " ORDER BY priority DESC, revision DESC LIMIT 1",
            (store_id, f"e{rev}", now_ms, label_id, now_ms - 1_200, now_ms, rev, item_id, f"store/{store_id}/price"),
        )


async def test_a_file_with_errors_is_corrected_checked_published_watched_and_recalled(
    chromium: Browser, hq: HqProcesses
) -> None:
    page = await logged_in(chromium, hq, "admin", hq.password)
    await begin(page, "Week 40")
    await bring(page, BAD)
    alert = page.get_by_role("alert").filter(has_text="2 lines need a look")
    await expect(alert).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text="there is no item 'NOPE'")).to_contain_text("3")
    await expect(page.get_by_role("row").filter(has_text="'cheap' is not a number")).to_contain_text("4")
    await expect(page.get_by_text("No prices yet")).to_be_visible()
    await bring(page, GOOD)
    await expect(page.get_by_role("row").filter(has_text="A000002")).to_contain_text("€1.99")
    await expect(alert).to_have_count(0)

    await page.get_by_role("button", name="Change start and rings").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="One more ring before all").click()
    await dialog.get_by_role("combobox", name="Stores").click()
    await page.get_by_role("option", name="(S001)").click()
    await dialog.get_by_role("heading", name="Start and rings").click()
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_text("all stores", exact=True)).to_be_visible()

    zone_before = hq.feed_version("zone/north/price")
    await page.get_by_role("button", name="Check", exact=True).click()
    await expect(page.locator(".figure").filter(has_text="prices change")).to_contain_text("2")
    await expect(page.get_by_text("None of these items was sold that day.")).to_be_visible()
    assert hq.feed_version("zone/north/price") == zone_before
    label_says(hq, 1, "S001", "L-01", "A000001")
    await page.get_by_role("button", name="Publish").click()
    await expect(dialog.get_by_text("It goes to S001 first.")).to_be_visible()
    await dialog.get_by_role("button", name="Publish").click()

    status = page.get_by_role("status")
    await expect(status).to_have_text("Published. 1 store is still to come.")
    assert hq.feed_version("zone/north/price") == zone_before
    stores_have(hq, ("S001", "store/S001/price"))
    await expect(status).to_have_text("1 label is still to come.")
    await expect(page.get_by_role("row").filter(has_text="L-01")).to_contain_text("the store is offline")
    label_says(hq, 2, "S001", "L-01", "A000001")
    await expect(status).to_have_text("Landed in every open ring.")
    await page.get_by_role("button", name="1 / 1").click()
    await expect(dialog.get_by_role("row").filter(has_text="L-01")).to_contain_text("the label holds it")
    await dialog.get_by_role("button", name="Back").click()
    await page.get_by_role("button", name="Open now").click()
    await expect(status).to_have_text("Published. 2 stores are still to come.")
    assert hq.feed_version("zone/north/price") == zone_before + 1
    stores_have(hq, ("S001", "zone/north/price"), ("S002", "zone/north/price"))
    await expect(status).to_have_text("Landed everywhere.")
    await expect(page.locator(".chip").filter(has_text="landed").first).to_be_visible()

    await page.get_by_role("button", name="Recall").click()
    await dialog.get_by_label("Reason").fill("wrong week")
    await dialog.get_by_role("button", name="Recall now").click()
    await expect(status).to_contain_text("Recalled. Still to go back: stores 2")
    stores_have(hq, ("S001", "zone/north/price"), ("S002", "zone/north/price"))
    label_says(hq, 3, "S001", "L-01", "A000001")
    await expect(status).to_have_text("Recalled. Everything shows what it showed before.")
    await page.context.close()


async def test_a_slip_of_the_finger_needs_a_second_person(chromium: Browser, hq: HqProcesses) -> None:
    page = await logged_in(chromium, hq, "admin", hq.password)
    await begin(page, "Slip")
    await page.get_by_role("button", name="One price").click()
    await page.get_by_label("Item number or barcode").fill("A000003")
    await page.get_by_label("New price").fill("99,90")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("row").filter(has_text="A000003")).to_contain_text("€99.90")
    await page.get_by_role("button", name="Check", exact=True).click()
    await expect(page.get_by_text("The findings ask for a second person.")).to_be_visible()
    await expect(page.get_by_role("button", name="Publish")).to_have_count(0)
    await page.get_by_role("button", name="Ask for approval").click()
    await expect(page.get_by_text("You made it: somebody else approves it.")).to_be_visible()
    added = hq._run("user", "add", "mei", "--name", "Mei", "--role", "pricing")
    second = await logged_in(chromium, hq, "mei", added.split("password ")[1].split()[0])
    await second.get_by_role("link", name="Slip").click()
    await second.get_by_label("What you want to say").fill("a hundred times too much")
    await second.get_by_role("button", name="Send back").click()
    await expect(page.get_by_text("Sent back by mei")).to_be_visible()
    await second.context.close()
    await page.context.close()
