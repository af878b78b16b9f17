"""The README's pictures, taken from a running `make demo`: `python -m tests.pictures` writes docs/pictures/*.png.

Tags are pushed through the portal first, so that the staff screens have something to show.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from deploy.api_calls import CallFailed, call
from deploy.demo import FOLDER
from deploy.system import Ports
from tests.support.browser import launch

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
SETTLE_MS = 2_500
RECEIVED_SECONDS = 14
TAGS = {"gtin": "9520000000134", "serials": [1, 2, 3, 4, 5], "direction": "in"}


async def take(browser: Browser, ports: Ports, password: str, staff: tuple[str, str]) -> None:
    """Each screen at the size it is made for."""
    desk = await browser.new_page(viewport={"width": 1280, "height": 800}, locale="en-GB")
    await desk.goto(f"http://127.0.0.1:{ports.console}/")
    await desk.get_by_label("Login").fill("admin")
    await desk.get_by_label("Password").fill(password)
    await desk.keyboard.press("Enter")
    await desk.wait_for_url("**/")
    await _keep(desk, "stores")
    await desk.goto(f"http://127.0.0.1:{ports.simulators}/")
    await _keep(desk, "bench")
    phone = await browser.new_page(viewport={"width": 390, "height": 844}, locale="zh-CN")
    await phone.goto(f"http://127.0.0.1:{ports.staff}/")
    await phone.locator("input").nth(0).fill(staff[0])
    await phone.locator("input").nth(1).fill(staff[1])
    await phone.keyboard.press("Enter")
    await phone.locator(".tile").first.wait_for()
    await phone.goto(f"http://127.0.0.1:{ports.staff}/item?code={TAGS['gtin']}")
    await _keep(phone, "staff")


async def _keep(page: Page, name: str) -> None:
    await page.wait_for_timeout(SETTLE_MS)  # a picture, not a test: whatever is still drawn by then is in it
    await page.screenshot(path=PICTURES / f"{name}.png")
    print(PICTURES / f"{name}.png")


async def main() -> int:
    """Exit code 2 when no demo runs."""
    ports = Ports()
    try:
        logins = json.loads((FOLDER / "logins.json").read_text())
        await asyncio.to_thread(call, "POST", f"http://127.0.0.1:{ports.simulators}/readers/door-1/passes", TAGS)
    except (OSError, CallFailed) as error:
        print(f"pictures: no demo runs here ({error}); start `make demo` first", file=sys.stderr)
        return 2
    await asyncio.sleep(RECEIVED_SECONDS)
    PICTURES.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        person = logins["staff"][0]
        await take(browser, ports, logins["admin_password"], (person["staff_id"], person["pin"]))
        await browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
