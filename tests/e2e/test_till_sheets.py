"""The till's sheets in a real Chromium on a real box: who gets a scan, what keys do, whether all of it fits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, WebSocket, expect

from tests.support.box_process import BoxProcess
from tests.support.browser import SIZES, Wedge, browser, context, type_by_hand  # noqa: F401 - fixtures by name
from tests.support.goods import BREAD_CODE, MILK_CODE, SIX_PACK_CODE
from tests.support.till_page import log_in, open_till, press, state

pytestmark = pytest.mark.browser

MENUS = {"F6": 5, "F7": 7, "F1": 9}
"""Keys that open a menu, and how many rows it has."""
SHEETS = ("F2", "F4", "F8", "F9", "F10", "=", "?")


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[BoxProcess]:
    running = BoxProcess(tmp_path)
    running.start()
    await running.ready()
    yield running
    if running.running:
        await running.stop()


async def lines(page: Page, count: int) -> None:
    await expect(page.locator("#lines > *")).to_have_count(count)


async def test_a_scan_waits_for_a_decision_and_a_field_takes_exactly_one(
    context: BrowserContext,  # noqa: F811
    box: BoxProcess,
) -> None:
    page = await open_till(context, box)
    await log_in(page)
    wedge = await Wedge.of(page)
    await wedge.scan(MILK_CODE)
    await lines(page, 1)

    await press(page, "F2")
    await type_by_hand(page, "3")
    await wedge.scan(BREAD_CODE)
    await expect(page.locator("#sheet output")).to_have_text("3")
    await expect(page.locator("#waiting-count")).to_contain_text("1")
    await press(page, "Enter")
    await lines(page, 2)
    assert [line["quantity"] for line in (await state(page))["lines"]] == [3, 1], "first the quantity, then what was scanned"

    await press(page, "F10", opens="return")
    await wedge.scan("1-1-000001")
    await expect(page.locator("#sheet")).to_be_hidden()
    await lines(page, 2)

    await press(page, "F1", "3", opens="receipts")
    await expect(page.locator("#sheet .field output")).to_contain_text("Scan or type")
    await press(page, "Escape")

    await press(page, "F7", "3", opens="giftcard")
    await wedge.scan("6000000012345")
    await wedge.scan(SIX_PACK_CODE)
    await expect(page.locator("#sheet .field output").first).to_have_text("6000000012345")
    await expect(page.locator("#waiting-count")).to_contain_text("1")
    await press(page, "Escape")
    await lines(page, 3)


async def test_held_scans_and_the_open_sheet_survive_a_reload(context: BrowserContext, box: BoxProcess) -> None:  # noqa: F811
    page = await open_till(context, box)
    await log_in(page)
    wedge = await Wedge.of(page)
    await wedge.scan(MILK_CODE)
    await lines(page, 1)
    await press(page, "F9")
    await wedge.scan(BREAD_CODE)
    await wedge.scan(BREAD_CODE)
    await expect(page.locator("#waiting-count")).to_contain_text("2")
    await page.reload()
    await expect(page.locator("#total-side")).to_contain_text("3 pieces", timeout=15_000)
    await expect(page.locator("#waiting")).to_be_hidden()


async def test_every_sheet_opens_by_its_key_fits_and_closes(browser: Browser, box: BoxProcess) -> None:  # noqa: F811
    fresh = await browser.new_context(locale="zh-CN")
    page = await open_till(fresh, box)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await log_in(page)
    wedge = await Wedge.of(page)
    await wedge.scan(MILK_CODE)
    await wedge.scan(BREAD_CODE)
    await lines(page, 2)
    ways = [[key] for key in SHEETS]
    ways += [[key, str(digit + 1)] for key, rows in MENUS.items() for digit in range(rows)]
    seen: set[str] = set()
    for way in ways:
        name = await open_sheet(page, way)
        if name is not None:
            seen.add(name)
            for size in ("touch", "phone"):
                width, height = SIZES[size]
                await page.set_viewport_size({"width": width, "height": height})
                await check_fit(page, name, width, height)
        await page.keyboard.press("Escape")
        await expect(page.locator("#sheet")).to_be_hidden()
    assert len(seen) >= 17, seen
    assert errors == []
    await fresh.close()


DOES_AT_ONCE = {("F1", "5"), ("F1", "6"), ("F1", "8"), ("F7", "6")}
"""Rows that open nothing but act: a report, the log-out."""


async def open_sheet(page: Page, way: list[str]) -> str | None:
    """The name of the sheet these keys open; None when the row cannot be taken now, or acts at once."""
    body = page.locator("body")
    await page.keyboard.press(way[0])
    await expect(body).not_to_have_attribute("data-panel", "")
    menu = await body.get_attribute("data-panel") or ""
    if len(way) == 1:
        return menu
    if tuple(way) in DOES_AT_ONCE or await page.locator("#sheet .choice").nth(int(way[1]) - 1).is_disabled():
        return None
    await page.keyboard.press(way[1])
    await expect(body).not_to_have_attribute("data-panel", menu)
    return await body.get_attribute("data-panel")


async def check_fit(page: Page, name: str, width: int, height: int) -> None:
    """Nothing sticks out, nothing is too small for a finger, and the way out is in sight."""
    overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{name} is cut off to the side"
    for button in await page.locator("#sheet .row button:visible, #sheet .key:visible, #sheet .field:visible").all():
        box = await button.bounding_box()
        assert box is not None
        assert box["height"] >= 36, f"{name}: a finger hits it"
        assert box["x"] >= 0, name
        assert box["x"] + box["width"] <= width + 1, name
    way_out = await page.locator("#sheet .row button").first.bounding_box()
    assert way_out is not None
    assert way_out["y"] + way_out["height"] <= height, f"{name}: the way out is in sight"


async def test_the_customers_display_shows_the_basket_and_no_staff(context: BrowserContext, box: BoxProcess) -> None:  # noqa: F811
    page = await open_till(context, box)
    display = await context.new_page()
    await display.set_viewport_size({"width": 1024, "height": 600})
    heard: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: heard.append(str(frame)))

    display.on("websocket", listen)
    await display.goto(f"{box.url}/tills/1/customer")
    await expect(display.locator("body")).to_have_attribute("data-mode", "closed")
    await log_in(page)
    await expect(display.locator("body")).to_have_attribute("data-mode", "welcome")
    wedge = await Wedge.of(page)
    await wedge.scan(MILK_CODE)
    await wedge.scan(BREAD_CODE)
    await expect(display.locator("#lines > *")).to_have_count(2)
    await expect(display.locator("#total")).to_contain_text("4.79")
    await press(page, "F9")
    await type_by_hand(page, "5")
    await press(page, "Enter")
    await expect(display.locator("body")).to_have_attribute("data-mode", "paid")
    await expect(display.locator("#change")).to_contain_text("0.21")
    receipt = await page.locator("#paid-receipt").inner_text()
    await expect(display.locator("#receipt")).to_have_text(receipt)
    assert await display.evaluate("document.getElementById('qr').width") > 100
    assert heard, "the display listens on a line of its own"
    assert not any("Ann" in frame or '"rights"' in frame for frame in heard)
    box.kill()
    await expect(display.locator("body")).to_have_attribute("data-mode", "connecting")
    box.start()
    await box.ready()
    await expect(display.locator("body")).to_have_attribute("data-mode", "paid", timeout=15_000)


_KEEP_SECRETS = """async () => {
  const { Keep } = await import("/till_page/js/keep.js");
  const { Outbox } = await import("/till_page/js/outbox.js");
  const keep = new Keep("secrets", () => {});
  await keep.open();
  const outbox = new Outbox(keep, () => {});
  outbox.add({ kind: "login", staff_id: "7", pin: "471100" });
  outbox.add({ kind: "void_line", line_no: 3, approval: { staff_id: "7", pin: "471100" } });
  outbox.add({ kind: "pay", method: "gift_card", amount_minor: 100, code: "6000471100" });
  outbox.add({ kind: "scan", code: "4000000000013" });
  return [localStorage.getItem("secrets"), outbox.queue.length, outbox.queue[1].command.approval.pin];
}"""


async def test_no_pin_and_no_card_number_lies_in_the_browsers_storage(
    context: BrowserContext,  # noqa: F811
    box: BoxProcess,
) -> None:
    page = await open_till(context, box)
    kept, waiting, pin = await page.evaluate(_KEEP_SECRETS)
    assert "471100" not in kept
    assert "void_line" in kept, "the input itself is kept"
    assert "4000000000013" in kept
    assert (waiting, pin) == (4, "471100"), "in memory all are there, to be sent"
