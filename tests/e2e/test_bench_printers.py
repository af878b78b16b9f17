"""The bench's printers, drawers and displays in Chromium: what a hand does there, and what a customer would read."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, expect

from deploy.processes import free_port
from firmware_bridges.customer_display import DisplayDriver
from protocols.escpos.charsets import CHINESE
from tests.support.bench_ground import GOODS, running_bench
from tests.support.browser import browser, context  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser

TOML = (
    "seed = 7\nport = 0\n"
    '[[tills]]\nid = "1"\nprinter = "printer-1"\ndisplay = "display-1"\n'
    f'[[printers]]\nid = "printer-1"\nport = {free_port()}\n'
    '[[displays]]\nid = "display-1"\nport = "run/display-1"\ncharset = "gb18030"\n' + GOODS
)


async def test_a_display_and_a_drawer_under_a_hand(context: BrowserContext, tmp_path: Path) -> None:  # noqa: F811
    async with running_bench(tmp_path, TOML) as here:
        driver = DisplayDriver("d", str(tmp_path / "run/display-1"), charset=CHINESE)
        driver.show("牛奶一升        1.29", "合计            1.29")
        showing = asyncio.create_task(driver.run(lambda _event: None))
        page = await context.new_page()
        await page.goto(here.url)
        display, printer = page.locator("#device-display-1"), page.locator("#device-printer-1")
        await expect(display.locator(".tube")).to_have_attribute("aria-label", re.compile("牛奶一升 .*1.29 / 合计"))
        assert await display.locator(".cell.wide").count() == 6
        await expect(display.locator(".badge")).to_have_text("till 1")
        await display.get_by_role("button", name="Cut its power for a moment").click()
        await expect(display.locator(".tube")).to_have_attribute("aria-label", " / ")

        await printer.get_by_role("button", name="Open it by key").click()
        await expect(printer.locator(".drawer")).to_have_class(re.compile("open"))
        assert here.bench.printers["printer-1"].drawer_open
        await printer.get_by_role("button", name="Push it shut").click()
        await expect(printer.locator(".drawer")).not_to_have_class(re.compile("open"))
        await printer.locator("details summary").click()
        await printer.get_by_role("button", name="cutter stuck").click()
        await expect(page.locator("#faults")).to_contain_text("printer-1: cutter stuck")
        assert here.bench.printers["printer-1"].condition.cutter_error
        await page.get_by_role("button", name="Put everything in order").click()
        await expect(page.locator("#faults")).to_contain_text("No fault is switched on.")
        showing.cancel()
        await asyncio.wait({showing})
