"""What happens between antennas and tags at a door, from a seed: who is read when, by which antenna, how loud. Pure.

The door lies at x = 0 mm, outside is negative. Each antenna is asked in turn for `SLOT_MS`: tags in its field that the
round asks for (session, flag) answer, choose slots, and as many as the time allows are read. How loud: `radio`; which
flags and slots: `gen2`; how tags move: `paths`, with ready-made walks in `walks`.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from protocols.clock import RandomSource
from simulators.llrp_reader.gen2 import Flags, Query, Slots, Target
from simulators.llrp_reader.paths import Path, staying, through
from simulators.llrp_reader.radio import (
    BESIDE_MM,
    FULL_POWER_CDBM,
    Antenna,
    Loudness,
    door_antennas,
    loudness,
    wakes_share,
)
from simulators.llrp_reader.tag_memory import TagMemory

__all__ = ["Air", "Antenna", "Direction", "Heard", "Item", "Tag", "door_antennas"]

SLOT_MS = 25
PATH_MM = 3_000
"""A push begins and ends this far from the door."""
NOISE_DBM = 3
"""Loudness varies by up to this much, up and down."""
SPEED_MM_PER_S = 1_500
TAGS_MAX = 20_000
"""Tags in the air at once."""
FOR_EVER_MS = 1 << 60


class Direction(enum.Enum):
    """Which way goods go."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Tag:
    """An EPC with its length in bits."""

    epc: bytes
    bits: int = 96


Near = tuple[Loudness, int]
"""(How loud at full power, distance mm)."""


class Item:
    """One physical tag: what it answers with, its flags, its memory, where it is."""

    __slots__ = ("_bases", "_memory", "flags", "from_ms", "loss_db", "path", "tag", "until_ms")

    def __init__(self, tag: Tag, path: Path, from_ms: int, loss_db: float = 0.0, *, for_ever: bool = False) -> None:
        self.tag = tag
        self.path = path
        self.from_ms = from_ms
        self.until_ms = FOR_EVER_MS if for_ever else from_ms + path.takes_ms
        self.loss_db = loss_db
        self.flags = Flags(tag.epc)
        self._memory: TagMemory | None = None
        self._bases: dict[int, Near] = {}

    @property
    def memory(self) -> TagMemory:
        """Made when somebody looks."""
        if self._memory is None:
            self._memory = TagMemory(self.tag.epc, self.tag.bits)
        return self._memory

    @property
    def killed(self) -> bool:
        """A killed tag never answers again."""
        return self._memory is not None and self._memory.killed

    def rewritten(self) -> None:
        """Its memory may hold another EPC now."""
        self.tag = Tag(*self.memory.epc())

    def loud(self, antenna: Antenna, at_ms: int) -> Near | None:
        """How loud it is now; None: it is not there."""
        if self.until_ms == FOR_EVER_MS:
            known = self._bases.get(antenna.number)
            if known is None:
                _, x_mm, y_mm = self.path.points[-1]
                known = self._bases[antenna.number] = _loud(antenna, x_mm, y_mm, self.loss_db)
            return known
        place = self.path.at(at_ms - self.from_ms)
        return None if place is None else _loud(antenna, *place, self.loss_db)


def _loud(antenna: Antenna, x_mm: int, y_mm: int, loss_db: float) -> Near:
    distance_mm = round(((x_mm - antenna.x_mm) ** 2 + (y_mm - antenna.y_mm) ** 2) ** 0.5)
    return loudness(antenna, x_mm, y_mm, loss_db), distance_mm


class Heard(msgspec.Struct, frozen=True, eq=False):
    """One read. `rssi_cdbm`: hundredths of a dBm, for readers that tell them; `distance_mm` makes the phase.

    Two reads are equal when tag, antenna, loudness and time are.
    """

    tag: Tag
    antenna: int
    rssi_dbm: int
    at_ms: int
    rssi_cdbm: int = 0
    distance_mm: int = 0
    item: Item | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Heard) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Tag, int, int, int]:
        return self.tag, self.antenna, self.rssi_dbm, self.at_ms


@dataclass(frozen=True, slots=True)
class Asking:
    """How a reader asks. `powers_cdbm` by antenna, others at full power. `wants`: a filter on tags (Select)."""

    query: Query = field(default_factory=Query)
    powers_cdbm: Mapping[int, int] = field(default_factory=dict)
    wants: Callable[[Item, int], bool] | None = None


AS_USUAL = Asking()


