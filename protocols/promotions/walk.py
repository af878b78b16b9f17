"""One component as a search walks through it: the next states, and all bounds by place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from protocols.promotions.components import MONEY_SHIFT, Component
from protocols.promotions.lagrange import UNIT, Multiplied, Reductions, reductions
from protocols.promotions.machine import NEVER, Machine
from protocols.promotions.model import UnitOffer
from protocols.promotions.problem import Problem, most_of
from protocols.promotions.scenarios import WHOLE, Scenario
from protocols.promotions.slim import Slim


class View(NamedTuple):
    """A label's state as the completion bounds know it, and the reductions to allow for, by offer."""

    narrow: int
    more: tuple[tuple[int, int], ...]
    slims: tuple[tuple[int, tuple[tuple[int, int], ...]], ...]
    """The same for the slim machines; where there is more than one way, the least counts."""
    freed: tuple[int, ...]
    """States of the bundles that the slim machines do not follow."""


def largest_amount(scenario: Scenario, due: int, scoped_minor: Sequence[int] = ()) -> int:
    """The largest amount of which less than `due` is due; -1 when there is none."""
    low, high = -1, due + scenario.off_minor + 1
    while scenario.due(high, scoped_minor) < due:
        high *= 2
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if scenario.due(middle, scoped_minor) < due else (low, middle)
    return low


class Walk:
    """One component as labels walk through it: machines with groups formed at will, and all bounds by place."""

    def __init__(
        self,
        problem: Problem,
        number: int,
        tracked: Sequence[int],
        multiplied: Sequence[Multiplied],
        slim: Slim | None = None,
        *,
        at_will: bool,
    ) -> None:
        self.part: Component = problem.parts[number]
        part = self.part
        self._offers: list[UnitOffer] = [problem.world.offers[each] for each in part.offers]
        self._machines: list[Machine] = [
            offer.cheapest.anyhow if at_will and offer.cheapest is not None and machine is offer.machine else machine
            for offer, machine in zip(self._offers, part.machines, strict=True)
        ]
        self._strides: list[int] = []
        size = 1
        for machine in self._machines:
            self._strides.append(size)
            size *= machine.size
        self._slim = slim
        self._codes = self._codes_of(part)
        self._next: list[dict[int, int]] = [{} for _ in part.tables]
        self._dearest = [max(option.net_minor for option in options) for options in part.options]
        self._views: dict[int, View] = {}
        measures = problem.choices.measures
        self.inside = [tuple(at for at, each in enumerate(tracked) if unit in measures[each]) for unit in part.units]
        self._layers = problem.layers[number]
        later = problem.parts[number + 1 :]
        self._after = sum(each.first >> MONEY_SHIFT for each in problem.layers[number + 1 :])
        self._offs = reductions(problem, part, [1] * len(part.units))
        self._multiplied = [
            (each.pieces[number], each.after[number] + each.fixed - _fixed(problem, each)) for each in multiplied
        ]
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

    def dearest(self, place: int) -> int:
        """The most a unit can count for."""
        return self._dearest[place]

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

    def view(self, state: int) -> View:
        """The state in the machines of the completion bounds."""
        known = self._views.get(state)
        if known is None:
            digits = [state // stride % machine.size for stride, machine in zip(self._strides, self._machines, strict=True)]
            narrow, more = self._narrow(digits)
            freed = tuple(digits[place] for place in self._slim.freed) if self._slim else ()
            known = self._views[state] = View(narrow, more, self._slimmed(digits), freed)
        return known

    def _narrow(self, digits: Sequence[int]) -> tuple[int, tuple[tuple[int, int], ...]]:
        """For the machines of the component."""
        narrow, width = 0, 1
        more = []
        for place, machine in enumerate(self.part.machines):
            digit = digits[place]
            if self._machines[place] is not machine:
                digit, extra = _consecutive(self._offers[place], machine, digit)
                if extra:
                    more.append((self.part.offers[place], extra))
            narrow += digit * width
            width *= machine.size
        return narrow, tuple(more)

    def _slimmed(self, digits: Sequence[int]) -> tuple[tuple[int, tuple[tuple[int, int], ...]], ...]:
        """For the slim machines."""
        ways: list[tuple[int, tuple[tuple[int, int], ...]]] = [(0, ())]
        if self._slim is None:
            return tuple(ways)
        for place, digit in enumerate(digits):
            if place in self._slim.freed:
                continue
            stride = self._slim.strides[place]
            within = self._slim.within(place, digit)
            offer = self.part.offers[place]
            ways = [
                (state + each * stride, (*more, (offer, extra)) if extra else more)
                for state, more in ways
                for each, extra in within
            ]
        return tuple(ways)

    def least(self, place: int, view: View) -> int:
        """The least money all that follows can cost."""
        least = (self._layers.at(place, view.narrow) >> MONEY_SHIFT) + self._after
        return self._less(least, self._offs, place, view.more)

    def least_multiplied(self, number: int, place: int, view: View) -> int:
        """The same for one multiplier, times `UNIT`."""
        piece, more = self._multiplied[number]
        for potential, digit in zip(piece.potentials, view.freed, strict=False):
            more += potential[digit]
        if not piece.slim:
            least = (piece.layers.at(place, view.narrow) >> piece.shift) * piece.factor
            return more + self._less(least, piece.offs, place, view.more)
        if len(view.slims) == 1:
            return more + piece.layers.at(place, view.slims[0][0])
        return more + min(self._less(piece.layers.at(place, at), piece.offs, place, extra) for at, extra in view.slims)

    @staticmethod
    def _less(least: int, offs: Reductions, place: int, more: Sequence[tuple[int, int]]) -> int:
        for offer, extra in more:
            line = offs[offer][place]
            least -= line[min(extra, len(line) - 1)]
        return least


def _fixed(problem: Problem, each: Multiplied) -> int:
    """Labels carry the amounts of units without a choice themselves."""
    return UNIT * problem.fixed[WHOLE] - sum(price * problem.fixed[measure] for measure, price in each.times)


def _consecutive(offer: UnitOffer, narrow: Machine, digit: int) -> tuple[int, int]:
    """A state with groups formed at will, as one of consecutive groups, and how many more reductions it could bring."""
    rule = offer.cheapest
    if rule is None:
        return digit, 0
    free = rule.take - rule.pay
    applications = narrow.size // rule.take
    base, done = divmod(digit, applications)
    at_open, due = divmod(base, free)
    if due:
        at, spare = rule.take - due, at_open
    else:
        at, spare = min(at_open, rule.pay), max(0, at_open - rule.pay)
    return at * applications + done, -(-spare // rule.pay) * free
