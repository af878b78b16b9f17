"""A customer who is somebody: member prices, coupons and cards, with headquarters and without it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from edge.catalogue.apply import Applied, delete_row, put_row
from edge.checkout.documents import ReceiptDocument, as_text
from edge.checkout.ports import Quiet
from edge.checkout.stored_value import StoredValue
from edge.checkout.till import Till, restore
from edge.members import cache
from edge.store_db.database import Tx
from protocols.contract.feed_members import HeldCoupon, MemberPolicyRow, MemberRow, ValueAllowance, member_key
from protocols.contract.feed_rows import PriceRow, encode_row, member_feed
from protocols.contract.questions import ReleaseValue, ReserveCoupon, ValueKind, account_id_of, value_key
from protocols.contract.till_basket import AbandonSale, Scan
from protocols.contract.till_member import AddCoupon, AskGiftCard, ClearMember, DropCoupon, SellGiftCard, SetMember
from protocols.contract.till_payment import PayCash
from protocols.payment.port import Approved, Declined, Order
from protocols.promotions.bundle import Bundle
from protocols.promotions.kinds.coupon import Coupon
from tests.support.counter import Counter
from tests.support.goods import MILK, MILK_CODE, STORE_ID
from tests.support.paper_hq import PaperHq

SALT = "salt"
CODE = "ABCD-EFGH-JKLM"
COUPON_ID = account_id_of(ValueKind.COUPON, value_key(ValueKind.COUPON, CODE))
OWN_ID = "own-coupon"
LI = MemberRow(
    member_id="M1",
    name="Ms Li",
    phone_tail="5678",
    keys=(member_key(SALT, "C-1"), member_key(SALT, "13912345678"), member_key(SALT, "04 a2-B1")),
    tier="gold",
    groups=("gold",),
    birthday="01-01",
    note="Likes oat milk",
    points=500,
    points_as_of_ms=5,
    coupons=(HeldCoupon(coupon_id=OWN_ID, promotion_id="P7", tail="OWN1"),),
)
WU = MemberRow(member_id="M2", name="Mr Wu", phone_tail="5678", keys=(member_key(SALT, "C-2"),))
POLICY = MemberPolicyRow(
    salt=SALT,
    believe_seconds=3_600,
    points_per_unit=100,
    allowances=(
        ValueAllowance(value_kind="gift_card", per_transaction=5_000, per_account_day=6_000, per_outage=8_000),
        ValueAllowance(value_kind="points", per_transaction=200, per_account_day=200, per_outage=200),
        ValueAllowance(value_kind="coupon", per_transaction=1, per_account_day=1, per_outage=2),
    ),
)
OFF = Coupon(promotion_id="P7", revision=1, name="50 off", starts_ms=0, off_minor=50)


class Offers:
    """One coupon promotion is on."""

    bundle = Bundle.of([OFF])

    def current(self) -> Bundle:
        return self.bundle

    def by_hash(self, _bundle_hash: str) -> Bundle | None:
        return None


class MemberCounter(Counter):
    """A counter with headquarters on paper and one coupon promotion."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.hq = PaperHq()

    async def start(self) -> None:
        await super().start()
        self.desk = replace(self.desk, headquarters=self.hq, offers=Offers())
        self.till = Till(self.desk, await restore(self.desk, self.setup), Quiet(), boot_number=self.boots)

    async def know(self, *rows: MemberRow | MemberPolicyRow) -> None:
        """The member feed brings rows."""

        def run(tx: Tx) -> None:
            for row in rows:
                put_row(tx, member_feed(STORE_ID), row.key(), encode_row(row), Applied())

        await self.store.write(run)

    async def heard(self) -> None:
        """Headquarters was heard just now."""
        await self.store.write(lambda tx: cache.hear(tx, self.clock.now_ms()))

    def taker(self, kind: ValueKind) -> StoredValue:
        return StoredValue(kind, STORE_ID, self.store, self.hq, self.clock, self.desk.ids)


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[MemberCounter]:
    counter = MemberCounter(tmp_path)
    await counter.start()
    await counter.open()
    await counter.know(LI, WU, POLICY)
    await counter.feed(
        PriceRow(item_id=MILK, revision=900, price_minor=99, effective_from_ms=0, customer_group="gold", book_id="gold")
    )
    yield counter
    counter.stop()


