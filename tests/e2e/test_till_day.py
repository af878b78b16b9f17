"""A cashier's day in a real Chromium over a real box, with a printer, a scale and a card terminal that fail on demand, and
headquarters out of reach: selling goes on.

What counts is what the box and the terminal have written down at the end: every sale once, every payment once.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from protocols.contract.facts import decode_body, decode_envelope
from protocols.contract.till_facts import GoodsReturned, SaleClosed
from simulators.bench_client import BenchClient
from simulators.control_shapes import Switches
from simulators.edge_config import edge_config
from simulators.payment_terminal.terminal import TerminalFaults
from tests.support.bench_ground import running_bench
from tests.support.box_process import BoxProcess
from tests.support.browser import Wedge, browser, context, type_by_hand  # noqa: F401 - fixtures by name
from tests.support.goods import ANN, APPLES_CODE, BOB, BREAD_CODE, MILK_CODE, PIN, SIX_PACK_CODE
from tests.support.till_page import approve, log_in, open_till, press, state
from tests.support.till_shop import MEMBER_CODE, MEMBER_NAME, OFF_MINOR, bench_toml, day_rows

pytestmark = pytest.mark.browser

SLOW_MS = 20_000
FLOAT_MINOR = 10_000
BASKETS = ((MILK_CODE,), (BREAD_CODE, MILK_CODE), (SIX_PACK_CODE, BREAD_CODE), (MILK_CODE, MILK_CODE, BREAD_CODE))


@dataclass
class Day:
    """A till, its box and the bench with its devices."""

    page: Page
    wedge: Wedge
    box: BoxProcess
    bench: BenchClient

    async def scan(self, *codes: str) -> None:
        """Scan, and wait for the box."""
        pieces = await self.page.evaluate("document.querySelectorAll('#lines > *').length")
        for code in codes:
            await self.wedge.scan(code)
        await expect(self.page.locator("#lines > *").nth(pieces)).to_be_visible(timeout=SLOW_MS)
        await expect(self.page.locator("#waiting")).to_be_hidden(timeout=SLOW_MS)

    async def paid(self) -> str:
        """Wait for the end of the sale; its receipt number."""
        await expect(self.page.locator("#paid")).to_be_visible(timeout=SLOW_MS)
        await expect(self.page.locator("#sheet")).to_be_hidden()
        return await self.page.locator("#paid-receipt").inner_text()

    async def pay_cash(self, handed: str = "") -> str:
        """All of it in cash; nothing handed: the exact sum."""
        await press(self.page, "F9", opens="pay")
        await type_by_hand(self.page, handed)
        await self.page.keyboard.press("Enter")
        return await self.paid()

    async def notes(self, sql: str) -> list[tuple[object, ...]]:
        """What the box has written down."""
        with sqlite3.connect(f"file:{self.box.folder / 'data' / 'store.db'}?mode=ro", uri=True) as connection:
            return connection.execute(sql).fetchall()

    async def sales(self) -> int:
        """Closed sales on the disk."""
        (count,) = (await self.notes("SELECT count(*) FROM sale"))[0]
        return int(str(count))

    async def hand(self, act: Callable[[], None]) -> None:
        """A hand at a device."""
        await asyncio.to_thread(act)


@pytest.fixture
async def day(tmp_path: Path, context: BrowserContext) -> AsyncIterator[Day]:  # noqa: F811
    async with running_bench(tmp_path, bench_toml()) as bench:
        more = '[clock]\ntrust = "always"\n' + edge_config(bench.settings, "bench.toml")
        box = BoxProcess(tmp_path, tills=(), rows=day_rows(), more_toml=more)
        box.start()
        await box.ready()
        page = await open_till(context, box)
        page.set_default_timeout(SLOW_MS)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield Day(page, await Wedge.of(page), box, bench.client)
        assert errors == []
        await box.stop()


async def a_member_and_full_reduction(day: Day) -> None:
    """Apples from the scale, a member, and three euros off from twenty."""
    await day.hand(lambda: day.bench.scale("scale-1").put(1_235))
    await expect(day.page.locator("#weight-card")).to_have_class("weight usable", timeout=SLOW_MS)
    await day.scan(APPLES_CODE)
    await day.hand(lambda: day.bench.scale("scale-1").put(0))
    await press(day.page, "F7", "1", opens="member")
    await day.wedge.scan(MEMBER_CODE)
    await expect(day.page.locator("#member-name")).to_contain_text(MEMBER_NAME, timeout=SLOW_MS)
    await expect(day.page.locator("#member-note")).to_contain_text("paper bag")
    await day.scan(SIX_PACK_CODE)
    await expect(day.page.locator("#hints")).to_contain_text("save €3.00")
    await day.scan(BREAD_CODE, BREAD_CODE, BREAD_CODE)
    await expect(day.page.locator("#saved")).to_contain_text("3.00")
    assert (await state(day.page))["saved_minor"] == OFF_MINOR
    await press(day.page, "=", opens="why")
    await expect(day.page.locator("#sheet")).to_contain_text("20 - 3")
    await press(day.page, "Escape", opens="")
    await day.pay_cash("50")


async def hold_and_recall(day: Day) -> None:
    """One customer forgot the money; another pays by card; the first comes back and pays with a code."""
    await day.scan(BREAD_CODE, MILK_CODE)
    due = (await state(day.page))["due_minor"]
    await press(day.page, "F8", opens="held")
    await press(day.page, "1", opens="")
    await expect(day.page.locator("#lines")).to_be_hidden()
    await day.scan(MILK_CODE)
    await press(day.page, "F9", "F2", opens="payment")
    await day.paid()
    await press(day.page, "F8", opens="held")
    await press(day.page, "1", opens="")
    await expect(day.page.locator("#lines > *")).to_have_count(2)
    assert (await state(day.page))["due_minor"] == due
    await press(day.page, "F9", "F3", opens="paycode")
    await day.wedge.scan("134567890123456789")
    await day.paid()


async def another_price(day: Day) -> None:
    """Bob may not; Ann mistypes her PIN once and then allows it. Scans meanwhile wait."""
    await day.scan(BREAD_CODE)
    await press(day.page, "F6", opens="adjust")
    await press(day.page, "1", opens="price")
    await type_by_hand(day.page, "1.50")
    await press(day.page, "ArrowDown")
    await press(day.page, "2", opens="price")
    await press(day.page, "Enter", opens="approval")
    await approve(day.page, ANN, "0000")
    await expect(day.page.locator("#sheet")).to_contain_text("Wrong PIN", timeout=SLOW_MS)
    await day.wedge.scan(MILK_CODE)
    await expect(day.page.locator("#waiting-count")).to_contain_text("1")
    await type_by_hand(day.page, PIN)
    await day.page.keyboard.press("Enter")
    await expect(day.page.locator("#lines > *")).to_have_count(2, timeout=SLOW_MS)
    first, second = (await state(day.page))["lines"]
    assert (first["net_minor"], second["net_minor"]) == (150, 129)
    await day.pay_cash("5")


async def printer_without_paper(day: Day) -> None:
    """The sale stands; the page says what is wrong; with paper the receipt comes."""
    printer = day.bench.printer("printer-1")
    await day.hand(lambda: printer.switch(Switches(paper_out=True)))
    await day.scan(MILK_CODE)
    await day.pay_cash()
    await expect(day.page.locator("#trouble")).to_contain_text("Printer", timeout=SLOW_MS)
    assert (await state(day.page))["last_sale"]["print_state"] != "confirmed"
    await day.hand(lambda: printer.switch(Switches(paper_out=False)))
    await expect(day.page.locator("#paid-print")).to_have_text("printed", timeout=SLOW_MS)


async def terminal_without_answer(day: Day) -> None:
    """The card is charged and the answer lost: nobody charges again, the terminal is asked, the sale closes once."""
    terminal = day.bench.payment_terminal("terminal-1")
    before = len((await asyncio.to_thread(terminal.ledger)).entries)
    await day.hand(lambda: terminal.spoil(TerminalFaults(cut_after=True, enquiry_lost=True)))
    await day.scan(BREAD_CODE)
    await press(day.page, "F9", "F2", opens="payment")
    await expect(day.page.locator("#sheet")).to_contain_text("Do not charge again", timeout=SLOW_MS)
    await day.wedge.scan(MILK_CODE)
    await expect(day.page.locator("#waiting-count")).to_contain_text("1")
    await day.hand(lambda: terminal.spoil(TerminalFaults()))
    await press(day.page, "F2")
    await expect(day.page.locator("#lines")).to_contain_text("Milk", timeout=SLOW_MS)
    after = await asyncio.to_thread(terminal.ledger)
    assert len(after.entries) == before + 1, "charged once"
    assert [line["net_minor"] for line in (await state(day.page))["lines"]] == [129], "the waiting scan began the next sale"
    await day.pay_cash()


async def goods_come_back(day: Day, receipt: str) -> None:
    """The receipt is scanned; one bread comes back; Ann allows it; cash goes out of the drawer."""
    await press(day.page, "F10", opens="return")
    await day.wedge.scan(receipt)
    await expect(day.page.locator("body")).to_have_attribute("data-panel", "found", timeout=SLOW_MS)
    await press(day.page, "ArrowDown")
    await press(day.page, "1", opens="found")
    await press(day.page, "Tab")
    await day.page.locator("#sheet .choice").first.click()
    await press(day.page, "Enter")
    await approve_if_asked(day)
    await expect(day.page.locator("#lines .back")).to_have_count(1, timeout=SLOW_MS)
    await expect(day.page.locator("#total-word")).to_have_text("To pay back")
    await press(day.page, "F9", opens="pay")
    await press(day.page, "Enter")
    await approve_if_asked(day)
    await expect(day.page.locator("#lines .back")).to_have_count(0, timeout=SLOW_MS)


async def approve_if_asked(day: Day) -> None:
    """Ann's yes, when the box wants a second person."""
    body = day.page.locator("body")
    await expect(day.page.locator("#waiting")).to_be_hidden(timeout=SLOW_MS)
    await day.page.wait_for_function("() => ['', 'approval'].includes(document.body.dataset.panel)")
    if await body.get_attribute("data-panel") == "approval":
        await approve(day.page, ANN, PIN)
        await expect(body).to_have_attribute("data-panel", "", timeout=SLOW_MS)


