"""What tills booked, what their terminals took and what the acquirer pays, line by line. Pure.

The evening question is only about lines that do not agree; everything else is counted.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

NEAR_MS = 2 * 3_600_000
"""How far the clocks of a till and of an acquirer may be apart for two lines to be taken for the same."""


class Finding(enum.StrEnum):
    """How a line stands, in the order people want to see them."""

    NOT_BOOKED = "not_booked"
    """Money was taken, but no sale or return has it."""
    ONLY_TILL = "only_till"
    """The till has it, the acquirer's file does not."""
    ONLY_ACQUIRER = "only_acquirer"
    """The acquirer's file has it, no till of the store does."""
    AMOUNT_DIFFERS = "amount_differs"
    AGREES = "agrees"


@dataclass(frozen=True, slots=True)
class Movement:
    """Money a terminal moved, as the till recorded it. Given back: a negative amount."""

    attempt_id: str
    sale_id: str
    till_id: str
    method: str
    amount_minor: int
    at_ms: int
    reference: str = ""
    card_tail: str = ""
    booked: bool = True
    """A closed sale or return has it as a tender."""


@dataclass(frozen=True, slots=True)
class AcquirerLine:
    """One line of the acquirer's file."""

    line_no: int
    reference: str
    attempt_id: str
    method: str
    amount_minor: int
    currency: str
    at_ms: int
    card_tail: str = ""
    terminal_id: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two lines that are the same payment, or one that has no other."""

    finding: Finding
    ours: Movement | None
    theirs: AcquirerLine | None

    @property
    def difference_minor(self) -> int:
        """What the acquirer pays less what the till has."""
        return (self.theirs.amount_minor if self.theirs else 0) - (self.ours.amount_minor if self.ours else 0)


def reconcile(ours: Sequence[Movement], theirs: Sequence[AcquirerLine], *, have_file: bool = True) -> list[Pair]:
    """Pair the lines: by attempt, else by reference, else by amount, card and time when only one can be meant.

    Without an acquirer's file (`have_file` False) nothing is missing from it: only what was not booked is found.
    Problems come first, each kind by time.
    """
    left_ours, left_theirs, pairs = list(ours), list(theirs), []
    for same in (_same_attempt, _same_reference):
        for mine, other in _matched(left_ours, left_theirs, same):
            pairs.append(_pair(mine, other))
            left_ours.remove(mine)
            left_theirs.remove(other)
    for mine, other in _alike(left_ours, left_theirs):
        pairs.append(_pair(mine, other))
        left_ours.remove(mine)
        left_theirs.remove(other)
    pairs.extend(_alone(mine, have_file=have_file) for mine in left_ours)
    pairs.extend(Pair(Finding.ONLY_ACQUIRER, None, other) for other in left_theirs)
    order = {finding: place for place, finding in enumerate(Finding)}
    return sorted(pairs, key=lambda pair: (order[pair.finding], _at(pair), _name(pair)))


Key = Callable[[Movement | AcquirerLine], Hashable]


def _same_attempt(line: Movement | AcquirerLine) -> Hashable:
    return (line.attempt_id, line.amount_minor < 0) if line.attempt_id else None


def _same_reference(line: Movement | AcquirerLine) -> Hashable:
    return (line.reference, line.amount_minor < 0) if line.reference else None


def _matched(ours: Sequence[Movement], theirs: Sequence[AcquirerLine], key: Key) -> list[tuple[Movement, AcquirerLine]]:
    waiting: dict[Hashable, list[AcquirerLine]] = defaultdict(list)
    for line in theirs:
        if (name := key(line)) is not None:
            waiting[name].append(line)
    found = []
    for mine in ours:
        name = key(mine)
        if name is not None and waiting[name]:
            found.append((mine, waiting[name].pop(0)))
    return found


def _alike(ours: Sequence[Movement], theirs: Sequence[AcquirerLine]) -> list[tuple[Movement, AcquirerLine]]:
    """Pairs of the same amount and card, near in time, where neither has another candidate."""
    candidates = [(mine, other) for mine in ours for other in theirs if _may_be(mine, other)]
    of_ours, of_theirs = _count(mine for mine, _ in candidates), _count(other for _, other in candidates)
    return [(mine, other) for mine, other in candidates if of_ours[mine] == 1 and of_theirs[other] == 1]


def _may_be(mine: Movement, other: AcquirerLine) -> bool:
    cards_differ = bool(mine.card_tail and other.card_tail) and mine.card_tail != other.card_tail
    return mine.amount_minor == other.amount_minor and not cards_differ and abs(mine.at_ms - other.at_ms) <= NEAR_MS


def _count(lines: Iterable[Hashable]) -> dict[Hashable, int]:
    counts: dict[Hashable, int] = defaultdict(int)
    for line in lines:
        counts[line] += 1
    return counts


def _pair(mine: Movement, other: AcquirerLine) -> Pair:
    if not mine.booked:
        return Pair(Finding.NOT_BOOKED, mine, other)
    agrees = mine.amount_minor == other.amount_minor
    return Pair(Finding.AGREES if agrees else Finding.AMOUNT_DIFFERS, mine, other)


def _alone(mine: Movement, *, have_file: bool) -> Pair:
    if not mine.booked:
        return Pair(Finding.NOT_BOOKED, mine, None)
    return Pair(Finding.ONLY_TILL if have_file else Finding.AGREES, mine, None)


def _at(pair: Pair) -> int:
    line = pair.ours or pair.theirs
    return 0 if line is None else line.at_ms


def _name(pair: Pair) -> str:
    line = pair.ours or pair.theirs
    return "" if line is None else f"{line.attempt_id} {line.reference}"
