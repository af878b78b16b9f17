"""Which units of a sale may be set aside for a return. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocols.contract.returns import UnitsGranted, UnitsWanted

RESERVED_MS = 2 * 3600 * 1000
"""How long units stay set aside for an open basket. A return that comes later still counts: a clash is listed."""
UNITS_MAX = 5_000
"""In one question."""


@dataclass(frozen=True)
class TooFew:
    """A line has fewer units left than are wanted."""

    line_no: int
    left: int


def grant(
    wanted: Sequence[UnitsWanted], sold: Mapping[int, int] | None, taken: Mapping[int, frozenset[int]]
) -> list[UnitsGranted] | TooFew:
    """The lowest free units of each line, in stored order. `sold`: units by line as headquarters recorded the sale; None: it
    is not here yet, and the store that sold it is believed."""
    granted: list[UnitsGranted] = []
    for line in wanted:
        units = line.sold if sold is None else sold.get(line.line_no, 0)
        gone = taken.get(line.line_no, frozenset()) | frozenset(line.taken)
        free = [unit for unit in range(min(units, UNITS_MAX)) if unit not in gone]
        if len(free) < line.quantity or line.quantity < 1:
            return TooFew(line.line_no, len(free))
        granted.append(UnitsGranted(line_no=line.line_no, units=tuple(free[: line.quantity])))
    return granted
