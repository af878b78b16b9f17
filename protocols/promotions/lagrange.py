"""Bounds for amounts that cut the basket: a price on what counts toward a threshold (Lagrange).

With B the amount of a measure, X its threshold and m in [0, 1]: every choice with B >= X has
total >= m X + min over all choices of (total - m B), and the minimum is the same dynamic programme with weighted nets
(`slim.py`). Several measures have a price each. Which prices bound best is found by going uphill: the choice that reaches
the minimum says which amounts it misses or exceeds, and by how much.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from protocols.promotions.components import MONEY_SHIFT, Component, cheapest_walk
from protocols.promotions.lanes import Layers
from protocols.promotions.problem import Nodes, Problem, uses_of
from protocols.promotions.scenarios import WHOLE
from protocols.promotions.slim import Slim, Use, Weights, largest_from, plain_uses

UNIT = 256
"""Prices and weights are whole numbers of 1/256."""
FAR = 4
"""No step changes the price of an amount by more than half of 1/FAR, or that of a slot by half a mean unit."""
HALVINGS_MAX = 4
"""Of the step; then the way uphill is over."""
Needs = tuple[tuple[int, int], ...]
"""By measure other than the whole basket, the amount to be reached."""
Reductions = dict[int, list[list[int]]]
"""By offer that reduces the cheapest, by place in the walk: the sums of the next 0, 1, 2 ... reductions at most."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The bound of one component: `(layers >> shift) * factor`. `slim`: by the states of its `Slim`."""

    layers: Layers
    shift: int
    factor: int
    slim: bool
    potentials: tuple[tuple[int, ...], ...]
    offs: Reductions

    @property
    def first(self) -> int:
        """The least of the component."""
        return (self.layers.first >> self.shift) * self.factor


