"""A store's stock for tests: the services over one file, restarted at will, with the sum of all moves at hand."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TypeVar

import pytest

from edge.catalogue.apply import Applied, delete_row, put_row
from edge.stock import batches, feed, service
from edge.stock.batches import NO_LOT, Lot
from edge.stock.drafts import Done, DraftService, Kind, draft_of
from edge.stock.posting import Poster
from edge.stock.quarantine import QuarantineDesk
from edge.stock.refusals import StockRefused
from edge.stock.reservations import ReservationDesk
from edge.stock.service import StockService, balances
from edge.store_db.database import Tx
from protocols.contract.facts import FactBody, StockMoved
from protocols.contract.feed_rows import FeedRow, encode_row, stock_feed
from protocols.contract.feed_stock import StockRow
from protocols.contract.till_basket import Scan
from protocols.contract.till_payment import PayCash
from protocols.contract.values import Place, Stream
from tests.support.counter import Counter
from tests.support.goods import ANN, MILK_CODE, STORE_ID

FLOOR, BACK, QUARANTINE = Place.SALES_FLOOR, Place.BACK_ROOM, Place.QUARANTINE
Kind_ = TypeVar("Kind_", bound=FactBody)


class Shop:
    """A counter with all stock services; `kill` is a new process on the same files."""

    def __init__(self, folder: Path, rows: list[FeedRow] | None = None) -> None:
        self.counter = Counter(folder, rows=rows)

    async def start(self) -> None:
        await self.counter.start()
        self._serve()

    async def kill(self) -> None:
        await self.counter.restart()
        self._serve()

    def _serve(self) -> None:
        ground = (self.counter.store, self.counter.desk.journal, self.counter.clock)
        self.store, self.journal, self.clock = ground
        self.drafts = DraftService(*ground)
        self.stock = StockService(*ground)
        self.orders = ReservationDesk(*ground)
        self.quarantine = QuarantineDesk(*ground)

    async def hq(self, *rows: StockRow, gone: tuple[str, ...] = ()) -> None:
        """Headquarters sends rows of the stock feed; the box takes them in as the sync does."""

        def run(tx: Tx) -> None:
            applied = Applied()
            for row in rows:
                put_row(tx, stock_feed(STORE_ID), row.key(), encode_row(row), applied)
            for key in gone:
                delete_row(tx, stock_feed(STORE_ID), key, applied)
            feed.changed(tx, self.journal, applied.stock_keys, self.clock.now_ms())

        await self.store.write(run)

    async def put(self, item_id: str, pieces: int, place: Place = FLOOR, batch: str = "", expires: str = "") -> None:
        """So many pieces more."""
        move = StockMoved(
            move_id=str(uuid.uuid4()),
            item_id=item_id,
            place=place,
            quantity_thousandths=pieces * 1000,
            reason="opening",
            batch=batch,
            expires=expires,
        )
        await self.stock.move(move)

    async def sell(self, *codes: str) -> None:
        if not self.counter.till.state().cashier_id:
            await self.counter.open()
        for code in codes or (MILK_CODE,):
            await self.counter.ok(Scan(code=code))
        await self.counter.ok(PayCash(tendered_minor=1_000_000))

    async def scan(self, draft_id: str, code: str, times: int = 1) -> Done:
        return await self.drafts.scan(draft_id, str(uuid.uuid4()), code, times)

    async def set(self, draft_id: str, item_id: str, pieces: int, lot: Lot = NO_LOT) -> Done:
        return await self.drafts.set_quantity(draft_id, str(uuid.uuid4()), item_id, pieces * 1000, lot)

    async def move(self, draft_id: str, goods: dict[str, int], from_place: Place, to_place: Place) -> None:
        """Goods go to another place."""
        await self.drafts.open(draft_id, Kind.MOVE, from_place, "", ANN, target=to_place.value)
        for item_id, pieces in goods.items():
            await self.set(draft_id, item_id, pieces)
        await self.drafts.post(draft_id, ANN, Poster(ANN))

    def drafts_state(self, draft_id: str) -> str:
        """How a list stands."""
        found = draft_of(self.store.reader(), draft_id)
        return "" if found is None else found.state

    def on_hand(self, item_id: str, place: Place = FLOOR) -> int:
        found = {each.place: each.on_hand_thousandths for each in balances(self.store.reader(), item_id)}
        return found.get(place, 0) // 1000

    def lots(self, item_id: str, place: Place | None = None) -> dict[tuple[str, str], int]:
        """(batch, date) -> pieces, in the order in which they go."""
        found: dict[tuple[str, str], int] = {}
        for each in batches.standing(self.store.reader(), item_id, place):
            key = (each.lot.batch, each.lot.expires)
            found[key] = found.get(key, 0) + each.on_hand_thousandths // 1000
        return {key: pieces for key, pieces in found.items() if pieces}

    def facts(self, kind: type[Kind_], stream: Stream = Stream.TXN) -> list[Kind_]:
        return [fact for fact in self.counter.facts(stream) if isinstance(fact, kind)]

    def check_sums(self) -> None:
        """Every balance is the sum of its moves and of its lots; each lot is that of its own moves; the facts agree."""
        source = self.store.reader()
        moved = {(row[0], row[1]): row[2] for row in source.execute(service.queries["recount"])}
        stood = {(row[0], row[1]): row[2] for row in source.execute(service.queries["balances"])}
        assert moved == stood
        by_lot = {tuple(row[:4]): row[4] for row in source.execute(batches.queries["recount"]) if row[4]}
        breakdown = {tuple(row[:4]): row[4] for row in source.execute(batches.queries["breakdown"]) if row[4]}
        assert by_lot == breakdown
        summed: dict[tuple[str, str], int] = {}
        for (item_id, place, _, _), quantity in breakdown.items():
            summed[item_id, place] = summed.get((item_id, place), 0) + quantity
        assert {key: quantity for key, quantity in summed.items() if quantity} == {
            key: quantity for key, quantity in stood.items() if quantity
        }
        told: dict[tuple[str, str], int] = {}
        for fact in self.counter.facts():
            for item_id, place, quantity in service.moves_of(fact):
                told[item_id, place.value] = told.get((item_id, place.value), 0) + quantity
        assert {key: quantity for key, quantity in told.items() if quantity} == {
            key: quantity for key, quantity in stood.items() if quantity
        }


async def refused(awaitable: object) -> str:
    """The code of the refusal."""
    with pytest.raises(StockRefused) as caught:
        await awaitable  # type: ignore[misc]
    assert caught.value.reason.text
    return caught.value.reason.code
