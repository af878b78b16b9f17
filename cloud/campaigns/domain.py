"""What a campaign is, what may be done with it when, and when a ring opens by itself. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cloud.refusals import Conflict, FieldProblem, Forbidden, Invalid

LINES_MAX = 10_000
RINGS_MAX = 8
STORE_PRICES_MAX = 500_000
"""Prices (lines times stores) the rings before the last may give to single stores."""
NAME_LENGTH_MAX = 120
REASON_LENGTH_MAX = 200
MEMBERS_MAX = 500
"""Stores or regions one ring may name."""
TICKS_KEPT = 2_000
TICK_MS = 5_000
RATE_MS = 600_000
"""The time to go is told from what landed in so long."""
WATCHED_MS = 7 * 24 * 3600 * 1000
"""How long a finished campaign is still watched while some label does not show it."""
PRICE_MINOR_MAX = 99_999_999


class State(enum.StrEnum):
    """How far a campaign has come."""

    DRAFT = "draft"
    CHECKED = "checked"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    COMPLETE = "complete"
    RECALLED = "recalled"


EDITABLE = frozenset({State.DRAFT, State.CHECKED, State.AWAITING_APPROVAL, State.APPROVED})
"""Whoever changes one of these takes it back to a draft."""
PUBLISHED = frozenset({State.SCHEDULED, State.RUNNING, State.COMPLETE})


class Reach(enum.StrEnum):
    """Whom a ring is for."""

    STORES = "stores"
    REGIONS = "regions"
    ALL = "all"


class Opens(enum.StrEnum):
    """Who opens a ring."""

    HAND = "hand"
    ITSELF = "itself"


@dataclass(frozen=True)
class Line:
    """One price wanted. `to_ms` None: until further notice."""

    line_no: int
    zone: str
    item_id: str
    price_minor: int
    to_ms: int | None = None


@dataclass(frozen=True)
class RingPlan:
    """One ring. `percent` and `minutes`: the former ring must have landed so far for so long before it opens by itself."""

    name: str
    reach: Reach
    stores: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    opens: Opens = Opens.HAND
    percent: int = 95
    minutes: int = 10


EVERYWHERE = (RingPlan("", Reach.ALL),)
"""No trial: everything at once."""


@dataclass(frozen=True)
class Wanted:
    """What a person writes of a campaign besides its lines."""

    name: str
    reason: str
    starts_at_ms: int | None
    rings: tuple[RingPlan, ...]
    book_id: str = ""
    """The price book it changes, for example of a promotion; empty: the own book of each line's zone."""


@dataclass(frozen=True)
class Finding:
    """Something a second person must have looked at; `code` is stable."""

    zone: str
    item_id: str
    code: str
    detail: str


def check_wanted(wanted: Wanted, now_ms: int) -> None:
    """Raise `Invalid` with every problem that needs no database."""
    problems: list[FieldProblem] = []
    if not 1 <= len(wanted.name.strip()) <= NAME_LENGTH_MAX:
        problems.append(FieldProblem("name", "empty or too long", f"1 to {NAME_LENGTH_MAX} characters."))
    if len(wanted.reason) > REASON_LENGTH_MAX:
        problems.append(FieldProblem("reason", "too long", f"At most {REASON_LENGTH_MAX} characters."))
    if wanted.starts_at_ms is not None and wanted.starts_at_ms <= now_ms:
        problems.append(FieldProblem("starts_at_ms", "in the past", "Leave it out to start when it is published."))
    problems += _ring_problems(wanted.rings)
    if problems:
        raise Invalid.fields(problems)


def _ring_problems(rings: Sequence[RingPlan]) -> list[FieldProblem]:
    if not 1 <= len(rings) <= RINGS_MAX:
        return [FieldProblem("rings", f"{len(rings)} rings", f"1 to {RINGS_MAX}; the last one is everything.")]
    problems: list[FieldProblem] = []
    for number, ring in enumerate(rings):
        where = f"rings/{number}"
        last = number == len(rings) - 1
        if (ring.reach is Reach.ALL) != last:
            problems.append(FieldProblem(f"{where}/reach", "out of place", "The last ring, and only it, is everything."))
        members = {Reach.STORES: ring.stores, Reach.REGIONS: ring.regions, Reach.ALL: ()}[ring.reach]
        if ring.reach is not Reach.ALL and not 1 <= len(members) <= MEMBERS_MAX:
            problems.append(FieldProblem(f"{where}/{ring.reach}", "none or too many named", f"Name 1 to {MEMBERS_MAX}."))
        if number == 0 and ring.opens is Opens.ITSELF:
            problems.append(
                FieldProblem(f"{where}/opens", "nothing comes before it", "The first ring opens when published.")
            )
    return problems


