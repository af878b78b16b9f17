"""What lies on a till's pad, tag by tag: new, sold already, somebody else's. And lines of tags, by item.

A tag is a piece: it is in a basket once, and one that a sale of this store covers is not sold again before it came back.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.catalogue import lookup
from edge.catalogue.lookup import Item
from edge.checkout.basket import Basket
from edge.checkout.desk import Desk
from edge.rfid import fates
from edge.rfid.fates import Fate
from edge.rfid.pads import PadReading
from edge.store_db.connection import Connection
from protocols.contract.till_tags import LEFT_OUT_MAX, PadTag, PadView
from protocols.gs1.epc import TagIdentity

NEW, IN_BASKET, SOLD, FOREIGN, UNKNOWN, BY_WEIGHT = "new", "in_basket", "sold", "foreign", "unknown", "by_weight"
LEAVES_OUT = {SOLD: "tag_sold", FOREIGN: "tag_foreign", UNKNOWN: "tag_unknown", BY_WEIGHT: "tag_by_weight"}
"""Why a tag is left out: codes of refusals."""


@dataclass(frozen=True, slots=True)
class PadPiece:
    """A tag on the pad with its item, as far as it has one."""

    tag: TagIdentity
    state: str
    item: Item | None


def pieces_of(source: Connection, reading: PadReading, basket: Basket | None) -> list[PadPiece]:
    """Every tag on the pad."""
    mine = epcs_in(basket)
    items: dict[str, Item | None] = {}
    found = []
    for tag in reading.tags:
        if tag.gtin and tag.gtin not in items:
            items[tag.gtin] = lookup.item_by_code(source, tag.gtin)
        item = items.get(tag.gtin)
        found.append(PadPiece(tag, _state(source, tag, item, mine), item))
    return found


def epcs_in(basket: Basket | None) -> frozenset[str]:
    """The tags of a basket's lines that will be sold."""
    if basket is None:
        return frozenset()
    return frozenset(epc for line in basket.live_lines for epc in line.epcs)


def _state(source: Connection, tag: TagIdentity, item: Item | None, mine: frozenset[str]) -> str:
    if tag.uri in mine:
        return IN_BASKET
    if not tag.gtin:
        return FOREIGN
    known = fates.fate_of(source, tag.uri)
    if known is not None and known.fate is Fate.SOLD:
        return SOLD
    if item is None:
        return UNKNOWN
    return BY_WEIGHT if item.weighed else NEW


def pad_view(desk: Desk, till_id: str, basket: Basket | None) -> PadView | None:
    """The pad as its till's screen shows it; None: there is none."""
    reading = desk.pads.reading(till_id)
    if reading is None:
        return None
    pieces = pieces_of(desk.reader(), reading, basket)
    states = [piece.state for piece in pieces]
    left_out = [piece for piece in pieces if piece.state in LEAVES_OUT][:LEFT_OUT_MAX]
    return PadView(
        state=reading.state.value,
        auto=reading.auto,
        new=states.count(NEW),
        in_basket=states.count(IN_BASKET),
        left_out=tuple(
            PadTag(
                epc=piece.tag.uri,
                state=piece.state,
                name="" if piece.item is None else piece.item.name,
                name_zh="" if piece.item is None else piece.item.name_zh,
            )
            for piece in left_out
        ),
        full=reading.full,
    )
