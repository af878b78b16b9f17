"""Prices over time. Pure.

In force is the highest revision with `from <= now < to` (protocols/contract/feed_rows.py; the box reads it the same way).
Revisions of an item only grow, over all books, and are never used twice. Inside one book people may rely on this rule:

**Whichever change starts later wins from its start; of two that start together, the one asked for later.**

Because the highest revision wins, a change made today would hide one that was scheduled earlier for next week; so a
scheduled change that starts later is issued again with a higher revision. A scheduled change is kept even when its price is
the one in force before it: another change may still come in between. Only a change that starts now and says what holds
anyway, and a scheduled one that repeats a scheduled one, come to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cloud.refusals import FieldProblem

PRICE_MINOR_MAX = 99_999_999
PAST_TOLERANCE_MS = 5 * 60 * 1000
"""A change dated at most this long ago counts as "now": clocks of people and servers differ."""
AHEAD_MAX_MS = 2 * 366 * 24 * 3600 * 1000
BIG_CHANGE_SHARE = 2
"""A price that changes by more than a factor of this is probably a slip of the finger."""
FEED_HISTORY_MS = 7 * 24 * 3600 * 1000
"""How long a hidden revision stays in the feed: a store whose clock is a little behind still needs it."""


@dataclass(frozen=True)
class Revision:
    """One revision of an item's price in a book; `to_ms` None = until further notice."""

    revision: int
    price_minor: int
    from_ms: int
    to_ms: int | None = None
    reason: str = ""
    was_minor: int | None = None
    """The comparison price that may be printed beside it."""

    def covers(self, at_ms: int) -> bool:
        """Whether this revision may apply at the instant."""
        return self.from_ms <= at_ms and (self.to_ms is None or at_ms < self.to_ms)


@dataclass(frozen=True)
class WantedPrice:
    """What a person asks for. `from_ms` None = now. `was_minor`: the comparison price they claim, None: what is allowed."""

    item_id: str
    price_minor: int
    from_ms: int | None = None
    to_ms: int | None = None
    reason: str = ""
    was_minor: int | None = None


@dataclass(frozen=True)
class PriceWarning:
    """Something to look at twice; `code` is stable."""

    code: str
    detail: str


@dataclass(frozen=True)
class PricePlan:
    """What a change would do to one item: which revisions come, which scheduled ones are replaced by them."""

    item_id: str
    before: Revision | None
    """In force at the moment the change starts."""
    added: tuple[Revision, ...]
    """The asked revision first, then later scheduled ones issued again. Empty: nothing would change."""
    withdrawn: tuple[int, ...]
    """Revisions of scheduled changes that `added` replaces, or issues again."""
    warnings: tuple[PriceWarning, ...] = ()
    paid_minor: int | None = None
    """Of a book beside the zone's own: what its customers pay at that moment, from whichever book."""

    @property
    def kept_scheduled(self) -> int:
        """How many later scheduled changes are issued again."""
        return max(0, len(self.added) - 1)

    @property
    def unchanged(self) -> bool:
        return not self.added


def in_force(revisions: Sequence[Revision], at_ms: int) -> Revision | None:
    """The revision that applies at an instant, None when the item has no price then."""
    return max((row for row in revisions if row.covers(at_ms)), key=lambda row: row.revision, default=None)


def check_wanted(wanted: WantedPrice, now_ms: int) -> list[FieldProblem]:
    """Problems of the request that need no knowledge of the item."""
    problems: list[FieldProblem] = []
    if not 1 <= wanted.price_minor <= PRICE_MINOR_MAX:
        problems.append(
            FieldProblem("price_minor", f"not between 1 and {PRICE_MINOR_MAX}", "Give the price in cents (minor units).")
        )
    start_ms = now_ms if wanted.from_ms is None else wanted.from_ms
    if start_ms < now_ms - PAST_TOLERANCE_MS:
        problems.append(
            FieldProblem("effective_from_ms", "in the past", "Leave it out to start now, or choose a later time.")
        )
    if start_ms > now_ms + AHEAD_MAX_MS:
        problems.append(FieldProblem("effective_from_ms", "more than two years ahead", "Check the date."))
    if wanted.to_ms is not None and wanted.to_ms <= max(start_ms, now_ms):
        problems.append(FieldProblem("effective_to_ms", "not after the start", "Choose an end after the start, or none."))
    return problems


