"""Opening stock from HQ: each row is answered once, with a stock move or with a refusal, in the transaction that brought it.

The store is the one writer of its shelves (invariant 8): HQ's belief counts only for an item that has no stock here yet.
Several rows of one import may open one item at several places.
"""

from __future__ import annotations

from edge.stock.service import Move, add_move
from edge.store_db.database import Tx
from edge.store_db.journal import Journal
from edge.store_db.queries import load
from protocols.contract.facts import FactBody, OpeningRefused, StockMoved
from protocols.contract.feed_rows import OpeningStockRow
from protocols.contract.values import Place

queries = load("edge.stock", "opening.sql")

OPENED, REFUSED = "opened", "refused"
HAS_MOVED = "has_moved"
REASON = "opening"


def answer_waiting(tx: Tx, journal: Journal, *, now_ms: int) -> int:
    """Answer every row that waits and return how many there were."""
    waiting = tx.execute(queries["waiting"]).fetchall()
    facts: list[FactBody] = []
    for import_id, line_no, item_id, place, quantity in waiting:
        row = OpeningStockRow(
            import_id=import_id, line_no=line_no, item_id=item_id, place=Place(place), quantity_thousandths=quantity
        )
        facts.append(_answer(tx, row, now_ms))
    if facts:
        journal.append_many(tx, facts)
    return len(facts)


def _answer(tx: Tx, row: OpeningStockRow, now_ms: int) -> FactBody:
    if tx.execute(queries["has_moved"], (row.item_id, row.place.value, row.import_id)).fetchone() is not None:
        tx.execute(queries["note"], (REFUSED, row.import_id, row.line_no))
        return OpeningRefused(
            import_id=row.import_id, line_no=row.line_no, item_id=row.item_id, place=row.place, reason=HAS_MOVED
        )
    add_move(tx, row.move_id(), Move(0, row.item_id, row.place, row.quantity_thousandths, REASON), now_ms)
    tx.execute(queries["note"], (OPENED, row.import_id, row.line_no))
    return StockMoved(
        move_id=row.move_id(),
        item_id=row.item_id,
        place=row.place,
        quantity_thousandths=row.quantity_thousandths,
        reason=REASON,
        reference=row.import_id,
    )
