"""Timers with chance in them, from the injected source of randomness."""

from __future__ import annotations

from protocols.clock import RandomSource


def draw(rng: RandomSource, low_ms: int, high_ms: int) -> int:
    """A whole number of milliseconds, low <= n <= high, near enough uniform."""
    if high_ms <= low_ms:
        return low_ms
    return low_ms + int.from_bytes(rng.bytes(4), "big") % (high_ms - low_ms + 1)


def retry_wait(rng: RandomSource, attempt: int, first_ms: int, cap_ms: int) -> int:
    """The wait before repetition `attempt` (from 0): full jitter between `first_ms` and min(cap, first * 2^attempt)."""
    ceiling = min(cap_ms, first_ms << min(attempt, 16))
    return draw(rng, first_ms, ceiling)
