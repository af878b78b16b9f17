"""The audit trail: every change leaves one row in its own transaction, nobody changes a row, and who may read which."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from cloud.audit.domain import REFUSALS_KEPT_A_LOGIN
from cloud.commands import people, regions, stores
from cloud.db.pool import Scope
from cloud.stores.domain import StoreSettings
from cloud.users.domain import Role
from protocols.contract.values import TaxMode
from tests.support.hq_api import PASSWORD
from tests.support.hq_chain import Chain, FurnishedChain
from tests.support.hq_ground import GroundDatabase, HqPki
from tests.support.hq_ingest import hq_settings
from tests.support.hq_routes import ROUTES, Reach, request_of, routes_of, writing

AUDIT = "/api/v1/audit"
KIM = {"name": "Kim", "pin": "73951846", "rights": ["till"]}


@pytest.fixture
async def chain(furnished_chain: FurnishedChain) -> AsyncIterator[Chain]:
    with furnished_chain.copy() as ground:
        async with ground.open() as database:
            yield furnished_chain.chain(ground, database)


async def test_every_writing_route_leaves_exactly_one_row(chain: Chain) -> None:
    """Called with success, one after the other; a route that is not in the table fails here."""
    assert routes_of(chain.api.app) == set(ROUTES), "add new routes to tests/support/hq_routes.py"
    for key in writing():
        route = ROUTES[key]
        caller = "viewer" if route.reach in {Reach.OWN, Reach.OPEN} else "admin"
        me = await chain.renewed(caller)
        names = {**chain.names("birch"), "own_token": me.token_id}
        wanted = request_of(key, names)
        before = chain.audit()
        client = chain.api.client() if route.reach is Reach.OPEN else me.client
        answer = await client.request(
            wanted.method, wanted.path, params=dict(wanted.query), json=wanted.body, content=wanted.content
        )
        assert answer.status_code < 300, (key, answer.text)
        new = chain.audit()[len(before) :]
        assert len(new) == route.audit_rows, (key, new)
        for row in new:
            assert (row["outcome"], row["login"], bool(row["person_id"])) == ("done", caller, True), key
            assert row["request_id"] == answer.headers["x-request-id"]
            assert row["at_ms"] == chain.api.clock.now_ms()
            assert row["via"] == ("session" if route.reach is Reach.OPEN else "token")
            assert row["stores"] == (["birch"] if "{store_id}" in key[1] else row["stores"]), key
            for text in (str(row["before"]), str(row["after"])):
                assert text == "" or json.loads(text)


async def test_a_row_says_what_was_and_what_is_and_no_secret(chain: Chain) -> None:
    manager = chain.clients["store.alder"]
    path = "/api/v1/stores/alder/staff/07"
    assert (await manager.put(path, json=KIM)).status_code == 200
    assert (await manager.put(path, json={"name": "Kim Lee", "rights": ["till", "void"]})).status_code == 200
    added, changed = chain.audit()[-2:]
    assert (added["action"], added["object_id"], added["stores"], added["before"]) == ("staff.added", "07", ["alder"], "")
    assert (changed["action"], changed["login"]) == ("staff.changed", "store.alder")
    before, after = (json.loads(str(changed[side])) for side in ("before", "after"))
    assert (before["name"], after["name"], after["rights"]) == ("Kim", "Kim Lee", ["till", "void"])
    everything = json.dumps(chain.audit())
    assert "73951846" not in everything
    assert "argon2" not in everything


async def test_what_changes_nothing_leaves_nothing(chain: Chain) -> None:
    pricing = chain.clients["pricing"]
    changes = "/api/v1/zones/north/price-changes"
    body = {"changes": [{"item_id": "A000001", "price_minor": 111}]}
    key = {"Idempotency-Key": "once"}
    before = len(chain.audit())
    assert (await pricing.post(changes, json={**body, "dry_run": True})).status_code == 200
    assert (await pricing.post(changes, json={"changes": [{"item_id": "A000001", "price_minor": 0}]})).status_code == 422
    assert len(chain.audit()) == before
    assert (await pricing.post(changes, json=body, headers=key)).status_code == 200
    assert (await pricing.post(changes, json=body, headers=key)).headers["idempotency-replayed"] == "true"
    assert (await pricing.post(changes, json=body)).json()["feed_version"] is None  # it holds already
    assert len(chain.audit()) == before + 1


async def test_a_change_and_its_row_are_one_transaction(chain: Chain) -> None:
    pricing = chain.clients["pricing"]
    await pricing.put("/api/v1/zones/north/prices/A000001", json={"price_minor": 111, "reason": "supplier"})
    [(audit_xid,)] = await chain.api.rows("SELECT xmin::text FROM audit_entry WHERE action = 'price.changed'")
    [(price_xid,)] = await chain.api.rows("SELECT xmin::text FROM price WHERE item_id = 'A000001' AND price_minor = 111")
    assert audit_xid == price_xid
    with chain.ground.owner() as owner:
        owner.execute(
            "CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$"
        )
        owner.execute("CREATE TRIGGER full_up BEFORE INSERT ON audit_entry EXECUTE FUNCTION disk_full()")
    state = chain.state()
    answer = await pricing.put("/api/v1/zones/north/prices/A000001", json={"price_minor": 112})
    assert answer.status_code == 503  # a trail that cannot be written takes the change with it
    assert chain.state() == state


async def test_nobody_changes_or_removes_a_row(chain: Chain) -> None:
    statements = ("UPDATE audit_entry SET login = 'nobody'", "DELETE FROM audit_entry", "TRUNCATE audit_entry")
    for url in (chain.ground.app_url, chain.ground.ingest_url, chain.ground.owner_url):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT set_config('app.scope', 'all', false)")
            for statement in statements:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
    with chain.ground.owner() as owner, pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
        owner.execute("DELETE FROM audit_entry")


async def test_some_stores_write_and_read_only_rows_that_touch_none_but_theirs(chain: Chain) -> None:
    insert = (
        "INSERT INTO audit_entry (at_ms, outcome, person_id, login, via, request_id, action, object_id, stores, zone,"
        " before, after, reason) VALUES (0, 'done', '', 'x', 'token', '', 'a.b', 'forged', %s, '', '', '', '')"
    )
    with psycopg.connect(chain.ground.app_url, autocommit=True) as connection:
        connection.execute("SELECT set_config('app.scope', 'stores', false), set_config('app.stores', 'alder,birch', false)")
        for stores in ([], ["cedar"], ["alder", "cedar"]):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(insert, (stores,))
        connection.execute(insert, (["alder", "birch"],))
        assert connection.execute("SELECT count(*) FROM audit_entry WHERE object_id = 'forged'").fetchone() == (1,)
    for login, count in (("store.alder", 0), ("region.west", 1), ("region.east", 0), ("admin", 1)):
        rows = (await chain.clients[login].get(AUDIT, params={"object_id": "forged"})).json()["rows"]
        assert len(rows) == count, login


async def test_the_trail_is_filtered_and_read_page_by_page(chain: Chain) -> None:
    admin = chain.clients["admin"]
    start_ms = chain.api.clock.now_ms()
    for number in range(5):
        chain.api.clock.advance(1_000)
        await admin.put(f"/api/v1/regions/r{number}", json={"name": f"Region {number}"})
        await chain.clients["operations"].put(f"/api/v1/stores/cedar/staff/{number}", json={**KIM, "name": f"Kim {number}"})
    seen: list[str] = []
    after = None
    while True:
        page = (await admin.get(AUDIT, params={"action": "region", "limit": 2} | ({"after": after} if after else {}))).json()
        seen += [row["object_id"] for row in page["rows"]]
        after = page["next"]
        if after is None:
            break
    assert seen == ["r4", "r3", "r2", "r1", "r0"]

    async def found(**wanted: str | int) -> list[str]:
        return [row["object_id"] for row in (await admin.get(AUDIT, params=wanted)).json()["rows"]]

    assert await found(login="operations") == ["4", "3", "2", "1", "0"]
    assert await found(action="staff.added", store_id="cedar", object_id="3") == ["3"]
    assert await found(store_id="alder", action="staff.added") == []
    assert await found(action="region", from_ms=start_ms + 2_000, to_ms=start_ms + 4_000) == ["r2", "r1"]
    assert await found(action="reg") == []
    assert (await chain.clients["viewer"].get(AUDIT)).status_code == 403


async def test_refused_requests_are_noted_and_bounded(chain: Chain) -> None:
    manager = chain.clients["store.alder"]
    state = chain.state()
    for _ in range(REFUSALS_KEPT_A_LOGIN + 5):
        answer = await manager.put("/api/v1/zones/north/prices/A000001", json={"price_minor": 1})
        assert answer.status_code == 403
    assert chain.state() == state
    noted = [row for row in chain.audit() if row["outcome"] == "refused"]
    assert len(noted) == REFUSALS_KEPT_A_LOGIN
    assert (noted[0]["login"], noted[0]["action"]) == ("store.alder", "refused.no_right")
    assert noted[0]["object_id"] == "PUT /api/v1/zones/north/prices/A000001"
    await chain.clients["store.cedar"].get("/api/v1/people")  # another's first is still noted
    chain.api.clock.advance(3_600_001)
    await manager.get("/api/v1/people")  # and an hour later there is room again
    later = [row["login"] for row in chain.audit() if row["outcome"] == "refused"][REFUSALS_KEPT_A_LOGIN:]
    assert later == ["store.cedar", "store.alder"]
    rows = (await chain.clients["admin"].get(AUDIT, params={"outcome": "refused", "limit": 500})).json()["rows"]
    assert len(rows) == REFUSALS_KEPT_A_LOGIN + 2
    assert (await manager.get(AUDIT, params={"outcome": "refused"})).json()["rows"] == []


async def test_a_failed_login_is_noted_by_its_person_and_never_by_what_was_typed(chain: Chain) -> None:
    nobody = chain.api.client()
    for login in ("viewer", "my secret typed in the wrong field"):
        answer = await nobody.post("/api/v1/login", json={"login": login, "password": "guess guess guess"})
        assert answer.status_code == 401
    noted = [row for row in chain.audit() if row["outcome"] == "login_failed"]
    assert [row["login"] for row in noted] == ["viewer", ""]
    assert noted[0]["request_id"]
    assert "secret" not in json.dumps(chain.audit())
    assert (await nobody.post("/api/v1/login", json={"login": "viewer", "password": PASSWORD})).status_code == 200
    assert chain.audit()[-1]["action"] == "session.opened"


async def test_a_reading_transaction_cannot_write(chain: Chain) -> None:
    """So a route that reads cannot leave a change without a row: the database says no."""
    database = chain.api.database
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        async with database.transaction(Scope.everything(), reading=True) as tx:
            await tx.execute(b"UPDATE organisation SET name = 'x'")
    async with database.transaction(Scope.everything()) as tx:  # the next one on the same connection may
        await tx.execute(b"UPDATE organisation SET name = 'x'")


async def test_the_roles_of_managers(chain: Chain) -> None:
    for login, role in (("region.west", Role.REGION_MANAGER), ("store.alder", Role.STORE_MANAGER)):
        me = (await chain.clients[login].get("/api/v1/me")).json()
        assert (me["role"], me["rights"]) == (role, [
            "read", "staff.write", "alarms.write", "audit.read", "members.write", "stock.write",
        ])  # fmt: skip


async def test_the_command_line_leaves_rows_as_well(
    embedded_database: GroundDatabase, hq_pki: HqPki, tmp_path: Path
) -> None:
    settings = hq_settings(embedded_database, hq_pki)
    told: list[str] = []
    say = told.append
    await people.put_zone(settings, "north", "EUR", TaxMode.INCLUSIVE, 1, say)
    await regions.put(settings, "west", "West", say)
    await stores.add(settings, StoreSettings("S001", "One", "north", "UTC"), tmp_path / "S001", say)
    await regions.move(settings, "S001", "west", say)
    await stores.change(settings, "S001", stores.Changes(name="First"), say)
    await people.add(settings, "rhea", "Rhea", Role.REGION_MANAGER, people.Reach(regions=("west",)), say)
    await stores.revoke(settings, "S001", None, "stolen", say)
    with embedded_database.owner() as owner:
        rows = owner.execute(
            "SELECT action, object_id, stores, login, via, after FROM audit_entry ORDER BY audit_id"
        ).fetchall()
    assert [row[0] for row in rows] == [
        "zone.added", "region.added", "store.added", "certificate.issued", "store.moved", "store.changed", "person.added",
        "certificate.revoked",
    ]  # fmt: skip
    assert {(row[3], row[4]) for row in rows} == {("command line", "command")}
    assert [row[2] for row in rows[2:6]] == [["S001"]] * 4
    password = told[-2].rpartition("password ")[2].split()[0]
    assert password not in str(rows)
