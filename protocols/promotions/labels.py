"""The exact search behind the bounds: walk through the basket with labels, pass by pass wider.

A label is a state of the current component with the amounts so far. Its bound is the least due any live scenario can still
come to. Labels that cannot beat the best answer go; of two with the same state and the same (clipped) amounts the cheaper
stays; of the rest the most promising `width` stay, and the least bound among those left out is remembered: nothing below it
was lost.

To reach an amount a worse grouping can be right, so here groups of a cheapest-free offer are formed at will. The completion
bounds know at most `pay` open paid units; each further group a label could form is allowed for with the largest reductions
to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from protocols.promotions.components import MONEY_SHIFT, Component, Option
from protocols.promotions.lagrange import Multiplied, largest_from, sums_from
from protocols.promotions.machine import NEVER, Machine
from protocols.promotions.model import UnitOffer
from protocols.promotions.problem import Found, Nodes, Problem, most_of, uses_of
from protocols.promotions.scenarios import NO_LIMIT, WHOLE, Scenario

LEAVES_MAX = 60
"""Ends of one pass that are priced in full."""
NOTHING_DROPPED = 1 << 60


class _Label(NamedTuple):
    amount: int
    parent: _Label | None
    option: Option | None


class _View(NamedTuple):
    """A label's state as the completion bounds know it, and the reductions to allow for, by offer."""

    narrow: int
    more: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Goal:
    """A live scenario, ready for many questions: needs by tracked measure, multipliers by number."""

    scenario: Scenario
    needs: tuple[tuple[int, int], ...]
    multiplied: tuple[tuple[int, int], ...]
    """Number of the multiplier, and what its threshold adds."""
    plain: bool


