"""Stores over a real broker into a real PostgreSQL: each sale once, whatever the line does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from cloud.clock import SystemClock, SystemRandom
from cloud.ingest import worker
from cloud.settings import HqSettings
from cloud.stores.authority import write_private
from tests.support.hq_ground import Broker, GroundDatabase, HqPki
from tests.support.hq_store import SHARDS, SimStore, StoreMemory, over_mqtt
from tests.support.waiting import until


def add_store(database: GroundDatabase, pki: HqPki, store_id: str, zone: str = "north") -> None:
    """A store HQ knows, with credentials."""
    pki.add_store(store_id, zone)
    with database.owner() as owner:
        owner.execute(
            "INSERT INTO store (store_id, name, zone, time_zone, added_at_ms, changed_at_ms) VALUES (%s, %s, %s, 'UTC', 0, 0)",
            (store_id, store_id, zone),
        )


def hq_settings(database: GroundDatabase, pki: HqPki, broker: Broker) -> HqSettings:
    write_private(pki.folder.app_url, database.app_url.encode())
    write_private(pki.folder.ingest_url, database.ingest_url.encode())
    return HqSettings(folder=pki.folder, mqtt_url=broker.url, shards=SHARDS)


@contextlib.asynccontextmanager
async def ingest(settings: HqSettings, shard: int = 0, shards: int = 1) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(settings, stop, shard=shard, shards=shards))
    try:
        yield
    finally:
        stop.set()
        await running


async def test_a_sale_goes_up_once(hq_database: GroundDatabase, hq_pki: HqPki, hq_broker: Broker) -> None:
    add_store(hq_database, hq_pki, "S001")
    hq_broker.reload()
    store = SimStore(StoreMemory("S001"), SystemClock(), SystemRandom())
    sales = store.sell(3)
    async with ingest(hq_settings(hq_database, hq_pki, hq_broker)):
        async with over_mqtt(store, lambda **how: hq_broker.client(hq_pki.stores["S001"], **how)):
            await until(lambda: store.all_acked)
    with hq_database.owner() as owner:
        found = owner.execute("SELECT sale_id, total_minor, line_count FROM sale ORDER BY ingest_rev, seq").fetchall()
        lines = owner.execute("SELECT count(*), sum(net_minor) FROM sale_line").fetchone()
    assert found == [(sale.sale_id, 774, 3) for sale in sales]
    assert lines == (9, 9 * 258)
