"""Units that share offers form a component; an exact dynamic programme over each gives the least it can cost.

A component is walked through in one order. Its state is the product of the machines of its offers. `completion` computes
backwards, so that for every unit and state the least cost of all that follows is known: the answer and a bound at once.
Costs are money << MONEY_SHIFT plus the tie-break of rule R10 (applications, then places of the offers in id order).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from protocols.promotions.lanes import NOWHERE, Layers, Table, completion, effort
from protocols.promotions.machine import Machine, free_of
from protocols.promotions.model import UnitOffer

MONEY_SHIFT = 30
APPLICATION_TIE = 1 << 16
PLAIN = -1
STATES_MAX = 6_000
"""Of a component. Above, the largest machines are relaxed for the bound and their offers dropped for the answer."""


class Option(NamedTuple):
    """One way to use a unit: money, tie-break, which offer (`PLAIN`: none), code, table of next states (-1: stays)."""

    net_minor: int
    tie: int
    offer: int
    code: int
    table: int


@dataclass(frozen=True, slots=True)
class Component:
    """`options[i]` belong to `units[i]`; an option's table says what it does to the state."""

    units: tuple[int, ...]
    options: tuple[tuple[Option, ...], ...]
    tables: tuple[Table, ...]
    final: tuple[bool, ...]
    offers: tuple[int, ...]
    machines: tuple[Machine, ...]
    relaxed: bool

    @property
    def size(self) -> int:
        """States."""
        return len(self.final)

    @property
    def effort(self) -> int:
        """Steps of one run of `completion`, as nodes."""
        return effort(2 * self.size, self.options)


def split(
    offers: Sequence[UnitOffer],
    own: Sequence[int],
    ranks: Sequence[int],
    units: Sequence[int],
    strict: Sequence[int] | None = None,
) -> list[Component]:
    """Components of the units that have a choice; the others are in none. `ranks[o]` is offer o's place in the tie-break.

    `strict`: prices that order the walk; offers that order does not suit, or that make too many states, are dropped
    instead of relaxed. So whatever is found is a legal answer, and no bound.
    """
    parent = {at: at for at in units}

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    choosing: set[int] = set()
    for offer in offers:
        members = list(offer.roles)
        choosing.update(members)
        if offer.machine.size > 1:
            for at in members[1:]:
                parent[root(at)] = root(members[0])
    groups: dict[int, list[int]] = {}
    for at in units:
        if at in choosing:
            groups.setdefault(root(at), []).append(at)
    touching: dict[int, list[int]] = {}
    for number, offer in enumerate(offers):
        for each in {root(at) for at in offer.roles}:
            touching.setdefault(each, []).append(number)
    parts = [_component(offers, touching[top], members, own, ranks, strict) for top, members in groups.items()]
    return sorted(parts, key=lambda part: (-len(part.units), part.units))


def _component(
    offers: Sequence[UnitOffer],
    numbers: list[int],
    members: list[int],
    own: Sequence[int],
    ranks: Sequence[int],
    strict: Sequence[int] | None,
) -> Component:
    if strict is None:
        order, machines, relaxed = _walk(offers, numbers, members, own)
    else:
        order, machines, relaxed = _strict_walk(offers, numbers, members, strict)
        numbers = list(machines)
    stateful = [number for number in numbers if machines[number].size > 1]
    strides, size = {}, 1
    for number in stateful:
        strides[number] = size
        size *= machines[number].size
    codes: dict[tuple[int, int], int] = {}
    tables: list[Table] = []
    options = []
    for at in order:
        plain = Option(own[at], 0, PLAIN, 0, -1)
        still, moving = [plain], []
        for number in numbers:
            machine = machines[number]
            for role in offers[number].roles.get(at, ()):
                tie = APPLICATION_TIE + ranks[number] if machine.counts[role.code] else 0
                if machine.size == 1:
                    still.append(Option(role.net_minor, tie, number, role.code, -1))
                    continue
                key = (number, role.code)
                if key not in codes:
                    codes[key] = len(tables)
                    tables.append(Table(machine.steps[role.code], strides[number]))
                moving.append(Option(role.net_minor, tie, number, role.code, codes[key]))
        options.append((*_distinct(still), *moving))
    used = tuple(machines[number] for number in stateful)
    return Component(tuple(order), tuple(options), tuple(tables), finals(used), tuple(stateful), used, relaxed)


