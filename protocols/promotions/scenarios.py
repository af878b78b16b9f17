"""The basket and coupon layers as a list of scenarios: which step of each programme, which coupons in which order.

In one scenario the amount due never falls when the amount before it (`running`) rises, so a least amount gives a bound; that
is why the list is worth making. Measures are the amounts that matter: 0 is everything open to offers, the others are scopes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from protocols.promotions.model import CouponUse, GiftCondition, Programme, Step

SCENARIOS_MAX = 4_000
SEQUENCES_MAX = 400
COUPONS_MAX = 8
"""Considered together, those that save most; the answer is not called proved when more are held."""
WHOLE = 0
NO_LIMIT = 1 << 60


@dataclass(frozen=True, slots=True)
class Scenario:
    """`needs` are the amounts to be reached, by measure; that of measure 0 includes what coupons ask for."""

    steps: tuple[tuple[Programme, Step], ...]
    coupons: tuple[CouponUse, ...]
    scopes: tuple[int, ...]
    """The measure of each coupon."""
    off_minor: int
    needs: tuple[tuple[int, int], ...]
    weight: int
    """Applications, for ties."""

    def due(self, amount_minor: int, scoped_minor: Sequence[int]) -> int:
        """What is due at most optimistically; `scoped_minor` are the amounts by measure. Exact but where a coupon looks at a
        scope or programmes exhaust a unit: then only sharing out tells."""
        running = max(0, amount_minor - self.off_minor)
        taken: dict[int, int] = {}
        for coupon, scope in zip(self.coupons, self.scopes, strict=True):
            if scope == WHOLE:
                saving = coupon.saving(running)
            else:
                saving = coupon.saving(max(0, scoped_minor[scope] - taken.get(scope, 0)))
                taken[scope] = taken.get(scope, 0) + saving
            running = max(0, running - saving)
        return running


@dataclass(frozen=True, slots=True)
class Scenarios:
    """All of them (least saving first), the measures, and whether any was left out."""

    all: tuple[Scenario, ...]
    measures: tuple[frozenset[int], ...]
    complete: bool


def scenarios(
    everything: frozenset[int],
    programmes: Sequence[Programme],
    coupons: Sequence[CouponUse],
    conditions: Sequence[GiftCondition],
) -> Scenarios:
    """Every legal choice in the layers above the units. `conditions` hold in all of them."""
    measures = [everything]

    def measure(members: frozenset[int]) -> int:
        if members not in measures:
            measures.append(members)
        return measures.index(members)

    demanded = tuple((measure(each.members), each.reach_minor) for each in conditions)
    known = [measure(each.members) for each in programmes]
    known_coupons = {id(each): measure(each.members) for each in coupons}
    sequences, complete = _sequences(coupons)
    found: list[Scenario] = []
    for choice in product(*((None, *each.steps) for each in programmes)):
        steps = tuple((each, step) for each, step in zip(programmes, choice, strict=True) if step is not None)
        needs = [*demanded, *((known[at], step.reach_minor) for at, step in enumerate(choice) if step is not None)]
        off = sum(step.off_minor for _, step in steps)
        for sequence in sequences:
            if len(found) >= SCENARIOS_MAX:
                return Scenarios(tuple(found), tuple(measures), False)
            scopes = tuple(known_coupons[id(each)] for each in sequence)
            found.append(_scenario(steps, sequence, scopes, off, needs))
    return Scenarios(tuple(found), tuple(measures), complete)


def _scenario(
    steps: tuple[tuple[Programme, Step], ...],
    sequence: tuple[CouponUse, ...],
    scopes: tuple[int, ...],
    off: int,
    needs: list[tuple[int, int]],
) -> Scenario:
    least = _least_running(sequence, scopes, WHOLE)
    by_measure: dict[int, int] = {WHOLE: least + off if least else 0}
    for at, reach in needs:
        by_measure[at] = max(by_measure.get(at, 0), reach)
    for scope in set(scopes) - {WHOLE}:
        by_measure[scope] = max(by_measure.get(scope, 0), _least_running(sequence, scopes, scope))
    reached = tuple(sorted((at, reach) for at, reach in by_measure.items() if reach > 0))
    weight = sum(step.times for _, step in steps) + len(sequence)
    return Scenario(steps, sequence, scopes, off, reached, weight)


def _least_running(sequence: tuple[CouponUse, ...], scopes: tuple[int, ...], wanted: int) -> int:
    """The least running amount at which every coupon of one scope reaches its threshold, in this order.

    Each coupon leaves more of a larger amount, so a search by halves finds it. Coupons of other scopes are taken to save
    nothing here.
    """
    whole = [coupon for coupon, scope in zip(sequence, scopes, strict=True) if scope == wanted]
    if not any(coupon.reach_minor for coupon in whole):
        return 0

    def reached(running: int) -> bool:
        for coupon in whole:
            if running < coupon.reach_minor:
                return False
            running -= coupon.saving(running)
        return True

    low, high = 0, 1
    while not reached(high):
        low, high = high, high * 2
        if high > NO_LIMIT:
            return NO_LIMIT
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle + 1, high)
    return low


def _sequences(coupons: Sequence[CouponUse]) -> tuple[list[tuple[CouponUse, ...]], bool]:
    """Every order of every set of coupons. Those of one promotion are alike: they are used by their ids."""
    kept = sorted(coupons, key=lambda each: (-_most(each), each.promotion.promotion_id, each.coupon_id))[:COUPONS_MAX]
    kept.sort(key=lambda each: (each.promotion.priority, each.promotion.promotion_id, each.coupon_id))
    found: list[tuple[CouponUse, ...]] = []
    for sequence in _orders(kept):
        if len(found) >= SEQUENCES_MAX:
            return found, False
        found.append(sequence)
    return found, len(kept) == len(coupons)


def _most(coupon: CouponUse) -> int:
    return coupon.off_minor or coupon.cap_minor or NO_LIMIT


def _orders(coupons: Sequence[CouponUse]) -> Iterator[tuple[CouponUse, ...]]:
    queue: list[tuple[int, ...]] = [()]
    for taken in queue:
        yield tuple(coupons[at] for at in taken)
        declared = max((at for at in taken if coupons[at].declared), default=-1)
        for at, coupon in enumerate(coupons):
            alike = [other for other in range(at) if coupons[other].promotion is coupon.promotion and other not in taken]
            if at not in taken and not alike and not (coupon.declared and at < declared) and not _idle(coupons, taken, at):
                queue.append((*taken, at))


def _idle(coupons: Sequence[CouponUse], taken: tuple[int, ...], at: int) -> bool:
    """Two fixed amounts without thresholds commute: only one order is kept."""
    if not taken or at > taken[-1]:
        return False
    pair = (coupons[taken[-1]], coupons[at])
    same_scope = pair[0].members == pair[1].members
    return same_scope and all(each.off_minor and not each.reach_minor for each in pair)
