"""How a price check is judged: the one rule for the store's screen and the chain's report. Pure; money in minor units.

Both kinds of error count: an inspection fails for undercharges as well (U.S. price verification survey 2024: 77 % of
inspections passed, 88 % would have without them). A price nobody could read is told apart: it is no price, right or wrong,
but somebody must look.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

ACCURACY_WANTED_BP = 9_800
"""98 %: what inspections ask for (NIST Handbook 130, Examination Procedure for Price Verification)."""
WHOLE_BP = 10_000


class Finding(enum.StrEnum):
    """What a comparison gave."""

    UNCHECKED = "unchecked"
    CORRECT = "correct"
    OVERCHARGE = "overcharge"
    """The till asks more than the shelf says."""
    UNDERCHARGE = "undercharge"
    MISSING = "missing"
    """No price can be read: no label, a blank or a broken one."""


class Compared(Protocol):
    """A line of a check, whoever keeps it."""

    @property
    def sampled(self) -> bool:
        """Whether it was drawn; what a person added is told and not scored."""

    @property
    def finding(self) -> str:
        """A `Finding`."""

    @property
    def seen_minor(self) -> int | None:
        """On the shelf."""

    @property
    def till_minor(self) -> int | None:
        """At the till."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a sample says. Sums of differences are positive."""

    drawn: int
    correct: int
    overcharges: int
    undercharges: int
    missing: int
    unchecked: int
    overcharge_minor: int
    undercharge_minor: int

    @property
    def checked(self) -> int:
        """Prices that were read and compared."""
        return self.correct + self.overcharges + self.undercharges

    @property
    def accuracy_bp(self) -> int | None:
        """Correct ones of those checked, in basis points, rounded down; None while nothing is checked."""
        return None if self.checked == 0 else WHOLE_BP * self.correct // self.checked

    @property
    def passed(self) -> bool:
        """Whether enough is right. Exact, not after rounding."""
        return self.checked > 0 and self.correct * WHOLE_BP >= ACCURACY_WANTED_BP * self.checked


def judge(seen_minor: int, till_minor: int) -> Finding:
    """A price read on the shelf against the till's."""
    if till_minor > seen_minor:
        return Finding.OVERCHARGE
    return Finding.UNDERCHARGE if till_minor < seen_minor else Finding.CORRECT


def score(lines: Iterable[Compared]) -> Score:
    """Count the drawn lines."""
    counts = dict.fromkeys(Finding, 0)
    sums = dict.fromkeys(Finding, 0)
    for line in lines:
        if line.sampled:
            finding = Finding(line.finding)
            counts[finding] += 1
            if line.seen_minor is not None and line.till_minor is not None:
                sums[finding] += abs(line.till_minor - line.seen_minor)
    return Score(
        drawn=sum(counts.values()),
        correct=counts[Finding.CORRECT],
        overcharges=counts[Finding.OVERCHARGE],
        undercharges=counts[Finding.UNDERCHARGE],
        missing=counts[Finding.MISSING],
        unchecked=counts[Finding.UNCHECKED],
        overcharge_minor=sums[Finding.OVERCHARGE],
        undercharge_minor=sums[Finding.UNDERCHARGE],
    )
