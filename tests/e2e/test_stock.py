"""Stock at headquarters in a real Chromium: what stands where down to the batch, a delivery announced and received with a
difference, a batch recalled, a markdown accepted, accuracy and shrink; both languages, nothing beside the screen."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect
from psycopg.conninfo import make_conninfo

from cloud.clock import SystemClock, SystemRandom
from cloud.db.pool import Database
from cloud.settings import HqFolder
from protocols.contract.facts import CountedLine, FactBody, FeedApplied, StockCounted
from protocols.contract.feed_rows import PriceRow, decode_row
from protocols.contract.stock_facts import (
    BookCompared,
    GoodsRelocated,
    MarkdownProposed,
    ReservationAnswered,
    ReservedLine,
    StockWrittenOff,
    TransferSent,
)
from protocols.contract.values import Place
from tests.support.browser import launch
from tests.support.hq_console import HqProcesses, headquarters
from tests.support.hq_goods import BREAD, MILK, came, goods, received
from tests.support.hq_ground import PostgresServers
from tests.support.hq_ingest import desk
from tests.support.hq_store import SimStore, StoreMemory

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

WAIT_MS = 40_000
expect.set_options(timeout=WAIT_MS)
PICTURES = os.environ.get("TALLYSTICK_PICTURES", "")
PAGES = ("", "/deliveries", "/reservations", "/recalls", "/markdowns", "/accuracy", "/rules")


@pytest.fixture(scope="module")
def hq(postgres_servers: PostgresServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HqProcesses]:
    with headquarters(postgres_servers, tmp_path_factory.mktemp("stock")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium(hq: HqProcesses) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await launch(playwright)
        await hq.ready()
        yield running
        await running.close()


async def logged_in(chromium: Browser, hq: HqProcesses) -> Page:
    context = await chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(WAIT_MS)
    page = await context.new_page()
    await page.goto(f"{hq.url}/login?after=%2Fstock")
    await page.get_by_label("Login").fill("admin")
    await page.get_by_label("Password").fill(hq.password)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Stock", exact=True)).to_be_visible()
    return page


async def picture(page: Page, name: str) -> None:
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name}: {wide} pixels beside the screen"
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"stock-{name}.png")


async def report(hq: HqProcesses, store_id: str, *facts: FactBody) -> None:
    """A box of its own says this to HQ's ingest."""
    url = HqFolder(hq.folder / "hq").ingest_url.read_text().strip()  # names the database this one is a copy of
    url = make_conninfo(url, dbname=hq.ground.name)
    async with Database(url, application="test-ingest") as ingest, desk(ingest) as running:
        store = SimStore(StoreMemory(store_id, nonce=SystemRandom().bytes(4).hex()), SystemClock(), SystemRandom())
        store.connect()
        for fact in facts:
            store.report(fact)
        await store.exchange(running.door(store_id))


async def test_stock_from_an_empty_chain_to_a_recall(chromium: Browser, hq: HqProcesses) -> None:
    page = await logged_in(chromium, hq)
    await expect(page.get_by_text("No stock yet")).to_be_visible()
    await picture(page, "empty")
    await announce(page, hq)
    await report(hq, "S001", *a_day())
    await page.goto(f"{hq.url}/stock")
    await expect(page.get_by_role("link", name="No region yet")).to_be_visible()
    await picture(page, "regions")
    await page.get_by_role("link", name="No region yet").click()
    await page.get_by_role("link", name="Demo shop 1").click()
    await page.wait_for_url("**/stock/store?store=S001")
    await expect(page.locator(".table .link").first).to_be_visible()
    await picture(page, "store")
    await page.locator(".table .link").first.click()
    await expect(page.get_by_role("heading", name="By place and batch")).to_be_visible()
    await expect(page.locator("tr", has_text="B7").first).to_be_visible()
    await picture(page, "item")
    await look_at_the_delivery(page, hq)
    await recall(page, hq)
    await accept_the_markdown(page, hq)
    await page.goto(f"{hq.url}/stock/accuracy")
    await expect(page.get_by_role("heading", name="Shrink")).to_be_visible()
    await expect(page.locator("tr", has_text="Damaged")).to_be_visible()
    for language, code in (("English", "en"), ("简体中文", "zh")):
        if code == "zh":  # the page is in English to begin with; another language loads it anew
            await page.get_by_role("button", name=language).click()
            await expect(page.get_by_role("button", name=language)).to_have_attribute("aria-pressed", "true")
        for path in PAGES:
            await page.goto(f"{hq.url}/stock{path}")
            await expect(page.locator(".tabs .here")).to_be_visible()
            await page.wait_for_timeout(400) if PICTURES else None
            await picture(page, f"{path.strip('/') or 'chain'}-{code}")
    await reserve_and_rule(page, hq)


