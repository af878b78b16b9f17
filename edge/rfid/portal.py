"""A door with antennas on both sides: one passage per tag that went through, with its direction, or none. Pure.

A tag goes in when its reads outside lie before those inside, weighted by loudness. Six proofs are wanted, or the tag stays
UNDECIDED: enough reads on both sides, both sides about equally loud, a rise and fall that only a moving tag shows, another
side louder at the end than at the beginning, middles of the two sides that lie apart by more than chance explains, and a
very end on the side it went to.
Nothing is ever guessed: a pass that cannot be told is shown as undecided, a tag that only stands beside the door is none.

The same reads give the same passages, however they were split into reports.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass

from edge.rfid.sightings import Side, SideView, Sighting, SightingView
from protocols.device_events import TagRead

GAP_MS = 2_000
"""A tag not read for so long has gone."""
LATE_MS = 500
"""Reads may arrive so much after they happened."""
APART_MS = 150
APART_ERRORS = 2.0
"""The middles must lie apart by so many of their own standard errors."""
READS_MIN = 4
"""On each side."""
SIDES_DIFFER_DB_MAX = 12.0
RISE_DB_MIN = 6.0
RSSI_MIN_DBM = -70
SIGHTINGS_MAX = 20_000
"""Tags near one door at once. Policy when reached: the one that came first is closed."""


class Direction(enum.StrEnum):
    """Which way a tag went."""

    IN = "in"
    OUT = "out"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Passage:
    """One tag's pass. Times of the box's monotonic clock."""

    epc: bytes
    epc_bits: int
    direction: Direction
    first_ms: int
    last_ms: int
    reads: int


@dataclass(frozen=True, slots=True)
class PortalSetup:
    """Which antennas look where; fainter reads than `rssi_min_dbm` do not count."""

    inside: frozenset[int]
    outside: frozenset[int]
    rssi_min_dbm: int = RSSI_MIN_DBM
    gap_ms: int = GAP_MS


class Portal:
    """The tags near one door."""

    def __init__(self, setup: PortalSetup) -> None:
        self._setup = setup
        self._sides = {
            **dict.fromkeys(setup.inside, Side.INSIDE),
            **dict.fromkeys(setup.outside, Side.OUTSIDE),
        }
        self._sightings: dict[tuple[int, bytes], Sighting] = {}
        self.stray = 0
        """Tags that stood or wandered beside the door and left no passage, since the start."""
        self.more_gone = False
        """Whether the last `advance` left some for the next one."""

    @property
    def near(self) -> int:
        """How many tags are near."""
        return len(self._sightings)

    def take(self, reads: Iterable[TagRead]) -> list[Passage]:
        """Reads in any batches. Returns the passages that ended before them."""
        passages: list[Passage] = []
        for read in reads:
            side = self._sides.get(read.antenna)
            if side is None or read.rssi_dbm is None or read.rssi_dbm < self._setup.rssi_min_dbm:
                continue
            key = (read.epc_bits, read.epc)
            sighting = self._sightings.get(key)
            if sighting is not None and read.first_seen_ms - sighting.last_ms > self._setup.gap_ms:
                self._close(key, passages)
                sighting = None
            if sighting is None:
                self._make_room(passages)
                sighting = Sighting(read.epc, read.epc_bits, read.first_seen_ms)
                self._sightings[key] = sighting
            sighting.add(read, side)
        return passages

    def advance(self, now_ms: int, *, most: int | None = None) -> list[Passage]:
        """Time passes: what was not read for the gap has gone. `most`: judge so many now, the rest in the next call.

        Judging a tag takes about a tenth of a millisecond, and a pallet goes all at once.
        """
        quiet_since_ms = now_ms - self._setup.gap_ms - LATE_MS
        gone = [key for key, sighting in self._sightings.items() if sighting.last_ms < quiet_since_ms]
        self.more_gone = most is not None and len(gone) > most
        passages: list[Passage] = []
        for key in gone[:most]:
            self._close(key, passages)
        return passages

    def _close(self, key: tuple[int, bytes], passages: list[Passage]) -> None:
        sighting = self._sightings.pop(key)
        view = sighting.view()
        if is_stray(view):
            self.stray += 1
            return
        passages.append(
            Passage(
                epc=sighting.epc,
                epc_bits=sighting.epc_bits,
                direction=direction_of(view),
                first_ms=sighting.first_ms,
                last_ms=sighting.last_ms,
                reads=sighting.reads,
            )
        )

    def _make_room(self, passages: list[Passage]) -> None:
        if len(self._sightings) >= SIGHTINGS_MAX:
            self._close(next(iter(self._sightings)), passages)


def is_stray(view: SightingView) -> bool:
    """A tag that was seen on one side only, or that did not move."""
    return view.inside is None or view.outside is None or view.rise_db < RISE_DB_MIN


def direction_of(view: SightingView) -> Direction:
    """Which way a tag went, if it can be proven."""
    inside, outside = view.inside, view.outside
    if inside is None or outside is None or min(inside.reads, outside.reads) < READS_MIN:
        return Direction.UNDECIDED
    if abs(inside.peak_dbm - outside.peak_dbm) > SIDES_DIFFER_DB_MAX or view.rise_db < RISE_DB_MIN:
        return Direction.UNDECIDED
    if not view.swings:
        return Direction.UNDECIDED
    apart_ms = inside.centre_ms - outside.centre_ms
    if abs(apart_ms) < max(APART_MS, APART_ERRORS * _error_ms(inside, outside)):
        return Direction.UNDECIDED
    if apart_ms * view.ends_inside <= 0:
        return Direction.UNDECIDED
    return Direction.IN if apart_ms > 0 else Direction.OUT


def _error_ms(inside: SideView, outside: SideView) -> float:
    """Standard error of the difference of the two middles."""
    return math.hypot(*(side.spread_ms / math.sqrt(side.reads - 1) for side in (inside, outside)))
