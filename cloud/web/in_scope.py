"""Whether a store is in the caller's scope: what every subject asks before it speaks of one."""

from __future__ import annotations

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.refusals import Missing

Q = load_queries(__file__, "in_scope.sql")


async def need_store(tx: Connection, store_id: str) -> None:
    """Raises `Missing` for a store that is not there or not in scope: which of the two is not told."""
    if await (await tx.execute(Q["store"], {"store_id": store_id})).fetchone() is None:
        raise Missing("no_store", f"There is no store '{store_id}'.", "See the list of stores.")
