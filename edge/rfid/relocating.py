"""Tags that stand elsewhere than in the book become one relocation with its moves."""

from __future__ import annotations

from collections.abc import Sequence

from edge.catalogue import lookup
from edge.rfid.floor_store import Astray
from edge.stock import service as stock
from edge.stock.service import Move
from edge.store_db.database import Tx
from protocols.contract.stock_facts import GoodsLine, GoodsRelocated
from protocols.contract.values import THOUSANDTHS
from protocols.gs1.epc import EpcRefused, of_uri


def fact_of(tx: Tx, relocation_id: str, pieces: Sequence[Astray]) -> GoodsRelocated | None:
    """Pieces that went the same way, by item; None: no goods of the catalogue are among them."""
    by_item: dict[str, list[str]] = {}
    for piece in pieces:
        by_item.setdefault(piece.item_id, []).append(piece.epc)
    lines: list[GoodsLine] = []
    for item_id, epcs in sorted(by_item.items()):
        quantity = sum(_pieces(tx, epc) for epc in epcs) * THOUSANDTHS
        if quantity:
            lines.append(GoodsLine(line_no=len(lines) + 1, item_id=item_id, quantity_thousandths=quantity, epcs=tuple(epcs)))
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
    """Its moves, two a line."""
    for line in fact.lines:
        away = Move(2 * line.line_no - 1, line.item_id, fact.from_place, -line.quantity_thousandths, "relocation")
        here = Move(2 * line.line_no, line.item_id, fact.to_place, line.quantity_thousandths, "relocation")
        stock.add_move(tx, fact.relocation_id, away, at_ms)
        stock.add_move(tx, fact.relocation_id, here, at_ms)


def _pieces(tx: Tx, epc: str) -> int:
    """What one tag stands for: a case's tag for all its pieces; 0 for goods sold by weight."""
    try:
        item = lookup.item_by_code(tx, of_uri(epc).gtin)
    except EpcRefused:
        return 0
    return 0 if item is None or item.weighed else item.pack_quantity
