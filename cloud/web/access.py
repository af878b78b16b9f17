"""Who asks: the bearer token of each request becomes a person, their rights and the rows the database lets them see.

No cookie is ever read, so a foreign page cannot act in a person's name (no cross-site request forgery by construction).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from cloud.db.pool import Database, Scope
from cloud.refusals import Forbidden, Unauthenticated
from cloud.users import service as users
from cloud.users.domain import Person, Right
from protocols.clock import Clock, IdSource, RandomSource


@dataclass(frozen=True)
class Hq:
    """What the people API stands on; put at `app.state.hq` by `cloud.app.create_app`."""

    database: Database
    clock: Clock
    rng: RandomSource
    ids: IdSource
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the process is to end: whoever waits for news answers at once."""


@dataclass(frozen=True)
class Asking:
    """One request's person and the parts it may use."""

    hq: Hq
    person: Person
    token: str

    @property
    def scope(self) -> Scope:
        """The rows this person may see and change."""
        return scope_of(self.person)

    @property
    def now_ms(self) -> int:
        return self.hq.clock.now_ms()


def scope_of(person: Person) -> Scope:
    """A person's scope as the database enforces it."""
    return Scope.everything() if person.all_stores else Scope.of_stores(person.stores)


def hq_of(request: Request) -> Hq:
    """The parts of the running API."""
    hq = request.app.state.hq
    assert isinstance(hq, Hq)
    return hq


HqParts = Annotated[Hq, Depends(hq_of)]
_bearer = HTTPBearer(auto_error=False, description="A token from `POST /api/v1/login` or an API token")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]


class Needs:
    """A dependency: the route is for people with this right. 401 without a valid token, 403 without the right."""

    def __init__(self, right: Right, *, whole_chain: bool = False) -> None:
        self.right = right
        self.whole_chain = whole_chain

    async def __call__(self, hq: HqParts, credentials: Credentials) -> Asking:
        if credentials is None:
            raise Unauthenticated("no_token", "No token was sent.", "Log in and send `Authorization: Bearer <token>`.")
        token = credentials.credentials
        async with hq.database.transaction(Scope.everything()) as tx:
            person = await users.who_is(tx, token, now_ms=hq.clock.now_ms())
        if person is None:
            raise Unauthenticated("bad_token", "The token is unknown or has expired.", "Log in again.")
        if not person.may(self.right):
            raise Forbidden("no_right", f"The role '{person.role}' lacks '{self.right}'.", "Ask an administrator.")
        if self.whole_chain and not person.all_stores:
            raise Forbidden("scope_too_small", "This changes every store, and you look after some.", "Ask an administrator.")
        return Asking(hq, person, token)


Reader = Annotated[Asking, Depends(Needs(Right.READ))]
ProductsWriter = Annotated[Asking, Depends(Needs(Right.PRODUCTS_WRITE, whole_chain=True))]
PricesWriter = Annotated[Asking, Depends(Needs(Right.PRICES_WRITE, whole_chain=True))]
StaffWriter = Annotated[Asking, Depends(Needs(Right.STAFF_WRITE))]
StoresWriter = Annotated[Asking, Depends(Needs(Right.STORES_WRITE))]
PeopleWriter = Annotated[Asking, Depends(Needs(Right.PEOPLE_WRITE, whole_chain=True))]
