"""Stock moves: once by id, on record, balances by place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.stock.service import MoveDiffers, StockService, balances
from edge.store_db import journal
from edge.store_db.database import Database
from protocols.clock import FakeClock
from protocols.contract.facts import GoodsReceived, ReceivedLine, StockMoved, decode_body, decode_envelope
from protocols.contract.values import Place, Stream
from tests.support.box_ground import moved, new_journal, open_store


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_store(tmp_path)
    yield database
    database.close()


async def test_a_move_changes_the_balance_and_is_journalled_once(database: Database) -> None:
    service = StockService(database, new_journal(), FakeClock())
    assert await service.move(moved(5_000)) is True
    assert await service.move(moved(5_000)) is False, "the same move again"
    other = StockMoved(move_id="b", item_id="i-1", place=Place.BACK_ROOM, quantity_thousandths=-2_000, reason="write_off")
    await service.move(other)
    assert {each.place: each.on_hand_thousandths for each in service.on_hand("i-1")} == {
        Place.SALES_FLOOR: 5_000,
        Place.BACK_ROOM: -2_000,
    }
    assert len(journal.read_after(database.reader(), 0, Stream.TXN, 0, limit_rows=10)) == 2


async def test_another_move_under_a_known_id_is_refused(database: Database) -> None:
    service = StockService(database, new_journal(), FakeClock())
    await service.move(moved(1))
    different = StockMoved(move_id="m-1", item_id="i-1", place=Place.SALES_FLOOR, quantity_thousandths=2, reason="opening")
    with pytest.raises(MoveDiffers):
        await service.move(different)
    assert [each.on_hand_thousandths for each in balances(database.reader(), "i-1")] == [1]


async def test_balances_come_in_pages(database: Database) -> None:
    service = StockService(database, new_journal(), FakeClock())
    for number in range(1, 4):
        fact = StockMoved(
            move_id=f"m-{number}", item_id=f"i-{number}", place=Place.SALES_FLOOR, quantity_thousandths=1, reason="opening"
        )
        await service.move(fact)
    assert [each.item_id for each in service.page("")] == ["i-1", "i-2", "i-3"]
    assert [each.item_id for each in service.page("i-2")] == ["i-3"]


def receipt(*quantities: int, receipt_id: str = "r-1", place: Place = Place.BACK_ROOM) -> GoodsReceived:
    lines = tuple(
        ReceivedLine(line_no=number, item_id=f"i-{number}", quantity_thousandths=quantity)
        for number, quantity in enumerate(quantities, 1)
    )
    return GoodsReceived(receipt_id=receipt_id, place=place, how="scan", lines=lines)


async def test_a_receipt_is_one_fact_and_one_move_per_line_however_often_it_is_sent(database: Database) -> None:
    service = StockService(database, new_journal(), FakeClock())
    assert await service.receive(receipt(6_000, 1_250)) is True
    assert await service.receive(receipt(6_000, 1_250)) is False, "the same receipt again"
    assert [(each.place, each.on_hand_thousandths) for each in service.on_hand("i-1")] == [(Place.BACK_ROOM, 6_000)]
    assert [each.on_hand_thousandths for each in service.on_hand("i-2")] == [1_250]
    rows = journal.read_after(database.reader(), 0, Stream.TXN, 0, limit_rows=10)
    assert [decode_body(decode_envelope(row.fact)) for row in rows] == [receipt(6_000, 1_250)]


async def test_another_receipt_under_a_known_id_changes_nothing(database: Database) -> None:
    service = StockService(database, new_journal(), FakeClock())
    await service.receive(receipt(6_000, 1_250))
    for other in (receipt(6_000), receipt(6_000, 1_251), receipt(6_000, 1_250, place=Place.SALES_FLOOR)):
        with pytest.raises(MoveDiffers):
            await service.receive(other)
    with pytest.raises(MoveDiffers):
        await service.move(
            StockMoved(move_id="r-1", item_id="i-1", place=Place.BACK_ROOM, quantity_thousandths=1, reason="opening")
        )
    with pytest.raises(ValueError, match="no lines"):
        await service.receive(receipt(receipt_id="r-2"))
    assert [each.on_hand_thousandths for each in service.on_hand("i-1")] == [6_000]
    assert len(journal.read_after(database.reader(), 0, Stream.TXN, 0, limit_rows=10)) == 1
