"""Several price books of one chain: which price wins in a store, what a recall brings back, and the log of all of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import psycopg
import pytest

from cloud.db.releases import releasing
from cloud.pricing import service
from cloud.pricing.domain import FEED_HISTORY_MS, WantedPrice
from cloud.pricing.price_books import Book
from cloud.refusals import Conflict, Invalid, Missing
from protocols.contract.feed_rows import PriceRow
from protocols.contract.values import PriceKind
from tests.support.hq_ground import GroundDatabase
from tests.support.hq_prices import PricedChain, priced_chain

ITEM = "A000001"
DAY = 86_400_000
SALE = Book("sale", "zone/north/price", "Sale", "north", price_kind=PriceKind.PROMOTION, priority=10)
MEMBERS = Book("members", "zone/north/price", "Members", "north", "member", priority=5)
CORNER = Book("corner", "store/S001/price", "Corner shop", None, priority=20)


@pytest.fixture
async def chain(embedded_database: GroundDatabase) -> AsyncIterator[PricedChain]:
    async with priced_chain(embedded_database) as chain:
        async with chain.change() as tx:
            for book in (SALE, MEMBERS, CORNER):
                assert await service.add_book(tx, book, chain.author)
        yield chain


async def change(chain: PricedChain, book_id: str, *wanted: WantedPrice) -> service.ChangeResult:
    async with chain.change() as tx:
        return await service.change_book(tx, book_id, wanted, chain.author)


async def recall(chain: PricedChain, book_id: str, *named: tuple[str, int]) -> service.Recalled:
    async with chain.change() as tx:
        return await service.recall(tx, book_id, named, chain.author)


def first_revision(done: service.ChangeResult) -> int:
    return done.plans[0].added[0].revision


async def test_the_highest_priority_wins_then_the_higher_revision_and_an_end_reverts_by_itself(chain: PricedChain) -> None:
    usual = await chain.paid("S001", ITEM)
    assert usual is not None
    end_ms = chain.now_ms + DAY
    await change(chain, "sale", WantedPrice(ITEM, usual - 20, to_ms=end_ms, reason="summer"))
    await change(chain, "zone.north", WantedPrice(ITEM, usual + 30))
    await change(chain, "corner", WantedPrice(ITEM, usual - 40, to_ms=end_ms))
    assert [await chain.paid(store, ITEM) for store in ("S001", "S002")] == [usual - 40, usual - 20]
    assert [await chain.paid(store, ITEM, end_ms) for store in ("S001", "S002")] == [usual + 30, usual + 30]
    await change(chain, "corner", WantedPrice(ITEM, usual - 41, to_ms=end_ms))
    assert await chain.paid("S001", ITEM) == usual - 41


async def test_a_group_pays_its_own_price_and_never_more_than_everybody(chain: PricedChain) -> None:
    usual = await chain.paid("S002", ITEM)
    assert usual is not None
    await change(chain, "members", WantedPrice(ITEM, usual - 10))
    assert await chain.paid("S002", ITEM) == usual
    assert await chain.paid("S002", ITEM, group="member") == usual - 10
    await change(chain, "sale", WantedPrice(ITEM, usual - 50, to_ms=chain.now_ms + DAY))
    assert await chain.paid("S002", ITEM, group="member") == usual - 50


async def test_a_row_says_its_book_and_the_zones_own_stays_unnamed(chain: PricedChain) -> None:
    await change(chain, "sale", WantedPrice(ITEM, 50, to_ms=chain.now_ms + DAY))
    [own, sale] = sorted(await chain.rows("S002", ITEM), key=lambda row: row.revision)
    assert (own.book_id, own.priority, own.price_kind) == ("", 0, PriceKind.REGULAR)
    assert (sale.book_id, sale.priority, sale.price_kind, sale.customer_group) == ("sale", 10, PriceKind.PROMOTION, "")


async def test_a_revision_number_names_one_price_of_an_item_whichever_book(chain: PricedChain) -> None:
    for book_id in ("sale", "corner", "members", "zone.north", "zone.south"):
        await change(chain, book_id, WantedPrice(ITEM, 100))
    rows = await chain.api.rows("SELECT revision FROM price WHERE item_id = %s ORDER BY revision", ITEM)
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))


async def test_a_recall_of_a_started_price_brings_back_what_was_before_it(chain: PricedChain) -> None:
    usual = await chain.paid("S001", ITEM)
    done = await change(chain, "sale", WantedPrice(ITEM, 55))
    scheduled = await change(chain, "sale", WantedPrice(ITEM, 66, from_ms=chain.now_ms + DAY))
    assert await chain.paid("S001", ITEM) == 55
    await recall(chain, "sale", (ITEM, first_revision(done)))
    assert await chain.paid("S001", ITEM) == usual
    assert await chain.paid("S001", ITEM, chain.now_ms + DAY) == 66, "what is scheduled stays"
    await recall(chain, "sale", (ITEM, first_revision(scheduled)))
    assert await chain.paid("S001", ITEM, chain.now_ms + DAY) == usual


async def test_a_recall_gives_back_what_stores_no_longer_held(chain: PricedChain) -> None:
    usual = await chain.paid("S001", ITEM)
    await change(chain, "zone.north", WantedPrice(ITEM, 777))
    chain.api.clock.advance(FEED_HISTORY_MS + 1)
    last = await change(chain, "zone.north", WantedPrice(ITEM, 778))
    assert usual not in {row.price_minor for row in await chain.rows("S001", ITEM)}
    again = await change(chain, "zone.north", WantedPrice(ITEM, 779))
    await recall(chain, "zone.north", (ITEM, first_revision(again)), (ITEM, first_revision(last)))
    assert await chain.paid("S001", ITEM) == 777
    chain.api.clock.advance(FEED_HISTORY_MS + 1)
    newest = await change(chain, "zone.north", WantedPrice(ITEM, 780))
    chain.api.clock.advance(FEED_HISTORY_MS + 1)
    await change(chain, "zone.north", WantedPrice(ITEM, 781))
    assert {row.price_minor for row in await chain.rows("S001", ITEM)} == {780, 781}
    rows = await chain.rows("S001", ITEM)
    top = max(row.revision for row in rows)
    back = await recall(chain, "zone.north", (ITEM, top), (ITEM, first_revision(newest)))
    assert await chain.paid("S001", ITEM) == 777, "its row had left the feed"
    assert back.given_back, "and came back under its own number"
    assert len(await chain.rows("S001", ITEM)) == 1


async def test_what_is_over_unknown_or_taken_back_cannot_be_recalled(chain: PricedChain) -> None:
    done = await change(chain, "sale", WantedPrice(ITEM, 55, to_ms=chain.now_ms + 1_000))
    revision = first_revision(done)
    with pytest.raises(Missing):
        await recall(chain, "corner", (ITEM, revision))
    with pytest.raises(Missing):
        await recall(chain, "nosuch", (ITEM, revision))
    chain.api.clock.advance(1_000)
    with pytest.raises(Conflict, match="is over"):
        await recall(chain, "sale", (ITEM, revision))
    other = await change(chain, "sale", WantedPrice(ITEM, 56))
    await recall(chain, "sale", (ITEM, first_revision(other)))
    before = await chain.log(ITEM)
    with pytest.raises(Missing):
        await recall(chain, "sale", ("A000002", 1), (ITEM, first_revision(other)))
    assert await chain.log(ITEM) == before


async def test_two_books_change_in_one_release(chain: PricedChain) -> None:
    async with chain.change() as tx, releasing(tx, "two books", "anna", now_ms=chain.now_ms) as release:
        await service.change_book(tx, "sale", [WantedPrice(ITEM, 90)], chain.author, commit=release.commit)
        await service.change_book(tx, "zone.north", [WantedPrice(ITEM, 300)], chain.author, commit=release.commit)
        await service.change_book(tx, "corner", [WantedPrice(ITEM, 80)], chain.author, commit=release.commit)
    assert set(release.versions) == {"zone/north/price", "store/S001/price"}
    assert [await chain.paid(store, ITEM) for store in ("S001", "S002")] == [80, 90]


async def test_every_change_is_in_the_log_and_the_log_is_never_changed(chain: PricedChain) -> None:
    usual = await chain.paid("S001", ITEM)
    done = await change(chain, "sale", WantedPrice(ITEM, 55))
    await change(chain, "sale", WantedPrice(ITEM, 66, from_ms=chain.now_ms + DAY))
    await change(chain, "sale", WantedPrice(ITEM, 44))
    await recall(chain, "sale", (ITEM, first_revision(done)))
    south = [row for row in await chain.log(ITEM) if row[1] == "zone.south"]
    assert [row for row in await chain.log(ITEM) if row[1] != "zone.south"] == [
        ("published", "zone.north", 1, usual),
        ("published", "sale", 3, 55),
        ("published", "sale", 4, 66),
        ("withdrawn", "sale", 4, 66),
        ("published", "sale", 5, 44),
        ("published", "sale", 6, 66),
        ("recalled", "sale", 3, 55),
    ]
    assert [row[2] for row in south] == [2]
    with chain.ground.owner() as owner:
        for statement in ("UPDATE price_event SET price_minor = 1", "DELETE FROM price_event", "TRUNCATE price_event"):
            with pytest.raises(psycopg.errors.RestrictViolation):
                owner.execute(statement.encode())
    for statement in ("UPDATE price_event SET price_minor = 1", "DELETE FROM price_event"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await chain.api.rows(statement + " RETURNING 1")


def books_that_cannot_be() -> Sequence[tuple[Book, type[Exception]]]:
    return [
        (Book("Bad.Id", "zone/north/price", "x", "north", priority=1), Invalid),
        (Book("fine", "zone/north/price", " ", "north", priority=1), Invalid),
        (Book("fine", "zone/north/price", "x", "north", priority=0), Invalid),
        (Book("fine", "zone/west/price", "x", "west", priority=1), Missing),
        (Book("fine", "store/S009/price", "x", None, priority=1), Missing),
        (Book("sale", "zone/north/price", "Sale", "north", price_kind=PriceKind.PROMOTION, priority=11), Conflict),
    ]


async def test_a_book_that_cannot_be_is_refused(chain: PricedChain) -> None:
    async with chain.change() as tx:
        for book, refusal in books_that_cannot_be():
            with pytest.raises(refusal):
                await service.add_book(tx, book, chain.author)
        assert not await service.add_book(tx, SALE, chain.author), "the same again is no error"


def test_a_feed_row_without_books_reads_as_it_did() -> None:
    row = PriceRow(item_id="a", revision=1, price_minor=5, effective_from_ms=0)
    assert (row.book_id, row.priority, row.customer_group, row.price_kind, row.was_minor) == ("", 0, "", "regular", None)
