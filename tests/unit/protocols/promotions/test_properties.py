"""What must hold for every basket and every bundle."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.promotions.bundle import Bundle
from protocols.promotions.evaluate import price
from protocols.promotions.returns import MoreThanSold, prorated, repriced
from protocols.promotions.values import Basket, Priced
from tests.support.basket_cases import random_case
from tests.support.basket_worlds import realistic

BUDGET = 4_000
"""Small: what holds must hold whether the search came to its end or not."""
seeds = st.integers(min_value=0, max_value=10**9)


def priced(seed: int, units_max: int = 9) -> tuple[Basket, Bundle, Priced]:
    case = random_case(seed, units_max=units_max, rich=True)
    return case.basket, case.bundle, price(case.basket, case.bundle, BUDGET)


@settings(max_examples=150, deadline=None)
@given(seed=seeds, shuffle=seeds)
def test_the_order_of_scanning_does_not_matter(seed: int, shuffle: int) -> None:
    """Units in any order: the same answer to the last cent of every unit."""
    basket, bundle, answer = priced(seed)
    units = list(basket.units)
    random.Random(shuffle).shuffle(units)
    again = price(replace(basket, units=tuple(units)), bundle, BUDGET)
    assert replace(again, units=()) == replace(answer, units=())
    assert sorted(again.units, key=lambda unit: unit.line_no) == list(answer.units)


@settings(max_examples=60, deadline=None)
@given(seed=seeds, shuffle=seeds)
def test_other_line_numbers_change_nothing_but_who_bears_a_cent(seed: int, shuffle: int) -> None:
    """The same goods on other lines: same total, same bounds, same offers as often."""
    basket, bundle, answer = priced(seed)
    numbers = [unit.line_no for unit in basket.units]
    random.Random(shuffle).shuffle(numbers)
    moved = tuple(replace(unit, line_no=number) for unit, number in zip(basket.units, numbers, strict=True))
    again = price(replace(basket, units=moved), bundle, BUDGET)
    assert (again.total_minor, again.lower_bound_minor, again.nodes) == (
        answer.total_minor, answer.lower_bound_minor, answer.nodes,
    )  # fmt: skip
    assert [(each.promotion_id, each.times) for each in again.applied] == [
        (each.promotion_id, each.times) for each in answer.applied
    ]


@settings(max_examples=60, deadline=None)
@given(seed=seeds)
def test_never_worse_than_no_offer_or_any_single_one(seed: int) -> None:
    basket, bundle, answer = priced(seed, units_max=7)
    assert answer.total_minor <= sum(unit.own_minor for unit in basket.units)
    for promotion in bundle.promotions:
        alone = price(basket, Bundle.of([promotion]), BUDGET)
        assert answer.total_minor <= alone.total_minor, promotion.promotion_id


@settings(max_examples=200, deadline=None)
@given(seed=seeds)
def test_money_adds_up(seed: int) -> None:
    basket, bundle, answer = priced(seed)
    assert len(answer.units) == len(basket.units)
    assert sum(unit.net_minor for unit in answer.units) == answer.total_minor
    saved: Counter[str] = Counter()
    for unit, sold in zip(answer.units, basket.units, strict=True):
        assert (unit.line_no, unit.unit_no) == (sold.line_no, sold.unit_no)
        assert unit.net_minor >= 0
        assert unit.net_minor == unit.base_minor - sum(share.amount_minor for share in unit.shares)
        assert all(share.amount_minor > 0 for share in unit.shares)
        assert unit.base_minor in {sold.own_minor, sold.list_minor}
        if not sold.open_to_offers:
            assert not unit.shares
        for share in unit.shares:
            saved[share.promotion_id] += share.amount_minor
    assert {each.promotion_id: each.saved_minor for each in answer.applied if each.saved_minor} == dict(saved)
    known = {promotion.promotion_id for promotion in bundle.promotions}
    applied = {each.promotion_id for each in answer.applied}
    assert applied <= known
    assert applied.isdisjoint(each.promotion_id for each in answer.considered)
    assert len(set(answer.coupons_used)) == len(answer.coupons_used)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, budget=st.sampled_from([0, 100, 3_000, 100_000]))
def test_the_same_question_has_the_same_answer(seed: int, budget: int) -> None:
    case = random_case(seed, units_max=8)
    assert price(case.basket, case.bundle, budget) == price(
        case.basket, Bundle.from_canonical(case.bundle.canonical), budget
    )


@settings(max_examples=40, deadline=None)
@given(seed=seeds)
def test_declining_never_makes_it_cheaper_when_proved(seed: int) -> None:
    basket, bundle, answer = priced(seed, units_max=6)
    for promotion in bundle.promotions[:3]:
        less = price(replace(basket, declined=frozenset({promotion.promotion_id})), bundle, BUDGET)
        assert all(each.promotion_id != promotion.promotion_id for each in less.applied)
        assert less.total_minor >= answer.lower_bound_minor


@settings(max_examples=150, deadline=None)
@given(seed=seeds, splits=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 3)), max_size=30))
def test_any_order_and_split_of_prorated_returns_sums_to_what_was_paid(seed: int, splits: list[tuple[int, int]]) -> None:
    case = realistic(seed, 14)
    answer = price(case.basket, case.bundle, BUDGET)
    lines: dict[int, list[int]] = {}
    for unit in answer.units:
        lines.setdefault(unit.line_no, []).append(unit.net_minor)
    returned: Counter[int] = Counter()
    refunded = 0
    steps = [(sorted(lines)[number % len(lines)], wanted) for number, wanted in splits]
    for line, wanted in [*steps, *((each, 1) for each in lines for _ in lines[each])]:
        try:
            refunded += sum(prorated(lines[line], returned[line], wanted))
        except MoreThanSold:
            assert returned[line] + wanted > len(lines[line])
            continue
        returned[line] += wanted
    assert refunded == answer.total_minor


@settings(max_examples=50, deadline=None)
@given(seed=seeds, order=seeds)
def test_repriced_returns_end_at_what_was_paid(seed: int, order: int) -> None:
    """Unit by unit in any order: never negative, never more than is left, and all of it in the end."""
    basket, bundle, answer = priced(seed, units_max=6)
    kept = list(range(len(basket.units)))
    random.Random(order).shuffle(kept)
    refunded = 0
    while kept:
        gone = kept.pop()
        left = replace(basket, units=tuple(basket.units[at] for at in sorted(kept)))
        step = repriced(
            left, bundle, paid_minor=answer.total_minor, refunded_minor=refunded,
            returned_nets_minor=[answer.units[gone].net_minor], node_budget=BUDGET,
        )  # fmt: skip
        assert step.refund_minor >= 0
        assert sum(step.unit_refunds_minor) == step.refund_minor
        refunded += step.refund_minor
        assert refunded <= answer.total_minor
    assert refunded == answer.total_minor
