"""The people API at its edges: what is too large, broken, unknown or unreachable leaves as a problem document."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec
import pytest

from cloud.app import create_app
from cloud.console.hq import ApiAway, HqClient, SessionEnded
from cloud.db.pool import Database, Scope
from cloud.demo_goods import DEMO_STAFF, seed
from cloud.settings import Address, HqSettings
from cloud.stores.authority import write_private, write_public
from cloud.users.domain import Role
from cloud.web.limits import BODY_BYTES_MAX
from cloud.web.server import CannotListen, Tls, listen, serve
from protocols.sync.feed_hash import FeedHash
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase, HqPki

OPEN = {"/api/v1/login", "/health/live", "/health/ready"}


@pytest.fixture
def away() -> HqApi:
    """An API whose database does not exist."""
    return HqApi(Database("postgresql://nobody@127.0.0.1:1/nothing"))


def code_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


@pytest.fixture
async def database(any_database: GroundDatabase) -> AsyncIterator[Database]:
    """The application's pool."""
    async with any_database.open() as opened:
        yield opened


async def test_health_tells_alive_from_able(database: Database, away: HqApi) -> None:
    able = HqApi(database)
    assert (await able.client().get("/health/ready")).json() == {"status": "up"}
    alive = await away.client().get("/health/live")
    assert (alive.json(), alive.headers["x-frame-options"]) == ({"status": "up"}, "DENY")
    answer = await away.client().get("/health/ready")
    assert code_of(answer) == (503, "database_away")
    assert answer.headers["retry-after"] == "2"


async def test_a_body_beyond_the_limit_is_refused_announced_or_not(away: HqApi) -> None:
    client = away.client()
    assert code_of(await client.post("/api/v1/login", content=b" " * (BODY_BYTES_MAX + 1))) == (413, "too_large")

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(BODY_BYTES_MAX // 65536 + 1):
            yield b" " * 65536

    assert code_of(await client.post("/api/v1/login", content=chunks())) == (413, "too_large")


async def test_what_cannot_be_read_is_a_problem_that_names_the_field(away: HqApi) -> None:
    client = away.client()
    assert code_of(await client.post("/api/v1/login", content=b"{")) == (422, "invalid")
    answer = await client.post("/api/v1/login", json={"login": "x" * 65, "colour": "red"})
    assert [row["pointer"] for row in answer.json()["errors"]] == ["/login", "/password", "/colour"]
    assert code_of(await client.get("/api/v1/nothing")) == (404, "not_found")
    assert code_of(await client.delete("/api/v1/login")) == (405, "method_not_allowed")


async def test_what_was_sent_never_comes_back_in_a_refusal(away: HqApi) -> None:
    answer = await away.client().post("/api/v1/login", json={"login": "a", "password": ["swordfish"]})
    assert answer.status_code == 422
    assert "swordfish" not in answer.text


def test_the_document_is_openapi_3_1_and_every_route_says_who_may_and_how_it_refuses(away: HqApi) -> None:
    document = create_app(away.hq).openapi()
    assert document["openapi"].startswith("3.1")
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"], path
            assert ("security" in operation) == (path not in OPEN), path


async def test_the_server_answers_on_its_socket_and_stops_when_told(database: Database) -> None:
    api = HqApi(database)
    token = (await api.person(Role.VIEWER)).headers["Authorization"]
    stop, listening = api.hq.stopping, listen("127.0.0.1", 0, "API")
    port = listening.getsockname()[1]
    with pytest.raises(CannotListen, match=f"the API cannot listen on 127.0.0.1:{port}"):
        listen("127.0.0.1", port, "API")
    serving = asyncio.create_task(serve(api.app, listening, stop))
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers={"Authorization": token}, timeout=30
    ) as client:
        assert (await client.get("/health/ready")).status_code == 200
        waiting = asyncio.create_task(client.get("/api/v1/sales/stream", params={"wait_seconds": 25}))
        assert (await client.get("/api/v1/me")).status_code == 200
        stop.set()
        answer = await waiting
        assert (answer.status_code, answer.json()["rows"]) == (200, [])
    await asyncio.wait_for(serving, 10)


async def test_beyond_loopback_the_api_speaks_tls_and_the_console_trusts_that_certificate_alone(
    away: HqApi, hq_pki: HqPki, tmp_path: Path
) -> None:
    files = []
    for name in ("ours", "theirs"):
        issued = hq_pki.authority.issue_server(name, [])
        files.append(Tls(tmp_path / f"{name}.crt", tmp_path / f"{name}.key"))
        write_public(files[-1].cert, issued.cert_pem)
        write_private(files[-1].key, issued.key_pem)
    stop, listening = asyncio.Event(), listen("127.0.0.1", 0, "API")
    settings = HqSettings(hq_pki.folder, api=Address("127.0.0.1", listening.getsockname()[1]), tls_cert=files[0].cert)
    serving = asyncio.create_task(serve(away.app, listening, stop, tls=files[0]))
    ours, stranger = HqClient.of(settings), HqClient.of(replace(settings, tls_cert=files[1].cert))
    assert await ours.get("", "/health/live", Health) == Health(status="up")
    with pytest.raises(ApiAway, match="certificate"):
        await stranger.get("", "/health/live", Health)
    with pytest.raises(ApiAway, match="does not answer"):
        await ours.get("", "/health/ready", Health)
    with pytest.raises(SessionEnded):
        await ours.get("", "/api/v1/me", Health)
    for client in (ours, stranger):
        await client.close()
    stop.set()
    await asyncio.wait_for(serving, 10)
    with pytest.raises(ApiAway):
        await HqClient.of(settings).get("", "/health/live", Health)


class Health(msgspec.Struct, frozen=True):
    """As the console would read it."""

    status: str


async def test_a_large_range_loads_as_one_version_whose_hash_is_that_of_its_rows(database: Database) -> None:
    api = HqApi(database)
    async with database.transaction(Scope.everything()) as tx:
        first = await seed(tx, now_ms=api.clock.now_ms(), items=3_000)
    assert (first.items, first.catalogue_version, first.price_version) == (3_000, 1, 2)
    rows = await api.rows("SELECT key, body FROM feed_row WHERE feed_id = 'zone/north/price'")
    assert len(rows) == 3_001
    wanted = FeedHash()
    for key, body in rows:
        wanted.replace(str(key), None, bytes(body))  # type: ignore[arg-type]
    assert await api.rows("SELECT state_hash FROM feed WHERE feed_id = 'zone/north/price'") == [(wanted.hex(),)]
    async with database.transaction(Scope.everything()) as tx:
        again = await seed(tx, now_ms=api.clock.now_ms(), items=3_000)
    assert (again.items, again.catalogue_version, again.price_version) == (3_000, None, None)
    assert len(DEMO_STAFF) >= 2
