"""Minima, and what lies below them: decided in the transaction of the very move that changes the stock.

An item is low while the sum of what can be sold of it (all places but transit and quarantine) is under its minimum: the one
staff set by hand, else the chain's. `since_ms` is the move that took it there.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.stock.rules import SELLABLE
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
    minimum_thousandths = minimum_of(tx, item_id)
    if minimum_thousandths <= 0:
        tx.execute(queries["drop_low"], (item_id,))
    elif sellable_of(tx, item_id) < minimum_thousandths:
        tx.execute(queries["put_low"], (item_id, at_ms))
    else:
        tx.execute(queries["drop_low"], (item_id,))


def sellable_of(source: Connection | Tx, item_id: str) -> int:
    """What can be sold of an item, by the book, at all places together; in thousandths."""
    rows = source.execute(queries["on_hand"], (item_id,))
    return sum(quantity for place, quantity in rows if place in SELLABLE)


def set_minimum(tx: Tx, item_id: str, minimum_thousandths: int, *, staff_id: str, at_ms: int) -> None:
    """Set an item's minimum; 0 means that nobody watches it, whatever the chain says.

    Raises ValueError for one below 0 or beyond reason.
    """
    if not 0 <= minimum_thousandths <= MINIMUM_THOUSANDTHS_MAX:
        raise ValueError(f"minimum_thousandths: 0 to {MINIMUM_THOUSANDTHS_MAX}")
    if minimum_thousandths == 0:
        tx.execute(queries["drop_minimum"], (item_id,))
        if minimum_of(tx, item_id):
            tx.execute(queries["put_minimum"], (item_id, 0, staff_id, at_ms))
        tx.execute(queries["drop_low"], (item_id,))
        return
    tx.execute(queries["put_minimum"], (item_id, minimum_thousandths, staff_id, at_ms))
    check(tx, item_id, at_ms)


def minimum_of(source: Connection | Tx, item_id: str) -> int:
    """An item's minimum in thousandths; 0 when there is none."""
    row = source.execute(queries["minimum"], (item_id,)).fetchone()
    return 0 if row is None or row[0] is None else int(row[0])


def low_items(source: Connection | Tx) -> list[LowItem]:
    """What is low, longest first, at most `LOW_ITEMS_MAX`."""
    rows = source.execute(queries["low_items"], (LOW_ITEMS_MAX, *(place.value for place in SELLABLE)))
    return [LowItem(*row) for row in rows]
