"""Use cases of stock: what moved an item, and the background job that keeps the tail short."""

from __future__ import annotations

from cloud.db.pool import Connection, Database, Scope
from cloud.stock import store
from cloud.stock.domain import Move, MovePlace

STEPS_AT_ONCE = 20_000
"""How many steps of a store one page of moves looks through: days of sales, and a bounded time."""
TAIL_STEPS_MAX = 50
"""A store's tail is folded into its balance from so many steps on."""


async def move_watermarks(database: Database, *, least: int = TAIL_STEPS_MAX) -> int:
    """Fold the tails that have grown long, one short transaction a store; returns how many. `database`: the ingest role's.

    On-hand is the same before and after (docs/adr/0003).
    """
    async with database.transaction(Scope.everything()) as tx:
        waiting = await store.stores_behind(tx, least)
    folded = 0
    for store_id in waiting:
        async with database.transaction(Scope.everything()) as tx:
            folded += await store.fold(tx, store_id)
    return folded


async def moves(
    tx: Connection, store_id: str, item_id: str, before: MovePlace, limit: int
) -> tuple[list[Move], MovePlace | None]:
    """A page of an item's moves before a place, newest first, and where the next page begins (None: there is none)."""
    top = min(before.ingest_rev, await store.last_rev(tx, store_id) + 1)
    floor = max(0, top - STEPS_AT_ONCE)
    rows = await store.moves(tx, store_id, item_id, before, floor, limit)
    if len(rows) == limit:
        last = rows[-1]
        return rows, MovePlace(last.ingest_rev, last.seq, last.line_no)
    return rows, MovePlace(floor + 1, 0, 0) if floor > 0 else None
