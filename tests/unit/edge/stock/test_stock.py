"""Stock moves: once by id, on record, balances by place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.stock.service import MoveDiffers, StockService, balances
from edge.store_db import journal
from edge.store_db.database import Database
from protocols.clock import FakeClock
from protocols.contract.facts import StockMoved
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