async def reserve_and_rule(page: Page, hq: HqProcesses) -> None:
    """In Chinese: an order asked of a store and its answer, rules of the chain, a minimum."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{hq.api_port}/api/v1") as api:
        token = (await api.post("/login", json={"login": "admin", "password": hq.password})).json()["token"]
        due_ms = SystemClock().now_ms() + 7_200_000
        for number in ("R-1", "R-2"):
            body = {
                "order_id": f"O-{number}", "name": "王小姐", "due_ms": due_ms, "until_ms": due_ms + 86_400_000,
                "lines": [{"item_id": MILK, "quantity_thousandths": 3_000}],
            }  # fmt: skip
            path = f"/stores/S001/reservations/{number}"
            asked = await api.put(path, json=body, headers={"Authorization": f"Bearer {token}"})
            assert asked.status_code == 200, asked.text
    await page.goto(f"{hq.url}/stock/reservations")
    await expect(page.locator("tr", has_text="O-R-2")).to_contain_text("王小姐")
    await picture(page, "reservations-full-zh")
    await page.goto(f"{hq.url}/stock/rules")
    await expect(page.get_by_text("所有门店使用默认规则")).to_be_visible()
    await page.get_by_role("button", name="设定规则").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.wait_for_timeout(400) if PICTURES else None
    await picture(page, "rules-dialog-zh")
    await page.get_by_role("dialog").get_by_role("button", name="保存").click()
    await expect(page.locator("tr", has_text="整个连锁")).to_be_visible()
    await page.get_by_label("商品编号").fill(MILK)
    await page.get_by_label("最低", exact=True).fill("4")
    await page.get_by_role("button", name="设定", exact=True).click()
    await expect(page.locator("tr", has_text=MILK)).to_be_visible()
    await picture(page, "rules-full-zh")


async def announce(page: Page, hq: HqProcesses) -> None:
    """A delivery typed by hand; a bad line is named first."""
    await page.goto(f"{hq.url}/stock/deliveries")
    await page.get_by_role("button", name="Announce a delivery").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Delivery note").fill("Note 12")
    await dialog.get_by_label("Supplier").fill("Dairy")
    lines = dialog.get_by_label("Lines: item number, quantity, batch, date")
    await lines.fill(f"{MILK} twelve")
    await dialog.get_by_role("button", name="Announce", exact=True).click()
    await expect(dialog.get_by_role("alert")).to_have_text("Line 1 says no item and quantity.")
    await lines.fill(f"{MILK} 12 B7 2036-12-24\n{BREAD} 4")
    await picture(page, "announce")
    await dialog.get_by_role("button", name="Announce", exact=True).click()
    row = page.locator("tr", has_text="Note 12")
    await expect(row).to_contain_text("on its way")
    with hq.owner() as owner:
        rows = owner.execute("SELECT key FROM feed_row WHERE feed_id = 'store/S001/stock'").fetchall()
    assert ("asn/Note-12/1",) in rows


def a_day() -> list[FactBody]:
    """Received short, moved, written off, sent on, counted, compared, a markdown proposed, an order answered."""
    went, sent, lost = goods(1, MILK, 6, "B7", "2036-12-24"), goods(1, MILK, 2, "B7"), goods(1, BREAD, 1)
    counted = (
        CountedLine(line_no=1, item_id=MILK, expected_thousandths=6_000, counted_thousandths=5_000, batch="B7"),
        CountedLine(line_no=2, item_id=BREAD, expected_thousandths=0, counted_thousandths=0),
    )
    floor, back = Place.SALES_FLOOR, Place.BACK_ROOM
    return [
        came("r-1", received(1, MILK, 11, "B7", "2036-12-24", expected_thousandths=12_000),
             received(2, BREAD, 4, expected_thousandths=4_000), asn_id="Note-12"),
        GoodsRelocated(relocation_id="m-1", from_place=back, to_place=floor, how="scan", lines=(went,), staff_id="7"),
        StockWrittenOff(write_off_id="w-1", place=back, reason="damaged", lines=(lost,), staff_id="7"),
        TransferSent(transfer_id="t-1", to_store_id="S002", place=back, lines=(sent,), staff_id="7"),
        StockCounted(count_id="c-1", place=floor, staff_id="7", lines=counted),
        BookCompared(comparison_id="b-1", place=floor, items=50, equal=49, pieces_missing=1, pieces_extra=0),
        MarkdownProposed(proposal_id="p-1", item_id=MILK, place=floor, batch="B7", expires="2036-12-24",
                         quantity_thousandths=5_000, off_bp=2_000),
        ReservationAnswered(reservation_id="R-1", order_id="O-1", state="partial", why="short",
                            lines=(ReservedLine(item_id=MILK, wanted_thousandths=3_000, held_thousandths=2_000),)),
    ]  # fmt: skip


async def look_at_the_delivery(page: Page, hq: HqProcesses) -> None:
    await page.goto(f"{hq.url}/stock/deliveries")
    row = page.locator("tr", has_text="Note 12")
    await expect(row).to_contain_text("1 difference")
    await expect(page.locator("tr", has_text="on its way").filter(has_text="Demo shop 2").last).to_be_visible()
    await row.get_by_role("button", name="What is in it").click()
    await expect(page.get_by_role("dialog").locator("tr", has_text=MILK)).to_contain_text("11")
    await page.wait_for_timeout(400) if PICTURES else None
    await picture(page, "difference")
    await page.get_by_role("dialog").get_by_role("button", name="Close").click()


async def recall(page: Page, hq: HqProcesses) -> None:
    """A batch is recalled; the page counts the stores that have heard."""
    await page.goto(f"{hq.url}/stock/recalls")
    await page.get_by_label("Number of the notice").fill("2026-7")
    await page.get_by_label("Item number").fill(MILK)
    await page.get_by_label("Batch, or empty for all").fill("B7")
    await page.get_by_label("What is wrong").fill("glass")
    await page.get_by_role("button", name="Stop selling").click()
    await expect(page.get_by_text("0 / 2")).to_be_visible()
    version = hq.feed_version("global/catalogue")
    await report(hq, "S001", FeedApplied(feed_id="global/catalogue", epoch="e", version=version, state_hash="h"))
    await expect(page.get_by_text("1 / 2")).to_be_visible()
    await picture(page, "recall")


async def accept_the_markdown(page: Page, hq: HqProcesses) -> None:
    await page.goto(f"{hq.url}/stock/markdowns")
    await expect(page.locator("tr", has_text="B7")).to_contain_text("20 %")
    await picture(page, "markdown-open")
    await page.get_by_role("button", name="Accept").click()
    await expect(page.get_by_text("Nothing to decide")).to_be_visible()
    with hq.owner() as owner:
        bodies = owner.execute("SELECT body FROM feed_row WHERE feed_id = 'store/S001/price'").fetchall()
    (price,) = [row for row in (decode_row(bytes(body)) for (body,) in bodies) if isinstance(row, PriceRow)]
    assert (price.item_id, price.price_kind) == (MILK, "markdown")