def check_lines(lines: Sequence[Line], starts_ms: int) -> None:
    """Raise `Invalid` with every problem of the lines that needs no database; fields are `lines/{n}/…`."""
    problems: list[FieldProblem] = []
    if not 1 <= len(lines) <= LINES_MAX:
        raise Invalid.field("lines", f"{len(lines)} lines", f"1 to {LINES_MAX}.")
    seen: dict[tuple[str, str], int] = {}
    for number, line in enumerate(lines):
        where = f"lines/{number}"
        if not 1 <= line.price_minor <= PRICE_MINOR_MAX:
            problems.append(
                FieldProblem(
                    f"{where}/price_minor", f"not between 1 and {PRICE_MINOR_MAX}", "Give the price in minor units."
                )
            )
        if line.to_ms is not None and line.to_ms <= starts_ms:
            problems.append(FieldProblem(f"{where}/to_ms", "not after the start", "Choose an end after the start, or none."))
        first = seen.get((line.zone, line.item_id))
        seen.setdefault((line.zone, line.item_id), line.line_no)
        if first is not None:
            problems.append(
                FieldProblem(f"{where}/item_id", f"'{line.item_id}' stands in line {first} already", "One line per item.")
            )
    if problems:
        raise Invalid.fields(problems)


def need_state(state: State, *allowed: State) -> None:
    """Raise `Conflict` when this cannot be done with a campaign in this state."""
    if state not in allowed:
        raise Conflict("wrong_state", f"The campaign is {state}.", f"This can be done while it is {' or '.join(allowed)}.")


def need_second_person(authors: Iterable[str], login: str) -> None:
    """Raise `Forbidden` for somebody who made it or changed it."""
    if login in set(authors):
        raise Forbidden("own_campaign", "You made or changed this campaign.", "Somebody else approves it.")


@dataclass(frozen=True)
class Landing:
    """How far the open rings have landed, and what goes wrong there."""

    store_count: int
    applied_count: int
    label_count: int
    shown_count: int
    failures: tuple[str, ...] = ()
    """In plain words; each keeps the next ring closed."""

    @property
    def percent(self) -> int:
        """Stores that have applied it or labels that show it, whichever share is smaller; whole percent, rounded down.

        Where there is no store there is nothing to wait for.
        """
        shares = [100]
        for part, whole in ((self.applied_count, self.store_count), (self.shown_count, self.label_count)):
            if whole:
                shares.append(part * 100 // whole)
        return min(shares)


@dataclass(frozen=True)
class RingState:
    """A ring as it stands."""

    ring_no: int
    name: str
    reach: Reach
    opens: Opens
    percent: int
    minutes: int
    opened_at_ms: int | None = None
    opened_by: str = ""
    ready_since_ms: int | None = None
    waits: str = ""


@dataclass(frozen=True)
class Watch:
    """What the keeper makes of a ring that is not open: its new state, and whether it opens now."""

    ring: RingState
    open_now: bool


def watch(ring: RingState, landing: Landing, now_ms: int) -> Watch:
    """Whether a closed ring opens by itself: the former ones landed `percent` for `minutes`, and nothing failed."""
    if landing.failures:
        return Watch(replace(ring, ready_since_ms=None, waits=landing.failures[0]), False)
    if landing.percent < ring.percent:
        return Watch(replace(ring, ready_since_ms=None, waits=f"landed {landing.percent} % of {ring.percent} %"), False)
    since_ms = now_ms if ring.ready_since_ms is None else ring.ready_since_ms
    left_ms = since_ms + ring.minutes * 60_000 - now_ms
    ready = replace(
        ring, ready_since_ms=since_ms, waits="" if left_ms <= 0 else f"landed; must stay so for {ring.minutes} min"
    )
    return Watch(ready, ring.opens is Opens.ITSELF and left_ms <= 0)


@dataclass(frozen=True)
class Tick:
    """One point of the landing over time."""

    at_ms: int
    ring_no: int
    store_count: int
    applied_count: int
    label_count: int
    shown_count: int


def eta_ms(ticks: Sequence[Tick], since_ms: int, now_ms: int) -> int | None:
    """When the last label shows it, if they go on landing as in the last `RATE_MS`; None: nothing moves, or nothing is left.

    `since_ms`: of the newest publication; what landed before landed for another one. Told from labels where there are any,
    else from stores.
    """
    if not ticks:
        return None
    last = ticks[-1]
    whole, done = (last.label_count, last.shown_count) if last.label_count else (last.store_count, last.applied_count)
    if done >= whole:
        return None
    recent = [tick for tick in ticks if tick.at_ms >= max(since_ms, now_ms - RATE_MS)]
    if not recent:
        return None
    first = recent[0]
    before = first.shown_count if last.label_count else first.applied_count
    span_ms, moved = now_ms - first.at_ms, done - before  # up to now: while nothing lands, the rate falls
    if moved <= 0 or span_ms <= 0:
        return None
    return now_ms + (whole - done) * span_ms // moved
