"""A count of a whole store is booked in small steps: no sale waits for more than one of them, and no kill leaves a half."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from edge.stock import count_booking, count_steps
from edge.stock.batches import Lot
from edge.stock.count_booking import CountBooking
from edge.stock.drafts import Kind
from edge.stock.posting import Poster
from edge.stock.watch import StockWatch
from edge.store_db.connection import Connection, Cursor
from edge.store_db.database import StoreFile, Tx
from edge.store_db.errors import StoreFull
from protocols.contract.facts import StockCounted
from protocols.contract.feed_rows import BarcodeRow, FeedRow, ItemRow
from protocols.contract.feed_stock import StockRulesRow
from protocols.gs1.epc import encode_96, identify, of_gtin
from protocols.gs1.gtin import with_check_digit
from tests.support.goods import ANN, EVE, MILK, MILK_CODE, assortment, price
from tests.support.stock_shop import FLOOR, Shop, refused

ITEMS, TAGS_EACH = 12, 5
T = TypeVar("T")
GENEROUS = StockRulesRow(variance_pieces_max=10_000, variance_minor_max=10**9)


def item(number: int) -> str:
    return f"T{number:05d}"


def gtin(number: int) -> str:
    return with_check_digit(f"0400000{number:06d}")


def epc(number: int, serial: int) -> str:
    return identify(encode_96(of_gtin(gtin(number), str(serial))), 96).uri


def goods() -> list[FeedRow]:
    rows: list[FeedRow] = assortment()
    for number in range(100, 100 + ITEMS):
        rows.append(ItemRow(item_id=item(number), style_id="st-1", name=f"Shirt {number}", tax_class="std"))
        rows.append(BarcodeRow(gtin=gtin(number), item_id=item(number)))
        rows.append(price(item(number), 1, 500))
    return rows


@pytest.fixture
async def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """Every item was received with its tags; each step books three items."""
    monkeypatch.setattr(count_steps, "STEP_ITEMS", 3)
    monkeypatch.setattr(count_booking, "SHORT_ITEMS", 3)
    shop = Shop(tmp_path, goods())
    await shop.start()
    await shop.hq(GENEROUS)
    await shop.drafts.open("r-1", Kind.RECEIPT, FLOOR, "", ANN)
    await shop.drafts.sweep("r-1", [epc(n, serial) for n in numbers() for serial in range(TAGS_EACH)])
    await shop.drafts.post("r-1", ANN)
    yield shop
    shop.check_sums()
    shop.counter.stop()


def numbers() -> Iterator[int]:
    yield from range(100, 100 + ITEMS)


async def sweep(shop: Shop, count_id: str = "c-1", *, whole: bool = False, listed: int = ITEMS) -> None:
    """All tags of the first `listed` items but one of each are heard."""
    await shop.drafts.open(count_id, Kind.COUNT, FLOOR, "", ANN, whole=whole)
    heard = [epc(n, serial) for n in list(numbers())[:listed] for serial in range(1, TAGS_EACH)]
    await shop.drafts.sweep(count_id, heard)


async def nothing_more(_number: int) -> None:
    """Before most transactions nothing happens."""


class Watched:
    """The store's file; `before` is awaited ahead of each transaction, and what each ran is counted."""

    def __init__(self, file: StoreFile) -> None:
        self.file = file
        self.statements: list[int] = []
        self.before: Callable[[int], Awaitable[None]] = nothing_more

    async def write(self, run: Callable[[Tx], T], *, durable: bool = True, brief: bool = False) -> T:
        await self.before(len(self.statements))

        def counted(tx: Tx) -> T:
            counting = CountingTx(tx)
            try:
                return run(counting)
            finally:
                self.statements.append(counting.statements)

        return await self.file.write(counted, durable=durable, brief=brief)

    def reader(self) -> Connection:
        return self.file.reader()


class CountingTx(Tx):
    def __init__(self, tx: Tx) -> None:
        super().__init__(tx._connection, durable=tx.durable)
        self.callbacks = tx.callbacks
        self.statements = 0

    def execute(self, sql: str, parameters: object = ()) -> Cursor:
        self.statements += 1
        return super().execute(sql, parameters)  # type: ignore[arg-type]


def booking(shop: Shop) -> tuple[Watched, CountBooking]:
    file = Watched(shop.store)
    return file, CountBooking(file, shop.journal, shop.clock)


def counted(shop: Shop) -> list[tuple[str, int, int, int, int]]:
    """(item, expected, counted, missing tags, found tags) of all facts, in pieces."""
    return [
        (
            line.item_id,
            line.expected_thousandths // 1000,
            line.counted_thousandths // 1000,
            len(line.missing_epcs),
            len(line.found_epcs),
        )
        for fact in shop.facts(StockCounted)
        for line in fact.lines
    ]


