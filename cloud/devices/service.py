"""Use cases of devices: lists, worst first. (Ingest keeps the table: a trigger on device_state, migration 0420.)"""

from __future__ import annotations

from collections.abc import Sequence

from cloud.db.pool import Connection
from cloud.devices import store
from cloud.devices.domain import HEALTH_HOURS, DeviceNow, Health, StateCount, Wanted
from cloud.web.in_scope import need_store

DEVICES_OF_A_STORE_MAX = 1_000
HOUR_MS = 3_600_000


async def devices_of(tx: Connection, store_id: str, *, now_ms: int) -> Sequence[DeviceNow]:
    """The devices of one store, worst first. Raises `Missing`."""
    await need_store(tx, store_id)
    return await store.list_devices(tx, Wanted(store_id=store_id), store.FIRST, DEVICES_OF_A_STORE_MAX, now_ms)


async def health_of(tx: Connection, store_id: str, *, now_ms: int) -> Sequence[Health]:
    """What each device of a store went through in the last day. Raises `Missing`."""
    await need_store(tx, store_id)
    return await store.health(tx, store_id, now_ms - HEALTH_HOURS * HOUR_MS, DEVICES_OF_A_STORE_MAX)


async def list_devices(
    tx: Connection, wanted: Wanted, after: tuple[int, int, str, str] | None, limit: int, *, now_ms: int
) -> Sequence[DeviceNow]:
    """Devices of all stores within the caller's scope, worst first."""
    return await store.list_devices(tx, wanted, after or store.FIRST, limit, now_ms)


async def counts(tx: Connection, zone: str | None) -> Sequence[StateCount]:
    """How many devices are in each state, by kind."""
    return await store.counts(tx, zone)
