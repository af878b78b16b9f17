"""Solve one world: the components' optimum, then only the scenarios that could beat it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from protocols.promotions.components import PLAIN
from protocols.promotions.labels import LabelSearch
from protocols.promotions.lagrange import UNIT, Multiplied, Needs, Uphill
from protocols.promotions.problem import Found, Nodes, Problem, World
from protocols.promotions.scenarios import WHOLE, Scenario
from protocols.promotions.sums import Aim, Sums, aims_of
from protocols.promotions.walk import largest_amount

WIDTH_FIRST = 40
WIDER = 7
"""Labels kept per unit: in the first pass, and times how many in each further one."""
STEPS_MAX = 16
"""Steps uphill for one set of thresholds."""
SHARE_OF_BUDGET = 2
"""At most half of what is left goes into these bounds."""


@dataclass(frozen=True, slots=True)
class Live:
    """A scenario that may still beat the best answer, with the least it can come to."""

    scenario: Scenario
    bound_minor: int
    multiplied: tuple[Multiplied, ...] = ()


def solve(world: World, best: Found | None, nodes: Nodes) -> tuple[Found | None, int]:
    """The best answer of this world and the others so far, and a lower bound of this world."""
    problem = Problem.of(world, nodes)
    best = problem.judge(problem.cheapest_uses(), best)
    best = problem.judge({}, best)
    relaxed = any(part.relaxed for part in problem.parts)
    if relaxed:
        best = _single_offers(world, best, nodes)
    best, floor = _search(problem, best, nodes)
    if best is not None and floor < best.due_minor and relaxed:
        for price in (world.goods.own, problem.lists):
            strict = Problem.of(world, nodes, price)
            best = strict.judge(strict.cheapest_uses(), best)
            best, _ = _search(strict, best, nodes)
    return best, floor


def _single_offers(world: World, best: Found | None, nodes: Nodes) -> Found | None:
    """Each offer on its own. Where the optimum of the components is only a bound, nothing else says that the answer is
    no dearer than that."""
    for offer in world.offers:
        alone = Problem.of(replace(world, offers=(offer,)), nodes)
        best = alone.judge(alone.cheapest_uses(), best)
    return best


def _search(problem: Problem, best: Found | None, nodes: Nodes) -> tuple[Found | None, int]:
    """Everything above the components' optimum."""
    live = [Live(each, _bound(problem, each, ())) for each in problem.choices.all if _possible(problem, each)]
    floor = _floor(problem, live, best)
    live = _still(live, best)
    if best is not None and not problem.parts and problem.choices.complete:
        return best, best.due_minor
    if not live or best is None or not problem.parts:
        return best, floor
    best, live = _by_sums(problem, best, live, nodes)
    live = _still(live, best)
    floor = _floor(problem, live, best)
    if not live:
        return best, floor
    uphill = Uphill(problem, nodes)
    best, live = _by_slopes(problem, uphill, best, live, nodes)
    best = _by_sums_around(problem, best, live, nodes)
    floor = max(floor, _floor(problem, live, best))
    width = WIDTH_FIRST
    while True:
        live = _still(live, best)
        if not live:
            break
        before, last = nodes.spent, width
        aims = [(each.scenario, each.multiplied) for each in live]
        search = LabelSearch(problem, aims, uphill.slims, best.due_minor, nodes)
        best, dropped = search.run(width, best)
        floor = max(floor, min(best.due_minor, dropped))
        if floor >= best.due_minor or search.exhausted:
            break
        width = min(width * WIDER, width * nodes.left // (nodes.spent - before))
        if width <= last:
            break
    if not live:
        floor = best.due_minor
    return best, min(floor, best.due_minor)


def _by_sums(problem: Problem, best: Found, live: list[Live], nodes: Nodes) -> tuple[Found, list[Live]]:
    """Settle the scenarios that ask for totals only; those not settled stay, with what was learnt."""
    for at_will in (False, True):
        aims = aims_of([each.scenario for each in live], best.due_minor)
        if not aims:
            return best, live
        sums = Sums(problem, aims, nodes, at_will=at_will)
        best, floor = sums.run(best, nodes.left * (4 if len(aims) == len(live) else 2) // 5)
        live = _still(live, best)
        if sums.complete and at_will:
            settled = {id(aim.scenario) for aim in aims}
            live = [each if id(each.scenario) not in settled else replace(each, bound_minor=floor) for each in live]
    return best, live


def _by_slopes(problem: Problem, uphill: Uphill, best: Found, live: list[Live], nodes: Nodes) -> tuple[Found, list[Live]]:
    """Bounds for scenarios that ask for amounts of scopes, and the answers met on the way to them."""
    groups: dict[Needs, list[Live]] = {}
    for each in live:
        groups.setdefault(_cutting(each.scenario), []).append(each)
    asked = sorted(needs for needs in groups if needs)
    allowance = nodes.left // SHARE_OF_BUDGET
    settled = list(groups.get((), []))
    for number, needs in enumerate(asked):
        steps_max = min(STEPS_MAX, allowance // (len(asked) - number) // uphill.effort(needs))
        before = nodes.spent
        best, found = _uphill(problem, uphill, best, groups[needs], needs, steps_max)
        allowance -= nodes.spent - before
        settled += [
            replace(each, bound_minor=max(each.bound_minor, _bound(problem, each.scenario, found)), multiplied=found)
            for each in groups[needs]
        ]
    return best, settled


def _uphill(
    problem: Problem, uphill: Uphill, best: Found, group: Sequence[Live], needs: Needs, steps_max: int
) -> tuple[Found, tuple[Multiplied, ...]]:
    """The best few bounds for one set of thresholds; no more than it takes to drop its scenarios."""
    found: list[tuple[int, int, Multiplied]] = []
    steps = uphill.steps(needs, steps_max)
    target: int | None = None
    judged: set[tuple[tuple[int, tuple[int, int]], ...]] = set()
    while True:
        try:
            multiplied, value = next(steps) if target is None else steps.send(target)
        except StopIteration:
            break
        found.append((-value, len(found), multiplied))
        if multiplied.uses not in judged:
            judged.add(multiplied.uses)
            best = problem.judge(dict(multiplied.uses), best) or best
        target = max((_limit(problem, each.scenario, best) for each in group), default=0)
        if value > target * UNIT:
            break
    return best, _spread([each for _, _, each in sorted(found, key=lambda each: each[:2])])


def _spread(found: Sequence[Multiplied]) -> tuple[Multiplied, ...]:
    """The best bound, and the best ones of lower and higher prices: they know more about other parts of the basket."""
    if not found:
        return ()
    price = sum(each for _, each in found[0].times)
    prices = [(sum(more for _, more in each.times), each) for each in found]
    lower = [each for at, each in prices if 4 * at < 3 * price]
    higher = [each for at, each in prices if 4 * at > 5 * price]
    return (found[0], *lower[:1], *higher[:1])


def _cutting(scenario: Scenario) -> Needs:
    return tuple((at, reach) for at, reach in scenario.needs if at != WHOLE)


def _limit(problem: Problem, scenario: Scenario, best: Found) -> int:
    """The largest amount that could beat the best answer."""
    return largest_amount(scenario, best.due_minor, problem.most)


def _by_sums_around(problem: Problem, best: Found, live: Sequence[Live], nodes: Nodes) -> Found:
    """Where a total and an amount of some scope are asked for: keep the scope as a good answer has it, and let the rest of
    the basket find the total. This finds answers only; it proves nothing."""
    known = {id(each): each for one in live for each in one.multiplied}.values()
    ways = [(measure, dict(each.uses)) for each in known for measure, price in each.times if price]
    ways += [(measure, {}) for measure in sorted({measure for measure, _ in ways})]
    stop = nodes.spent + nodes.left // 6
    for measure, uses in ways:
        if nodes.spent >= stop:
            break
        members = problem.choices.measures[measure]
        held = {WHOLE: 0, measure: problem.amount(uses, members)}
        aims = [aim for one in live if (aim := _aim_beside(one, held, best.due_minor)) is not None]
        if aims:
            fixed = {at: uses.get(at, (PLAIN, 0)) for at in members}
            best, _ = Sums(problem, aims, nodes, at_will=False, fixed=fixed).run(best, stop - nodes.spent)
    return best


def _aim_beside(live: Live, held: dict[int, int], due: int) -> Aim | None:
    """The total a scenario asks for, when the amounts held satisfy all else it needs."""
    needs = dict(live.scenario.needs)
    if live.bound_minor >= due or any(scope != WHOLE for scope in live.scenario.scopes):
        return None
    if any(at != WHOLE and held.get(at, 0) < reach for at, reach in needs.items()):
        return None
    return Aim(live.scenario, needs.get(WHOLE, 0), largest_amount(live.scenario, due))


def _possible(problem: Problem, scenario: Scenario) -> bool:
    return all(problem.most[measure] >= reach for measure, reach in scenario.needs)


def _bound(problem: Problem, scenario: Scenario, multiplied: Sequence[Multiplied]) -> int:
    """The least due: thresholds on measures are amounts of the whole basket, too."""
    least = max([problem.least_minor, *(reach for _, reach in scenario.needs)])
    for each in multiplied:
        least = max(least, each.least_total(scenario.needs))
    return scenario.due(least, problem.most)


def _still(live: list[Live], best: Found | None) -> list[Live]:
    return [each for each in live if best is None or each.bound_minor < best.due_minor]


def _floor(problem: Problem, live: list[Live], best: Found | None) -> int:
    floor = min((each.bound_minor for each in live), default=1 << 60)
    if not problem.choices.complete:
        floor = 0
    return floor if best is None else min(floor, best.due_minor)