@dataclass(frozen=True, slots=True)
class Multiplied:
    """Completion bounds of (total - sum of m B) x `UNIT` for one price per measure."""

    times: tuple[tuple[int, int], ...]
    """Measure and price."""
    pieces: tuple[Piece, ...]
    after: tuple[int, ...]
    """By component: the least of all later components."""
    fixed: int
    uses: tuple[tuple[int, tuple[int, int]], ...]
    """A choice that reaches the minimum: often a good answer."""

    def adds(self, needs: Sequence[tuple[int, int]]) -> int:
        """What the thresholds add."""
        reaches = dict(needs)
        return sum(price * reaches.get(measure, 0) for measure, price in self.times)

    def least_total(self, needs: Sequence[tuple[int, int]]) -> int:
        """The least total of the basket when the measures reach what is needed."""
        return -(-(self.adds(needs) + self.fixed + self.after[0] + self.pieces[0].first) // UNIT)


@dataclass(slots=True)
class Prices:
    """Where the way uphill is: a price by measure, and by component and freed bundle one for each slot but the last."""

    times: dict[int, int]
    slots: list[list[list[int]]]

    def copy(self) -> Prices:
        """To go on from."""
        return Prices(dict(self.times), [[list(each) for each in part] for part in self.slots])


class Uphill:
    """Looks for good prices for one problem. Prices found for one threshold are where the next one begins."""

    def __init__(self, problem: Problem, nodes: Nodes) -> None:
        self._problem = problem
        self._nodes = nodes
        self.slims = [Slim(problem.world.offers, part) for part in problem.parts]
        self._plain = [cheapest_walk(part, layers) for part, layers in zip(problem.parts, problem.layers, strict=True)]
        units = problem.open_units
        self._mean = max(1, sum(problem.world.goods.own[at] for at in units) // max(1, len(units)))
        self._start = Prices({}, [[[0] * (len(group) - 1) for group in slim.bundles] for slim in self.slims])

    def effort(self, needs: Needs) -> int:
        """Nodes of one step."""
        members = [self._problem.choices.measures[measure] for measure, _ in needs]
        return 60 + sum(slim.effort for slim in self.slims if any(_cut(slim.part, each) for each in members))

    def steps(self, needs: Needs, steps_max: int) -> Generator[tuple[Multiplied, int], int, None]:
        """Bounds, mostly better and better. Between two of them the caller says (`send`) the total that would do."""
        at = self._start.copy()
        at.times = {measure: at.times.get(measure, UNIT // 8) for measure, _ in needs}
        best, best_value, stuck, halvings = at, -1 << 80, 0, 0
        for _ in range(steps_max):
            self._nodes.spend(self.effort(needs))
            found, walks = self._multiplied(at)
            value = found.adds(needs) + found.fixed + found.after[0] + found.pieces[0].first
            target = yield found, value
            if value > best_value:
                best, best_value, stuck = at, value, 0
            else:
                stuck += 1
                if halvings >= HALVINGS_MAX:
                    break
                if stuck >= 2:
                    stuck, halvings, at = 0, halvings + 1, best
            following = self._step(at, needs, walks, max(0, (target + 1) * UNIT - value), halvings)
            if following is None:
                break
            at = following
        self._start = best

    def _step(
        self, at: Prices, needs: Needs, walks: Sequence[Sequence[Use] | None], gap: int, halvings: int
    ) -> Prices | None:
        """Polyak's step: as far as would close the gap if the bound rose in a straight line; None where there is no way."""
        misses = {measure: reach - self._amount(measure, walks) for measure, reach in needs}
        slots = [
            [_imbalance(slim, place, walk) for place in slim.freed] for slim, walk in zip(self.slims, walks, strict=True)
        ]
        counts = [abs(each) for part in slots for bundle in part for each in bundle]
        norm = sum(each * each for each in misses.values()) + self._mean**2 * sum(each * each for each in counts)
        if not norm or not gap:
            return None
        farthest = max(FAR * max(abs(each) for each in misses.values()), self._mean * max(counts, default=0))
        gap = min(gap, norm * UNIT // (2 * farthest)) >> halvings
        times = {measure: min(UNIT, max(0, price + gap * misses[measure] // norm)) for measure, price in at.times.items()}
        if sum(times.values()) > UNIT:
            times = {measure: price * UNIT // sum(times.values()) for measure, price in times.items()}
        moved = [
            [
                [old + gap * self._mean**2 * miss // norm for old, miss in zip(prices, counts_of, strict=True)]
                for prices, counts_of in zip(olds, amiss, strict=True)
            ]
            for olds, amiss in zip(at.slots, slots, strict=True)
        ]
        return Prices(times, moved)

    def _amount(self, measure: int, walks: Sequence[Sequence[Use] | None]) -> int:
        members = self._problem.choices.measures[measure]
        amount = self._problem.fixed[measure]
        for number, (part, walk) in enumerate(zip(self._problem.parts, walks, strict=True)):
            options = self._plain[number] if walk is None else [use.option for use in walk]
            amount += sum(option.net_minor for at, option in zip(part.units, options, strict=True) if at in members)
        return amount

    def _multiplied(self, at: Prices) -> tuple[Multiplied, list[Sequence[Use] | None]]:
        problem = self._problem
        uses: dict[int, tuple[int, int]] = {}
        walks: list[Sequence[Use] | None] = []
        pieces = []
        prices = [(problem.choices.measures[measure], price) for measure, price in at.times.items()]
        for number, slim in enumerate(self.slims):
            part = problem.parts[number]
            weights = tuple(UNIT - sum(price for members, price in prices if unit in members) for unit in part.units)
            if any(_cut(part, members) for members, _ in prices):
                piece, walk = _piece(slim, Weights(weights, _slot_prices(slim, at.slots[number])))
                uses.update(plain_uses(part, walk))
                walks.append(walk)
            else:
                offs = reductions(problem, part, weights)
                piece = Piece(problem.layers[number], MONEY_SHIFT, weights[0], False, (), offs)
                uses.update(uses_of(part, self._plain[number]))
                walks.append(None)
            pieces.append(piece)
        after = tuple(sum(each.first for each in pieces[number + 1 :]) for number in range(len(pieces)))
        fixed = UNIT * problem.fixed[WHOLE] - sum(price * problem.fixed[measure] for measure, price in at.times.items())
        found = Multiplied(tuple(sorted(at.times.items())), tuple(pieces), after, fixed, tuple(uses.items()))
        return found, walks


def _cut(part: Component, members: frozenset[int]) -> bool:
    inside = sum(at in members for at in part.units)
    return 0 < inside < len(part.units)


def _piece(slim: Slim, weights: Weights) -> tuple[Piece, list[Use]]:
    layers, walk = slim.solved(weights)
    offs = {
        number: sums_from(largest_from(slim.part, weights.units, offer.cheapest))
        for number, offer in zip(slim.part.offers, slim.offers, strict=True)
        if offer.cheapest is not None
    }
    return Piece(layers, 0, 1, True, slim.potentials(weights), offs), walk


def _slot_prices(slim: Slim, free: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    """Prices that add up to nothing over a whole bundle: those of all slots but the last are chosen."""
    found = []
    for quantities, several in zip(slim.bundles, free, strict=True):
        chosen = [quantities[-1] * each for each in several]
        rest = -sum(quantity * each for quantity, each in zip(quantities, several, strict=False))
        found.append((*chosen, rest))
    return tuple(found)


def _imbalance(slim: Slim, place: int, walk: Sequence[Use] | None) -> list[int]:
    """By slot but the last, how many units too many it has beside the last one's."""
    quantities = slim.offers[place].group
    if walk is None:
        return [0] * (len(quantities) - 1)
    filled = [0] * len(quantities)
    for use in walk:
        if use.place == place and use.slot >= 0:
            filled[use.slot] += 1
    pairs = list(zip(filled, quantities, strict=True))
    return [quantities[-1] * count - quantity * filled[-1] for count, quantity in pairs[:-1]]


def reductions(problem: Problem, part: Component, weights: Sequence[int]) -> Reductions:
    """See `Reductions`."""
    found: Reductions = {}
    for number in part.offers:
        rule = problem.world.offers[number].cheapest
        if rule is not None:
            found[number] = sums_from(largest_from(part, weights, rule))
    return found


def sums_from(row: Sequence[int | None]) -> list[list[int]]:
    """By place, the sums of the next 0, 1, 2 ... numbers."""
    sums: list[list[int]] = []
    for place in range(len(row) + 1):
        line = [0]
        for each in row[place:]:
            if each is not None:
                line.append(line[-1] + each)
        sums.append(line)
    return sums
