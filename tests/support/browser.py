"""A real Chromium for the screens: fixtures, a wedge scanner that types like one, a person who types like one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZES = {"touch": (1280, 800), "phone": (390, 844), "desktop": (1440, 900)}
HAND_GAP_MS = 90
"""A quick person; a scanner types many times faster."""


async def launch(playwright: Playwright) -> Browser:
    """Start the system's Chromium."""
    return await playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_ARGUMENTS))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """One Chromium per test: the event loop of the test owns it."""
    async with async_playwright() as playwright:
        chromium = await launch(playwright)
        yield chromium
        await chromium.close()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh profile on the touch screen's size, in English."""
    width, height = SIZES["touch"]
    fresh = await browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
    yield fresh
    await fresh.close()


_TYPE_CODE = """([code, end]) => {
  const target = document.activeElement ?? document.body;
  const press = (key) => ["keydown", "keyup"].forEach((kind) =>
    target.dispatchEvent(new KeyboardEvent(kind, { key, code: key, bubbles: true, cancelable: true, composed: true })));
  for (const character of code) press(character);
  press(end);
}"""


class Wedge:
    """A scanner that is a keyboard: down and up of each key, back to back, ended by Enter (or Tab).

    The keys are pressed inside the page in one go: a scanner keeps its own time, however busy the machine that runs the
    tests is, and keys sent one by one from outside would not.
    """

    def __init__(self, page: Page) -> None:
        self._page = page

    @classmethod
    async def of(cls, page: Page) -> Wedge:
        return cls(page)

    async def scan(self, code: str, end: str = "Enter") -> None:
        """Type one code."""
        await self._page.evaluate(_TYPE_CODE, [code, end])

    async def burst(self, codes: Sequence[str], per_second: int) -> None:
        """Scan many codes at a steady rate, without waiting for the screen."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        for index, code in enumerate(codes):
            await asyncio.sleep(max(0.0, start + index / per_second - loop.time()))
            await self.scan(code)


async def type_by_hand(page: Page, text: str) -> None:
    """Type as a person does: slower than any scanner."""
    await page.keyboard.type(text, delay=HAND_GAP_MS)
    await asyncio.sleep(HAND_GAP_MS / 1000)
