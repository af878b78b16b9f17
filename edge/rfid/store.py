"""Rows of tags and of what went through the doors."""

from __future__ import annotations

import msgspec

from edge.catalogue import lookup
from edge.rfid.tags import KnownTag, TagState, Why
from edge.store_db.connection import Connection, SqlValue
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.facts import GoodsLeft, GoodsReceived
from protocols.gs1.epc import TagIdentity

queries = load("edge.rfid")
Source = Connection | Tx

FOREIGN_MAX = 10_000
"""Tags of others that are remembered. Policy when reached: the oldest are forgotten."""
_encode = msgspec.json.Encoder().encode
_decode_received = msgspec.json.Decoder(GoodsReceived).decode
_decode_left = msgspec.json.Decoder(GoodsLeft).decode


def tag(source: Source, epc: str) -> KnownTag | None:
    """By EPC URI."""
    rows = _tags(source, "tag", (epc,))
    return rows[0] if rows else None


def item_of(source: Source, gtin: str) -> tuple[str, int, Why]:
    """The item of a GTIN, its pieces per tag, and why it is of no use ("" item, 0 pieces)."""
    if not gtin:
        return "", 0, Why.FOREIGN
    item = lookup.item_by_code(source, gtin)
    if item is None:
        return "", 0, Why.NO_ITEM
    if item.weighed:
        return item.item_id, 0, Why.BY_WEIGHT
    return item.item_id, item.pack_quantity, Why.NOTHING


def put(tx: Tx, identity: TagIdentity, item_id: str, state: TagState, why: Why, device_id: str, at_ms: int) -> None:
    """Set what is known of a tag."""
    row = (identity.uri, identity.gtin, item_id, state.value, why.value, device_id, at_ms)
    tx.execute(queries["put_tag"], row)


def is_known(source: Source, epc: str) -> bool:
    """Whether an antenna of the store has it, or had it lately."""
    return source.execute(queries["is_known"], (epc,)).fetchone() is not None


def shelf_plans(source: Source, feed_id: str) -> list[bytes]:
    """The rows of headquarters' shelf plans."""
    return [bytes(body) for _, body in source.execute(queries["shelf_plans"], (feed_id,)).fetchall()]


def touch(tx: Tx, epc: str, at_ms: int) -> None:
    """It was seen."""
    tx.execute(queries["touch"], (epc, at_ms))


def settle(tx: Tx, epcs: list[str], state: TagState, fact_id: str) -> None:
    """Their fact is made."""
    tx.executemany(queries["settle"], [(epc, state.value, fact_id) for epc in epcs])


def waiting(source: Source, state: TagState, device_id: str, limit: int) -> list[KnownTag]:
    """Tags of a door that wait for their fact."""
    return _tags(source, "waiting", (state.value, device_id, limit))


def doors_waiting(source: Source) -> list[tuple[str, TagState]]:
    """Where tags wait for their fact."""
    return [(device_id, TagState(state)) for device_id, state in source.execute(queries["doors_waiting"])]


def known_now(source: Source, limit: int) -> list[KnownTag]:
    """Unknown tags whose GTIN the catalogue has meanwhile."""
    return _tags(source, "known_now", (limit,))


def unknown_count(source: Source) -> int:
    """How many tags came in with a GTIN nobody knows."""
    row = source.execute(queries["unknown_count"]).fetchone()
    assert row is not None
    return int(row[0])


def open_tags(source: Source, limit: int) -> list[KnownTag]:
    """What a person has to look at, newest first."""
    return _tags(source, "open_tags", (limit,))


def tags_of_item(source: Source, item_id: str, after: str, limit: int) -> list[KnownTag]:
    """Tags of an item in EPC order."""
    return _tags(source, "tags_of_item", (item_id, after, limit))


def dismiss(tx: Tx, epc: str) -> None:
    """A person has looked at it."""
    tx.execute(queries["dismiss"], (epc,))


def put_received(tx: Tx, fact: GoodsReceived, at_ms: int) -> None:
    """Keep a receipt for the screens."""
    tx.execute(queries["put_passage"], (fact.receipt_id, "received", at_ms, _encode(fact)))


def put_left(tx: Tx, fact: GoodsLeft, at_ms: int) -> None:
    """Keep a leaving for the screens."""
    tx.execute(queries["put_passage"], (fact.passage_id, "left", at_ms, _encode(fact)))


def receipts(source: Source, limit: int) -> list[tuple[int, GoodsReceived]]:
    """(at, receipt), newest first."""
    rows = source.execute(queries["passages"], ("received", limit))
    return [(at_ms, _decode_received(fact)) for _, at_ms, fact in rows]


def leavings(source: Source, limit: int) -> list[tuple[int, GoodsLeft]]:
    """(at, leaving), newest first."""
    rows = source.execute(queries["passages"], ("left", limit))
    return [(at_ms, _decode_left(fact)) for _, at_ms, fact in rows]


def prune(tx: Tx, before_ms: int) -> None:
    """Forget what is older: facts shown, tags that left or were of nobody. Tags that are in the store stay."""
    tx.execute(queries["prune_passages"], (before_ms,))
    tx.execute(queries["prune_tags"], (before_ms,))
    tx.execute(queries["prune_foreign"], (FOREIGN_MAX,))


def _tags(source: Source, query: str, values: tuple[SqlValue, ...]) -> list[KnownTag]:
    return [
        KnownTag(epc, gtin, item_id, TagState(state), Why(why), device_id, seen_at_ms, fact_id)
        for epc, gtin, item_id, state, why, device_id, seen_at_ms, fact_id in source.execute(queries[query], values)
    ]
