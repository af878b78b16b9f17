"""Minima set by staff, and what lies below them: decided in the transaction of the very move that changes the stock.

An item is low while the sum of its balances at all places is under its minimum. `since_ms` is the move that took it there.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from edge.store_db.queries import load

queries = load("edge.stock", "stock.sql")

LOW_ITEMS_MAX = 200
"""Items listed at once; the rest follows when these are dealt with."""
MINIMUM_THOUSANDTHS_MAX = 10**9


@dataclass(frozen=True, slots=True)
class LowItem:
    """An item under its minimum. Quantities in thousandths of the stock unit."""

    item_id: str
    name: str
    name_zh: str
    since_ms: int
    minimum_thousandths: int
    on_hand_thousandths: int


def check(tx: Tx, item_id: str, at_ms: int) -> None:
    """Note whether the item is low now. Part of every stock move; costs one look-up for an item without a minimum."""
    row = tx.execute(queries["minimum"], (item_id,)).fetchone()
    if row is None:
        return
    total = sum(quantity for _, quantity in tx.execute(queries["on_hand"], (item_id,)))
    if total < row[0]:
        tx.execute(queries["put_low"], (item_id, at_ms))
    else:
        tx.execute(queries["drop_low"], (item_id,))


def set_minimum(tx: Tx, item_id: str, minimum_thousandths: int, *, staff_id: str, at_ms: int) -> None:
    """Set an item's minimum; 0 means that nobody watches it. Raises ValueError for one below 0 or beyond reason."""
    if not 0 <= minimum_thousandths <= MINIMUM_THOUSANDTHS_MAX:
        raise ValueError(f"minimum_thousandths: 0 to {MINIMUM_THOUSANDTHS_MAX}")
    if minimum_thousandths == 0:
        tx.execute(queries["drop_minimum"], (item_id,))
        tx.execute(queries["drop_low"], (item_id,))
        return
    tx.execute(queries["put_minimum"], (item_id, minimum_thousandths, staff_id, at_ms))
    check(tx, item_id, at_ms)


def minimum_of(source: Connection | Tx, item_id: str) -> int:
    """An item's minimum in thousandths; 0 when there is none."""
    row = source.execute(queries["minimum"], (item_id,)).fetchone()
    return 0 if row is None else int(row[0])


def low_items(source: Connection | Tx) -> list[LowItem]:
    """What is low, longest first, at most `LOW_ITEMS_MAX`."""
    rows = source.execute(queries["low_items"], (LOW_ITEMS_MAX,))
    return [LowItem(*row) for row in rows]
