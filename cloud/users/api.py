"""Routes of people: log in and out, who am I, people, machine tokens. Answers with secrets are never stored for repeats.

What belongs to a person and to no store (password, tokens, the list of people) is changed in a transaction over everything,
for that person's id alone, or by who may manage people.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request

from cloud.audit import store as audit
from cloud.audit.domain import Actor, Done, Entry, Outcome, Via
from cloud.db.pool import Connection, Scope
from cloud.refusals import Missing, TooMany, Unauthenticated
from cloud.users import service, store
from cloud.users.domain import NewPerson, Person, PersonChange
from cloud.users.schemas import (
    LoginAnswer,
    LoginRequest,
    NewPasswordAnswer,
    NewPersonAnswer,
    NewPersonRequest,
    NewTokenAnswer,
    NewTokenRequest,
    PasswordRequest,
    PeoplePage,
    PersonRequest,
    PersonView,
    TokenView,
)
from cloud.users.secrets import generated_password
from cloud.web.access import HqParts, PeopleWriter, Reader, request_id_of
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, text_cursor

router = APIRouter(prefix="/api/v1", tags=["people"])
LOOPBACK = ("127.0.0.1", "::1")
OWN = Scope.everything()


def _address_of(request: Request) -> str:
    """Whose tries are counted: the caller, or whom a program of this machine (the console, a proxy) says it asks for."""
    peer = request.client.host if request.client else "?"
    asked_for = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()[:64]
    return asked_for if asked_for and peer in LOOPBACK else peer


def _shown(person: Person) -> dict[str, object]:
    """What the audit trail keeps of a person."""
    kept = asdict(person)
    del kept["reach"], kept["person_id"]
    return kept


@router.post("/login")
async def log_in(body: LoginRequest, request: Request, hq: HqParts) -> LoginAnswer:
    """Open a session of twelve hours. Wrong passwords are answered slower and slower (429)."""
    address, now_ms, request_id = _address_of(request), hq.clock.now_ms(), request_id_of(request)
    async with hq.database.transaction(OWN) as tx:
        result = await service.log_in(tx, body.login, body.password, address=address, clock=hq.clock, ids=hq.ids, rng=hq.rng)
        if isinstance(result, service.LoginFailed):
            nobody = Actor("", result.login, Via.SESSION, request_id)
            await audit.add_refusal(tx, nobody, Outcome.LOGIN_FAILED, "session.refused", address, "", now_ms)
        else:
            actor = Actor(result.person.person_id, result.person.login, Via.SESSION, request_id)
            await audit.add(tx, actor, Entry("session.opened", address), now_ms)
    if isinstance(result, service.LoginFailed):
        if result.wait_seconds:
            raise TooMany("too_many_tries", "Too many wrong passwords.", result.wait_seconds)
        raise Unauthenticated("bad_login", "Login or password is wrong.", "Check both; capitals matter in the password.")
    return LoginAnswer(token=result.token, expires_at_ms=result.expires_at_ms, person=PersonView.of(result.person))


@router.post("/logout", status_code=204)
async def log_out(asking: Reader) -> None:
    """End the session of the token sent."""

    async def use_case(tx: Connection) -> Done[None]:
        await service.log_out(tx, asking.token)
        return Done(None, Entry("session.closed", asking.person.login))

    await asking.change(use_case, scope=OWN)


@router.get("/me")
async def me(asking: Reader) -> PersonView:
    """Who the token belongs to and what they may do."""
    return PersonView.of(asking.person)


@router.put("/me/password", status_code=204)
async def change_password(body: PasswordRequest, asking: Reader) -> None:
    """Change one's own password; every session ends."""

    async def use_case(tx: Connection) -> Done[None]:
        await service.change_own_password(tx, asking.person, body.old_password, body.new_password)
        return Done(None, Entry("person.password_changed", asking.person.login))

    await asking.change(use_case, scope=OWN)


