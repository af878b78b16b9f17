"""The scale on the till page in a real Chromium: why a weight is not sold, zero and tare at the scale, both languages."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from protocols.device_events import WeightState
from protocols.scales.registry import PROTOCOLS
from simulators.cables import SerialCable
from simulators.clock import SystemClock
from simulators.scale import ScaleSimulator
from tests.support.box_process import BoxProcess
from tests.support.browser import Wedge, browser  # noqa: F401 - a fixture by name
from tests.support.goods import APPLES_CODE
from tests.support.till_page import log_in, open_till, press, state

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("TALLYSTICK_PICTURES")
"""A folder for pictures to look at."""


@pytest.fixture
async def scale(tmp_path: Path) -> AsyncIterator[ScaleSimulator]:
    one = ScaleSimulator(SerialCable(tmp_path / "scale"), SystemClock(), PROTOCOLS["toledo8217"])
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def box(tmp_path: Path, scale: ScaleSimulator) -> AsyncIterator[BoxProcess]:
    running = BoxProcess(tmp_path, tills=())
    port = f'port = "{scale.cable.place}"\ninterval_ms = 20\nminimum_grams = 40\n'
    with running.config.open("a") as config:
        config.write(f'\n[[tills]]\nid = "1"\nscale = "scale-1"\n[[devices]]\nkind = "toledo8217"\nid = "scale-1"\n{port}')
    running.start()
    await running.ready()
    yield running
    if running.running:
        await running.stop()


async def test_weights_zero_and_tare(
    browser: Browser,  # noqa: F811
    box: BoxProcess,
    scale: ScaleSimulator,
) -> None:
    fresh = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await open_till(fresh, box)

    async def look(name: str) -> None:
        if PICTURES:
            await page.screenshot(path=Path(PICTURES) / f"scale-{name}.png")

    async def shows(wanted: str) -> None:
        async with asyncio.timeout(10):
            while (await state(page))["weight"]["state"] != wanted:  # noqa: ASYNC110 - the page is asked, it does not tell
                await asyncio.sleep(0.05)

    await log_in(page)
    wedge = await Wedge.of(page)
    scale.set_state(WeightState.MOTION)
    await shows("motion")
    await wedge.scan(APPLES_CODE)
    await expect(page.locator("#notices")).to_contain_text("not steady")
    await look("motion")
    scale.set_weight(30, settle_ms=0)
    await shows("below_minimum")
    await wedge.scan(APPLES_CODE)
    await expect(page.locator("#notices")).to_contain_text("Too light")
    await press(page, "F6", opens="adjust")
    await look("menu")
    await page.keyboard.press("6")
    await shows("zero")
    assert (scale.cell.gross_grams, scale.load_grams) == (0, 30)
    scale.set_weight(230, settle_ms=0)
    await expect(page.locator("#weight")).to_contain_text("0.200")
    await press(page, "F6", opens="adjust")
    await page.keyboard.press("7")
    await expect(page.locator("#weight-state")).to_contain_text("empty · net")
    scale.set_weight(1_230, settle_ms=0)
    await expect(page.locator("#weight")).to_contain_text("1.000")
    await wedge.scan(APPLES_CODE)
    await expect(page.locator("#lines > *")).to_have_count(1)
    await look("net")
    await press(page, "F6", opens="adjust")
    await page.keyboard.press("6")
    await expect(page.locator("#notices")).to_contain_text("out of range")
    await look("refused")
    await press(page, "F6", opens="adjust")
    await page.keyboard.press("8")
    await expect(page.locator("#weight")).to_contain_text("1.200")
    await page.locator("#language-button").click()
    await expect(page.locator("#weight-state")).to_contain_text("稳定")
    await press(page, "F6", opens="adjust")
    await look("chinese")
    await page.keyboard.press("6")
    await expect(page.locator("#notices")).to_contain_text("超出允许范围")
    await fresh.close()
