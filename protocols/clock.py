"""The two seams through which time and chance enter the house. The ports live here; real ones live at the shells."""

from __future__ import annotations

import hashlib
from typing import Protocol

from protocols.contract.ids import uuid7, uuid7_many
from protocols.contract.values import ClockQuality


class Clock(Protocol):
    """Time as a part of the house may see it."""

    def now_ms(self) -> int:
        """Wall clock, milliseconds since 1970 UTC. May jump."""

    def monotonic_ms(self) -> int:
        """Milliseconds that never go back within one boot."""

    def quality(self) -> ClockQuality:
        """How far `now_ms` can be trusted."""


class RandomSource(Protocol):
    """Chance: bytes for identifiers and nonces."""

    def bytes(self, count: int) -> bytes:
        """Return `count` random bytes."""


class FakeClock:
    """A clock that moves only when told to: for replay mode and tests."""

    def __init__(self, now_ms: int = 1_790_000_000_000, quality: ClockQuality = ClockQuality.SYNCED) -> None:
        self._now_ms = now_ms
        self._monotonic_ms = 0
        self._quality = quality

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic_ms(self) -> int:
        return self._monotonic_ms

    def quality(self) -> ClockQuality:
        return self._quality

    def advance(self, milliseconds: int) -> None:
        """Let time pass on both clocks."""
        self._now_ms += milliseconds
        self._monotonic_ms += milliseconds

    def step_wall(self, milliseconds: int, quality: ClockQuality) -> None:
        """Move the wall clock alone, as NTP or a dead battery does."""
        self._now_ms += milliseconds
        self._quality = quality


class SeededRandom:
    """Random bytes that replay from a seed: SHA-256 in counter mode, so the same on every Python and every machine."""

    def __init__(self, seed: int) -> None:
        self._seed = str(seed).encode()
        self._counter = 0
        self._left = b""

    def bytes(self, count: int) -> bytes:
        while len(self._left) < count:
            self._left += hashlib.sha256(self._seed + b"/" + str(self._counter).encode()).digest()
            self._counter += 1
        taken, self._left = self._left[:count], self._left[count:]
        return taken


class IdSource:
    """Makes UUIDv7 text from a clock and a random source."""

    def __init__(self, clock: Clock, rng: RandomSource) -> None:
        self._clock = clock
        self._rng = rng

    def new(self) -> str:
        """A new identifier; sorts by creation time."""
        return uuid7(max(0, self._clock.now_ms()), self._rng.bytes(10))

    def many(self, count: int) -> list[str]:
        """New identifiers of one instant; cheaper than `new` one by one."""
        unix_ms = max(0, self._clock.now_ms())
        return uuid7_many(unix_ms, self._rng.bytes(10 * count))
