"""A component with few states, for bounds that are computed again and again.

Groups of a cheapest-free offer may be formed at will up to so many open paid units (`machine.cheapest_up_to`), because once
units have different weights consecutive groups need not be best. A bundle that has too many states is set free: its slots
are then filled independently, and prices on the slots, which add up to nothing over a whole bundle, keep them in balance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from protocols.promotions.components import PLAIN, Component, Option, finals
from protocols.promotions.lanes import NOWHERE, Layers, Table, completion, effort
from protocols.promotions.machine import CREDIT, FREE, FREE_AT_MOST, NEVER, Machine, cheapest_up_to, free_of
from protocols.promotions.model import Cheapest, UnitOffer

STATES = 1_500
"""At most, where more open units or a bundle's balance are a choice."""


class Use(NamedTuple):
    """One way to use a unit; `place` is that of its offer among those with a memory, -1: no such."""

    option: Option
    table: int
    place: int
    at_most: bool
    """Reduced because one more open unit was too many."""
    slot: int
    """Of a bundle that is set free; else -1."""


@dataclass(frozen=True, slots=True)
class Weights:
    """By place in the walk what a cent of the unit counts, and by freed bundle the price of each slot."""

    units: tuple[int, ...]
    slots: tuple[tuple[int, ...], ...]


class Slim:
    """See the module; `freed` are the places of bundles set free."""

    def __init__(self, offers: Sequence[UnitOffer], part: Component) -> None:
        self.part = part
        self.offers = [offers[number] for number in part.offers]
        self.open_most, self.freed = _chosen(self.offers, part.machines)
        self.machines = [
            _machine(offer, machine, self.open_most.get(place), free=place in self.freed)
            for place, (offer, machine) in enumerate(zip(self.offers, part.machines, strict=True))
        ]
        self.strides = []
        size = 1
        for machine in self.machines:
            self.strides.append(size)
            size *= machine.size
        self.size = size
        self._final = finals(self.machines)
        self._tables: list[Table] = []
        self._numbers: dict[tuple[int, int], int] = {}
        places = {number: place for place, number in enumerate(part.offers)}
        self.uses = [[use for option in options for use in self._uses_of(option, places)] for options in part.options]
        self.effort = effort(size, self.uses) + 3 * sum(len(each) for each in self.uses)

    @property
    def bundles(self) -> list[tuple[int, ...]]:
        """The quantities of the slots of the bundles set free."""
        return [self.offers[place].group for place in self.freed]

    def _uses_of(self, option: Option, places: Mapping[int, int]) -> list[Use]:
        place = -1 if option.table < 0 else places[option.offer]
        if place < 0:
            return [Use(option, -1, -1, False, -1)]
        if place in self.freed:
            return [Use(option, -1, place, False, option.code % len(self.offers[place].group))]
        found = [Use(option, self._table(place, option.code), place, False, -1)]
        if self._at_most(place) and option.code != CREDIT:
            code = option.code + FREE_AT_MOST - FREE
            found.append(Use(option, self._table(place, code), place, True, -1))
        return found

    def _at_most(self, place: int) -> bool:
        return place in self.open_most and len(self.machines[place].steps) > FREE_AT_MOST

    def _table(self, place: int, code: int) -> int:
        machine = self.machines[place]
        if machine.size == 1:
            return -1
        if (place, code) not in self._numbers:
            self._numbers[place, code] = len(self._tables)
            self._tables.append(Table(machine.steps[code], self.strides[place]))
        return self._numbers[place, code]

    def within(self, place: int, digit: int) -> list[tuple[int, int]]:
        """A state of one offer's groups formed at will as states of the slim machine, and how many reductions were used up.

        Each open paid unit too many is either not needed, or is reduced (see `machine.cheapest_up_to`).
        """
        open_most, rule = self.open_most.get(place), self.offers[place].cheapest
        if open_most is None or rule is None:
            return [(digit, 0)]
        free = rule.take - rule.pay
        known = min(open_most, open_units(rule))
        applications = self.machines[place].size // ((known + 1) * free)
        base, done = divmod(digit, applications)
        at_open, due = divmod(base, free)
        spare = max(0, at_open - known)
        at_open -= spare
        found = [((at_open * free + due) * applications + done, 0)]
        reduced = 0
        for _ in range(spare):
            if at_open < known:
                at_open += 1
            else:
                reduced += 1
                at_open, due = (at_open, due - 1) if due else (at_open - rule.pay, free - 1)
                done = min(applications - 1, done + (due == 0))
            found.append(((at_open * free + due) * applications + done, reduced))
        return sorted(set(found))

    def costs(self, weights: Weights) -> list[list[int]]:
        """By unit and use."""
        largest = [largest_from(self.part, weights.units, offer.cheapest) for offer in self.offers]
        found = []
        for at, (weight, uses) in enumerate(zip(weights.units, self.uses, strict=True)):
            unit = self.part.units[at]
            row = []
            for use in uses:
                rule = self.offers[use.place].cheapest if use.at_most else None
                if rule is not None:
                    row.append(weight * rule.price[unit] - (largest[use.place][at] or 0))
                elif use.slot >= 0:
                    row.append(weight * use.option.net_minor + weights.slots[self.freed.index(use.place)][use.slot])
                else:
                    row.append(weight * use.option.net_minor)
            found.append(row)
        return found

    def solved(self, weights: Weights) -> tuple[Layers, list[Use]]:
        """The least weighted cost of all that follows, and the uses that reach the least of everything."""
        costs = self.costs(weights)
        uses = [
            [(cost, use.table) for cost, use in zip(row, several, strict=True)]
            for row, several in zip(costs, self.uses, strict=True)
        ]
        layers = completion(self._final, self._tables, uses)
        return layers, self._trace(layers, costs)

    def _trace(self, layers: Layers, costs: Sequence[Sequence[int]]) -> list[Use]:
        state = 0
        taken = []
        for at, uses in enumerate(self.uses):
            best, chosen, reached = NOWHERE * 2, uses[0], state
            for cost, use in zip(costs[at], uses, strict=True):
                then = state if use.table < 0 else self._tables[use.table].then(state)
                if then >= 0 and (total := cost + layers.at(at + 1, then)) < best:
                    best, chosen, reached = total, use, then
            taken.append(chosen)
            state = reached
        return taken

    def potentials(self, weights: Weights) -> tuple[tuple[int, ...], ...]:
        """By freed bundle and state of its machine, the prices of the slots filled in bundles not whole yet."""
        return tuple(
            _potential(self.part.machines[place], prices) for place, prices in zip(self.freed, weights.slots, strict=True)
        )


