"""Rows of deposits taken on goods that come later. Runs inside the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edge.checkout.basket import Basket
from edge.checkout.reasons import Refusal
from edge.checkout.store import Source, queries
from edge.store_db.database import Tx

PresaleEnd = Literal["returned", "kept"]


@dataclass(frozen=True, slots=True)
class PresaleRow:
    """A presale as stored. `settled_sale_id`: the sale that handed the goods over; `ended`: how it ended without them."""

    item_id: str
    quantity: int
    deposit_minor: int
    note: str
    settled_sale_id: str | None
    ended: str

    @property
    def is_open(self) -> bool:
        """Whether its goods are still to come."""
        return self.settled_sale_id is None and not self.ended


def find(source: Source, presale_id: str) -> PresaleRow | None:
    """A presale by id."""
    row = source.execute(queries["presale"], (presale_id,)).fetchone()
    return None if row is None else PresaleRow(*row)


def find_open(source: Source, presale_id: str) -> PresaleRow:
    """A presale whose goods are still to come. Raises `Refusal`: `no_presale`, `presale_settled`, `presale_ended`."""
    presale = find(source, presale_id)
    if presale is None:
        raise Refusal("no_presale")
    if presale.ended:
        raise Refusal("presale_ended")
    if presale.settled_sale_id is not None:
        raise Refusal("presale_settled")
    return presale


def may_come_back(source: Source, presale_id: str) -> bool:
    """Whether its deposit may be given back here, or was."""
    presale = find(source, presale_id)
    return presale is not None and (presale.is_open or presale.ended == "returned")


def keep(tx: Tx, basket: Basket, at_ms: int) -> None:
    """The presales a closing basket takes, and the one it settles. Raises `Refusal` when that one ended meanwhile."""
    for each in basket.presales:
        values = (each.presale_id, basket.sale_id, each.item_id, each.quantity, each.deposit_minor, each.note, at_ms)
        tx.execute(queries["put_presale"], values)
    if basket.presale_id and tx.execute(queries["settle_presale"], (basket.presale_id, basket.sale_id)).fetchone() is None:
        raise Refusal("presale_settled")


def end(tx: Tx, presale_id: str, how: PresaleEnd, at_ms: int) -> None:
    """It ends without its goods. Raises `Refusal` when it has ended already."""
    if tx.execute(queries["end_presale"], (presale_id, how, at_ms)).fetchone() is None:
        raise Refusal("presale_settled")
