"""What happens between antennas and tags at a door, from a seed: who is read when, by which antenna, how loud. Pure.

The door lies at x = 0 mm, outside is negative. Each antenna is asked in turn for `SLOT_MS`. A tag's loudness falls with the
fourth power of its distance (there and back); a loud one is read with the probability `read_percent`, a faint one
less. How many tags a slot can hold is not modelled: every tag has its chance in every slot.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass

from protocols.clock import RandomSource

SLOT_MS = 25
PATH_MM = 3_000
"""A push begins and ends this far from the door."""
BESIDE_MM = 800
"""How far to the side of the antennas goods go through."""
AT_ONE_METRE_DBM = -46.0
SURE_DBM, DEAF_DBM = -62.0, -72.0
NOISE_DBM = 3
"""Loudness varies by up to this much, up and down."""
SPEED_MM_PER_S = 1_500
TAGS_MAX = 20_000
"""Tags in the air at once."""


class Direction(enum.Enum):
    """Which way goods go."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Tag:
    """An EPC with its length in bits."""

    epc: bytes
    bits: int = 96


@dataclass(frozen=True, slots=True)
class Antenna:
    """`number` as on the reader's socket, from 1; where it hangs."""

    number: int
    x_mm: int


@dataclass(frozen=True, slots=True)
class Heard:
    """One read."""

    tag: Tag
    antenna: int
    rssi_dbm: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class _Push:
    tag: Tag
    way: Direction
    from_ms: int
    speed_mm_per_s: int

    def x_mm(self, at_ms: int) -> int | None:
        gone_mm = (at_ms - self.from_ms) * self.speed_mm_per_s // 1000
        if gone_mm < 0 or gone_mm > 2 * PATH_MM:
            return None
        return gone_mm - PATH_MM if self.way is Direction.IN else PATH_MM - gone_mm

    def over(self, at_ms: int) -> bool:
        return (at_ms - self.from_ms) * self.speed_mm_per_s // 1000 > 2 * PATH_MM


def door_antennas(count: int = 4, apart_mm: int = 1_200) -> tuple[Antenna, ...]:
    """The first half of the antennas outside, the second inside. A single one hangs above the door."""
    if count == 1:
        return (Antenna(1, 0),)
    half = apart_mm // 2
    return tuple(Antenna(number, -half if number <= count // 2 else half) for number in range(1, count + 1))


class Air:
    """Tags near the antennas."""

    def __init__(self, antennas: Sequence[Antenna], rng: RandomSource, now_ms: int, *, read_percent: int = 60) -> None:
        self.antennas = tuple(antennas)
        self.read_percent = read_percent
        self._rng = rng
        self._pushes: list[_Push] = []
        self._standing: dict[Tag, int] = {}
        self._slot = now_ms // SLOT_MS

    @property
    def tags(self) -> int:
        """How many tags are near."""
        return len(self._pushes) + len(self._standing)

    def push(self, tags: Sequence[Tag], way: Direction, now_ms: int, *, speed_mm_per_s: int = SPEED_MM_PER_S) -> int:
        """Tags go through the door together, beginning now. Returns how long that takes, ms. Raises ValueError: too many."""
        self._room_for(len(tags))
        if speed_mm_per_s <= 0:
            raise ValueError("a push needs a speed above 0")
        self._pushes.extend(_Push(tag, way, now_ms, speed_mm_per_s) for tag in tags)
        return 2 * PATH_MM * 1000 // speed_mm_per_s

    def stand(self, tags: Sequence[Tag], x_mm: int) -> None:
        """Tags stand still at a place (inside is positive) until taken away. Raises ValueError: too many."""
        self._room_for(len(tags))
        self._standing.update((tag, x_mm) for tag in tags)

    def take_away(self, tags: Sequence[Tag]) -> None:
        """Standing tags are gone."""
        for tag in tags:
            self._standing.pop(tag, None)

    def skip(self, now_ms: int) -> None:
        """Nobody listened until now."""
        self._slot = -(-now_ms // SLOT_MS)
        self._pushes = [push for push in self._pushes if not push.over(now_ms)]

    def listen(self, now_ms: int, switched_on: Sequence[int]) -> list[Heard]:
        """What the antennas heard since the last call, in order of time. Antenna 0: all."""
        antennas = [one for one in self.antennas if 0 in switched_on or one.number in switched_on]
        heard: list[Heard] = []
        until = now_ms // SLOT_MS
        while antennas and self._slot < until and self.tags:
            at_ms = self._slot * SLOT_MS
            self._ask(antennas[self._slot % len(antennas)], at_ms, heard)
            self._slot += 1
        self.skip(until * SLOT_MS)
        return heard

    def _ask(self, antenna: Antenna, at_ms: int, heard: list[Heard]) -> None:
        for push in self._pushes:
            x_mm = push.x_mm(at_ms)
            if x_mm is not None:
                self._try(push.tag, x_mm, antenna, at_ms, heard)
        for tag, x_mm in self._standing.items():
            self._try(tag, x_mm, antenna, at_ms, heard)

    def _try(self, tag: Tag, x_mm: int, antenna: Antenna, at_ms: int, heard: list[Heard]) -> None:
        metres = math.hypot(x_mm - antenna.x_mm, BESIDE_MM) / 1000
        chance, *noise = self._rng.bytes(3)
        loud = AT_ONE_METRE_DBM - 40 * math.log10(metres) + (noise[0] + noise[1] - 255) * NOISE_DBM / 255
        heard_share = min(1.0, max(0.0, (loud - DEAF_DBM) / (SURE_DBM - DEAF_DBM)))
        if chance < heard_share * self.read_percent * 2.56:
            heard.append(Heard(tag, antenna.number, round(loud), at_ms))

    def _room_for(self, count: int) -> None:
        if self.tags + count > TAGS_MAX:
            raise ValueError(f"at most {TAGS_MAX} tags can be near the reader")
