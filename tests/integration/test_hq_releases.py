"""A product and its prices in one release: one manifest on all their deltas, and how far it has come in each store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg.rows import TupleRow

from cloud.db.pool import Scope
from cloud.demo_goods import seed, seed_second_zone
from cloud.feeds.snapshots import SnapshotShelf
from cloud.stores import service as stores
from cloud.stores.domain import StoreSettings
from cloud.users.domain import Role
from protocols.sync.delta import DeltaHeader, decode_delta
from protocols.sync.release import Release
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase

GOODS, NORTH, SOUTH = "global/catalogue", "zone/north/price", "zone/south/price"


@dataclass
class Chain:
    """An API, and the owner who writes what ingest would. S001 and S002 are in zone north, S003 in zone south."""

    api: HqApi
    owner: psycopg.Connection[TupleRow]

    def reports(self, store_id: str, feed_id: str, version: int, *, staged: int = 0, status: str = "ok") -> None:
        self.owner.execute(
            "INSERT INTO store_feed (store_id, feed_id, epoch, version, state_hash, status, staged)"
            " SELECT %s, feed_id, epoch, %s, state_hash, %s, %s FROM feed WHERE feed_id = %s"
            " ON CONFLICT (store_id, feed_id) DO UPDATE SET version = excluded.version, status = excluded.status,"
            " staged = excluded.staged",
            (store_id, version, status, staged, feed_id),
        )

    def headers(self, feed_id: str) -> dict[int, DeltaHeader]:
        rows = self.owner.execute("SELECT version, delta FROM feed_delta WHERE feed_id = %s", (feed_id,)).fetchall()
        return {version: decode_delta(bytes(delta)).header for version, delta in rows}


@pytest.fixture
async def chain(embedded_database: GroundDatabase) -> AsyncIterator[Chain]:
    async with embedded_database.open() as database:
        api = HqApi(database)
        async with database.transaction(Scope.everything()) as tx:
            await seed(tx, now_ms=api.clock.now_ms(), items=10)
            await seed_second_zone(tx, now_ms=api.clock.now_ms(), items=10)
            for store_id, zone in (("S001", "north"), ("S002", "north"), ("S003", "south")):
                new = StoreSettings(store_id, store_id, zone, "Europe/Berlin")
                await stores.add_store(tx, new, now_ms=api.clock.now_ms())
        with embedded_database.owner() as owner:
            yield Chain(api, owner)


def product(**changes: object) -> dict[str, object]:
    body: dict[str, object] = {
        "item": {"style_id": "new-tea", "name": "New tea 100 g", "name_zh": "新茶 100 g", "tax_class": "reduced"},
        "style": {"name": "New tea", "name_zh": "新茶", "brand": "", "category": "drinks"},
        "barcodes": [{"gtin": "9529990000018", "pack_quantity": 1}],
        "prices": [{"zone": "south", "price_minor": 459}, {"zone": "north", "price_minor": 439}],
    }
    return body | changes


async def test_goods_and_prices_carry_one_manifest_and_one_version_each(chain: Chain) -> None:
    admin = await chain.api.person()
    answer = await admin.post("/api/v1/products/T000001", json=product())
    assert answer.status_code == 200, answer.text
    released = answer.json()
    assert released["feeds"] == {GOODS: 2, NORTH: 3, SOUTH: 3}, "style, item and code are one version"
    manifest = Release(release_id=released["release_id"], feeds=released["feeds"])
    assert [chain.headers(feed_id)[version].release for feed_id, version in released["feeds"].items()] == [manifest] * 3
    shown = (await admin.get("/api/v1/items/T000001/prices")).json()
    assert {each["zone"]: each["price_minor"] for each in shown["zones"]} == {"north": 439, "south": 459}


async def test_what_is_refused_publishes_nothing(chain: Chain) -> None:
    admin = await chain.api.person()
    later_ms = chain.api.clock.now_ms() + 3_700_000
    for wrong in (
        product(prices=[{"zone": "nowhere", "price_minor": 1}]),
        product(barcodes=[{"gtin": "9520000000011", "pack_quantity": 1}]),
        product(style=None),
        product(effective_at_ms=later_ms),
    ):
        answer = await admin.post("/api/v1/products/T000001", json=wrong)
        assert answer.status_code in {404, 409, 422}, answer.text
    viewer = await chain.api.person(Role.VIEWER)
    assert (await viewer.post("/api/v1/products/T000001", json=product())).status_code == 403
    assert [str(row[0]) for row in await chain.api.rows("SELECT version FROM feed WHERE feed_id = %s", GOODS)] == ["1"]
    assert await chain.api.rows("SELECT release_id FROM release") == []
    assert await chain.api.rows("SELECT feed_id FROM feed_pending") == []


async def test_a_change_of_one_feed_alone_is_no_release(chain: Chain) -> None:
    admin = await chain.api.person()
    released = (await admin.post("/api/v1/products/T000001", json=product())).json()
    again = (await admin.post("/api/v1/products/T000001", json=product())).json()
    assert again == {"release_id": None, "feeds": {}}, "nothing changed"
    answer = await admin.put("/api/v1/zones/north/prices/T000001", json={"price_minor": 1})
    assert answer.status_code == 200
    assert chain.headers(NORTH)[4].release is None
    page = (await admin.get("/api/v1/releases")).json()
    assert [row["release_id"] for row in page["rows"]] == [released["release_id"]]


async def test_how_far_a_release_has_come_is_told_store_by_store_within_ones_scope(chain: Chain) -> None:
    admin = await chain.api.person()
    released = (await admin.post("/api/v1/products/T000001", json=product())).json()
    url = f"/api/v1/releases/{released['release_id']}"
    assert (await admin.get(url)).json()["counts"] == {"published": 3, "staged": 0, "applied": 0, "failed": 0}
    chain.reports("S001", GOODS, 1, staged=2, status="staged: release waits for zone/north/price 3")
    chain.reports("S001", NORTH, 2, status="failed: 503")
    chain.reports("S002", GOODS, 1, staged=2)
    chain.reports("S002", NORTH, 2, staged=4)
    chain.reports("S003", GOODS, 5)
    chain.reports("S003", SOUTH, 3)
    shown = (await admin.get(url)).json()
    assert shown["counts"] == {"published": 0, "staged": 1, "applied": 1, "failed": 1}
    assert {row["store_id"]: row["state"] for row in shown["stores"]} == {
        "S001": "failed",
        "S002": "staged",
        "S003": "applied",
    }
    reason = next(row["reason"] for row in shown["stores"] if row["store_id"] == "S001")
    assert "failed: 503" in reason
    assert "waits for zone/north/price 3" in reason
    south = await chain.api.person(Role.OPERATIONS, ("S003",))
    assert (await south.get(url)).json()["counts"] == {"published": 0, "staged": 0, "applied": 1, "failed": 0}
    assert (await admin.get("/api/v1/releases/none")).status_code == 404


async def test_a_snapshot_says_with_what_it_must_stand(chain: Chain, embedded_database: GroundDatabase) -> None:
    admin = await chain.api.person()
    first = (await admin.post("/api/v1/products/T000001", json=product())).json()
    shelf = SnapshotShelf(embedded_database.app_url)
    try:
        goods = await shelf.newest(GOODS, "", 0)
        staff = await shelf.newest("store/S001/setup", "", 0)
    finally:
        shelf.close()
    assert goods.header.release == Release(release_id=first["release_id"], feeds={NORTH: 3, SOUTH: 3})
    assert staff.header.release is None
