"""One world of a basket made ready for the search: components with bounds, scenarios, and what a choice is worth.

A *world* fixes what is not additive over units: which flash prices and gift conditions are taken, and which promotions of
sets that exclude each other (worlds.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from protocols.promotions.components import MONEY_SHIFT, Component, Option, cheapest_walk, completed, split
from protocols.promotions.goods import Goods
from protocols.promotions.lanes import Layers
from protocols.promotions.model import CouponUse, GiftCondition, Programme, UnitOffer
from protocols.promotions.scenarios import WHOLE, Scenario, Scenarios, scenarios
from protocols.promotions.settle import Application, Layered, Uses, applications, share_out


@dataclass(slots=True)
class Nodes:
    """The effort spent, against a budget. One node is about two microseconds of a server core."""

    budget: int
    spent: int = 0

    def spend(self, count: int) -> None:
        """Count effort; the budget may be overrun by one step."""
        self.spent += count

    @property
    def left(self) -> int:
        """Never below 0."""
        return max(0, self.budget - self.spent)


@dataclass(frozen=True, slots=True)
class World:
    """What may be used. `taken_prices` are the promotions whose price is in `goods.own`."""

    goods: Goods
    offers: tuple[UnitOffer, ...]
    programmes: tuple[Programme, ...]
    coupons: tuple[CouponUse, ...]
    conditions: tuple[GiftCondition, ...]
    taken_prices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A legal way to price the basket. Smaller `key` is better: money, applications, places (rule R10)."""

    key: tuple[int, int, int, tuple[str, ...]]
    world: World
    taken: tuple[Application, ...]
    scenario: Scenario
    layered: Layered

    @property
    def due_minor(self) -> int:
        """What the units open to offers cost."""
        return self.key[0]


@dataclass(slots=True)
class Problem:
    """Everything the search asks about one world."""

    world: World
    ranks: tuple[int, ...]
    parts: list[Component]
    layers: list[Layers]
    choices: Scenarios
    fixed: tuple[int, ...]
    """By measure, what units without a choice add."""
    open_units: tuple[int, ...]
    receipt_order: tuple[int, ...]
    lists: tuple[int, ...]
    """List prices."""
    order: tuple[int, ...]
    """All units, components in their walking order."""
    least_minor: int = 0
    """The least the units cost before the basket layer."""
    most: tuple[int, ...] = field(default=())
    """By measure, the most it can amount to."""

    @classmethod
    def of(cls, world: World, nodes: Nodes, strict: Sequence[int] | None = None) -> Problem:
        """Components, their bounds and the scenarios. `strict`: see `components.split`."""
        goods = world.goods
        open_units = tuple(at for at, unit in enumerate(goods.units) if unit.open_to_offers)
        ids = sorted({offer.promotion.promotion_id for offer in world.offers})
        ranks = tuple(ids.index(offer.promotion.promotion_id) for offer in world.offers)
        parts = split(world.offers, goods.own, ranks, open_units, strict)
        layers = []
        for part in parts:
            nodes.spend(part.effort)
            layers.append(completed(part))
        choices = scenarios(frozenset(open_units), world.programmes, world.coupons, world.conditions)
        choosing = {at for part in parts for at in part.units}
        still = [at for at in open_units if at not in choosing]
        fixed = tuple(sum(goods.own[at] for at in still if at in members) for members in choices.measures)
        receipt = sorted(open_units, key=lambda at: (goods.units[at].line_no, goods.units[at].unit_no))
        order = (*(at for part in parts for at in part.units), *still)
        lists = tuple(unit.list_minor for unit in goods.units)
        problem = cls(world, ranks, parts, layers, choices, fixed, open_units, tuple(receipt), lists, order)
        problem.least_minor = fixed[WHOLE] + sum(each.first >> MONEY_SHIFT for each in layers)
        problem.most = tuple(
            fixed[number] + sum(most_of(part, members)[0] for part in parts)
            for number, members in enumerate(choices.measures)
        )
        return problem

    def needs(self, scenario: Scenario) -> dict[int, int]:
        """What a scenario asks for and does not have anyway."""
        return {at: reach for at, reach in scenario.needs if at != WHOLE or reach > self.least_minor}

    def cheapest_uses(self) -> Uses:
        """The uses of the least cost per component."""
        uses: dict[int, tuple[int, int]] = {}
        for part, layers in zip(self.parts, self.layers, strict=True):
            uses.update(uses_of(part, cheapest_walk(part, layers)))
        return uses

    def amount(self, uses: Uses, members: frozenset[int]) -> int:
        """What some units count for with these uses."""
        own = self.world.goods.own
        nets = {at: own[at] for at in members}
        for each in applications(self.world.offers, uses, self.order, own):
            nets.update((at, net) for at, net in zip(each.units, each.nets_minor, strict=True) if at in members)
        return sum(nets.values())

    def judge(self, uses: Uses, best: Found | None) -> Found | None:
        """The best way to price the basket with these uses, if it is better than `best`."""
        world = self.world
        own = world.goods.own
        taken = applications(world.offers, uses, self.order, own)
        nets = {at: own[at] for at in self.open_units}
        for each in taken:
            nets.update(zip(each.units, each.nets_minor, strict=True))
        amounts = [sum(nets[at] for at in members) for members in self.choices.measures]
        reached = [
            (scenario.due(amounts[WHOLE], amounts), scenario.weight, number, scenario)
            for number, scenario in enumerate(self.choices.all)
            if all(amounts[at] >= reach for at, reach in scenario.needs)
        ]
        reached.sort(key=lambda each: each[:3])
        for optimistic, weight, _, scenario in reached:
            if best is not None and optimistic > best.due_minor:
                break
            found = self._found(taken, scenario, weight)
            if found is not None and (best is None or found.key < best.key):
                best = found
            if best is not None and best.due_minor <= optimistic:
                break
        return best

    def _found(self, taken: Sequence[Application], scenario: Scenario, weight: int) -> Found | None:
        goods = self.world.goods
        layered = share_out(goods.own, self.lists, taken, scenario.steps, scenario.coupons, self.receipt_order)
        if layered is None:
            return None
        ids = sorted(
            [each.offer.promotion.promotion_id for each in taken]
            + [each.promotion.promotion_id for each, _ in scenario.steps]
            + [each.promotion.promotion_id for each in scenario.coupons]
        )
        due = sum(layered.nets_minor[at] for at in self.open_units)
        places = sum(self.ranks[self.world.offers.index(each.offer)] for each in taken)
        key = (due, len(taken) + weight, places, tuple(ids))
        return Found(key, self.world, tuple(taken), scenario, layered)


def uses_of(part: Component, walk: Sequence[Option]) -> dict[int, tuple[int, int]]:
    """By unit, the offer and code of a walk; plain units are left out."""
    return {at: (option.offer, option.code) for at, option in zip(part.units, walk, strict=True) if option.offer >= 0}


def most_of(part: Component, members: frozenset[int]) -> list[int]:
    """By place in the walk, the most that follows can add to a measure."""
    rest = [0]
    for at, options in zip(reversed(part.units), reversed(part.options), strict=True):
        rest.append(rest[-1] + (max(option.net_minor for option in options) if at in members else 0))
    return rest[::-1]
