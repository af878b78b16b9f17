"""Keys of staff who work at the API: given for a PIN, held in memory, so a restarted box asks for the PIN again."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from edge.staff import service as staff
from edge.staff.service import PinCheck, Staff
from edge.store_db.connection import Connection
from protocols.clock import Clock, RandomSource

KEY_BYTES = 24
KEY_LASTS_MS = 8 * 3_600_000
KEYS_MAX = 200
"""Policy when reached: the oldest key ends."""


@dataclass(frozen=True, slots=True)
class _Held:
    staff_id: str
    until_mono_ms: int


class StaffKeys:
    """Who may do what at the API."""

    def __init__(self, pins: PinCheck, clock: Clock, rng: RandomSource) -> None:
        self._pins = pins
        self._clock = clock
        self._rng = rng
        self._held: dict[str, _Held] = {}

    async def give(self, source: Connection, staff_id: str, pin: str) -> tuple[Staff, str] | None:
        """A key for a person who knows their PIN; None when they do not. Raises `LockedOut`."""
        person = staff.find(source, staff_id)
        if person is None or not person.active or not await self._pins.matches(person, pin):
            return None
        key = self._rng.bytes(KEY_BYTES).hex()
        self._held[key] = _Held(staff_id, self._clock.monotonic_ms() + KEY_LASTS_MS)
        while len(self._held) > KEYS_MAX:
            del self._held[next(iter(self._held))]
        return person, key

    def holder(self, source: Connection, key: str) -> Staff | None:
        """Whose key this is, while it lasts and the person still works here."""
        found = next((held for known, held in self._held.items() if hmac.compare_digest(known, key)), None)
        if found is None or self._clock.monotonic_ms() >= found.until_mono_ms:
            return None
        person = staff.find(source, found.staff_id)
        return person if person is not None and person.active else None

    def take_back(self, key: str) -> None:
        """The person leaves."""
        self._held.pop(key, None)
