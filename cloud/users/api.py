"""Routes of people: log in and out, who am I, people, machine tokens. Answers with secrets are never stored for repeats."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from cloud.db.pool import Scope
from cloud.refusals import Missing, TooMany, Unauthenticated
from cloud.users import service, store
from cloud.users.domain import NewPerson
from cloud.users.schemas import (
    LoginAnswer,
    LoginRequest,
    NewPersonRequest,
    NewTokenAnswer,
    NewTokenRequest,
    PasswordRequest,
    PeoplePage,
    PersonView,
    TokenView,
)
from cloud.web.access import HqParts, PeopleWriter, Reader
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, text_cursor

router = APIRouter(prefix="/api/v1", tags=["people"])
LOOPBACK = ("127.0.0.1", "::1")


def _address_of(request: Request) -> str:
    """Whose tries are counted: the caller, or whom a program of this machine (the console, a proxy) says it asks for."""
    peer = request.client.host if request.client else "?"
    asked_for = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()[:64]
    return asked_for if asked_for and peer in LOOPBACK else peer


@router.post("/login")
async def log_in(body: LoginRequest, request: Request, hq: HqParts) -> LoginAnswer:
    """Open a session of twelve hours. Wrong passwords are answered slower and slower (429)."""
    address = _address_of(request)
    async with hq.database.transaction(Scope.everything()) as tx:
        result = await service.log_in(tx, body.login, body.password, address=address, clock=hq.clock, ids=hq.ids, rng=hq.rng)
    if isinstance(result, service.LoginFailed):
        if result.wait_seconds:
            raise TooMany("too_many_tries", "Too many wrong passwords.", result.wait_seconds)
        raise Unauthenticated("bad_login", "Login or password is wrong.", "Check both; capitals matter in the password.")
    return LoginAnswer(token=result.token, expires_at_ms=result.expires_at_ms, person=PersonView.of(result.person))


@router.post("/logout", status_code=204)
async def log_out(asking: Reader) -> None:
    """End the session of the token sent."""
    async with asking.hq.database.transaction(Scope.everything()) as tx:
        await service.log_out(tx, asking.token)


@router.get("/me")
async def me(asking: Reader) -> PersonView:
    """Who the token belongs to and what they may do."""
    return PersonView.of(asking.person)


@router.put("/me/password", status_code=204)
async def change_password(body: PasswordRequest, asking: Reader) -> None:
    """Change one's own password; every session ends."""
    async with asking.hq.database.transaction(Scope.everything()) as tx:
        await service.change_own_password(tx, asking.person, body.old_password, body.new_password)


@router.get("/me/tokens")
async def list_tokens(asking: Reader) -> list[TokenView]:
    """One's living sessions and machine tokens."""
    async with asking.hq.database.transaction(Scope.everything()) as tx:
        rows = await store.list_tokens(tx, asking.person.person_id, asking.now_ms)
    return [
        TokenView(
            token_id=row.token_id,
            kind=row.kind,
            label=row.label,
            created_at_ms=row.created_at_ms,
            expires_at_ms=row.expires_at_ms,
        )
        for row in rows
    ]


@router.post("/me/tokens", status_code=201)
async def add_token(body: NewTokenRequest, asking: Reader) -> NewTokenAnswer:
    """A token for a machine that acts with one's own rights."""
    async with asking.hq.database.transaction(Scope.everything()) as tx:
        token, row = await service.add_api_token(
            tx, asking.person, body.label, ids=asking.hq.ids, rng=asking.hq.rng, now_ms=asking.now_ms, days=body.days
        )
    return NewTokenAnswer(token=token, token_id=row.token_id, expires_at_ms=row.expires_at_ms)


@router.delete("/me/tokens/{token_id}", status_code=204)
async def revoke_token(token_id: str, asking: Reader) -> None:
    """End a session or a machine token."""
    async with asking.hq.database.transaction(Scope.everything()) as tx:
        if not await store.revoke_token(tx, token_id, asking.person.person_id):
            raise Missing("no_token", f"You have no token '{token_id}'.")


@router.get("/people")
async def list_people(
    asking: PeopleWriter,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)] = PAGE_LIMIT_DEFAULT,
) -> PeoplePage:
    """Everybody who may log in."""
    async with asking.hq.database.transaction(Scope.everything()) as tx:
        people = await store.list_people(tx, text_cursor(after), limit)
    next_cursor = encode_cursor(people[-1].login) if len(people) == limit else None
    return PeoplePage(rows=[PersonView.of(person) for person in people], next=next_cursor)


@router.post("/people", status_code=201)
async def add_person(body: NewPersonRequest, asking: PeopleWriter) -> PersonView:
    """Let someone in."""
    new = NewPerson(body.login, body.name, body.role, body.password, body.all_stores, tuple(body.stores), body.language)
    async with asking.hq.database.transaction(Scope.everything()) as tx:
        person = await service.add_person(tx, new, ids=asking.hq.ids, now_ms=asking.now_ms)
    return PersonView.of(person)


@router.delete("/people/{login}", status_code=204)
async def remove_person(login: str, asking: PeopleWriter) -> None:
    """Let someone in no longer; every session of theirs ends."""
    async with asking.hq.database.transaction(Scope.everything()) as tx:
        await service.remove_person(tx, login)