@router.get("/me/tokens")
async def list_tokens(asking: Reader) -> list[TokenView]:
    """One's living sessions and machine tokens."""
    async with asking.hq.database.transaction(OWN, reading=True) as tx:
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

    async def use_case(tx: Connection) -> Done[NewTokenAnswer]:
        token, row = await service.add_api_token(
            tx, asking.person, body.label, ids=asking.hq.ids, rng=asking.hq.rng, now_ms=asking.now_ms, days=body.days
        )
        answer = NewTokenAnswer(token=token, token_id=row.token_id, expires_at_ms=row.expires_at_ms)
        return Done(answer, Entry("token.added", row.token_id, after=row))

    return await asking.change(use_case, scope=OWN)


@router.delete("/me/tokens/{token_id}", status_code=204)
async def revoke_token(token_id: str, asking: Reader) -> None:
    """End a session or a machine token."""

    async def use_case(tx: Connection) -> Done[None]:
        if not await store.revoke_token(tx, token_id, asking.person.person_id):
            raise Missing("no_token", f"You have no token '{token_id}'.")
        return Done(None, Entry("token.revoked", token_id))

    await asking.change(use_case, scope=OWN)


@router.get("/people")
async def list_people(
    asking: PeopleWriter,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)] = PAGE_LIMIT_DEFAULT,
) -> PeoplePage:
    """Everybody who may log in."""
    async with asking.read() as tx:
        people = await store.list_people(tx, text_cursor(after), limit)
    next_cursor = encode_cursor(people[-1].login) if len(people) == limit else None
    return PeoplePage(rows=[PersonView.of(person) for person in people], next=next_cursor)


@router.post("/people", status_code=201)
async def add_person(body: NewPersonRequest, asking: PeopleWriter) -> NewPersonAnswer:
    """Let someone in, with a password of your choice or one that is made and shown once."""
    made = None if body.password is not None else generated_password(asking.hq.rng)
    new = NewPerson(
        body.login,
        body.name,
        body.role,
        body.password or made or "",
        body.all_stores,
        tuple(body.stores),
        body.language,
        tuple(body.regions),
    )

    async def use_case(tx: Connection) -> Done[Person]:
        person = await service.add_person(tx, new, ids=asking.hq.ids, now_ms=asking.now_ms)
        return Done(person, Entry("person.added", person.login, after=_shown(person)))

    person = await asking.change(use_case)
    return NewPersonAnswer(**PersonView.of(person).model_dump(), password=made)


@router.put("/people/{login}")
async def change_person(login: str, body: PersonRequest, asking: PeopleWriter) -> PersonView:
    """Change somebody's name, role, scope or language; it holds from their next request on."""
    change = PersonChange(
        login, body.name, body.role, body.all_stores, tuple(body.stores), body.language, tuple(body.regions)
    )

    async def use_case(tx: Connection) -> Done[Person]:
        before, after = await service.change_person(tx, change)
        return Done(after, Entry("person.changed", login, before=_shown(before), after=_shown(after)))

    return PersonView.of(await asking.change(use_case))


@router.post("/people/{login}/password")
async def reset_password(login: str, asking: PeopleWriter) -> NewPasswordAnswer:
    """Make somebody a new password, shown once; every session of theirs ends."""
    made = generated_password(asking.hq.rng)

    async def use_case(tx: Connection) -> Done[None]:
        await service.set_password(tx, login, made)
        return Done(None, Entry("person.password_reset", login))

    await asking.change(use_case)
    return NewPasswordAnswer(login=login, password=made)


@router.delete("/people/{login}", status_code=204)
async def remove_person(login: str, asking: PeopleWriter) -> None:
    """Let someone in no longer; every session of theirs ends."""

    async def use_case(tx: Connection) -> Done[None]:
        await service.remove_person(tx, login)
        return Done(None, Entry("person.disabled", login))

    await asking.change(use_case)
