"""The bundle a store prices with: the promotions headquarters gave this store and this software knows, in canonical order.

Read from the feed's raw rows, like label templates: a row of a newer kind stays raw, so the highest revision this software
can read goes on being used until the software is updated. What is refused is told, by id and with the reason, never fatal.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.feed_rows import PromotionRow, UnknownFeedRow, decode_row, promotion_feed
from protocols.promotions.bundle import Bundle, Refused

QUERIES = load("edge.promotions", "promotions.sql")
BUNDLES_DECODED = 16
"""Of the whole process: the same rows are the same bundle, in however many stores."""

Source = Connection | Tx


@dataclass(frozen=True, slots=True)
class InUse:
    """A store's bundle, and the rows that are not part of it."""

    bundle: Bundle
    refused: tuple[Refused, ...] = ()


NOTHING = InUse(Bundle())


def feed_of(source: Source) -> str | None:
    """The feed the store's promotions come in; None before the store knows its zone."""
    row = source.execute(QUERIES["zone"]).fetchone()
    return None if row is None else promotion_feed(str(row[0]))


def read_in_use(source: Source, store_id: str) -> InUse:
    """What the feed says at this moment."""
    feed_id = feed_of(source)
    if feed_id is None:
        return NOTHING
    rows = tuple((str(key), bytes(body)) for key, body in source.execute(QUERIES["rows"], (feed_id,)))
    return _in_use(rows, store_id) if rows else NOTHING


def _in_use(rows: tuple[tuple[str, bytes], ...], store_id: str) -> InUse:
    given: list[bytes] = []
    refused: list[Refused] = []
    for key, body in rows:
        row = _row(body)
        if isinstance(row, str):
            refused.append(Refused(key.removeprefix("promotion/"), row))
        elif row.given_to(store_id):
            given.append(bytes(row.rule))
    bundle = _bundle(tuple(given))
    return InUse(bundle, (*bundle.refused, *refused))


def _row(body: bytes) -> PromotionRow | str:
    """The row, or why it is none."""
    try:
        row = decode_row(body)
    except UnknownFeedRow as error:
        return str(error)
    return row if isinstance(row, PromotionRow) else f"a row of another kind ({type(row).__name__})"


@lru_cache(maxsize=BUNDLES_DECODED)
def _bundle(rules: tuple[bytes, ...]) -> Bundle:
    return Bundle.of(rules)
