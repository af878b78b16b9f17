"""SQL of devices."""

from __future__ import annotations

from dataclasses import asdict

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.devices.domain import HEALTH_METRICS, DeviceNow, Health, StateCount, Wanted

Q = load_queries(__file__, "devices.sql")
FIRST = (-1, 0, "", "")
"""Before the first row of any list."""


async def list_devices(
    tx: Connection, wanted: Wanted, after: tuple[int, int, str, str], limit: int, now_ms: int
) -> list[DeviceNow]:
    """Devices within the caller's scope, worst first, after a place in the list."""
    rank, since_ms, store_id, device_id = after
    values = {
        **asdict(wanted),
        "rank": rank,
        "since_ms": since_ms,
        "after_store": store_id,
        "after_device": device_id,
        "limit": limit,
        "now_ms": now_ms,
    }
    async with tx.cursor(row_factory=class_row(DeviceNow)) as cursor:
        await cursor.execute(Q["list"], values)
        return await cursor.fetchall()


async def health(tx: Connection, store_id: str, from_ms: int, limit: int) -> list[Health]:
    """Counters and the newest error of each device of a store since an instant."""
    values = {"store_id": store_id, "metrics": list(HEALTH_METRICS), "from_ms": from_ms, "limit": limit}
    async with tx.cursor(row_factory=class_row(Health)) as cursor:
        await cursor.execute(Q["health"], values)
        return await cursor.fetchall()


async def counts(tx: Connection, zone: str | None) -> list[StateCount]:
    """How many devices are in each state, by kind."""
    async with tx.cursor(row_factory=class_row(StateCount)) as cursor:
        await cursor.execute(Q["counts"], {"zone": zone})
        return await cursor.fetchall()
