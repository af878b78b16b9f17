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

from protocols.promotions.components import Option
from protocols.promotions.fronts import Way, front_of
from protocols.promotions.lagrange import UNIT, Multiplied
from protocols.promotions.machine import NEVER
from protocols.promotions.problem import Found, Nodes, Problem, uses_of
from protocols.promotions.scenarios import NO_LIMIT, WHOLE, Scenario
from protocols.promotions.slim import Slim
from protocols.promotions.walk import View, Walk, largest_amount

LEAVES_MAX = 60
"""Ends of one pass that are priced in full."""
NOTHING_DROPPED = 1 << 60


class _Label(NamedTuple):
    amount: int
    parent: _Label | None
    options: tuple[Option, ...]
    """How the units since the parent are used."""


_Live = tuple[Scenario, tuple[Multiplied, ...]]


@dataclass(frozen=True, slots=True)
class _Goal:
    """A live scenario, ready for many questions: needs by tracked measure, multipliers by number."""

    scenario: Scenario
    needs: tuple[tuple[int, int], ...]
    multiplied: tuple[tuple[int, int], ...]
    """Number of the multiplier, and what its threshold adds."""
    plain: bool
    limit: int
    """The largest amount whose due still beats the best answer; without meaning where dues depend on scopes."""


class LabelSearch:
    """One search over one problem; `exhausted` after a run that left nothing out: a wider one finds no more."""

    def __init__(
        self,
        problem: Problem,
        live: Sequence[tuple[Scenario, tuple[Multiplied, ...]]],
        slims: Sequence[Slim],
        due: int,
        nodes: Nodes,
    ) -> None:
        self._problem = problem
        self._nodes = nodes
        self.exhausted = False
        self._tracked = sorted(
            {at for scenario, _ in live for at in problem.needs(scenario)}
            | {at for each, _ in live for at in each.scopes if at != WHOLE}
        )
        self._multiplied = list({id(each): each for _, several in live for each in several}.values())
        self._prices = [
            tuple((self._tracked.index(measure), price) for measure, price in each.times if price)
            for each in self._multiplied
        ]
        self._goals = [self._goal(scenario, several, due) for scenario, several in live]
        self._clips = [self._clip(live, measure) for measure in self._tracked]
        self._walks = [
            Walk(problem, number, self._tracked, self._multiplied, slim, at_will=True) for number, slim in enumerate(slims)
        ]

        options = [len(each) for walk in self._walks for each in walk.part.options]
        self._per_label = 3 + sum(options) // max(1, len(options))

    def _goal(self, scenario: Scenario, several: tuple[Multiplied, ...], due: int) -> _Goal:
        reaches = self._problem.needs(scenario)
        needs_of = tuple(reaches.items())
        needs = tuple((self._tracked.index(measure), reach) for measure, reach in needs_of)
        numbers = {id(each): number for number, each in enumerate(self._multiplied)}
        adds = tuple((numbers[id(each)], each.adds(needs_of)) for each in several)
        plain = all(scope == WHOLE for scope in scenario.scopes)
        return _Goal(scenario, needs, adds, plain, largest_amount(scenario, due) if plain else NO_LIMIT)

    def _clip(self, live: Sequence[_Live], measure: int) -> int:
        clip = 0
        for scenario, _ in live:
            clip = max(clip, self._problem.needs(scenario).get(measure, 0))
            scoped = [
                coupon for coupon, scope in zip(scenario.coupons, scenario.scopes, strict=True) if scope == measure != WHOLE
            ]
            if any(coupon.off_bp for coupon in scoped):
                return NO_LIMIT
            # Above the sum of all they take, coupons of fixed amounts take it whole.
            clip = max(clip, sum(coupon.off_minor for coupon in scoped))
        return clip

    def run(self, width: int, best: Found) -> tuple[Found, int]:
        """One pass: the best answer now, and the least due that what was left out could come to."""
        dropped = NOTHING_DROPPED
        before, kept = self._nodes.spent, 0
        stages = sum(len(walk.part.units) for walk in self._walks)
        begin = tuple(min(self._problem.fixed[at], clip) for at, clip in zip(self._tracked, self._clips, strict=True))
        labels = {(0, begin): _Label(self._problem.fixed[WHOLE], None, ())}
        total_matters = WHOLE in self._tracked
        for walk in self._walks:
            ways = front_of(walk, self._clips, total_matters=total_matters, nodes=self._nodes)
            if ways is not None:
                stages -= len(walk.part.units)
                labels, lost = self._prune(walk, len(walk.part.units), self._cross(labels, ways), width, best.due_minor)
                dropped = min(dropped, lost)
                continue
            for place in range(len(walk.part.units)):
                labels = self._step(walk, place, labels)
                if len(self._tracked) == 1 and not total_matters:
                    labels = _undominated(labels)
                stages -= 1
                room = self._affordable(width, stages, kept, self._nodes.spent - before)
                labels, lost = self._prune(walk, place + 1, labels, room, best.due_minor)
                kept += len(labels)
                dropped = min(dropped, lost)
            labels = _closed(walk, labels)
        found, missed = self._leaves(labels, best)
        self.exhausted = dropped == NOTHING_DROPPED
        return found, min(dropped, missed)

    def _cross(self, labels: dict[_Key, _Label], ways: list[Way]) -> dict[_Key, _Label]:
        """Every label with every way through a component that is settled by itself."""
        self._nodes.spend(len(labels) * len(ways))
        clips = self._clips
        following: dict[_Key, _Label] = {}
        for (_, amounts), label in labels.items():
            for way in ways:
                more = tuple([min(clip, one + two) for clip, one, two in zip(clips, amounts, way.amounts, strict=True)])
                amount = label.amount + way.amount
                held = following.get((0, more))
                if held is None or amount < held.amount:
                    following[0, more] = _Label(amount, label, way.options)
        return following

    def _affordable(self, width: int, stages: int, kept: int, spent: int) -> int:
        """Labels to keep, so that the budget lasts to the end of the walk: by what the labels kept so far have cost."""
        per_label = spent // kept + 1 if kept >= width else self._per_label
        return max(2, min(width, self._nodes.left // (per_label * max(1, stages))))

    def _step(self, walk: Walk, place: int, labels: dict[_Key, _Label]) -> dict[_Key, _Label]:
        self._nodes.spend(len(labels) * len(walk.part.options[place]))
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
                    following[then, more] = _Label(amount, label, (option,))
        return following

    def _prune(
        self, walk: Walk, place: int, labels: dict[_Key, _Label], width: int, due: int
    ) -> tuple[dict[_Key, _Label], int]:
        """Drop what cannot beat `due`, and all but the most promising; the least due any of the latter could come to."""
        promising = []
        self._nodes.spend(len(labels) * 2)
        for key, label in labels.items():
            slack = self._slack(walk, place, key, label.amount, due)
            if slack >= 0:
                promising.append((-slack, label.amount * 2_654_435_761 & 0xFFFF, key))
        if len(promising) <= width:
            return {key: labels[key] for _, _, key in promising}, NOTHING_DROPPED
        promising.sort()
        return {key: labels[key] for _, _, key in promising[:width]}, self._could_be(-promising[width][0], due)

    def _could_be(self, slack: int, due: int) -> int:
        """The least due that labels with no more slack than this could come to: every goal rises with its amount."""
        return min(
            goal.scenario.due(max(0, goal.limit - slack), ()) if goal.plain else due - 1 - slack for goal in self._goals
        )

    def _slack(self, walk: Walk, place: int, key: _Key, amount: int, due: int) -> int:
        """How much dearer the rest may become before no goal beats `due` any more; negative when none can."""
        state, amounts = key
        view = walk.view(state)
        low = amount + walk.least(place, view)
        rest = walk.rest[place]
        tight: list[int] | None = None
        best = -1
        for goal in self._goals:
            limit = goal.limit
            if low + best >= limit:
                continue
            least = low
            for at, reach in goal.needs:
                if amounts[at] + rest[at] < reach:
                    break
                least = max(least, reach)
            else:
                if goal.multiplied and least + best < limit:
                    if tight is None:
                        tight = self._tight(walk, place, view, amounts, amount)
                    for number, add in goal.multiplied:
                        bound = -(-(tight[number] + add) // UNIT)
                        least = max(least, bound)
                if not goal.plain:
                    saved = due - 1 - goal.scenario.due(least, self._at_most(amounts, rest))
                    best = max(best, saved)
                elif limit - least > best:
                    best = limit - least
        return best

    def _tight(self, walk: Walk, place: int, view: View, amounts: tuple[int, ...], amount: int) -> list[int]:
        """By multiplier, the least of (total - m B) x `UNIT` this label can end with."""
        found = []
        for number, prices in enumerate(self._prices):
            least = UNIT * amount + walk.least_multiplied(number, place, view)
            for at, price in prices:
                least -= price * amounts[at]
            found.append(least)
        return found

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
        while at is not None:
            taken.extend(reversed(at.options))
            at = at.parent
        taken.reverse()
        uses: dict[int, tuple[int, int]] = {}
        start = 0
        for part in self._problem.parts:
            uses.update(uses_of(part, taken[start : start + len(part.units)]))
            start += len(part.units)
        return uses


_Key = tuple[int, tuple[int, ...]]


def _undominated(labels: dict[_Key, _Label]) -> dict[_Key, _Label]:
    """With one amount beside the total: by state, only labels with more of it than every cheaper one."""
    most: dict[int, int] = {}
    kept: dict[_Key, _Label] = {}
    for key in sorted(labels, key=lambda each: (labels[each].amount, -each[1][0])):
        state, (amount,) = key
        if amount > most.get(state, -1):
            most[state] = amount
            kept[key] = labels[key]
    return kept


def _closed(walk: Walk, labels: dict[_Key, _Label]) -> dict[_Key, _Label]:
    """The end of a component: only final states, and all of them are one."""
    ended: dict[_Key, _Label] = {}
    for (state, amounts), label in labels.items():
        if not walk.final(state):
            continue
        held = ended.get((0, amounts))
        if held is None or label.amount < held.amount:
            ended[0, amounts] = label
    return ended