async def test_a_member_brings_prices_coupons_and_a_word_for_the_cashier(till: MemberCounter) -> None:
    till.hq.members["C-1"] = [LI]
    till.hq.coupons[OWN_ID] = "P7"
    await till.ok(Scan(code=MILK_CODE))
    full_minor = till.till.state().total_minor
    state = (await till.ok(SetMember(code="C-1"))).state
    assert state.member is not None
    assert (state.member.name, state.member.note, state.member.fresh) == ("Ms Li", "Likes oat milk", True)
    assert state.lines[0].price_reason == "member"
    assert state.lines[0].unit_price_minor == 99 < full_minor
    assert [(each.used, each.reserved, each.code) for each in state.coupons] == [(True, True, "…OWN1")]
    assert state.total_minor == 49
    state = (await till.ok(ClearMember())).state
    assert (state.member, state.coupons, state.total_minor) == (None, (), full_minor)
    assert state.lines[0].price_reason == "list"
    assert till.hq.held == {}


async def test_who_shares_the_last_digits_is_asked_for(till: MemberCounter) -> None:
    till.hq.members["5678"] = [LI, WU]
    till.hq.members["M2"] = [WU]
    state = (await till.ok(SetMember(code="5678"))).state
    assert [(each.member_id, each.phone_tail) for each in state.member_choices] == [("M1", "5678"), ("M2", "5678")]
    assert state.member is None
    state = (await till.ok(SetMember(code="5678", member_id="M2"))).state
    assert state.member_choices == ()
    assert state.member is not None
    assert state.member.member_id == "M2"
    assert await till.refused(SetMember(code="nobody")) == "member_unknown"


@pytest.mark.parametrize("said", ["C-1", "c-1", "139 1234 5678", "04:A2:B1"])
async def test_without_headquarters_the_box_knows_them_for_a_while(till: MemberCounter, said: str) -> None:
    await till.heard()
    till.hq.reachable = False
    till.clock.advance(3_599_000)
    await till.ok(Scan(code=MILK_CODE))
    state = (await till.ok(SetMember(code=said))).state
    assert state.member is not None
    assert (state.member.fresh, state.member.believed, state.member.points) == (False, True, 500)
    assert state.lines[0].unit_price_minor == 99
    assert [each.reserved for each in state.coupons] == [False]
    assert await till.refused(SetMember(code="0000")) == "member_unknown_offline"


async def test_what_is_too_old_gives_no_price_and_says_so(till: MemberCounter) -> None:
    await till.heard()
    till.hq.reachable = False
    till.clock.advance(3_601_000)
    await till.ok(Scan(code=MILK_CODE))
    full_minor = till.till.state().total_minor
    state = (await till.ok(SetMember(code="C-1"))).state
    assert state.member is not None
    assert (state.member.believed, state.member.groups, state.member.points) == (False, (), 0)
    assert (state.total_minor, state.coupons) == (full_minor, ())


async def test_a_member_is_forgotten_with_their_row(till: MemberCounter) -> None:
    await till.heard()
    till.hq.reachable = False
    await till.know(replace_keys(LI))
    assert await till.refused(SetMember(code="C-1")) == "member_unknown_offline"
    await till.ok(SetMember(code="NEW"))
    await till.ok(AbandonSale())
    await till.store.write(lambda tx: delete_row(tx, member_feed(STORE_ID), "member/M1", Applied()))
    assert await till.refused(SetMember(code="NEW")) == "member_unknown_offline"


def replace_keys(row: MemberRow) -> MemberRow:
    return MemberRow(member_id=row.member_id, name=row.name, keys=(member_key(SALT, "NEW"),))


async def test_a_coupon_is_set_aside_and_goes_back(till: MemberCounter) -> None:
    till.hq.coupons[COUPON_ID] = "P7"
    await till.ok(Scan(code=MILK_CODE))
    full_minor = till.till.state().total_minor
    state = (await till.ok(AddCoupon(code=CODE))).state
    assert [(each.code, each.used, each.reserved) for each in state.coupons] == [("…JKLM", True, True)]
    assert state.total_minor == full_minor - 50
    assert await till.refused(AddCoupon(code=CODE.lower())) == "coupon_twice"
    assert await till.refused(AddCoupon(code="WRONG-CODE")) == "coupon_unknown"
    assert await till.refused(DropCoupon(code="WRONG-CODE")) == "coupon_not_there"
    state = (await till.ok(DropCoupon(code=state.coupons[0].coupon_id))).state
    assert (state.coupons, state.total_minor) == ((), full_minor)
    assert isinstance(till.hq.asked[-1], ReleaseValue)
    assert CODE not in repr(till.hq.asked), "a code never travels in plain"


