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

Batches. An item of which any batch was named is counted batch by batch: each is held against its own balance, and a batch
nobody found counts as 0. Any other item is counted as a whole; what is missing then comes off the batch that goes first.
A whole-place count counts everything the book has there and nobody found as 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from edge.catalogue import lookup
from edge.stock import batches
from edge.stock.batches import NO_LOT, Lot
from edge.stock.rules import rules
from edge.stock.service import Move, add_once
from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.facts import CountedLine, StockCounted
from protocols.contract.values import THOUSANDTHS, Place, divide_half_up

queries = load("edge.stock", "stock.sql")

FACT_LINES_MAX = 400
FACT_EPCS_MAX = 4_000
"""Lines and tags of one fact; a longer count makes several, so that each can travel."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What somebody counted of an item, or of one lot of it. Bases: see `base_now`, taken when it was counted."""

    line_no: int
    item_id: str
    counted_thousandths: int
    base_thousandths: int
    lot: Lot = NO_LOT
    batch_base_thousandths: int = 0
    missing_epcs: tuple[str, ...] = field(default=())
    found_epcs: tuple[str, ...] = field(default=())


def base_now(source: Connection | Tx, item_id: str, place: Place) -> int:
    """What is on hand at a place, less all corrections by counts; in thousandths. Sales change it, counts do not."""
    rows = source.execute(queries["base_at"], (item_id, place.value)).fetchall()
    return int(rows[0][0])


def batch_base_now(source: Connection | Tx, item_id: str, place: Place, lot: Lot) -> int:
    """The same of one lot."""
    rows = source.execute(queries["batch_base_at"], (item_id, place.value, lot.batch, lot.expires)).fetchall()
    return int(rows[0][0])


def lines_of(source: Connection | Tx, place: Place, tallies: Sequence[Tally], *, whole: bool = False) -> list[CountedLine]:
    """The lines of a count as they would be posted now; an item's lines stand together."""
    by_item: dict[str, list[Tally]] = {}
    for tally in tallies:
        by_item.setdefault(tally.item_id, []).append(tally)
    number = max((tally.line_no for tally in tallies), default=0)
    found: list[CountedLine] = []
    for item_id, mine in by_item.items():
        if all(tally.lot == NO_LOT for tally in mine):
            found += [_line(tally, _expected(source, tally, place)) for tally in mine]
            continue
        found += [_line(tally, _batch_expected(source, tally, place)) for tally in mine]
        named = {tally.lot for tally in mine}
        for each in batches.standing(source, item_id, place):
            if each.lot not in named and each.on_hand_thousandths:
                number += 1
                found.append(_nothing(number, item_id, each.on_hand_thousandths, each.lot))
    if whole:
        for item_id, on_hand in source.execute(queries["standing_at"], (place.value,)).fetchall():
            if item_id not in by_item:
                number += 1
                found.append(_nothing(number, item_id, int(on_hand)))
    return found


def unfound(source: Connection | Tx, place: Place, item_ids: Sequence[str]) -> list[CountedLine]:
    """The lines of items the book has at a place and nobody found; none of those it has no more."""
    found: list[CountedLine] = []
    for item_id in item_ids:
        row = source.execute(queries["standing_of"], (item_id, place.value)).fetchone()
        if row is not None and row[0]:
            found.append(_nothing(len(found) + 1, item_id, int(row[0])))
    return found


def needs_approval(source: Connection | Tx, lines: Sequence[CountedLine], now_ms: int) -> bool:
    """Whether a difference is above what the store's rules let one person post."""
    held = rules(source)
    for line in lines:
        off = abs(line.counted_thousandths - line.expected_thousandths)
        if off and (off > held.variance_pieces_max * THOUSANDTHS):
            return True
        if off and value_minor(source, line.item_id, off, now_ms) > held.variance_minor_max:
            return True
    return False


def value_minor(source: Connection | Tx, item_id: str, quantity_thousandths: int, now_ms: int) -> int:
    """What goods are worth at the list price, in minor units; 0 without a price."""
    price = lookup.price_in_force(source, item_id, now_ms)
    return 0 if price is None else divide_half_up(quantity_thousandths * price.price_minor, THOUSANDTHS)


