"""The exit gate: which tags went out, told within half a second after they went. Pure; time comes with reads and `advance`.

Whether a tag went out is judged as soon as it falls quiet for `JUDGE_MS`, by the proofs of `edge.rfid.portal`; one that
had been lying beside the gate (`edge.rfid.chatter`) only once it has really gone. Light barriers before and behind the gate
are a third vote: they may decide what the antennas could not, and what contradicts them stays undecided. Whether goods may
leave is not decided here.

The same reads give the same exits, however they were split into reports and however often `advance` is called.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.rfid.beams import BeamLog
from edge.rfid.chatter import Chatter
from edge.rfid.portal import GAP_MS, RISE_DB_MIN, RSSI_MIN_DBM, Direction, direction_of, is_stray
from edge.rfid.presence import TagKey
from edge.rfid.quiet import QuietQueue
from edge.rfid.sightings import Side, Sighting, SightingView
from protocols.device_events import TagRead

JUDGE_MS = 300
"""So long without a read, and what was heard is judged."""
NEAR_MAX = 20_000
"""Tags near one gate at once. Policy when reached: the one that came first is judged and forgotten."""
WINDOWS_MS = (6_000, 4_000, 3_000)
"""The ends of a long sighting that are judged by themselves."""
ORIGIN_MS = 1_000
"""Where a tag is heard in its first second is where it came from."""
READS_FOR_BEAM = 2
"""On each side, for the light barriers to decide."""


@dataclass(frozen=True, slots=True)
class GateSetup:
    """Which antennas of the gate's reader look into the store and out of it."""

    inside: frozenset[int]
    outside: frozenset[int]
    rssi_min_dbm: int = RSSI_MIN_DBM
    gap_ms: int = GAP_MS


@dataclass(frozen=True, slots=True)
class GatePass:
    """A tag that went through, or of which nobody can say. `at_ms`: its last read."""

    epc: bytes
    epc_bits: int
    direction: Direction
    first_ms: int
    at_ms: int


class _Near:
    """A tag near the gate. `judged_ms`: the last read it was judged with."""

    __slots__ = ("chatter", "judged_ms", "origin", "sighting", "told")

    def __init__(self, sighting: Sighting) -> None:
        self.sighting = sighting
        self.chatter = Chatter(sighting.first_ms)
        self.judged_ms = -1
        self.told: Direction | None = None
        self.origin = 0.0
        """How much more it was heard inside than outside when it appeared."""

    def add(self, read: TagRead, side: Side, dbm: int) -> None:
        """One read."""
        self.sighting.add(read, side)
        self.chatter.add(read.antenna, dbm, read.last_seen_ms)
        if read.last_seen_ms - self.sighting.first_ms <= ORIGIN_MS:
            weight = 10.0 ** (dbm / 20)
            self.origin += weight if side is Side.INSIDE else -weight

    def goes_on(self, way: Direction) -> bool:
        """Whether it appeared on the side that it would have left by going this way."""
        return self.origin > 0 if way is Direction.OUT else self.origin < 0


