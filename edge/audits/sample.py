"""Which prices to check: a random sample anybody can draw again from the seed on the report. Pure, integers only.

Each candidate gets a number from SHA-256 of seed and name; the highest numbers are drawn. One with weight w takes the
highest of w numbers: the maximum of w uniform numbers is distributed as u^(1/w), so this is weighted sampling without
replacement (Efraimidis and Spirakis, 2006). Candidates' order does not matter, and neither does the machine.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

PROMOTION_WEIGHT = 3
"""A reduced price is drawn as if it stood there three times: reductions begin and end, and there shelves go wrong."""
_RANK_BYTES = 8


class How(enum.StrEnum):
    """How a sample is drawn."""

    STRATIFIED = "stratified"
    """Every aisle (or category) gets its share, promotions more than theirs."""
    RANDOM = "random"
    """Each price is as likely as any other."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a label hangs; an empty aisle: not known. `shelf` 1 is the lowest board, `slot` 1 the leftmost place."""

    aisle: str = ""
    shelf: int = 0
    slot: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """One price on the shelf."""

    item_id: str
    label_id: str
    """Empty: a printed label."""
    category: str = ""
    position: Position = Position()
    promotion: bool = False

    @property
    def stratum(self) -> str:
        """The aisle it hangs in, else what kind of goods it is."""
        return self.position.aisle or self.category

    @property
    def weight(self) -> int:
        """How often it counts when strata are given their shares and when it is drawn."""
        return PROMOTION_WEIGHT if self.promotion else 1


@dataclass(slots=True)
class _Stratum:
    members: list[Candidate] = field(default_factory=list)
    share: int = 0

    @property
    def weight(self) -> int:
        return sum(member.weight for member in self.members)


def draw(candidates: Iterable[Candidate], size: int, seed: str, how: How) -> list[Candidate]:
    """At most `size` of them, in the order a person walks: aisle, board from left to right, then what has no position."""
    everybody = list(candidates)
    if how is How.RANDOM:
        drawn = _highest(everybody, size, seed, weighted=False)
    else:
        drawn = [
            each for stratum, share in _shares(everybody, size) for each in _highest(stratum, share, seed, weighted=True)
        ]
    return sorted(drawn, key=_walk)


def seed_of(audit_id: str) -> str:
    """A seed a person can type, from an id made by chance: 6 letters and digits without those that look alike."""
    alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    return "".join(alphabet[byte % len(alphabet)] for byte in hashlib.sha256(audit_id.encode()).digest()[:6])


def _shares(candidates: Sequence[Candidate], size: int) -> list[tuple[list[Candidate], int]]:
    """Seats by weight (Sainte-Laguë), none more than it has members; one for each first, while there are enough."""
    strata: dict[str, _Stratum] = {}
    for each in candidates:
        strata.setdefault(each.stratum, _Stratum()).members.append(each)
    named = sorted(strata.items())
    weights = {name: stratum.weight for name, stratum in named}
    left = min(size, len(candidates))
    if left >= len(named):
        for _, stratum in named:
            stratum.share = 1
        left -= len(named)
    for _ in range(left):
        open_ones = [(name, stratum) for name, stratum in named if stratum.share < len(stratum.members)]
        _, best = max(open_ones, key=lambda each: Fraction(weights[each[0]], 2 * each[1].share + 1))
        best.share += 1
    return [(stratum.members, stratum.share) for _, stratum in named]


def _highest(candidates: Sequence[Candidate], count: int, seed: str, *, weighted: bool) -> list[Candidate]:
    ranked = sorted(
        candidates, key=lambda each: (_rank(each, seed, each.weight if weighted else 1), _name(each)), reverse=True
    )
    return ranked[:count]


def _rank(candidate: Candidate, seed: str, numbers: int) -> int:
    texts = (f"{seed}\0{number}\0{candidate.item_id}\0{candidate.label_id}" for number in range(numbers))
    return max(int.from_bytes(hashlib.sha256(text.encode()).digest()[:_RANK_BYTES]) for text in texts)


def _name(candidate: Candidate) -> tuple[str, str]:
    return candidate.item_id, candidate.label_id


def _walk(candidate: Candidate) -> tuple[bool, tuple[int, str], int, int, str, str, str]:
    place = candidate.position
    return (not place.aisle, _natural(place.aisle), -place.shelf, place.slot, candidate.category, *_name(candidate))


def _natural(text: str) -> tuple[int, str]:
    """2 before 10."""
    digits = "".join(sign for sign in text if sign.isdigit() and sign.isascii())
    return int(digits or "0"), text
