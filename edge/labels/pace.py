"""How fast an access point really is: measured over its own confirmations, for an honest time of arrival."""

from __future__ import annotations

FIRST_MS = 1_000
"""Per label, before anything was measured: an image of some 5 kB takes about a second on the air."""
SHORTEST_MS, LONGEST_MS = 50, 60_000
KEEP = 15
"""Weight of the past, against one for a new measurement."""
POLL_MS = 60_000
"""A label asks for news about once a minute: the last one of a queue may just have asked."""


class Pace:
    """Time per label while the access point is busy."""

    def __init__(self) -> None:
        self._per_label_ms = float(FIRST_MS)
        self._last_mono_ms: int | None = None

    @property
    def per_label_ms(self) -> int:
        """Between two confirmations of a busy access point, smoothed."""
        return round(self._per_label_ms)

    def confirmed(self, mono_ms: int, *, busy: bool) -> None:
        """A label confirmed; `busy`: others still wait, so that the next gap tells something."""
        if self._last_mono_ms is not None:
            gap_ms = min(max(mono_ms - self._last_mono_ms, SHORTEST_MS), LONGEST_MS)
            self._per_label_ms = (self._per_label_ms * KEEP + gap_ms) / (KEEP + 1)
        self._last_mono_ms = mono_ms if busy else None

    def eta_ms(self, ahead: int) -> int:
        """When so many labels will have confirmed; 0 for none."""
        return 0 if ahead == 0 else ahead * self.per_label_ms + POLL_MS
