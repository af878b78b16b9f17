"""Receipts and counts in progress: every command once, kills in between, one fact at the end."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.stock import low
from edge.stock.drafts import Done, DraftService, Kind
from edge.stock.history import counted_at_ms, days, recent_moves
from edge.stock.refusals import StockRefused
from edge.stock.service import StockService, balances
from protocols.contract.facts import CountedLine, GoodsReceived, ReceivedLine, StockCounted, StockMoved
from protocols.contract.till_basket import Scan
from protocols.contract.till_payment import PayCash
from protocols.contract.values import Place
from tests.support.counter import Counter
from tests.support.goods import ANN, APPLES, APPLES_CODE, BREAD, BREAD_CODE, MILK, MILK_CODE, SIX_PACK_CODE

FLOOR, BACK = Place.SALES_FLOOR, Place.BACK_ROOM


class Shop:
    """A counter with drafts; `kill` is a new process on the same files."""

    def __init__(self, folder: Path) -> None:
        self.counter = Counter(folder)

    async def start(self) -> None:
        await self.counter.start()
        self._serve()

    async def kill(self) -> None:
        await self.counter.restart()
        self._serve()

    def _serve(self) -> None:
        self.drafts = DraftService(self.counter.store, self.counter.desk.journal, self.counter.clock)
        self.stock = StockService(self.counter.store, self.counter.desk.journal, self.counter.clock)

    async def stock_of(self, item_id: str, pieces: int) -> None:
        move = StockMoved(
            move_id=f"opening-{item_id}", item_id=item_id, place=FLOOR, quantity_thousandths=pieces * 1000, reason="opening"
        )
        await self.stock.move(move)

    async def sell(self, code: str = MILK_CODE, times: int = 1) -> None:
        if not self.counter.till.state().cashier_id:
            await self.counter.open()
        for _ in range(times):
            await self.counter.ok(Scan(code=code))
        await self.counter.ok(PayCash(tendered_minor=100_000))

    async def scan(self, draft_id: str, code: str, times: int = 1) -> Done:
        return await self.drafts.scan(draft_id, str(uuid.uuid4()), code, times)

    def on_hand(self, item_id: str, place: Place = FLOOR) -> int:
        return {each.place: each.on_hand_thousandths for each in balances(self.counter.store.reader(), item_id)}.get(
            place, 0
        )

    def posted(self) -> list[GoodsReceived | StockCounted]:
        return [fact for fact in self.counter.facts() if isinstance(fact, GoodsReceived | StockCounted)]


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    shop = Shop(tmp_path)
    await shop.start()
    yield shop
    shop.counter.stop()


async def refused(awaitable: object) -> str:
    with pytest.raises(StockRefused) as caught:
        await awaitable  # type: ignore[misc]
    assert caught.value.reason.text
    return caught.value.reason.code


async def test_a_receipt_survives_kills_and_posts_one_fact(shop: Shop) -> None:
    await shop.drafts.open("r-1", Kind.RECEIPT, BACK, "DN 4711", ANN)
    done = await shop.drafts.scan("r-1", "c-1", SIX_PACK_CODE, 2)
    assert (done.item_id, done.added_thousandths) == (MILK, 12_000)
    await shop.kill()
    again = await shop.drafts.scan("r-1", "c-1", SIX_PACK_CODE, 2)
    assert (again.item_id, again.added_thousandths) == (MILK, 12_000), "the answer that got lost"
    await shop.scan("r-1", MILK_CODE)
    assert (await shop.scan("r-1", APPLES_CODE)).added_thousandths == 0, "a weighed item's weight is typed"
    await shop.scan("r-1", BREAD_CODE)
    await shop.drafts.set_quantity("r-1", "c-2", APPLES, 2_350)
    await shop.drafts.remove("r-1", "c-3", BREAD)
    assert shop.on_hand(MILK, BACK) == 0, "nothing is on stock before it is posted"
    await shop.drafts.post("r-1", ANN)
    await shop.kill()
    assert (await shop.drafts.post("r-1", ANN)).state == "posted"
    assert shop.posted() == [
        GoodsReceived(
            receipt_id="r-1",
            place=BACK,
            how="scan",
            reference="DN 4711",
            staff_id=ANN,
            lines=(
                ReceivedLine(line_no=1, item_id=MILK, gtin=SIX_PACK_CODE.rjust(14, "0"), quantity_thousandths=13_000),
                ReceivedLine(line_no=2, item_id=APPLES, quantity_thousandths=2_350),
            ),
        )
    ]
    assert (shop.on_hand(MILK, BACK), shop.on_hand(APPLES, BACK)) == (13_000, 2_350)


async def test_a_count_is_compared_with_the_stock_of_its_moment(shop: Shop) -> None:
    await shop.stock_of(MILK, 10)
    await shop.sell(MILK_CODE)
    await shop.drafts.open("c-1", Kind.COUNT, FLOOR, "", ANN)
    await shop.drafts.set_quantity("c-1", "x-1", MILK, 8_000)
    await shop.sell(MILK_CODE, times=3)
    assert shop.drafts.variance("c-1").lines[0].expected_thousandths == 9_000, "sold after the count: no variance"
    await shop.kill()
    await shop.drafts.post("c-1", ANN)
    await shop.drafts.post("c-1", ANN)
    line = CountedLine(line_no=1, item_id=MILK, expected_thousandths=9_000, counted_thousandths=8_000)
    assert shop.posted() == [StockCounted(count_id="c-1", place=FLOOR, staff_id=ANN, lines=(line,), blind=True)]
    assert shop.on_hand(MILK) == 5_000, "one was missing, three were sold since"
    assert counted_at_ms(shop.counter.store.reader(), MILK) is not None


async def test_the_last_scan_says_what_stands_there_and_tells_that_stock_moved(shop: Shop) -> None:
    await shop.stock_of(MILK, 6)
    await shop.drafts.open("c-1", Kind.COUNT, FLOOR, "", ANN)
    await shop.scan("c-1", MILK_CODE)
    await shop.sell(MILK_CODE)
    draft = (await shop.scan("c-1", MILK_CODE, times=4)).draft
    assert draft.lines[0].moved_meanwhile
    assert shop.drafts.variance("c-1").lines[0].expected_thousandths == 5_000
    again = (await shop.drafts.set_quantity("c-1", "x-2", MILK, 5_000)).draft
    assert not again.lines[0].moved_meanwhile, "counted once more"
    await shop.drafts.post("c-1", ANN)
    assert shop.on_hand(MILK) == 5_000


async def test_two_who_count_one_item_at_once_correct_it_once(shop: Shop) -> None:
    await shop.stock_of(MILK, 10)
    for count in ("c-1", "c-2"):
        await shop.drafts.open(count, Kind.COUNT, FLOOR, "", ANN)
        await shop.drafts.set_quantity(count, f"{count}-x", MILK, 8_000)
    await shop.drafts.post("c-1", ANN)
    await shop.sell(MILK_CODE)
    await shop.drafts.post("c-2", ANN)
    assert shop.on_hand(MILK) == 7_000
    assert [each.lines[0].expected_thousandths for each in shop.posted() if isinstance(each, StockCounted)] == [
        10_000,
        8_000,
    ]


async def test_what_cannot_be_is_refused_and_changes_nothing(shop: Shop) -> None:
    await shop.drafts.open("r-1", Kind.RECEIPT, FLOOR, "", ANN)
    assert await refused(shop.drafts.post("r-1", ANN)) == "draft_empty"
    assert await refused(shop.scan("r-1", "4000000000990")) == "unknown_code"
    assert await refused(shop.scan("r-1", "4000000000018")) == "check_digit"
    assert await refused(shop.scan("r-2", MILK_CODE)) == "draft_unknown"
    assert await refused(shop.scan("r-1", MILK_CODE, times=10**9)) == "draft_quantity"
    assert await refused(shop.drafts.set_quantity("r-1", "x", MILK, -1)) == "draft_quantity"
    assert await refused(shop.drafts.remove("r-1", "x", MILK)) == "draft_no_line"
    assert await refused(shop.drafts.open("r-1", Kind.COUNT, FLOOR, "", ANN)) == "draft_other_kind"
    await shop.scan("r-1", MILK_CODE)
    await shop.drafts.discard("r-1", ANN)
    assert (await shop.drafts.discard("r-1", ANN)).state == "discarded"
    assert await refused(shop.scan("r-1", MILK_CODE)) == "draft_ended"
    assert await refused(shop.drafts.post("r-1", ANN)) == "draft_ended"
    assert (shop.posted(), shop.on_hand(MILK)) == ([], 0)


async def test_low_is_known_with_the_sale_and_over_with_the_receipt(shop: Shop) -> None:
    await shop.stock_of(MILK, 4)
    await shop.stock_of(BREAD, 1)
    store = shop.counter.store
    await store.write(lambda tx: low.set_minimum(tx, MILK, 3_000, staff_id=ANN, at_ms=1))
    assert low.low_items(store.reader()) == []
    await shop.sell(MILK_CODE, times=2)
    since_ms = shop.counter.clock.now_ms()
    shop.counter.clock.advance(60_000)
    await shop.sell(MILK_CODE)
    assert low.low_items(store.reader()) == [low.LowItem(MILK, "Milk 1 l", "牛奶 1 升", since_ms, 3_000, 1_000)]
    await shop.drafts.open("r-1", Kind.RECEIPT, BACK, "", ANN)
    await shop.scan("r-1", SIX_PACK_CODE)
    await shop.drafts.post("r-1", ANN)
    assert low.low_items(store.reader()) == []
    await store.write(lambda tx: low.set_minimum(tx, MILK, 50_000, staff_id=ANN, at_ms=1))
    assert [each.item_id for each in low.low_items(store.reader())] == [MILK], "a new minimum holds at once"
    await store.write(lambda tx: low.set_minimum(tx, MILK, 0, staff_id=ANN, at_ms=1))
    assert low.low_items(store.reader()) == []


async def test_an_items_days_are_reckoned_back_from_today(shop: Shop) -> None:
    await shop.stock_of(MILK, 10)
    shop.counter.clock.advance(2 * 86_400_000)
    await shop.sell(MILK_CODE, times=3)
    source, now_ms = shop.counter.store.reader(), shop.counter.clock.now_ms()
    found = days(source, MILK, now_ms=now_ms, time_zone="Europe/Berlin", count=4)
    assert [day.left_thousandths for day in found] == [0, 10_000, 10_000, 7_000]
    assert [(day.came_thousandths, day.went_thousandths) for day in found] == [(0, 0), (10_000, 0), (0, 0), (0, 3_000)]
    assert found[-1].by_reason == {"sale": -3_000}
    assert [(move.reason, move.quantity_thousandths) for move in recent_moves(source, MILK)] == [
        ("sale", -3_000),
        ("opening", 10_000),
    ]
