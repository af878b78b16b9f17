"""What a new box is told of the one before it, as one consistent look under the store's lock."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from protocols.contract.handover import (
    PRICES_PER_LABEL_MAX,
    Handover,
    HeldItem,
    HeldLabel,
    HeldLot,
    HeldPlace,
    HeldPrice,
    HeldStock,
)
from protocols.contract.values import Place

Row = tuple[Any, ...]

Q = load_queries(__file__, "handover.sql")


async def hand_over(tx: Connection, store_id: str, incarnation: int, now_ms: int) -> Handover:
    """Stock and labels of a store from all its facts. Ingest waits meanwhile for this store, so that the parts fit."""
    values = {"store_id": store_id, "incarnation": incarnation, "now_ms": now_ms, "prices_max": PRICES_PER_LABEL_MAX}
    await tx.execute(Q["lock"], values)
    row = await (await tx.execute(Q["txn_upto"], values)).fetchone()
    stock = await (await tx.execute(Q["stock"], values)).fetchall()
    lots = await (await tx.execute(Q["lots"], values)).fetchall()
    labels = await (await tx.execute(Q["labels"], values)).fetchall()
    placed = await (await tx.execute(Q["places"], values)).fetchall()
    places = {label_id: HeldPlace(aisle=aisle, shelf=shelf, slot=slot) for label_id, aisle, shelf, slot in placed}
    held = (
        _held(label_id, list(rows), places.get(label_id)) for label_id, rows in groupby(labels, key=lambda row: str(row[0]))
    )
    return Handover(
        store_id=store_id,
        incarnation=incarnation,
        txn_upto=0 if row is None else int(row[0]),
        stock=tuple(
            HeldStock(item_id=item_id, place=Place(place), on_hand_thousandths=quantity)
            for item_id, place, quantity in stock
        ),
        labels=tuple(held),
        lots=tuple(
            HeldLot(item_id=item_id, place=Place(place), batch=batch, expires=expires, on_hand_thousandths=quantity)
            for item_id, place, batch, expires, quantity in lots
        ),
    )


def _held(label_id: str, rows: list[Row], place: HeldPlace | None) -> HeldLabel:
    """One label from its rows: the first item it carries, then further ones."""
    first, *more = (
        HeldItem(
            item_id=item_id,
            prices=tuple(
                HeldPrice(price_revision=revision, price_minor=price_minor)
                for _, _, revision, price_minor in prices
                if revision is not None
            ),
        )
        for item_id, prices in groupby(rows, key=lambda row: str(row[1]))
    )
    return HeldLabel(label_id=label_id, item_id=first.item_id, prices=first.prices, more=tuple(more), place=place)
