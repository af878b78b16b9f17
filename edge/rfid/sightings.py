"""One tag near a door, smoothed: how loud it was on each side, slice by slice. Pure; time is passed in with the reads.

A sighting begins with the first read of a tag and ends when the tag was not read for a while. It holds at most the last
`WINDOW_MS`: a tag that stood beside the door for an hour and is then carried through is judged by how it went.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from protocols.device_events import TagRead

SLICE_MS = 100
BLOCK_SLICES = 5
"""Loudness is smoothed over so many slices before its rise and fall is looked at."""
DEAF_DBM = -100.0
END_SLICES = 6
"""Where a tag is heard in its last slices is where it went."""
WINDOW_MS = 12_000
SLICES_MAX = WINDOW_MS // SLICE_MS
COUNT_MAX = 50
"""A report that tells of more reads at once counts as so many."""


class Side(enum.Enum):
    """Which side of the door an antenna looks at."""

    INSIDE = "inside"
    OUTSIDE = "outside"


@dataclass(slots=True)
class _Sum:
    """Reads of one side in one slice. Weight: the field strength, 10^(dBm/20), so that near reads count."""

    reads: int = 0
    weight: float = 0.0
    weighted_ms: float = 0.0
    dbm_sum: int = 0

    def add(self, at_ms: float, dbm: int, reads: int) -> None:
        weight = reads * 10.0 ** (dbm / 20)
        self.reads += reads
        self.weight += weight
        self.weighted_ms += weight * at_ms
        self.dbm_sum += reads * dbm


@dataclass(frozen=True, slots=True)
class SideView:
    """One side over the window. `centre_ms`: the weighted middle of its reads; `spread_ms`: their standard deviation."""

    reads: int
    centre_ms: float
    spread_ms: float
    peak_dbm: float


@dataclass(frozen=True, slots=True)
class SightingView:
    """A tag over the window; a side is None when the tag was never read there.

    `rise_db`: how much louder the loudest block is than the faintest one, on the side where that is more: its movement.
    """

    inside: SideView | None
    outside: SideView | None
    rise_db: float
    swings: bool
    """One side was louder in the first third of the time, the other one in the last third: it did not turn round."""
    ends_inside: float
    """How much louder it was inside than outside at the very end, dB; below zero: outside."""


class Sighting:
    """The reads of one tag since it appeared. Times inside are relative to its first read: sums stay exact."""

    def __init__(self, epc: bytes, epc_bits: int, first_ms: int) -> None:
        self.epc = epc
        self.epc_bits = epc_bits
        self.first_ms = first_ms
        self.last_ms = first_ms
        self.reads = 0
        self._slices: dict[int, dict[Side, _Sum]] = {}

    def add(self, read: TagRead, side: Side) -> None:
        """One read. Order within the window does not matter."""
        self.first_ms = min(self.first_ms, read.first_seen_ms)
        self.last_ms = max(self.last_ms, read.last_seen_ms)
        self.reads += read.count
        middle_ms = (read.first_seen_ms + read.last_seen_ms) / 2
        index = int(middle_ms) // SLICE_MS
        newest = self.last_ms // SLICE_MS
        if newest - index >= SLICES_MAX:
            return
        if len(self._slices) >= SLICES_MAX:
            self._slices = {key: sums for key, sums in self._slices.items() if newest - key < SLICES_MAX}
        sums = self._slices.setdefault(index, {})
        if side not in sums:
            sums[side] = _Sum()
        assert read.rssi_dbm is not None
        sums[side].add(middle_ms, read.rssi_dbm, min(read.count, COUNT_MAX))

    def view(self, window_ms: int = WINDOW_MS) -> SightingView:
        """Both sides over the window, or only the last part of it."""
        window = self._window(window_ms // SLICE_MS)
        sums = {side: [(index, each[side]) for index, each in window if side in each] for side in Side}
        blocks = {side: _blocks(each) for side, each in sums.items()}
        inside, outside = (_side(sums[side], blocks[side]) for side in (Side.INSIDE, Side.OUTSIDE))
        return SightingView(
            inside=inside,
            outside=outside,
            rise_db=max((max(each) - min(each) for each in blocks.values() if each), default=0.0),
            swings=_swings(window),
            ends_inside=_louder_inside_db([each for index, each in window if index > window[-1][0] - END_SLICES]),
        )

    def _window(self, slices: int) -> list[tuple[int, dict[Side, _Sum]]]:
        newest = self.last_ms // SLICE_MS
        kept = [(index, sums) for index, sums in self._slices.items() if newest - index < slices]
        return sorted(kept, key=lambda slice_: slice_[0])


def _side(sums: list[tuple[int, _Sum]], blocks: list[float]) -> SideView | None:
    weight = sum(each.weight for _, each in sums)
    if not sums or weight <= 0:
        return None
    centre_ms = sum(each.weighted_ms for _, each in sums) / weight
    variance = sum(each.weight * (each.weighted_ms / each.weight - centre_ms) ** 2 for _, each in sums) / weight
    return SideView(
        reads=sum(each.reads for _, each in sums), centre_ms=centre_ms, spread_ms=variance**0.5, peak_dbm=max(blocks)
    )


def _swings(window: list[tuple[int, dict[Side, _Sum]]]) -> bool:
    """Whether the louder side is another one in the last third of the time than in the first."""
    if not window:
        return False
    first, last = window[0][0], window[-1][0]
    third = (last - first) / 3
    begins = [sums for index, sums in window if index <= first + third]
    ends = [sums for index, sums in window if index >= last - third]
    return _inside_more(begins) * _inside_more(ends) < 0


def _inside_more(slices: list[dict[Side, _Sum]]) -> float:
    """How much more was heard inside than outside."""
    total = 0.0
    for sums in slices:
        for side, each in sums.items():
            total += each.weight if side is Side.INSIDE else -each.weight
    return total


def _louder_inside_db(slices: list[dict[Side, _Sum]]) -> float:
    """Mean loudness inside less that outside; a side without a read is deaf."""
    means = []
    for side in (Side.INSIDE, Side.OUTSIDE):
        sums = [each[side] for each in slices if side in each]
        reads = sum(each.reads for each in sums)
        means.append(sum(each.dbm_sum for each in sums) / reads if reads else DEAF_DBM)
    return means[0] - means[1]


def _blocks(sums: Iterable[tuple[int, _Sum]]) -> list[float]:
    """Mean loudness of each block of slices, dBm."""
    blocks: dict[int, list[int]] = {}
    for index, each in sums:
        block = blocks.setdefault(index // BLOCK_SLICES, [0, 0])
        block[0] += each.dbm_sum
        block[1] += each.reads
    return [dbm / reads for dbm, reads in blocks.values()]
