"""What a scan or a tap asks the till for: own numbers, payment codes shown too early, bank cards, cards of members."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.checkout.ports import Quiet
from edge.checkout.till import Till, restore
from protocols.contract.feed_members import MemberRow
from protocols.contract.questions import ValueKind, value_key
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import HoldScans
from protocols.contract.till_member import AddCoupon, AskGiftCard, SetMember
from protocols.contract.till_payment import Pay
from protocols.device_events import CardSeen, CardTrouble, CardUnread, CodeScanned
from protocols.scanners.routes import OwnNumber
from tests.support.counter import Counter
from tests.support.goods import MILK_CODE
from tests.support.paper_hq import PaperHq
from tests.support.waiting import until

MEMBER, GIFT, COUPON = "9771234567890123", "60123456789012345678", "9912345678903"
WECHAT, TRACK = "134567890123456789", ";4111111111111111=2512101?"
LI = MemberRow(member_id="M1", name="Ms Li")


class RoutedCounter(Counter):
    """A counter with headquarters on paper and numbers of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.hq = PaperHq(members={MEMBER: [LI], "04A2245F7B6180": [LI]})

    async def start(self) -> None:
        await super().start()
        numbers = (OwnNumber("member", "977", 16), OwnNumber("gift_card", "60", 20), OwnNumber("coupon", "99", 13))
        self.desk = replace(self.desk, headquarters=self.hq, numbers=numbers)
        self.till = Till(self.desk, await restore(self.desk, self.setup), Quiet(), boot_number=self.boots)


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[RoutedCounter]:
    counter = RoutedCounter(tmp_path)
    await counter.start()
    await counter.open()
    yield counter
    counter.stop()


async def test_own_numbers_on_the_sale_screen_are_what_they_mean(till: RoutedCounter) -> None:
    state = (await till.ok(Scan(code=f"]C0{MEMBER}"))).state
    assert state.member is not None
    assert state.member.name == "Ms Li"
    till.hq.money[value_key(ValueKind.GIFT_CARD, GIFT)] = 1_500
    state = (await till.ok(Scan(code=GIFT))).state
    assert state.card is not None
    assert state.card.balance_minor == 1_500
    assert await till.refused(Scan(code=COUPON)) == await till.refused(AddCoupon(code=COUPON))
    assert [line.name for line in (await till.ok(Scan(code=MILK_CODE))).state.lines] == ["Milk 1 l"]


async def test_payment_codes_and_bank_cards_are_refused_without_a_word_of_them(till: RoutedCounter) -> None:
    await till.ok(Scan(code=MILK_CODE))
    assert await till.refused(Scan(code=WECHAT)) == "payment_code_early"
    for command in (
        Scan(code=TRACK),
        Scan(code="4111111111111111"),
        SetMember(code=TRACK),
        AddCoupon(code=TRACK),
        AskGiftCard(code=TRACK),
        Pay(method="code", amount_minor=1, expected_due_minor=1, code=TRACK),
    ):
        assert await till.refused(command) == "bank_card"
    assert not [question for question in till.hq.asked if "4111" in repr(question)]
    disk = b"".join(path.read_bytes() for path in till.folder.iterdir() if path.is_file())
    assert WECHAT.encode() not in disk
    assert b"4111111111111111" not in disk


async def test_a_card_on_the_reader_sets_its_member_whatever_sheet_is_open(till: RoutedCounter) -> None:
    worker = asyncio.create_task(till.till.run())
    till.till.screen_came()
    await till.ok(HoldScans(held=True))
    till.till.scanned(CodeScanned(device_id="s", code=MILK_CODE))
    till.till.scanned(CardSeen(device_id="c", code="04A2245F7B6180"))
    await until(lambda: till.till.state().member)
    (told,) = till.till.state().device_scans
    assert (told.ok, told.card, told.code) == (True, True, "")
    assert len(till.till.state().held_scans) == 1
    till.till.scanned(CardUnread(device_id="c", why=CardTrouble.PHONE))
    newest = till.till.state().device_scans[-1]
    assert newest.reason is not None
    assert (newest.reason.code, newest.card) == ("card_phone", True)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)


def test_whose_card_it_is_stands_in_no_text_of_the_event() -> None:
    assert "04A2" not in repr(CardSeen(device_id="c", code="04A2245F7B6180"))
