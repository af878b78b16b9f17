"""The table of tags, as far as stock goes: which tagged pieces are here, and what the store's own work says of them.

What a door or a room reader heard is `edge.rfid`'s; a receipt, a move, a count or a write-off by a person is told from here.
"""

from __future__ import annotations

from collections.abc import Iterable

from edge.rfid import store as tags
from edge.rfid.tags import TagState, Why
from edge.stock.rules import Source
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.facts import GoodsReceived
from protocols.contract.stock_facts import GoodsLine, GoodsRelocated
from protocols.contract.values import Place
from protocols.gs1.epc import TagIdentity

queries = load("edge.stock", "tags_here.sql")


def by_item(source: Source, _place: Place) -> dict[str, set[str]]:
    """The tags that should be at a place, by item."""
    found: dict[str, set[str]] = {}
    for item_id, epc in source.execute(queries["here"]):
        found.setdefault(item_id, set()).add(epc)
    return found


def received(tx: Tx, fact: GoodsReceived, at_ms: int) -> None:
    """Tags came in by a person's hand: a door that hears them now knows them."""
    for line in fact.lines:
        for epc in line.epcs:
            tags.put(tx, TagIdentity(uri=epc, gtin=line.gtin), line.item_id, TagState.RECEIVED, Why.NOTHING, "", at_ms)
        tags.settle(tx, list(line.epcs), TagState.RECEIVED, fact.receipt_id)


def relocated(_tx: Tx, _fact: GoodsRelocated, _at_ms: int) -> None:
    """Tags went to another place of the store."""


def gone(tx: Tx, lines: Iterable[GoodsLine], fact_id: str, _at_ms: int) -> None:
    """Tags left the stock by a person's hand."""
    for line in lines:
        tags.settle(tx, list(line.epcs), TagState.LEFT, fact_id)
