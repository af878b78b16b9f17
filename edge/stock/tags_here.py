"""The table of tags, as far as stock goes: which tagged pieces are here, and what the store's own work says of them.

What a door or a room reader heard is `edge.rfid`'s; a receipt, a move, a count or a write-off by a person is told from here.
"""

from __future__ import annotations

from collections.abc import Iterable

from edge.rfid import fates, floor_store
from edge.rfid import store as tags
from edge.rfid.tags import TagState, Why
from edge.stock.rules import Source
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.contract.facts import GoodsReceived
from protocols.contract.stock_facts import GoodsLine, GoodsRelocated
from protocols.contract.values import Place
from protocols.gs1.epc import TagIdentity, of_uri
from protocols.gs1.tds.errors import EpcRefused
from protocols.gs1.tds.keys import Kind

queries = load("edge.stock", "tags_here.sql")


def by_item(source: Source, place: Place) -> dict[str, set[str]]:
    """The tags that should be at a place, by item."""
    found: dict[str, set[str]] = {}
    for item_id, epc in source.execute(queries["at_place"], (place.value,)):
        found.setdefault(item_id, set()).add(epc)
    return found


def of_item(source: Source, item_id: str, place: Place) -> set[str]:
    """The tags of one item that should be at a place."""
    return {str(row[0]) for row in source.execute(queries["of_item_at"], (item_id, place.value))}


def heard_at(source: Source, place: Place) -> list[str]:
    """The tags the store's own readers hear at a place now; none where there are no readers."""
    return [str(row[0]) for row in source.execute(queries["heard_at"], (place.value,))]


def received(tx: Tx, fact: GoodsReceived, at_ms: int) -> None:
    """Tags came in by a person's hand: a door that hears them now knows them, and the exit guards them again."""
    gtins: dict[str, str] = {}
    for line in fact.lines:
        for epc in line.epcs:
            head = _head_of(epc)
            if head not in gtins:
                gtins[head] = gtin_of(epc)
            tags.put(tx, TagIdentity(uri=epc, gtin=gtins[head]), line.item_id, TagState.RECEIVED, Why.NOTHING, "", at_ms)
        tags.settle(tx, list(line.epcs), TagState.RECEIVED, fact.receipt_id)
        floor_store.put_book_place(tx, line.epcs, fact.place)
        again = [epc for epc in line.epcs if fates.may_leave(tx, epc)]
        fates.put(tx, again, fates.Fate.RETURNED, fact.receipt_id, at_ms)


def relocated(tx: Tx, fact: GoodsRelocated) -> None:
    """Tags went to another place of the store by a person's hand."""
    for line in fact.lines:
        floor_store.put_book_place(tx, line.epcs, fact.to_place)


def gone(tx: Tx, lines: Iterable[GoodsLine], fact_id: str, at_ms: int) -> None:
    """Tags left the stock by a person's hand: they may pass the exit."""
    for line in lines:
        fates.put(tx, line.epcs, fates.Fate.SENT, fact_id, at_ms)


def _head_of(epc: str) -> str:
    """What of a tag's URI tells its product: pieces of one product are read in thousands."""
    return epc.rpartition(".")[0] if epc.startswith("urn:epc:id:sgtin:") else epc


def gtin_of(epc: str) -> str:
    """The GTIN of a tag; empty for one that is no piece of a trade item."""
    try:
        found = of_uri(epc)
    except EpcRefused:
        return ""
    return found.number if found.kind is Kind.SGTIN else ""
