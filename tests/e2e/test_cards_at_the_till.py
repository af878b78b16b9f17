"""A box with a scanner that types and a real pcscd: a card sets its member, codes go where they belong, secrets nowhere."""

from __future__ import annotations

import asyncio
import json
import signal
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import BrowserContext, expect

from protocols.contract.feed_members import MemberPolicyRow, MemberRow, member_key
from protocols.contract.till import TillState
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_member import ClearMember
from protocols.contract.till_payment import PayCash
from protocols.device_events import Symbology
from protocols.scanners.evdev import KeyEnd, WedgeFormat
from simulators.cards.deck import CardShape, card_of
from simulators.cards.reader import CardReaderSimulator
from simulators.scanner import WedgeSimulator
from simulators.unix_cable import UnixCable
from tests.support.box_process import BoxProcess
from tests.support.browser import browser, context  # noqa: F401 - fixtures by name
from tests.support.card_service import CardService, need_card_service
from tests.support.goods import ANN, MILK_CODE, PIN, assortment
from tests.support.till_client import TillClient

pytestmark = pytest.mark.browser
SLOW_MS = 20_000
SALT, KEY = "salt", "A0B1C2D3E4F5"
UID = "04C0FFEE123480"
WECHAT, ALIPAY, CARD = "134567890123456789", "2812345678901234567890", "4111111111111111"
TRACK = "%B4111111111111111^LI/ANNA^2512101000000000?"
MEMBERS = (
    MemberRow(member_id="M1", name="Ms Li", keys=(member_key(SALT, "M-1001"), member_key(SALT, "9771234567890123"))),
    MemberRow(member_id="M2", name="Mr Wu", keys=(member_key(SALT, "M-2002"), member_key(SALT, UID))),
)
WAIT_SECONDS = 40.0


@dataclass
class Counter:
    """One till with its scanner and card reader."""

    box: BoxProcess
    screen: TillClient
    scanner: WedgeSimulator
    reader: CardReaderSimulator

    def state(self) -> TillState:
        with urllib.request.urlopen(f"{self.box.url}/v1/tills/1/state", timeout=5) as answer:
            return msgspec.convert(json.load(answer), TillState)

    async def until(self, holds: Callable[[TillState], object]) -> TillState:
        async with asyncio.timeout(WAIT_SECONDS):
            while not holds(state := await asyncio.to_thread(self.state)):  # noqa: ASYNC110 - the box is another process
                await asyncio.sleep(0.02)
        return state

    async def said(self, act: Callable[[], object]) -> TillState:
        """Do something at a device, and wait for the box's word on it."""
        before = {scan.id for scan in (await asyncio.to_thread(self.state)).device_scans}
        done = act()
        if asyncio.iscoroutine(done):
            await done
        return await self.until(lambda state: any(scan.id not in before for scan in state.device_scans))

    async def tap(self, shape: CardShape) -> TillState:
        state = await self.said(lambda: self.reader.put(card_of(shape)))
        await self.reader.take()
        return state

    async def scan(self, code: str, symbology: Symbology = Symbology.UNTOLD) -> TillState:
        return await self.said(lambda: self.scanner.scan(code, symbology))


@pytest.fixture
async def counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counter]:
    need_card_service()
    service = CardService(tmp_path)
    for name, value in service.env.items():
        monkeypatch.setenv(name, value)
    await service.start()
    (tmp_path / "card-keys").write_text(f"A {KEY}\n")
    scanner = WedgeSimulator(UnixCable(tmp_path / "scanner"), WedgeFormat("de", KeyEnd.TAB))
    await scanner.start()
    box = BoxProcess(
        tmp_path,
        tills=(),
        rows=[*assortment(), MemberPolicyRow(salt=SALT), *MEMBERS],
        more_toml='[[tills]]\nid = "1"\nscanner = "scanner-1"\ncard_reader = "cards-1"\n'
        '[[numbers]]\nmeans = "member"\nprefix = "977"\ndigits = 16\n'
        f'[[devices]]\nkind = "wedge_scanner"\nid = "scanner-1"\nport = "{scanner.cable.place}"\n'
        'layout = "de"\nsuffix = "tab"\n'
        '[[devices]]\nkind = "pcsc"\nid = "cards-1"\nkeys_file = "card-keys"\nduplicate_ms = 0\n',
    )
    box.start()
    await box.ready()
    one = Counter(box, TillClient(box.url, "1"), scanner, service.simulator())
    await one.until(
        lambda state: {each.device_id for each in state.devices if each.state == "ready"} >= {"scanner-1", "cards-1"}
    )
    await one.screen.send(Login(staff_id=ANN, pin=PIN))
    await one.screen.send(OpenShift(float_minor=0))
    yield one
    await one.reader.stop()
    await one.screen.close()
    if box.running:
        await box.stop()
    await scanner.stop()
    await service.stop(signal.SIGKILL)


