"""Recalled goods: what of them still stands where it could be sold, and their move into quarantine.

The till refuses recalled goods by itself; this is the task that takes them off the shelf. Goods nobody named a batch of are
told apart: a person has to look at them.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.stock import reservations, service
from edge.stock.batches import Lot
from edge.stock.refusals import StockRefused
from edge.stock.rules import SELLABLE, Source
from edge.store_db.database import StoreFile, Tx
from edge.store_db.journal import Journal
from edge.store_db.queries import load
from protocols.clock import Clock
from protocols.contract.stock_facts import GoodsRelocated
from protocols.contract.values import Place

queries = load("edge.stock", "quarantine.sql")

RECALLS_MAX = 100
"""Recalled items listed at once."""


@dataclass(frozen=True, slots=True)
class RecalledLot:
    """So much of it at one place."""

    place: Place
    lot: Lot
    on_hand_thousandths: int


@dataclass(frozen=True, slots=True)
class RecallTask:
    """A recall of which something stands in the shop. `unnamed_thousandths`: of the item, of no known batch."""

    recall_id: str
    item_id: str
    name: str
    name_zh: str
    batch: str
    reason: str
    from_ms: int
    lots: tuple[RecalledLot, ...]
    unnamed_thousandths: int

    @property
    def on_hand_thousandths(self) -> int:
        """What is to be taken away for certain."""
        return sum(lot.on_hand_thousandths for lot in self.lots)


def recall_tasks(source: Source, now_ms: int) -> list[RecallTask]:
    """What has to be taken off the shelves."""
    found = [_task(source, row) for row in source.execute(queries["recalls"], (now_ms, RECALLS_MAX)).fetchall()]
    return [task for task in found if task.lots or task.unnamed_thousandths > 0]


class QuarantineDesk:
    """Takes recalled goods away. Raises `StockRefused`, `StoreDbError`."""

    def __init__(self, store: StoreFile, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock

    def tasks(self) -> list[RecallTask]:
        """What has to be taken off the shelves."""
        return recall_tasks(self._store.reader(), self._clock.now_ms())

    async def take_away(self, command_id: str, recall_id: str, staff_id: str) -> int:
        """All of a recall's known lots go into quarantine: one fact for each place. Returns how much (thousandths).

        Sent again under the same command id: nothing more happens.
        """

        def run(tx: Tx) -> int:
            task = next((each for each in recall_tasks(tx, self._clock.now_ms()) if each.recall_id == recall_id), None)
            if task is None or not task.lots:
                if tx.execute(queries["done"], (f"{command_id}/",)).fetchone() is not None:
                    return 0
                raise StockRefused("recall_done")
            return sum(self._move(tx, command_id, task, place, staff_id) for place in SELLABLE)

        return await self._store.write(run)

    def _move(self, tx: Tx, command_id: str, task: RecallTask, place: Place, staff_id: str) -> int:
        parts = [(task.item_id, lot.lot, lot.on_hand_thousandths) for lot in task.lots if lot.place is place]
        if not parts:
            return 0
        fact = GoodsRelocated(
            relocation_id=f"{command_id}/{place.value}",
            from_place=place,
            to_place=Place.QUARANTINE,
            how="scan",
            lines=service.lines_of(parts),
            reference=task.recall_id,
            staff_id=staff_id,
        )
        at_ms = self._clock.now_ms()
        if service.relocated(tx, fact, at_ms):
            self._journal.append(tx, fact)
            reservations.give_way(tx, self._journal, {task.item_id}, "short", at_ms)
        return sum(quantity for _, _, quantity in parts)


def _task(source: Source, row: tuple[str, str, str, str, str, str, int]) -> RecallTask:
    recall_id, item_id, name, name_zh, batch, reason, from_ms = row
    places = tuple(place.value for place in SELLABLE)
    rows = source.execute(queries["lots"], (item_id, batch, *places)).fetchall()
    lots = tuple(RecalledLot(Place(place), Lot(lot, expires), quantity) for place, lot, expires, quantity in rows)
    unnamed = source.execute(queries["unnamed"], (item_id, *places)).fetchone() if batch else None
    return RecallTask(recall_id, item_id, name, name_zh, batch, reason, from_ms, lots, unnamed[0] if unnamed else 0)
