"""Stores over the people API: how they do, what may be changed and by whom, and the broker's lists that follow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from cloud.clock import SystemClock, SystemRandom
from cloud.db.pool import Scope
from cloud.demo_goods import seed
from cloud.settings import HqFolder
from cloud.stores import broker_files, domain, service, store
from cloud.stores.authority import Authority
from cloud.users.domain import Role
from protocols.contract.feed_rows import StoreRow, decode_row
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase
from tests.support.waiting import until

NORTH = {"name": "Main street", "zone": "north", "time_zone": "Europe/Berlin"}


@pytest.fixture
async def api(embedded_database: GroundDatabase) -> AsyncIterator[HqApi]:
    """Goods in zone north, no store."""
    async with embedded_database.open() as database:
        made = HqApi(database)
        async with database.transaction(Scope.everything()) as tx:
            await seed(tx, now_ms=made.clock.now_ms(), items=10)
        yield made


async def heard(api: HqApi, store_id: str, *statements: str) -> None:
    """What ingest would write after a report."""
    async with api.database.transaction(Scope.everything()) as tx:
        for statement in statements:
            await tx.execute(statement.replace("$store", f"'{store_id}'").replace("$now", str(api.clock.now_ms())).encode())


async def test_a_store_is_added_listed_and_changed(api: HqApi) -> None:
    async with await api.person() as admin:
        added = await admin.post("/api/v1/stores", json={"store_id": "S001", **NORTH})
        assert (added.status_code, added.json()) == (200, {"store_id": "S001", "feed_version": 1})
        again = await admin.post("/api/v1/stores", json={"store_id": "S001", **NORTH})
        assert (again.status_code, again.json()["code"]) == (409, "store_taken")
        view = (await admin.get("/api/v1/stores")).json()["rows"][0]
        assert (view["online"], view["heard_at_ms"], view["in_step"]) == (False, 0, False)
        assert [feed["feed_id"] for feed in view["feeds"]] == [
            "global/catalogue",
            "global/label-templates",
            "zone/north/price",
            "store/S001/price",
            "zone/north/promotion",
            "store/S001/member",
            "store/S001/stock",
            "store/S001/setup",
            "store/S001/staff",
            "store/S001/opening-stock",
        ]
        changed = await admin.put("/api/v1/stores/S001/settings", json={**NORTH, "receipt_header": ["Shop", "Tel. 1"]})
        assert changed.json() == {"store_id": "S001", "feed_version": 2}
        assert (await admin.get("/api/v1/stores/S001/settings")).json()["receipt_header"] == ["Shop", "Tel. 1"]
    body = (await api.rows("SELECT body FROM feed_row WHERE feed_id = 'store/S001/setup'"))[0][0]
    assert isinstance(body, bytes)
    row = decode_row(body)
    assert isinstance(row, StoreRow)
    assert row.receipt_header == ("Shop", "Tel. 1")


async def test_the_database_and_the_publisher_name_the_same_feeds(api: HqApi) -> None:
    assert await api.rows("SELECT hq_feeds_of('S1', 'north')") == [(list(domain.feeds_of("S1", "north")),)]


async def test_every_mistake_is_named(api: HqApi) -> None:
    async with await api.person() as admin:
        body = {"store_id": "a/b", "name": " ", "zone": "north", "time_zone": "Mars", "label_task_hours": 0}
        answer = await admin.post("/api/v1/stores", json=body)
        assert answer.status_code == 422
        assert {error["pointer"] for error in answer.json()["errors"]} == {
            "/store_id",
            "/name",
            "/time_zone",
            "/label_task_hours",
        }
        nowhere = await admin.post("/api/v1/stores", json={"store_id": "S001", **NORTH, "zone": "west"})
        assert nowhere.json()["errors"] == [
            {"pointer": "/zone", "detail": "there is no price zone 'west'", "remedy": "Zones: north."}
        ]
        for path in ("/api/v1/stores/S404", "/api/v1/stores/S404/settings", "/api/v1/stores/S404/certificates"):
            assert (await admin.get(path)).status_code == 404


async def test_scope_and_rights_hold(api: HqApi) -> None:
    async with await api.person() as admin:
        for store_id in ("S001", "S002"):
            await admin.post("/api/v1/stores", json={"store_id": store_id, **NORTH})
    async with await api.person(Role.OPERATIONS, ("S001",)) as some:
        assert [row["store_id"] for row in (await some.get("/api/v1/stores")).json()["rows"]] == ["S001"]
        assert (await some.get("/api/v1/stores/S002")).status_code == 404
        assert (await some.put("/api/v1/stores/S002/settings", json=NORTH)).status_code == 404
        assert (await some.post("/api/v1/stores/S002/revocations", json={})).status_code == 404
        assert (await some.put("/api/v1/stores/S001/settings", json={**NORTH, "name": "New"})).status_code == 200
        assert (await some.post("/api/v1/stores", json={"store_id": "S003", **NORTH})).status_code == 403
    async with await api.person(Role.VIEWER) as viewer:
        assert len((await viewer.get("/api/v1/stores")).json()["rows"]) == 2
        assert (await viewer.put("/api/v1/stores/S001/settings", json=NORTH)).status_code == 403


async def test_standing_applied_versus_desired_and_the_oldest_fact(api: HqApi) -> None:
    async with await api.person() as admin:
        await admin.post("/api/v1/stores", json={"store_id": "S001", **NORTH})
        await heard(
            api,
            "S001",
            "INSERT INTO store_contact (store_id, online, heard_at_ms, reported_at_ms, alarms, clock) "
            "VALUES ($store, true, $now, $now, '{disk_low}', 'synced')",
            "INSERT INTO store_stream VALUES ($store, 'txn', 1, 10, 4, 4, 5000), ($store, 'ops', 1, 3, 3, 3, NULL)",
            "INSERT INTO store_feed SELECT $store, feed_id, epoch, version, state_hash, 'ok' FROM feed",
        )
        api.clock.advance(2_000)
        view = (await admin.get("/api/v1/stores/S001")).json()
        assert (view["online"], view["in_step"], view["store_alarms"]) == (True, True, ["disk_low"])
        assert view["oldest_unacked_age_ms"] == 7_000
        await admin.put("/api/v1/stores/S001/settings", json={**NORTH, "name": "New"})
        view = (await admin.get("/api/v1/stores/S001")).json()
        late = [feed for feed in view["feeds"] if not feed["in_step"]]
        assert view["in_step"] is False
        assert [(feed["feed_id"], feed["desired_version"], feed["applied_version"], feed["behind"]) for feed in late] == [
            ("store/S001/setup", 2, 1, 1)
        ]
        await heard(api, "S001", "UPDATE store_stream SET acked_upto = 10 WHERE store_id = $store")
        assert (await admin.get("/api/v1/stores/S001")).json()["oldest_unacked_age_ms"] is None


async def test_what_hq_has_stored_since_the_report_counts(api: HqApi, embedded_database: GroundDatabase) -> None:
    async with await api.person() as admin:
        await admin.post("/api/v1/stores", json={"store_id": "S001", **NORTH})
        await heard(
            api,
            "S001",
            "INSERT INTO store_contact (store_id, incarnation, reported_at_ms) VALUES ($store, 2, $now)",
            "INSERT INTO store_stream VALUES ($store, 'txn', 1, 10, 4, 4, 5000)",
        )
        with embedded_database.owner() as owner:
            owner.execute("INSERT INTO journal_cursor VALUES ('S001', 1, 'txn', 99, ''), ('S001', 2, 'txn', 9, '')")
            seen = (await admin.get("/api/v1/stores/S001")).json()
            assert (seen["streams"][0]["acked_upto"], seen["oldest_unacked_age_ms"]) == (9, 5000)
            owner.execute("UPDATE journal_cursor SET seq = 12 WHERE incarnation = 2")
            seen = (await admin.get("/api/v1/stores/S001")).json()
        assert (seen["streams"][0]["acked_upto"], seen["streams"][0]["last_seq"]) == (12, 12)
        assert seen["oldest_unacked_age_ms"] is None


async def test_a_clone_is_settled_by_choosing_a_box(api: HqApi) -> None:
    async with await api.person() as admin:
        await admin.post("/api/v1/stores", json={"store_id": "S001", **NORTH})
        orders = "/api/v1/stores/S001/orders"
        quiet = await admin.post(orders, json={"kind": "choose_box", "boot_id": "b1"})
        assert (quiet.status_code, quiet.json()["code"]) == (409, "no_clone")
        await heard(
            api,
            "S001",
            "INSERT INTO store_contact (store_id, clone_suspected, suspects) "
            'VALUES ($store, true, \'[{"boot_id": "b1", "edge_id": "e1"}, {"boot_id": "b2"}]\')',
            "INSERT INTO store_alarm (store_id, code, raised_at_ms) VALUES ($store, 'clone_suspected', $now)",
        )
        view = (await admin.get("/api/v1/stores/S001")).json()
        assert [suspect["boot_id"] for suspect in view["suspects"]] == ["b1", "b2"]
        assert (await admin.post(orders, json={"kind": "choose_box", "boot_id": "b3"})).status_code == 422
        assert (await admin.post(orders, json={"kind": "choose_box", "boot_id": "b2"})).status_code == 200
        alarm = view["alarms"][0]["alarm_id"]
        assert (await admin.post(f"/api/v1/stores/S001/alarms/{alarm}/seen")).status_code == 204
        assert (await admin.post(f"/api/v1/stores/S001/alarms/{alarm}/seen")).status_code == 404
        assert (await admin.get("/api/v1/stores/S001")).json()["alarms"] == []
    assert await api.rows("SELECT kind, boot_id, done_at_ms FROM store_order") == [("choose_box", "b2", None)]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(clock=SystemClock(), rng=SystemRandom())


async def test_revoked_certificates_are_known_by_serial(api: HqApi, authority: Authority) -> None:
    async with await api.person() as admin:
        await admin.post("/api/v1/stores", json={"store_id": "S001", **NORTH})
        async with api.database.transaction(Scope.everything()) as tx:
            first = await service.issue_certificate(tx, "S001", authority)
            second = await service.issue_certificate(tx, "S001", authority)
            assert await store.is_living(tx, "S001", first.serial)
            assert not await store.is_living(tx, "S002", first.serial)
        path = "/api/v1/stores/S001/revocations"
        answer = await admin.post(path, json={"serial": first.serial, "reason": "stolen"})
        assert answer.json() == {"store_id": "S001", "revoked": [first.serial]}
        assert (await admin.post(path, json={"serial": first.serial})).status_code == 404
        listed = (await admin.get("/api/v1/stores/S001/certificates")).json()
        assert {row["serial"]: row["revoked_reason"] for row in listed} == {first.serial: "stolen", second.serial: ""}
    async with api.database.transaction(Scope.everything()) as tx:
        assert not await store.is_living(tx, "S001", first.serial)
        assert await store.is_living(tx, "S001", second.serial)
        assert not await store.is_living(tx, "S001", "abc")


async def test_the_brokers_lists_follow_the_database(
    api: HqApi, embedded_database: GroundDatabase, authority: Authority, tmp_path: Path
) -> None:
    """At once, through a lost connection, and after a change nobody announced."""
    folder, stop = HqFolder(tmp_path), asyncio.Event()
    keeping = asyncio.create_task(broker_files.keep(api.database, embedded_database.app_url, folder, authority, "", stop))
    try:
        await until(folder.crl.exists)
        async with await api.person() as admin:
            await admin.post("/api/v1/stores", json={"store_id": "S001", **NORTH})
            async with api.database.transaction(Scope.everything()) as tx:
                issued = await service.issue_certificate(tx, "S001", authority)
            await until(lambda: "user S001" in folder.access_list.read_text())
            with embedded_database.owner() as owner:
                ended = owner.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tallystick-lists'"
                    " AND datname = current_database()"
                ).fetchall()
            assert ended == [(True,)]
            await admin.post("/api/v1/stores/S001/revocations", json={})
            await until(lambda: folder.revoked.read_text().split() == [issued.serial])
            assert "user S001" not in folder.access_list.read_text()
    finally:
        stop.set()
        await asyncio.wait_for(keeping, 10)


async def test_the_lists_are_not_touched_when_nothing_changed(api: HqApi, authority: Authority, tmp_path: Path) -> None:
    folder = HqFolder(tmp_path)
    assert await broker_files.refresh(api.database, folder, authority)
    before = folder.crl.stat().st_mtime_ns
    assert not await broker_files.refresh(api.database, folder, authority)
    assert folder.crl.stat().st_mtime_ns == before


async def test_a_store_that_never_was_is_no_scope_leak(api: HqApi) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with api.database.transaction(Scope.of_stores(["S001"])) as tx:
            await tx.execute("INSERT INTO store VALUES ('S002', 'Two', 'north', 'UTC', '{}', '{}', 60, 4, 0, 0)")
