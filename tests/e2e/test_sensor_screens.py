"""The page of sensors in a real Chromium, over a box with a simulated Modbus line: values, a broken probe, and a cold-chain
alarm that a person takes note of, in both languages."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from protocols.clock import SeededRandom
from protocols.contract.facts import ColdAlarmChanged
from protocols.modbus.library import profiles
from simulators.cables import TcpCable
from simulators.clock import SystemClock
from simulators.oepl_ap.server import OeplApSimulator
from simulators.sensors.modbus_bus import ModbusBusSimulator, SimulatedUnit
from simulators.sensors.people_counter import PeopleCounterSimulator
from tests.support.browser import launch
from tests.support.staff_store import PHONE, WAIT_MS, Store, device, log_in, quick
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

expect.set_options(timeout=WAIT_MS)
PICTURES = os.environ.get("TALLYSTICK_PICTURES", "")
"""A folder for pictures of the screens, for a person to look at."""


def toml(bus: ModbusBusSimulator, counter: PeopleCounterSimulator) -> str:
    return (
        f'[[devices]]\nkind = "modbus"\nid = "bus-1"\nport = "{bus.cable.place}"\nsensors = [\n'
        '  { id = "main-meter", unit = 1, profile = "sdm630", every_seconds = 1, quiet_seconds = 4 },\n'
        '  { id = "freezer-1", unit = 2, profile = "case_demo", every_seconds = 1, quiet_seconds = 4 },\n]\n'
        f'[[devices]]\nkind = "people_counter"\nid = "door"\nurl = "{counter.url}"\nevery_seconds = 1\n'
        '[[cold_rules]]\nid = "freezers"\nsensors = ["freezer-1"]\nabove = -15.0\nminutes = 0\n'
    )


class Cold:
    """A store with a freezer, a meter and a people counter."""

    def __init__(self, folder: Path, access_point: OeplApSimulator) -> None:
        meter = SimulatedUnit(1, profiles()["sdm630"], {"power_w": 1234.5, "l1_voltage_v": 230.1, "import_kwh": 4711.0})
        self.freezer = SimulatedUnit(2, profiles()["case_demo"], {"temperature_celsius": -18.4, "humidity_percent": 60.0})
        self.bus = ModbusBusSimulator(TcpCable(0), "tcp", [meter, self.freezer])
        self.counter = PeopleCounterSimulator(0, SystemClock())
        self._folder, self._access_point = folder, access_point
        self.store: Store

    async def start(self) -> None:
        await self.bus.start()
        await self.counter.start()
        self.store = Store(self._folder, self._access_point, None, toml(self.bus, self.counter))
        await self.store.start()

    async def stop(self) -> None:
        await self.store.stop()
        await self.bus.stop()
        await self.counter.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cold(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cold]:
    access_point = OeplApSimulator(0, SystemClock(), SeededRandom(7), quick(1))
    await access_point.start()
    one = Cold(tmp_path_factory.mktemp("cold"), access_point)
    await one.start()
    yield one
    await one.stop()
    await access_point.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await launch(playwright)
        yield running
        await running.close()


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


async def test_values_an_alarm_and_a_persons_note(chromium: Browser, cold: Cold) -> None:
    store = cold.store
    page = await log_in(await device(chromium, PHONE, "en-GB"), store)
    await page.goto(f"{store.screens.url}/sensors")
    freezer = page.locator('[data-sensor="freezer-1"]')
    await expect(freezer).to_contain_text("−18.4 °C")
    await expect(freezer).to_contain_text("Fine")
    await expect(page.locator('[data-sensor="main-meter"]')).to_contain_text("1,234.5 W")
    cold.counter.walk(3, 1)
    await expect(page.locator('[data-sensor="door"]')).to_contain_text("3")
    await picture(page, "sensors-en")
    cold.freezer.set("temperature_celsius", -7.5)
    alarm = page.locator('[data-alarm="freezer-1"]')
    await expect(alarm).to_contain_text("freezer-1: −7.5 °C, and at most −15 °C is right.")
    await picture(page, "sensors-alarm-en")
    await alarm.get_by_role("button", name="I take care of it").click()
    await page.get_by_role("button", name="Take note").click()
    await expect(page.get_by_text("Write a few words first")).to_be_visible()
    await page.get_by_role("textbox").fill("Goods moved to freezer 2")
    await picture(page, "sensors-note-en")
    await page.get_by_role("button", name="Take note").click()
    await expect(alarm).to_contain_text("Goods moved to freezer 2")
    await page.goto(f"{store.screens.url}/alerts")
    await expect(page.locator('[data-alert^="cold:"]')).to_contain_text("freezer-1: -7.5, more than -15.0 is too much.")
    await page.goto(f"{store.screens.url}/sensors")
    cold.freezer.set_raw("temperature_celsius", 0x8000)
    await expect(freezer).to_contain_text("Fault")
    await picture(page, "sensors-fault-en")
    cold.freezer.set("temperature_celsius", -18.0)
    await expect(page.locator("[data-alarm]")).to_have_count(0)
    steps = [fact.step for fact in store.facts(ColdAlarmChanged) if isinstance(fact, ColdAlarmChanged)]
    assert steps == ["raised", "acknowledged", "ended"]


async def test_the_same_in_chinese_and_a_sensor_that_is_lost(chromium: Browser, cold: Cold) -> None:
    store = cold.store
    page = await log_in(await device(chromium, PHONE, "zh-CN"), store)
    cold.freezer.set("temperature_celsius", -7.5)
    cold.bus.units[1].silent = True
    await page.goto(f"{store.screens.url}/sensors")
    await expect(page.locator('[data-alarm="freezer-1"]')).to_contain_text("freezer-1：−7.5 °C，应不高于 −15 °C。")
    await expect(page.locator('[data-sensor="main-meter"]')).to_contain_text("太久没有应答")
    await picture(page, "sensors-zh")
    await page.goto(f"{store.screens.url}/devices")
    await expect(page.locator('[data-device="bus-1"]')).to_contain_text("main-meter 没有应答")
    await picture(page, "devices-zh")
    cold.bus.units[1].silent = False
    cold.freezer.set("temperature_celsius", -18.0)
    await page.goto(f"{store.screens.url}/sensors")
    await expect(page.locator("[data-alarm]")).to_have_count(0)
    await until(lambda: store.facts(ColdAlarmChanged)[-1].step == "ended")  # type: ignore[attr-defined]
