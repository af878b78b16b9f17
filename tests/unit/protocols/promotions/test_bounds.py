"""The bounds that large baskets stand on: rows of numbers in one integer, and machines too small to remember everything."""

from __future__ import annotations

import random

import pytest

from protocols.promotions import slim
from protocols.promotions.evaluate import price
from protocols.promotions.lanes import NOWHERE, Lanes, Table, completion
from protocols.promotions.machine import NEVER
from tests.support.basket_worlds import adversarial

BUDGET = 60_000


@pytest.mark.parametrize("most", [1, 255, (1 << 30) - 1, 1 << 30, (1 << 62) - 1, 1 << 62, 1 << 90])
def test_rows_find_the_lesser_number_in_every_lane(most: int) -> None:
    """At the edges of 32 and 64 bits and beyond: the free bit on top is never needed for a number."""
    rng = random.Random(f"rows-{most}")
    lanes = Lanes(40, most)
    one, two = ([rng.choice((0, most, rng.randint(0, most))) for _ in range(40)] for _ in range(2))
    found = lanes.least(_row(lanes, one), _row(lanes, two))
    assert list(lanes.numbers(found)) == [min(pair) for pair in zip(one, two, strict=True)]


def test_a_programme_over_rows_is_one_over_every_state_by_itself() -> None:
    rng = random.Random("completion")
    for _ in range(60):
        sizes = [rng.randint(1, 4) for _ in range(rng.randint(1, 3))]
        strides = [1]
        for size in sizes:
            strides.append(strides[-1] * size)
        tables = [
            Table(tuple(rng.choice((NEVER, *range(size))) for _ in range(size)), stride)
            for size, stride in zip(sizes, strides, strict=False)
        ]
        final = [True, *(rng.random() < 0.5 for _ in range(strides[-1] - 1))]
        units = [
            [(rng.randint(-9, 40), -1), *((rng.randint(-9, 40), rng.randrange(len(tables))) for _ in range(3))]
            for _ in range(rng.randint(1, 5))
        ]
        layers = completion(final, tables, units)
        plain = [0 if end else NOWHERE for end in final]
        for place in range(len(units) - 1, -1, -1):
            plain = [_least(units[place], tables, plain, state) for state in range(len(plain))]
            assert [layers.at(place, state) for state in range(len(plain))] == plain


def _least(uses: list[tuple[int, int]], tables: list[Table], plain: list[int], state: int) -> int:
    found = NOWHERE
    for cost, table in uses:
        then = state if table < 0 else tables[table].then(state)
        if then >= 0 and plain[then] < NOWHERE:
            found = min(found, cost + plain[then])
    return found


def _row(lanes: Lanes, numbers: list[int]) -> int:
    return int.from_bytes(b"".join(each.to_bytes(lanes.width // 8, "little") for each in numbers), "little")


@pytest.mark.parametrize("chunk", range(3))
def test_smaller_machines_bound_less_and_never_wrongly(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything overlaps and a programme may cut the basket: with few states or many, no bound passes an answer."""
    proved: dict[int, int] = {}
    for states in (1, 60, 1_500):
        monkeypatch.setattr(slim, "STATES", states)
        answers = []
        for seed in range(chunk * 12, (chunk + 1) * 12):
            case = adversarial(seed, 9 + seed % 4)
            answers.append(price(case.basket, case.bundle, BUDGET))
        proved[states] = sum(each.proved for each in answers)
        if states == 1:
            first = answers
            continue
        for one, two in zip(first, answers, strict=True):
            assert max(one.lower_bound_minor, two.lower_bound_minor) <= min(one.total_minor, two.total_minor)
    assert proved[1_500] >= max(10, proved[1])
