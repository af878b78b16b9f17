"""How loud a tag was at an antenna lately, and what it takes to say that it stands elsewhere now. Pure.

The mobility profile of EdgeX and of Intel's retail sensor platform: a tag moves when its mean loudness at another place is
above the mean at its own by an offset. The offset is a threshold while the own place has just heard the tag, and falls
with every millisecond of silence there, so that a tag that went away is believed soon and one between two antennas stays.
"""

from __future__ import annotations

from dataclasses import dataclass

SAMPLES = 20
SAMPLES_TO_MOVE = 2
"""A single stray read moves nothing."""
LOUDNESS_UNTOLD_DBM = -70
"""What a read counts whose reader does not tell how loud it was."""


@dataclass(frozen=True, slots=True)
class Mobility:
    """`slope_db_per_ms` is below zero: so much less is asked per millisecond of silence after `holdoff_ms`."""

    threshold_db: float = 6.0
    slope_db_per_ms: float = -0.008
    holdoff_ms: int = 500

    @property
    def start_db(self) -> float:
        """The offset's line at no silence at all."""
        return self.threshold_db - self.slope_db_per_ms * self.holdoff_ms


ASSETS = Mobility(holdoff_ms=0)
GARMENTS = Mobility(slope_db_per_ms=-0.000_5, holdoff_ms=60_000)
"""Racks of clothes hear each other's antennas: a garment must be silent at its place for minutes before little will do."""


class Loudness:
    """The last `SAMPLES` reads at one antenna, with their sum kept as they come. Whole dBm, from 0 down to -255."""

    __slots__ = ("_at", "_samples", "_sum", "count", "last_ms")

    def __init__(self) -> None:
        self._samples = bytearray()
        self._sum = 0
        self._at = 0
        self.count = 0
        self.last_ms = 0

    def add(self, dbm: int, at_ms: int) -> None:
        """One read."""
        quiet = 0 if dbm > 0 else 255 if dbm < -255 else -dbm
        if self.count < SAMPLES:
            self._samples.append(quiet)
            self.count += 1
            self._sum += quiet
        else:
            at = self._at
            self._sum += quiet - self._samples[at]
            self._samples[at] = quiet
            self._at = at + 1 if at + 1 < SAMPLES else 0
        self.last_ms = max(self.last_ms, at_ms)

    @property
    def mean_dbm(self) -> float:
        """Of the samples kept. There must be one."""
        return -self._sum / self.count


def has_moved(here: Loudness, there: Loudness, now_ms: int, mobility: Mobility) -> bool:
    """Whether a tag that stood `here` stands `there` now."""
    if there.count < SAMPLES_TO_MOVE:
        return False
    line_db = mobility.slope_db_per_ms * (now_ms - here.last_ms) + mobility.start_db
    return there.mean_dbm > here.mean_dbm + min(mobility.threshold_db, line_db)
