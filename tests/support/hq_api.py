"""The people API over a real database, called in-process over ASGI: people of every role, ready logged in."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx
from starlette.routing import BaseRoute

from cloud.app import create_app
from cloud.db.pool import Connection, Database, Scope
from cloud.users import service as users
from cloud.users.domain import NewPerson, Role
from cloud.web.access import Hq
from protocols.clock import FakeClock, IdSource, SeededRandom

PASSWORD = "four green bottles"
_ROUTES: dict[str, list[BaseRoute]] = {}
"""Worked out at their first use and kept for all: a tenth of a second of each test. What they answer about is the app's."""


@dataclass
class HqApi:
    """The API and who calls it. `clock` moves only when told to."""

    database: Database
    clock: FakeClock = field(default_factory=FakeClock)
    seed: int = 11
    """Another one over a copy of a database another API has written to: ids must not come twice."""

    def __post_init__(self) -> None:
        rng = SeededRandom(self.seed)
        self.hq = Hq(self.database, self.clock, rng, IdSource(self.clock, rng))
        self.app = create_app(self.hq)
        self.app.router.routes = _ROUTES.setdefault("people API", self.app.router.routes)

    def client(self, token: str = "") -> httpx.AsyncClient:
        """A client that sends this token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://hq", headers=headers)

    async def person(self, role: Role = Role.ADMIN, stores: tuple[str, ...] = ()) -> httpx.AsyncClient:
        """Add somebody with this role, log them in over the API, and return their client."""
        login = f"{role}.{'-'.join(stores).lower() or 'all'}"
        new = NewPerson(login, login, role, PASSWORD, all_stores=not stores, stores=stores)
        async with self.database.transaction(Scope.everything()) as tx:
            await users.add_person(tx, new, ids=self.hq.ids, now_ms=self.clock.now_ms())
        async with self.client() as nobody:
            answer = await nobody.post("/api/v1/login", json={"login": login, "password": PASSWORD})
        return self.client(answer.json()["token"])

    async def rows(self, query: str, *values: object, scope: Scope | None = None) -> list[tuple[object, ...]]:
        """What a query finds, as the application's role under a scope (default: everything)."""
        async with self.database.transaction(scope or Scope.everything()) as tx:
            return await ask(tx, query, *values)


async def ask(tx: Connection, query: str, *values: object) -> list[tuple[object, ...]]:
    """All rows of a query."""
    return list(await (await tx.execute(query.encode(), values)).fetchall())
