"""Batches: the breakdown of every balance by lot and date, kept by the very moves that change the balance.

What goes out and names a batch takes that batch, even below zero: the customer held it. What names none takes what is to be
sold first (first expired, first out), and what no batch covers comes off the goods nobody named a batch of. What comes in
without a batch joins those. So the batches of an item and place always sum to its balance.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.values import Place

queries = load("edge.stock", "batches.sql")
Source = Connection | Tx

BATCH_CHARACTERS_MAX = 40
EXPIRING_ROWS_MAX = 200


@dataclass(frozen=True, slots=True)
class Lot:
    """A batch and its date; either may be empty. `expires` is an ISO date."""

    batch: str = ""
    expires: str = ""


NO_LOT = Lot()


@dataclass(frozen=True, slots=True)
class Standing:
    """So much of a lot stands at a place, in thousandths of the stock unit; below zero: more left than ever came."""

    item_id: str
    place: Place
    lot: Lot
    on_hand_thousandths: int


@dataclass(frozen=True, slots=True)
class Expiring:
    """A lot that reaches its date soon, or has passed it."""

    standing: Standing
    name: str
    name_zh: str
    weighed: bool
    days_left: int
    """0: its last day; below: days past it."""


def is_date(text: str) -> bool:
    """Whether a text is an ISO date (or empty: no date)."""
    if not text:
        return True
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def standing(source: Source, item_id: str, place: Place | None = None) -> list[Standing]:
    """An item's lots, the one to go first in front; at one place or at all."""
    rows = source.execute(queries["of_item"], (item_id, "" if place is None else place.value)).fetchall()
    return [Standing(item_id, Place(at), Lot(batch, expires), quantity) for at, batch, expires, quantity in rows]


def on_hand(source: Source, item_id: str, place: Place, lot: Lot) -> int:
    """What stands of one lot at a place."""
    row = source.execute(queries["of_lot"], (item_id, place.value, lot.batch, lot.expires)).fetchone()
    return 0 if row is None else int(row[0])


def picked(source: Source, item_id: str, place: Place, quantity_thousandths: int, told: Lot) -> list[tuple[Lot, int]]:
    """Which lots so much of an item comes from: `told`, else first expired first; quantities positive.

    What no lot covers is of the lot that was told, or of none.
    """
    stands = standing(source, item_id, place)
    found = [each for each in stands if _fits(each.lot, told)]
    if not found and told.batch:  # the paper told no date when the batch came
        found = [each for each in stands if each.lot.batch == told.batch]
    parts: list[tuple[Lot, int]] = []
    left = quantity_thousandths
    for each in found:
        if each.on_hand_thousandths > 0 and left > 0:
            part = min(left, each.on_hand_thousandths)
            parts.append((each.lot, part))
            left -= part
    if left > 0 or not parts:
        rest = told if told == NO_LOT or not found else found[-1].lot
        parts = _added(parts, rest, left)
    return parts


def put(tx: Tx, move: tuple[str, int], item_id: str, place: Place, parts: list[tuple[Lot, int]], at_ms: int) -> None:
    """Change the breakdown by signed parts and note them under their move (its id and line)."""
    plain = len(parts) == 1 and parts[0][0] == NO_LOT
    for number, (lot, quantity) in enumerate(parts, 1):
        tx.execute(queries["add"], (item_id, place.value, lot.batch, lot.expires, quantity, at_ms))
        if not plain:
            tx.execute(queries["put_part"], (*move, number, lot.batch, lot.expires, quantity))
            tx.execute(queries["drop_empty"], (item_id, place.value, lot.batch, lot.expires))


def expiring(source: Source, today: str, warn_days: int) -> list[Expiring]:
    """Lots on hand at most `warn_days` from their date, the soonest first, at most `EXPIRING_ROWS_MAX`."""
    day = datetime.date.fromisoformat(today)
    until = (day + datetime.timedelta(days=max(0, warn_days))).isoformat()
    rows = source.execute(queries["expiring"], (until, EXPIRING_ROWS_MAX)).fetchall()
    return [
        Expiring(
            Standing(item_id, Place(place), Lot(batch, expires), quantity),
            name,
            name_zh,
            bool(weighed),
            (datetime.date.fromisoformat(expires) - day).days,
        )
        for item_id, place, batch, expires, quantity, name, name_zh, weighed in rows
        if is_date(expires)
    ]


def prune(tx: Tx, before_ms: int) -> None:
    """Forget what is kept of moves that are forgotten, and of pieces that left long ago."""
    tx.execute(queries["prune_parts"])
    tx.execute(queries["prune_serials"], (before_ms,))


def _fits(lot: Lot, told: Lot) -> bool:
    return (not told.batch or lot.batch == told.batch) and (not told.expires or lot.expires == told.expires)


def _added(parts: list[tuple[Lot, int]], lot: Lot, quantity: int) -> list[tuple[Lot, int]]:
    for number, (known, so_far) in enumerate(parts):
        if known == lot:
            return [*parts[:number], (lot, so_far + quantity), *parts[number + 1 :]]
    return [*parts, (lot, quantity)]