def finals(machines: Sequence[Machine]) -> tuple[bool, ...]:
    """By state of several machines together, the first one's digit lowest: whether a walk may end there."""
    found = [True]
    for machine in machines:
        found = [low and high for high in machine.final for low in found]
    return tuple(found)


def _distinct(still: list[Option]) -> list[Option]:
    """Of uses that change no state and cost the same, the first in the tie-break."""
    best: dict[int, Option] = {}
    for option in still:
        held = best.get(option.net_minor)
        if held is None or option.tie < held.tie:
            best[option.net_minor] = option
    return sorted(best.values(), key=lambda option: -option.net_minor)


def _walk(
    offers: Sequence[UnitOffer], numbers: list[int], members: list[int], own: Sequence[int]
) -> tuple[list[int], dict[int, Machine], bool]:
    """The order of walking, and the machine of each offer: exact where the order suits it, else a relaxation."""
    lists = [offers[number].cheapest for number in numbers]
    orders = [sorted(members, key=lambda at: (-own[at], at))]
    orders.extend(_falling(members, each.price, own) for each in lists if each is not None)
    order = min(orders, key=lambda each: sum(not _suits(offers[number], each) for number in numbers))
    machines: dict[int, Machine] = {}
    relaxed = False
    for number in numbers:
        offer = offers[number]
        machines[number] = offer.relaxed or offer.machine
        relaxed |= offer.relaxed is not None
        if offer.cheapest is not None and not _suits(offer, order):
            machines[number], relaxed = offer.cheapest.counted, True
    while _product(machines) > STATES_MAX:
        largest = max(machines, key=lambda number: (machines[number].size, number))
        machines[largest], relaxed = free_of(machines[largest]), True
    return order, machines, relaxed


def _falling(members: list[int], price: Mapping[int, int], own: Sequence[int]) -> list[int]:
    """By one offer's prices."""
    return sorted(members, key=lambda at: (-price.get(at, own[at]), at))


def _strict_walk(
    offers: Sequence[UnitOffer], numbers: list[int], members: list[int], price: Sequence[int]
) -> tuple[list[int], dict[int, Machine], bool]:
    order = sorted(members, key=lambda at: (-price[at], at))
    machines = {number: offers[number].machine for number in numbers if _suits(offers[number], order)}
    while _product(machines) > STATES_MAX:
        del machines[max(machines, key=lambda number: (machines[number].size, number))]
    return order, machines, False


def _product(machines: dict[int, Machine]) -> int:
    size = 1
    for machine in machines.values():
        size *= machine.size
    return size


def _suits(offer: UnitOffer, order: Sequence[int]) -> bool:
    if offer.cheapest is None:
        return True
    prices = [offer.cheapest.price[at] for at in order if at in offer.roles]
    return all(dear >= cheap for dear, cheap in pairwise(prices))


def completed(part: Component) -> Layers:
    """The least cost of rule R10 from every unit and state to the end: money first, then applications and places."""
    uses = [[(_cost(option), option.table) for option in options] for options in part.options]
    return completion(part.final, part.tables, uses)


def cheapest_walk(part: Component, layers: Layers) -> list[Option]:
    """The uses of the units that reach the least cost, first found in the order of options."""
    state = 0
    taken = []
    for at, options in enumerate(part.options):
        best, chosen, reached = NOWHERE * 2, options[0], state
        for option in options:
            then = state if option.table < 0 else part.tables[option.table].then(state)
            if then >= 0 and (cost := _cost(option) + layers.at(at + 1, then)) < best:
                best, chosen, reached = cost, option, then
        taken.append(chosen)
        state = reached
    return taken


def _cost(option: Option) -> int:
    return (option.net_minor << MONEY_SHIFT) + option.tie
