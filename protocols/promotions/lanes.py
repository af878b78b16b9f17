"""Many small numbers side by side in one large integer, so that Python's own arithmetic works on all of them at once.

A *row* holds one number per state, each in a lane of `width` bits. The top bit of a lane is free: it catches the borrow when
rows are compared. A lane at or above `nowhere` stands for a state from which no legal end is reached.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from typing import NamedTuple

from protocols.promotions.machine import NEVER

NOWHERE = 1 << 80
"""A cost above any that is real."""


class Table(NamedTuple):
    """A way to use a unit, as a change of state: the digit of one machine moves by `steps`, all other digits stay."""

    steps: tuple[int, ...]
    stride: int

    def then(self, state: int) -> int:
        """The next state, or `NEVER`."""
        digit = state // self.stride % len(self.steps)
        following = self.steps[digit]
        return NEVER if following == NEVER else state + (following - digit) * self.stride


class Move(NamedTuple):
    """A table for rows: shifts with the lanes they are good for, and `nowhere` in the lanes of no step."""

    shifts: tuple[tuple[int, int], ...]
    void: int


class Lanes:
    """Rows of `count` numbers from 0 to `most`."""

    def __init__(self, count: int, most: int) -> None:
        self.count = count
        self.nowhere = 1 << most.bit_length()
        self.width = -(-(most.bit_length() + 2) // 32) * 32
        self._bytes = self.width // 8
        self._ones = int.from_bytes((1).to_bytes(self._bytes, "little") * count, "little")
        self._high = self._ones << self.width - 1

    @property
    def words(self) -> int:
        """The size of a row, in 32 bits."""
        return self.count * self.width // 32

    def all(self, value: int) -> int:
        """A row of one number."""
        return self._ones * value

    def ends(self, final: Sequence[bool]) -> int:
        """0 where a walk may end, else `nowhere`."""
        zero, void = bytes(self._bytes), self.nowhere.to_bytes(self._bytes, "little")
        return int.from_bytes(b"".join([zero if each else void for each in final]), "little")

    def move(self, table: Table) -> Move:
        """Ready to be used on rows."""
        by_shift: dict[int, set[int]] = {}
        for digit, following in enumerate(table.steps):
            if following != NEVER:
                by_shift.setdefault((following - digit) * table.stride, set()).add(digit)
        allowed = {digit for digits in by_shift.values() for digit in digits}
        shifts = tuple((by * self.width, self._mask(table, digits)) for by, digits in by_shift.items())
        return Move(shifts, self._mask(table, set(range(len(table.steps))) - allowed) & self.all(self.nowhere))

    def _mask(self, table: Table, digits: set[int]) -> int:
        """All bits of the lanes where the machine is in one of these states."""
        size = self._bytes * table.stride
        block = b"".join([(b"\xff" if digit in digits else b"\0") * size for digit in range(len(table.steps))])
        return int.from_bytes(block * (self.count // (table.stride * len(table.steps))), "little")

    @staticmethod
    def moved(row: int, move: Move) -> int:
        """By state, the number of the state a use leads to."""
        found = move.void
        for shift, mask in move.shifts:
            found |= (row >> shift if shift >= 0 else row << -shift) & mask
        return found

    def least(self, one: int, two: int) -> int:
        """By state, the lesser of two numbers."""
        larger = ((one | self._high) - two) & self._high
        return one ^ ((one ^ two) & (larger - (larger >> self.width - 1)))

    def numbers(self, row: int) -> Sequence[int]:
        """The numbers of a row, ready to be looked up."""
        raw = row.to_bytes(self._bytes * self.count, "little")
        if self.width > 64:
            steps = range(0, len(raw), self._bytes)
            return [int.from_bytes(raw[at : at + self._bytes], "little") for at in steps]
        found = array("I" if self.width == 32 else "Q", raw)
        if sys.byteorder == "big":
            found.byteswap()
        return found


class Layers:
    """By unit (and the end), by state, the least cost of all that follows."""

    def __init__(self, rows: Sequence[Sequence[int]], offsets: Sequence[int], nowhere: int) -> None:
        self._rows = rows
        self._offsets = offsets
        self._nowhere = nowhere

    def at(self, place: int, state: int) -> int:
        """`NOWHERE` when no legal end is reached."""
        found = self._rows[place][state]
        return found + self._offsets[place] if found < self._nowhere else NOWHERE

    @property
    def first(self) -> int:
        """The least cost of everything."""
        return self.at(0, 0)


def completion(final: Sequence[bool], tables: Sequence[Table], units: Sequence[Sequence[tuple[int, int]]]) -> Layers:
    """A dynamic programme from the end. `units`: by unit, its uses as cost and number of the table (-1: no change of state).

    Every unit has at least one use that changes no state. Costs may be negative.
    """
    bases = [min(cost for cost, _ in uses) for uses in units]
    lanes = Lanes(len(final), sum(max(cost for cost, _ in uses) - base for uses, base in zip(units, bases, strict=True)))
    moves = [lanes.move(table) for table in tables]
    row = lanes.ends(final)
    rows = [lanes.numbers(row)]
    offsets = [0]
    for uses, base in zip(reversed(units), reversed(bases), strict=True):
        row = _before(lanes, moves, row, [(cost - base, table) for cost, table in uses])
        rows.append(lanes.numbers(row))
        offsets.append(offsets[-1] + base)
    return Layers(rows[::-1], offsets[::-1], lanes.nowhere)


def _before(lanes: Lanes, moves: Sequence[Move], row: int, uses: Sequence[tuple[int, int]]) -> int:
    found = row + lanes.all(min(cost for cost, table in uses if table < 0))
    for cost, table in uses:
        if table >= 0:
            moved = lanes.moved(row, moves[table])
            found = lanes.least(found, moved + lanes.all(cost) if cost else moved)
    return found


def effort(size: int, units: Sequence[Sequence[object]]) -> int:
    """What one `completion` takes, as nodes."""
    uses = sum(len(each) for each in units)
    return uses * (250 + size) // 400 + len(units)
