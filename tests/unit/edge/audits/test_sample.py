"""A sample is random, fair to every part of the store, heavier on promotions, and the same for anybody who has the seed."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from edge.audits.sample import PROMOTION_WEIGHT, Candidate, How, Position, draw, seed_of

STORES = st.lists(
    st.builds(
        Candidate,
        item_id=st.from_regex(r"i-[0-9]{1,4}", fullmatch=True),
        label_id=st.sampled_from(["", "L1", "L2"]),
        category=st.sampled_from(["dairy", "bakery", ""]),
        position=st.builds(Position, aisle=st.sampled_from(["", "A1", "A2", "A10"]), shelf=st.integers(0, 5)),
        promotion=st.booleans(),
    ),
    unique_by=lambda each: (each.item_id, each.label_id),
    max_size=60,
)


def shop(count: int = 400, promotions: int = 0) -> list[Candidate]:
    """Four aisles, the last with a tenth of the goods."""
    return [
        Candidate(f"i-{number}", "", position=Position(f"A{min(number % 10 // 3, 3) + 1}"), promotion=number < promotions)
        for number in range(count)
    ]


@given(store=STORES, size=st.integers(1, 80), how=st.sampled_from(How), shuffled=st.randoms(use_true_random=False))
def test_the_same_seed_draws_the_same_whatever_the_order(
    store: list[Candidate], size: int, how: How, shuffled: object
) -> None:
    first = draw(store, size, "K7M2", how)
    other_way = list(store)
    shuffled.shuffle(other_way)  # type: ignore[attr-defined]
    assert draw(other_way, size, "K7M2", how) == first
    assert len(first) == min(size, len(store)) == len({(each.item_id, each.label_id) for each in first})
    assert set(first) <= set(store)


@given(store=STORES, size=st.integers(1, 80))
def test_every_part_of_the_store_is_looked_at_while_the_sample_is_large_enough(store: list[Candidate], size: int) -> None:
    strata = {each.stratum for each in store}
    drawn = {each.stratum for each in draw(store, size, "s", How.STRATIFIED)}
    if size >= len(strata):
        assert drawn == strata


def test_parts_get_their_share() -> None:
    counts = Counter(each.stratum for each in draw(shop(), 100, "s", How.STRATIFIED))
    assert counts == {"A1": 30, "A2": 30, "A3": 30, "A4": 10}


def test_promotions_are_drawn_more_often_by_their_weight_alone() -> None:
    """Over many seeds the share of promotions is what their weight says, and by the random way what their number says."""
    store = [Candidate(f"i-{number}", "", promotion=number < 100) for number in range(400)]
    drawn = {
        how: sum(each.promotion for seed in range(200) for each in draw(store, 8, str(seed), how)) / (200 * 8) for how in How
    }
    weighted = PROMOTION_WEIGHT * 100 / (PROMOTION_WEIGHT * 100 + 300)
    assert abs(drawn[How.STRATIFIED] - weighted) < 0.05
    assert abs(drawn[How.RANDOM] - 0.25) < 0.05


def test_every_price_can_be_drawn_and_none_is_favoured() -> None:
    counts = Counter(each.item_id for seed in range(600) for each in draw(shop(40), 10, str(seed), How.RANDOM))
    assert len(counts) == 40
    assert max(counts.values()) < 2 * min(counts.values())


def test_a_person_walks_the_store_once() -> None:
    places = [Position("A10", 1, 1), Position("A2", 1, 2), Position("A2", 3, 9), Position("A2", 1, 1), Position()]
    store = [Candidate(f"i-{number}", "L", position=place) for number, place in enumerate(places)]
    walk = [each.position for each in draw(store, 5, "s", How.STRATIFIED)]
    assert walk == [Position("A2", 3, 9), Position("A2", 1, 1), Position("A2", 1, 2), Position("A10", 1, 1), Position()]


def test_a_seed_is_short_and_has_nothing_that_looks_like_something_else() -> None:
    seeds = {seed_of(f"audit-{number}") for number in range(200)}
    assert len(seeds) > 195
    assert all(len(seed) == 6 and not set(seed) & set("01IO") for seed in seeds)