class ExitGate:
    """The tags near one gate."""

    def __init__(self, setup: GateSetup) -> None:
        self._setup = setup
        self._sides = {
            **dict.fromkeys(setup.inside, Side.INSIDE),
            **dict.fromkeys(setup.outside, Side.OUTSIDE),
        }
        self._near: dict[TagKey, _Near] = {}
        self._pausing: QuietQueue[TagKey] = QuietQueue(self._last_ms)
        self._leaving: QuietQueue[TagKey] = QuietQueue(self._last_ms)
        self.beams = BeamLog()
        self.stray = 0
        """Tags that were near and went nowhere, since the start."""

    @property
    def near(self) -> int:
        """How many tags are near."""
        return len(self._near)

    def take(self, reads: Iterable[TagRead]) -> list[GatePass]:
        """Reads in any batches. Returns the passes that were over before them."""
        passes: list[GatePass] = []
        for read in reads:
            side = self._sides.get(read.antenna)
            if side is None or read.rssi_dbm is None or read.rssi_dbm < self._setup.rssi_min_dbm:
                continue
            key = (read.epc, read.epc_bits)
            near = self._near.get(key)
            if near is not None:
                silent_ms = read.first_seen_ms - near.sighting.last_ms
                if silent_ms > self._setup.gap_ms:
                    self._close(key, passes)
                    near = None
                elif silent_ms > JUDGE_MS:
                    self._judge(near, passes, gone=False)
            if near is None:
                near = self._enter(key, read, passes)
            near.add(read, side, read.rssi_dbm)
            self._pausing.add(key, near.sighting.last_ms)
        return passes

    def advance(self, now_ms: int) -> list[GatePass]:
        """Time passes: what has fallen quiet is judged."""
        passes: list[GatePass] = []
        for key in self._pausing.quiet_since(now_ms - JUDGE_MS):
            self._judge(self._near[key], passes, gone=False)
        for key in self._leaving.quiet_since(now_ms - self._setup.gap_ms):
            self._close(key, passes)
        return passes

    def _enter(self, key: TagKey, read: TagRead, passes: list[GatePass]) -> _Near:
        if len(self._near) >= NEAR_MAX:
            self._close(next(iter(self._near)), passes)
        near = self._near[key] = _Near(Sighting(read.epc, read.epc_bits, read.first_seen_ms))
        self._leaving.add(key, read.last_seen_ms)
        return near

    def _judge(self, near: _Near, passes: list[GatePass], *, gone: bool) -> None:
        """Tell a pass that is proven. One that is not is told only when the tag has gone."""
        sighting = near.sighting
        if near.judged_ms == sighting.last_ms and not gone:
            return
        near.judged_ms = sighting.last_ms
        if near.told is not None or (near.chatter.static and not gone):
            return
        view, direction = self._best(near)
        if direction is not Direction.OUT and not gone:
            return  # only what goes out is urgent
        if is_stray(view) or (near.chatter.static and direction is Direction.UNDECIDED):
            self.stray += 1
            return
        near.told = direction
        passes.append(GatePass(sighting.epc, sighting.epc_bits, direction, sighting.first_ms, sighting.last_ms))

    def _best(self, near: _Near) -> tuple[SightingView, Direction]:
        """The whole of what was heard; of a tag that lingered before it went, the end of it. Ends that contradict each other
        prove nothing, nor does an end on the side on which the tag appeared: it turned round."""
        sighting = near.sighting
        view = whole = sighting.view()
        direction = self._direction(view, sighting)
        if sighting.last_ms - sighting.first_ms <= WINDOWS_MS[0]:
            return whole, direction
        if direction is not Direction.UNDECIDED:
            return whole, direction if near.goes_on(direction) else Direction.UNDECIDED
        ends = [(end, self._direction(end, sighting)) for end in map(sighting.view, WINDOWS_MS)]
        told = [(end, way) for end, way in ends if way is not Direction.UNDECIDED]
        if len({way for _, way in told}) == 1 and near.goes_on(told[0][1]):
            return told[0]
        return whole, Direction.UNDECIDED

    def _direction(self, view: SightingView, sighting: Sighting) -> Direction:
        heard = direction_of(view)
        seen = self.beams.direction(sighting.first_ms, sighting.last_ms)
        if seen is None or seen is heard:
            return heard
        if heard is not Direction.UNDECIDED:
            return Direction.UNDECIDED
        inside, outside = view.inside, view.outside
        if inside is None or outside is None or min(inside.reads, outside.reads) < READS_FOR_BEAM:
            return Direction.UNDECIDED
        return seen if view.rise_db >= RISE_DB_MIN else Direction.UNDECIDED

    def _close(self, key: TagKey, passes: list[GatePass]) -> None:
        near = self._near.pop(key)
        self._judge(near, passes, gone=True)

    def _last_ms(self, key: TagKey) -> int | None:
        near = self._near.get(key)
        return None if near is None else near.sighting.last_ms
