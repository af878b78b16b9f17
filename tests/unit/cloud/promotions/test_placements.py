"""What stores hold of a promotion after a publication: rings only widen, a newer revision replaces an older one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.promotions.domain import Placement, after_publishing, bundle_of
from cloud.refusals import Conflict, Invalid, Refused
from protocols.contract.feed_rows import PROMOTION_STORES_MAX
from protocols.promotions.bundle import encode_promotion
from protocols.promotions.kinds.percent_off import PercentOff


def placed(revision: int, *stores: str) -> Placement:
    rule = PercentOff(promotion_id="p", revision=revision, name="p", starts_ms=0, off_bp=revision)
    return Placement("p", revision, encode_promotion(rule), stores)


def held_by(placements: tuple[Placement, ...], store_id: str) -> int | None:
    """The revision a store prices with."""
    found = bundle_of(placements, store_id).promotions
    return found[0].revision if found else None


def test_for_all_stores_it_is_the_only_one() -> None:
    assert after_publishing((placed(1), placed(2, "a")), placed(3)) == (placed(3),)


def test_a_trial_stands_beside_what_all_have() -> None:
    after = after_publishing((placed(1),), placed(2, "b"))
    assert (held_by(after, "a"), held_by(after, "b")) == (1, 2)
    widened = after_publishing(after, placed(2, "c"))
    assert [held_by(widened, each) for each in "abc"] == [1, 2, 2]


def test_an_older_trial_in_none_but_these_stores_goes() -> None:
    after = after_publishing((placed(1, "a"), placed(2, "b", "c")), placed(3, "a", "b"))
    assert [(each.revision, each.stores) for each in after] == [(2, ("b", "c")), (3, ("a", "b"))]


def test_what_all_have_is_not_taken_away_by_naming_some() -> None:
    with pytest.raises(Conflict):
        after_publishing((placed(1),), placed(1, "a"))


def test_too_many_stores_or_trials_are_refused() -> None:
    with pytest.raises(Invalid):
        after_publishing((), placed(1, *(f"s{n}" for n in range(PROMOTION_STORES_MAX + 1))))
    with pytest.raises(Conflict):
        after_publishing(tuple(placed(n, f"s{n}") for n in range(1, 5)), placed(5, "z"))


@given(st.lists(st.tuples(st.integers(0, 1), st.frozensets(st.sampled_from("abcd"), max_size=3)), min_size=1, max_size=8))
def test_nobody_falls_back_to_an_older_revision(steps: list[tuple[int, frozenset[str]]]) -> None:
    after: tuple[Placement, ...] = ()
    revision = 1
    for step, stores in steps:
        revision += step
        before = {each: held_by(after, each) or 0 for each in "abcd"}
        try:
            after = after_publishing(after, placed(revision, *sorted(stores)))
        except Refused:
            continue
        for each in "abcd":
            now = held_by(after, each) or 0
            assert now >= before[each]
            if not stores or each in stores:
                assert now == revision
