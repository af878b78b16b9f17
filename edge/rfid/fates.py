"""Whether a tag may leave the store: what the sale record says of it, written in the very transaction that says so.

A sale by tag knows its pieces. A sale by bar code knows no tag, only that so many pieces of an item were sold: so many may
leave within `ALLOWANCE_MS`, whichever they are, and the one that does is taken for the one sold from then on. So a piece
that was paid for never rings the gate; the price is that for half an hour another piece of the same item might leave in its
stead.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.till_facts import GoodsReturned, SaleClosed

queries = load("edge.rfid", "fates.sql")
Source = Connection | Tx

ALLOWANCE_MS = 30 * 60_000
KEPT_MS = 400 * 86_400_000
"""A garment sold a year ago may come in again on its wearer."""


class Fate(enum.StrEnum):
    """What was last said of a tag."""

    SOLD = "sold"
    RETURNED = "returned"
    """Came back, and may be sold again."""
    PASSED = "passed"
    """A person at the gate said that it may pass: a customer's own, or of staff."""
    SENT = "sent"
    """Sent to another store or back to its supplier, or written off."""
    BROUGHT = "brought"
    """Came in through the exit and never was stock of this store."""


MAY_LEAVE = frozenset({Fate.SOLD, Fate.PASSED, Fate.SENT, Fate.BROUGHT})


@dataclass(frozen=True, slots=True)
class KnownFate:
    """`reference`: the sale, the return, the alarm or the transfer that said so."""

    fate: Fate
    reference: str
    at_ms: int


def fate_of(source: Source, epc: str) -> KnownFate | None:
    """By EPC URI; None: nothing was ever said."""
    row = source.execute(queries["fate"], (epc,)).fetchone()
    return None if row is None else KnownFate(Fate(row[0]), row[1], row[2])


def may_leave(source: Source, epc: str) -> bool:
    """Whether the tag itself may leave; an allowance may still cover it."""
    known = fate_of(source, epc)
    return known is not None and known.fate in MAY_LEAVE


def put(tx: Tx, epcs: Iterable[str], fate: Fate, reference: str, at_ms: int) -> None:
    """Say what became of tags."""
    tx.executemany(queries["put_fate"], [(epc, fate.value, reference, at_ms) for epc in epcs])


def put_brought(tx: Tx, epc: str, gate_id: str, at_ms: int) -> None:
    """It came in with a customer, unless something was said of it before."""
    tx.execute(queries["put_fate_once"], (epc, Fate.BROUGHT.value, gate_id, at_ms))


def sold(tx: Tx, sale: SaleClosed, at_ms: int) -> None:
    """In the transaction that closes the sale: its tags may leave, and so many untagged pieces of each item.

    No allowance is kept in a store without an exit gate, and none for weighed goods, which carry no tag.
    """
    watched = tx.execute(queries["gates_watch"]).fetchone() is not None
    if watched:
        tx.execute(queries["prune_allowances"], (at_ms,))
    for line in sale.lines:
        if line.epcs:
            put(tx, line.epcs, Fate.SOLD, sale.sale_id, at_ms)
        untagged = line.quantity - len(line.epcs)
        if watched and untagged > 0 and line.grams is None and line.line_kind == "goods":
            tx.execute(queries["put_allowance"], (sale.sale_id, line.item_id, untagged, at_ms + ALLOWANCE_MS))


def returned(tx: Tx, goods: GoodsReturned, at_ms: int) -> None:
    """In the transaction of the return: its tags may no longer leave. What was sold without tags no longer may either."""
    for line in goods.lines:
        if line.epcs:
            put(tx, line.epcs, Fate.RETURNED, goods.return_id, at_ms)
        untagged = line.quantity - len(line.epcs)
        if untagged > 0:
            tx.execute(queries["drop_allowance"], (goods.sale_id, line.item_id, untagged))


def covered_by(tx: Tx, epc: str, item_id: str, at_ms: int) -> str | None:
    """The sale (or other reference) that lets a tag leave; None: nothing does. An allowance is used up by it."""
    known = fate_of(tx, epc)
    if known is not None and known.fate in MAY_LEAVE:
        return known.reference
    row = tx.execute(queries["allowance"], (item_id, at_ms)).fetchone() if item_id else None
    if row is None:
        return None
    sale_id = str(row[0])
    tx.execute(queries["use_allowance"], (sale_id, item_id))
    put(tx, (epc,), Fate.SOLD, sale_id, at_ms)
    return sale_id


def is_covered(source: Source, epc: str, item_id: str, at_ms: int) -> bool:
    """The same question without using anything up: for a disk that takes nothing now."""
    if may_leave(source, epc):
        return True
    return bool(item_id) and source.execute(queries["allowance"], (item_id, at_ms)).fetchone() is not None


def watch_gates(tx: Tx, gate_ids: Iterable[str]) -> None:
    """At start: the exits of the settings."""
    tx.execute(queries["drop_watch"])
    tx.executemany(queries["put_watch"], [(gate_id,) for gate_id in gate_ids])


def prune(tx: Tx, now_ms: int) -> None:
    """Forget what was said long ago, and allowances that are over."""
    tx.execute(queries["prune_fates"], (now_ms - KEPT_MS,))
    tx.execute(queries["prune_allowances"], (now_ms,))
