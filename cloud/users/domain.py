"""Who may do what at headquarters, and how often a wrong password may be tried. Pure.

A person has one role and a scope: all stores, or a list of them. Rights belong to roles, never to persons.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from cloud.refusals import FieldProblem, Invalid

PASSWORD_LENGTH_MIN = 10
SESSION_LIFE_MS = 12 * 3600 * 1000
API_TOKEN_LIFE_MS = 365 * 24 * 3600 * 1000
FREE_FAILURES = 5
"""Wrong passwords before waiting begins."""
LOCK_SECONDS_MAX = 15 * 60
FORGET_FAILURES_MS = 3600 * 1000

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")


class Role(enum.StrEnum):
    """What a person does at headquarters."""

    ADMIN = "admin"
    PRICING = "pricing"
    OPERATIONS = "operations"
    VIEWER = "viewer"


class Right(enum.StrEnum):
    """What a route asks for."""

    READ = "read"
    PRODUCTS_WRITE = "products.write"
    PRICES_WRITE = "prices.write"
    STAFF_WRITE = "staff.write"
    STORES_WRITE = "stores.write"
    PEOPLE_WRITE = "people.write"


RIGHTS_OF: dict[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right),
    Role.PRICING: frozenset({Right.READ, Right.PRODUCTS_WRITE, Right.PRICES_WRITE}),
    Role.OPERATIONS: frozenset({Right.READ, Right.STAFF_WRITE, Right.STORES_WRITE}),
    Role.VIEWER: frozenset({Right.READ}),
}


@dataclass(frozen=True)
class Person:
    """Someone (or a machine acting for someone) known to headquarters."""

    person_id: str
    login: str
    name: str
    role: Role
    all_stores: bool
    stores: tuple[str, ...] = ()
    language: str = "en"

    def may(self, right: Right) -> bool:
        """Whether the role grants the right."""
        return right in RIGHTS_OF[self.role]

    def sees(self, store_id: str) -> bool:
        """Whether the store is in scope."""
        return self.all_stores or store_id in self.stores


@dataclass(frozen=True)
class NewPerson:
    """What is needed to let someone in."""

    login: str
    name: str
    role: Role
    password: str
    all_stores: bool = True
    stores: tuple[str, ...] = ()
    language: str = "en"


def check_password(password: str, login: str) -> list[FieldProblem]:
    """Problems of a password: length counts, classes of characters do not (NIST SP 800-63B 5.1.1.2)."""
    if len(password) < PASSWORD_LENGTH_MIN:
        return [FieldProblem("password", f"shorter than {PASSWORD_LENGTH_MIN} characters", "Use a sentence of a few words.")]
    if login and login.lower() in password.lower():
        return [FieldProblem("password", "contains the login", "Choose words that are not your name.")]
    if len(set(password)) < 4:
        return [FieldProblem("password", "repeats the same few characters", "Use a sentence of a few words.")]
    return []


def check_new_person(new: NewPerson) -> None:
    """Raise `Invalid` with every problem found."""
    problems = check_password(new.password, new.login)
    if not _LOGIN.fullmatch(new.login):
        problems.append(
            FieldProblem("login", "not 2 to 64 of a-z, 0-9 and . _ @ -", "Use small letters, for example 'mei.lin'.")
        )
    if not new.name.strip():
        problems.append(FieldProblem("name", "empty", "Give the name shown to others."))
    if new.all_stores and new.stores:
        problems.append(
            FieldProblem("stores", "given together with all stores", "Name the stores, or all of them, not both.")
        )
    if not new.all_stores and not new.stores:
        problems.append(FieldProblem("stores", "empty", "Name at least one store, or all."))
    if problems:
        raise Invalid.fields(problems)


@dataclass(frozen=True)
class Failures:
    """Wrong passwords so far for one login from one address."""

    count: int = 0
    last_ms: int = 0


def wait_seconds(failures: Failures, now_ms: int) -> int:
    """Seconds until the next try is allowed: none for the first five, then 2, 4, 8 ... up to 15 minutes."""
    if failures.count < FREE_FAILURES or now_ms - failures.last_ms >= FORGET_FAILURES_MS:
        return 0
    lock_seconds = min(LOCK_SECONDS_MAX, 1 << min(20, failures.count - FREE_FAILURES + 1))
    left_ms = failures.last_ms + lock_seconds * 1000 - now_ms
    return max(0, -(-left_ms // 1000))


def after_failure(failures: Failures, now_ms: int) -> Failures:
    """Count one more wrong password; an hour without one forgets the past."""
    count = 0 if now_ms - failures.last_ms >= FORGET_FAILURES_MS else failures.count
    return Failures(count + 1, now_ms)
