"""Each role sees and changes its scope and nothing else: over every route of the people API and of the edge API.

The routes are those of the running applications (tests/support/hq_routes.py fails for a new one), the people those of
tests/support/hq_chain.py: every role, with the whole chain, with regions and with stores.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cloud.edge_api.app import EdgeParts
from cloud.edge_api.app import create_app as edge_app
from cloud.edge_api.peer import Peer, with_peer
from cloud.feeds.snapshots import SnapshotShelf
from cloud.ingest.inbox import Inbox
from cloud.reports.registry import REPORTS
from cloud.users.domain import Right, Role
from protocols.sync.topics import POSTABLE
from tests.support.hq_chain import PEOPLE, STORES, ZONE_OF, Chain, FurnishedChain, fill, mark, sees
from tests.support.hq_routes import ROUTES, Reach, request_of, routes_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp
    from uvicorn._types import ASGI3Application

READ, ALARMS, STAFF, AUDIT = Right.READ, Right.ALARMS_WRITE, Right.STAFF_WRITE, Right.AUDIT_READ
MEMBERS, STOCK = Right.MEMBERS_WRITE, Right.STOCK_WRITE
MAY: dict[Role, set[Right]] = {
    Role.ADMIN: set(Right),
    Role.PRICING: {READ, AUDIT, MEMBERS, Right.PRODUCTS_WRITE, Right.PRICES_WRITE, Right.VALUE_WRITE},
    Role.OPERATIONS: {READ, AUDIT, STAFF, ALARMS, MEMBERS, STOCK, Right.STORES_WRITE, Right.ORGANISATION_WRITE},
    Role.REGION_MANAGER: {READ, AUDIT, STAFF, ALARMS, MEMBERS, STOCK},
    Role.STORE_MANAGER: {READ, AUDIT, STAFF, ALARMS, MEMBERS, STOCK},
    Role.VIEWER: {READ},
}
"""The roles as they were agreed, written down a second time on purpose."""

SCOPED = [login for login in PEOPLE if sees(login) != frozenset(STORES)]
NOWHERE = "nowhere"
A_REPORT = "/api/v1/reports/{name}"
TELL_OF_FEWER = ("landing", "stream", "regions", "{event_id:path}", "totals", "glance/sales", "stragglers")
"""Parts of the paths of routes that do not name every store in scope."""
CALLS_MAX = 150
READING = [key for key in ROUTES if key[0] == "GET"]
WRITING = [key for key in ROUTES if key[0] != "GET" and ROUTES[key].reach in {Reach.STORE, Reach.CHAIN}]
HERE = settings(max_examples=CALLS_MAX, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


@dataclass
class Ground:
    """The chain and the loop its connections live in."""

    chain: Chain
    runner: asyncio.Runner

    names: dict[str, dict[str, str]] = field(default_factory=dict)

    def ask(self, login: str, key: tuple[str, str], store_id: str) -> tuple[int, str]:
        """Status and text of the route's example about this store, in this person's name."""
        if store_id not in self.names:
            self.names[store_id] = {**self.chain.names(store_id), "own_token": "none"}
        wanted = request_of(key, self.names[store_id])
        call = self.chain.clients[login].request(
            wanted.method, wanted.path, params=dict(wanted.query), json=wanted.body, content=wanted.content
        )
        answer = self.runner.run(call)
        return answer.status_code, answer.text


@pytest.fixture(scope="module")
def ground(furnished_chain: FurnishedChain) -> Iterator[Ground]:
    with furnished_chain.copy() as database, asyncio.Runner() as runner:
        pool = database.open()
        runner.run(pool.open())
        try:
            yield Ground(furnished_chain.chain(database, pool), runner)
        finally:
            runner.run(pool.close())


def allowed(login: str, key: tuple[str, str], store_id: str) -> bool:
    """Whether the person may make this call, by the table above."""
    route, role = ROUTES[key], PEOPLE[login][0]
    if route.right is not None and route.right not in MAY[role]:
        return False
    if route.reach is Reach.CHAIN:
        return login not in SCOPED
    return route.reach is not Reach.STORE or store_id in sees(login)


def test_the_chain_is_full_so_that_there_is_something_to_leak(ground: Ground) -> None:
    """For the whole chain's eyes every route about stores shows each store's mark."""
    for key in READING:
        if ROUTES[key].reach is Reach.STORE:
            for store_id in STORES:
                status, text = ground.ask("admin", key, store_id)
                assert status == 200, (key, text)
                assert mark(store_id) in text, key
        if ROUTES[key].reach is Reach.ROWS and not any(part in key[1] for part in TELL_OF_FEWER):
            _, text = ground.ask("admin", key, STORES[0])
            assert all(store_id in text for store_id in STORES), (key, text)


def test_no_answer_speaks_of_a_store_out_of_scope(ground: Ground) -> None:
    @HERE
    @given(st.sampled_from(sorted(PEOPLE)), st.sampled_from(READING), st.sampled_from(STORES))
    def holds(login: str, key: tuple[str, str], store_id: str) -> None:
        status, text = ground.ask(login, key, store_id)
        for other in set(STORES) - sees(login) - {store_id}:
            assert other not in text, (login, key, text)
        if allowed(login, key, store_id):
            assert status == 200, (login, key, text)
            assert ROUTES[key].reach is Reach.STORE or store_id in sees(login) or store_id not in text, (login, key, text)
        elif ROUTES[key].reach is not Reach.STORE:
            assert status == 403, (login, key, text)
        else:  # not even whether there is such a store is told
            nowhere, said = ground.ask(login, key, NOWHERE)
            assert (status, text.replace(store_id, NOWHERE)) == (nowhere, said), (login, key)

    holds()


def test_what_is_not_allowed_is_refused_and_changes_nothing(ground: Ground) -> None:
    state, noted = ground.chain.state(), len(ground.chain.audit())
    refused: list[tuple[str, tuple[str, str], str]] = []

    @HERE
    @given(st.sampled_from(sorted(PEOPLE)), st.sampled_from(WRITING), st.sampled_from(STORES))
    def holds(login: str, key: tuple[str, str], store_id: str) -> None:
        if allowed(login, key, store_id):
            return
        status, text = ground.ask(login, key, store_id)
        refused.append((login, key, store_id))
        assert status in {403, 404}, (login, key, text)
        assert mark(store_id) not in text or store_id in sees(login)

    holds()
    assert len(refused) > CALLS_MAX // 4
    assert ground.chain.state() == state, refused
    assert {row["outcome"] for row in ground.chain.audit()[noted:]} == {"refused"}, refused


def test_what_is_allowed_is_not_refused(ground: Ground) -> None:
    """The managers' own writes, and nobody is locked out of their work by the scope."""
    for login, store_id in (("region.west", "birch"), ("store.alder", "alder"), ("operations.birch", "birch")):
        for key in WRITING:
            if ROUTES[key].reach is Reach.STORE and allowed(login, key, store_id):
                status, text = ground.ask(login, key, store_id)
                assert status < 300 or "seen" in key[1], (login, key, text)  # an alarm is seen once