async def test_the_sale_names_the_coupon_and_lets_go_of_the_others(till: MemberCounter) -> None:
    till.hq.coupons = {COUPON_ID: "P7", OWN_ID: "P7"}
    till.hq.members["C-1"] = [LI]
    await till.ok(Scan(code=MILK_CODE))
    await till.ok(SetMember(code="C-1"))
    await till.ok(AddCoupon(code=CODE))
    await till.ok(PayCash(tendered_minor=10_000))
    sale = till.sales()[0]
    used = {coupon.coupon_id for coupon in sale.coupons}
    assert sale.member_id == "M1"
    assert used
    assert {key for key, _ in till.hq.held.values()} == used, "what was not used went back"
    assert all(coupon.reservation_id for coupon in sale.coupons)


async def test_an_abandoned_sale_gives_everything_back(till: MemberCounter) -> None:
    till.hq.coupons[COUPON_ID] = "P7"
    await till.ok(Scan(code=MILK_CODE))
    await till.ok(AddCoupon(code=CODE))
    assert till.hq.held
    await till.ok(AbandonSale())
    assert till.hq.held == {}


async def test_a_coupon_of_nobody_needs_headquarters(till: MemberCounter) -> None:
    till.hq.reachable = False
    await till.ok(Scan(code=MILK_CODE))
    assert await till.refused(AddCoupon(code=CODE)) == "coupon_offline"


async def test_alone_a_coupon_is_taken_once_a_day(till: MemberCounter) -> None:
    """Also after the sale: the count is in the store database, for all tills of the box."""
    await till.heard()
    till.hq.reachable = False
    for coupons in (1, 0):
        till.clock.advance(1_000)
        await till.ok(Scan(code=MILK_CODE))
        state = (await till.ok(SetMember(code="C-1"))).state
        assert len(state.coupons) == coupons
        await till.ok(PayCash(tendered_minor=10_000))
    assert [len(sale.coupons) for sale in till.sales()] == [1, 0]
    assert till.sales()[0].coupons[0].reservation_id == ""


async def test_a_gift_card_is_sold_under_its_right(till: MemberCounter) -> None:
    await till.ok(Scan(code=MILK_CODE))
    milk_minor = till.till.state().total_minor
    state = (await till.ok(SellGiftCard(code="6001-2345", amount_minor=5_000))).state
    assert (state.lines[-1].line_kind, state.lines[-1].net_minor, state.total_minor) == (
        "gift_card",
        5_000,
        milk_minor + 5_000,
    )
    assert await till.refused(SellGiftCard(code="60012345", amount_minor=100)) == "card_twice"
    assert await till.refused(SellGiftCard(code="1", amount_minor=100)) == "card_number"
    assert await till.refused(SellGiftCard(code="6001-9999", amount_minor=0)) == "amount_invalid"
    await till.ok(PayCash(tendered_minor=10_000))
    line = till.sales()[0].lines[-1]
    assert line.reference == f"{value_key(ValueKind.GIFT_CARD, '60012345')}:2345"
    assert "60012345" not in repr(till.sales()[0])


def order(attempt_id: str, amount_minor: int, *, member_id: str = "", reverses_id: str = "", sale: str = "s1") -> Order:
    return Order(
        attempt_id=attempt_id,
        method="gift_card",
        amount_minor=amount_minor,
        currency="EUR",
        code="6001-2345",
        code_key=value_key(ValueKind.GIFT_CARD, "6001-2345"),
        sale_id=sale,
        till_id="1",
        member_id=member_id,
        reverses_id=reverses_id,
    )


async def test_a_gift_card_pays_and_an_enquiry_takes_nothing_more(till: MemberCounter) -> None:
    taker = till.taker(ValueKind.GIFT_CARD)
    key = value_key(ValueKind.GIFT_CARD, "6001-2345")
    assert await taker.ask(order("a0", 100)) == Declined("There is no such card, or it was never loaded.")
    till.hq.money[key] = 1_000
    assert await taker.ask(order("a1", 700)) == Approved(700, "r-a1", "2345")
    assert await taker.enquire(order("a1", 700)) == Approved(700, "r-a1", "2345")
    assert await taker.ask(order("a2", 400)) == Declined("Not enough is left: 300.")
    given = await taker.ask(order("a3", -700, reverses_id="a1"))
    assert isinstance(given, Approved)
    assert (given.amount_minor, till.hq.money[key]) == (-700, 1_000)


