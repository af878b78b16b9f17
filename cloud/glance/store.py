"""SQL of the glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.glance.domain import (
    ATTENTION_FROM,
    BAD_FROM,
    CERTIFICATE_SOON_MS,
    CLOCK_OFF_MS,
    OLD_FACT_MS,
    WEIGHTS,
    HourCount,
    Part,
    StoreGlance,
    Totals,
)

Q = load_queries(__file__, "glance.sql")
_STORES = Q["stores"].format(scored=Q["scored"])
_TOTALS = Q["totals"].format(scored=Q["scored"])
_FIXED = {
    **WEIGHTS,
    "old_fact_ms": OLD_FACT_MS,
    "certificate_soon_ms": CERTIFICATE_SOON_MS,
    "clock_off_ms": CLOCK_OFF_MS,
    "bad_from": BAD_FROM,
    "attention_from": ATTENTION_FROM,
}


async def stores(
    tx: Connection, part: Part, *, find: str | None, after: tuple[int, str], limit: int, now_ms: int
) -> list[StoreGlance]:
    """Stores within the caller's scope, worst first, after (minus score, store id)."""
    values = {
        **_FIXED,
        **asdict(part),
        "find": find,
        "after_score": after[0],
        "after_store": after[1],
        "limit": limit,
        "now_ms": now_ms,
    }
    async with tx.cursor(row_factory=class_row(StoreGlance)) as cursor:
        await cursor.execute(_STORES, values)
        return await cursor.fetchall()


async def totals(tx: Connection, part: Part, *, now_ms: int) -> Totals:
    """The figures of all stores within the caller's scope."""
    async with tx.cursor(row_factory=class_row(Totals)) as cursor:
        await cursor.execute(_TOTALS, {**_FIXED, **asdict(part), "now_ms": now_ms})
        found = await cursor.fetchone()
    assert found is not None
    return found


async def sales(tx: Connection, store_ids: Sequence[str], from_ms: int) -> list[HourCount]:
    """Sales that reached HQ since, hour by hour; hours without any are left out (see `HourCount`)."""
    async with tx.cursor(row_factory=class_row(HourCount)) as cursor:
        await cursor.execute(Q["sales"], {"store_ids": list(store_ids), "from_ms": from_ms})
        return await cursor.fetchall()
