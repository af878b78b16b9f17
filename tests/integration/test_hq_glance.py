"""Devices as they are now and the chain at a glance: from facts through ingest to the API, the worst first."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from cloud.clock import SystemClock, SystemRandom
from cloud.commands import stores as stores_command
from cloud.db.pool import Database, Scope
from cloud.glance.domain import DAY_MS, OLD_FACT_MS
from cloud.users.domain import Role
from protocols.clock import FakeClock
from protocols.contract.facts import DeviceStateChanged
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase, HqPki
from tests.support.hq_ingest import add_store, desk, hq_settings
from tests.support.hq_store import SimStore, StoreMemory

CLOCK = SystemClock()


def told(device_id: str, state: str, reason: str = "", kind: str = "printer") -> DeviceStateChanged:
    return DeviceStateChanged(device_id=device_id, device_kind=kind, state=state, reason=reason)


@dataclass
class Ground:
    """Ingest's and the API's view of one database."""

    ingest: Database
    api: HqApi
    doors: Any

    async def store(self, store_id: str, *facts: DeviceStateChanged, zone: str = "north") -> SimStore:
        """A store HQ knows, with its device facts delivered."""
        await add_store(self.ingest, store_id, zone)
        store = SimStore(StoreMemory(store_id), CLOCK, SystemRandom())
        store.connect()
        await store.exchange(self.doors.door(store_id))
        await self.tell(store, *facts)
        return store

    async def tell(self, store: SimStore, *facts: DeviceStateChanged) -> None:
        for each in facts:
            store.report(each)
        await store.exchange(self.doors.door(store.memory.store_id))

    async def run(self, query: str, *values: object) -> None:
        async with self.ingest.transaction(Scope.everything()) as tx:
            await tx.execute(query.encode(), values)


@pytest.fixture
async def ground(embedded_database: GroundDatabase) -> AsyncIterator[Ground]:
    async with contextlib.AsyncExitStack() as stack:
        ingest = await stack.enter_async_context(embedded_database.open_ingest())
        app = await stack.enter_async_context(embedded_database.open())
        doors = await stack.enter_async_context(desk(ingest))
        yield Ground(ingest, HqApi(app, FakeClock(CLOCK.now_ms())), doors)


async def test_a_device_is_what_its_store_told_last_and_since_when(ground: Ground) -> None:
    store = await ground.store("S001", told("p", "ready"), told("s", "ready", kind="scale"))
    await ground.tell(store, told("p", "retrying", "no paper"), told("p", "ready"), told("p", "failed", "a"))
    before = (await _devices(ground))["p"]
    assert (before["state"], before["reason"]) == ("failed", "a")
    await ground.tell(store, told("p", "failed", "b"))
    after = (await _devices(ground))["p"]
    assert (after["reason"], after["since_ms"]) == ("b", before["since_ms"]), "another reason, the same state"
    assert after["told_ms"] >= before["told_ms"]
    await ground.tell(store, told("p", "ready"), told("p", "failed", "c"))
    assert (await _devices(ground))["p"]["since_ms"] > before["since_ms"], "it was well in between"


async def _devices(ground: Ground) -> dict[str, dict[str, Any]]:
    async with await ground.api.person(Role.VIEWER) as viewer:
        answer = await viewer.get("/api/v1/stores/S001/devices")
    assert answer.status_code == 200, answer.text
    ground.api.clock.advance(1)
    await ground.run("DELETE FROM access_token")
    await ground.run("DELETE FROM person")
    return {row["device_id"]: row for row in answer.json()["rows"]}


async def test_devices_of_the_chain_come_worst_first_page_by_page(ground: Ground) -> None:
    await ground.store("S001", told("p1", "ready"), told("p2", "failed"), told("s1", "degraded", kind="scale"))
    await ground.store("S002", told("p1", "retrying"), told("s1", "failed", kind="scale"), zone="south")
    async with await ground.api.person() as admin, await ground.api.person(Role.VIEWER, ("S002",)) as local:

        async def listed(who: Any, **query: str | int) -> list[str]:
            found: list[str] = []
            after: str | None = None
            while True:
                answer = await who.get("/api/v1/devices", params={**query, "limit": 2} | ({"after": after} if after else {}))
                assert answer.status_code == 200, answer.text
                found += [f"{row['store_id']}/{row['device_id']}={row['state']}" for row in answer.json()["rows"]]
                after = answer.json()["next"]
                if after is None:
                    return found

        everything = ["S001/p2=failed", "S002/s1=failed", "S002/p1=retrying", "S001/s1=degraded", "S001/p1=ready"]
        assert await listed(admin) == everything
        assert await listed(admin, trouble=1) == everything[:4]
        assert await listed(admin, state="failed", device_kind="scale") == ["S002/s1=failed"]
        assert await listed(admin, zone="south") == await listed(local) == ["S002/s1=failed", "S002/p1=retrying"]
        counts = (await admin.get("/api/v1/devices/counts")).json()["rows"]
        assert {"device_kind": "printer", "state": "failed", "devices": 1} in counts
        assert (await local.get("/api/v1/stores/S001/devices")).status_code == 404
        assert (await admin.get("/api/v1/devices", params={"after": "x"})).status_code == 422


CONTACT = (
    "INSERT INTO store_contact (store_id, online, online_changed_at_ms, heard_at_ms, reported_at_ms, clock) "
    "VALUES (%s, %s, %s, %s, %s, 'synced')"
)


async def test_the_worst_store_stands_first_and_says_why(ground: Ground) -> None:
    """One store for each cause, added in the wrong order; feeds are in step unless said otherwise."""
    now_ms = ground.api.clock.now_ms()
    names = [
        "fine",
        "new",
        "behind",
        "soon",
        "degraded",
        "clock",
        "labels",
        "devices",
        "waiting",
        "alarm",
        "ended",
        "offline",
    ]
    names.append("clone")
    for name in names:
        await add_store(ground.ingest, name, "south" if name == "clock" else "north")
        if name != "new":
            heard_ms = now_ms - 60_000
            await ground.run(CONTACT, name, name != "offline", heard_ms, heard_ms, now_ms)
        if name not in {"behind", "new"}:
            held = "INSERT INTO store_feed SELECT %s, feed_id, epoch, version, state_hash, 'ok' FROM feed"
            await ground.run(held, name)
    contact = "UPDATE store_contact SET {} WHERE store_id = %s"
    await ground.run(contact.format("clone_suspected = true"), "clone")
    await ground.run(contact.format("certificate_expires_ms = %s"), now_ms - 1, "ended")
    await ground.run(contact.format("certificate_expires_ms = %s"), now_ms + 29 * DAY_MS, "soon")
    await ground.run(contact.format("clock = 'unsynced'"), "clock")
    await ground.run("INSERT INTO store_alarm (store_id, code, raised_at_ms) VALUES ('alarm', 'facts_lost', 1)")
    stream = "INSERT INTO store_stream VALUES (%s, %s, 1, 9, 5, 5, %s)"
    await ground.run(stream, "waiting", "txn", 3 * OLD_FACT_MS)
    await ground.run(stream, "fine", "bulk", 40 * DAY_MS)
    await ground.run("INSERT INTO telemetry_latest VALUES ('labels', 'labels_unshown', %s, 4)", now_ms)
    device = "INSERT INTO device_current VALUES (%s, 'printer-1', 'printer', %s, hq_device_rank(%s), 'r', 1, 1)"
    await ground.run(device, "devices", "failed", "failed")
    await ground.run(device, "degraded", "degraded", "degraded")
    async with await ground.api.person() as admin, await ground.api.person(Role.VIEWER, ("fine", "clone")) as local:
        seen: list[dict[str, Any]] = []
        after = ""
        while True:
            answer = await admin.get("/api/v1/glance/stores", params={"limit": 4} | ({"after": after} if after else {}))
            assert answer.status_code == 200, answer.text
            seen += answer.json()["rows"]
            after = answer.json()["next"] or ""
            ground.api.clock.advance(600_000)  # pages of one list are as of one instant
            if not after:
                break
        ground.api.clock.advance(-1_800_000 - 600_000)
        assert [row["store_id"] for row in seen] == [*reversed(names[2:]), "fine", "new"]
        levels = {row["store_id"]: row["level"] for row in seen}
        assert (levels["devices"], levels["labels"], levels["fine"], levels["new"]) == ("bad", "attention", "fine", "new")
        rows = {row["store_id"]: row for row in seen}
        assert rows["offline"]["offline_since_ms"] == now_ms - 60_000
        assert rows["waiting"]["oldest_waiting_ms"] == 3 * OLD_FACT_MS
        assert (rows["devices"]["devices_down"], rows["devices"]["device_names"]) == (1, ["printer-1"])
        assert (rows["labels"]["labels_unshown"], rows["alarm"]["alarms"]) == (4, ["facts_lost"])
        south = (await admin.get("/api/v1/glance/stores", params={"zone": "south"})).json()["rows"]
        assert [row["store_id"] for row in south] == ["clock"]
        found = (await admin.get("/api/v1/glance/stores", params={"find": "LABEL"})).json()["rows"]
        assert [row["store_id"] for row in found] == ["labels"]
        mine = (await local.get("/api/v1/glance/stores")).json()["rows"]
        assert [row["store_id"] for row in mine] == ["clone", "fine"]
        totals = (await admin.get("/api/v1/glance/totals")).json()
        assert (totals["stores"], totals["online"], totals["offline"], totals["behind"]) == (13, 11, 1, 2)
        assert (totals["waiting"], totals["alarms"], totals["devices_down"], totals["labels_unshown"]) == (1, 1, 1, 4)


async def test_sales_of_the_last_day_hour_by_hour(ground: Ground) -> None:
    store = await ground.store("S001")
    await ground.store("S002")
    store.sell(3)
    await store.exchange(ground.doors.door("S001"))
    async with await ground.api.person() as admin:
        answer = (await admin.get("/api/v1/glance/sales", params={"store_id": ["S002", "S001", "S009"]})).json()
    assert [row["store_id"] for row in answer["rows"]] == ["S001", "S002"]  # of a store out of scope it says nothing
    assert [sum(row["sales"]) for row in answer["rows"]] == [3, 0]
    assert len(answer["rows"][0]["sales"]) == 24


async def test_a_store_that_falls_silent_is_away_without_a_last_will(
    ground: Ground, embedded_database: GroundDatabase, hq_pki: HqPki
) -> None:
    """Box and broker died together: the line looks open, and for eleven minutes nothing came through it."""
    now_ms = ground.api.clock.now_ms()
    silence_ms = 11 * 60_000
    for name, ago_ms in (("calm", silence_ms - 60_000), ("gone", silence_ms), ("new", None)):
        await add_store(ground.ingest, name)
        if ago_ms is not None:
            await ground.run(CONTACT, name, True, now_ms - 86_400_000, now_ms - ago_ms, now_ms - ago_ms)
    await ground.run("INSERT INTO device_current VALUES ('gone', 'p', 'printer', 'ready', 5, '', 1, 1)")
    async with await ground.api.person() as admin:
        glance = {row["store_id"]: row for row in (await admin.get("/api/v1/glance/stores")).json()["rows"]}
        stores = {row["store_id"]: row for row in (await admin.get("/api/v1/stores")).json()["rows"]}
        for rows in (glance, stores):
            lines = [(rows[name]["online"], rows[name]["silent"]) for name in ("calm", "gone", "new")]
            assert lines == [(True, False), (False, True), (False, False)]
        assert next(iter(glance)) == "gone"
        assert [glance[name]["offline_since_ms"] for name in ("calm", "gone", "new")] == [None, now_ms - silence_ms, None]
        totals = (await admin.get("/api/v1/glance/totals")).json()
        assert (totals["stores"], totals["online"], totals["offline"]) == (3, 1, 1)
        assert [row["store_online"] for row in (await admin.get("/api/v1/devices")).json()["rows"]] == [False]
        scraped = (await admin.get("/metrics")).text
        assert {f'tallystick_stores{{state="{state}"}} 1.0' for state in ("online", "offline", "never_seen")} <= set(
            scraped.splitlines()
        )
        ground.api.clock.advance(-1)  # a moment before
        assert (await admin.get("/api/v1/stores/gone")).json()["online"]
    told: list[str] = []
    await stores_command.list_stores(hq_settings(embedded_database, hq_pki), told.append)
    heard = datetime.datetime.fromtimestamp((now_ms - silence_ms) // 1000, datetime.UTC)
    assert f"silent since {heard:%Y-%m-%d %H:%M} UTC" in next(line for line in told if line.startswith("gone"))


async def test_the_glance_of_a_region(ground: Ground) -> None:
    await ground.run("INSERT INTO region VALUES ('west', 'West', 0)")
    for name, zone in (("a", "north"), ("b", "south"), ("c", "north")):
        await add_store(ground.ingest, name, zone)
    await ground.run("UPDATE store SET region_id = 'west' WHERE store_id IN ('a', 'b')")
    async with await ground.api.person() as admin:
        for query, found in (
            ({"region_id": "west"}, ["a", "b"]),
            ({"region_id": "west", "zone": "south"}, ["b"]),
            ({"region_id": "default"}, ["c"]),
            ({"region_id": "east"}, []),
        ):
            rows = (await admin.get("/api/v1/glance/stores", params=query)).json()["rows"]
            assert [row["store_id"] for row in rows] == found
            assert (await admin.get("/api/v1/glance/totals", params=query)).json()["stores"] == len(found)
