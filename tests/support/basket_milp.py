"""The same basket as an integer programme for a generic solver (HiGHS through scipy): the yardstick of the bench.

Every use of a unit is a 0/1 variable; prefix sums keep the cheap units of a group behind its paid ones; a step of a
programme and an order of coupons are 0/1 variables with large constants. A coupon's percentage is rounded by half a cent in
the solver's favour; what it finds is then priced with the product's own judge, so its total is real.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_array

from protocols.promotions.applicable import applicable
from protocols.promotions.goods import Goods
from protocols.promotions.machine import CREDIT, LAST_FREE
from protocols.promotions.model import CouponUse, UnitOffer
from protocols.promotions.problem import Nodes, Problem
from protocols.promotions.scenarios import WHOLE
from protocols.promotions.worlds import worlds
from tests.support.basket_cases import Case


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """The solver now and then prints a line of its own; the bench prints one JSON object a line."""
    sys.stdout.flush()
    held = os.dup(1)
    with open(os.devnull, "w") as nothing:  # noqa: PTH123 - a descriptor is wanted
        os.dup2(nothing.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(held, 1)
        os.close(held)


class Program:
    def __init__(self) -> None:
        self.cost: list[float] = []
        self.integer: list[int] = []
        self.upper: list[float] = []
        self.rows: list[tuple[dict[int, float], float, float]] = []

    def variable(self, *, upper: float = 1, integer: bool = True) -> int:
        self.cost.append(0)
        self.integer.append(int(integer))
        self.upper.append(upper)
        return len(self.cost) - 1

    def row(self, terms: dict[int, float], low: float = -np.inf, high: float = np.inf) -> None:
        self.rows.append((terms, low, high))

    def solve(self, seconds: float) -> tuple[np.ndarray | None, bool]:
        matrix = lil_array((len(self.rows), len(self.cost)))
        for number, (terms, _, _) in enumerate(self.rows):
            for column, value in terms.items():
                matrix[number, column] = value
        limits = LinearConstraint(matrix.tocsr(), [row[1] for row in self.rows], [row[2] for row in self.rows])
        with _silent():
            answer = milp(
                self.cost, integrality=self.integer, bounds=Bounds(0, self.upper), constraints=limits,
                options={"time_limit": seconds, "mip_rel_gap": 0},
            )  # fmt: skip
        return answer.x, answer.status == 0


def solve_case(case: Case, seconds: float) -> tuple[int | None, bool]:
    """The real total of what the solver found, and whether it had finished. The first world of the basket only."""
    goods = Goods.of(case.basket.units, case.basket.shopper, case.basket.deposits)
    usable = applicable(case.basket, goods, case.bundle.promotions)
    problem = Problem.of(worlds(goods, usable.promotions).all[0], Nodes(0))
    program = Program()
    uses = _assignment(program, problem)
    total = {column: float(net) for (_, _, _, net), column in uses.items()}
    _layers(program, problem, uses, total)
    found, finished = program.solve(seconds)
    if found is None:
        return None, False
    taken = {at: (offer, code) for (at, offer, code, _), column in uses.items() if found[column] > 0.5 and offer >= 0}
    judged = problem.judge(_ordered(problem, taken), None)
    return (judged.due_minor if judged else None), finished


Use = tuple[int, int, int, float]
"""Unit, offer (-1: plain), code, what it counts for."""


def _assignment(program: Program, problem: Problem) -> dict[Use, int]:
    world = problem.world
    uses: dict[Use, int] = {(at, -1, 0, float(world.goods.own[at])): program.variable() for at in problem.open_units}
    for number, offer in enumerate(world.offers):
        for at, roles in offer.roles.items():
            for code, net in _codes(offer, roles):
                uses[at, number, code, net] = program.variable()
    for at in problem.open_units:
        program.row({column: 1.0 for use, column in uses.items() if use[0] == at}, 1, 1)
    for number, offer in enumerate(world.offers):
        mine = {use: column for use, column in uses.items() if use[1] == number}
        if offer.cheapest is not None:
            _cheapest(program, offer, mine)
        elif offer.group:
            groups = program.variable(upper=len(mine))
            for slot, quantity in enumerate(offer.group):
                terms = {column: 1.0 for use, column in mine.items() if use[2] == slot}
                program.row({**terms, groups: -float(quantity)}, 0, 0)
    return uses


def _codes(offer: UnitOffer, roles: tuple[tuple[int, int], ...]) -> list[tuple[int, float]]:
    if offer.cheapest is not None:
        return sorted({(min(code, 1), float(net)) for code, net in roles})
    if len(offer.group) == 1:
        price = getattr(offer.promotion, "price_minor", 0)
        return [(0, price / offer.group[0])]
    if offer.group:
        return sorted({(code % len(offer.group), float(net)) for code, net in roles})
    return [(code, float(net)) for code, net in roles]


def _cheapest(program: Program, offer: UnitOffer, mine: dict[Use, int]) -> None:
    rule = offer.cheapest
    assert rule is not None
    free = rule.take - rule.pay
    prefix: dict[int, float] = {}
    for at in sorted(offer.roles, key=lambda each: (-rule.price[each], each)):
        for use, column in mine.items():
            if use[0] == at:
                prefix[column] = float(free) if use[2] == CREDIT else -float(rule.pay)
        program.row(dict(prefix), 0)
    groups = program.variable(upper=len(mine))
    program.row({**{column: 1.0 for use, column in mine.items() if use[2] != CREDIT}, groups: -float(free)}, 0, 0)


def _layers(program: Program, problem: Problem, uses: dict[Use, int], total: dict[int, float]) -> None:
    world = problem.world
    large = float(sum(world.goods.own)) + 1
    running = dict(total)
    for programme in world.programmes:
        amount = {column: float(net) for (at, _, _, net), column in uses.items() if at in programme.members}
        chosen = []
        for step in programme.steps:
            taken = program.variable()
            chosen.append(taken)
            program.row({**amount, taken: -float(step.reach_minor)}, 0)
            running[taken] = -float(step.off_minor)
        program.row(dict.fromkeys(chosen, 1.0), 0, 1)
    due = program.variable(upper=large, integer=False)
    program.cost[due] = 1
    sequences = {each.coupons: each for each in problem.choices.all if not each.steps}
    chosen = []
    for sequence, scenario in sequences.items():
        taken = program.variable()
        chosen.append(taken)
        least = max([reach for measure, reach in scenario.needs if measure == WHOLE], default=0)
        program.row({**running, taken: -float(least)}, 0)
        for slope, offset in _pieces(sequence):
            program.row(
                {due: 1.0, **{column: -slope * value for column, value in running.items()}, taken: -large}, offset - large
            )
    program.row(dict.fromkeys(chosen, 1.0), 1, 1)


def _pieces(sequence: tuple[CouponUse, ...]) -> list[tuple[float, float]]:
    """What is left after the coupons, as the largest of some straight lines of the running amount."""
    lines = [(1.0, 0.0)]
    for coupon in sequence:
        if not coupon.off_bp:
            lines = [(slope, offset - coupon.off_minor) for slope, offset in lines]
            continue
        keep = 1 - coupon.off_bp / 10_000
        percent = [(slope * keep, offset * keep - 0.5) for slope, offset in lines]
        capped = [(slope, offset - coupon.cap_minor) for slope, offset in lines] if coupon.cap_minor else []
        lines = percent + capped
    return lines


def _ordered(problem: Problem, taken: dict[int, tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """The solver's uses with the codes the product's grouping asks for."""
    uses: dict[int, tuple[int, int]] = {}
    counts: dict[int, int] = {}
    for at in sorted(taken, key=lambda each: (-problem.world.goods.own[each], each)):
        number, code = taken[at]
        offer = problem.world.offers[number]
        if offer.cheapest is not None:
            code = CREDIT if code == CREDIT else LAST_FREE
        elif len(offer.group) == 1:
            place = counts.get(number, 0) % offer.group[0]
            counts[number] = counts.get(number, 0) + 1
            extra = getattr(offer.promotion, "price_minor", 0) % offer.group[0]
            code = 0 if place == 0 else 1 if place < extra else 2
        elif offer.group and code == 0:
            code = len(offer.group)
        uses[at] = (number, code)
    return uses
