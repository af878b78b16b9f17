"""What stores draw with after publications: the last word wins where it was given, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.refusals import Conflict, Invalid
from cloud.templates.domain import (
    PLACEMENTS_MAX,
    Placement,
    after_publishing,
    check_template_id,
    checked_stores,
    in_use,
)
from protocols.contract.feed_rows import TEMPLATE_STORES_MAX

STORES = ("S1", "S2", "S3", "S4")
wanted = st.tuples(
    st.sampled_from(("plain", "bold")),
    st.integers(1, 4),
    st.sets(st.sampled_from(STORES)).map(lambda found: tuple(sorted(found))),
)


def published(story: Iterable[tuple[str, int, tuple[str, ...]]]) -> Iterable[tuple[tuple[Placement, ...], Placement]]:
    """(what was held before, what is published) one after the other."""
    held: tuple[Placement, ...] = ()
    for number, (template_id, version, stores) in enumerate(story, start=1):
        new = Placement(template_id, version, number, stores)
        yield held, new
        held = after_publishing(held, new)


@given(st.lists(wanted, max_size=10))
def test_a_publication_changes_the_stores_it_names_and_no_other(story: list[tuple[str, int, tuple[str, ...]]]) -> None:
    for held, new in published(story):
        after = after_publishing(held, new)
        for store_id in STORES:
            expected = new if new.given_to(store_id) else in_use(held, store_id)
            assert in_use(after, store_id) == expected


@given(st.lists(wanted, max_size=10))
def test_a_box_too_old_for_the_new_one_still_finds_the_former(story: list[tuple[str, int, tuple[str, ...]]]) -> None:
    for held, new in published(story):
        kept = [each for each in after_publishing(held, new) if each != new]
        former = [each for each in held if not each.stores]
        if former:
            assert max(former, key=lambda each: each.published_ms) in kept


def test_what_nobody_would_use_any_more_leaves_the_feed() -> None:
    first, trial = Placement("plain", 1, 1), Placement("plain", 2, 2, ("S1",))
    wider, all_of_them = Placement("plain", 2, 3, ("S1", "S2")), Placement("plain", 2, 4)
    assert after_publishing((first, trial), wider) == (first, wider)
    assert after_publishing((first, wider), all_of_them) == (first, all_of_them)


def test_trials_side_by_side_are_counted() -> None:
    held = tuple(Placement("plain", number, number, (f"T{number}",)) for number in range(1, PLACEMENTS_MAX + 1))
    with pytest.raises(Conflict) as refused:
        after_publishing(held, Placement("plain", 99, 99, ("S1",)))
    assert refused.value.code == "too_many_trials"
    assert after_publishing(held, Placement("plain", 99, 99)) == (Placement("plain", 99, 99),)


def test_a_ring_too_large_for_one_row_is_all_stores() -> None:
    assert checked_stores(["S2", "S1", "S2"]) == ("S1", "S2")
    with pytest.raises(Invalid, match="more than"):
        checked_stores([f"S{number}" for number in range(TEMPLATE_STORES_MAX + 1)])


@pytest.mark.parametrize("template_id", ["", "Summer", "-x", "a" * 41, "a b", "ß"])
def test_an_id_is_a_short_name(template_id: str) -> None:
    assert [problem.field for problem in check_template_id(template_id)] == ["template_id"]


def test_a_good_id_is_no_problem() -> None:
    assert check_template_id("summer-promotion-2026") == []