def largest_from(part: Component, weights: Sequence[int], rule: Cheapest | None) -> list[int | None]:
    """By place in the walk, the largest weighted reduction from there on; none where the unit is not in the offer."""
    row: list[int | None] = [None] * len(part.units)
    largest = 0
    for place in range(len(part.units) - 1, -1, -1):
        at = part.units[place]
        if rule is not None and at in rule.off:
            largest = max(largest, weights[place] * rule.off[at])
            row[place] = largest
    return row


def open_units(rule: Cheapest) -> int:
    """The most paid units that can be open when groups are formed at will."""
    return rule.pay * (len(rule.off) // rule.take)


def _chosen(offers: Sequence[UnitOffer], machines: Sequence[Machine]) -> tuple[dict[int, int], list[int]]:
    """By place of an ordered offer its open units, and the places of the bundles set free: as much as `STATES` allows."""
    rules = {
        place: offer.cheapest
        for place, (offer, machine) in enumerate(zip(offers, machines, strict=True))
        if offer.cheapest is not None and machine is offer.machine
    }
    bundles = [place for place, offer in enumerate(offers) if len(offer.group) > 1 and not offer.gift]
    bundles.sort(key=lambda place: (machines[place].size, place))
    freed: list[int] = []

    def size(open_most: Mapping[int, int]) -> int:
        product = 1
        for place, (offer, machine) in enumerate(zip(offers, machines, strict=True)):
            if place in open_most:
                product *= _machine(offer, machine, open_most[place], free=False).size
            elif place not in freed:
                product *= machine.size
        return product

    wanted = {place: min(rule.pay + 2, max(rule.pay, open_units(rule))) for place, rule in rules.items()}
    while bundles and size(wanted) > STATES:
        freed.append(bundles.pop())
    least = {place: rule.pay for place, rule in rules.items()}
    raised = True
    while raised:
        raised = False
        for place, rule in rules.items():
            more = {**least, place: least[place] + 1}
            if least[place] < open_units(rule) and size(more) <= STATES:
                least, raised = more, True
    return least, sorted(freed)


def _machine(offer: UnitOffer, machine: Machine, open_most: int | None, *, free: bool) -> Machine:
    rule = offer.cheapest
    if free:
        return free_of(machine)
    if rule is None or open_most is None:
        return machine
    if open_most >= open_units(rule):
        return rule.anyhow
    found = cheapest_up_to(rule.take, rule.pay, open_most)
    return found.limited(offer.most) if offer.most < len(rule.off) // rule.take else found


def _potential(machine: Machine, prices: Sequence[int]) -> tuple[int, ...]:
    found = {0: 0}
    queue = [0]
    for state in queue:
        for code, steps in enumerate(machine.steps):
            then = steps[state]
            if then != NEVER and then not in found:
                found[then] = found[state] + prices[code % len(prices)]
                queue.append(then)
    return tuple(found.get(state, 0) for state in range(machine.size))


def plain_uses(part: Component, walk: Sequence[Use]) -> dict[int, tuple[int, int]]:
    """By unit, the offer and code of a walk; plain units are left out."""
    return {
        at: (use.option.offer, use.option.code)
        for at, use in zip(part.units, walk, strict=True)
        if use.option.offer != PLAIN
    }
