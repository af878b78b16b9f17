"""The edge API over real TLS: who may do what, the twin of every message, pulls of feeds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from cloud.clock import SystemClock, SystemRandom
from cloud.db.feed_changes import commit_feed, put_row
from cloud.db.pool import Database, Scope
from cloud.feeds import store as feeds
from protocols.sync.delta import decode_deltas
from protocols.sync.messages import decode_head
from protocols.sync.packing import unpack_frames
from protocols.sync.snapshot import SnapshotReader
from tests.support.hq_ground import GroundDatabase, HqPki
from tests.support.hq_ingest import HttpsDoor, add_store, edge_api, hq_settings, https
from tests.support.hq_store import SimStore, StoreMemory

CATALOGUE = "global/catalogue"


@dataclass
class Ground:
    """A running edge API and two stores."""

    url: str
    pki: HqPki
    app: Database
    database: GroundDatabase

    def client(self, store_id: str = "S001") -> httpx.AsyncClient:
        return https(self.url, self.pki.stores[store_id], self.pki)

    async def edit(self, feed_id: str, key: str, body: bytes) -> int:
        async with self.app.transaction(Scope.everything()) as tx:
            await put_row(tx, feed_id, key, body)
            return await commit_feed(tx, feed_id, 1)


@pytest.fixture
async def ground(embedded_database: GroundDatabase, hq_pki: HqPki) -> AsyncIterator[Ground]:
    async with embedded_database.open() as app:
        await add_store(app, "S001", pki=hq_pki)
        await add_store(app, "S002", "south", pki=hq_pki)
        async with edge_api(hq_settings(embedded_database, hq_pki)) as url:
            yield Ground(url, hq_pki, app, embedded_database)


async def test_a_store_talks_over_https_alone(ground: Ground) -> None:
    store = SimStore(StoreMemory("S001"), SystemClock(), SystemRandom())
    sales = store.sell(5)
    async with ground.client() as client:
        store.connect()
        await store.exchange(HttpsDoor(client, "S001"))
    assert store.all_acked
    with ground.database.owner() as owner:
        found = owner.execute("SELECT sale_id FROM sale ORDER BY ingest_rev, seq").fetchall()
    assert found == [(sale.sale_id,) for sale in sales]


async def test_only_its_own_path_and_feeds(ground: Ground) -> None:
    await ground.edit("zone/south/price", "price/1", b'{"a":1}')
    async with ground.client() as client:
        assert (await client.get("/v1/health")).json() == {"status": "ok", "store": "S001"}
        for method, path in (
            ("POST", "/v1/edge/S002/messages/hello"),
            ("GET", "/v1/feeds/zone/south/price/head"),
            ("GET", "/v1/feeds/zone/south/price/snapshot"),
            ("GET", "/v1/feeds/store/S002/setup/head"),
            ("GET", "/v1/feeds/store/S002/staff/deltas?epoch=x&after=0"),
        ):
            answer = await client.request(method, path)
            assert answer.status_code == 403, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["code"] in {"not_your_store", "not_your_feed"}
        assert (await client.post("/v1/edge/S001/messages/state", content=b"{}")).status_code == 404
        assert (await client.get("/v1/feeds/store/S001/setup/head")).status_code == 200


async def test_no_certificate_a_foreign_one_and_a_revoked_one(ground: Ground) -> None:
    for stranger in (None, ground.pki.stranger("S001")):
        async with https(ground.url, stranger, ground.pki) as client:
            with pytest.raises(httpx.HTTPError):
                await client.get("/v1/health")
    async with ground.client() as client:
        assert (await client.get("/v1/health")).status_code == 200
        with ground.database.owner() as owner:
            owner.execute("UPDATE store_certificate SET revoked_at_ms = 1 WHERE store_id = 'S001'")
        for method, path in (
            ("GET", "/v1/health"),
            ("POST", "/v1/edge/S001/messages/hello"),
            ("GET", f"/v1/feeds/{CATALOGUE}/head"),
        ):
            answer = await client.request(method, path)
            assert (answer.status_code, answer.json()["code"]) == (403, "certificate_refused")


async def test_feeds_by_head_delta_and_snapshot(ground: Ground) -> None:
    for number in range(1, 6):
        await ground.edit(CATALOGUE, f"item/{number}", b'{"n":%d}' % number)
    async with ground.client() as client:
        answer = await client.get(f"/v1/feeds/{CATALOGUE}/head")
        head = decode_head(answer.content)
        assert head.version == 5
        again = await client.get(f"/v1/feeds/{CATALOGUE}/head", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        after = await client.get(f"/v1/feeds/{CATALOGUE}/deltas?epoch={head.epoch}&after=2")
        assert [delta.header.version for delta in decode_deltas(unpack_frames(after.content))] == [3, 4, 5]
        part = await client.get(f"/v1/feeds/{CATALOGUE}/deltas?epoch={head.epoch}&from=2&to=4")
        assert [delta.header.version for delta in decode_deltas(unpack_frames(part.content))] == [2, 3, 4]
        assert "immutable" in part.headers["cache-control"]
        await ground.edit(CATALOGUE, "item/6", b'{"n":6}')
        later = await client.get(f"/v1/feeds/{CATALOGUE}/deltas?epoch={head.epoch}&from=2&to=4")
        assert later.content == part.content
        taken = await client.get(f"/v1/feeds/{CATALOGUE}/snapshot")
        reader = SnapshotReader()
        rows = dict(reader.feed(taken.content))
        assert reader.finish().version == 6
        assert rows["item/6"] == b'{"n":6}'
        assert len(rows) == 6


async def test_what_is_gone_is_said_to_be_gone(ground: Ground) -> None:
    for number in range(1, 6):
        await ground.edit(CATALOGUE, f"item/{number}", b'{"n":%d}' % number)
    async with ground.app.transaction(Scope.everything()) as tx:
        found = await feeds.feed_version(tx, CATALOGUE)
        assert found is not None
        assert await feeds.feeds_with_old_deltas(tx, before_ms=2, keep=2) == [CATALOGUE]
        await feeds.compact(tx, CATALOGUE, before_ms=2, keep=2)
    async with ground.client() as client:
        for query in ("after=0", "after=2", "after=99", "from=1&to=4"):
            answer = await client.get(f"/v1/feeds/{CATALOGUE}/deltas?epoch={found.epoch}&{query}")
            assert (answer.status_code, answer.json()["code"]) == (410, "deltas_gone"), query
        assert (await client.get(f"/v1/feeds/{CATALOGUE}/deltas?epoch=other&after=4")).status_code == 410
        left = await client.get(f"/v1/feeds/{CATALOGUE}/deltas?epoch={found.epoch}&after=3")
        assert [delta.header.version for delta in decode_deltas(unpack_frames(left.content))] == [4, 5]
        assert (await client.get(f"/v1/feeds/{CATALOGUE}/deltas?epoch={found.epoch}")).status_code == 422


async def test_bad_bytes_are_refused_and_the_next_is_served(ground: Ground) -> None:
    async with ground.client() as client:
        for channel in ("hello", "report", "up/txn", "up/ops"):
            answer = await client.post(f"/v1/edge/S001/messages/{channel}", content=b"\xff\x00 no message")
            assert (answer.status_code, answer.json()["code"]) == (422, "bad_message"), answer.text
        large = await client.post("/v1/edge/S001/messages/up/txn", content=b"x" * (3 * 1024 * 1024))
        assert large.status_code == 413
    await test_a_store_talks_over_https_alone(ground)


async def test_many_ask_for_one_snapshot(ground: Ground) -> None:
    await ground.edit(CATALOGUE, "item/1", b'{"n":1}')
    async with ground.client() as client:
        answers = await asyncio.gather(*(client.get(f"/v1/feeds/{CATALOGUE}/snapshot") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
