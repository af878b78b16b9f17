"""The till in a real Chromium against a real box: a scanner that types, fingers, a box killed under them.

What counts at the end is the box's own file: every input once, in order, none lost.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.support.box_process import BoxProcess
from tests.support.browser import SIZES, Wedge, browser, context, type_by_hand  # noqa: F401 - fixtures by name
from tests.support.goods import BREAD_CODE, MILK_CODE, SIX_PACK_CODE
from tests.support.till_page import log_in, open_till
from tests.support.waiting import until

pytestmark = pytest.mark.browser


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[BoxProcess]:
    running = BoxProcess(tmp_path)
    running.start()
    await running.ready()
    yield running
    if running.running:
        await running.stop()


def sold(box: BoxProcess) -> list[tuple[int, int]]:
    """(receipt number, total) of every stored sale."""
    connection = sqlite3.connect(f"file:{box.folder / 'data' / 'store.db'}?mode=ro", uri=True)
    rows = connection.execute("SELECT receipt_number, total_minor FROM sale ORDER BY receipt_number").fetchall()
    connection.close()
    return rows


async def shown_pieces(page: Page, box: BoxProcess) -> int:
    """Pieces in the open basket, as the box has them."""
    found = await page.evaluate("fetch('/v1/tills/1/state').then(answer => answer.json())")
    return sum(line["quantity"] for line in found["lines"] if not line.get("voided"))


async def answered(page: Page, box: BoxProcess, pieces: int) -> None:
    """Every input was answered: the strip shows none for long, and the basket has what was scanned, no more."""
    deadline = asyncio.get_running_loop().time() + 30
    while await shown_pieces(page, box) < pieces and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    await expect(page.locator("#waiting")).to_be_hidden(timeout=30_000)
    assert await shown_pieces(page, box) == pieces


async def test_a_sale_from_login_to_change(context: BrowserContext, box: BoxProcess) -> None:  # noqa: F811
    page = await open_till(context, box)
    await log_in(page)
    wedge = await Wedge.of(page)
    await wedge.scan(MILK_CODE)
    await expect(page.locator("#lines > *")).to_have_count(1)
    await wedge.scan(BREAD_CODE, end="Tab")
    await wedge.scan(SIX_PACK_CODE)
    await wedge.scan("4000000000990")
    await expect(page.locator("#notices")).to_contain_text("4000000000990")
    assert await shown_pieces(page, box) >= 8
    await page.keyboard.press("F9")
    await expect(page.locator("#sheet")).to_be_visible()
    await type_by_hand(page, "50")
    await page.keyboard.press("Enter")
    await expect(page.locator("#paid")).to_be_visible()
    (number, total_minor), *others = sold(box)
    assert (number, others) == (1, [])
    change = await page.locator("#paid-change").inner_text()
    assert f"{(5_000 - total_minor) / 100:.2f}" in change.replace(",", ".")


async def test_a_box_killed_under_the_scanner_loses_no_key_and_doubles_none(
    context: BrowserContext,  # noqa: F811
    box: BoxProcess,
) -> None:
    page = await open_till(context, box)
    await log_in(page)
    wedge = await Wedge.of(page)
    scans = 40
    scanning = asyncio.create_task(wedge.burst([MILK_CODE] * scans, per_second=8))
    for pause in (0.6, 1.6):
        await asyncio.sleep(pause)
        box.kill()
        await asyncio.sleep(0.4)
        box.start()
        await box.ready()
    await scanning
    await until(lambda: box.health() is not None, seconds=20)
    await answered(page, box, scans)
    await page.keyboard.press("F9")
    await expect(page.locator("#sheet")).to_be_visible()
    await type_by_hand(page, "500")
    box.kill()
    await page.keyboard.press("Enter")
    await asyncio.sleep(0.5)
    box.start()
    await box.ready()
    await expect(page.locator("#paid")).to_be_visible(timeout=30_000)
    assert len(sold(box)) == 1


async def test_inputs_survive_a_reload_while_the_box_is_away(context: BrowserContext, box: BoxProcess) -> None:  # noqa: F811
    page = await open_till(context, box)
    await log_in(page)
    wedge = await Wedge.of(page)
    await wedge.scan(MILK_CODE)
    await expect(page.locator("#lines > *")).to_have_count(1)
    await expect(page.locator("html")).to_have_attribute("data-shell", "kept")
    box.kill()
    for _ in range(5):
        await wedge.scan(BREAD_CODE)
    await expect(page.locator("#waiting-count")).to_contain_text("5")
    await page.reload()
    await expect(page.locator("#waiting-count")).to_contain_text("5", timeout=15_000)
    box.start()
    await box.ready()
    await answered(page, box, 6)


@pytest.mark.parametrize("size", ["touch", "phone", "desktop"])
async def test_the_page_fits_and_speaks_chinese(browser: object, box: BoxProcess, size: str) -> None:  # noqa: F811
    width, height = SIZES[size]
    fresh = await browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")  # type: ignore[attr-defined]
    page = await open_till(fresh, box)
    await expect(page.locator("h1:visible")).to_contain_text("收银")
    await log_in(page)
    wedge = await Wedge.of(page)
    await wedge.scan(MILK_CODE)
    await expect(page.locator("#lines > *")).to_have_count(1)
    overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, "nothing is cut off to the side"
    for button in await page.locator("button:visible").all():
        found = await button.bounding_box()
        assert found is not None
        assert found["height"] >= 36, "a finger hits it"
    await fresh.close()
