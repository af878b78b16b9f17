"""What a promotion may be compared with: the laws of the European Union and of China, case by case."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.pricing.comparison import DAY_MS, EU_DAYS, Reduction, allowed_was, prior_price
from cloud.pricing.domain import WantedPrice
from cloud.pricing.timeline import Span, paid
from protocols.contract.values import PriceKind, PriceLaw

NOW = 100 * DAY_MS
EU, CN, NONE = PriceLaw.EU, PriceLaw.CN, PriceLaw.NONE
PROMOTION, MARKDOWN, REGULAR = PriceKind.PROMOTION, PriceKind.MARKDOWN, PriceKind.REGULAR


def usual(revision: int, price: int, from_day: float, to_day: float | None = None) -> Span:
    return Span("own", revision, price, int(from_day * DAY_MS), None if to_day is None else int(to_day * DAY_MS))


def promotion(revision: int, price: int, from_day: float, to_day: float | None = None) -> Span:
    begin, end = int(from_day * DAY_MS), None if to_day is None else int(to_day * DAY_MS)
    return Span("sale", revision, price, begin, end, 10, price_kind=PROMOTION)


def prior(spans: list[Span], price: int = 1, day: float = 100) -> int | None:
    return prior_price(spans, Reduction(price, int(day * DAY_MS)))


def test_the_prior_price_is_the_lowest_of_the_thirty_days_before() -> None:
    spans = [usual(1, 100, 0), usual(2, 120, 60), usual(3, 110, 80), usual(4, 130, 90)]
    assert prior(spans) == 110, "100 ended forty days ago"
    assert prior([usual(1, 100, 0), usual(2, 120, 70)]) == 120, "100 ended exactly thirty days ago"
    assert prior([usual(1, 100, 0), usual(2, 120, 70.001)]) == 100, "and a minute later it still counts"


def test_raising_the_price_shortly_before_a_sale_gains_nothing() -> None:
    assert prior([usual(1, 100, 0), usual(2, 150, 99)]) == 100


def test_an_earlier_promotion_of_the_last_thirty_days_counts() -> None:
    assert prior([usual(1, 100, 0), promotion(2, 70, 80, 85)], 90) == 70


def test_a_running_promotion_does_not_count_itself() -> None:
    assert prior([usual(1, 100, 0), promotion(2, 80, 95)], 80) == 100, "it goes on at the same price"


def test_a_reduction_lowered_step_by_step_keeps_its_first_base() -> None:
    steps = [usual(1, 100, 0), promotion(2, 90, 60, 80), promotion(3, 80, 80, 100)]
    assert prior(steps, 70) == 100, "even when the first step is forty days old"
    assert prior([*steps[:2], promotion(3, 80, 81, 100)], 70) == 90, "a day's pause between the steps breaks the chain"


def test_a_promotion_made_dearer_is_a_new_announcement() -> None:
    assert prior([usual(1, 100, 0), promotion(2, 70, 95)], 80) == 70


def test_an_item_sold_for_a_week_has_the_lowest_of_that_week() -> None:
    assert prior([usual(1, 100, 93), usual(2, 90, 97)]) == 90
    assert prior([]) is None
    assert prior([usual(1, 100, 100)]) is None, "what starts together with it is not before it"


def test_members_are_compared_with_what_members_paid() -> None:
    spans = [usual(1, 100, 0), Span("m", 2, 85, 80 * DAY_MS, 90 * DAY_MS, 5, "member")]
    assert prior_price(spans, Reduction(50, NOW, "member")) == 85
    assert prior_price(spans, Reduction(50, NOW)) == 100


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(50, 60), st.integers(40, 99)), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(40, 49), st.integers(40, 90), st.integers(1, 5)), max_size=3),
)
def test_nothing_paid_in_the_thirty_days_before_a_new_announcement_was_cheaper(
    usuals: list[tuple[int, int]], sales: list[tuple[int, int, int]]
) -> None:
    spans = [usual(number, price, day) for number, (price, day) in enumerate(usuals)]
    spans += [promotion(100 + number, price, day, day + length) for number, (price, day, length) in enumerate(sales)]
    base = prior_price(spans, Reduction(45, NOW))
    running = paid(spans, NOW - 1)
    if running is not None and running.price_kind is PROMOTION:
        return
    half_days = [NOW - half * DAY_MS // 2 for half in range(1, EU_DAYS * 2 + 1)]
    held = [each for each in (paid(spans, at_ms) for at_ms in half_days) if each is not None]
    assert base == min((each.price_minor for each in held), default=None)


@pytest.mark.parametrize(
    ("law", "kind", "price", "claimed", "base", "was", "problem"),
    [
        (EU, PROMOTION, 80, None, 100, 100, ""),
        (EU, PROMOTION, 80, 100, 100, 100, ""),
        (EU, PROMOTION, 80, 120, 100, None, "is not 100"),
        (EU, PROMOTION, 80, 90, 100, None, "is not 100"),
        (EU, PROMOTION, 100, None, 100, None, "not below 100"),
        (EU, PROMOTION, 80, None, None, None, "no earlier price"),
        (EU, MARKDOWN, 80, None, 70, None, ""),
        (EU, MARKDOWN, 80, 90, 100, None, "is not 100"),
        (CN, PROMOTION, 80, None, 100, 100, ""),
        (CN, PROMOTION, 80, 95, 100, 95, ""),
        (CN, PROMOTION, 80, 101, 100, None, "above 100"),
        (CN, PROMOTION, 80, None, 80, None, ""),
        (CN, PROMOTION, 80, None, None, None, ""),
        (CN, PROMOTION, 80, 90, None, None, "nothing was sold"),
        (NONE, PROMOTION, 80, 400, None, 400, ""),
        (NONE, PROMOTION, 80, 80, None, None, "not above the price"),
        (NONE, REGULAR, 80, 90, None, None, "only promotions"),
        (EU, REGULAR, 80, None, 70, None, ""),
    ],
)
def test_what_each_law_lets_a_price_be_compared_with(
    law: PriceLaw,
    kind: PriceKind,
    price: int,
    claimed: int | None,
    base: int | None,
    was: int | None,
    problem: str,
) -> None:
    found, problems = allowed_was(law, kind, WantedPrice("a", price, was_minor=claimed), base)
    assert found == was
    assert [problem in each.problem for each in problems] == ([True] if problem else [])
