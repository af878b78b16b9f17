"""Two tills reach for the last unit: what stands is the store's policy, and what was sold beyond the records is counted."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.checkout.ports import Quiet
from edge.checkout.session import TillSetup
from edge.checkout.till import Till, restore
from edge.stock import last_unit
from edge.stock.service import StockService, balances
from protocols.contract.facts import GoodsReceived, ReceivedLine
from protocols.contract.feed_rows import StoreRow
from protocols.contract.till import TillAnswer, TillCommand, TillRequest
from protocols.contract.till_basket import AbandonSale, HoldSale, RecallSale, Scan, SetQuantity, VoidLine
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_payment import PayCash
from protocols.contract.till_rules import NegativeStock, TillRules
from protocols.contract.values import Place
from tests.support.counter import Counter
from tests.support.goods import ANN, BREAD, BREAD_CODE, MILK_CODE, PIN
from tests.support.till_goods import PHONE, PHONE_GTIN, goods


def phone_code(serial: str) -> str:
    return f"(01){PHONE_GTIN}(21){serial}"


class Shop:
    """Two tills of one box, their workers running."""

    def __init__(self, counter: Counter, tills: list[Till]) -> None:
        self.counter, self.tills = counter, tills
        self.workers = [asyncio.create_task(till.run()) for till in tills]

    async def policy(self, rule: NegativeStock) -> None:
        rows = [row for row in goods() if isinstance(row, StoreRow)]
        await self.counter.feed(*(_with(row, rule) for row in rows))

    async def receive(self, item_id: str, pieces: int) -> None:
        service = StockService(self.counter.store, self.counter.desk.journal, self.counter.clock)
        line = ReceivedLine(line_no=1, item_id=item_id, quantity_thousandths=pieces * 1000)
        fact = GoodsReceived(receipt_id=str(uuid.uuid4()), place=Place.SALES_FLOOR, how="scan", staff_id=ANN, lines=(line,))
        assert await service.receive(fact)

    async def ask(self, till: int, command: TillCommand) -> TillAnswer:
        return await self.tills[till].ask(TillRequest(id=str(uuid.uuid4()), command=command))

    async def ok(self, till: int, command: TillCommand) -> TillAnswer:
        answer = await self.ask(till, command)
        assert answer.ok, answer.reason
        return answer

    async def refused(self, till: int, command: TillCommand) -> str:
        answer = await self.ask(till, command)
        assert answer.reason is not None, "it was not refused"
        return answer.reason.code

    def on_hand(self, item_id: str) -> int:
        return sum(each.on_hand_thousandths for each in balances(self.counter.store.reader(), item_id))

    def to_count(self) -> list[str]:
        return [task.item_id for task in last_unit.count_tasks(self.counter.store.reader())]


def _with(row: StoreRow, rule: NegativeStock) -> StoreRow:
    return StoreRow(
        store_id=row.store_id,
        name=row.name,
        zone=row.zone,
        time_zone=row.time_zone,
        till_rules=TillRules(negative_stock=rule),
    )


async def _opened(counter: Counter, till_id: str) -> Till:
    till = Till(counter.desk, await restore(counter.desk, TillSetup(till_id=till_id)), Quiet(), boot_number=counter.boots)
    if till.state().mode == "login":
        for command in (Login(staff_id=ANN, pin=PIN), OpenShift(float_minor=0)):
            answer = await till.handle(TillRequest(id=str(uuid.uuid4()), command=command))
            assert answer.ok, answer.reason
    return till


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    counter = Counter(tmp_path, rows=goods())
    await counter.start()
    here = Shop(counter, [await _opened(counter, "a"), await _opened(counter, "b")])
    yield here
    for worker in here.workers:
        worker.cancel()
    await asyncio.gather(*here.workers, return_exceptions=True)
    counter.stop()


async def both_buy(shop: Shop, code: str) -> list[bool]:
    """Both tills scan at once; who may, pays."""
    scans = await asyncio.gather(*(shop.ask(till, Scan(code=code)) for till in (0, 1)))
    for till, scan in enumerate(scans):
        if scan.ok:
            await shop.ok(till, PayCash(tendered_minor=100_000))
    return [scan.ok for scan in scans]


async def test_refuse_exactly_one_till_sells_the_last_unit(shop: Shop) -> None:
    await shop.policy("refuse")
    await shop.receive(BREAD, 1)
    assert sorted(await both_buy(shop, BREAD_CODE)) == [False, True]
    assert shop.on_hand(BREAD) == 0
    assert not shop.to_count()
    assert await both_buy(shop, BREAD_CODE) == [False, False]


async def test_refuse_exactly_one_till_sells_a_serial_number(shop: Shop) -> None:
    await shop.policy("refuse")
    await shop.receive(PHONE, 2)
    assert sorted(await both_buy(shop, phone_code("SN-1"))) == [False, True]
    assert shop.on_hand(PHONE) == 1000


async def test_a_serial_number_in_another_basket_is_refused_whatever_the_policy(shop: Shop) -> None:
    await shop.ok(0, Scan(code=phone_code("SN-2")))
    assert await shop.refused(1, Scan(code=phone_code("SN-2"))) == "serial_elsewhere"
    await shop.ok(1, Scan(code=phone_code("SN-2"), why="misread at the other till"))


@pytest.mark.parametrize("rule", ["allow", "warn"])
async def test_allow_and_warn_both_sales_stand_and_the_item_is_to_be_counted(shop: Shop, rule: NegativeStock) -> None:
    await shop.policy(rule)
    await shop.receive(BREAD, 1)
    assert await both_buy(shop, BREAD_CODE) == [True, True]
    assert shop.on_hand(BREAD) == -1000
    assert shop.to_count() == [BREAD]
    await shop.receive(BREAD, 1)
    assert not shop.to_count(), "the records are possible again"


async def test_warn_says_so_at_the_line_and_allow_does_not(shop: Shop) -> None:
    await shop.policy("warn")
    await shop.receive(BREAD, 2)
    await shop.ok(0, Scan(code=BREAD_CODE))
    first = await shop.ok(1, Scan(code=BREAD_CODE))
    assert [line.beyond_stock for line in first.state.lines] == [False]
    second = await shop.ok(1, Scan(code=BREAD_CODE))
    assert [line.beyond_stock for line in second.state.lines] == [True]
    less = await shop.ok(1, SetQuantity(line_no=1, quantity=1))
    assert [line.beyond_stock for line in less.state.lines] == [False]
    await shop.policy("allow")
    more = await shop.ok(1, SetQuantity(line_no=1, quantity=9))
    assert [line.beyond_stock for line in more.state.lines] == [False]


async def test_what_was_never_recorded_is_no_task(shop: Shop) -> None:
    await both_buy(shop, BREAD_CODE)
    await both_buy(shop, BREAD_CODE)
    assert shop.on_hand(BREAD) == -4000
    assert not shop.to_count()


async def test_a_basket_frees_what_it_gives_up(shop: Shop) -> None:
    await shop.policy("refuse")
    await shop.receive(BREAD, 1)
    await shop.receive(BREAD, 1)
    await shop.ok(0, Scan(code=BREAD_CODE, quantity=2))
    assert await shop.refused(1, Scan(code=BREAD_CODE)) == "not_on_hand"
    await shop.ok(0, SetQuantity(line_no=1, quantity=1))
    await shop.ok(1, Scan(code=BREAD_CODE))
    assert await shop.refused(0, SetQuantity(line_no=1, quantity=2)) == "not_on_hand"
    await shop.ok(1, VoidLine(line_no=1))
    await shop.ok(0, SetQuantity(line_no=1, quantity=2))
    await shop.ok(0, AbandonSale())
    await shop.ok(1, Scan(code=BREAD_CODE, quantity=2))


async def test_a_basket_on_hold_keeps_its_goods(shop: Shop) -> None:
    await shop.policy("refuse")
    await shop.receive(BREAD, 1)
    held = await shop.ok(0, Scan(code=BREAD_CODE))
    await shop.ok(0, HoldSale())
    assert await shop.refused(1, Scan(code=BREAD_CODE)) == "not_on_hand"
    assert held.state.sale_id is not None
    await shop.ok(1, RecallSale(sale_id=held.state.sale_id))
    assert await shop.refused(0, Scan(code=BREAD_CODE)) == "not_on_hand"
    await shop.ok(1, PayCash(tendered_minor=100_000))
    assert shop.on_hand(BREAD) == 0


async def test_a_person_may_let_one_more_pass_and_no_second(shop: Shop) -> None:
    await shop.policy("refuse")
    await shop.receive(BREAD, 1)
    await shop.ok(0, Scan(code=BREAD_CODE))
    let = await shop.ok(0, Scan(code=BREAD_CODE, why="here it is"))
    assert [line.overrides for line in let.state.lines] == [(), ("not_on_hand",)]
    assert await shop.refused(0, Scan(code=BREAD_CODE)) == "not_on_hand"
    assert await shop.refused(0, SetQuantity(line_no=2, quantity=2)) == "quantity_fixed"
    await shop.ok(0, PayCash(tendered_minor=100_000))
    assert (shop.on_hand(BREAD), shop.to_count()) == (-1000, [BREAD])


async def test_after_a_restart_the_open_basket_still_has_it(shop: Shop) -> None:
    await shop.policy("refuse")
    await shop.receive(BREAD, 1)
    await shop.ok(0, Scan(code=BREAD_CODE))
    await shop.ok(0, Scan(code=MILK_CODE, why="never recorded"))
    for worker in shop.workers:
        worker.cancel()
    await asyncio.gather(*shop.workers, return_exceptions=True)
    await shop.counter.restart()
    again = Shop(shop.counter, [await _opened(shop.counter, "a"), await _opened(shop.counter, "b")])
    shop.workers = again.workers
    assert await again.refused(1, Scan(code=BREAD_CODE)) == "not_on_hand"
    await again.ok(0, PayCash(tendered_minor=100_000))
    assert again.on_hand(BREAD) == 0


async def test_scans_at_once_never_take_more_than_there_is(shop: Shop) -> None:
    await shop.policy("refuse")
    await shop.receive(BREAD, 5)
    answers = await asyncio.gather(*(shop.ask(number % 2, Scan(code=BREAD_CODE)) for number in range(20)))
    assert sum(answer.ok for answer in answers) == 5
