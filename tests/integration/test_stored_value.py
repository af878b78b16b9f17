"""Stored value at headquarters, at a real database: races, one booking a fact, soonest-ending lots first, clashes listed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
from msgspec import structs

from cloud.clock import SystemClock, SystemRandom
from cloud.db.pool import Database, Scope
from cloud.members import keeper as told
from cloud.members import service
from cloud.members.domain import Member
from cloud.stored_value import keeper, ledger
from cloud.stored_value.domain import RESERVATION_MS, Place, What
from cloud.stored_value.ledger import NewAccount
from protocols.contract.facts import FactBody
from protocols.contract.questions import (
    Answer,
    AskBalance,
    Balance,
    CouponReserved,
    FindMember,
    MembersFound,
    Question,
    QuestionRefused,
    ReleaseValue,
    ReserveCoupon,
    ReserveValue,
    ValueKind,
    ValueReleased,
    ValueReserved,
    card_reference,
    decode_answer,
    encode_question,
    value_key,
)
from protocols.contract.sale_parts import Tender, UsedCoupon
from protocols.contract.till_facts import GoodsReturned, SaleClosed
from tests.support.hq_ground import GroundDatabase, HqPki
from tests.support.hq_ingest import HttpsDoor, add_store, edge_api, hq_settings, https
from tests.support.hq_store import SimStore, StoreMemory

CARD = value_key(ValueKind.GIFT_CARD, "6001-2345")
COUPON = value_key(ValueKind.COUPON, "ABCD-EFGH-JKLM")
NOW = 1_800_000_000_000


@dataclass
class Hq:
    """Headquarters with two stores that ask."""

    database: Database
    doors: dict[str, httpx.AsyncClient]
    asked: int = 0
    numbers: dict[str, int] = field(default_factory=dict)

    async def ask(self, store_id: str, question: Question) -> Answer:
        answer = await self.doors[store_id].post(f"/v1/edge/{store_id}/questions", content=encode_question(question))
        assert answer.status_code == 200, answer.text
        return decode_answer(answer.content)

    async def card(self, *lots: tuple[int, int | None], currency: str = "EUR") -> str:
        async with self.database.transaction(Scope.everything()) as tx:
            new = NewAccount(ValueKind.GIFT_CARD, CARD, "2345", currency=currency)
            account = await ledger.open_account(tx, new, 1)
            for amount, expires_ms in lots:
                await ledger.add_lot(tx, account, amount, Place(1), what=What.ISSUE, origin="hq/test", expires_ms=expires_ms)
        return account.account_id

    async def coupon(self, member_id: str | None = None) -> str:
        async with self.database.transaction(Scope.everything()) as tx:
            new = NewAccount(ValueKind.COUPON, COUPON, "JKLM", promotion_id="P7", member_id=member_id)
            account = await ledger.open_account(tx, new, 1)
            await ledger.add_lot(tx, account, 1, Place(1), what=What.ISSUE, origin="hq/test")
        return account.account_id

    async def rows(self, query: bytes) -> list[tuple[object, ...]]:
        async with self.database.transaction(Scope.everything()) as tx:
            return await (await tx.execute(query)).fetchall()

    async def wrong(self) -> list[tuple[object, ...]]:
        return await self.rows(b"SELECT * FROM value_wrong")

    async def balance(self) -> int:
        answer = await self.ask("S001", AskBalance(question_id="b", value_kind=ValueKind.GIFT_CARD, key=CARD))
        assert isinstance(answer, Balance)
        return answer.free


@pytest.fixture
async def hq(embedded_database: GroundDatabase, hq_pki: HqPki) -> AsyncIterator[Hq]:
    async with embedded_database.open() as app:
        await add_store(app, "S001", pki=hq_pki)
        await add_store(app, "S002", pki=hq_pki)
        async with (
            edge_api(hq_settings(embedded_database, hq_pki)) as url,
            https(url, hq_pki.stores["S001"], hq_pki) as first,
            https(url, hq_pki.stores["S002"], hq_pki) as second,
        ):
            yield Hq(app, {"S001": first, "S002": second})


def of_card(attempt_id: str, amount: int, question_id: str = "", currency: str = "EUR") -> ReserveValue:
    return ReserveValue(
        question_id=question_id or f"q-{attempt_id}",
        value_kind=ValueKind.GIFT_CARD,
        attempt_id=attempt_id,
        sale_id=f"sale-{attempt_id}",
        till_id="1",
        amount=amount,
        currency=currency,
        key=CARD,
    )


def of_coupon(attempt_id: str, member_id: str = "") -> ReserveCoupon:
    return ReserveCoupon(
        question_id=f"q-{attempt_id}",
        attempt_id=attempt_id,
        sale_id=f"sale-{attempt_id}",
        till_id="1",
        key=COUPON,
        member_id=member_id,
    )


async def test_the_last_yuan_of_a_card_goes_to_one_of_many_tills(hq: Hq) -> None:
    await hq.card((100, None))
    wanted = [(store, of_card(f"{store}-{till}", 100)) for till in range(3) for store in ("S001", "S002")]
    answers = await asyncio.gather(*(hq.ask(store, question) for store, question in wanted))
    won = [answer for answer in answers if isinstance(answer, ValueReserved)]
    lost = [answer for answer in answers if isinstance(answer, QuestionRefused)]
    assert (len(won), len(lost)) == (1, 5)
    assert {answer.code for answer in lost} == {"value_short"}
    assert {answer.params["balance"] for answer in lost} == {"0"}
    assert await hq.balance() == 0
    assert await hq.wrong() == []


async def test_the_last_coupon_goes_to_one_of_many_tills(hq: Hq) -> None:
    await hq.coupon()
    wanted = [(store, of_coupon(f"{store}-{till}")) for till in range(3) for store in ("S001", "S002")]
    answers = await asyncio.gather(*(hq.ask(store, question) for store, question in wanted))
    won = [answer for answer in answers if isinstance(answer, CouponReserved)]
    assert len(won) == 1
    assert won[0].promotion_id == "P7"
    assert {answer.code for answer in answers if isinstance(answer, QuestionRefused)} == {"coupon_taken"}


async def test_an_attempt_reserves_once_however_often_it_asks(hq: Hq) -> None:
    await hq.card((500, None))
    question = of_card("a1", 200)
    answers = await asyncio.gather(*(hq.ask("S001", question) for _ in range(4)))
    assert all(answer == answers[0] for answer in answers)
    assert isinstance(answers[0], ValueReserved)
    assert answers[0].left == 300
    again = await hq.ask("S001", of_card("a1", 200, question_id="another"))
    assert isinstance(again, ValueReserved)
    assert again.reservation_id == answers[0].reservation_id
    assert await hq.balance() == 300
    other = await hq.doors["S001"].post("/v1/edge/S001/questions", content=encode_question(of_card("a2", 1, "q-a1")))
    assert (other.status_code, other.json()["code"]) == (409, "question_id_used")
    released = await hq.ask("S001", ReleaseValue(question_id="r1", attempt_id="a1"))
    assert released == ValueReleased(released=200)
    assert await hq.ask("S001", ReleaseValue(question_id="r2", attempt_id="a1")) == ValueReleased(released=0)
    over = await hq.ask("S001", of_card("a1", 200, question_id="late"))
    assert isinstance(over, QuestionRefused)
    assert over.code == "attempt_over"
    assert await hq.balance() == 500
    assert await hq.wrong() == []


async def test_what_is_refused_and_why(hq: Hq) -> None:
    assert (await refused(hq, of_card("a0", 1))).code == "value_unknown"
    account_id = await hq.card((100, 5))  # ended long ago
    assert (await refused(hq, of_card("a1", 1))).params == {"balance": "0"}
    await hq.card((100, None))
    assert (await refused(hq, of_card("a2", 1, currency="CNY"))).params == {"currency": "EUR"}
    async with hq.database.transaction(Scope.everything()) as tx:
        await tx.execute(b"UPDATE value_account SET blocked = true WHERE account_id = %s", (account_id,))
    assert (await refused(hq, of_card("a3", 1))).code == "value_blocked"
    await hq.coupon("M1")
    assert (await refused(hq, of_coupon("c1"))).code == "coupon_of_another"
    assert isinstance(await hq.ask("S002", of_coupon("c2", "M1")), CouponReserved)


async def refused(hq: Hq, question: Question) -> QuestionRefused:
    answer = await hq.ask("S001", question)
    assert isinstance(answer, QuestionRefused), answer
    return answer


async def test_what_ends_soonest_goes_first_and_comes_back_to_its_lot(hq: Hq) -> None:
    account_id = await hq.card((100, NOW + 9000), (100, None), (100, NOW + 1000))
    async with hq.database.transaction(Scope.everything()) as tx:
        account = await ledger.lock_id(tx, account_id)
        assert account is not None
        place = Place(NOW, "S001", "sale-1")
        assert await ledger.consume(tx, account, None, 150, place) == 0
    lots = b"SELECT expires_ms, free FROM value_lot ORDER BY lot_id"
    assert await hq.rows(lots) == [(NOW + 9000, 50), (None, 100), (NOW + 1000, 0)]
    async with hq.database.transaction(Scope.everything()) as tx:
        assert await ledger.restore(tx, account, 70, place) == 0
    assert await hq.rows(lots) == [(NOW + 9000, 100), (None, 100), (NOW + 1000, 20)]
    async with hq.database.transaction(Scope.everything()) as tx:
        assert await ledger.restore(tx, account, 100, place) == 20
    assert await hq.wrong() == []
    await keeper.step(hq.database, NOW + 5000)
    assert await hq.rows(lots) == [(NOW + 9000, 100), (None, 100), (NOW + 1000, 0)]
    assert await hq.wrong() == []


async def test_a_reservation_lets_go_by_itself(hq: Hq) -> None:
    await hq.card((100, None))
    held = await hq.ask("S001", of_card("a1", 100))
    assert isinstance(held, ValueReserved)
    await keeper.step(hq.database, held.expires_ms - 1)
    assert await hq.balance() == 0
    await keeper.step(hq.database, held.expires_ms)
    assert await hq.rows(b"SELECT state FROM value_reservation") == [("expired",)]
    assert await hq.balance() == 100
    assert RESERVATION_MS == 15 * 60_000
    assert await hq.wrong() == []


class Box:
    """A store that reports facts."""

    def __init__(self, hq: Hq, store_id: str) -> None:
        self.hq = hq
        self.store = SimStore(StoreMemory(store_id), SystemClock(), SystemRandom())
        self.store.connect()

    async def report(self, *facts: FactBody) -> None:
        for fact in facts:
            self.store.report(fact)
        await self.store.exchange(HttpsDoor(self.hq.doors[self.store.memory.store_id], self.store.memory.store_id))
        assert self.store.all_acked

    def sale(self, *tenders: Tender, **more: object) -> SaleClosed:
        return structs.replace(self.store.make_sale(), tenders=tenders, **more)

    def returned(self, sale: SaleClosed, *tenders: Tender, **more: object) -> GoodsReturned:
        return GoodsReturned(
            return_id=self.store.ids.new(),
            command_id=self.store.ids.new(),
            store_id=self.store.memory.store_id,
            till_id="1",
            cashier_id="7",
            shift_id="s",
            receipt=sale.receipt,
            currency="EUR",
            tax_mode=sale.tax_mode,
            sale_id=sale.sale_id,
            sold_store_id=sale.store_id,
            policy="prorate",
            lines=(),
            total_minor=0,
            tax_minor=0,
            tenders=tenders,
            **more,  # type: ignore[arg-type]
        )


async def settle(hq: Hq, at_ms: int | None = None) -> None:
    now_ms = SystemClock().now_ms() if at_ms is None else at_ms
    while await keeper.step(hq.database, now_ms):
        pass
    assert await hq.wrong() == []


LOTS = b"SELECT free, held FROM value_lot ORDER BY lot_id"
CLASHES = b"SELECT store_id, sale_id, value_kind, short, why FROM stored_value_clash ORDER BY clash_id"


async def member(hq: Hq, member_id: str = "M1") -> None:
    async with hq.database.transaction(Scope.everything()) as tx:
        await service.put(tx, new_member(member_id), keep_phone=False)


def new_member(member_id: str) -> Member:
    return Member(
        member_id,
        "S001",
        "Ms Li",
        "13912345678",
        "5678",
        "C-1",
        ["04A2B1"],
        "gold",
        ["gold"],
        "",
        "",
        False,
        True,
        True,
        1,
        1,
    )


async def test_a_sale_spends_what_was_set_aside_once(hq: Hq) -> None:
    await hq.card((500, None))
    box = Box(hq, "S001")
    held = await hq.ask("S001", of_card("a1", 300))
    assert isinstance(held, ValueReserved)
    sale = box.sale(Tender(kind="gift_card", amount_minor=300, reference=held.reservation_id, attempt_id="a1"))
    await box.report(sale)
    await asyncio.gather(*(keeper.step(hq.database, SystemClock().now_ms()) for _ in range(3)))
    await settle(hq)
    assert await hq.rows(LOTS) == [(200, 0)]
    assert await hq.rows(b"SELECT state FROM value_reservation") == [("consumed",)]
    assert await hq.ask("S001", ReleaseValue(question_id="r", attempt_id="a1")) == ValueReleased(released=0)
    async with hq.database.transaction(Scope.everything()) as tx:  # noted again, as after a reprojection
        await tx.execute(
            b"INSERT INTO value_due (store_id, what, ref, part) VALUES ('S001', 'tender', %s, 1)", (sale.sale_id,)
        )
    await settle(hq)
    assert await hq.rows(LOTS) == [(200, 0)]
    assert await hq.rows(CLASHES) == []


async def test_a_reservation_that_has_ended_is_spent_all_the_same(hq: Hq) -> None:
    await hq.card((500, None))
    held = await hq.ask("S001", of_card("a1", 300))
    assert isinstance(held, ValueReserved)
    await keeper.step(hq.database, held.expires_ms)
    box = Box(hq, "S001")
    await box.report(box.sale(Tender(kind="gift_card", amount_minor=300, reference=held.reservation_id, attempt_id="a1")))
    await settle(hq)
    assert await hq.rows(LOTS) == [(200, 0)]
    assert await hq.rows(CLASHES) == []


async def test_offline_clashes_are_listed_and_the_sales_stand(hq: Hq) -> None:
    """Two boxes took the same yuan and the same coupon while neither could ask."""
    await hq.card((1_000, None))
    coupon_id = await hq.coupon()
    tender = Tender(kind="gift_card", amount_minor=700, reference=f"{CARD}:2345", attempt_id="offline")
    coupon = UsedCoupon(coupon_id=coupon_id, promotion_id="P7", saved_minor=50)
    boxes = [Box(hq, "S001"), Box(hq, "S002")]
    sales = [box.sale(tender, coupons=(coupon,)) for box in boxes]
    for box, sale in zip(boxes, sales, strict=True):
        await box.report(sale)
    unknown = boxes[0].sale(Tender(kind="gift_card", amount_minor=5, reference=f"{'f' * 64}:9999", attempt_id="x"))
    await boxes[0].report(unknown)
    await settle(hq)
    assert await hq.rows(b"SELECT count(*) FROM visible_sale") == [(3,)]
    assert sorted(await hq.rows(CLASHES), key=str) == sorted(
        [
            ("S002", sales[1].sale_id, "gift_card", 400, "overdrawn"),
            ("S002", sales[1].sale_id, "coupon", 1, "used_before"),
            ("S001", unknown.sale_id, "gift_card", 5, "unknown"),
        ],
        key=str,
    )
    assert await hq.balance() == 0


async def test_points_are_earned_spent_restored_and_taken_back(hq: Hq) -> None:
    await member(hq)
    box = Box(hq, "S001")
    first = box.sale(Tender(kind="cash", amount_minor=77_400), member_id="M1", points_earned=774)
    await box.report(first)
    await settle(hq)
    assert await hq.rows(b"SELECT points FROM member") == [(774,)]
    spent = box.sale(Tender(kind="points", amount_minor=700, units=700, attempt_id="p1"), member_id="M1", points_earned=3)
    await box.report(spent)
    await settle(hq)
    assert await hq.rows(b"SELECT points FROM member") == [(77,)]
    given = Tender(kind="points", amount_minor=300, units=300)
    await box.report(box.returned(spent, given, points_given_back=300, points_taken_back=1, member_id="M1"))
    await settle(hq)
    assert await hq.rows(b"SELECT free FROM value_lot ORDER BY lot_id") == [(374,), (2,)], "into the lot they came from"
    await box.report(box.returned(first, Tender(kind="cash", amount_minor=77_400), points_taken_back=774, member_id="M1"))
    await settle(hq)
    assert await hq.rows(b"SELECT owed FROM value_account") == [(398,)], "spent already: the next points pay it"
    await box.report(box.sale(Tender(kind="cash", amount_minor=50_000), member_id="M1", points_earned=500))
    await settle(hq)
    assert await hq.rows(b"SELECT owed FROM value_account") == [(0,)]
    assert await hq.rows(b"SELECT points FROM member") == [(102,)]
    assert await hq.rows(b"SELECT store_id, member_id FROM member_visit") == [("S001", "M1")]


async def test_a_return_that_comes_before_its_sale_waits_for_it(hq: Hq) -> None:
    await member(hq)
    seller, other = Box(hq, "S001"), Box(hq, "S002")
    await seller.report()
    sale = seller.sale(Tender(kind="cash", amount_minor=100), member_id="M1", points_earned=10)
    await other.report(other.returned(sale, Tender(kind="cash", amount_minor=40), points_taken_back=4, member_id="M1"))
    await settle(hq)
    assert await hq.rows(b"SELECT points FROM member") == [(0,)]
    await seller.report(sale)
    for later_ms in (10_000, 60_000):  # the sale is booked, then what waited for it
        await settle(hq, SystemClock().now_ms() + later_ms)
    assert await hq.rows(b"SELECT points FROM member") == [(6,)]


async def test_a_gift_card_is_sold_spent_and_gets_its_money_back(hq: Hq) -> None:
    box = Box(hq, "S001")
    sold = box.store.make_sale()
    line = structs.replace(
        sold.lines[0], line_kind="gift_card", item_id="gift_card", net_minor=2_000, reference=card_reference("6001-2345")
    )
    await box.report(structs.replace(sold, lines=(line, *sold.lines[1:])))
    await settle(hq)
    assert await hq.balance() == 2_000
    held = await hq.ask("S002", of_card("a1", 1_500))
    assert isinstance(held, ValueReserved)
    other = Box(hq, "S002")
    sale = other.sale(Tender(kind="gift_card", amount_minor=1_500, reference=held.reservation_id, attempt_id="a1"))
    await other.report(sale)
    await settle(hq)
    assert await hq.balance() == 500
    await other.report(other.returned(sale, Tender(kind="gift_card", amount_minor=600)))
    await settle(hq)
    assert await hq.rows(LOTS) == [(1_100, 0)], "the same lot"
    await other.report(other.returned(sale, Tender(kind="gift_card", amount_minor=1_000)))
    await settle(hq)
    assert await hq.rows(LOTS) == [(2_000, 0), (100, 0)], "more than it had paid: a lot of its own"


async def test_of_two_cards_the_one_of_the_tender_gets_its_money_back(hq: Hq) -> None:
    other = value_key(ValueKind.GIFT_CARD, "7777-7777")
    await hq.card((500, None))
    async with hq.database.transaction(Scope.everything()) as tx:
        account = await ledger.open_account(tx, NewAccount(ValueKind.GIFT_CARD, other, "7777", currency="EUR"), 1)
        await ledger.add_lot(tx, account, 500, Place(1), what=What.ISSUE, origin="hq/test")
    box = Box(hq, "S001")
    tenders = []
    for attempt_id, key in (("a1", CARD), ("a2", other)):
        held = await hq.ask("S001", structs.replace(of_card(attempt_id, 300), key=key))
        assert isinstance(held, ValueReserved)
        tenders.append(Tender(kind="gift_card", amount_minor=300, reference=held.reservation_id, attempt_id=attempt_id))
    sale = box.sale(*tenders)
    await box.report(sale)
    await box.report(box.returned(sale, structs.replace(tenders[1], amount_minor=200)))
    for later_ms in (0, 10_000):
        await settle(hq, SystemClock().now_ms() + later_ms)
    assert await hq.rows(LOTS) == [(200, 0), (400, 0)]


async def test_a_tender_given_back_in_part_within_the_sale(hq: Hq) -> None:
    await hq.card((500, None))
    box = Box(hq, "S001")
    held = await hq.ask("S001", of_card("a1", 300))
    assert isinstance(held, ValueReserved)
    paid = Tender(kind="gift_card", amount_minor=300, reference=held.reservation_id, attempt_id="a1")
    back = Tender(kind="gift_card", amount_minor=-100, attempt_id="a2")
    await box.report(box.sale(paid, back))
    await settle(hq)
    assert await hq.balance() == 300


async def test_training_spends_nothing(hq: Hq) -> None:
    await hq.card((500, None))
    box = Box(hq, "S001")
    await box.report(box.sale(Tender(kind="gift_card", amount_minor=300, reference=f"{CARD}:2345"), training=True))
    await settle(hq)
    assert await hq.balance() == 500


async def test_a_member_is_found_and_the_stores_are_told(hq: Hq) -> None:
    await member(hq)
    await hq.coupon("M1")
    for said in ("C-1", "5678", "139 1234 5678", "04:a2:b1"):
        found = await hq.ask("S002", FindMember(question_id="f", code=said))
        assert isinstance(found, MembersFound)
        assert [(row.member_id, row.name, len(row.coupons)) for row in found.members] == [("M1", "Ms Li", 1)], said
        assert "13912345678" not in repr(found)
    assert await hq.ask("S002", FindMember(question_id="f", code="678")) == MembersFound()
    now_ms = SystemClock().now_ms()
    assert await told.publish(hq.database, now_ms) == 1
    feeds = b"SELECT feed_id, key FROM feed_row WHERE feed_id LIKE 'store/%/member' ORDER BY feed_id, key"
    policies = [("store/S001/member", "member_policy"), ("store/S002/member", "member_policy")]
    assert await hq.rows(feeds) == [("store/S001/member", "member/M1"), *policies]
    box = Box(hq, "S002")
    await box.report(box.sale(Tender(kind="cash", amount_minor=1), member_id="M1", points_earned=1))
    await settle(hq)
    await told.publish(hq.database, now_ms)
    assert ("store/S002/member", "member/M1") in await hq.rows(feeds), "she shopped there"
    await told.forget(hq.database, now_ms + 91 * 86_400_000)
    assert ("store/S002/member", "member/M1") not in await hq.rows(feeds)
    assert ("store/S001/member", "member/M1") in await hq.rows(feeds), "at home she stays"
    bodies = await hq.rows(b"SELECT convert_from(body, 'UTF8') FROM feed_row WHERE key = 'member/M1'")
    assert "13912345678" not in repr(bodies)
