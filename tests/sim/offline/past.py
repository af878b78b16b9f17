"""A clock that stands where the story is."""

from __future__ import annotations

from edge.clock import SystemClock


class PastClock(SystemClock):
    """Trusted."""

    def __init__(self, now_ms: int) -> None:
        super().__init__(trust_always=True)
        self._at_ms = now_ms

    def now_ms(self) -> int:
        """Wall clock."""
        return self._at_ms

    def monotonic_ms(self) -> int:
        """Goes with the wall clock."""
        return self._at_ms

    def set(self, at_ms: int) -> None:
        """Go on to an instant."""
        self._at_ms = max(self._at_ms, at_ms)