def facts_of(count: StockCounted, *, made_before: int = 0) -> Iterator[StockCounted]:
    """A count as facts of at most about `FACT_LINES_MAX` lines; the first keeps its id. An item is never split.

    `made_before`: so many facts of this count were made by earlier steps.
    """
    chunk: list[CountedLine] = []
    number = made_before

    def made() -> StockCounted:
        count_id = count.count_id if number == 1 else f"{count.count_id}/{number}"
        return StockCounted(
            count_id=count_id,
            place=count.place,
            staff_id=count.staff_id,
            lines=tuple(chunk),
            how=count.how,
            blind=count.blind,
            whole=count.whole,
            approver_id=count.approver_id,
        )

    for index, line in enumerate(count.lines):
        chunk.append(line)
        ends_item = index + 1 == len(count.lines) or count.lines[index + 1].item_id != line.item_id
        epcs = sum(len(each.missing_epcs) + len(each.found_epcs) for each in chunk)
        full = len(chunk) >= FACT_LINES_MAX or epcs >= FACT_EPCS_MAX
        if ends_item and (full or index + 1 == len(count.lines)):
            number += 1
            yield made()
            chunk = []


def counted(tx: Tx, count: StockCounted, at_ms: int) -> bool:
    """Correct the stock by a count, in the transaction that journals it: one move per line, also where nothing differs.

    False when this very count was stored before; nothing is changed then. Raises `MoveDiffers` when another one has its id,
    ValueError without lines. The lines' `expected` figures must have been read in this transaction (`lines_of`).
    """
    if not count.lines:
        raise ValueError(f"count {count.count_id} has no lines: nothing was counted")
    by_batch = {line.item_id for line in count.lines if line.batch or line.expires}
    moves = [
        Move(
            line.line_no,
            line.item_id,
            count.place,
            line.counted_thousandths - line.expected_thousandths,
            "count",
            Lot(line.batch, line.expires),
            exact=line.item_id in by_batch,
        )
        for line in sorted(count.lines, key=lambda line: line.line_no)
    ]
    if not add_once(tx, count.count_id, moves, at_ms):
        return False
    for each in moves:
        tx.execute(queries["add_correction"], (each.item_id, each.place.value, each.quantity_thousandths, at_ms))
        for batch, expires, quantity in _parts(tx, count.count_id, each):
            tx.execute(queries["add_batch_correction"], (each.item_id, each.place.value, batch, expires, quantity))
    return True


def _parts(tx: Tx, count_id: str, move: Move) -> list[tuple[str, str, int]]:
    """What a move really changed, by lot; nothing when it changed nothing."""
    parts = [
        (str(batch), str(expires), int(quantity))
        for batch, expires, quantity in tx.execute(batches.queries["parts_of"], (count_id, move.line_no)).fetchall()
    ]
    return parts or ([("", "", move.quantity_thousandths)] if move.quantity_thousandths else [])


def _expected(source: Connection | Tx, tally: Tally, place: Place) -> int:
    """What should have been counted: on hand at that moment, with the corrections other counts have posted since."""
    rows = source.execute(queries["corrected"], (tally.item_id, place.value)).fetchall()
    return tally.base_thousandths + sum(int(row[0]) for row in rows)


def _batch_expected(source: Connection | Tx, tally: Tally, place: Place) -> int:
    key = (tally.item_id, place.value, tally.lot.batch, tally.lot.expires)
    rows = source.execute(queries["batch_corrected"], key).fetchall()
    return tally.batch_base_thousandths + sum(int(row[0]) for row in rows)


def _line(tally: Tally, expected_thousandths: int) -> CountedLine:
    return CountedLine(
        line_no=tally.line_no,
        item_id=tally.item_id,
        expected_thousandths=expected_thousandths,
        counted_thousandths=tally.counted_thousandths,
        batch=tally.lot.batch,
        expires=tally.lot.expires,
        missing_epcs=tally.missing_epcs,
        found_epcs=tally.found_epcs,
    )


def _nothing(number: int, item_id: str, expected_thousandths: int, lot: Lot = NO_LOT) -> CountedLine:
    return CountedLine(
        line_no=number,
        item_id=item_id,
        expected_thousandths=expected_thousandths,
        counted_thousandths=0,
        batch=lot.batch,
        expires=lot.expires,
    )
