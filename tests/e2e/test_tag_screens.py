"""Tags in a whole store with simulated readers and a real Chromium: unpaid goods at the exit, pieces in a fitting room, a
smart shelf, a piece followed by its signal, and goods on the till's pad."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from protocols.clock import SeededRandom
from protocols.contract.feed_rows import BarcodeRow, FeedRow, ItemRow
from protocols.contract.feed_stock import ShelfPlanRow
from protocols.contract.rfid_facts import GateAlarmEnded, GateAlarmRaised, TagChanged
from protocols.contract.till_facts import SaleClosed
from simulators.clock import SystemClock
from simulators.llrp_reader.server import LlrpReaderSimulator, tags_of_gtin
from simulators.oepl_ap.server import OeplApSimulator
from tests.support.browser import launch
from tests.support.goods import BREAD, BREAD_CODE, MILK, MILK_CODE, assortment, price
from tests.support.staff_store import PHONE, WAIT_MS, Store, device, log_in, quick, ready_to_scan, scan
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

expect.set_options(timeout=WAIT_MS)
SHIRT, SHIRT_CODE = "shirt-red-m", "4000000000105"
STOCK_PAGES = ("receipt", "count", "orders", "move", "expiring", "shortages", "lots", "transfer", "write_off", "recalls")
PICTURES = os.environ.get("TALLYSTICK_PICTURES", "")
"""A folder for pictures of the screens, for a person to look at."""


class Tagged:
    """A store with four readers: an exit, a fitting room, a shelf, a pad."""

    def __init__(self, folder: Path, access_point: OeplApSimulator) -> None:
        self.access_point = access_point
        clock = SystemClock()
        self.readers = {
            name: LlrpReaderSimulator(0, clock, SeededRandom(seed), read_percent=90)
            for seed, name in enumerate(("exit", "room", "shelf", "pad"))
        }
        self.folder = folder
        self.store: Store

    async def start(self) -> None:
        for reader in self.readers.values():
            await reader.start()
        password = self.folder / "tag-password"
        password.write_text("1A2B3C4D", encoding="ascii")
        passwords = f'[tags]\naccess_password_file = "{password}"\nkill_password_file = "{password}"\n'
        self.store = Store(self.folder, self.access_point, rows(), readers_toml(self.readers) + passwords)
        await self.store.start()
        await until(lambda: all(reader.device.book.active is not None for reader in self.readers.values()), seconds=40)

    async def stop(self) -> None:
        await self.store.stop()
        for reader in self.readers.values():
            await reader.stop()


def rows() -> list[FeedRow]:
    return [
        *assortment(),
        ItemRow(
            item_id=SHIRT, style_id="st-1", name="Shirt red M", name_zh="衬衫 红 M", colour="red", size="M",
            tax_class="std", tagged=True,
        ),
        BarcodeRow(gtin=SHIRT_CODE.rjust(14, "0"), item_id=SHIRT),
        price(SHIRT, 1, 1_990),
        ShelfPlanRow(device_id="shelf", antenna=1, name="Dairy 1", item_ids=(MILK,), minimum_pieces=3),
    ]  # fmt: skip


def readers_toml(readers: dict[str, LlrpReaderSimulator]) -> str:
    devices = "".join(
        f'[[devices]]\nkind = "llrp"\nid = "{name}"\nhost = "127.0.0.1"\nport = {reader.port}\n'
        for name, reader in readers.items()
    )
    return (
        f'{devices}[[gates]]\nid = "Main exit"\nreader = "exit"\nantennas_inside = [3, 4]\nantennas_outside = [1, 2]\n'
        'siren_output = 1\nsiren_seconds = 20\n[[fitting_rooms]]\nid = "1"\nreader = "room"\nantennas = [1, 2, 3, 4]\n'
        '[[smart_shelves]]\nid = "A1"\nreader = "shelf"\nantenna = 1\n'
        '[[pads]]\ntill = "1"\nreader = "pad"\nantennas = [1, 2, 3, 4]\nrssi_min_dbm = -75\n'
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tagged(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tagged]:
    access_point = OeplApSimulator(0, SystemClock(), SeededRandom(7), quick(1))
    await access_point.start()
    one = Tagged(tmp_path_factory.mktemp("tags"), access_point)
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


async def test_unpaid_goods_at_the_exit_ring_and_a_person_says_what_it_was(chromium: Browser, tagged: Tagged) -> None:
    store = tagged.store
    context = await device(chromium, PHONE, "en-GB")
    page = await log_in(context, store)
    await page.goto(f"{store.screens.url}/exits")
    await expect(page.get_by_text("Nothing went out unpaid")).to_be_visible()
    await picture(page, "exits-empty-en")
    tagged.readers["exit"].push(tags_of_gtin(SHIRT_CODE.rjust(14, "0"), (1, 2)), "out")
    card = page.locator("[data-alarm]")
    await expect(card.locator(".goods-tile")).to_have_count(2)
    await expect(card).to_contain_text("2 unpaid pieces went out")
    await expect(card).to_contain_text("Shirt red M")
    await picture(page, "exits-ringing-en")
    await page.get_by_role("button", name="Silence the siren").click()
    await expect(page.locator(".ringing")).to_have_count(0)
    await page.get_by_role("button", name="Stopped").click()
    await expect(card).to_contain_text("stopped")
    (raised,), (ended,) = store.facts(GateAlarmRaised), store.facts(GateAlarmEnded)
    assert isinstance(raised, GateAlarmRaised)
    assert isinstance(ended, GateAlarmEnded)
    assert (len(raised.lines), raised.siren, ended.alarm_id, ended.outcome) == (2, True, raised.alarm_id, "stopped")
    await context.close()


async def test_the_board_of_fitting_rooms_and_the_shelf_in_chinese(chromium: Browser, tagged: Tagged) -> None:
    store = tagged.store
    tagged.readers["room"].stand(tags_of_gtin(SHIRT_CODE.rjust(14, "0"), (11, 12)), 0)
    tagged.readers["shelf"].stand(tags_of_gtin(MILK_CODE.rjust(14, "0"), (1, 2)), 0)
    tagged.readers["shelf"].stand(tags_of_gtin(BREAD_CODE.rjust(14, "0"), (1,)), 0)
    context = await device(chromium, PHONE, "zh-CN")
    page = await log_in(context, store)
    await page.goto(f"{store.screens.url}/rooms")
    await expect(page.locator('[data-room="1"] .goods-tile')).to_have_count(2)
    await picture(page, "rooms-zh")
    await page.goto(f"{store.screens.url}/smart-shelves")
    shelf = page.locator('[data-shelf="Dairy 1"]')
    await expect(shelf.locator(".shelf-row")).to_have_count(2)
    await expect(shelf.locator(".shelf-row.wrong")).to_have_count(1)
    await picture(page, "shelves-zh")
    await page.goto(f"{store.screens.url}/exits")
    await picture(page, "exits-zh")
    await page.goto(store.screens.url)
    await picture(page, "home-zh")
    for name in STOCK_PAGES:
        await page.goto(f"{store.screens.url}/{name}")
        await expect(page.locator("main, .page, body").first).to_be_visible()
        await page.wait_for_function("window.socket?.connected")
        await page.wait_for_timeout(600) if PICTURES else None
        await picture(page, f"{name}-zh")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name}: over the edge"
    await context.close()


async def test_a_piece_is_followed_by_its_signal_without_the_keyboard(chromium: Browser, tagged: Tagged) -> None:
    store = tagged.store
    tagged.readers["shelf"].stand(tags_of_gtin(MILK_CODE.rjust(14, "0"), (1, 2)), 0)
    context = await device(chromium, PHONE, "en-GB")
    page = await log_in(context, store)
    await ready_to_scan(page, f"{store.screens.url}/find")
    await scan(page, MILK_CODE)
    await expect(page.locator("[data-epc]").first).to_be_visible()
    await page.get_by_role("button", name="Follow").first.click()
    bar = page.get_by_role("meter")
    await expect(page.locator(".bar-words")).to_contain_text("dBm")
    assert int(await bar.get_attribute("aria-valuenow") or "0") > 0
    await picture(page, "find-en")
    tagged.readers["shelf"].take_away(tags_of_gtin(MILK_CODE.rjust(14, "0"), (1, 2)))
    await expect(page.locator(".bar-words")).to_have_text("Not heard now. Walk on.")
    await page.get_by_role("button", name="Stop").click()
    await expect(bar).to_be_hidden()
    await context.close()


async def test_a_tag_is_written_anew_at_the_encoding_table(chromium: Browser, tagged: Tagged) -> None:
    store, pad = tagged.store, tagged.readers["pad"]
    (tag,) = tags_of_gtin(MILK_CODE.rjust(14, "0"), (71,))
    context = await device(chromium, PHONE, "zh-CN")
    page = await log_in(context, store)
    await page.goto(f"{store.screens.url}/tags")
    await expect(page.get_by_text("读写器前没有标签")).to_be_visible()
    await picture(page, "tags-empty-zh")
    await page.get_by_label("读写器").click()
    await page.get_by_role("option", name="pad").click()
    pad.stand([tag, "E2003411B802011383258566"], 0)
    await expect(page.locator("[data-epc]")).to_have_count(2)
    await picture(page, "tags-table-zh")
    card = page.locator("[data-epc$='.71']")
    await card.get_by_role("button", name="重写").click()
    await page.get_by_label("编码").fill(f"]d201{SHIRT_CODE.rjust(14, '0')}2172")
    await picture(page, "tags-write-zh")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-epc$='.72']")).to_contain_text("正确")
    await expect(page.get_by_text("已重写")).to_be_visible()
    await page.locator("[data-epc$='.72']").get_by_role("button", name="停用").click()
    await expect(page.get_by_role("heading", name="永久停用这个标签？")).to_be_visible()
    await picture(page, "tags-silence-zh")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing hangs over the edge"
    await page.keyboard.press("Escape")
    (fact,) = store.facts(TagChanged)
    assert isinstance(fact, TagChanged)
    assert (fact.what, fact.outcome) == ("encode", "done")
    pad.take_away([tag, tags_of_gtin(SHIRT_CODE.rjust(14, "0"), (72,))[0], "E2003411B802011383258566"])
    await context.close()


async def test_the_pad_in_chinese_fits_its_screen(chromium: Browser, tagged: Tagged) -> None:
    store, pad = tagged.store, tagged.readers["pad"]
    context = await chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    page = await context.new_page()
    page.set_default_timeout(WAIT_MS)
    await page.goto(f"{store.box.url}/till/1")
    await expect(page.locator("#pad-words")).to_be_visible()
    epcs = tags_of_gtin(SHIRT_CODE.rjust(14, "0"), (31, 32))
    pad.stand([*epcs, "E2003411B802011383258566"], 0)
    await expect(page.locator("#pad-left-out")).to_be_visible()
    await expect(page.locator("#pad-left-out")).to_contain_text("非商品标签：请扫描条码")
    await picture(page, "pad-zh")
    size = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert size == [1280, 800], "nothing hangs over the edge"
    pad.take_away([*epcs, "E2003411B802011383258566"])
    await context.close()


async def test_goods_on_the_pad_become_lines_and_are_sold_with_their_tags(chromium: Browser, tagged: Tagged) -> None:
    store, pad = tagged.store, tagged.readers["pad"]
    context = await chromium.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    page.set_default_timeout(WAIT_MS)
    await page.goto(f"{store.box.url}/till/1")
    await expect(page.locator("#pad-words")).to_have_text("Put the goods on the pad")
    await picture(page, "pad-empty-en")
    epcs = [*tags_of_gtin(SHIRT_CODE.rjust(14, "0"), (21, 22)), *tags_of_gtin(MILK_CODE.rjust(14, "0"), (21,))]
    pad.stand([*epcs, "E2003411B802011383258566"], 0)
    await expect(page.locator("#pad-words")).to_have_text("Sell 3 pieces")
    await expect(page.locator("#pad-left-out")).to_contain_text("scan its barcode")
    await picture(page, "pad-ready-en")
    await page.locator("#pad-sell").click()
    await expect(page.locator("#lines > li")).to_have_count(2)
    await expect(page.locator("#pad-words")).to_have_text("All on the pad is in the sale")
    await picture(page, "pad-sold-en")
    await store.sell(BREAD_CODE, 1)
    sale = store.facts(SaleClosed)[-1]
    assert isinstance(sale, SaleClosed)
    assert {line.item_id: len(line.epcs) for line in sale.lines} == {SHIRT: 2, MILK: 1, BREAD: 0}
    await expect(page.locator("#pad-left-out")).to_contain_text("sold before")
    pad.take_away(epcs)
    tagged.readers["exit"].push(epcs, "out")
    tagged.readers["exit"].push(tags_of_gtin(SHIRT_CODE.rjust(14, "0"), (99,)), "out")
    await until(lambda: len(store.facts(GateAlarmRaised)) == 2, seconds=30)
    alarm = store.facts(GateAlarmRaised)[-1]
    assert isinstance(alarm, GateAlarmRaised)
    assert [line.epc.rpartition(".")[2] for line in alarm.lines] == ["99"], "what was sold never rings"
    await context.close()
