"""Rows of deposits taken on goods that come later. Runs inside the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass

from edge.checkout.basket import Basket
from edge.checkout.store import Source, queries
from edge.store_db.database import Tx


@dataclass(frozen=True, slots=True)
class PresaleRow:
    """A presale as stored; `settled_sale_id` names the sale that handed the goods over."""

    item_id: str
    quantity: int
    deposit_minor: int
    note: str
    settled_sale_id: str | None


def find(source: Source, presale_id: str) -> PresaleRow | None:
    """A presale by id."""
    row = source.execute(queries["presale"], (presale_id,)).fetchone()
    return None if row is None else PresaleRow(*row)


def keep(tx: Tx, basket: Basket, at_ms: int) -> None:
    """The presales a closing basket takes, and the one it settles."""
    for each in basket.presales:
        values = (each.presale_id, basket.sale_id, each.item_id, each.quantity, each.deposit_minor, each.note, at_ms)
        tx.execute(queries["put_presale"], values)
    if basket.presale_id:
        tx.execute(queries["settle_presale"], (basket.presale_id, basket.sale_id))
