"""A till of a real chain in Chromium: headquarters is asked about returns and told of every sale; then it is switched off in
middle of the day, and selling goes on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from deploy.api_calls import call
from deploy.system import Logins, System
from tests.support.browser import Wedge, browser, context, type_by_hand  # noqa: F401 - fixtures by name
from tests.support.till_page import press, state
from tests.support.waiting import until
from tests.support.whole_system import free_ports

pytestmark = [pytest.mark.browser, pytest.mark.soak]

CODE = "9520000000011"
SLOW_MS = 40_000


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[System, Logins]]:
    """Headquarters, one store, its simulated devices: all embedded, as in the demo."""
    system = System(tmp_path, free_ports(), lambda _line: None, label_count=1, environment={})
    try:
        system.start_simulators()
        system.start_database()
        logins = system.set_up()
        system.start_broker()
        system.start_hq(console=False)
        system.start_box()
        system.group.wait_ready("simulators", "api", "box")
        yield system, logins
    finally:
        system.group.stop()


@pytest.fixture
async def till(shop: tuple[System, Logins], context: BrowserContext) -> AsyncIterator[Page]:  # noqa: F811
    system, logins = shop
    page = await context.new_page()
    page.set_default_timeout(SLOW_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(f"{system.box_url}/till/1")
    await expect(page.locator("body")).to_have_attribute("data-screen", "login", timeout=SLOW_MS)
    person = logins.staff[0]
    await page.locator("#number-field").click()
    await type_by_hand(page, person.staff_id)
    await press(page, "ArrowDown")
    await type_by_hand(page, person.pin)
    await press(page, "Enter")
    await expect(page.locator("body")).to_have_attribute("data-screen", "shift", timeout=SLOW_MS)
    await type_by_hand(page, "50")
    await press(page, "Enter")
    await expect(page.locator("body")).to_have_attribute("data-screen", "sale", timeout=SLOW_MS)
    yield page
    assert errors == []


async def sell(till: Page, *keys: str) -> str:
    """One article; the keys pay. The receipt's number."""
    wedge = await Wedge.of(till)
    await wedge.scan(CODE)
    await expect(till.locator("#lines > *")).not_to_have_count(0, timeout=SLOW_MS)
    await expect(till.locator("#waiting")).to_be_hidden(timeout=SLOW_MS)
    await press(till, "F9", opens="pay")
    await press(till, *keys)
    await expect(till.locator("#paid")).to_be_visible(timeout=SLOW_MS)
    return await till.locator("#paid-receipt").inner_text()


async def test_headquarters_there_and_then_gone(shop: tuple[System, Logins], till: Page) -> None:
    system, _logins = shop
    receipt = await sell(till, "Enter")
    await sell(till, "F2")
    await until(lambda: call("GET", f"{system.box_url}/v1/tills/1/state")["oldest_unacked_seconds"] == 0, seconds=30)
    assert (await state(till))["hq_online"]

    await press(till, "F10", opens="return")
    await (await Wedge.of(till)).scan(receipt)
    await expect(till.locator("body")).to_have_attribute("data-panel", "found", timeout=SLOW_MS)
    await expect(till.locator("#sheet")).not_to_contain_text("Headquarters cannot be asked")
    await press(till, "1", opens="found")
    await till.locator("#sheet .choice").first.click()
    await press(till, "Enter")
    await expect(till.locator("#lines .back")).to_have_count(1, timeout=SLOW_MS)
    await press(till, "F9", opens="pay")
    await press(till, "Enter")
    await expect(till.locator("#lines .back")).to_have_count(0, timeout=SLOW_MS)

    system.group["api"].kill()
    system.group["broker"].kill()
    await until(lambda: not call("GET", f"{system.box_url}/v1/tills/1/state")["hq_online"], seconds=60)
    await expect(till.locator("#trouble")).to_contain_text("Selling goes on", timeout=SLOW_MS)
    for _ in range(3):
        await sell(till, "Enter")
    assert (await state(till))["shift"]["sale_count"] >= 5