async def test_alone_a_gift_card_pays_within_three_limits(till: MemberCounter) -> None:
    await till.heard()
    till.hq.reachable = False
    till.clock.advance(10_000)
    first, second = till.taker(ValueKind.GIFT_CARD), till.taker(ValueKind.GIFT_CARD)
    assert first.view().limit_minor == 5_000
    approved = await first.ask(order("a1", 5_000))
    assert approved == Approved(5_000, f"{value_key(ValueKind.GIFT_CARD, '60012345')}:2345", "2345")
    assert await first.enquire(order("a1", 5_000)) == approved
    assert isinstance(await first.ask(order("a2", 1)), Declined), "of the sale"
    assert isinstance(await second.ask(order("a3", 1_001, sale="s2")), Declined), "of the card's day, at another till"
    assert isinstance(await second.ask(order("a4", 1_000, sale="s2")), Approved)
    other = replace(order("a5", 2_001, sale="s3"), code_key="k" * 64, code="")
    assert isinstance(await second.ask(other), Declined), "of the outage"
    assert isinstance(await second.ask(replace(other, amount_minor=2_000, attempt_id="a6")), Approved)
    await first.ask(order("a7", -1_000, reverses_id="a4"))
    assert isinstance(await second.ask(order("a8", 1_000, sale="s4")), Approved), "given back, it may be taken again"
    till.clock.advance(1_000)
    await till.heard()
    assert isinstance(await second.ask(replace(other, attempt_id="a9", sale_id="s5")), Approved), "a new outage"


async def test_points_pay_and_alone_no_more_than_is_known(till: MemberCounter) -> None:
    taker = till.taker(ValueKind.POINTS)
    till.hq.money["M1"] = 500
    assert await taker.ask(order("a1", 150, member_id="M1")) == Approved(150, "r-a1", "2345", 150)
    await till.heard()
    till.hq.reachable = False
    till.clock.advance(1_000)
    assert isinstance(await taker.ask(order("a2", 201, member_id="M1")), Declined)
    alone = await taker.ask(order("a3", 200, member_id="M1"))
    assert isinstance(alone, Approved)
    assert (alone.units, alone.reference) == (200, "")
    assert isinstance(await taker.ask(order("a4", 1, member_id="M2", sale="s2")), Declined), "Mr Wu has none"


async def test_coupons_are_asked_for_by_id_for_their_owner(till: MemberCounter) -> None:
    till.hq.members["C-1"] = [LI]
    till.hq.coupons[OWN_ID] = "P7"
    await till.ok(SetMember(code="C-1"))
    asked = [question for question in till.hq.asked if isinstance(question, ReserveCoupon)]
    assert [(question.coupon_id, question.member_id) for question in asked] == [(OWN_ID, "M1")]


async def test_what_is_left_on_a_gift_card_is_told_until_the_next_command(till: MemberCounter) -> None:
    till.hq.money[value_key(ValueKind.GIFT_CARD, "GC-0001-0001")] = 4_300
    card = (await till.ok(AskGiftCard(code=" GC-0001-0001 "))).state.card
    assert card is not None
    assert (card.tail, card.balance_minor) == ("0001", 4_300)
    assert (await till.ok(Scan(code=MILK_CODE))).state.card is None
    assert await till.refused(AskGiftCard(code="short")) == "card_number"
    assert await till.refused(AskGiftCard(code="GC-9999-9999")) == "value_unknown"
    till.hq.reachable = False
    assert await till.refused(AskGiftCard(code="GC-0001-0001")) == "balance_offline"


@pytest.mark.parametrize("reachable", [True, False])
async def test_the_receipt_tells_the_balance_of_points_when_headquarters_was_asked(
    till: MemberCounter, reachable: bool
) -> None:
    till.hq.members["C-1"] = [LI]
    await till.heard()
    till.hq.reachable = reachable
    await till.ok(Scan(code=MILK_CODE, quantity=3))
    await till.ok(SetMember(code="C-1"))
    await till.ok(PayCash(tendered_minor=10_000))
    ((document,),) = till.store.reader().execute("SELECT document FROM print_job").fetchall()
    printed = as_text(msgspec.json.decode(document, type=ReceiptDocument))
    assert "Points earned" in printed
    (sale,) = till.sales()
    balance = [line for line in printed.splitlines() if "Points balance" in line]
    assert [line.split()[-1] for line in balance] == ([str(500 + sale.points_earned)] if reachable else [])
