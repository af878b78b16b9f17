"""A store's devices in the console: how they do, their settings as a form and as text, sent, and the store's answer."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.support.browser import launch
from tests.support.hq_console import HqProcesses, headquarters
from tests.support.hq_ground import PostgresServers

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PICTURES = os.environ.get("TALLYSTICK_PICTURES", "")
TABLE = """[[devices]]
kind = "toledo8217"
id = "scale-1"
port = "/dev/ttyS0"
interval_ms = 500

[[devices]]
kind = "escpos_tcp"
id = "printer-1"
host = "192.0.2.7"
"""
WAIT_MS = 20_000


@pytest.fixture(scope="module")
def hq(postgres_servers: PostgresServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HqProcesses]:
    with headquarters(postgres_servers, tmp_path_factory.mktemp("devices")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium(hq: HqProcesses) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await launch(playwright)
        await hq.ready()
        yield running
        await running.close()


async def keep_picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def run(hq: HqProcesses, query: str, values: tuple[object, ...]) -> None:
    with psycopg.connect(hq.ground.owner_url) as connection:
        connection.execute(query.encode(), values)


def told(hq: HqProcesses, number: int, revision: int, outcome: str, reason: str = "") -> None:
    """The store's word, as ingest would have stored it."""
    run(
        hq,
        "INSERT INTO device_table_told (store_id, event_id, at_ms, in_force, text, revision, outcome, reason, ingest_rev)"
        " VALUES ('S001', %s, 1, 0, %s, %s, %s, %s, %s)",
        (f"e{number}", TABLE, revision, outcome, reason, number),
    )


async def test_devices_of_a_store_are_changed_and_watched(chromium: Browser, hq: HqProcesses) -> None:
    now_ms = round(time.time() * 1000)
    run(
        hq,
        "INSERT INTO device_state (store_id, event_id, at_ms, device_id, device_kind, state, reason, ingest_rev) VALUES"
        " ('S001', 'd1', %s, 'scale-1', 'scale', 'ready', '', 1),"
        " ('S001', 'd2', %s, 'printer-1', 'printer', 'retrying', 'it was unplugged', 2)",
        (now_ms - 3_600_000, now_ms - 60_000),
    )
    told(hq, 1, 0, "in_force")
    context = await chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(WAIT_MS)
    page = await context.new_page()
    await page.goto(f"{hq.url}/stores/S001/devices")
    await page.get_by_label("Login").fill("admin")
    await page.get_by_label("Password").fill(hq.password)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("it was unplugged").first).to_be_visible(timeout=WAIT_MS)
    await expect(page.get_by_text("In force: the box's own settings file.")).to_be_visible(timeout=WAIT_MS)
    await page.get_by_label("interval_ms").fill("250")
    await keep_picture(page, "store-devices-form")
    await page.get_by_role("button", name="As text").click()
    area = page.get_by_label("Devices as TOML")
    await expect(area).to_have_value(TABLE.replace("500", "250"), timeout=WAIT_MS)
    await page.get_by_role("button", name="Send to the store").click()
    await expect(page.get_by_text("the store tries it")).to_be_visible(timeout=WAIT_MS)
    told(hq, 2, 1, "rolled_back", "device 'scale-1' was not ready after 30 seconds but retrying: it is not there")
    await expect(page.get_by_text("tried and taken back")).to_be_visible(timeout=WAIT_MS)
    await expect(page.get_by_text("device 'scale-1' was not ready")).to_be_visible(timeout=WAIT_MS)
    await keep_picture(page, "store-devices-rolled-back")
    await area.fill("[[devices]\n")
    await page.get_by_role("button", name="Send to the store").click()
    await expect(page.get_by_role("alert").filter(has_text="this is not TOML")).to_be_visible(timeout=WAIT_MS)
    await _in_chinese(page, hq)
    await context.close()


async def _in_chinese(page: Page, hq: HqProcesses) -> None:
    await page.get_by_role("button", name="中文").click()
    await expect(page.get_by_role("button", name="中文")).to_have_attribute("aria-pressed", "true")
    await page.goto(f"{hq.url}/stores/S001/devices")
    await expect(page.get_by_text("试用失败，已恢复")).to_be_visible(timeout=WAIT_MS)
    await page.set_viewport_size({"width": 390, "height": 844})
    await keep_picture(page, "store-devices-zh-phone")
