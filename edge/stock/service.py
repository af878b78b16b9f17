"""Stock moves and balances. A sale's moves happen in the sale's transaction; others carry a fact of their own.

The store is the one writer of its shelves (invariant 8); a balance may go below zero, because what was sold was there.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.store_db.connection import Connection
from edge.store_db.database import StoreFile, Tx
from edge.store_db.journal import Journal
from edge.store_db.queries import load
from protocols.clock import Clock
from protocols.contract.facts import GoodsReceived, SaleClosed, StockMoved
from protocols.contract.values import Place

queries = load("edge.stock", "stock.sql")

BALANCES_PER_PAGE = 500


class MoveDiffers(Exception):
    """A move of this id is already stored, and it is another one."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What should stand at a place, in thousandths of the stock unit."""

    item_id: str
    place: Place
    on_hand_thousandths: int


def sold(tx: Tx, sale: SaleClosed, at_ms: int) -> None:
    """Take a sale's lines off the shelf, in the transaction that closes it."""
    for line in sale.lines:
        _add(tx, sale.sale_id, line.line_no, line.item_id, sale.place, -line.stock_thousandths, "sale", at_ms)


def received(tx: Tx, fact: GoodsReceived, at_ms: int) -> None:
    """Put a receipt's lines on stock, in the transaction that stores it."""
    for line in fact.lines:
        _add(tx, fact.receipt_id, line.line_no, line.item_id, fact.place, line.quantity_thousandths, "receipt", at_ms)


class StockService:
    """Moves that are not sales, and balances."""

    def __init__(self, store: StoreFile, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock

    async def move(self, fact: StockMoved) -> bool:
        """Store a move and its fact. False when this very move was stored before. Raises `MoveDiffers`, `StoreDbError`."""

        def run(tx: Tx) -> bool:
            known = tx.execute(queries["move"], (fact.move_id,)).fetchone()
            if known is not None:
                if known != (fact.item_id, fact.place.value, fact.quantity_thousandths, fact.reason):
                    raise MoveDiffers(fact.move_id)
                return False
            _add(
                tx,
                fact.move_id,
                0,
                fact.item_id,
                fact.place,
                fact.quantity_thousandths,
                fact.reason,
                self._clock.now_ms(),
            )
            self._journal.append(tx, fact)
            return True

        return await self._store.write(run)

    def on_hand(self, item_id: str) -> list[Balance]:
        """An item's balances by place."""
        return balances(self._store.reader(), item_id)

    def page(self, after_item_id: str) -> list[Balance]:
        """Balances of the items after one, `BALANCES_PER_PAGE` rows at most."""
        rows = self._store.reader().execute(queries["all_on_hand"], (after_item_id, BALANCES_PER_PAGE))
        return [Balance(item_id, Place(place), quantity) for item_id, place, quantity in rows]


def balances(source: Connection | Tx, item_id: str) -> list[Balance]:
    """An item's balances by place."""
    rows = source.execute(queries["on_hand"], (item_id,))
    return [Balance(item_id, Place(place), quantity) for place, quantity in rows]


def prune(tx: Tx, before_ms: int) -> None:
    """Forget the single moves older than this; balances stay."""
    tx.execute(queries["prune_moves"], (before_ms,))


def _add(
    tx: Tx, move_id: str, line_no: int, item_id: str, place: Place, quantity_thousandths: int, reason: str, at_ms: int
) -> None:
    tx.execute(queries["put_move"], (move_id, line_no, item_id, place.value, quantity_thousandths, reason, at_ms))
    tx.execute(queries["add"], (item_id, place.value, quantity_thousandths))
