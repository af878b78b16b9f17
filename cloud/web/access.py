"""Who asks: the bearer token of each request becomes a person, their rights and the rows the database lets them see.

A route reads through `asking.read()`, where the database refuses writes, and writes through `asking.change(use_case)` (or
`cloud.web.once.write`, which calls it): the use case says what is noted in the audit trail, in the same transaction.

No cookie is ever read, so a foreign page cannot act in a person's name (no cross-site request forgery by construction).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

import psycopg
import structlog
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from cloud.audit import store as audit
from cloud.audit.domain import Actor, Done, Outcome, Via
from cloud.db.pool import Connection, Database, Scope
from cloud.refusals import Forbidden, Unauthenticated
from cloud.users import service as users
from cloud.users.domain import Person, Right
from protocols.clock import Clock, IdSource, RandomSource

Answer = TypeVar("Answer")
log = structlog.get_logger("cloud.web")


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
    actor: Actor

    @property
    def scope(self) -> Scope:
        """The rows this person may see and change."""
        return scope_of(self.person)

    @property
    def now_ms(self) -> int:
        return self.hq.clock.now_ms()

    def read(self) -> AbstractAsyncContextManager[Connection]:
        """A transaction over the person's rows in which the database refuses every write."""
        return self.hq.database.transaction(self.scope, reading=True)

    async def change(
        self, use_case: Callable[[Connection], Awaitable[Done[Answer]]], *, scope: Scope | None = None
    ) -> Answer:
        """Run a use case and note what it did, in one transaction over the person's rows.

        `scope` is for what belongs to the person and to no store: their own password and tokens.
        """
        async with self.hq.database.transaction(scope or self.scope) as tx:
            done = await use_case(tx)
            if done.noted is not None:
                await audit.add(tx, self.actor, done.noted, self.now_ms)
        return done.answer


def scope_of(person: Person) -> Scope:
    """A person's scope as the database enforces it."""
    return Scope.everything() if person.all_stores else Scope.of_stores(person.reach)


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

    async def __call__(self, request: Request, hq: HqParts, credentials: Credentials) -> Asking:
        if credentials is None:
            raise Unauthenticated("no_token", "No token was sent.", "Log in and send `Authorization: Bearer <token>`.")
        token = credentials.credentials
        async with hq.database.transaction(Scope.everything(), reading=True) as tx:
            known = await users.who_is(tx, token, now_ms=hq.clock.now_ms())
        if known is None:
            raise Unauthenticated("bad_token", "The token is unknown or has expired.", "Log in again.")
        person = known.person
        via = Via.TOKEN if known.token_kind == "api" else Via.SESSION
        actor = Actor(person.person_id, person.login, via, request_id_of(request))
        request.state.actor = actor
        if not person.may(self.right):
            raise Forbidden("no_right", f"The role '{person.role}' lacks '{self.right}'.", "Ask an administrator.")
        if self.whole_chain and not person.all_stores:
            raise Forbidden("scope_too_small", "This changes every store, and you look after some.", "Ask an administrator.")
        return Asking(hq, person, token, actor)


def request_id_of(request: Request) -> str:
    """The id every request is given (cloud/web/headers.py); in the answer it is `X-Request-Id`."""
    return str(getattr(request.state, "request_id", ""))


async def note_refused(request: Request, code: str, detail: str) -> None:
    """Note that somebody known asked for what they may not, outside the transaction that did not happen."""
    actor = getattr(request.state, "actor", None)
    if not isinstance(actor, Actor):
        return
    hq = hq_of(request)
    asked = f"{request.method} {request.url.path}"
    try:
        async with hq.database.transaction(Scope.everything()) as tx:
            await audit.add_refusal(tx, actor, Outcome.REFUSED, f"refused.{code}", asked, detail, hq.clock.now_ms())
    except psycopg.OperationalError as error:
        log.warning("a refusal could not be noted", asked=asked, login=actor.login, error=str(error))


Reader = Annotated[Asking, Depends(Needs(Right.READ))]
ProductsWriter = Annotated[Asking, Depends(Needs(Right.PRODUCTS_WRITE, whole_chain=True))]
PricesWriter = Annotated[Asking, Depends(Needs(Right.PRICES_WRITE, whole_chain=True))]
StaffWriter = Annotated[Asking, Depends(Needs(Right.STAFF_WRITE))]
StoresWriter = Annotated[Asking, Depends(Needs(Right.STORES_WRITE))]
OrganisationWriter = Annotated[Asking, Depends(Needs(Right.ORGANISATION_WRITE, whole_chain=True))]
AlarmsWriter = Annotated[Asking, Depends(Needs(Right.ALARMS_WRITE))]
AuditReader = Annotated[Asking, Depends(Needs(Right.AUDIT_READ))]
MembersWriter = Annotated[Asking, Depends(Needs(Right.MEMBERS_WRITE))]
ChainReader = Annotated[Asking, Depends(Needs(Right.READ, whole_chain=True))]
ValueWriter = Annotated[Asking, Depends(Needs(Right.VALUE_WRITE, whole_chain=True))]
PeopleWriter = Annotated[Asking, Depends(Needs(Right.PEOPLE_WRITE, whole_chain=True))]
StockWriter = Annotated[Asking, Depends(Needs(Right.STOCK_WRITE))]
StockRuler = Annotated[Asking, Depends(Needs(Right.STOCK_WRITE, whole_chain=True))]
