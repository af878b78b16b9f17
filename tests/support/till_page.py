"""The till's page driven as its people do: open it, log in, look at what the box says."""

from __future__ import annotations

from typing import Any

from playwright.async_api import BrowserContext, Page, expect

from tests.support.box_process import BoxProcess
from tests.support.browser import type_by_hand
from tests.support.goods import ANN, PIN


async def open_till(context: BrowserContext, box: BoxProcess) -> Page:
    """The page of till 1, ready for a login."""
    page = await context.new_page()
    await page.goto(f"{box.url}/till/1")
    await expect(page.locator("body")).to_have_attribute("data-screen", "login", timeout=15_000)
    return page


async def log_in(page: Page, staff_id: str = ANN, *, counted: str = "100") -> None:
    """Number, PIN, and the counted float unless the shift runs already."""
    await page.locator("#number-field").click()
    await type_by_hand(page, staff_id)
    await page.keyboard.press("ArrowDown")
    await type_by_hand(page, PIN)
    await page.keyboard.press("Enter")
    await expect(page.locator("body")).not_to_have_attribute("data-screen", "login")
    if await page.locator("body").get_attribute("data-screen") == "shift":
        await type_by_hand(page, counted)
        await page.keyboard.press("Enter")
    await expect(page.locator("body")).to_have_attribute("data-screen", "sale")


async def state(page: Page) -> dict[str, Any]:
    """What the box says the till shows."""
    found: dict[str, Any] = await page.evaluate("fetch('/v1/tills/1/state').then(answer => answer.json())")
    return found


async def press(page: Page, *keys: str, opens: str | None = None) -> None:
    """Keys as a person presses them; then the sheet that must be open (empty: none)."""
    body = page.locator("body")
    for key in keys:
        await page.keyboard.press(key)
        if len(key) == 1:
            # A character is held back until it is clear that no scan begins with it.
            await expect(body).to_have_attribute("data-panel", opens or "")
    if opens is not None:
        await expect(body).to_have_attribute("data-panel", opens)


async def approve(page: Page, staff_id: str, pin: str) -> None:
    """The second person's number (when it is asked for) and PIN."""
    await expect(page.locator("body")).to_have_attribute("data-panel", "approval")
    number = page.locator("#sheet .field").first
    if not await number.locator("output:not(.unset)").count():
        await type_by_hand(page, staff_id)
        await page.keyboard.press("ArrowDown")
    await type_by_hand(page, pin)
    await page.keyboard.press("Enter")
