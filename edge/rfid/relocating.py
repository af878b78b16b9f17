"""Tags that stand elsewhere than in the book become one relocation with its moves."""

from __future__ import annotations

from collections.abc import Sequence

from edge.rfid import store
from edge.rfid.floor_store import Astray
from edge.stock import service as stock
from edge.stock.service import Move
from edge.store_db.database import Tx
from protocols.contract.stock_facts import GoodsLine, GoodsRelocated
from protocols.contract.values import THOUSANDTHS


def fact_of(tx: Tx, relocation_id: str, pieces: Sequence[Astray]) -> GoodsRelocated | None:
    """Pieces that went the same way, by item; None: no goods of the catalogue are among them."""
    by_item: dict[str, list[Astray]] = {}
    for piece in pieces:
        by_item.setdefault(piece.item_id, []).append(piece)
    lines: list[GoodsLine] = []
    for item_id, gone in sorted(by_item.items()):
        epcs = [piece.epc for piece in gone]
        quantity = sum(_pieces(tx, piece) for piece in gone) * THOUSANDTHS
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


def _pieces(tx: Tx, piece: Astray) -> int:
    """What one tag stands for: a case's tag for all its pieces; 0 for goods sold by weight."""
    _, pieces, _ = store.item_of(tx, piece.gtin)
    return pieces