class LabelSearch:
    """One search over one problem; `exact` after a run that left nothing out."""

    def __init__(self, problem: Problem, live: Sequence[tuple[Scenario, tuple[Multiplied, ...]]], nodes: Nodes) -> None:
        self._problem = problem
        self._nodes = nodes
        self.exact = False
        self._tracked = sorted(
            {at for scenario, _ in live for at, _ in scenario.needs} | {at for each, _ in live for at in each.scopes}
        )
        self._multiplied = list({id(each): each for _, several in live for each in several}.values())
        self._goals = [self._goal(scenario, several) for scenario, several in live]
        self._clips = [self._clip(live, measure) for measure in self._tracked]
        self._walks = [_Walk(problem, number, self._tracked, self._multiplied) for number in range(len(problem.parts))]

    def _goal(self, scenario: Scenario, several: tuple[Multiplied, ...]) -> _Goal:
        reaches = dict(scenario.needs)
        needs = tuple((self._tracked.index(measure), reach) for measure, reach in scenario.needs)
        numbers = {id(each): number for number, each in enumerate(self._multiplied)}
        adds = tuple((numbers[id(each)], each.times * reaches[each.measure]) for each in several)
        return _Goal(scenario, needs, adds, all(scope == WHOLE for scope in scenario.scopes))

    def _clip(self, live: Sequence[tuple[Scenario, tuple[Multiplied, ...]]], measure: int) -> int:
        clip = 0
        for scenario, _ in live:
            clip = max([clip, *(reach for at, reach in scenario.needs if at == measure)])
            for coupon, scope in zip(scenario.coupons, scenario.scopes, strict=True):
                if scope == measure != WHOLE:
                    clip = NO_LIMIT if coupon.off_bp else max(clip, coupon.off_minor, coupon.reach_minor)
        return clip

    def run(self, width: int, best: Found) -> tuple[Found, int]:
        """One pass: the best answer now, and the least due that what was left out could come to."""
        dropped = NOTHING_DROPPED
        begin = tuple(min(self._problem.fixed[at], clip) for at, clip in zip(self._tracked, self._clips, strict=True))
        labels = {(0, begin): _Label(self._problem.fixed[WHOLE], None, None)}
        for walk in self._walks:
            for place in range(len(walk.part.units)):
                self._nodes.spend(len(labels) * (1 + len(walk.part.options[place])))
                labels = self._step(walk, place, labels)
                labels, lost = self._prune(walk, place + 1, labels, width, best.due_minor)
                dropped = min(dropped, lost)
                if not self._nodes.left and width > 1:
                    width = max(1, width // 2)
            labels = _closed(walk, labels)
        found, missed = self._leaves(labels, best)
        self.exact = dropped == NOTHING_DROPPED and missed == NOTHING_DROPPED
        return found, min(dropped, missed)

    def _step(self, walk: _Walk, place: int, labels: dict[_Key, _Label]) -> dict[_Key, _Label]:
        inside = walk.inside[place]
        clips = self._clips
        following: dict[_Key, _Label] = {}
        options = walk.part.options[place]
        for (state, amounts), label in labels.items():
            for option in options:
                then = state if option.table < 0 else walk.next(state, option.table)
                if then == NEVER:
                    continue
                net = option.net_minor
                more = amounts
                if inside:
                    changed = list(amounts)
                    for at in inside:
                        changed[at] = min(clips[at], changed[at] + net)
                    more = tuple(changed)
                amount = label.amount + net
                held = following.get((then, more))
                if held is None or amount < held.amount:
                    following[then, more] = _Label(amount, label, option)
        return following

    def _prune(
        self, walk: _Walk, place: int, labels: dict[_Key, _Label], width: int, due: int
    ) -> tuple[dict[_Key, _Label], int]:
        bounded = []
        for key, label in labels.items():
            bound = self._bound(walk, place, key, label.amount)
            if bound < due:
                bounded.append((bound, label.amount * 2_654_435_761 & 0xFFFF, key))
        if len(bounded) <= width:
            return {key: labels[key] for _, _, key in bounded}, NOTHING_DROPPED
        bounded.sort()
        return {key: labels[key] for _, _, key in bounded[:width]}, bounded[width][0]

    def _bound(self, walk: _Walk, place: int, key: _Key, amount: int) -> int:
        state, amounts = key
        view = walk.view(state)
        low = amount + walk.least(place, view)
        rest = walk.rest[place]
        tightened: list[int] | None = None
        nothing: list[int] = []
        bound = NOTHING_DROPPED
        for goal in self._goals:
            least = low
            for at, reach in goal.needs:
                if amounts[at] + rest[at] < reach:
                    break
                least = max(least, reach)
            else:
                if goal.multiplied:
                    if tightened is None:
                        tightened = [
                            64 * amount - each.times * amounts[self._tracked.index(each.measure)]
                            + walk.least_multiplied(number, place, view)
                            for number, each in enumerate(self._multiplied)
                        ]  # fmt: skip
                    for number, add in goal.multiplied:
                        least = max(least, -(-(tightened[number] + add) // 64))
                bound = min(bound, goal.scenario.due(least, nothing if goal.plain else self._at_most(amounts, rest)))
        return bound

    def _at_most(self, amounts: tuple[int, ...], rest: Sequence[int]) -> list[int]:
        """By measure."""
        most = [0] * len(self._problem.choices.measures)
        for at, measure in enumerate(self._tracked):
            most[measure] = amounts[at] + rest[at]
        return most

    def _leaves(self, labels: dict[_Key, _Label], best: Found) -> tuple[Found, int]:
        """Price the ends. Where real money is more than the amounts promised, the promise stays a bound."""
        ends = []
        nothing = [0] * len(self._tracked)
        for (_, amounts), label in labels.items():
            scoped = self._at_most(amounts, nothing)
            dues = [
                goal.scenario.due(label.amount, scoped)
                for goal in self._goals
                if all(amounts[at] >= reach for at, reach in goal.needs)
            ]
            if dues:
                ends.append((min(dues), amounts, label.amount, label))
        ends.sort(key=lambda end: end[:3])
        missed = NOTHING_DROPPED
        for number, (promised, _, _, label) in enumerate(ends):
            if promised >= best.due_minor:
                break
            if number >= LEAVES_MAX:
                missed = min(missed, promised)
                break
            best = self._problem.judge(self._uses(label), best) or best
            if best.due_minor > promised:
                missed = min(missed, promised)
        return best, missed

    def _uses(self, label: _Label) -> dict[int, tuple[int, int]]:
        taken: list[Option] = []
        at: _Label | None = label
        while at is not None and at.option is not None:
            taken.append(at.option)
            at = at.parent
        taken.reverse()
        uses: dict[int, tuple[int, int]] = {}
        start = 0
        for part in self._problem.parts:
            uses.update(uses_of(part, taken[start : start + len(part.units)]))
            start += len(part.units)
        return uses


_Key = tuple[int, tuple[int, ...]]


def _closed(walk: _Walk, labels: dict[_Key, _Label]) -> dict[_Key, _Label]:
    """The end of a component: only final states, and all of them are one."""
    ended: dict[_Key, _Label] = {}
    for (state, amounts), label in labels.items():
        if not walk.final(state):
            continue
        held = ended.get((0, amounts))
        if held is None or label.amount < held.amount:
            ended[0, amounts] = label
    return ended


class _Walk:
    """One component as labels walk through it: machines with groups formed at will, and all bounds by place."""

    def __init__(self, problem: Problem, number: int, tracked: Sequence[int], multiplied: Sequence[Multiplied]) -> None:
        self.part: Component = problem.parts[number]
        part = self.part
        self._offers: list[UnitOffer] = [problem.world.offers[each] for each in part.offers]
        self._machines: list[Machine] = [
            offer.cheapest.anyhow if offer.cheapest is not None and machine is offer.machine else machine
            for offer, machine in zip(self._offers, part.machines, strict=True)
        ]
        self._strides: list[int] = []
        size = 1
        for machine in self._machines:
            self._strides.append(size)
            size *= machine.size
        self._codes = self._codes_of(part)
        self._next: list[dict[int, int]] = [{} for _ in part.tables]
        self._views: dict[int, _View] = {}
        measures = problem.choices.measures
        self.inside = [tuple(at for at, each in enumerate(tracked) if unit in measures[each]) for unit in part.units]
        self._layers = problem.layers[number]
        later = problem.parts[number + 1 :]
        self._after = sum(each[0][0] >> MONEY_SHIFT for each in problem.layers[number + 1 :])
        self._offs = sums_from(largest_from(problem, part, [1] * len(part.units)))
        self._multiplied = [(each.layers[number], each.shift[number], each.offs[number]) for each in multiplied]
        self._after_multiplied = [each.after[number] + each.fixed - _fixed(problem, each) for each in multiplied]
        after = [sum(most_of(each, measures[measure])[0] for each in later) for measure in tracked]
        here = [most_of(part, measures[measure]) for measure in tracked]
        self.rest = [
            [row[place] + more for row, more in zip(here, after, strict=True)] for place in range(len(part.units) + 1)
        ]

    def _codes_of(self, part: Component) -> list[tuple[int, int]]:
        """By table, the place of its offer in the component and the code."""
        places = {number: place for place, number in enumerate(part.offers)}
        codes = [(0, 0)] * len(part.tables)
        for options in part.options:
            for option in options:
                if option.table >= 0:
                    codes[option.table] = (places[option.offer], option.code)
        return codes

    def next(self, state: int, table: int) -> int:
        """The state after a use."""
        known = self._next[table].get(state)
        if known is None:
            place, code = self._codes[table]
            machine, stride = self._machines[place], self._strides[place]
            digit = state // stride % machine.size
            step = machine.steps[code][digit]
            known = NEVER if step == NEVER else state + (step - digit) * stride
            self._next[table][state] = known
        return known

    def final(self, state: int) -> bool:
        """Whether a walk may end here."""
        return all(
            machine.final[state // stride % machine.size]
            for machine, stride in zip(self._machines, self._strides, strict=True)
        )

    def view(self, state: int) -> _View:
        """The state in the machines of the completion bounds."""
        known = self._views.get(state)
        if known is None:
            narrow, width = 0, 1
            more = []
            for place, (wide, machine) in enumerate(zip(self._machines, self.part.machines, strict=True)):
                digit = state // self._strides[place] % wide.size
                if wide is not machine:
                    digit, extra = _narrowed(self._offers[place], machine, digit)
                    if extra:
                        more.append((self.part.offers[place], extra))
                narrow += digit * width
                width *= machine.size
            known = self._views[state] = _View(narrow, tuple(more))
        return known

    def least(self, place: int, view: _View) -> int:
        """The least money all that follows can cost."""
        least = (self._layers[place][view.narrow] >> MONEY_SHIFT) + self._after
        for number, extra in view.more:
            line = self._offs[number][place]
            least -= line[min(extra, len(line) - 1)]
        return least

    def least_multiplied(self, number: int, place: int, view: _View) -> int:
        """The same for one multiplier, times 64."""
        (layers, factor), shift, offs = self._multiplied[number]
        least = (layers[place][view.narrow] >> shift) * factor + self._after_multiplied[number]
        for offer, extra in view.more:
            line = offs[offer][place]
            least -= line[min(extra, len(line) - 1)]
        return least


def _fixed(problem: Problem, each: Multiplied) -> int:
    """Labels carry the amounts of units without a choice themselves."""
    return 64 * problem.fixed[WHOLE] - each.times * problem.fixed[each.measure]


def _narrowed(offer: UnitOffer, narrow: Machine, digit: int) -> tuple[int, int]:
    """A state with groups formed at will, as one of consecutive groups, and how many more reductions it could bring."""
    rule = offer.cheapest
    if rule is None:
        return digit, 0
    free = rule.take - rule.pay
    applications = narrow.size // rule.take
    base, done = divmod(digit, applications)
    open_units, due = divmod(base, free)
    if due:
        at, spare = rule.take - due, open_units
    else:
        at, spare = min(open_units, rule.pay), max(0, open_units - rule.pay)
    return at * applications + done, -(-spare // rule.pay) * free
