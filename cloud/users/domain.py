"""Who may do what at headquarters, and how often a wrong password may be tried. Pure.

A person has one role and a scope: the whole chain, some regions, or some stores. Which stores a region has is looked up
whenever the person asks. Rights belong to roles, never to persons.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from cloud.refusals import FieldProblem, Invalid

PASSWORD_LENGTH_MIN = 10
LANGUAGES = frozenset({"en", "zh"})
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
    REGION_MANAGER = "region_manager"
    STORE_MANAGER = "store_manager"
    VIEWER = "viewer"


class Right(enum.StrEnum):
    """What a route asks for."""

    READ = "read"
    PRODUCTS_WRITE = "products.write"
    PRICES_WRITE = "prices.write"
    STAFF_WRITE = "staff.write"
    STORES_WRITE = "stores.write"
    ALARMS_WRITE = "alarms.write"
    """Take an alarm off the list."""
    ORGANISATION_WRITE = "organisation.write"
    PEOPLE_WRITE = "people.write"
    AUDIT_READ = "audit.read"
    MEMBERS_WRITE = "members.write"
    VALUE_WRITE = "value.write"
    """Gift cards, coupons and points, by hand."""
    STOCK_WRITE = "stock.write"
    """Deliveries, reservations, rules of the shelves."""


_MANAGER = frozenset(
    {Right.READ, Right.STAFF_WRITE, Right.ALARMS_WRITE, Right.AUDIT_READ, Right.MEMBERS_WRITE, Right.STOCK_WRITE}
)
RIGHTS_OF: dict[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right),
    Role.PRICING: frozenset(
        {
            Right.READ,
            Right.PRODUCTS_WRITE,
            Right.PRICES_WRITE,
            Right.AUDIT_READ,
            Right.MEMBERS_WRITE,
            Right.VALUE_WRITE,
        }
    ),
    Role.OPERATIONS: _MANAGER | {Right.STORES_WRITE, Right.ORGANISATION_WRITE},
    Role.REGION_MANAGER: _MANAGER,
    Role.STORE_MANAGER: _MANAGER,
    Role.VIEWER: frozenset({Right.READ}),
}
SCOPES_MAX = 200
"""Regions or stores one person may be given by name."""


@dataclass(frozen=True)
class Person:
    """Someone (or a machine acting for someone) known to headquarters."""

    person_id: str
    login: str
    name: str
    role: Role
    all_stores: bool
    stores: tuple[str, ...] = ()
    """The stores named in the scope."""
    language: str = "en"
    regions: tuple[str, ...] = ()
    """The regions named in the scope."""
    reach: tuple[str, ...] = ()
    """Every store in scope now, empty for the whole chain: those named, and those of the regions."""

    def may(self, right: Right) -> bool:
        """Whether the role grants the right."""
        return right in RIGHTS_OF[self.role]

    def sees(self, store_id: str) -> bool:
        """Whether the store is in scope."""
        return self.all_stores or store_id in self.reach


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
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class PersonChange:
    """What may be changed of somebody; the login stays."""

    login: str
    name: str
    role: Role
    all_stores: bool
    stores: tuple[str, ...] = ()
    language: str = "en"
    regions: tuple[str, ...] = ()


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
    problems += _person_problems(new)
    if problems:
        raise Invalid.fields(problems)


def check_person_change(change: PersonChange) -> None:
    """Raise `Invalid` with every problem found."""
    if problems := _person_problems(change):
        raise Invalid.fields(problems)


def _person_problems(person: NewPerson | PersonChange) -> list[FieldProblem]:
    problems: list[FieldProblem] = []
    if not person.name.strip():
        problems.append(FieldProblem("name", "empty", "Give the name shown to others."))
    if person.language not in LANGUAGES:
        problems.append(FieldProblem("language", f"unknown: {person.language}", "Use en or zh."))
    return problems + _scope_problems(person)


def _scope_problems(person: NewPerson | PersonChange) -> list[FieldProblem]:
    given = [bool(person.regions), bool(person.stores)]
    if person.all_stores and any(given):
        return [FieldProblem("stores", "given together with all stores", "Name the stores, or all of them, not both.")]
    if all(given):
        return [FieldProblem("stores", "given together with regions", "Name regions or stores, not both.")]
    if person.role is Role.ADMIN and not person.all_stores:
        return [FieldProblem("role", "an administrator looks after the whole chain", "Choose another role, or all stores.")]
    if person.role is Role.REGION_MANAGER and not person.regions:
        return [FieldProblem("regions", "empty", "Name the regions this person manages.")]
    if person.role is Role.STORE_MANAGER and not person.stores:
        return [FieldProblem("stores", "empty", "Name the stores this person manages.")]
    if not person.all_stores and not any(given):
        return [FieldProblem("stores", "empty", "Name at least one store or region, or all.")]
    if len(person.regions) > SCOPES_MAX or len(person.stores) > SCOPES_MAX:
        field = "regions" if person.regions else "stores"
        return [FieldProblem(field, f"more than {SCOPES_MAX}", "Name their region, or the whole chain.")]
    return []


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
