"""The people API over real PostgreSQL: what a write leads to, what is refused, and that nothing leaks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
import structlog
from argon2 import PasswordHasher

from cloud.db.pool import Scope
from cloud.demo_goods import seed
from cloud.users.domain import FREE_FAILURES, Role
from protocols.contract.feed_rows import PriceRow, StaffRow, decode_row
from protocols.sync.delta import decode_delta
from tests.support.hq_api import PASSWORD, HqApi
from tests.support.hq_ground import GroundDatabase

PRICE = "/api/v1/zones/north/prices/A000001"
CHANGES = "/api/v1/zones/north/price-changes"
DAY_MS = 24 * 3_600_000


@pytest.fixture
async def api(any_database: GroundDatabase) -> AsyncIterator[HqApi]:
    """Thirty goods in zone north, stores S001 and S002."""
    async with any_database.open() as database:
        made = HqApi(database)
        await _furnish(made)
        yield made


async def _furnish(made: HqApi) -> None:
    async with made.database.transaction(Scope.everything()) as tx:
        await seed(tx, now_ms=made.clock.now_ms(), items=30)
        for store_id in ("S001", "S002"):
            await tx.execute(
                "INSERT INTO store (store_id, name, zone, time_zone, added_at_ms, changed_at_ms)"
                " VALUES (%s, %s, 'north', 'Europe/Berlin', 0, 0)",
                (store_id, store_id),
            )


async def feed(api: HqApi, feed_id: str = "zone/north/price") -> int:
    found = await api.rows("SELECT version FROM feed WHERE feed_id = %s", feed_id)
    return int(str(found[0][0])) if found else 0


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    body = answer.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:tallystick:problem:{code}")
    assert body["detail"]
    return dict(body)


async def test_a_login_opens_a_session_and_a_wrong_one_says_so(api: HqApi) -> None:
    admin = await api.person()
    me = (await admin.get("/api/v1/me")).json()
    assert (me["login"], me["role"], "people.write" in me["rights"]) == ("admin.all", "admin", True)
    nobody = api.client()
    for login, password in (("admin.all", "wrong words here"), ("no.such", PASSWORD)):
        problem(await nobody.post("/api/v1/login", json={"login": login, "password": password}), 401, "bad_login")
    answer = await nobody.get("/api/v1/me")
    problem(answer, 401, "no_token")
    assert answer.headers["www-authenticate"] == "Bearer"
    await admin.post("/api/v1/logout")
    problem(await admin.get("/api/v1/me"), 401, "bad_token")


async def test_guessing_passwords_is_slowed_down_even_for_the_right_one(api: HqApi) -> None:
    await api.person()
    nobody = api.client()
    for _ in range(FREE_FAILURES):
        answer = await nobody.post("/api/v1/login", json={"login": "admin.all", "password": "guess guess guess"})
    assert problem(answer, 429, "too_many_tries")
    right = {"login": "admin.all", "password": PASSWORD}
    assert (await nobody.post("/api/v1/login", json=right)).headers["retry-after"] == "2"
    api.clock.advance(2_000)
    assert (await nobody.post("/api/v1/login", json=right)).status_code == 200


async def test_somebody_elses_guesses_lock_nobody_out(api: HqApi) -> None:
    await api.person()
    nobody = api.client()
    wrong, right = ({"login": "admin.all", "password": word} for word in ("guess guess guess", PASSWORD))
    for _ in range(FREE_FAILURES):
        await nobody.post("/api/v1/login", json=wrong, headers={"X-Forwarded-For": "203.0.113.9"})
    assert (await nobody.post("/api/v1/login", json=right, headers={"X-Forwarded-For": "203.0.113.9"})).status_code == 429
    assert (await nobody.post("/api/v1/login", json=right, headers={"X-Forwarded-For": "198.51.100.7"})).status_code == 200


async def test_a_session_ends_by_itself(api: HqApi) -> None:
    admin = await api.person()
    api.clock.advance(12 * 3_600_000)
    problem(await admin.get("/api/v1/me"), 401, "bad_token")


async def test_a_price_change_advances_the_feed_and_stores_the_delta_in_the_same_transaction(api: HqApi) -> None:
    pricing = await api.person(Role.PRICING)
    before = await feed(api)
    answer = (await pricing.put(PRICE, json={"price_minor": 129, "reason": "supplier"})).json()
    assert answer["feed_version"] == before + 1 == await feed(api)
    [(delta, delta_xid)] = await api.rows(
        "SELECT delta, xmin::text FROM feed_delta WHERE feed_id = 'zone/north/price' AND version = %s", before + 1
    )
    [(price_xid,)] = await api.rows("SELECT xmin::text FROM price WHERE item_id = 'A000001' AND revision = 2")
    assert delta_xid == price_xid
    assert isinstance(delta, bytes)
    [op] = decode_delta(delta).ops
    assert op.body is not None
    row = decode_row(op.body)
    assert isinstance(row, PriceRow)
    assert (row.item_id, row.revision, row.price_minor, row.effective_from_ms) == ("A000001", 2, 129, api.clock.now_ms())
    history = (await pricing.get(f"{PRICE}/history")).json()["rows"]
    assert [(line["revision"], line["changed_by"], line["reason"]) for line in history] == [
        (2, "pricing.all", "supplier"), (1, "demo", ""),
    ]  # fmt: skip


async def test_many_changes_are_all_or_nothing_and_every_bad_line_is_named(api: HqApi) -> None:
    pricing = await api.person(Role.PRICING)
    before = await feed(api)
    lines = [
        {"item_id": "A000001", "price_minor": 150},
        {"item_id": "A000002", "price_minor": 0},
        {"item_id": "NOSUCH", "price_minor": 100},
        {"item_id": "A000001", "price_minor": 100, "effective_from_ms": 5},
    ]
    refused = problem(await pricing.post(CHANGES, json={"changes": lines}), 422, "invalid")
    assert [row["pointer"] for row in refused["errors"]] == [  # type: ignore[attr-defined]
        "/changes/1/price_minor", "/changes/2/item_id", "/changes/3/effective_from_ms", "/changes/3/item_id",
    ]  # fmt: skip
    assert all(row["remedy"] for row in refused["errors"])  # type: ignore[attr-defined]
    assert await feed(api) == before
    assert await api.rows("SELECT 1 FROM price WHERE revision > 1") == []
    good = [{"item_id": f"A00000{n}", "price_minor": 100 + n} for n in range(1, 6)]
    seen = (await pricing.post(CHANGES, json={"changes": good, "dry_run": True})).json()
    assert (seen["feed_version"], len(seen["rows"]), await feed(api)) == (None, 5, before)
    assert (await pricing.post(CHANGES, json={"changes": good})).json()["feed_version"] == before + 1


async def test_the_same_key_does_a_write_once_however_often_and_together_it_comes(api: HqApi) -> None:
    pricing = await api.person(Role.PRICING)
    before = await feed(api)
    key = {"Idempotency-Key": "k-1"}
    answers = await asyncio.gather(*[pricing.put(PRICE, json={"price_minor": 130}, headers=key) for _ in range(6)])
    done = [answer for answer in answers if answer.status_code == 200]
    assert len({answer.content for answer in done}) == 1
    assert all(problem(answer, 409, "still_running") for answer in answers if answer not in done)
    again = await pricing.put(PRICE, json={"price_minor": 130}, headers=key)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.content == done[0].content
    assert await feed(api) == before + 1
    problem(await pricing.put(PRICE, json={"price_minor": 131}, headers=key), 422, "key_reused")
    other = await api.person(Role.ADMIN)
    assert (await other.put(PRICE, json={"price_minor": 131}, headers=key)).json()["feed_version"] == before + 2


async def test_changes_made_at_the_same_moment_take_their_turn(api: HqApi) -> None:
    pricing = await api.person(Role.PRICING)
    before = await feed(api)
    one_item = [pricing.put(PRICE, json={"price_minor": 200 + n}) for n in range(5)]
    others = [pricing.put(f"/api/v1/zones/north/prices/A00000{n}", json={"price_minor": 300}) for n in range(2, 7)]
    answers = [answer.json() for answer in await asyncio.gather(*one_item, *others)]
    assert sorted(answer["feed_version"] for answer in answers) == list(range(before + 1, before + 11))
    revisions = [row[0] for row in await api.rows("SELECT revision FROM price WHERE item_id = 'A000001' ORDER BY revision")]
    assert revisions == [1, 2, 3, 4, 5, 6]
    deltas = await api.rows("SELECT version FROM feed_delta WHERE feed_id = 'zone/north/price' ORDER BY version")
    assert [version for (version,) in deltas][-10:] == list(range(before + 1, before + 11))


async def test_a_scheduled_change_can_be_seen_and_taken_back(api: HqApi) -> None:
    pricing = await api.person(Role.PRICING)
    start_ms = api.clock.now_ms() + DAY_MS
    revision = (await pricing.put(PRICE, json={"price_minor": 99, "effective_from_ms": start_ms})).json()["rows"][0][
        "revision"
    ]
    prices = (await pricing.get("/api/v1/items/A000001/prices")).json()
    assert prices["zones"][0]["revision"] == 1
    assert [(row["revision"], row["price_minor"]) for row in prices["scheduled"]] == [(revision, 99)]
    before = await feed(api)
    gone = await pricing.delete(f"{PRICE}/revisions/{revision}")
    assert gone.json()["feed_version"] == before + 1
    assert (await pricing.get("/api/v1/items/A000001/prices")).json()["scheduled"] == []
    problem(await pricing.delete(f"{PRICE}/revisions/1"), 409, "already_started")


@pytest.mark.parametrize(
    ("role", "method", "path", "body"),
    [
        (Role.VIEWER, "PUT", PRICE, {"price_minor": 100}),
        (Role.OPERATIONS, "PUT", PRICE, {"price_minor": 100}),
        (Role.PRICING, "PUT", "/api/v1/stores/S001/staff/07", {"name": "Kim", "pin": "2580"}),
        (Role.PRICING, "GET", "/api/v1/people", None),
        (Role.OPERATIONS, "PUT", "/api/v1/tax-classes/x", {"name": "x", "rate_bp": 1}),
    ],
)
async def test_a_role_may_do_only_its_own_work(api: HqApi, role: Role, method: str, path: str, body: object) -> None:
    person = await api.person(role)
    problem(await person.request(method, path, json=body), 403, "no_right")


async def test_a_person_of_one_store_neither_sees_nor_changes_another(api: HqApi) -> None:
    everywhere = await api.person(Role.ADMIN)
    mine = await api.person(Role.OPERATIONS, ("S001",))
    kim = {"name": "Kim", "pin": "2580", "rights": ["till"]}
    for store_id in ("S001", "S002"):
        assert (await everywhere.put(f"/api/v1/stores/{store_id}/staff/07", json=kim)).status_code == 200
    assert len((await mine.get("/api/v1/stores/S001/staff")).json()["rows"]) == 1
    assert (await mine.put("/api/v1/stores/S001/staff/08", json=kim)).json()["feed_version"] == 2
    problem(await mine.get("/api/v1/stores/S002/staff"), 404, "no_store")
    problem(await mine.put("/api/v1/stores/S002/staff/07", json=kim), 404, "no_store")
    seen = await api.rows("SELECT DISTINCT store_id FROM staff", scope=Scope.of_stores(["S001"]))
    assert seen == [("S001",)]
    pricing_here = await api.person(Role.PRICING, ("S001",))
    problem(await pricing_here.put(PRICE, json={"price_minor": 100}), 403, "scope_too_small")


async def test_a_pin_becomes_a_hash_in_the_feed_and_is_nowhere_else(api: HqApi, caplog: pytest.LogCaptureFixture) -> None:
    operations = await api.person(Role.OPERATIONS)
    pin = "73951846"
    with structlog.testing.capture_logs() as logged:
        body = {"name": "Kim", "pin": pin, "rights": ["till", "void"]}
        answers = [
            await operations.put("/api/v1/stores/S001/staff/07", json=body, headers={"Idempotency-Key": "s"}),
            await operations.put("/api/v1/stores/S001/staff/07", json={**body, "pin": f"{pin}99"}),
            await operations.put("/api/v1/stores/S001/staff/07", json={**body, "pin": int(pin)}),
            await operations.get("/api/v1/stores/S001/staff"),
        ]
    assert [answer.status_code for answer in answers] == [200, 422, 422, 200]
    [(row_bytes,)] = await api.rows("SELECT body FROM feed_row WHERE feed_id = 'store/S001/staff' AND key = 'staff/07'")
    assert isinstance(row_bytes, bytes)
    row = decode_row(row_bytes)
    assert isinstance(row, StaffRow)
    assert row.pin_hash.startswith("$argon2id$")
    assert PasswordHasher().verify(row.pin_hash, pin)
    stored = await api.rows("SELECT answer FROM answered_write")
    told = [answer.text for answer in answers] + [json.dumps(logged, default=str), caplog.text, str(stored), str(row_bytes)]
    assert not [text for text in told if pin in text]
    assert [(line["person"], line["what"]) for line in logged if line["event"] == "written"] == [
        ("operations.all", "PUT /api/v1/stores/S001/staff/07")
    ]
    renamed = await operations.put("/api/v1/stores/S001/staff/07", json={"name": "Kim Lee", "rights": ["till"]})
    assert renamed.json()["feed_version"] == 2
    [(kept,)] = await api.rows("SELECT pin_hash FROM staff WHERE staff_id = '07'")
    assert kept == row.pin_hash


async def test_products_are_found_by_word_number_and_any_barcode(api: HqApi) -> None:
    admin = await api.person()
    before = await feed(api, "global/catalogue")
    item = {"style_id": "S-MINT", "name": "Peppermint tea", "name_zh": "薄荷茶", "tax_class": "reduced"}
    refused = problem(await admin.put("/api/v1/items/MINT", json=item), 422, "invalid")
    assert refused["errors"] == [
        {"pointer": "/style_id", "detail": "there is no style 'S-MINT'", "remedy": "Add the style first."}
    ]
    await admin.put("/api/v1/styles/S-MINT", json={"name": "Peppermint tea"})
    await admin.put("/api/v1/items/MINT", json=item)
    await admin.put("/api/v1/barcodes/9529999999993", json={"item_id": "MINT"})
    last = await admin.put("/api/v1/barcodes/19529999999990", json={"item_id": "MINT", "pack_quantity": 12})
    assert last.json() == {"feed_id": "global/catalogue", "feed_version": before + 4}
    for words in ("peppermint", "薄荷", "MINT", "9529999999993", "19529999999990", "tea pepper"):
        found = (await admin.get("/api/v1/items", params={"q": words})).json()["rows"]
        assert [row["item_id"] for row in found] == ["MINT"], words
    assert [(code["gtin"], code["pack_quantity"]) for code in found[0]["barcodes"]] == [
        ("09529999999993", 1), ("19529999999990", 12),
    ]  # fmt: skip
    wrong = problem(await admin.put("/api/v1/barcodes/9529999999998", json={"item_id": "MINT"}), 422, "invalid")
    assert "should be 3" in str(wrong["remedy"])
    problem(await admin.put("/api/v1/barcodes/9529999999993", json={"item_id": "A000001"}), 409, "barcode_taken")
    problem(await admin.put("/api/v1/items/MINT", json={**item, "weighed": True}), 422, "invalid")
    assert await feed(api, "global/catalogue") == before + 4


async def test_a_pasted_list_of_numbers_and_barcodes_is_understood(api: HqApi) -> None:
    admin = await api.person(Role.VIEWER)
    codes = ["A000001", "9520000000028", "101", "no such", "00000000"]
    rows = (await admin.post("/api/v1/items/named", json={"codes": codes})).json()["rows"]
    assert {row["code"]: row["item_id"] for row in rows} == {"A000001": "A000001", "9520000000028": "A000002", "101": "W101"}


async def test_pages_walk_every_item_once_while_items_are_added(api: HqApi) -> None:
    admin = await api.person()
    seen: list[str] = []
    after = None
    while True:
        params = {"limit": 7} | ({"after": after} if after else {})
        page = (await admin.get("/api/v1/items", params=params)).json()
        seen += [row["item_id"] for row in page["rows"]]
        after = page["next"]
        if after is None:
            break
        early = {"style_id": "S-101", "name": "Early", "tax_class": "reduced"}
        await admin.put(f"/api/v1/items/A0000{len(seen):02d}-new", json=early)
    assert len(seen) == len(set(seen))
    assert {item for item in seen if "new" not in item} == {
        str(row[0]) for row in await api.rows("SELECT item_id FROM item WHERE item_id NOT LIKE %s", "%new")
    }
    problem(await admin.get("/api/v1/items", params={"after": "%%%"}), 422, "invalid")
