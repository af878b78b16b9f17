"""Opening stock: each row is answered once, with a move or a refusal, in the transaction that brought it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.catalogue.watch import CatalogueWatch
from edge.stock.service import StockService, balances
from edge.store_db import journal
from edge.sync.feeds import FeedStore
from protocols.clock import FakeClock
from protocols.contract.facts import FactBody, OpeningRefused, StockMoved, decode_body, decode_envelope
from protocols.contract.feed_rows import OpeningStockRow, encode_row, opening_stock_feed
from protocols.contract.values import Place, Stream
from protocols.sync.delta import FeedOp, decode_delta, encode_delta
from protocols.sync.feed_hash import FeedHash
from protocols.sync.snapshot import SnapshotHeader, write_snapshot
from tests.support.box_ground import STORE_ID, new_journal, open_store

FEED = str(opening_stock_feed(STORE_ID))
FLOOR, BACK = Place.SALES_FLOOR, Place.BACK_ROOM


def row(line_no: int, item_id: str, pieces: int, place: Place = FLOOR, import_id: str = "i-1") -> OpeningStockRow:
    return OpeningStockRow(
        import_id=import_id, line_no=line_no, item_id=item_id, place=place, quantity_thousandths=pieces * 1000
    )


class Box:
    """A store database that follows the feed."""

    def __init__(self, folder: Path) -> None:
        clock = FakeClock()
        self.folder = folder
        self.database = open_store(folder)
        facts = new_journal(clock)
        self.stock = StockService(self.database, facts, clock)
        self.feeds = FeedStore(self.database, facts, CatalogueWatch(self.database, clock), clock)
        self.held: dict[str, bytes] = {}
        self.version = 0

    async def snapshot(self, rows: list[OpeningStockRow], version: int) -> None:
        self.held = {each.key(): encode_row(each) for each in rows}
        self.version = version
        state = FeedHash.of_rows(self.held.items()).hex()
        header = SnapshotHeader(feed_id=FEED, epoch="e", version=version, state_hash=state, count=len(rows))
        path = self.folder / "feed.snapshot"
        path.write_bytes(b"".join(write_snapshot(header, self.held.items())))
        await self.feeds.apply_snapshot(path, [FEED])

    async def delta(self, put: list[OpeningStockRow], taken: list[OpeningStockRow]) -> None:
        ops = [FeedOp(each.key(), encode_row(each)) for each in put] + [FeedOp(each.key(), None) for each in taken]
        self.held |= {each.key(): encode_row(each) for each in put}
        for each in taken:
            del self.held[each.key()]
        self.version += 1
        state = FeedHash.of_rows(self.held.items()).hex()
        await self.feeds.apply_delta(
            decode_delta(encode_delta(feed_id=FEED, epoch="e", version=self.version, state_hash=state, ops=ops))
        )

    def on_hand(self, item_id: str) -> dict[Place, int]:
        found = balances(self.database.reader(), item_id)
        return {each.place: each.on_hand_thousandths for each in found}

    def told(self) -> list[FactBody]:
        rows = journal.read_after(self.database.reader(), 0, Stream.TXN, 0, limit_rows=100)
        return [decode_body(decode_envelope(each.fact)) for each in rows]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    found = Box(tmp_path)
    yield found
    found.database.close()


async def test_rows_open_the_shelves_and_go_up_as_moves_of_known_ids(box: Box) -> None:
    await box.snapshot([row(2, "A", 12), row(3, "A", 40, BACK), row(4, "B", 7)], 1)
    assert box.on_hand("A") == {FLOOR: 12_000, BACK: 40_000}
    assert box.told() == [
        StockMoved(
            move_id=f"opening-i-1-{line}",
            item_id=item,
            place=place,
            quantity_thousandths=thousandths,
            reason="opening",
            reference="i-1",
        )
        for line, item, place, thousandths in (
            (2, "A", FLOOR, 12_000),
            (3, "A", BACK, 40_000),
            (4, "B", FLOOR, 7_000),
        )
    ]


async def test_what_comes_again_or_leaves_again_changes_nothing(box: Box) -> None:
    rows = [row(2, "A", 12), row(4, "B", 7)]
    await box.snapshot(rows, 1)
    await box.snapshot(rows, 2)
    await box.delta([], [rows[0]])
    await box.delta([rows[0]], [rows[1]])
    await box.delta([], [rows[0]])
    assert (box.on_hand("A"), box.on_hand("B"), len(box.told())) == ({FLOOR: 12_000}, {FLOOR: 7_000}, 2)


async def test_an_item_that_has_moved_is_refused_on_its_line_and_the_others_are_taken(box: Box) -> None:
    await box.stock.move(StockMoved(move_id="m", item_id="A", place=FLOOR, quantity_thousandths=-1000, reason="write_off"))
    await box.snapshot([row(2, "A", 12), row(3, "A", 5, BACK), row(4, "B", 7)], 1)
    assert (box.on_hand("A"), box.on_hand("B")) == ({FLOOR: -1000}, {FLOOR: 7_000})
    refused = [fact for fact in box.told() if isinstance(fact, OpeningRefused)]
    assert [(fact.line_no, fact.item_id, fact.place, fact.reason) for fact in refused] == [
        (2, "A", FLOOR, "has_moved"),
        (3, "A", BACK, "has_moved"),
    ]
    await box.delta([row(2, "B", 9, BACK, import_id="i-2"), row(3, "C", 1, import_id="i-2")], [])
    assert (box.on_hand("B"), box.on_hand("C")) == ({FLOOR: 7_000}, {FLOOR: 1_000})
    assert len([fact for fact in box.told() if isinstance(fact, OpeningRefused)]) == 3
