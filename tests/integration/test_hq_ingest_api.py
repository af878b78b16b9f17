"""What people see of what stores sent: sales in the order of arrival, one whole, the live stream, stock; by scope."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from cloud.clock import SystemClock, SystemRandom
from cloud.db.pool import Database
from cloud.stock.service import move_watermarks
from cloud.users.domain import Role
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase
from tests.support.hq_ingest import Desk, add_store, desk
from tests.support.hq_store import SimStore, StoreMemory


@dataclass
class Ground:
    """The people API beside an ingest of two stores."""

    api: HqApi
    desk: Desk
    ingest: Database
    stores: dict[str, SimStore]

    async def exchange(self) -> None:
        for store_id, store in self.stores.items():
            await store.exchange(self.desk.door(store_id))


@pytest.fixture
async def ground(any_database: GroundDatabase) -> AsyncIterator[Ground]:
    async with any_database.open() as app, any_database.open_ingest() as ingest, desk(ingest) as running:
        stores = {}
        for store_id in ("S001", "S002"):
            await add_store(app, store_id)
            stores[store_id] = SimStore(StoreMemory(store_id), SystemClock(), SystemRandom())
            stores[store_id].connect()
        yield Ground(HqApi(app), running, ingest, stores)


async def test_sales_are_listed_newest_first_and_page_by_page(ground: Ground) -> None:
    for _ in range(3):
        for store in ground.stores.values():
            store.sell(2)
        await ground.exchange()
    first = ground.stores["S001"].sold
    async with await ground.api.person() as client:
        page = (await client.get("/api/v1/sales", params={"store_id": "S001", "limit": 4})).json()
        assert [row["sale_id"] for row in page["rows"]] == [sale.sale_id for sale in reversed(first)][:4]
        rest = (await client.get("/api/v1/sales", params={"store_id": "S001", "limit": 4, "after": page["next"]})).json()
        assert [row["sale_id"] for row in rest["rows"]] == [sale.sale_id for sale in reversed(first)][4:]
        assert rest["next"] is None
        seen: list[str] = []
        after = None
        while True:
            page = (await client.get("/api/v1/sales", params={"limit": 5, **({"after": after} if after else {})})).json()
            seen += [row["sale_id"] for row in page["rows"]]
            after = page["next"]
            if after is None:
                break
        everything = [sale.sale_id for store in ground.stores.values() for sale in store.sold]
        assert sorted(seen) == sorted(everything)
        assert len(seen) == 12
        whole = (await client.get(f"/api/v1/sales/S001/{first[0].sale_id}")).json()
        assert (whole["total_minor"], len(whole["lines"]), whole["tenders"][0]["kind"]) == (774, 3, "cash")
        assert whole["receipt"] == {"till_id": "1", "incarnation": 0, "number": 1}
        assert (await client.get("/api/v1/sales/S001/none")).status_code == 404
        assert (await client.get("/api/v1/sales", params={"after": "nonsense"})).status_code == 422
        counts = (await client.get("/api/v1/sales/counts")).json()
        assert sum(row["sales"] for row in counts["minutes"]) in {0, 12}  # the API's clock stands still in this test
        assert {(row["store_id"], row["sales"]) for row in counts["days"]} == {("S001", 6), ("S002", 6)}


async def test_the_stream_misses_nothing_and_repeats_nothing(ground: Ground) -> None:
    async with await ground.api.person() as client:
        begin = (await client.get("/api/v1/sales/stream", params={"wait_seconds": 0})).json()
        assert begin["rows"] == []
        waiting = asyncio.create_task(client.get("/api/v1/sales/stream", params={"after": begin["next"]}))
        await asyncio.sleep(0)
        ground.stores["S001"].sell(3)
        await ground.exchange()
        live = (await waiting).json()
        seen = [row["sale_id"] for row in live["rows"]]
        for _ in range(3):
            ground.stores["S002"].sell(2)
            await ground.exchange()
        after = live["next"]
        while len(seen) < 9:
            live = (await client.get("/api/v1/sales/stream", params={"after": after, "limit": 2, "wait_seconds": 5})).json()
            assert live["rows"], "the stream stopped early"
            seen += [row["sale_id"] for row in live["rows"]]
            after = live["next"]
        assert seen == [sale.sale_id for store in ground.stores.values() for sale in store.sold]
        ahead = (await client.get("/api/v1/sales/stream", params={"after": after, "wait_seconds": 0})).json()
        assert ahead["rows"] == []


async def test_a_person_of_one_store_sees_only_that(ground: Ground) -> None:
    for store in ground.stores.values():
        store.sell(2)
    await ground.exchange()
    other = ground.stores["S002"].sold[0].sale_id
    async with await ground.api.person(Role.VIEWER, ("S001",)) as client:
        rows = (await client.get("/api/v1/sales")).json()["rows"]
        assert {row["store_id"] for row in rows} == {"S001"}
        assert (await client.get(f"/api/v1/sales/S002/{other}")).status_code == 404
        assert (await client.get("/api/v1/stores/S002/stock")).json()["rows"] == []
        assert {row["store_id"] for row in (await client.get("/api/v1/items/i-milk-1/stock")).json()} == {"S001"}
        streamed = (await client.get("/api/v1/sales/stream", params={"wait_seconds": 0})).json()
        assert streamed["rows"] == []


async def test_on_hand_is_the_same_at_any_watermark(ground: Ground) -> None:
    store = ground.stores["S001"]
    expected: dict[str, int] = {}
    async with await ground.api.person() as client:
        for turn in range(4):
            store.receive_goods("i-milk-1", 50_000 + turn)
            store.sell(turn + 1)
            await ground.exchange()
            expected["i-milk-1"] = expected.get("i-milk-1", 0) + 50_000 + turn - 2_000 * (turn + 1)
            for item in ("i-milk-2", "i-milk-3"):
                expected[item] = expected.get(item, 0) - 2_000 * (turn + 1)
            for look in range(2):
                rows = (await client.get("/api/v1/stores/S001/stock")).json()["rows"]
                assert {row["item_id"]: row["on_hand_thousandths"] for row in rows} == expected
                if turn % 2 and look == 0:
                    assert await move_watermarks(ground.ingest, least=1) == 1
        moves = []
        after = None
        while True:
            query = {"limit": 3, **({"after": after} if after else {})}
            page = (await client.get("/api/v1/stores/S001/stock/i-milk-1/moves", params=query)).json()
            moves += page["rows"]
            after = page["next"]
            if after is None:
                break
        assert sum(row["quantity_thousandths"] for row in moves) == expected["i-milk-1"]
        assert len(moves) == 4 + 10
