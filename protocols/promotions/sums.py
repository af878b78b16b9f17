"""Which totals a basket can have at all, as sets of bits: exact for scenarios that ask for amounts of the whole basket.

To land just above a threshold is a problem of sums, and the worst for a search that goes by bounds. Here every state holds
the set of totals that lead to it, one bit per minor unit, in a window: below it the threshold is out of reach, above it the
best answer can no longer be beaten. A use of a unit shifts a whole set at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocols.promotions.components import Option
from protocols.promotions.problem import Found, Nodes, Problem, uses_of
from protocols.promotions.scenarios import WHOLE, Scenario
from protocols.promotions.walk import Walk, largest_amount

BITS_PER_NODE = 16_384
"""Shifting so many bits costs about as much as any other step."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A scenario with the total it needs and the largest total that beats the best answer."""

    scenario: Scenario
    need: int
    limit: int


def aims_of(live: Sequence[Scenario], due: int) -> list[Aim]:
    """Those of the live scenarios that ask for nothing but totals."""
    found = []
    for scenario in live:
        if all(scope == WHOLE for scope in scenario.scopes) and all(measure == WHOLE for measure, _ in scenario.needs):
            need = max((reach for _, reach in scenario.needs), default=0)
            found.append(Aim(scenario, need, largest_amount(scenario, due)))
    return found


class Sums:
    """One run over one problem. `complete` afterwards: the totals are all there are, for groups formed at will."""

    def __init__(
        self,
        problem: Problem,
        aims: Sequence[Aim],
        nodes: Nodes,
        *,
        at_will: bool,
        fixed: Mapping[int, tuple[int, int]] | None = None,
    ) -> None:
        """`fixed`: units with the one use (offer and code) they may have."""
        self._options = [
            [
                tuple(each for each in options if not fixed or fixed.get(at, each[2:4]) == each[2:4])
                for at, options in zip(part.units, part.options, strict=True)
            ]
            for part in problem.parts
        ]
        self._problem = problem
        self._aims = aims
        self._nodes = nodes
        self._walks = [Walk(problem, number, (), (), at_will=at_will) for number in range(len(problem.parts))]
        self._least = min(aim.need for aim in aims)
        self._limit = max(aim.limit for aim in aims)
        self._layers: list[dict[int, int]] = []
        self._ends: list[dict[int, int]] = []
        self.complete = False

    def run(self, best: Found, allowance: int) -> tuple[Found, int]:
        """The best answer now, and the least due any aim could come to (when `complete`)."""
        stop = self._nodes.spent + allowance
        most = self._problem.most[WHOLE] - self._problem.fixed[WHOLE]
        low = self._least - most
        bits = {0: 1 << max(0, self._problem.fixed[WHOLE] - low)}
        if self._problem.fixed[WHOLE] < low:
            bits = {}
        for walk, options in zip(self._walks, self._options, strict=True):
            for place in range(len(walk.part.units)):
                self._layers.append(bits)
                low += walk.dearest(place)
                bits = self._step(walk, place, options[place], bits, low)
                if self._nodes.spent > stop:
                    return best, 0
            self._ends.append(bits)
            together = 0
            for state, each in bits.items():
                if walk.final(state):
                    together |= each
            bits = {0: together} if together else {}
        self.complete = True
        return self._best_of(bits.get(0, 0), best)

    def _step(self, walk: Walk, place: int, options: Sequence[Option], bits: dict[int, int], low: int) -> dict[int, int]:
        following: dict[int, int] = {}
        dearest = walk.dearest(place)
        moves = [(option.table, dearest - option.net_minor) for option in options]
        size = 0
        for state, each in bits.items():
            size += each.bit_length()
            for table, shift in moves:
                then = state if table < 0 else walk.next(state, table)
                if then >= 0:
                    following[then] = following.get(then, 0) | each >> shift
        self._nodes.spend((len(moves) * (len(bits) + size // BITS_PER_NODE)) // 2)
        kept = {}
        for state, each in following.items():
            room = self._limit - walk.least(place + 1, walk.view(state)) - low + 1
            if room > 0:
                inside = each if each.bit_length() <= room else each & ((1 << room) - 1)
                if inside:
                    kept[state] = inside
        return kept

    def _best_of(self, totals: int, best: Found) -> tuple[Found, int]:
        """Price the least total of every aim. Where real money is more than promised, the promise stays a bound."""
        promised = []
        for number, aim in enumerate(self._aims):
            above = totals >> (aim.need - self._least)
            if above:
                amount = aim.need + (above & -above).bit_length() - 1
                promised.append((aim.scenario.due(amount, ()), number, amount))
        floor = 1 << 60
        for due, _, amount in sorted(promised):
            if due >= best.due_minor:
                break
            best = self._problem.judge(self._uses(amount), best) or best
            if best.due_minor > due:
                floor = min(floor, due)
        return best, floor

    def _uses(self, amount: int) -> dict[int, tuple[int, int]]:
        """Walk back from a total to the uses of units that make it."""
        position = amount - self._least
        taken: list[Option] = []
        layer = len(self._layers)
        for number in range(len(self._walks) - 1, -1, -1):
            walk = self._walks[number]
            ends = self._ends[number]
            state = next(each for each, bits in ends.items() if walk.final(each) and bits >> position & 1)
            for place in range(len(walk.part.units) - 1, -1, -1):
                layer -= 1
                options = self._options[number][place]
                state, option = _back(walk, options, walk.dearest(place), self._layers[layer], state, position)
                position += walk.dearest(place) - option.net_minor
                taken.append(option)
        taken.reverse()
        uses: dict[int, tuple[int, int]] = {}
        start = 0
        for part in self._problem.parts:
            uses.update(uses_of(part, taken[start : start + len(part.units)]))
            start += len(part.units)
        return uses


def _back(
    walk: Walk, options: Sequence[Option], dearest: int, bits: dict[int, int], reached: int, position: int
) -> tuple[int, Option]:
    for option in options:
        at = position + dearest - option.net_minor
        if option.table < 0:
            if bits.get(reached, 0) >> at & 1:
                return reached, option
            continue
        for state, each in bits.items():
            if each >> at & 1 and walk.next(state, option.table) == reached:
                return state, option
    raise AssertionError("a total without a way to it")
