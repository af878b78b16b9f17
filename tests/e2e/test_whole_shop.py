"""What `make demo` promises, in a real Chromium over the whole chain of real processes: a scan prints a receipt and appears
on the console; a price changed on the console shows on the shelf label and is charged at the till; so does a template.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from msgspec import structs
from playwright.async_api import Browser, Page, async_playwright, expect

from deploy.api_calls import call, rows
from deploy.shop_set_up import bind_labels, hq_token
from deploy.system import STORE_ID, Logins, System
from edge.labels.content import ShelfItem, label_content
from protocols.contract.values import ContentUnit
from protocols.labels.built_in import built_in_link
from protocols.labels.fonts import SYSTEM_FONTS
from protocols.labels.renderer import LabelRenderer
from protocols.labels.template import Template
from tests.support.browser import Wedge, launch, type_by_hand
from tests.support.waiting import until
from tests.support.whole_system import free_ports

pytestmark = pytest.mark.browser

LABELS = 12
CODE, ITEM, NEW_PRICE_MINOR = "9520000000011", "A000001", 149
HARDWARE_TYPE = 1
CONTENT = (500, ContentUnit.MILLILITRE)
"""Of the item, as the demo sells it: its unit price is on the label."""
SLOW_MS = 40_000


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[System, Logins]]:
    """Headquarters with its console, one store, simulated devices: all embedded, as in the demo."""
    system = System(tmp_path, free_ports(), lambda _line: None, label_count=LABELS, environment={})
    try:
        system.start_simulators()
        system.start_database()
        logins = system.set_up()
        system.start_broker()
        system.start_hq(console=True)
        system.start_box()
        system.group.wait_ready("simulators", "api", "box")
        bind_labels(system, logins, count=LABELS)
        system.group.wait_ready("console")
        yield system, logins
    finally:
        system.group.stop()


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await launch(playwright)
        yield running
        await running.close()


async def _page(chromium: Browser, url: str) -> Page:
    context = await chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page = await context.new_page()
    page.set_default_timeout(SLOW_MS)
    await page.goto(url)
    return page


async def _console(chromium: Browser, system: System, logins: Logins) -> Page:
    page = await _page(chromium, system.console_url)
    await page.get_by_label("Login").fill("admin")
    await page.get_by_label("Password", exact=True).fill(logins.admin_password)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Stores")).to_be_visible(timeout=SLOW_MS)
    return page


async def _till(chromium: Browser, system: System, logins: Logins) -> Page:
    page = await _page(chromium, f"{system.box_url}/till/1")
    screen = page.locator("body")
    await expect(screen).to_have_attribute("data-screen", "login", timeout=SLOW_MS)
    await page.locator("#number-field").click()
    await type_by_hand(page, logins.staff[0].staff_id)
    await page.keyboard.press("ArrowDown")
    await type_by_hand(page, logins.staff[0].pin)
    await page.keyboard.press("Enter")
    await expect(screen).to_have_attribute("data-screen", "shift", timeout=SLOW_MS)
    await type_by_hand(page, "50")
    await page.keyboard.press("Enter")
    await expect(screen).to_have_attribute("data-screen", "sale", timeout=SLOW_MS)
    return page


async def _sell(till: Page) -> None:
    wedge = await Wedge.of(till)
    await wedge.scan(CODE)
    await expect(till.locator("#lines > *")).to_have_count(1)
    await till.keyboard.press("F9")
    await expect(till.locator("#sheet")).to_be_visible()
    await type_by_hand(till, "20")
    await till.keyboard.press("Enter")
    await expect(till.locator("#paid")).to_be_visible(timeout=SLOW_MS)


def _receipts(system: System) -> list[str]:
    return [
        str(row["text"]) for row in rows(call("GET", f"{system.simulators_url}/printers/printer-1/receipts"), "receipts")
    ]


def _picture_of(item: dict[str, object], price_minor: int, template: Template | None = None) -> str:
    """The hash of the pixels the label must show."""
    codes = item["codes"]
    assert isinstance(codes, list)
    shelf = ShelfItem(
        item_id=ITEM,
        name=str(item["name"]),
        name_zh=str(item["name_zh"]),
        price_minor=price_minor,
        price_revision=0,
        currency="EUR",
        minor_digits=2,
        gtin=str(codes[0]["code"]),
        content_quantity=CONTENT[0],
        content_unit=CONTENT[1],
    )
    renderer = LabelRenderer([path for path in SYSTEM_FONTS if path.is_file()])
    return renderer.render(label_content(replace(shelf)), HARDWARE_TYPE, template).planes.digest()


async def test_a_sale_up_and_a_price_down_before_ones_eyes(shop: tuple[System, Logins], chromium: Browser) -> None:
    system, logins = shop
    console, till = await asyncio.gather(_console(chromium, system, logins), _till(chromium, system, logins))
    await console.get_by_role("link", name="Live sales").click()
    await expect(console.get_by_role("heading", name="Live sales")).to_be_visible()
    await _sell(till)
    await until(lambda: len(_receipts(system)) == 1, seconds=20)
    assert "1-1-000001" in _receipts(system)[0]
    await expect(console.get_by_role("row").filter(has_text="Demo shop 1")).to_have_count(1, timeout=SLOW_MS)

    item = call("GET", f"{system.box_url}/v1/items/{ITEM}")
    label = next(row for row in rows(call("GET", f"{system.box_url}/v1/labels"), "labels") if row["item_id"] == ITEM)
    await console.goto(f"{system.console_url}/prices?item={ITEM}")
    price = console.get_by_label("New price")
    await price.fill(f"{NEW_PRICE_MINOR / 100:.2f}")
    await price.press("Enter")
    await console.get_by_role("dialog").get_by_role("button", name="Publish").click()
    await expect(console.get_by_role("status")).to_contain_text("Landed", timeout=SLOW_MS)

    wanted = _picture_of(item, NEW_PRICE_MINOR)

    def pixels() -> object:
        labels = rows(call("GET", f"{system.labels_url}/labels.json?brief=1"), "labels")
        return next(row["planes_hash"] for row in labels if row["mac"] == label["label_id"])

    await until(lambda: pixels() == wanted, seconds=30)
    # A rise binds the till only once the label's dwell is over: until then it charges what a customer may have read.
    before = item["price_minor"]
    await (await Wedge.of(till)).scan(CODE)
    shown = till.locator("#last-price")
    assert isinstance(before, int)
    charged = min(before, NEW_PRICE_MINOR)
    await expect(shown).to_contain_text(f"{charged / 100:.2f}")

    # What labels look like is headquarters' too: a template reaches the shelf, and is rolled back.
    token = hq_token(system, logins)
    template = structs.replace(built_in_link(), template_id="with-link")
    url = f"{system.api_url}/api/v1/templates/with-link/versions"
    call("POST", url, {"template": msgspec.to_builtins(template), "after_version": 0}, token=token)
    given = await asyncio.to_thread(call, "POST", f"{url}/1/publications", {"stores": [STORE_ID]}, token=token)
    await until(lambda: pixels() == _picture_of(item, NEW_PRICE_MINOR, template), seconds=30)
    undo = f"{system.api_url}/api/v1/template-publications/{given['publication']}/rollback"
    await asyncio.to_thread(call, "POST", undo, {}, token=token)
    await until(lambda: pixels() == wanted, seconds=30)
