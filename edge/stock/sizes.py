"""Broken sizes (断码): a style of which a size that was here is gone while other sizes of its colour still stand here.

Decided in the transaction of the very move, as low stock is; costs one look-up for an item without a size.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.stock.rules import SELLABLE, Source, rules
from edge.store_db.database import Tx
from edge.store_db.queries import load

queries = load("edge.stock", "sizes.sql")

GAPS_MAX = 200
"""Styles listed at once."""


@dataclass(frozen=True, slots=True)
class SizeGap:
    """A style and colour with holes. `left`: sizes that are there, with thousandths."""

    style_id: str
    name: str
    name_zh: str
    colour: str
    missing: tuple[str, ...]
    left: tuple[tuple[str, int], ...]
    since_ms: int


def check(tx: Tx, item_id: str, at_ms: int) -> None:
    """Note whether the item's style is broken now. Part of every stock move."""
    row = tx.execute(queries["style_of"], (item_id,)).fetchone()
    if row is not None and row[0] and row[2]:
        _check_style(tx, row[0], row[1], set(rules(tx).size_gap_keys), at_ms)


def check_all(tx: Tx, at_ms: int) -> None:
    """The rules changed: look at every style with sizes."""
    keys = set(rules(tx).size_gap_keys)
    for style_id, colour in tx.execute(queries["styles"]).fetchall():
        _check_style(tx, style_id, colour, keys, at_ms)


def gaps(source: Source) -> list[SizeGap]:
    """What is broken, longest first, at most `GAPS_MAX`."""
    return [
        SizeGap(
            style_id,
            name,
            name_zh,
            colour,
            tuple(missing.split("\n")),
            tuple((size, left) for size, left in _by_size(source, style_id, colour) if left > 0),
            since_ms,
        )
        for style_id, name, name_zh, colour, missing, since_ms in source.execute(queries["gaps"], (GAPS_MAX,)).fetchall()
    ]


def _check_style(tx: Tx, style_id: str, colour: str, keys: set[str], at_ms: int) -> None:
    by_size = _by_size(tx, style_id, colour)
    missing = [size for size, left in by_size if left <= 0 and (not keys or size in keys)]
    if missing and any(left > 0 for _, left in by_size):
        tx.execute(queries["put_gap"], (style_id, colour, "\n".join(missing), at_ms))
    else:
        tx.execute(queries["drop_gap"], (style_id, colour))


def _by_size(source: Source, style_id: str, colour: str) -> list[tuple[str, int]]:
    """What can be sold of each size that was ever here."""
    places = tuple(place.value for place in SELLABLE)
    return [(row[0], row[1]) for row in source.execute(queries["by_size"], (style_id, colour, *places)).fetchall()]
