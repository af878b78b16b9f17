"""Tags that stand elsewhere than in the book become one relocation with its moves."""

from __future__ import annotations

from collections.abc import Sequence

from edge.rfid import store
from edge.rfid.floor_store import Astray
from edge.stock import service as stock
from edge.stock.batches import NO_LOT, picked
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
        quantity = sum(_pieces(tx, piece) for piece in gone) * THOUSANDTHS
        if not quantity:
            continue
        told = tuple(piece.epc for piece in gone)
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


def _pieces(tx: Tx, piece: Astray) -> int:
    """What one tag stands for: a case's tag for all its pieces; 0 for goods sold by weight."""
    _, pieces, _ = store.item_of(tx, piece.gtin)
    return pieces