def _refused(state: TillState) -> str:
    newest = state.device_scans[-1]
    assert newest.reason is not None, newest
    return newest.reason.code


async def test_cards_set_members_codes_go_their_way_and_no_sink_has_a_secret(
    counter: Counter,
    context: BrowserContext,  # noqa: F811
) -> None:
    await counter.scan(MILK_CODE, Symbology.EAN_UPC)
    state = await counter.tap(CardShape(kind="ntag213", number="M-1001", uri="member:"))
    assert state.device_scans[-1].card
    assert (state.member and state.member.name, len(state.lines)) == ("Ms Li", 1)
    assert (await counter.tap(CardShape(kind="classic_4k", number="M-2002", key=KEY))).member.name == "Mr Wu"
    assert (await counter.scan("9771234567890123")).member.name == "Ms Li"
    assert (await counter.tap(CardShape(kind="ntag215", uid=UID))).member.name == "Mr Wu"
    await counter.screen.send(ClearMember())
    assert _refused(await counter.tap(CardShape(kind="phone"))) == "card_phone"
    assert _refused(await counter.tap(CardShape(kind="member_app", number="M-9"))) == "member_unknown_offline"
    for secret, why in (
        (WECHAT, "payment_code_early"),
        (ALIPAY, "payment_code_early"),
        (CARD, "bank_card"),
        (TRACK, "bank_card"),
    ):
        state = await counter.scan(secret)
        assert _refused(state) == why
        assert state.device_scans[-1].code == ""
    assert state.member is None
    paid = await counter.screen.send(PayCash(tendered_minor=state.due_minor, expected_due_minor=state.due_minor))
    assert paid.ok
    await counter.screen.close()
    await _on_the_page(counter, context)
    await counter.box.stop()
    _search_every_sink(counter.box)


async def _on_the_page(counter: Counter, context: BrowserContext) -> None:  # noqa: F811
    """A tap while the member sheet is open closes it; what is refused is said, a payment code without its digits."""
    page = await context.new_page()
    page.set_default_timeout(SLOW_MS)
    await page.goto(f"{counter.box.url}/till/1")
    await expect(page.locator("body")).to_have_attribute("data-screen", "sale", timeout=SLOW_MS)
    await counter.scan(MILK_CODE, Symbology.EAN_UPC)
    await expect(page.locator("#lines > *")).to_have_count(1, timeout=SLOW_MS)
    await page.keyboard.press("F7")
    await page.locator("#sheet .choice", has_text="Member").first.click()
    await expect(page.locator("#sheet h2")).to_have_text("Member")
    await counter.tap(CardShape(kind="ntag213", number="M-1001", uri="member:"))
    await expect(page.locator("#member-name")).to_have_text("Ms Li", timeout=SLOW_MS)
    await expect(page.locator("#sheet h2")).to_be_hidden(timeout=SLOW_MS)
    await counter.tap(CardShape(kind="phone"))
    await expect(page.locator("#notices")).to_contain_text("names no member", timeout=SLOW_MS)
    await counter.scan(WECHAT)
    await expect(page.locator("#notices")).to_contain_text("Choose how to pay first", timeout=SLOW_MS)
    await expect(page.locator("body")).not_to_contain_text(WECHAT)


def _search_every_sink(box: BoxProcess) -> None:
    """Every file the box wrote: databases with the journal (what leaves by MQTT and HTTPS is made from it), and the log."""
    files = [path for path in (box.folder / "data").rglob("*") if path.is_file()] + [box.folder / "box.log"]
    written = {path: path.read_bytes() for path in files}
    assert sum(map(len, written.values())) > 10_000
    secrets = [WECHAT, ALIPAY, CARD, TRACK[:20], KEY, UID, "M-1001", "M-2002"]
    needles = [form for each in secrets for form in (each.encode(), each.lower().encode())]
    needles += [bytes.fromhex(KEY), bytes.fromhex(UID)]
    seed = {path for path in files if path.name == "seed.jsonl"}
    found = [
        (path.name, needle) for path, text in written.items() if path not in seed for needle in needles if needle in text
    ]
    assert found == []
