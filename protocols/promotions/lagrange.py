"""Bounds for amounts that cut the basket: a price on what counts toward a threshold (Lagrange).

With B the amount of a measure, X its threshold and m in [0, 1]: every choice with B >= X has
total >= m X + min over all choices of (total - m B), and the minimum is the same dynamic programme with weighted nets.

A weighted reduction may grow as prices fall, and then consecutive groups are no longer best; so each reduction is taken as
the largest weighted one from there on, which is a relaxation and keeps the small state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from protocols.promotions.components import MONEY_SHIFT, Component, Layers, Option, cheapest_walk, completion, money_and_ties
from protocols.promotions.machine import CREDIT
from protocols.promotions.problem import Nodes, Problem, uses_of
from protocols.promotions.scenarios import WHOLE, Scenario

UNIT = 64
"""Multipliers and weights are whole numbers of 1/64."""
MULTIPLIERS = (16, 8, 40, 64, 24, 48)
KEPT = 2
"""Per measure: those with the best bound."""
SHARE_OF_BUDGET = 2
"""At most half of what is left goes into these bounds."""


@dataclass(frozen=True, slots=True)
class Multiplied:
    """Completion bounds of (total - m B) x 64, per component, for one measure and one m."""

    measure: int
    times: int
    layers: tuple[tuple[Layers, int], ...]
    """By component: layers, and the factor to read them with."""
    shift: tuple[int, ...]
    """By component: how far the values are shifted left."""
    after: tuple[int, ...]
    """By component: the least of all later components."""
    fixed: int
    uses: tuple[tuple[int, tuple[int, int]], ...]
    """A choice that reaches the minimum: often a good answer."""
    offs: tuple[dict[int, list[list[int]]], ...]
    """By component, by offer: see `LabelSearch`."""

    def least_total(self, reach_minor: int) -> int:
        """The least total of the basket when the measure reaches `reach_minor`."""
        return -(-(self.times * reach_minor + self.fixed + self.after[0] + self.first(0)) // UNIT)

    def first(self, part: int) -> int:
        """The least of one component from its beginning."""
        layers, factor = self.layers[part]
        return (layers[0][0] >> self.shift[part]) * factor


def bounds_for(problem: Problem, live: Sequence[Scenario], nodes: Nodes) -> list[Multiplied]:
    """For every measure a live scenario needs, beside the whole basket, some multipliers."""
    needed = sorted({measure for scenario in live for measure, _ in scenario.needs if measure != WHOLE})
    allowance = nodes.left // SHARE_OF_BUDGET
    found: list[Multiplied] = []
    for measure in needed:
        members = problem.choices.measures[measure]
        cost = sum(part.effort for part in problem.parts if _cut(part, members))
        reach = max(reach for scenario in live for at, reach in scenario.needs if at == measure)
        tried: dict[int, Multiplied] = {}
        for times in MULTIPLIERS:
            if cost * len(needed) <= allowance:
                allowance -= cost
                nodes.spend(cost)
                tried[times] = _multiplied(problem, measure, times)
        found += sorted(tried.values(), key=lambda each: (-each.least_total(reach), each.times))[:KEPT]
    return found


def _cut(part: Component, members: frozenset[int]) -> bool:
    inside = sum(at in members for at in part.units)
    return 0 < inside < len(part.units)


def _multiplied(problem: Problem, measure: int, times: int) -> Multiplied:
    members = problem.choices.measures[measure]
    layers: list[tuple[Layers, int]] = []
    shifts: list[int] = []
    offs: list[dict[int, list[list[int]]]] = []
    uses: dict[int, tuple[int, int]] = {}
    for part, plain in zip(problem.parts, problem.layers, strict=True):
        if _cut(part, members):
            weights = [UNIT - times if at in members else UNIT for at in part.units]
            reductions = largest_from(problem, part, weights)
            cost = weighted(problem, part, weights, reductions)
            own = completion(part, cost)
            uses.update(uses_of(part, cheapest_walk(part, own, cost)))
            layers.append((own, 1))
            shifts.append(0)
            offs.append(sums_from(reductions))
        else:
            factor = UNIT - times if part.units[0] in members else UNIT
            uses.update(uses_of(part, cheapest_walk(part, plain, money_and_ties)))
            layers.append((plain, factor))
            shifts.append(MONEY_SHIFT)
            offs.append(sums_from(largest_from(problem, part, [factor] * len(part.units))))
    firsts = [(each[0][0] >> shift) * factor for (each, factor), shift in zip(layers, shifts, strict=True)]
    after = tuple(sum(firsts[at + 1 :]) for at in range(len(firsts))) or (0,)
    fixed = UNIT * problem.fixed[WHOLE] - times * problem.fixed[measure]
    return Multiplied(measure, times, tuple(layers), tuple(shifts), after, fixed, tuple(uses.items()), tuple(offs))


Reductions = dict[int, list[int | None]]
"""By offer that reduces the cheapest: by place in the walk, the largest weighted reduction from there on, if it is in it."""


def largest_from(problem: Problem, part: Component, weights: Sequence[int]) -> Reductions:
    """See `Reductions`."""
    found: Reductions = {}
    for number in part.offers:
        rule = problem.world.offers[number].cheapest
        if rule is None:
            continue
        largest = 0
        row: list[int | None] = [None] * len(part.units)
        for place in range(len(part.units) - 1, -1, -1):
            at = part.units[place]
            if at in rule.off:
                largest = max(largest, weights[place] * rule.off[at])
                row[place] = largest
        found[number] = row
    return found


def sums_from(reductions: Reductions) -> dict[int, list[list[int]]]:
    """By offer, by place in the walk: the sums of the next 0, 1, 2 ... reductions."""
    found: dict[int, list[list[int]]] = {}
    for number, row in reductions.items():
        sums: list[list[int]] = []
        for place in range(len(row) + 1):
            line = [0]
            for each in row[place:]:
                if each is not None:
                    line.append(line[-1] + each)
            sums.append(line)
        found[number] = sums
    return found


def weighted(
    problem: Problem, part: Component, weights: Sequence[int], reductions: Reductions
) -> Callable[[int, Option], int]:
    """The cost of a use: its weighted net, with the relaxed reduction for the cheap units of a group."""

    def cost(place: int, option: Option) -> int:
        row = reductions.get(option.offer)
        if row is None or option.code == CREDIT:
            return weights[place] * option.net_minor
        rule = problem.world.offers[option.offer].cheapest
        if rule is None:
            return weights[place] * option.net_minor
        return weights[place] * rule.price[part.units[place]] - (row[place] or 0)

    return cost
