"""Rows of orders to single tags, and what a tag's new EPC changes in the store's own tables."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from edge.rfid import fates, floor_store
from edge.rfid import store as tags
from edge.store_db.connection import Connection, Row
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.values import Place
from protocols.gs1.epc import TagIdentity, of_uri
from protocols.gs1.tds.codec import write_epc
from protocols.gs1.tds.errors import EpcRefused
from protocols.gs1.tds.keys import Kind
from protocols.llrp.wire import BitString

queries = load("edge.rfid", "tag_orders.sql")
Source = Connection | Tx

KEPT_MS = 90 * 86_400_000
SHOWN_MAX = 50
SCHEMES = ("sgtin-96", "sgtin-198")
"""How a new EPC is written: the first that can hold it."""


class What(enum.StrEnum):
    """What is done to a tag."""

    READ = "read"
    """Its own number (TID) is read."""
    ENCODE = "encode"
    LOCK = "lock"
    """Its EPC can be written with the store's access password only."""
    KILL = "kill"


@dataclass(frozen=True, slots=True)
class TagOrder:
    """An order and what came of it; `outcome` empty: on its way. EPCs are URIs; `key`: as the tag holds it."""

    order_id: str
    device_id: str
    epc: str
    key: BitString
    what: What
    new_epc: str
    staff_id: str
    sale_id: str
    at_ms: int
    outcome: str = ""
    fault: str = ""
    words: str = ""


def bits_of(epc_uri: str) -> BitString:
    """A piece's key as a tag holds it. Raises `EpcRefused` when it is none, or fits no tag."""
    found = of_uri(epc_uri)
    if found.kind is not Kind.SGTIN:
        raise EpcRefused("epc_no_item", f"{epc_uri} is no piece of a trade item.")
    refused: EpcRefused | None = None
    for scheme in SCHEMES:
        try:
            data, bits = write_epc(found, scheme)
        except EpcRefused as error:
            refused = error
            continue
        whole = -(-bits // 16) * 16
        return BitString(whole, data.ljust(whole // 8, b"\0"))
    assert refused is not None
    raise refused


def gtin_of(epc_uri: str) -> str:
    """The GTIN of a piece's key. Raises `EpcRefused`."""
    found = of_uri(epc_uri)
    return found.number if found.kind is Kind.SGTIN else ""


def find(source: Source, order_id: str) -> TagOrder | None:
    """By id."""
    row = source.execute(queries["get"], (order_id,)).fetchone()
    return None if row is None else _order(row)


def open_ones(source: Source) -> list[TagOrder]:
    """Orders without an end."""
    return [_order(row) for row in source.execute(queries["open"]).fetchall()]


def newest(source: Source) -> list[TagOrder]:
    """The last `SHOWN_MAX` orders, newest first."""
    return [_order(row) for row in source.execute(queries["newest"], (SHOWN_MAX,)).fetchall()]


def is_taken(source: Source, epc: str) -> bool:
    """Whether a tag of this store has it, or had it."""
    return source.execute(queries["is_taken"], (epc,)).fetchone() is not None


def keep(tx: Tx, order: TagOrder) -> None:
    """Before the reader is told."""
    head = (order.order_id, order.device_id, order.epc, order.key.data, order.key.bits, order.what.value)
    tx.execute(queries["put"], (*head, order.new_epc, order.staff_id, order.sale_id, order.at_ms))


def end(tx: Tx, order_id: str, outcome: str, fault: str, words: str) -> None:
    """What came of it."""
    tx.execute(queries["end"], (order_id, outcome, fault, words))


def change(tx: Tx, order: TagOrder, at_ms: int) -> None:
    """A tag that was written anew is known by its new EPC from now on; a silenced one is heard no more."""
    if order.what not in {What.ENCODE, What.KILL}:
        return
    known = tags.tag(tx, order.epc)
    place = tx.execute(queries["book_place"], (order.epc,)).fetchone()
    tx.execute(queries["leave"], (order.epc,))
    if known is None or order.what is What.KILL:
        return
    gtin = gtin_of(order.new_epc)
    item_id, _, why = tags.item_of(tx, gtin)
    tags.put(tx, TagIdentity(uri=order.new_epc, gtin=gtin), item_id, known.state, why, known.device_id, at_ms)
    tags.settle(tx, [order.new_epc], known.state, known.fact_id)
    fate = fates.fate_of(tx, order.epc)
    if fate is not None:
        fates.put(tx, (order.new_epc,), fate.fate, fate.reference, at_ms)
    if place is not None and place[0]:
        floor_store.put_book_place(tx, (order.new_epc,), Place(place[0]))
    tx.execute(queries["drop_tag"], (order.epc,))


def prune(tx: Tx, now_ms: int) -> None:
    """Forget what is long over."""
    tx.execute(queries["prune"], (now_ms - KEPT_MS,))


def _order(row: Row) -> TagOrder:
    order_id, device_id, epc, raw, bits, what, new_epc, staff_id, sale_id, at_ms, outcome, fault, words = row
    head = (order_id, device_id, epc, BitString(bits, bytes(raw)), What(what), new_epc, staff_id, sale_id, at_ms)
    return TagOrder(*head, outcome, fault, words)