class Air:
    """Tags near the antennas."""

    def __init__(self, antennas: Sequence[Antenna], rng: RandomSource, now_ms: int, *, read_percent: int = 60) -> None:
        self.antennas = tuple(antennas)
        self.read_percent = read_percent
        self.unplugged: set[int] = set()
        """Antennas whose cable is pulled: they hear nothing."""
        self.collisions = 0
        self.empty_slots = 0
        """Slots of the rounds since somebody set these to 0."""
        self._rng = rng
        self._moving: list[Item] = []
        self._standing: dict[Tag, Item] = {}
        self._slot = now_ms // SLOT_MS
        self._slots = Slots()
        self._dual_asks_b = False

    @property
    def tags(self) -> int:
        """How many tags are near."""
        return len(self._moving) + len(self._standing)

    def push(self, tags: Sequence[Tag], way: Direction, now_ms: int, *, speed_mm_per_s: int = SPEED_MM_PER_S) -> int:
        """Tags go through the door together, beginning now. Returns how long that takes, ms. Raises ValueError: too many."""
        ends = (-PATH_MM, PATH_MM) if way is Direction.IN else (PATH_MM, -PATH_MM)
        return self.walk(tags, through(ends, speed_mm_per_s), now_ms)

    def walk(self, tags: Sequence[Tag], path: Path, now_ms: int, *, losses_db: Sequence[float] = ()) -> int:
        """Tags move along a path, beginning now. Returns how long that takes, ms. Raises ValueError: too many."""
        self._room_for(len(tags))
        losses = [*losses_db, *[0.0] * (len(tags) - len(losses_db))]
        self._moving.extend(Item(tag, path, now_ms, loss) for tag, loss in zip(tags, losses, strict=True))
        return path.takes_ms

    def stand(self, tags: Sequence[Tag], x_mm: int, y_mm: int = BESIDE_MM) -> None:
        """Tags stand still at a place (inside is positive) until taken away. Raises ValueError: too many."""
        self._room_for(len([tag for tag in tags if tag not in self._standing]))
        for tag in tags:
            placed = Item(tag, staying(x_mm, 0, y_mm=y_mm), 0, for_ever=True)
            before = self._standing.get(tag)
            if before is not None:
                placed.flags = before.flags
            self._standing[tag] = placed

    def take_away(self, tags: Sequence[Tag]) -> None:
        """Standing tags are gone."""
        for tag in tags:
            self._standing.pop(tag, None)

    def clear(self) -> None:
        """Nothing is near any more."""
        self._moving.clear()
        self._standing.clear()

    def items(self) -> list[Item]:
        """Everything near, standing things last."""
        return [*self._moving, *self._standing.values()]

    def begin(self, slots: Slots) -> None:
        """A reader begins to ask: its first Q, its first target."""
        self._slots, self._dual_asks_b = slots, False

    def skip(self, now_ms: int) -> None:
        """Nobody listened until now."""
        self._slot = -(-now_ms // SLOT_MS)
        if self._moving:
            self._moving = [each for each in self._moving if each.until_ms >= now_ms]

    def listen(self, now_ms: int, switched_on: Sequence[int], asking: Asking = AS_USUAL) -> list[Heard]:
        """What the antennas heard since the last call, in order of time. Antenna 0: all."""
        antennas = [
            one
            for one in self.antennas
            if (0 in switched_on or one.number in switched_on) and one.number not in self.unplugged
        ]
        heard: list[Heard] = []
        until = now_ms // SLOT_MS
        while antennas and self._slot < until and self.tags:
            self._dwell(antennas[self._slot % len(antennas)], self._slot * SLOT_MS, asking, heard)
            self._slot += 1
        self.skip(until * SLOT_MS)
        return heard

    def _dwell(self, antenna: Antenna, at_ms: int, asking: Asking, heard: list[Heard]) -> None:
        """One antenna asks for `SLOT_MS`."""
        query = asking.query
        near = [(item, base) for item in self.items() if (base := item.loud(antenna, at_ms)) is not None]
        chance = self._rng.bytes(3 * len(near))
        answers = self._answers(near, chance, antenna, at_ms, asking)
        round_ = self._slots.singulate(len(answers), SLOT_MS * 1_000, query, hashlib.shake_128(chance).digest)
        self.collisions += round_.collisions
        self.empty_slots += round_.empty
        for place in round_.read:
            item, rssi_dbm, distance_mm = answers[place]
            if query.session:
                item.flags.turn(query.session, at_ms)
            told = Heard(
                item.tag, antenna.number, round(rssi_dbm), at_ms, round(rssi_dbm * 100), distance_mm, item
            )  # fmt: skip
            heard.append(told)
        if query.target is Target.DUAL and not answers:
            self._dual_asks_b = not self._dual_asks_b

    def _answers(
        self, near: list[tuple[Item, Near]], chance: bytes, antenna: Antenna, at_ms: int, asking: Asking
    ) -> list[tuple[Item, float, int]]:
        """Who answers this round: (tag, RSSI, distance). Three bytes of chance each."""
        query, wants = asking.query, asking.wants
        less_db = (asking.powers_cdbm.get(antenna.number, FULL_POWER_CDBM) - FULL_POWER_CDBM) / 100
        asks_b = query.target is Target.B or (query.target is Target.DUAL and self._dual_asks_b)
        session, percent = query.session, self.read_percent * 2.56
        answers: list[tuple[Item, float, int]] = []
        for number, (item, (base, distance_mm)) in enumerate(near):
            if item.killed or (wants is not None and not wants(item, at_ms)):
                continue
            noise_db = (chance[3 * number + 1] + chance[3 * number + 2] - 255) * NOISE_DBM / 255
            share = wakes_share(base.forward_db + less_db + noise_db / 2)
            if session and share > 0:
                item.flags.powered(at_ms)
                if item.flags.is_b(session, at_ms) is not asks_b:
                    continue
            if chance[3 * number] < share * percent:
                answers.append((item, base.rssi_dbm + less_db + noise_db, distance_mm))
        return answers

    def _room_for(self, count: int) -> None:
        if self.tags + count > TAGS_MAX:
            raise ValueError(f"at most {TAGS_MAX} tags can be near the reader")
