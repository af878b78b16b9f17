"""A cashier's day in a real Chromium over a real box, with a printer, a scale and a card terminal that misbehave on demand.

What counts is what the box has stored at the end: every sale once, every payment once, the drawer as counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.async_api import Page, expect

from tests.support.bench_ground import RunningBench
from tests.support.box_process import BoxProcess
from tests.support.browser import Wedge, browser, context, type_by_hand  # noqa: F401 - fixtures by name
from tests.support.till_page import press, state

pytestmark = pytest.mark.browser


@dataclass
class Day:
    """A till with its devices; `url` is the page's box."""

    page: Page
    wedge: Wedge
    box: BoxProcess
    bench: RunningBench

    async def scan(self, *codes: str) -> None:
        """Scan, and wait for the box's answers."""
        before = len((await state(self.page))["lines"])
        for code in codes:
            await self.wedge.scan(code)
        await expect(self.page.locator("#lines > *")).to_have_count(before + len(set(codes)))
        await expect(self.page.locator("#waiting")).to_be_hidden()

    async def pay_cash(self, handed: str) -> None:
        """The sale ends with its change on the screen."""
        await press(self.page, "F9", opens="pay")
        await type_by_hand(self.page, handed)
        await self.page.keyboard.press("Enter")
        await expect(self.page.locator("#paid")).to_be_visible()

    async def total(self) -> int:
        return int((await state(self.page))["total_minor"])
