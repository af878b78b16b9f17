"""The last unit: how much of an item is left by the store's records, and what was sold beyond them.

What was sold was there (invariant 8), so a sale may take the records below zero; then the records are wrong, and somebody
has to count the item. An item whose stock was never recorded asks nobody: a store that keeps no stock has no tasks.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from edge.store_db.queries import load

queries = load("edge.stock", "stock.sql")

COUNT_TASKS_MAX = 100
"""Tasks listed at once; the rest follows when these are done."""


@dataclass(frozen=True, slots=True)
class CountTask:
    """An item to be counted: its records are below zero since `since_ms`. Quantity in thousandths of the stock unit."""

    item_id: str
    name: str
    name_zh: str
    weighed: bool
    since_ms: int
    on_hand_thousandths: int


def left_thousandths(source: Connection | Tx, item_id: str) -> int | None:
    """What is left of an item at all places together; None when nothing of it was ever recorded."""
    row = source.execute(queries["left"], (item_id,)).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def check(tx: Tx, item_id: str, before_thousandths: int | None, change_thousandths: int, at_ms: int) -> None:
    """Note whether an item is to be counted, after a move that found `before_thousandths`. Part of every stock move."""
    if before_thousandths is None:
        return
    now = before_thousandths + change_thousandths
    if before_thousandths >= 0 > now:
        tx.execute(queries["put_below_zero"], (item_id, at_ms))
    elif before_thousandths < 0 <= now:
        tx.execute(queries["drop_below_zero"], (item_id,))


def count_tasks(source: Connection | Tx) -> list[CountTask]:
    """What is to be counted, longest first, at most `COUNT_TASKS_MAX`."""
    rows = source.execute(queries["below_zero"], (COUNT_TASKS_MAX,)).fetchall()
    return [
        CountTask(item_id, name, name_zh, bool(weighed), since_ms, on_hand)
        for item_id, name, name_zh, weighed, since_ms, on_hand in rows
    ]
