"""Walks past a door as people and goods really go, and what the antennas hear of them: pure, seeded, virtual time.

    heard = walk_reads(Walk.TAIL_GATE, [tag], seed=7)
    for read in heard.reads: ...        read.antenna, read.tag.epc, read.rssi_dbm, read.at_ms
    heard.truth[tag]                    Direction.IN, Direction.OUT, or None: it went nowhere

A walk is a list of carriers: tags that move together along one path. Nothing here knows a socket or a clock.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from protocols.clock import SeededRandom
from simulators.llrp_reader.air import (
    AS_USUAL,
    PATH_MM,
    SLOT_MS,
    SPEED_MM_PER_S,
    Air,
    Antenna,
    Asking,
    Direction,
    Heard,
    Tag,
    door_antennas,
)
from simulators.llrp_reader.paths import Path, Point, staying, through
from simulators.llrp_reader.radio import BESIDE_MM

TAIL_GATE_GAP_MS = 600
"""The second one is this far behind the first."""
PAUSE_MS = 2_000
STAND_MS = 60_000
TROLLEY_TAGS = 60
BODY_LOSS_DB_MAX = 1.5
TROLLEY_LOSS_DB_MAX = 4.0
"""What a body or the goods around a tag swallow, each way, at most."""
SWAY_MM = 60
CHATTER_LOSS_DB = 4.0


class Walk(enum.Enum):
    """What happens at the door."""

    IN = "in"
    OUT = "out"
    TURN_BACK_INSIDE = "turn_back_inside"
    """From the store up to the door and back into the store."""
    TURN_BACK_OUTSIDE = "turn_back_outside"
    """From the street up to the door and back to the street."""
    PAUSE_OUT = "pause_out"
    """Out, with a stop in the door."""
    TAIL_GATE = "tail_gate"
    """Two people go out, one close behind the other, tags shared between them."""
    CROSSING = "crossing"
    """One comes in while another goes out; every other tag belongs to each."""
    TROLLEY_IN = "trolley_in"
    TROLLEY_OUT = "trolley_out"
    """Many tags together, slower, hiding each other."""
    STATIC = "static"
    """Goods hang inside, close to the gate."""
    CHATTER = "chatter"
    """Goods at the edge of what is read, swaying: read now and then."""
    PASS_BY = "pass_by"
    """Along the inside of the door, never through it."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """Tags that move together. `truth`: which way they went; None: nowhere."""

    tags: tuple[Tag, ...]
    path: Path
    truth: Direction | None
    losses_db: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class WalkHeard:
    """What was heard, in order of time, and what really happened."""

    reads: tuple[Heard, ...]
    truth: dict[Tag, Direction | None]
    over_ms: int
    """When the last one was gone."""


def some_tags(count: int, first: int = 1) -> list[Tag]:
    """SGTIN-96-like tags, all different."""
    return [Tag((0x30 << 88 | number).to_bytes(12, "big")) for number in range(first, first + count)]


def carriers(
    walk: Walk, tags: Sequence[Tag], *, seed: int = 1, speed_mm_per_s: int = SPEED_MM_PER_S, turn_mm: int = 0,
    lasts_ms: int = STAND_MS,
) -> list[Carrier]:  # fmt: skip
    """Who goes where, beginning at 0 ms. `turn_mm`: where somebody turns back. `lasts_ms`: how long something stands.

    Raises ValueError for a speed of 0 or less.
    """
    chance = SeededRandom(seed)
    way_out, way_in = (PATH_MM, -PATH_MM), (-PATH_MM, PATH_MM)
    speed = speed_mm_per_s
    every = tuple(tags)
    match walk:
        case Walk.IN:
            return [_carried(every, through(way_in, speed), Direction.IN, chance)]
        case Walk.OUT:
            return [_carried(every, through(way_out, speed), Direction.OUT, chance)]
        case Walk.TURN_BACK_INSIDE:
            return [_carried(every, through((PATH_MM, turn_mm, PATH_MM), speed), None, chance)]
        case Walk.TURN_BACK_OUTSIDE:
            return [_carried(every, through((-PATH_MM, turn_mm, -PATH_MM), speed), None, chance)]
        case Walk.PAUSE_OUT:
            path = through((PATH_MM, turn_mm, -PATH_MM), speed, wait_ms=PAUSE_MS)
            return [_carried(every, path, Direction.OUT, chance)]
        case Walk.TAIL_GATE:
            first, second = _shared(every)
            path = through(way_out, speed)
            behind = path.later(TAIL_GATE_GAP_MS)
            return [_carried(first, path, Direction.OUT, chance), _carried(second, behind, Direction.OUT, chance)]
        case Walk.CROSSING:
            first, second = _shared(every)
            nearer, farther = through(way_in, speed, y_mm=BESIDE_MM - 250), through(way_out, speed, y_mm=BESIDE_MM + 250)
            return [_carried(first, nearer, Direction.IN, chance), _carried(second, farther, Direction.OUT, chance)]
        case Walk.TROLLEY_IN | Walk.TROLLEY_OUT:
            inwards = walk is Walk.TROLLEY_IN
            path = through(way_in if inwards else way_out, speed * 2 // 3)
            return _loaded(every, path, Direction.IN if inwards else Direction.OUT, chance)
        case Walk.STATIC:
            return [_carried(every, staying(PATH_MM // 4, lasts_ms), None, chance)]
        case Walk.CHATTER:
            return [Carrier((tag,), _swaying(chance, lasts_ms), None, (CHATTER_LOSS_DB,)) for tag in every]
        case Walk.PASS_BY:
            inside = ((0, 1_200, -2_500), (5_000 * 1_000 // max(1, speed), 1_200, 2_500))
            return [_carried(every, Path(inside), None, chance)]


def walk_reads(
    walk: Walk, tags: Sequence[Tag], *, seed: int, read_percent: int = 60, speed_mm_per_s: int = SPEED_MM_PER_S,
    antennas: Sequence[Antenna] | None = None, asking: Asking = AS_USUAL, start_ms: int = 0, turn_mm: int = 0,
    lasts_ms: int = STAND_MS,
) -> WalkHeard:  # fmt: skip
    """Let it happen before the antennas (default: four at a door, 1 and 2 outside, 3 and 4 inside). Raises ValueError."""
    found = carriers(walk, tags, seed=seed, speed_mm_per_s=speed_mm_per_s, turn_mm=turn_mm, lasts_ms=lasts_ms)
    return carriers_reads(found, seed=seed, read_percent=read_percent, antennas=antennas, asking=asking, start_ms=start_ms)


def carriers_reads(
    found: Sequence[Carrier], *, seed: int, read_percent: int = 60, antennas: Sequence[Antenna] | None = None,
    asking: Asking = AS_USUAL, start_ms: int = 0,
) -> WalkHeard:  # fmt: skip
    """The same for any carriers: walks together, shifted with `Path.later`. Raises ValueError: too many tags."""
    air = Air(antennas or door_antennas(4), SeededRandom(seed), start_ms, read_percent=read_percent)
    over_ms = start_ms
    for carrier in found:
        takes_ms = air.walk(carrier.tags, carrier.path, start_ms, losses_db=carrier.losses_db)
        over_ms = max(over_ms, start_ms + takes_ms)
    heard = air.listen(over_ms + SLOT_MS, (0,), asking)
    truth = {tag: carrier.truth for carrier in found for tag in carrier.tags}
    return WalkHeard(tuple(heard), truth, over_ms)


def _shared(tags: tuple[Tag, ...]) -> tuple[tuple[Tag, ...], tuple[Tag, ...]]:
    return tags[::2], tags[1::2]


def _carried(tags: tuple[Tag, ...], path: Path, truth: Direction | None, chance: SeededRandom) -> Carrier:
    losses = tuple(byte * BODY_LOSS_DB_MAX / 255 for byte in chance.bytes(len(tags)))
    return Carrier(tags, path, truth, losses)


def _loaded(tags: tuple[Tag, ...], path: Path, truth: Direction, chance: SeededRandom) -> list[Carrier]:
    """A trolley: its tags lie up to 40 cm around its middle and hide each other."""
    found: list[Carrier] = []
    for tag in tags:
        along, across, hidden = chance.bytes(3)
        place = path.moved((along - 128) * 400 // 128, (across - 128) * 250 // 128)
        found.append(Carrier((tag,), place, truth, (hidden * TROLLEY_LOSS_DB_MAX / 255,)))
    return found


def _swaying(chance: SeededRandom, lasts_ms: int) -> Path:
    """About a place inside that is just within reach, another sway every second."""
    points: list[Point] = []
    for at_ms in range(0, lasts_ms + 1, 1_000):
        along, across = chance.bytes(2)
        points.append((at_ms, 2_600 + (along - 128) * SWAY_MM // 128, BESIDE_MM + (across - 128) * SWAY_MM // 128))
    return Path(tuple(points))
