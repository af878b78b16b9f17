"""Use cases of sales: one sale whole, and waiting for the next ones."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from cloud.db.pool import Connection, Database, Scope
from cloud.refusals import Missing
from cloud.sales import store
from cloud.sales.domain import Arrival, SaleRow
from cloud.sales.store import LineRow, ReturnedLineRow, SaleHead, TenderRow

LOOK_SECONDS = 0.25
"""How often the table is looked at for someone who waits: one indexed read."""


@dataclass(frozen=True)
class WholeSale:
    """A sale with everything it holds."""

    head: SaleHead
    lines: list[LineRow]
    tenders: list[TenderRow]
    returns: list[ReturnedLineRow]


async def get_sale(tx: Connection, store_id: str, sale_id: str) -> WholeSale:
    """One sale within the caller's scope. Raises `Missing`."""
    head = await store.sale(tx, store_id, sale_id)
    if head is None:
        raise Missing("no_sale", f"There is no sale '{sale_id}' of store '{store_id}'.")
    return WholeSale(
        head,
        await store.lines(tx, store_id, sale_id),
        await store.tenders(tx, store_id, sale_id),
        await store.returns(tx, store_id, sale_id),
    )


async def wait_for_sales(
    database: Database,
    scope: Scope,
    after: Arrival | None,
    *,
    only: str | None,
    limit: int,
    seconds: float,
    stopping: asyncio.Event,
) -> tuple[list[SaleRow], Arrival]:
    """The sales after a place, as soon as there are any, and the place to go on from; none when the time is up.

    When the process is `stopping` the time is up at once. Without `after` it waits for what comes from now on.
    No transaction is open while it waits.
    """
    place = after
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        async with database.transaction(scope, reading=True) as tx:
            now = await store.horizon(tx)
            if place is None or place.tx > now.tx:  # ahead of the database: it was put back to a backup
                place = now
            rows = await store.since(tx, place, limit, only)
        if rows:
            return rows, rows[-1].arrival
        left = deadline - loop.time()
        if left <= 0 or stopping.is_set():
            return [], place
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), min(left, LOOK_SECONDS))
