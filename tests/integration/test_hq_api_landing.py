"""A price change on its way: published, applied by stores, shown by labels – each told apart, each within one's scope."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg.rows import TupleRow

from cloud.db.pool import Scope
from cloud.demo_goods import seed
from cloud.stores import service as stores
from cloud.stores.domain import StoreSettings
from cloud.users.domain import Role
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase

FEED = "zone/north/price"
CHANGES = "/api/v1/zones/north/price-changes"


@dataclass
class Chain:
    """An API, and the owner who writes what ingest would."""

    api: HqApi
    owner: psycopg.Connection[TupleRow]

    def applies(self, store_id: str, version: int) -> None:
        """The store reports that it holds this version."""
        self.owner.execute(
            "INSERT INTO store_feed SELECT %s, feed_id, epoch, %s, state_hash, 'ok' FROM feed WHERE feed_id = %s"
            " ON CONFLICT (store_id, feed_id) DO UPDATE SET version = excluded.version",
            (store_id, version, FEED),
        )

    def binds(self, store_id: str, label_id: str, item_id: str | None, rev: int) -> None:
        """The store reports a binding."""
        self.owner.execute(
            "INSERT INTO label_bound VALUES (%s, %s, 0, %s, %s, '01', %s)", (store_id, f"b{rev}", label_id, item_id, rev)
        )

    def shows(self, store_id: str, label_id: str, item_id: str, revision: int, rev: int) -> None:
        """The label has confirmed a price revision."""
        self.owner.execute(
            "INSERT INTO label_shown VALUES (%s, %s, 0, %s, %s, %s, 100, 'confirmed', 0, 0, %s)",
            (store_id, f"s{rev}", label_id, item_id, revision, rev),
        )


@pytest.fixture
async def chain(any_database: GroundDatabase) -> AsyncIterator[Chain]:
    """Ten goods in zone north, stores S001 and S002."""
    async with any_database.open() as database:
        api = HqApi(database)
        async with database.transaction(Scope.everything()) as tx:
            await seed(tx, now_ms=api.clock.now_ms(), items=10)
            for store_id in ("S001", "S002"):
                settings = StoreSettings(store_id, f"Shop {store_id}", "north", "Europe/Berlin")
                await stores.add_store(tx, settings, now_ms=api.clock.now_ms())
        with any_database.owner() as owner:
            yield Chain(api, owner)


async def test_each_step_of_a_change_is_seen_by_itself(chain: Chain) -> None:
    pricing = await chain.api.person(Role.PRICING)
    body = {"changes": [{"item_id": "A000001", "price_minor": 150}, {"item_id": "W101", "price_minor": 99}]}
    version = (await pricing.post(CHANGES, json=body)).json()["feed_version"]
    path = f"/api/v1/zones/north/landing/{version}"
    chain.binds("S001", "L1", "A000001", 1)
    chain.binds("S001", "L2", "A000001", 2)
    chain.binds("S001", "L3", "W101", 3)
    chain.binds("S001", "L4", "A000002", 4)
    chain.binds("S001", "L3", None, 5)
    chain.shows("S001", "L1", "A000001", 1, 6)

    landing = (await pricing.get(path)).json()
    assert (landing["store_count"], landing["applied_count"], landing["change"]["item_count"]) == (2, 0, 2)
    assert [(row["store_id"], row["label_count"], row["label_shown_count"]) for row in landing["stores"]] == [
        ("S001", 2, 0), ("S002", 0, 0),
    ]  # fmt: skip

    chain.applies("S001", version)
    chain.shows("S001", "L1", "A000001", 2, 7)
    landing = (await pricing.get(path)).json()
    assert landing["applied_count"] == 1
    assert [(row["store_id"], row["applied_version"]) for row in landing["stores"]] == [("S002", None), ("S001", version)]
    assert [(row["label_count"], row["label_shown_count"]) for row in landing["stores"]] == [(0, 0), (2, 1)]

    chain.applies("S002", version - 1)
    assert (await pricing.get(path)).json()["applied_count"] == 1


async def test_a_person_of_one_store_watches_that_store_alone(chain: Chain) -> None:
    pricing = await chain.api.person(Role.PRICING)
    answer = await pricing.put("/api/v1/zones/north/prices/A000001", json={"price_minor": 150})
    mine = await chain.api.person(Role.VIEWER, ("S002",))
    chain.binds("S001", "L1", "A000001", 1)
    landing = (await mine.get(f"/api/v1/zones/north/landing/{answer.json()['feed_version']}")).json()
    assert [(row["store_id"], row["label_count"]) for row in landing["stores"]] == [("S002", 0)]
    assert landing["store_count"] == 1


async def test_what_was_published_is_listed_newest_first_page_by_page(chain: Chain) -> None:
    pricing = await chain.api.person(Role.PRICING)
    for price in (150, 160, 170):
        await pricing.put("/api/v1/zones/north/prices/A000001", json={"price_minor": price})
    first = (await pricing.get(CHANGES, params={"limit": 2})).json()
    rest = (await pricing.get(CHANGES, params={"limit": 9, "after": first["next"]})).json()
    rows = first["rows"] + rest["rows"]
    assert [(row["feed_version"], row["item_count"], row["changed_by"]) for row in rows] == [
        (5, 1, "pricing.all"), (4, 1, "pricing.all"), (3, 1, "pricing.all"), (2, 10, "demo"),
    ]  # fmt: skip
    missing = await pricing.get("/api/v1/zones/north/landing/99")
    assert (missing.status_code, missing.json()["code"]) == (404, "no_version")
