"""How many batches the store may send: a bucket refilled at the rate HQ allows (`credit` batches a minute)."""

from __future__ import annotations

from protocols.sync import limits

_COST = 60_000
"""One batch, in the bucket's unit: credit x milliseconds."""


class CreditBucket:
    """Holds at most `CREDIT_BURST` batches. Integer arithmetic; credit 0 counts as one batch a minute."""

    def __init__(self) -> None:
        self._per_minute = limits.CREDIT_FULL
        self._level = limits.CREDIT_BURST * _COST
        self._filled_ms = 0

    def allow(self, per_minute: int, now_ms: int) -> None:
        """HQ set a new rate."""
        self._fill(now_ms)
        self._per_minute = max(1, per_minute)

    def ready_at(self, now_ms: int) -> int:
        """When one batch may be sent, `now_ms` or later."""
        self._fill(now_ms)
        missing = _COST - self._level
        return now_ms if missing <= 0 else now_ms + -(-missing // self._per_minute)

    def spend(self) -> None:
        """One batch was sent."""
        self._level -= _COST

    def _fill(self, now_ms: int) -> None:
        passed = max(0, now_ms - self._filled_ms)
        self._filled_ms = max(self._filled_ms, now_ms)
        self._level = min(limits.CREDIT_BURST * _COST, self._level + passed * self._per_minute)
