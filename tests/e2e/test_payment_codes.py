"""A customer shows a payment code, in a real Chromium over a real box: scanned while money is asked for, it pays."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, expect

from deploy.processes import free_port
from simulators.edge_config import edge_config
from tests.support.bench_ground import running_bench
from tests.support.box_process import BoxProcess
from tests.support.browser import Wedge, browser, context  # noqa: F401 - fixtures by name
from tests.support.goods import BREAD_CODE
from tests.support.till_page import log_in, open_till, press

pytestmark = pytest.mark.browser

SLOW_MS = 20_000


def bench_toml() -> str:
    return (
        'seed = 7\nport = 0\n[[tills]]\nid = "1"\nscanner = "scanner-1"\nterminal = "zvt-1"\ncodes = "codes-1"\n'
        '[[scanners]]\nid = "scanner-1"\nport = "run/scanner-1"\n'
        f'[[terminals]]\nid = "zvt-1"\nport = {free_port()}\nslow_ms = 5\n'
        f'[[terminals]]\nid = "codes-1"\nkind = "payment_codes"\nport = {free_port()}\nslow_ms = 0\nkeys = "keys"\n'
    )


async def picture(page: object, name: str) -> None:
    """For people to look at, when a folder for it is named."""
    if folder := os.environ.get("TALLYSTICK_PICTURES"):
        await page.screenshot(path=f"{folder}/{name}.png", full_page=True)  # type: ignore[attr-defined]


async def test_a_code_scanned_while_money_is_asked_for_pays(context: BrowserContext, tmp_path: Path) -> None:  # noqa: F811
    async with running_bench(tmp_path, bench_toml()) as here:
        box = BoxProcess(tmp_path, tills=(), more_toml=edge_config(here.settings, "bench.toml"))
        box.start()
        await box.ready()
        try:
            page = await open_till(context, box)
            await log_in(page)
            scanner = here.client.scanner("scanner-1")
            lines = page.locator("#lines > *")

            await asyncio.to_thread(scanner.scan, BREAD_CODE)
            await expect(lines).to_have_count(1, timeout=SLOW_MS)
            await asyncio.to_thread(scanner.scan, "134567890123456781")
            await expect(page.locator("#notices")).to_contain_text("payment code", timeout=SLOW_MS)
            await expect(page.locator("body")).not_to_contain_text("134567890123456781")
            await picture(page, "till-code-early")
            await press(page, "F9", opens="pay")
            await asyncio.to_thread(scanner.scan, "134567890123456782")
            await expect(lines).to_have_count(0, timeout=SLOW_MS)

            await asyncio.to_thread(scanner.scan, BREAD_CODE)
            await expect(lines).to_have_count(1, timeout=SLOW_MS)
            await press(page, "F9", opens="pay")
            await picture(page, "till-pay")
            await (await Wedge.of(page)).scan("134567890123456783")
            await expect(lines).to_have_count(0, timeout=SLOW_MS)

            book = await asyncio.to_thread(here.client.terminal("codes-1").ledger)
            assert [(entry.kind, entry.method) for entry in book.entries] == [("charge", "code")] * 2

            bench = await context.new_page()
            await bench.set_viewport_size({"width": 1440, "height": 900})
            await bench.goto(here.url)
            await expect(bench.locator("#device-codes-1 .movement")).to_have_count(2, timeout=SLOW_MS)
            await picture(bench, "bench-en")
            await bench.locator("#language").click()
            terminal = bench.locator("#device-zvt-1")
            await terminal.locator("details summary").click()
            await terminal.get_by_role("button", name="拒付", exact=True).click()
            await expect(terminal).to_contain_text("还有 1 个排队", timeout=SLOW_MS)
            await picture(bench, "bench-zh")
        finally:
            assert await box.stop() == 0, box.log()
