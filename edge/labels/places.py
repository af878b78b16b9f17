"""Where labels hang: told by a person, journalled, and the shelf as a picture. The ledger does not know of positions.

Two labels may stand at one place (one hides behind another, or a person mistyped): the map shows both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.store_db.connection import Connection
from edge.store_db.database import StoreFile, Tx
from edge.store_db.journal import Journal
from edge.store_db.queries import load
from protocols.clock import Clock
from protocols.contract.facts import LabelPlaced
from protocols.contract.handover import HeldLabel

queries = load("edge.labels", "places.sql")

BOARDS_MAX = 30
SLOTS_MAX = 999
_AISLE = re.compile(r"[\w .\-/]{1,16}")


class BadPlace(ValueError):
    """No such place can be; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Aisle, board (1 is the lowest) and slot (1 is the leftmost)."""

    aisle: str
    shelf: int
    slot: int

    def __str__(self) -> str:
        return f"{self.aisle}-{self.shelf}-{self.slot}"


@dataclass(frozen=True, slots=True)
class Placed:
    """A label and where it hangs."""

    label_id: str
    place: Place


def place(aisle: str, shelf: int, slot: int) -> Place:
    """Check what a person typed. Raises `BadPlace`."""
    name = " ".join(aisle.split())
    if not _AISLE.fullmatch(name):
        raise BadPlace("aisle: 1 to 16 letters, digits, spaces or -./")
    if not 1 <= shelf <= BOARDS_MAX:
        raise BadPlace(f"shelf: 1 (the lowest board) to {BOARDS_MAX}")
    if not 1 <= slot <= SLOTS_MAX:
        raise BadPlace(f"slot: 1 (the leftmost place) to {SLOTS_MAX}")
    return Place(name, shelf, slot)


def place_of(source: Connection | Tx, label_id: str) -> Place | None:
    """Where one label hangs; None: nobody said."""
    row = source.execute(queries["one"], (label_id,)).fetchone()
    return None if row is None else Place(*row)


def position_text(store: StoreFile, label_id: str) -> str:
    """Where a label hangs, as it may be printed on it; empty: nobody said."""
    where = place_of(store.reader(), label_id)
    return "" if where is None else str(where)


def all_placed(source: Connection) -> list[Placed]:
    """Every label somebody placed: by aisle, from the highest board down, from left to right."""
    return [Placed(row[0], Place(*row[1:])) for row in source.execute(queries["all"])]


def places_of(source: Connection, label_ids: Iterable[str]) -> Mapping[str, Place]:
    """Where these labels hang; those nobody placed are left out."""
    found: dict[str, Place] = {}
    for label_id in label_ids:
        where = place_of(source, label_id)
        if where is not None:
            found[label_id] = where
    return found


def take_over(tx: Tx, labels: Iterable[HeldLabel], now_ms: int) -> None:
    """Enter what a former box knew of where labels hang; what a person said here since stays. It is journalled already."""
    for held in labels:
        if held.place is not None and place_of(tx, held.label_id) is None:
            where = held.place
            tx.execute(queries["put"], (held.label_id, where.aisle, where.shelf, where.slot, "", now_ms))


class PlaceService:
    """The use case of positions."""

    def __init__(self, file: StoreFile, journal: Journal, clock: Clock) -> None:
        self._file = file
        self._journal = journal
        self._clock = clock

    async def put(self, label_id: str, where: Place | None, staff_id: str) -> None:
        """Say where a label hangs (None: nobody knows any more). What is so already is not journalled again.

        Raises `StoreDbError`.
        """

        def run(tx: Tx) -> None:
            if place_of(tx, label_id) == where:
                return
            if where is None:
                tx.execute(queries["drop"], (label_id,))
                fact = LabelPlaced(label_id=label_id, aisle="", shelf=0, slot=0, staff_id=staff_id)
            else:
                values = (label_id, where.aisle, where.shelf, where.slot, staff_id, self._clock.now_ms())
                tx.execute(queries["put"], values)
                fact = LabelPlaced(
                    label_id=label_id, aisle=where.aisle, shelf=where.shelf, slot=where.slot, staff_id=staff_id
                )
            self._journal.append(tx, fact)

        await self._file.write(run)
