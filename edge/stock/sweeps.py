"""Sweeps: the tags a reader heard, as something counted or received. Each tag counts once in a list.

A tag stands for the pieces of its code (a tagged carton for its contents). Tags of goods the catalogue lacks, of goods sold
by weight, and of others are counted apart and never guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.rfid import fates
from edge.rfid import store as tags
from edge.rfid.tags import TagState, Why
from edge.stock.batches import NO_LOT
from edge.stock.draft_rows import PIECES_MAX, Kind, Piece, Touch, need_open, piece_count, put_line, put_piece, queries
from edge.stock.refusals import StockRefused
from edge.stock.tags_here import gtin_of
from edge.store_db.database import Tx
from protocols.contract.values import THOUSANDTHS

EPCS_AT_ONCE = 100
"""Tags taken in by one transaction, some 10 ms: the tills share the writer."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep brought: tags new on the list, on it already, booked in before (receipts), and of unknown goods."""

    new: int = 0
    again: int = 0
    here: int = 0
    unknown: int = 0

    def plus(self, more: Swept) -> Swept:
        """Both together."""
        return Swept(self.new + more.new, self.again + more.again, self.here + more.here, self.unknown + more.unknown)


def take_sweep(tx: Tx, draft_id: str, epcs: Sequence[str]) -> Swept:
    """Take tags (EPC URIs) into a list, in one transaction. Raises `StockRefused` when it cannot be changed."""
    draft = need_open(tx, draft_id)
    goods: dict[str, tuple[str, int]] = {}
    pieces: dict[str, int] = {}
    gtins: dict[str, str] = {}
    new = again = here = unknown = 0
    for epc in epcs:
        gtin = gtin_of(epc)
        if gtin not in goods:
            item_id, quantity, why = tags.item_of(tx, gtin)
            goods[gtin] = (item_id, quantity) if why is Why.NOTHING else ("", 0)
        item_id, quantity = goods[gtin]
        if not item_id:
            unknown += 1
            continue
        if draft.kind is Kind.RECEIPT and _is_here(tx, epc):
            here += 1
            continue
        if not put_piece(tx, draft_id, Piece(epc, item_id, NO_LOT)):
            again += 1
            continue
        new += 1
        pieces[item_id] = pieces.get(item_id, 0) + quantity
        gtins[item_id] = gtin
    for item_id, quantity in pieces.items():
        put_line(tx, draft, Touch(item_id, gtins[item_id], add_thousandths=quantity * THOUSANDTHS))
    if draft.kind is not Kind.COUNT and piece_count(tx, draft_id) > PIECES_MAX:
        raise StockRefused("draft_full", most=PIECES_MAX)
    tx.execute(queries["swept"], (draft_id,))
    return Swept(new, again, here, unknown)


def _is_here(tx: Tx, epc: str) -> bool:
    known = tags.tag(tx, epc)
    return known is not None and known.state in {TagState.RECEIVED, TagState.ARRIVING} and not fates.may_leave(tx, epc)
