"""Use cases of the glance."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.db.pool import Connection
from cloud.glance import store
from cloud.glance.domain import HourCount, Part, StoreGlance, Totals

HOUR_MS = 3_600_000
HOURS = 24
FIRST = (-(2**62), "")


async def stores(
    tx: Connection, part: Part, *, find: str, after: tuple[int, str] | None, limit: int, now_ms: int
) -> Sequence[StoreGlance]:
    """Stores, worst first. `find`: part of a name, id or zone. `now_ms` stays the same from page to page."""
    wanted = find.strip().lower() or None
    return await store.stores(tx, part, find=wanted, after=after or FIRST, limit=limit, now_ms=now_ms)


async def totals(tx: Connection, part: Part, *, now_ms: int) -> Totals:
    """The chain in figures."""
    return await store.totals(tx, part, now_ms=now_ms)


def first_hour(now_ms: int) -> int:
    """The beginning of the oldest of the last `HOURS` hours, this one included."""
    return now_ms // HOUR_MS * HOUR_MS - (HOURS - 1) * HOUR_MS


async def sales(tx: Connection, store_ids: Sequence[str], *, now_ms: int) -> Sequence[HourCount]:
    """Sales that reached HQ in each of the last 24 hours."""
    return await store.sales(tx, store_ids, first_hour(now_ms))
