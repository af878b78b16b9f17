"""Use cases of people. Each function is one use case inside the caller's transaction; hashing runs off the event loop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from cloud.db.pool import Connection
from cloud.refusals import Conflict, Invalid, Missing
from cloud.users import store
from cloud.users.domain import (
    API_TOKEN_LIFE_MS,
    FORGET_FAILURES_MS,
    SESSION_LIFE_MS,
    NewPerson,
    Person,
    PersonChange,
    Role,
    after_failure,
    check_new_person,
    check_password,
    check_person_change,
    wait_seconds,
)
from cloud.users.secrets import (
    NO_SUCH_PERSON,
    generated_password,
    hash_password,
    new_token,
    password_matches,
    token_hash,
)
from protocols.clock import Clock, IdSource, RandomSource

DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True)
class Session:
    """A person is in: the token is shown once."""

    token: str
    expires_at_ms: int
    person: Person


@dataclass(frozen=True)
class LoginFailed:
    """Wrong login or password (which of the two is not told), or too many tries: wait."""

    wait_seconds: int = 0
    login: str = ""
    """Of the person whose password was not given; empty when there is no such person, for it may be a mistyped password."""


@dataclass(frozen=True)
class Known:
    """The person behind a token, and whether it is a `session` or an `api` token."""

    person: Person
    token_kind: str


async def add_person(tx: Connection, new: NewPerson, *, ids: IdSource, now_ms: int) -> Person:
    """Let someone in. Raises `Invalid`, or `Conflict` when the login is taken."""
    check_new_person(new)
    await _check_scope(tx, new.regions, new.stores)
    stored = await asyncio.to_thread(hash_password, new.password)
    person_id = ids.new()
    if not await store.add_person(tx, new, person_id=person_id, password_hash=stored, now_ms=now_ms):
        raise Conflict(
            "login_taken", f"The login '{new.login}' is taken.", "Choose another, or reset that person's password."
        )
    return Person(person_id, new.login, new.name, new.role, new.all_stores, new.stores, new.language, new.regions)


async def change_person(tx: Connection, change: PersonChange) -> tuple[Person, Person]:
    """Change name, role, scope or language; returns before and after. Raises `Invalid`, `Missing` or `Conflict`."""
    check_person_change(change)
    await _check_scope(tx, change.regions, change.stores)
    before = await store.person_for_login(tx, change.login)
    if before is None or not await store.change_person(tx, change):
        raise Missing("no_person", f"There is nobody with the login '{change.login}'.")
    await _check_an_admin_is_left(tx)
    after = await store.person_for_login(tx, change.login)
    assert after is not None
    return before.person(), after.person()


async def _check_scope(tx: Connection, regions: tuple[str, ...], stores: tuple[str, ...]) -> None:
    if unknown := await store.unknown_regions(tx, regions):
        raise Invalid.field("regions", f"unknown: {', '.join(unknown)}", "See GET /api/v1/regions.")
    if unknown := await store.unknown_stores(tx, stores):
        raise Invalid.field("stores", f"unknown: {', '.join(unknown)}", "See GET /api/v1/stores.")


async def _check_an_admin_is_left(tx: Connection) -> None:
    if await store.active_admins(tx) == 0:
        raise Conflict("last_admin", "Nobody could manage people any more.", "Add another administrator first.")


async def add_first_admin(
    tx: Connection, *, ids: IdSource, rng: RandomSource, now_ms: int, login: str = "admin"
) -> str | None:
    """Create the first administrator with a generated password and return it; None when people exist already."""
    if await store.count_people(tx):
        return None
    password = generated_password(rng)
    await add_person(tx, NewPerson(login, "Administrator", Role.ADMIN, password), ids=ids, now_ms=now_ms)
    return password


async def log_in(
    tx: Connection, login: str, password: str, *, address: str, clock: Clock, ids: IdSource, rng: RandomSource
) -> Session | LoginFailed:
    """Check a password and open a session. Never raises for a wrong one: the failure must be committed."""
    subject = f"{login.lower()}|{address}"
    now_ms = clock.now_ms()
    failures = await store.failures(tx, subject)
    row = await store.person_for_login(tx, login.lower())
    known = "" if row is None else row.login
    if wait := wait_seconds(failures, now_ms):
        return LoginFailed(wait, known)
    stored = NO_SUCH_PERSON if row is None else row.password_hash
    matches = await asyncio.to_thread(password_matches, stored, password)
    if row is None or not matches:
        failures = after_failure(failures, now_ms)
        await store.note_failure(tx, subject, failures)
        return LoginFailed(wait_seconds(failures, now_ms), known)
    await store.forget_failures(tx, subject, now_ms - FORGET_FAILURES_MS)
    token = new_token(rng)
    expires_at_ms = now_ms + SESSION_LIFE_MS
    person = row.person()
    await store.add_token(
        tx,
        token_hash=token_hash(token),
        token_id=ids.new(),
        person_id=person.person_id,
        kind="session",
        label="",
        now_ms=now_ms,
        expires_at_ms=expires_at_ms,
    )
    return Session(token, expires_at_ms, person)


async def who_is(tx: Connection, token: str, *, now_ms: int) -> Known | None:
    """The person behind a token with the stores in their reach now, None when it opens nothing."""
    row = await store.person_for_token(tx, token_hash(token), now_ms)
    return None if row is None else Known(row.person(), row.token_kind)


async def log_out(tx: Connection, token: str) -> None:
    """End this session; the others stay."""
    await store.remove_token(tx, token_hash(token))


async def change_own_password(tx: Connection, person: Person, old: str, new: str) -> None:
    """Replace one's password and end every session. Raises `Invalid`."""
    row = await store.person_for_login(tx, person.login)
    if row is None or not await asyncio.to_thread(password_matches, row.password_hash, old):
        raise Invalid.field("old_password", "wrong", "Type the password you logged in with.")
    await set_password(tx, person.login, new)


async def set_password(tx: Connection, login: str, password: str) -> None:
    """Replace a person's password and end every session. Raises `Invalid` or `Missing`."""
    if problems := check_password(password, login):
        raise Invalid.fields(problems)
    person_id = await store.set_password(tx, login, await asyncio.to_thread(hash_password, password))
    if person_id is None:
        raise Missing("no_person", f"There is nobody with the login '{login}'.")
    await store.remove_tokens_of(tx, person_id)


async def remove_person(tx: Connection, login: str) -> None:
    """Let someone in no longer. Raises `Missing`, or `Conflict` for the last administrator."""
    person_id = await store.deactivate(tx, login)
    if person_id is None:
        raise Missing("no_person", f"There is nobody with the login '{login}'.")
    await _check_an_admin_is_left(tx)
    await store.remove_tokens_of(tx, person_id)


async def add_api_token(
    tx: Connection, person: Person, label: str, *, ids: IdSource, rng: RandomSource, now_ms: int, days: int = 365
) -> tuple[str, store.TokenRow]:
    """A token for a machine that acts with this person's rights; the first part is shown once."""
    token, token_id = new_token(rng), ids.new()
    expires_at_ms = now_ms + min(days * DAY_MS, 2 * API_TOKEN_LIFE_MS)
    await store.add_token(
        tx,
        token_hash=token_hash(token),
        token_id=token_id,
        person_id=person.person_id,
        kind="api",
        label=label,
        now_ms=now_ms,
        expires_at_ms=expires_at_ms,
    )
    return token, store.TokenRow(token_id, "api", label, now_ms, expires_at_ms)
