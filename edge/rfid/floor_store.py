"""Rows of where each tag stands."""

from __future__ import annotations

from dataclasses import dataclass

from edge.rfid import store
from edge.rfid.presence import Edge, EdgeKind, TagKey
from edge.rfid.tags import TagState
from edge.store_db.connection import Connection, SqlValue
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.values import Place
from protocols.gs1.epc import TagIdentity

queries = load("edge.rfid", "floor.sql")
Source = Connection | Tx


@dataclass(frozen=True, slots=True)
class StandingTag:
    """A tag the antennas know. `gone`: it departed. Times in milliseconds since 1970 UTC."""

    epc: str
    gtin: str
    item_id: str
    spot: str
    place: str
    arrived_ms: int
    moved_ms: int
    gone: bool
    key: TagKey


@dataclass(frozen=True, slots=True)
class Astray:
    """A tag that stands elsewhere than in the book."""

    epc: str
    gtin: str
    item_id: str
    book_place: Place
    place: Place


def present(source: Source) -> list[tuple[TagKey, str]]:
    """All tags that have not departed, with their spots."""
    return [((bytes(raw), bits), spot) for raw, bits, spot in source.execute(queries["present"])]


def put(tx: Tx, edge: Edge, identity: TagIdentity, place: Place | None, at_ms: int, received_at: Place) -> None:
    """Keep one change. `received_at`: where goods that came through a door are in the book."""
    key, where = (edge.epc, edge.epc_bits), "" if place is None else place.value
    match edge.kind:
        case EdgeKind.ARRIVED:
            item_id, _, _ = store.item_of(tx, identity.gtin)
            book = _book_place(tx, key, identity.uri, where, received_at)
            row = (*key, identity.uri, identity.gtin, item_id, edge.spot, where, book, at_ms)
            tx.execute(queries["arrived"], row)
        case EdgeKind.MOVED:
            tx.execute(queries["moved"], (*key, edge.spot, where, at_ms))
        case EdgeKind.DEPARTED:
            tx.execute(queries["departed"], (*key, at_ms))


def _book_place(tx: Tx, key: TagKey, epc: str, seen: str, received_at: Place) -> str:
    """Where the book has a tag that arrives: as before, else where a door received it, else where it is seen."""
    row = tx.execute(queries["row"], key).fetchone()
    if row is not None and row[0]:
        return str(row[0])
    known = store.tag(tx, epc)
    if known is not None and known.state in {TagState.ARRIVING, TagState.RECEIVED}:
        return received_at.value
    return seen


def astray(source: Source, before_ms: int, limit: int) -> list[Astray]:
    """Tags that have stood elsewhere than in the book since then, sorted by where they went."""
    rows = source.execute(queries["astray"], (before_ms, limit)).fetchall()
    return [Astray(epc, gtin, item_id, Place(book), Place(place)) for epc, gtin, item_id, book, place in rows]


def booked(tx: Tx, epcs: list[str]) -> None:
    """The book has them where they stand."""
    tx.executemany(queries["booked"], [(epc,) for epc in epcs])


def put_book_place(tx: Tx, epcs: tuple[str, ...], place: Place) -> None:
    """A person moved them in the book, or received them."""
    tx.executemany(queries["put_book_place"], [(epc, place.value) for epc in epcs])


def by_epc(source: Source, epc: str) -> StandingTag | None:
    """One tag."""
    found = _tags(source, "by_epc", (epc,))
    return found[0] if found else None


def of_item(source: Source, item_id: str, limit: int) -> list[StandingTag]:
    """An item's tags, those in the store first."""
    return _tags(source, "of_item", (item_id, limit))


def counts_by_place(source: Source, item_id: str) -> dict[str, int]:
    """How many of an item's tags stand at each place."""
    return {str(place): int(count) for place, count in source.execute(queries["counts_by_place"], (item_id,))}


def prune(tx: Tx, before_ms: int) -> None:
    """Forget what departed long ago."""
    tx.execute(queries["prune"], (before_ms,))


def _tags(source: Source, query: str, values: tuple[SqlValue, ...]) -> list[StandingTag]:
    return [
        StandingTag(epc, gtin, item_id, spot, place, arrived_ms, moved_ms, bool(gone), (bytes(raw), bits))
        for epc, gtin, item_id, spot, place, arrived_ms, moved_ms, gone, raw, bits in source.execute(queries[query], values)
    ]
