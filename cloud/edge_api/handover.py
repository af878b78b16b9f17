"""What a new box is told of the one before it, as one consistent look under the store's lock."""

from __future__ import annotations

from itertools import groupby

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from protocols.contract.handover import PRICES_PER_LABEL_MAX, Handover, HeldLabel, HeldPrice, HeldStock
from protocols.contract.values import Place

Q = load_queries(__file__, "handover.sql")


async def hand_over(tx: Connection, store_id: str, incarnation: int, now_ms: int) -> Handover:
    """Stock and labels of a store from all its facts. Ingest waits meanwhile for this store, so that the parts fit."""
    values = {"store_id": store_id, "incarnation": incarnation, "now_ms": now_ms, "prices_max": PRICES_PER_LABEL_MAX}
    await tx.execute(Q["lock"], values)
    row = await (await tx.execute(Q["txn_upto"], values)).fetchone()
    stock = await (await tx.execute(Q["stock"], values)).fetchall()
    labels = await (await tx.execute(Q["labels"], values)).fetchall()
    return Handover(
        store_id=store_id,
        incarnation=incarnation,
        txn_upto=0 if row is None else int(row[0]),
        stock=tuple(
            HeldStock(item_id=item_id, place=Place(place), on_hand_thousandths=quantity)
            for item_id, place, quantity in stock
        ),
        labels=tuple(
            HeldLabel(
                label_id=label_id,
                item_id=item_id,
                prices=tuple(
                    HeldPrice(price_revision=revision, price_minor=price_minor)
                    for _, _, revision, price_minor in rows
                    if revision is not None
                ),
            )
            for (label_id, item_id), rows in groupby(labels, key=lambda row: (row[0], row[1]))
        ),
    )
