"""Serial numbers sold in this store: each piece is sold once, until it comes back."""

from __future__ import annotations

from edge.checkout.store import Source, queries
from edge.store_db.database import Tx
from protocols.contract.till_facts import GoodsReturned, SaleClosed


def is_sold(source: Source, item_id: str, serial: str) -> bool:
    """Whether this piece was sold here and has not come back."""
    return source.execute(queries["serial_sold"], (item_id, serial)).fetchone() is not None


def sold(tx: Tx, sale: SaleClosed, at_ms: int) -> None:
    """Note the pieces of a sale, in the transaction that closes it."""
    for line in sale.lines:
        if line.serial:
            tx.execute(queries["put_serial"], (line.item_id, line.serial, sale.sale_id, at_ms))


def came_back(tx: Tx, returned: GoodsReturned) -> None:
    """Pieces that came back may be sold again. In the transaction of the return."""
    for line in returned.lines:
        if line.serial:
            tx.execute(queries["drop_serial"], (line.item_id, line.serial))


def prune(tx: Tx, before_ms: int) -> None:
    """Forget what was sold long ago."""
    tx.execute(queries["prune_serials"], (before_ms,))