async def close_blind(day: Day) -> None:
    """Bob counts without knowing; far off he is told to count again; then it fits."""
    shown = await state(day.page)
    assert shown["shift"]["expected_minor"] is None, "a cashier counts blind"
    await press(day.page, "F1", opens="more")
    await press(day.page, "7", opens="close")
    await type_by_hand(day.page, "1")
    await press(day.page, "Enter", opens="variance")
    await press(day.page, "Escape", opens="close")
    cash = await drawer_minor(day)
    await type_by_hand(day.page, f"{cash // 100}.{cash % 100:02}")
    await day.page.keyboard.press("Enter")
    await expect(day.page.locator("body")).to_have_attribute("data-screen", "shift", timeout=SLOW_MS)
    await expect(day.page.locator("#notices")).to_contain_text("The shift is closed")


async def drawer_minor(day: Day) -> int:
    """The cash that must lie there by what was written down: the float, cash taken, cash given back."""
    sold = "SELECT fact FROM journal WHERE kind = 'SaleClosed'"
    back = "SELECT fact FROM journal WHERE kind = 'GoodsReturned'"
    return FLOAT_MINOR + await cash_of(day, sold) - await cash_of(day, back)


async def cash_of(day: Day, sql: str) -> int:
    bodies = [decode_body(decode_envelope(bytes(row[0]))) for row in await day.notes(sql)]  # type: ignore[arg-type]
    tenders = [each for body in bodies if isinstance(body, SaleClosed | GoodsReturned) for each in body.tenders]
    return sum(each.amount_minor - each.change_minor for each in tenders if each.kind == "cash")


async def run_day(day: Day, extra_sales: int) -> None:
    await log_in(day.page, BOB)
    await day.scan(BREAD_CODE, MILK_CODE)
    receipt = await day.pay_cash()
    await a_member_and_full_reduction(day)
    await hold_and_recall(day)
    await another_price(day)
    for basket in itertools.islice(itertools.cycle(BASKETS), extra_sales):
        await day.scan(*basket)
        await day.pay_cash("100")
    await printer_without_paper(day)
    await terminal_without_answer(day)
    await goods_come_back(day, receipt)
    await close_blind(day)
    assert await day.sales() == 8 + extra_sales


async def test_a_cashiers_day_with_headquarters_out_of_reach(day: Day) -> None:
    await run_day(day, 0)


@pytest.mark.soak
async def test_a_long_day_of_thirty_sales(day: Day) -> None:
    await run_day(day, 22)