def test_what_happens_elsewhere_moves_no_number_here(ground: Ground) -> None:
    """Sums, counts and pages of a scope are the same whatever the other stores hold: nothing can be worked out from them."""
    now_ms = ground.chain.api.clock.now_ms()
    watching = ("region.west", "store.cedar", "operations.birch")
    views = {login: _view(ground, login) for login in watching}
    for store_id in STORES:
        with ground.chain.ground.owner() as owner:
            fill(owner, store_id, now_ms, variant=2)
        for login in watching:
            seen = _view(ground, login)
            if store_id in sees(login):
                assert seen != views[login], login  # this view can see a change at all
                views[login] = seen
            assert seen == views[login], (login, store_id)


def _view(ground: Ground, login: str) -> dict[str, str]:
    """What a person can read of stores: each reading route about each store in their scope, and the lists."""
    found: dict[str, str] = {}
    for key in READING:
        if ROUTES[key].reach not in {Reach.STORE, Reach.ROWS}:
            continue
        stores = sorted(sees(login)) if ROUTES[key].reach is Reach.STORE else [STORES[0]]
        for store_id in stores:
            status, text = ground.ask(login, key, store_id)
            if key[1].endswith("/sales/stream"):  # its place counts transactions of the whole database
                text = json.dumps(json.loads(text)["rows"])
            found[f"{key[1]} {store_id}"] = f"{status} {text}"
    client, days = ground.chain.clients[login], request_of(("GET", A_REPORT), ground.names[STORES[0]]).query
    for report in REPORTS:
        answer = ground.runner.run(client.get(A_REPORT.format(name=report.name), params=dict(days)))
        found[report.name] = f"{answer.status_code} {answer.text}"
    return found


