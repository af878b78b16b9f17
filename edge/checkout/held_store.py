"""Rows of baskets put aside. A row stays until its sale has ended: should the till that took one up lose its basket file,
the basket is still here. Runs inside the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from edge.checkout.basket import Basket
from edge.checkout.store import Source, queries
from edge.store_db.database import Tx
from protocols.contract.till_basket import HeldView

_baskets = msgspec.json.Decoder(Basket)


@dataclass(frozen=True, slots=True)
class OldBasket:
    """One put aside long ago."""

    till_id: str
    cashier_id: str
    total_minor: int
    basket: Basket | None
    sale_id: str


def put(tx: Tx, view: HeldView, basket: Basket) -> None:
    """Put a basket aside."""
    who = (view.till_id, view.cashier_id, view.note, view.held_at_ms)
    tx.execute(queries["hold"], (view.sale_id, *who, view.units, view.total_minor, msgspec.json.encode(basket)))


def waiting(source: Source) -> tuple[HeldView, ...]:
    """The baskets that may be taken up, oldest first."""
    names = ("sale_id", "till_id", "cashier_id", "note", "held_at_ms", "units", "total_minor")
    return tuple(HeldView(**dict(zip(names, row, strict=True))) for row in source.execute(queries["held"]).fetchall())


def find(source: Source, sale_id: str) -> Basket | None:
    """A waiting basket; None when it is not waiting, or no longer fits this software."""
    row = source.execute(queries["held_basket"], (sale_id,)).fetchone()
    return None if row is None else _read(row[1])


def take(tx: Tx, sale_id: str, till_id: str) -> bool:
    """Take a waiting basket for a till; False when another was quicker."""
    return tx.execute(queries["take_held"], (sale_id, till_id)).fetchone() is not None


def holder(source: Source, sale_id: str) -> str | None:
    """Which till took a basket up; empty while it waits, None when it was never put aside."""
    row = source.execute(queries["holder_of"], (sale_id,)).fetchone()
    return None if row is None else str(row[0])


def taken_by(source: Source, till_id: str) -> Basket | None:
    """The basket a till took up last and has not ended."""
    row = source.execute(queries["taken_by_till"], (till_id,)).fetchone()
    return None if row is None else _read(row[1])


def drop(tx: Tx, sale_id: str) -> None:
    """The sale has ended."""
    tx.execute(queries["drop_held"], (sale_id,))


def old(source: Source, before_ms: int) -> list[OldBasket]:
    """Waiting baskets put aside before an instant."""
    rows = source.execute(queries["held_before"], (before_ms,)).fetchall()
    return [
        OldBasket(till_id, cashier_id, total, _read(body), sale_id) for sale_id, till_id, cashier_id, body, total in rows
    ]


def _read(body: bytes) -> Basket | None:
    try:
        return _baskets.decode(body)
    except msgspec.MsgspecError:
        return None
