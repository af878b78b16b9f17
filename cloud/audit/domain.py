"""What is noted of every change a person makes, and how much of it is kept. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
from msgspec import structs

Answer_co = TypeVar("Answer_co", covariant=True)

RECORDED_BYTES_MAX = 16 * 1024
"""Of `before` and of `after`. A longer list keeps its first rows and says how many it left off."""
TEXT_LENGTH_MAX = 500
"""Of a reason and of an object's name."""
REFUSALS_KEPT_AN_HOUR = 200
"""Rows of refused requests, and as many of failed logins, in any hour; further ones are only logged."""
REFUSALS_KEPT_A_LOGIN = 20
"""Of one person or one typed login in any hour, so that one program's noise does not hide the others."""
SECRET_FIELDS = frozenset({"pin", "pin_hash", "password", "password_hash", "token", "token_hash"})
"""Never recorded, whatever is handed in."""

_ACTION = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")


class Outcome(enum.StrEnum):
    """What became of what somebody wanted."""

    DONE = "done"
    REFUSED = "refused"
    LOGIN_FAILED = "login_failed"


class Via(enum.StrEnum):
    """Through which door."""

    SESSION = "session"
    """Logged in with a password: the console, or a program that logs in like it."""
    TOKEN = "token"
    """A machine token that acts with a person's rights."""
    COMMAND = "command"
    """The command line on headquarters' own machine."""


@dataclass(frozen=True)
class Actor:
    """Who did it. `person_id` is empty for the command line and for somebody unknown."""

    person_id: str
    login: str
    via: Via
    request_id: str = ""


COMMAND_LINE = Actor("", "command line", Via.COMMAND)


@dataclass(frozen=True)
class Entry:
    """One change.

    `action` is `subject.verb`, the verb in the past tense: `price.changed`, `staff.added`. `object_id` names the thing
    within its subject. `stores` are the stores it touched, empty for what belongs to the whole chain: a person of some
    stores sees the rows that touch none but theirs. `before` and `after`: dataclasses, structs, mappings or lists of them.
    """

    action: str
    object_id: str
    stores: tuple[str, ...] = ()
    zone: str = ""
    before: object = None
    after: object = None
    reason: str = ""

    def __post_init__(self) -> None:
        if not _ACTION.fullmatch(self.action):
            raise ValueError(f"an action is subject.verb in small letters, not {self.action!r}")


@dataclass(frozen=True)
class Done(Generic[Answer_co]):
    """What a use case answers with and what is noted of it; None only when nothing changed (a trial run, a repeat)."""

    answer: Answer_co
    noted: Entry | None


def recorded(value: object) -> str:
    """`before` or `after` as JSON text of at most `RECORDED_BYTES_MAX`, without secrets; empty for None."""
    if value is None:
        return ""
    plain = _without_secrets(msgspec.to_builtins(structs.asdict(value) if isinstance(value, msgspec.Struct) else value))
    text = msgspec.json.encode(plain)
    if len(text) <= RECORDED_BYTES_MAX:
        return text.decode()
    return (_first_rows(plain) if isinstance(plain, list) else _left_off(len(text))).decode()


def _without_secrets(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _without_secrets(inner) for key, inner in value.items() if key not in SECRET_FIELDS}
    if isinstance(value, list):
        return [_without_secrets(inner) for inner in value]
    return value


def _first_rows(rows: list[object]) -> bytes:
    kept: list[object] = []
    size = len(_left_off(RECORDED_BYTES_MAX))
    for row in rows:
        size += len(msgspec.json.encode(row)) + 1
        if size > RECORDED_BYTES_MAX:
            break
        kept.append(row)
    return msgspec.json.encode([*kept, {"rows_left_off": len(rows) - len(kept)}])


def _left_off(length_bytes: int) -> bytes:
    return msgspec.json.encode({"bytes_left_off": length_bytes})
