"""Stores over a real broker into a real PostgreSQL: each sale once, whatever the line does."""

from __future__ import annotations

from cloud.clock import SystemClock, SystemRandom
from tests.support.hq_ground import Broker, GroundDatabase, HqPki
from tests.support.hq_ingest import add_store, hq_settings, ingest
from tests.support.hq_store import SimStore, StoreMemory, over_mqtt
from tests.support.waiting import until


async def test_a_sale_goes_up_once(hq_database: GroundDatabase, hq_pki: HqPki, hq_broker: Broker) -> None:
    async with hq_database.open() as app:
        await add_store(app, "S001", pki=hq_pki)
    hq_broker.reload()
    store = SimStore(StoreMemory("S001"), SystemClock(), SystemRandom())
    sales = store.sell(3)
    connected = over_mqtt(store, lambda **how: hq_broker.client(hq_pki.stores["S001"], **how))
    async with ingest(hq_settings(hq_database, hq_pki, hq_broker.url)), connected:
        await until(lambda: store.all_acked)
    with hq_database.owner() as owner:
        found = owner.execute("SELECT sale_id, total_minor, line_count FROM sale ORDER BY ingest_rev, seq").fetchall()
        lines = owner.execute("SELECT count(*), sum(net_minor) FROM sale_line").fetchone()
    assert found == [(sale.sale_id, 774, 3) for sale in sales]
    assert lines == (9, 9 * 258)
