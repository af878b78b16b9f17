"""Light barriers before and behind a gate: in which order somebody broke them. Pure."""

from __future__ import annotations

import bisect

from edge.rfid.portal import Direction
from edge.rfid.sightings import Side

BREAKS_MAX = 200
"""Policy when reached: the oldest are forgotten."""
STEP_MS = 2_000
"""The second barrier is broken within this time after the first."""
AROUND_MS = 700
"""A bag is heard this much before and after its bearer breaks a barrier."""


class BeamLog:
    """The breaks of one gate's two barriers, in order."""

    def __init__(self) -> None:
        self._breaks: list[tuple[int, Side]] = []

    def broken(self, side: Side, at_ms: int) -> None:
        """Somebody stands in a barrier."""
        bisect.insort(self._breaks, (at_ms, side), key=lambda each: each[0])
        if len(self._breaks) > BREAKS_MAX:
            del self._breaks[0]

    def direction(self, first_ms: int, last_ms: int) -> Direction | None:
        """Which way somebody went in this time; None: nobody, or people both ways."""
        found: set[Direction] = set()
        before: tuple[int, Side] | None = None
        for at_ms, side in self._breaks:
            if not first_ms - AROUND_MS <= at_ms <= last_ms + AROUND_MS:
                continue
            if before is not None and before[1] is not side and at_ms - before[0] <= STEP_MS:
                found.add(Direction.OUT if side is Side.OUTSIDE else Direction.IN)
                before = None
            else:
                before = (at_ms, side)
        return found.pop() if len(found) == 1 else None