def test_a_region_is_its_stores_of_this_moment(ground: Ground) -> None:
    """A store that is moved or added is in the region manager's scope with the next request, and leaves the other's."""

    async def seen(login: str) -> set[str]:
        rows = (await ground.chain.clients[login].get("/api/v1/stores")).json()["rows"]
        return {row["store_id"] for row in rows}

    async def story() -> None:
        admin = ground.chain.clients["admin"]
        settings_of = {"store_id": "dogwood", "name": "Dogwood", "zone": "north", "time_zone": "Europe/Berlin"}
        assert (await admin.post("/api/v1/stores", json=settings_of)).status_code == 200
        assert await seen("region.west") == {"alder", "birch"}
        assert (await admin.put("/api/v1/stores/dogwood/region", json={"region_id": "west"})).status_code == 200
        assert (await admin.put("/api/v1/stores/alder/region", json={"region_id": "east"})).status_code == 200
        assert await seen("region.west") == {"birch", "dogwood"}
        assert await seen("region.east") == {"alder", "cedar"}
        regions = (await ground.chain.clients["store.cedar"].get("/api/v1/regions")).json()["rows"]
        assert [(row["region_id"], row["store_count"]) for row in regions] == [("east", 1)]
        for path in ("/api/v1/stores", "/api/v1/store-names"):
            filtered = (await admin.get(path, params={"region_id": "east"})).json()["rows"]
            assert [row["store_id"] for row in filtered] == ["alder", "cedar"]

    ground.runner.run(story())


EDGE_ROUTES: dict[tuple[str, str], list[str]] = {
    ("GET", "/v1/health"): [],
    ("POST", "/v1/edge/{store_id}/messages/{channel:path}"): [
        f"/v1/edge/{{store}}/messages/{channel.value}" for channel in POSTABLE
    ],
    ("POST", "/v1/edge/{store_id}/questions"): ["/v1/edge/{store}/questions"],
    ("GET", "/v1/edge/{store_id}/handover"): ["/v1/edge/{store}/handover?incarnation=1"],
    **{
        ("GET", f"/v1/feeds/{{feed_id:path}}/{part}"): [
            f"/v1/feeds/{feed}/{part}{query}" for feed in ("store/{store}/setup", "store/{store}/staff", "zone/{zone}/price")
        ]
        for part, query in (("head", ""), ("deltas", "?epoch=x&after=0"), ("snapshot", ""))
    },
}
"""Every route of the edge API, and calls of it that are another store's business."""


def test_a_stores_certificate_opens_nothing_of_another_store(ground: Ground) -> None:
    chain, shelf = ground.chain, SnapshotShelf("")
    parts = EdgeParts(chain.api.database, Inbox(), shelf, chain.api.clock)
    app = edge_app(parts)
    assert routes_of(app) == set(EDGE_ROUTES), "add new routes to EDGE_ROUTES"
    with chain.ground.owner() as owner:
        serials: dict[str, str] = dict(
            owner.execute("SELECT store_id, max(serial) FROM store_certificate GROUP BY 1").fetchall()
        )
        owner.execute("UPDATE store_certificate SET revoked_at_ms = NULL")

    async def ask(asker: str, method: str, path: str) -> int:
        told = with_peer(cast("ASGI3Application", app), Peer(asker, serials[asker]))
        transport = httpx.ASGITransport(cast("ASGIApp", told))
        async with httpx.AsyncClient(transport=transport, base_url="http://hq") as client:
            return (await client.request(method, path)).status_code

    async def every_pair() -> None:
        for asker, other in itertools.permutations(STORES, 2):
            assert await ask(asker, "GET", "/v1/health") == 200
            assert await ask(asker, "GET", f"/v1/feeds/store/{asker}/setup/head") != 403
            for (method, _), paths in EDGE_ROUTES.items():
                for path in paths:
                    if "{zone}" not in path or ZONE_OF[asker] != ZONE_OF[other]:
                        found = await ask(asker, method, path.format(store=other, zone=ZONE_OF[other]))
                        assert found == 403, (asker, path, other)

    ground.runner.run(every_pair())
    shelf.close()