def plan_change(existing: Sequence[Revision], wanted: WantedPrice, *, now_ms: int, revision_floor: int = 0) -> PricePlan:
    """Decide the revisions a checked request leads to. `revision_floor` is the highest revision ever issued."""
    start_ms = now_ms if wanted.from_ms is None else max(wanted.from_ms, now_ms)
    before = in_force(existing, start_ms)
    if _comes_to_nothing(before, wanted, start_ms, now_ms):
        return PricePlan(wanted.item_id, before, (), ())
    later = sorted((row for row in existing if row.from_ms > start_ms), key=lambda row: (row.from_ms, row.revision))
    replaced = [row for row in existing if row.from_ms == start_ms > now_ms and _ends_by(row, wanted.to_ms)]
    revision = max([revision_floor, *(row.revision for row in existing)]) + 1
    asked = Revision(revision, wanted.price_minor, start_ms, wanted.to_ms, wanted.reason, wanted.was_minor)
    again = tuple(replace(row, revision=revision + number) for number, row in enumerate(later, 1))
    withdrawn = tuple(row.revision for row in [*replaced, *later])
    return PricePlan(wanted.item_id, before, (asked, *again), withdrawn, _warnings(before, asked, len(again), len(replaced)))


def plan_changes(
    existing: Mapping[str, Sequence[Revision]], wanted: Sequence[WantedPrice], *, now_ms: int, floors: Mapping[str, int]
) -> tuple[list[PricePlan], dict[str, list[Revision]]]:
    """Plan many checked requests, an item perhaps several times at different starts: (a plan each, what there is after all).

    They are planned in the order of their starts, so that none is issued again because of another of the same request.
    """
    after: dict[str, list[Revision]] = {}
    plans: dict[int, PricePlan] = {}
    order = sorted(range(len(wanted)), key=lambda number: wanted[number].from_ms or now_ms)
    for number in order:
        row = wanted[number]
        before = after.get(row.item_id, list(existing.get(row.item_id, ())))
        plan = plan_change(before, row, now_ms=now_ms, revision_floor=floors.get(row.item_id, 0))
        after[row.item_id] = [kept for kept in before if kept.revision not in plan.withdrawn] + list(plan.added)
        plans[number] = plan
    return [plans[number] for number in range(len(wanted))], after


def _ends_by(row: Revision, end_ms: int | None) -> bool:
    return end_ms is None or (row.to_ms is not None and row.to_ms <= end_ms)


def _comes_to_nothing(before: Revision | None, wanted: WantedPrice, start_ms: int, now_ms: int) -> bool:
    if before is None or (before.price_minor, before.to_ms) != (wanted.price_minor, wanted.to_ms):
        return False
    if wanted.was_minor is not None and before.was_minor != wanted.was_minor:
        return False
    return before.from_ms == start_ms or (start_ms == now_ms and before.to_ms is None)


def _warnings(before: Revision | None, asked: Revision, issued_again: int, replaced: int) -> tuple[PriceWarning, ...]:
    warnings: list[PriceWarning] = []
    if before is not None:
        low, high = sorted((before.price_minor, asked.price_minor))
        if high > low * BIG_CHANGE_SHARE:
            warnings.append(PriceWarning("big_change", f"from {before.price_minor} to {asked.price_minor} minor units"))
    if asked.to_ms is not None and before is None:
        warnings.append(PriceWarning("no_price_after", "the item has no price after this one ends"))
    if replaced:
        warnings.append(
            PriceWarning("scheduled_replaced", f"{replaced} change(s) scheduled for the same moment are replaced")
        )
    if issued_again:
        warnings.append(PriceWarning("scheduled_kept", f"{issued_again} scheduled change(s) stay and start as planned"))
    return tuple(warnings)


def hidden_for_good(revisions: Sequence[Revision], *, now_ms: int) -> tuple[int, ...]:
    """Revisions no store needs any more: ended, or hidden by an open-ended higher one, for `FEED_HISTORY_MS`."""
    settled_ms = now_ms - FEED_HISTORY_MS
    top = max((row.revision for row in revisions if row.to_ms is None and row.from_ms <= settled_ms), default=0)
    ended = {row.revision for row in revisions if row.to_ms is not None and row.to_ms <= settled_ms}
    return tuple(sorted({row.revision for row in revisions if row.revision < top} | ended))


def without_own_warnings(plan: PricePlan) -> PricePlan:
    """The plan for a book beside the zone's own: the usual price stays underneath, and what it costs stands elsewhere."""
    kept = tuple(warning for warning in plan.warnings if warning.code not in {"no_price_after", "big_change"})
    return replace(plan, warnings=kept)
