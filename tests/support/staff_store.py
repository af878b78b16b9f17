"""One store with labels and its staff screens, for tests in a real Chromium: box, screens and access point are processes or
simulators; the test plays till and office over the API, and reads the box's own file."""

from __future__ import annotations

import sqlite3
import uuid
from pathlib import Path

import httpx
from playwright.async_api import Browser, BrowserContext, Page, expect

from protocols.contract.facts import FactBody, decode_body, decode_envelope
from protocols.contract.feed_rows import FeedRow
from simulators.oepl_ap.access_point import ApSettings
from simulators.oepl_ap.server import OeplApSimulator
from tests.support.box_process import BoxProcess
from tests.support.goods import ANN, PIN
from tests.support.staff_process import StaffProcess

PHONE, TABLET = (390, 844), (820, 1180)
WAIT_MS = 30_000


def quick(label_count: int) -> ApSettings:
    """An access point whose labels need no patience."""
    return ApSettings(
        label_count=label_count, check_in_ms=250, render_ms=40, transfer_ms=2, refresh_ms=20, attempt_ms=60_000
    )


class Store:
    """One box with labels, its staff screens, and the API by which the test plays till and office."""

    def __init__(
        self, folder: Path, access_point: OeplApSimulator, rows: list[FeedRow] | None = None, more_toml: str = ""
    ) -> None:
        self.access_point = access_point
        labels = f'[[devices]]\nkind = "oepl_ap"\nid = "labels-1"\nurl = "http://127.0.0.1:{access_point.port}"\n'
        self.box = BoxProcess(
            folder, rows=rows, more_toml=f"[labels]\nsettle_seconds = 1\nrefresh_seconds = 0\n{labels}{more_toml}"
        )
        self.screens = StaffProcess(folder, self.box.url)
        self.cookies: list[dict[str, object]] = []
        """Of the device that logged in first: the others are that device again."""
        self.http = httpx.AsyncClient(base_url=self.box.url, timeout=30)

    async def stock(self, item_id: str, pieces: int) -> None:
        """Opening stock."""
        body = {"move_id": str(uuid.uuid4()), "item_id": item_id, "quantity_thousandths": pieces * 1000, "reason": "opening"}
        await self.send("POST", "/v1/stock/moves", body)

    async def minimum(self, item_id: str, pieces: int) -> None:
        """An alert under so many pieces."""
        await self.send("PUT", f"/v1/stock/{item_id}/minimum", {"minimum_thousandths": pieces * 1000})

    async def sell(self, code: str, times: int) -> None:
        """A sale at the till."""
        commands = [{"kind": "scan", "code": code}] * times
        for command in (*commands, {"kind": "pay_cash", "tendered_minor": 100_000}):
            body = {"id": str(uuid.uuid4()), "command": command}
            answer = (await self.http.post("/v1/tills/1/commands", json=body)).json()
            assert answer["ok"], answer["reason"]

    async def open_till(self) -> None:
        for command in ({"kind": "login", "staff_id": ANN, "pin": PIN}, {"kind": "open_shift", "float_minor": 0}):
            await self.http.post("/v1/tills/1/commands", json={"id": str(uuid.uuid4()), "command": command})

    async def send(self, method: str, path: str, body: dict[str, object]) -> None:
        """Something a person who may do everything does at the API."""
        key = (await self.http.post("/v1/staff/login", json={"staff_id": ANN, "pin": PIN})).json()["key"]
        answer = await self.http.request(method, path, json=body, headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 200, answer.text

    async def start(self) -> None:
        """Everything stands and the till is open."""
        self.box.start()
        self.screens.start()
        await self.box.ready(seconds=90)
        await self.open_till()
        await self.screens.ready()

    async def stop(self) -> None:
        assert self.screens.stop() == 0, self.screens.log()
        await self.box.stop()
        await self.http.aclose()

    def facts(self, kind: type[FactBody]) -> list[FactBody]:
        """The facts of a kind in the box's journal, oldest first."""
        connection = sqlite3.connect(f"file:{self.box.folder / 'data' / 'store.db'}?mode=ro", uri=True)
        rows = connection.execute("SELECT fact FROM journal WHERE kind = ? ORDER BY position", (kind.__name__,)).fetchall()
        connection.close()
        return [decode_body(decode_envelope(row[0])) for row in rows]

    def on_hand(self, item_id: str) -> int:
        connection = sqlite3.connect(f"file:{self.box.folder / 'data' / 'store.db'}?mode=ro", uri=True)
        rows = connection.execute("SELECT on_hand_thousandths FROM stock WHERE item_id = ?", (item_id,)).fetchall()
        connection.close()
        return sum(int(row[0]) for row in rows)


async def device(chromium: Browser, size: tuple[int, int], locale: str) -> BrowserContext:
    width, height = size
    fresh = await chromium.new_context(
        viewport={"width": width, "height": height}, locale=locale, timezone_id="Europe/Berlin", has_touch=True
    )
    fresh.set_default_timeout(WAIT_MS)
    return fresh


async def log_in(context: BrowserContext, store: Store) -> Page:
    """A page of somebody who works here; only the first has to type the PIN."""
    await context.add_cookies(store.cookies)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(store.screens.url)
    if store.cookies:
        return page
    await page.locator("input").nth(0).fill(ANN)
    await page.locator("input").nth(1).fill(PIN)
    await page.keyboard.press("Enter")
    await expect(page.locator(".tile").first).to_be_visible()
    store.cookies = [dict(cookie) for cookie in await context.cookies()]
    return page


async def ready_to_scan(page: Page, address: str = "") -> None:
    """The page stands, is connected, and its scan field has the focus by itself."""
    if address:
        await page.goto(address)
    await expect(page.locator(".scan-field")).to_be_focused()
    await page.wait_for_function("window.socket?.connected")


async def scan(page: Page, code: str) -> None:
    """As a wedge scanner types: into whatever has the focus, Enter at the end."""
    await page.keyboard.type(code)
    await page.keyboard.press("Enter")
