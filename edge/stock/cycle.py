"""Which items to count next at a place: those whose book cannot be right, then those nobody counted for longest."""

from __future__ import annotations

from dataclasses import dataclass

from edge.stock.rules import Source
from edge.store_db.queries import load
from protocols.contract.values import Place

queries = load("edge.stock", "cycle.sql")

DUE_MAX = 20
"""A round somebody can walk."""


@dataclass(frozen=True, slots=True)
class Due:
    """An item to be counted; `why`: `negative`, `never` or `long_ago`."""

    item_id: str
    name: str
    name_zh: str
    why: str
    counted_at_ms: int | None


def due(source: Source, place: Place) -> list[Due]:
    """The next round at a place, at most `DUE_MAX` items."""
    rows = source.execute(queries["due"], (place.value, DUE_MAX)).fetchall()
    return [
        Due(item_id, name, name_zh, "negative" if on_hand < 0 else "never" if counted_ms is None else "long_ago", counted_ms)
        for item_id, name, name_zh, on_hand, counted_ms in rows
    ]
