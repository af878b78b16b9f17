"""Which tags are in the store and where each stands: only what changes is told. Pure; time comes with the reads.

A tag arrives with its first read, moves when the mobility profile says so (`edge.rfid.loudness`), and departs when nobody
heard it for a while. Antennas that look at one place share a name (a *spot*), and no move between them is told. A read
costs the same whether a hundred tags are in the store or a hundred thousand.

The same reads in the same order give the same edges, however they were split into reports.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from edge.rfid.loudness import LOUDNESS_UNTOLD_DBM, Loudness, Mobility, has_moved
from edge.rfid.quiet import QuietQueue
from protocols.device_events import TagRead

DEPART_MS = 600_000
LATE_MS = 500
"""Reads may arrive so much after they happened."""
RESIDENT_MAX = 150_000
"""Tags in the store at once. Policy when reached: a tag that is not known yet is not taken in, and counted."""
RSSI_MIN_DBM = -80

TagKey = tuple[bytes, int]
"""EPC and its length in bits."""
Ear = tuple[str, int]
"""A reader and one of its antennas."""


class EdgeKind(enum.StrEnum):
    """What changed."""

    ARRIVED = "arrived"
    MOVED = "moved"
    DEPARTED = "departed"


@dataclass(frozen=True, slots=True)
class Edge:
    """A change of one tag. `spot`: where it stands now, of a departed one where it stood last."""

    kind: EdgeKind
    epc: bytes
    epc_bits: int
    spot: str
    from_spot: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class PresenceSetup:
    """`spots`: which spot each antenna looks at."""

    spots: Mapping[Ear, str]
    mobility: Mobility = field(default_factory=Mobility)
    depart_ms: int = DEPART_MS
    rssi_min_dbm: int = RSSI_MIN_DBM


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a tag is heard. `dbm` is the mean at its spot; times of the box's monotonic clock."""

    spot: str
    dbm: float
    last_ms: int


class _Tag:
    """One tag in the store. `at`: the number of the antenna it stands at, `here` how it is heard there; `others` the other
    antennas that hear it, which most tags have none of."""

    __slots__ = ("at", "here", "last_ms", "others")

    def __init__(self, at: int, last_ms: int) -> None:
        self.at = at
        self.last_ms = last_ms
        self.here = Loudness()
        self.others: dict[int, Loudness] | None = None

    def elsewhere(self, number: int) -> Loudness:
        """How another antenna hears it."""
        if self.others is None:
            self.others = {}
        heard = self.others.get(number)
        if heard is None:
            heard = self.others[number] = Loudness()
        return heard

    def go(self, number: int) -> None:
        """It stands at another antenna now."""
        there = self.elsewhere(number)
        assert self.others is not None
        del self.others[number]
        if self.here.count:
            self.others[self.at] = self.here
        self.at, self.here = number, there


class Presence:
    """All tags that the antennas of the setup hear."""

    def __init__(self, setup: PresenceSetup) -> None:
        self._setup = setup
        self._ears: dict[str, dict[int, int]] = {}
        self._spots: list[str] = []
        for (device_id, antenna), spot in setup.spots.items():
            self._ears.setdefault(device_id, {})[antenna] = len(self._spots)
            self._spots.append(spot)
        self._tags: dict[TagKey, _Tag] = {}
        self._quiet: QuietQueue[TagKey] = QuietQueue(self._last_heard_ms)
        self.refused = 0
        """Reads of tags there was no room for."""

    @property
    def resident(self) -> int:
        """How many tags are in the store."""
        return len(self._tags)

    def restore(self, tags: Iterable[tuple[TagKey, str]], now_ms: int) -> None:
        """Tags that were in the store, and their spots, when the box ended: they have until now not departed."""
        antenna_of = {spot: number for number, spot in reversed(list(enumerate(self._spots)))}
        for key, spot in tags:
            at = antenna_of.get(spot, -1)
            self._put(key, _Tag(at, now_ms))

    def take(self, device_id: str, reads: Iterable[TagRead]) -> list[Edge]:
        """Reads in any batches. Returns what they changed, in order."""
        edges: list[Edge] = []
        ears = self._ears.get(device_id)
        if ears is None:
            return edges
        tags, setup = self._tags, self._setup
        for read in reads:
            number = ears.get(read.antenna)
            if number is None:
                continue
            dbm = LOUDNESS_UNTOLD_DBM if read.rssi_dbm is None else read.rssi_dbm
            if dbm < setup.rssi_min_dbm:
                continue
            key, now_ms = (read.epc, read.epc_bits), read.last_seen_ms
            tag = tags.get(key)
            if tag is not None and now_ms - tag.last_ms > setup.depart_ms:
                edges.append(self._departed(key, tag))
                tag = None
            if tag is None:
                if len(tags) >= RESIDENT_MAX:
                    self.refused += 1
                    continue
                tag = _Tag(number, now_ms)
                self._put(key, tag)
                edges.append(self._edge(EdgeKind.ARRIVED, key, number, "", now_ms))
            if number == tag.at:
                tag.here.add(dbm, now_ms)
            else:
                heard = tag.elsewhere(number)
                heard.add(dbm, now_ms)
                if not tag.here.count or has_moved(tag.here, heard, now_ms, setup.mobility):
                    self._move(key, tag, number, now_ms, edges)
            if now_ms > tag.last_ms:  # noqa: PLR1730 - the hot path: max() costs a call
                tag.last_ms = now_ms
        return edges

    def advance(self, now_ms: int) -> list[Edge]:
        """Time passes: who was not heard for long has departed."""
        gone = self._quiet.quiet_since(now_ms - self._setup.depart_ms - LATE_MS)
        return [self._departed(key, self._tags[key]) for key in gone]

    def where(self, key: TagKey) -> Whereabouts | None:
        """Where a tag stands; None: it is not in the store."""
        tag = self._tags.get(key)
        if tag is None:
            return None
        dbm = tag.here.mean_dbm if tag.here.count else float(LOUDNESS_UNTOLD_DBM)
        return Whereabouts(self._spot(tag.at), dbm, tag.last_ms)

    def _move(self, key: TagKey, tag: _Tag, number: int, now_ms: int, edges: list[Edge]) -> None:
        """It stands at another antenna; told when that is another spot."""
        before = self._spot(tag.at)
        tag.go(number)
        if before != self._spots[number]:
            edges.append(self._edge(EdgeKind.MOVED, key, number, before, now_ms))

    def _departed(self, key: TagKey, tag: _Tag) -> Edge:
        del self._tags[key]
        spot = self._spot(tag.at)
        return Edge(EdgeKind.DEPARTED, key[0], key[1], spot, spot, tag.last_ms + self._setup.depart_ms)

    def _edge(self, kind: EdgeKind, key: TagKey, number: int, from_spot: str, at_ms: int) -> Edge:
        return Edge(kind, key[0], key[1], self._spots[number], from_spot, at_ms)

    def _put(self, key: TagKey, tag: _Tag) -> None:
        if key not in self._tags:
            self._quiet.add(key, tag.last_ms)
        self._tags[key] = tag

    def _spot(self, number: int) -> str:
        return self._spots[number] if number >= 0 else ""

    def _last_heard_ms(self, key: TagKey) -> int | None:
        tag = self._tags.get(key)
        return None if tag is None else tag.last_ms
