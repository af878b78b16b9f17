"""Whether a tag only lies beside the gate: how evenly it was heard over the last minute. Pure.

Per antenna an exponentially weighted mean and spread of loudness with a time constant of a minute. A tag that has been near
for ten seconds with a spread below 3 dB on every antenna has not moved: it is a display beside the exit, not a pass.
"""

from __future__ import annotations

import math

MEMORY_MS = 60_000
STATIC_AFTER_MS = 10_000
STATIC_SPREAD_DB = 3.0


class _Even:
    __slots__ = ("last_ms", "mean", "square")

    def __init__(self, dbm: int, at_ms: int) -> None:
        self.mean = float(dbm)
        self.square = 0.0
        self.last_ms = at_ms

    def add(self, dbm: int, at_ms: int) -> None:
        share = 1.0 - math.exp(-max(1, at_ms - self.last_ms) / MEMORY_MS)
        off = dbm - self.mean
        self.mean += share * off
        self.square = (1.0 - share) * (self.square + share * off * off)
        self.last_ms = max(self.last_ms, at_ms)


class Chatter:
    """One tag near a gate."""

    __slots__ = ("_antennas", "first_ms", "last_ms", "reads")

    def __init__(self, first_ms: int) -> None:
        self.first_ms = first_ms
        self.last_ms = first_ms
        self.reads = 0
        self._antennas: dict[int, _Even] = {}

    def add(self, antenna: int, dbm: int, at_ms: int) -> None:
        """One read."""
        self.reads += 1
        self.first_ms = min(self.first_ms, at_ms)
        self.last_ms = max(self.last_ms, at_ms)
        even = self._antennas.get(antenna)
        if even is None:
            self._antennas[antenna] = _Even(dbm, at_ms)
        else:
            even.add(dbm, at_ms)

    @property
    def dwell_ms(self) -> int:
        """How long it has been near."""
        return self.last_ms - self.first_ms

    @property
    def spread_db(self) -> float:
        """The largest of any antenna."""
        return max((math.sqrt(each.square) for each in self._antennas.values()), default=0.0)

    @property
    def static(self) -> bool:
        """It stands there."""
        return self.dwell_ms > STATIC_AFTER_MS and self.spread_db < STATIC_SPREAD_DB
