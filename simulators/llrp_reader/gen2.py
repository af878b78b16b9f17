"""The air interface of tags (EPC Gen2) as far as a store notices it: sessions, inventoried flags, slots and Q. Pure.

A tag keeps a flag A or B for each of four sessions; a round asks for one of them, and a tag that was read turns its flag.
How long B lasts: S0 until the antenna goes off, S1 a while whatever happens, S2 and S3 while the tag hears any antenna and
a while after. Within a round tags choose slots; two in one slot are lost and choose again, and the reader adapts Q.
"""

from __future__ import annotations

import enum
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

SESSIONS = 4
S1_MS_MIN, S1_MS_SPAN = 800, 3_200
S23_MS_MIN, S23_MS_SPAN = 3_000, 12_000
Q_MAX = 15
CHANCE_FRAMES = 4
"""Chance is drawn for so many frames of all tags; a dwell that needs more uses it again from the start."""
READ_US, EMPTY_US, COLLISION_US = 600, 60, 250
"""What a slot takes with one tag in it, with none, with several: about 1,000 reads a second."""


class Target(enum.Enum):
    """Which tags a round asks: those still A, those already B, or A and B in turn whenever nobody is left."""

    A = "a"
    B = "b"
    DUAL = "dual"


@dataclass(frozen=True, slots=True)
class Query:
    """How a reader asks. `population`: its first guess for Q. `read_us`: a slow, robust mode takes longer for a tag."""

    session: int = 0
    target: Target = Target.A
    population: int = 32
    read_us: int = READ_US


class Flags:
    """The inventoried flags of one tag: until when each is B (ms; 0: it is A)."""

    __slots__ = ("_keeps_ms", "_until_ms")

    def __init__(self, epc: bytes) -> None:
        spread = zlib.crc32(epc) & 0xFFFF
        s23_ms = S23_MS_MIN + spread * S23_MS_SPAN // 0xFFFF
        self._keeps_ms = (0, S1_MS_MIN + spread * S1_MS_SPAN // 0xFFFF, s23_ms, s23_ms)
        self._until_ms = [0] * SESSIONS

    def is_b(self, session: int, now_ms: int) -> bool:
        """Whether the flag of a session is B. In S0 it is A whenever an antenna begins."""
        return self._until_ms[session] > now_ms

    def keeps_ms(self, session: int) -> int:
        """How long B lasts after the read (S1) or after the field (S2, S3); tags differ."""
        return self._keeps_ms[session]

    def powered(self, now_ms: int) -> None:
        """The tag hears an antenna: S2 and S3 last."""
        for session in (2, 3):
            if self._until_ms[session] > now_ms:
                self._until_ms[session] = now_ms + self._keeps_ms[session]

    def make_a(self, session: int) -> None:
        """A Select sets the flag to A."""
        self._until_ms[session] = 0

    def make_b(self, session: int, now_ms: int) -> None:
        """A Select sets the flag to B."""
        self._until_ms[session] = now_ms + self._keeps_ms[session]

    def turn(self, session: int, now_ms: int) -> None:
        """The tag was read in this session."""
        self._until_ms[session] = 0 if self.is_b(session, now_ms) else now_ms + self._keeps_ms[session]


@dataclass(frozen=True, slots=True)
class Round:
    """Who was read, by place in the list of those who answered, in order of time; and how the slots went."""

    read: list[int]
    collisions: int
    empty: int
    all_read: bool


class Slots:
    """The reader's side of anti-collision; keeps Q from one antenna to the next."""

    def __init__(self, population: int = 32) -> None:
        self.q = _q_for(population)

    def singulate(self, count: int, budget_us: int, query: Query, draw: Callable[[int], bytes]) -> Round:
        """Let `count` tags answer for so long. `draw` gives chance."""
        left, read = list(range(count)), list[int]()
        collisions = empty = taken = 0
        chance = draw(CHANCE_FRAMES * 2 * count + 2)
        while left and budget_us > 0:
            size = 1 << self.q
            chosen = _choose(left, size, chance, taken)
            taken += len(left)
            for slot in sorted(chosen):
                here = chosen[slot]
                cost_us = query.read_us if len(here) == 1 else COLLISION_US
                if cost_us > budget_us:
                    budget_us = 0
                    break
                budget_us -= cost_us
                if len(here) == 1:
                    read.append(here[0])
                else:
                    collisions += 1
            empty += size - len(chosen)
            budget_us -= (size - len(chosen)) * EMPTY_US
            done = set(read)
            left = [each for each in left if each not in done]
            self.q = _q_for(len(left))
        return Round(read, collisions, empty, not left)


def _choose(left: list[int], size: int, chance: bytes, taken: int) -> dict[int, list[int]]:
    at = 2 * taken if 2 * (taken + len(left)) <= len(chance) else 0
    chosen: dict[int, list[int]] = {}
    for each, number in zip(left, struct.unpack_from(f">{len(left)}H", chance, at), strict=True):
        slot = number & (size - 1)
        if slot in chosen:
            chosen[slot].append(each)
        else:
            chosen[slot] = [each]
    return chosen


def _q_for(tags: int) -> int:
    """The frame that fits: as many slots as tags, rounded up to a power of two."""
    return min(Q_MAX, max(0, tags - 1).bit_length())