async def test_all_of_it_is_booked_once_in_facts_of_one_count(shop: Shop) -> None:
    await sweep(shop)
    ended = await shop.drafts.post("c-1", ANN)
    assert ended.state == "posted"
    assert (await shop.drafts.post("c-1", ANN)).state == "posted"
    assert [fact.count_id for fact in shop.facts(StockCounted)] == ["c-1", "c-1/2", "c-1/3", "c-1/4"]
    assert counted(shop) == [(item(n), TAGS_EACH, TAGS_EACH - 1, 1, 0) for n in numbers()]
    assert [shop.on_hand(item(n)) for n in numbers()] == [TAGS_EACH - 1] * ITEMS


async def test_no_transaction_is_longer_for_more_items_or_more_tags(shop: Shop) -> None:
    """What a sale may have to wait for is one step, whatever the count's size."""
    longest = []
    for listed in (6, ITEMS):
        await sweep(shop, f"c-{listed}", listed=listed)
        file, service = booking(shop)
        await service.book(f"c-{listed}", Poster(ANN))
        assert len(file.statements) >= listed // 3 + 1
        longest.append(max(file.statements))
    assert longest[1] <= longest[0] * 1.1


async def test_what_is_sold_between_two_steps_is_no_variance(shop: Shop) -> None:
    await sweep(shop)
    file, service = booking(shop)

    async def sell(number: int) -> None:
        if number == 3:
            await shop.sell(gtin(110).removeprefix("0"))

    file.before = sell
    await service.book("c-1", Poster(ANN))
    assert shop.on_hand(item(110)) == TAGS_EACH - 2, "one was missing and one was sold"
    assert counted(shop)[10] == (item(110), TAGS_EACH, TAGS_EACH - 1, 1, 0)


@pytest.mark.parametrize("at", [2, 3, 4, 5])
@pytest.mark.parametrize("whole", [False, True])
async def test_a_box_killed_between_two_steps_books_the_rest_when_it_is_back(shop: Shop, at: int, whole: bool) -> None:
    await sweep(shop, whole=whole, listed=ITEMS - 3 if whole else ITEMS)
    file, service = booking(shop)

    async def die(number: int) -> None:
        if number == at:
            raise StoreFull("no room")

    file.before = die
    with pytest.raises(StoreFull):
        await service.book("c-1", Poster(ANN))
    assert shop.drafts_state("c-1") == "posting"
    assert await refused(shop.scan("c-1", MILK_CODE)) == "draft_ended"
    assert await refused(shop.drafts.discard("c-1", ANN)) == "draft_ended"
    await shop.kill()
    await StockWatch(shop.store, shop.journal, shop.clock).look()
    assert shop.drafts_state("c-1") == "posted"
    lines = counted(shop)
    left = {item(n): TAGS_EACH - 1 for n in numbers()} | ({item(n): 0 for n in list(numbers())[-3:]} if whole else {})
    assert {line[0]: line[2] for line in lines} == left
    assert set(Counter(line[0] for line in lines).values()) == {1}, "each item is booked once"


async def test_what_was_refused_changes_nothing_and_leaves_the_list_open(shop: Shop) -> None:
    await shop.hq(StockRulesRow(variance_pieces_max=0, variance_minor_max=0))
    await sweep(shop)
    assert await refused(shop.drafts.post("c-1", ANN)) == "count_needs_approval"
    assert (shop.drafts_state("c-1"), shop.facts(StockCounted)) == ("open", [])
    await shop.drafts.post("c-1", ANN, Poster(ANN, approver_id=EVE))
    assert {fact.approver_id for fact in shop.facts(StockCounted)} == {EVE}


async def test_a_list_that_changes_while_it_is_judged_is_judged_again(shop: Shop) -> None:
    await shop.hq(StockRulesRow(variance_pieces_max=2, variance_minor_max=10**9))
    await sweep(shop)
    file, service = booking(shop)

    async def one_more(number: int) -> None:
        if number == 1:  # after the judging, before the decision
            await shop.set("c-1", item(100), 0, Lot())

    file.before = one_more
    assert await refused(service.book("c-1", Poster(ANN))) == "count_needs_approval"
    assert shop.drafts_state("c-1") == "open"


async def test_two_who_book_it_at_once_book_it_once(shop: Shop) -> None:
    await sweep(shop)
    await asyncio.gather(*(shop.drafts.post("c-1", ANN) for _ in range(3)))
    assert Counter(line[0] for line in counted(shop)) == Counter({item(n): 1 for n in numbers()})
    assert shop.on_hand(MILK) == 0
