"""Staff look-up and PIN check. PINs are argon2id hashes from HQ; repeated wrong PINs lock a person out for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import argon2
import msgspec

from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.clock import Clock

queries = load("edge.staff")

WRONG_PINS_MAX = 5
LOCKOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Staff:
    """A person and what they may do."""

    staff_id: str
    name: str
    pin_hash: str
    rights: tuple[str, ...]
    language: str
    active: bool
    limits: Mapping[str, int] = field(default_factory=dict)
    """How far a right goes: basis points or minor units; absent: without limit."""

    def may(self, right: str, size: int = 0) -> bool:
        """Whether the person has the right, as far as `size`."""
        return right in self.rights and size <= self.limits.get(right, size)


def find(source: Connection | Tx, staff_id: str) -> Staff | None:
    """Look a person up by id."""
    row = source.execute(queries["find"], (staff_id,)).fetchone()
    return None if row is None else _staff(row)


def all_active(source: Connection | Tx) -> list[Staff]:
    """Everyone who may work here, by name."""
    return [_staff(row) for row in source.execute(queries["all_active"])]


_limits = msgspec.json.Decoder(dict[str, int])


def _staff(row: tuple[str, str, str, str, str, int, str]) -> Staff:
    rights = tuple(right for right in row[3].split(",") if right)
    return Staff(
        staff_id=row[0],
        name=row[1],
        pin_hash=row[2],
        rights=rights,
        language=row[4],
        active=bool(row[5]),
        limits=_limits.decode(row[6]),
    )


class LockedOut(Exception):
    """Too many wrong PINs; `seconds_left` until the next try counts."""

    def __init__(self, seconds_left: int) -> None:
        super().__init__(f"locked out for {seconds_left} s")
        self.seconds_left = seconds_left


class PinCheck:
    """Checks PINs in a worker thread (argon2 is slow on purpose) and counts wrong ones per person."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._hasher = argon2.PasswordHasher()
        self._wrong: dict[str, int] = {}
        self._locked_until_ms: dict[str, int] = {}

    async def matches(self, staff: Staff, pin: str) -> bool:
        """Whether the PIN is this person's. Raises `LockedOut` while they are locked out."""
        now_ms = self._clock.monotonic_ms()
        until_ms = self._locked_until_ms.get(staff.staff_id, 0)
        if now_ms < until_ms:
            raise LockedOut((until_ms - now_ms + 999) // 1000)
        if await asyncio.to_thread(self._verify, staff.pin_hash, pin):
            self._wrong.pop(staff.staff_id, None)
            return True
        self._wrong[staff.staff_id] = self._wrong.get(staff.staff_id, 0) + 1
        if self._wrong[staff.staff_id] >= WRONG_PINS_MAX:
            self._wrong.pop(staff.staff_id)
            self._locked_until_ms[staff.staff_id] = now_ms + LOCKOUT_SECONDS * 1000
        return False

    def _verify(self, pin_hash: str, pin: str) -> bool:
        try:
            return self._hasher.verify(pin_hash, pin)
        except (
            argon2.exceptions.VerifyMismatchError,
            argon2.exceptions.InvalidHashError,
            argon2.exceptions.VerificationError,
        ):
            return False
