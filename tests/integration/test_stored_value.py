"""Stored value at headquarters, at a real database: races, one booking a fact, soonest-ending lots first, clashes listed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest

from cloud.db.pool import Database, Scope
from cloud.stored_value import keeper, ledger
from cloud.stored_value.domain import RESERVATION_MS, Place, What
from cloud.stored_value.ledger import NewAccount
from protocols.contract.questions import (
    Answer,
    AskBalance,
    Balance,
    CouponReserved,
    Question,
    QuestionRefused,
    ReleaseValue,
    ReserveCoupon,
    ReserveValue,
    ValueKind,
    ValueReleased,
    ValueReserved,
    decode_answer,
    encode_question,
    value_key,
)
from tests.support.hq_ground import GroundDatabase, HqPki
from tests.support.hq_ingest import add_store, edge_api, hq_settings, https

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
