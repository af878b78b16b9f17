"""Counting: which figure a count is compared with, and what it changes.

The rule. A counted figure belongs to the moment it was counted, so it is compared with what was on hand *then*: with the
balance inside the transaction that took the last scan (or the typed figure) of that item. What is sold after that moment
comes off the corrected stock as it comes off any other; it is no part of the variance. While an item is counted piece by
piece nobody can know whether a piece sold in between had been counted: the last scan counts as "so many stand here now", and
the line says that stock moved while it was counted, so that it is counted once more when that matters.

Goods taken from the shelf but not yet paid are on hand for the till and not for the counter; that gap is one of shop life,
and a count with customers in the aisle has it.

Two people may count one item at the same time: each line keeps the balance *without* corrections by counts (`base`), and
the corrections posted meanwhile are added when the count is posted. So the second count finds what the first one put right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.stock.service import Move, add_once
from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.facts import CountedLine, StockCounted
from protocols.contract.values import Place

queries = load("edge.stock", "stock.sql")


@dataclass(frozen=True, slots=True)
class Tally:
    """What somebody counted of one item. `base_thousandths`: see `base_now`, taken when it was counted."""

    line_no: int
    item_id: str
    counted_thousandths: int
    base_thousandths: int


def base_now(source: Connection | Tx, item_id: str, place: Place) -> int:
    """What is on hand at a place, less all corrections by counts; in thousandths. Sales change it, counts do not."""
    rows = source.execute(queries["base_at"], (item_id, place.value)).fetchall()
    return int(rows[0][0])


def expected_of(source: Connection | Tx, tally: Tally, place: Place) -> int:
    """What should have been counted: on hand at that moment, with the corrections other counts have posted since."""
    rows = source.execute(queries["corrected"], (tally.item_id, place.value)).fetchall()
    return tally.base_thousandths + sum(int(row[0]) for row in rows)


def count_of(source: Connection | Tx, count_id: str, place: Place, staff_id: str, tallies: Sequence[Tally]) -> StockCounted:
    """The fact of a count as it would be posted now."""
    lines = tuple(
        CountedLine(
            line_no=tally.line_no,
            item_id=tally.item_id,
            expected_thousandths=expected_of(source, tally, place),
            counted_thousandths=tally.counted_thousandths,
        )
        for tally in tallies
    )
    return StockCounted(count_id=count_id, place=place, staff_id=staff_id, lines=lines)


def counted(tx: Tx, count: StockCounted, at_ms: int) -> bool:
    """Correct the stock by a count, in the transaction that journals it: one move per line, also where nothing differs.

    False when this very count was stored before; nothing is changed then. Raises `MoveDiffers` when another one has its id,
    ValueError without lines. The lines' `expected` figures must have been read in this transaction (`count_of`).
    """
    if not count.lines:
        raise ValueError(f"count {count.count_id} has no lines: nothing was counted")
    moves = [
        Move(line.line_no, line.item_id, count.place, line.counted_thousandths - line.expected_thousandths, "count")
        for line in sorted(count.lines, key=lambda line: line.line_no)
    ]
    if not add_once(tx, count.count_id, moves, at_ms):
        return False
    for each in moves:
        tx.execute(queries["add_correction"], (each.item_id, each.place.value, each.quantity_thousandths, at_ms))
    return True
