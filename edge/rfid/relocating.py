"""Tags that stand elsewhere than in the book become one relocation with its moves."""

from __future__ import annotations

from collections.abc import Sequence

from edge.catalogue import lookup
from edge.rfid.floor_store import Astray
from edge.stock import service as stock
from edge.stock.batches import NO_LOT, picked
from edge.store_db.database import Tx
from protocols.contract.stock_facts import GoodsLine, GoodsRelocated
from protocols.contract.values import THOUSANDTHS
from protocols.gs1.epc import of_uri
from protocols.gs1.tds.errors import EpcRefused


def fact_of(tx: Tx, relocation_id: str, pieces: Sequence[Astray]) -> GoodsRelocated | None:
    """Pieces that went the same way, by item; None: no goods of the catalogue are among them."""
    by_item: dict[str, list[str]] = {}
    for piece in pieces:
        by_item.setdefault(piece.item_id, []).append(piece.epc)
    lines: list[GoodsLine] = []
    for item_id, epcs in sorted(by_item.items()):
        quantity = sum(_pieces(tx, epc) for epc in epcs) * THOUSANDTHS
        if not quantity:
            continue
        told = tuple(epcs)
        for lot, part in picked(tx, item_id, pieces[0].book_place, quantity, NO_LOT):
            lines.append(
                GoodsLine(
                    line_no=len(lines) + 1,
                    item_id=item_id,
                    quantity_thousandths=part,
                    batch=lot.batch,
                    expires=lot.expires,
                    epcs=told,
                )
            )
            told = ()
    if not lines:
        return None
    return GoodsRelocated(
        relocation_id=relocation_id,
        from_place=pieces[0].book_place,
        to_place=pieces[0].place,
        how="tag",
        lines=tuple(lines),
    )


def keep(tx: Tx, fact: GoodsRelocated, at_ms: int) -> None:
    """Its moves, two a line, of the batches the fact names."""
    stock.relocated(tx, fact, at_ms)


def _pieces(tx: Tx, epc: str) -> int:
    """What one tag stands for: a case's tag for all its pieces; 0 for goods sold by weight."""
    try:
        item = lookup.item_by_code(tx, of_uri(epc).number)
    except EpcRefused:
        return 0
    return 0 if item is None or item.weighed else item.pack_quantity
