"""SQL of people, their tokens and their wrong passwords."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.users.domain import Failures, NewPerson, Person, PersonChange, Role

Q = load_queries(__file__, "users.sql")


@dataclass(frozen=True)
class PersonRow:
    """One row of `person` as it is read."""

    person_id: str
    login: str
    name: str
    role: str
    all_stores: bool
    stores: list[str]
    language: str
    regions: list[str]
    reach: list[str] = field(default_factory=list)
    password_hash: str = ""
    token_kind: str = ""

    def person(self) -> Person:
        return Person(
            self.person_id,
            self.login,
            self.name,
            Role(self.role),
            self.all_stores,
            tuple(self.stores),
            self.language,
            tuple(self.regions),
            tuple(self.reach),
        )


@dataclass(frozen=True)
class TokenRow:
    """One token, without the secret."""

    token_id: str
    kind: str
    label: str
    created_at_ms: int
    expires_at_ms: int


async def add_person(tx: Connection, new: NewPerson, *, person_id: str, password_hash: str, now_ms: int) -> bool:
    """Insert; False when the login is taken."""
    cursor = await tx.execute(
        Q["add_person"],
        {
            "person_id": person_id,
            "login": new.login,
            "name": new.name,
            "role": new.role,
            "all_stores": new.all_stores,
            "regions": list(new.regions),
            "stores": list(new.stores),
            "language": new.language,
            "password_hash": password_hash,
            "now_ms": now_ms,
        },
    )
    return cursor.rowcount == 1


async def person_for_login(tx: Connection, login: str) -> PersonRow | None:
    """The active person with this login, with the password hash."""
    async with tx.cursor(row_factory=class_row(PersonRow)) as cursor:
        await cursor.execute(Q["person_for_login"], {"login": login})
        return await cursor.fetchone()


async def person_for_token(tx: Connection, token_hash: bytes, now_ms: int) -> PersonRow | None:
    """The active person behind a token that has not expired, with the token's kind."""
    async with tx.cursor(row_factory=class_row(PersonRow)) as cursor:
        await cursor.execute(Q["person_for_token"], {"token_hash": token_hash, "now_ms": now_ms})
        return await cursor.fetchone()


async def change_person(tx: Connection, change: PersonChange) -> bool:
    """Replace what may be changed; False when there is no such active person."""
    values = {**asdict(change), "regions": list(change.regions), "stores": list(change.stores)}
    return (await tx.execute(Q["change_person"], values)).rowcount == 1


async def unknown_regions(tx: Connection, regions: Sequence[str]) -> list[str]:
    """Which of the regions do not exist."""
    return [str(row[0]) for row in await (await tx.execute(Q["unknown_regions"], {"regions": list(regions)})).fetchall()]


async def unknown_stores(tx: Connection, stores: Sequence[str]) -> list[str]:
    """Which of the stores do not exist."""
    return [str(row[0]) for row in await (await tx.execute(Q["unknown_stores"], {"stores": list(stores)})).fetchall()]


async def list_people(tx: Connection, after: str, limit: int) -> list[Person]:
    """Active people by login, without the stores their regions have now."""
    async with tx.cursor(row_factory=class_row(PersonRow)) as cursor:
        await cursor.execute(Q["list_people"], {"after": after, "limit": limit})
        return [row.person() for row in await cursor.fetchall()]


async def count_people(tx: Connection) -> int:
    """How many people were ever added."""
    return await _number(tx, "count_people")


async def active_admins(tx: Connection) -> int:
    """How many people may still manage people."""
    return await _number(tx, "active_admins")


async def _number(tx: Connection, name: str) -> int:
    row = await (await tx.execute(Q[name])).fetchone()
    return 0 if row is None else int(row[0])


async def set_password(tx: Connection, login: str, password_hash: str) -> str | None:
    """The person's id, None when there is no such active person."""
    row = await (await tx.execute(Q["set_password"], {"login": login, "password_hash": password_hash})).fetchone()
    return None if row is None else str(row[0])


async def deactivate(tx: Connection, login: str) -> str | None:
    """The person's id, None when there is no such active person."""
    row = await (await tx.execute(Q["deactivate_person"], {"login": login})).fetchone()
    return None if row is None else str(row[0])


async def add_token(
    tx: Connection,
    *,
    token_hash: bytes,
    token_id: str,
    person_id: str,
    kind: str,
    label: str,
    now_ms: int,
    expires_at_ms: int,
) -> None:
    """Remember a token by its hash."""
    await tx.execute(
        Q["add_token"],
        {
            "token_hash": token_hash,
            "token_id": token_id,
            "person_id": person_id,
            "kind": kind,
            "label": label,
            "now_ms": now_ms,
            "expires_at_ms": expires_at_ms,
        },
    )
    await tx.execute(Q["remove_expired_tokens"], {"now_ms": now_ms})


async def list_tokens(tx: Connection, person_id: str, now_ms: int) -> list[TokenRow]:
    """A person's living sessions and machine tokens."""
    async with tx.cursor(row_factory=class_row(TokenRow)) as cursor:
        await cursor.execute(Q["list_tokens"], {"person_id": person_id, "now_ms": now_ms})
        return await cursor.fetchall()


async def remove_token(tx: Connection, token_hash: bytes) -> None:
    """Forget a token; it opens nothing from now on."""
    await tx.execute(Q["remove_token"], {"token_hash": token_hash})


async def revoke_token(tx: Connection, token_id: str, person_id: str) -> bool:
    """Forget a person's token by its public id; False when there is none."""
    row = await (await tx.execute(Q["revoke_token"], {"token_id": token_id, "person_id": person_id})).fetchone()
    return row is not None


async def remove_tokens_of(tx: Connection, person_id: str) -> None:
    """Log a person out everywhere."""
    await tx.execute(Q["remove_tokens_of"], {"person_id": person_id})


async def failures(tx: Connection, subject: str) -> Failures:
    """Wrong passwords so far; serialises the tries of one subject until the transaction ends."""
    await tx.execute(Q["lock_subject"], {"subject": subject})
    row = await (await tx.execute(Q["failures"], {"subject": subject})).fetchone()
    return Failures() if row is None else Failures(int(row[0]), int(row[1]))


async def note_failure(tx: Connection, subject: str, count: Failures) -> None:
    """Remember the count."""
    await tx.execute(Q["note_failure"], {"subject": subject, "failures": count.count, "now_ms": count.last_ms})


async def forget_failures(tx: Connection, subject: str, forget_before_ms: int) -> None:
    """Forget a subject's failures after success, and everybody's old ones."""
    await tx.execute(Q["forget_failures"], {"subject": subject, "forget_before_ms": forget_before_ms})
