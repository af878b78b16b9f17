"""Stores over a real broker into a real PostgreSQL: each sale once, whatever happens to line, broker and ingest."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import aiomqtt
import pytest

from cloud.clock import SystemClock, SystemRandom
from cloud.settings import HqSettings
from protocols.sync.topics import shard_of
from tests.support.hq_ground import ALIKE, BROKERS, EMBEDDED, RABBIT, REAL, ROOT, Broker, GroundDatabase, HqPki
from tests.support.hq_ingest import add_store, hq_settings, ingest
from tests.support.hq_store import SHARDS, SimStore, StoreMemory, over_mqtt
from tests.support.waiting import until


def client_of(broker: Broker, store_id: str) -> Callable[..., aiomqtt.Client]:
    return lambda **how: broker.client(broker.pki.stores[store_id], **how)


def box(store_id: str = "S001") -> SimStore:
    return SimStore(StoreMemory(store_id), SystemClock(), SystemRandom())


def sales_at_hq(database: GroundDatabase, store_id: str) -> list[str]:
    with database.owner() as owner:
        query = "SELECT sale_id FROM sale WHERE store_id = %s ORDER BY incarnation, seq"
        return [row[0] for row in owner.execute(query, (store_id,)).fetchall()]


async def prepare(database: GroundDatabase, pki: HqPki, broker: Broker, *store_ids: str) -> HqSettings:
    async with database.open() as app:
        for store_id in store_ids:
            await add_store(app, store_id, pki=pki)
    broker.reload()
    return hq_settings(database, pki, broker.url)


@pytest.mark.parametrize(
    ("hq_database", "hq_broker"), [*ALIKE, pytest.param(REAL, RABBIT, marks=pytest.mark.real)], indirect=True
)
async def test_a_sale_goes_up_once(hq_database: GroundDatabase, hq_pki: HqPki, hq_broker: Broker) -> None:
    settings = await prepare(hq_database, hq_pki, hq_broker, "S001")
    store = box()
    sales = store.sell(3)
    async with ingest(settings), over_mqtt(store, client_of(hq_broker, "S001")):
        await until(lambda: store.all_acked)
    with hq_database.owner() as owner:
        found = owner.execute("SELECT sale_id, total_minor, line_count FROM sale ORDER BY ingest_rev, seq").fetchall()
        lines = owner.execute("SELECT count(*), sum(net_minor) FROM sale_line").fetchone()
    assert found == [(sale.sale_id, 774, 3) for sale in sales]
    assert lines == (9, 9 * 258)


@pytest.mark.parametrize("hq_broker", BROKERS, indirect=True)
async def test_births_and_wills_say_who_is_there(
    embedded_database: GroundDatabase, hq_pki: HqPki, hq_broker: Broker
) -> None:
    settings = await prepare(embedded_database, hq_pki, hq_broker, "S001")

    def online() -> bool | None:
        with embedded_database.owner() as owner:
            row = owner.execute("SELECT online FROM store_contact WHERE store_id = 'S001'").fetchone()
            return None if row is None else bool(row[0])

    store = box()
    async with ingest(settings), over_mqtt(store, client_of(hq_broker, "S001")) as client:
        await until(lambda: online() is True)
        client._client._sock_close()  # as a cable that is pulled: the broker says the will
        await until(lambda: online() is False)


@contextlib.contextmanager
def ingest_process(settings: HqSettings) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "TALLYSTICK_HQ_DIR": str(settings.folder.root),
        "MQTT_URL": settings.mqtt_url,
        "TALLYSTICK_SHARDS": str(SHARDS),
        "DATABASE_URL": "",
    }
    child = subprocess.Popen([sys.executable, "-m", "cloud", "ingest"], env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize(
    ("hq_database", "hq_broker"),
    [*ALIKE, pytest.param(EMBEDDED, RABBIT, marks=(pytest.mark.real, pytest.mark.soak))],
    indirect=True,
)
async def test_ingest_killed_in_the_middle_loses_and_doubles_nothing(
    hq_database: GroundDatabase, hq_pki: HqPki, hq_broker: Broker
) -> None:
    settings = await prepare(hq_database, hq_pki, hq_broker, "S001")
    store = box()
    async with over_mqtt(store, client_of(hq_broker, "S001")):
        for _ in range(2):
            with ingest_process(settings) as child:
                before = store.acked_sales
                store.sell(40)
                await until(lambda before=before: store.acked_sales > before, seconds=90)  # type: ignore[misc]
                store.sell(10)
                child.send_signal(signal.SIGKILL)
                child.wait()
        with ingest_process(settings):
            await until(lambda: store.all_acked, seconds=90)
    assert sales_at_hq(hq_database, "S001") == [sale.sale_id for sale in store.sold]


@pytest.mark.parametrize("hq_broker", BROKERS, indirect=True)
async def test_a_broker_that_restarts_loses_nothing(
    embedded_database: GroundDatabase, hq_pki: HqPki, hq_broker: Broker
) -> None:
    settings = await prepare(embedded_database, hq_pki, hq_broker, "S001")
    store = box()
    async with ingest(settings):
        for turn in range(2):
            store.sell(5)
            with contextlib.suppress(aiomqtt.MqttError):
                async with over_mqtt(store, client_of(hq_broker, "S001")):
                    if turn == 0:
                        await until(lambda: store.acked_sales > 0)
                        hq_broker.kill()
                    else:
                        await until(lambda: store.all_acked, seconds=20)
            if turn == 0:
                hq_broker.start()
    assert sales_at_hq(embedded_database, "S001") == [sale.sale_id for sale in store.sold]


async def test_two_workers_share_the_stores(
    embedded_database: GroundDatabase, hq_pki: HqPki, embedded_broker: Broker
) -> None:
    names = [f"S{number:03d}" for number in range(1, 40)]
    even = next(name for name in names if shard_of(name, SHARDS) % 2 == 0)
    odd = next(name for name in names if shard_of(name, SHARDS) % 2 == 1)
    settings = await prepare(embedded_database, hq_pki, embedded_broker, even, odd)
    first, second = box(even), box(odd)
    async with (
        over_mqtt(first, client_of(embedded_broker, even)),
        over_mqtt(second, client_of(embedded_broker, odd)),
    ):
        first.sell(4)
        second.sell(4)
        async with ingest(settings, 0, 2):
            await until(lambda: first.all_acked)
            assert not second.all_acked, "the other worker's store was heard"
            async with ingest(settings, 1, 2):
                await until(lambda: second.all_acked)
    for store in (first, second):
        assert sales_at_hq(embedded_database, store.memory.store_id) == [sale.sale_id for sale in store.sold]
