"""Which price is in force, and what a change leads to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.pricing.domain import (
    FEED_HISTORY_MS,
    PAST_TOLERANCE_MS,
    Revision,
    WantedPrice,
    check_wanted,
    hidden_for_good,
    in_force,
    plan_change,
    plan_changes,
)

NOW = 1_790_000_000_000
HOUR = 3_600_000
DAY = 24 * HOUR


def apply(existing: list[Revision], wanted: WantedPrice, now_ms: int = NOW) -> list[Revision]:
    plan = plan_change(existing, wanted, now_ms=now_ms)
    return [row for row in existing if row.revision not in plan.withdrawn] + list(plan.added)


def price_at(revisions: list[Revision], at_ms: int) -> int | None:
    row = in_force(revisions, at_ms)
    return None if row is None else row.price_minor


def test_an_item_without_revisions_has_no_price() -> None:
    assert in_force([], NOW) is None


def test_the_highest_covering_revision_wins_not_the_latest_start() -> None:
    revisions = [Revision(1, 100, 0), Revision(2, 90, NOW - DAY, NOW + DAY), Revision(3, 120, NOW + HOUR)]
    assert price_at(revisions, NOW) == 90
    assert price_at(revisions, NOW + HOUR) == 120
    assert price_at(revisions, NOW - 2 * DAY) == 100


def test_the_end_is_not_part_of_the_time() -> None:
    revisions = [Revision(1, 100, 0), Revision(2, 90, NOW, NOW + HOUR)]
    assert price_at(revisions, NOW + HOUR - 1) == 90
    assert price_at(revisions, NOW + HOUR) == 100


def test_a_change_now_takes_the_next_revision() -> None:
    plan = plan_change([Revision(4, 100, 0)], WantedPrice("A", 110, reason="supplier"), now_ms=NOW)
    assert plan.added == (Revision(5, 110, NOW, None, "supplier"),)
    assert plan.before == Revision(4, 100, 0)


def test_revisions_are_never_used_twice_even_after_all_rows_are_gone() -> None:
    plan = plan_change([], WantedPrice("A", 110), now_ms=NOW, revision_floor=9)
    assert plan.added[0].revision == 10


def test_the_same_price_again_changes_nothing() -> None:
    assert plan_change([Revision(1, 100, 0)], WantedPrice("A", 100), now_ms=NOW).unchanged


def test_the_price_of_a_running_promotion_for_good_is_a_change() -> None:
    existing = [Revision(1, 100, 0), Revision(2, 90, 0, NOW + DAY)]
    after = apply(existing, WantedPrice("A", 90))
    assert price_at(after, NOW + 2 * DAY) == 90


def test_a_scheduled_change_survives_a_change_made_today() -> None:
    existing = [Revision(1, 100, 0), Revision(2, 130, NOW + DAY)]
    after = apply(existing, WantedPrice("A", 110))
    assert price_at(after, NOW) == 110
    assert price_at(after, NOW + DAY) == 130


def test_a_scheduled_change_to_the_present_price_is_kept_for_what_may_come_between() -> None:
    after = apply([Revision(1, 100, 0)], WantedPrice("A", 100, NOW + DAY))
    after = apply(after, WantedPrice("A", 90, NOW + HOUR))
    assert [price_at(after, at_ms) for at_ms in (NOW, NOW + HOUR, NOW + DAY)] == [100, 90, 100]


def test_asking_again_for_the_same_scheduled_change_changes_nothing() -> None:
    after = apply([Revision(1, 100, 0)], WantedPrice("A", 120, NOW + DAY, NOW + 2 * DAY))
    assert plan_change(after, WantedPrice("A", 120, NOW + DAY, NOW + 2 * DAY), now_ms=NOW).unchanged


def test_a_second_thought_replaces_the_change_scheduled_for_the_same_moment() -> None:
    existing = [Revision(1, 100, 0), Revision(2, 130, NOW + DAY)]
    plan = plan_change(existing, WantedPrice("A", 125, NOW + DAY), now_ms=NOW)
    assert (plan.withdrawn, plan.kept_scheduled) == ((2,), 0)
    assert [warning.code for warning in plan.warnings] == ["scheduled_replaced"]


def test_a_promotion_leaves_the_price_scheduled_for_the_same_moment_for_afterwards() -> None:
    after = apply([Revision(1, 100, 0), Revision(2, 130, NOW + DAY)], WantedPrice("A", 80, NOW + DAY, NOW + 2 * DAY))
    assert [price_at(after, NOW + days * DAY) for days in (0, 1, 2)] == [100, 80, 130]


def test_a_promotion_ends_by_itself() -> None:
    after = apply([Revision(1, 100, 0)], WantedPrice("A", 80, NOW + HOUR, NOW + 2 * HOUR))
    assert [price_at(after, NOW + hours * HOUR) for hours in (0, 1, 2)] == [100, 80, 100]


def test_a_slip_of_the_finger_is_pointed_out() -> None:
    plan = plan_change([Revision(1, 199, 0)], WantedPrice("A", 19900), now_ms=NOW)
    assert [warning.code for warning in plan.warnings] == ["big_change"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (WantedPrice("A", 0), "price_minor"),
        (WantedPrice("A", 100_000_000), "price_minor"),
        (WantedPrice("A", 100, NOW - PAST_TOLERANCE_MS - 1), "effective_from_ms"),
        (WantedPrice("A", 100, NOW + 1000 * DAY), "effective_from_ms"),
        (WantedPrice("A", 100, NOW + HOUR, NOW + HOUR), "effective_to_ms"),
        (WantedPrice("A", 100, None, NOW), "effective_to_ms"),
    ],
)
def test_bad_requests_name_the_field(wanted: WantedPrice, field: str) -> None:
    assert [problem.field for problem in check_wanted(wanted, NOW)] == [field]


def test_a_clock_a_little_behind_still_means_now() -> None:
    assert check_wanted(WantedPrice("A", 100, NOW - PAST_TOLERANCE_MS), NOW) == []


starts = st.integers(0, 40).map(lambda hours: NOW + hours * HOUR)
wishes = st.lists(st.tuples(st.integers(1, 999), starts), min_size=1, max_size=12)


@given(wishes)
def test_whichever_change_starts_later_wins_from_its_start(wanted: list[tuple[int, int]]) -> None:
    revisions: list[Revision] = []
    for price, start in wanted:
        revisions = apply(revisions, WantedPrice("A", price, start))
    for hours in range(42):
        at_ms = NOW + hours * HOUR
        expected = None
        for price, start in sorted(wanted, key=lambda pair: pair[1]):
            if start <= at_ms:
                expected = price
        assert price_at(revisions, at_ms) == expected
    numbers = [row.revision for row in revisions]
    assert len(numbers) == len(set(numbers))


lengths = st.none() | st.integers(1, 20).map(lambda hours: hours * HOUR)
wishes_with_ends = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 12), starts, lengths), min_size=1, max_size=10)


@given(wishes_with_ends)
def test_the_rule_holds_with_promotions_while_time_goes_by(wanted: list[tuple[int, int, int, int | None]]) -> None:
    """The model: of all changes that cover an instant the one that starts last, of those the one asked last."""
    revisions: list[Revision] = []
    asked: list[tuple[int, int, int | None, int]] = []
    now_ms = NOW
    for price, hours_on, start, length in wanted:
        now_ms += hours_on * HOUR
        start_ms = max(start, now_ms)
        end_ms = None if length is None else start_ms + length
        revisions = apply(revisions, WantedPrice("A", price, start_ms, end_ms), now_ms)
        asked.append((start_ms, len(asked), end_ms, price))
        for hours in range(0, 70, 3):
            at_ms = now_ms + hours * HOUR
            covering = [
                (*row[:2], row[2] or 0, row[3]) for row in asked if row[0] <= at_ms and (row[2] is None or at_ms < row[2])
            ]
            assert price_at(revisions, at_ms) == (max(covering)[3] if covering else None)


revision_rows = st.lists(
    st.builds(
        lambda price, start, length: (price, NOW + start * DAY, None if length is None else NOW + (start + length) * DAY),
        st.integers(1, 999),
        st.integers(-30, 5),
        st.none() | st.integers(1, 20),
    ),
    max_size=10,
)


@given(revision_rows, st.integers(0, 40))
def test_what_leaves_the_feed_is_never_needed_again(rows: list[tuple[int, int, int | None]], days: int) -> None:
    revisions = [Revision(number, price, start, end) for number, (price, start, end) in enumerate(rows, 1)]
    hidden = set(hidden_for_good(revisions, now_ms=NOW))
    kept = [row for row in revisions if row.revision not in hidden]
    at_ms = NOW - FEED_HISTORY_MS + days * DAY // 4
    assert in_force(kept, at_ms) == in_force(revisions, at_ms)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 500)), min_size=1, max_size=8, unique_by=lambda row: row[0]),
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 500)), max_size=3, unique_by=lambda row: row[0]),
)
def test_many_changes_of_one_item_in_one_request_all_happen_in_their_order(
    asked: list[tuple[int, int]], scheduled: list[tuple[int, int]]
) -> None:
    """Hours from now and prices, in any order, over what was scheduled before: of two at one start the asked one counts."""
    existing = [Revision(1, 999, 0)]
    existing += [Revision(2 + n, price, NOW + hours * HOUR) for n, (hours, price) in enumerate(sorted(scheduled))]
    wanted = [WantedPrice("A", price, NOW + hours * HOUR) for hours, price in asked]
    plans, after = plan_changes({"A": existing}, wanted, now_ms=NOW, floors={"A": 7})
    expected = dict(scheduled) | dict(asked)
    for hour in range(11):
        latest = max((start for start in expected if start <= hour), default=None)
        assert price_at(after["A"], NOW + hour * HOUR) == (999 if latest is None else expected[latest])
    assert len(plans) == len(asked)
    fresh = [row.revision for row in after["A"] if row not in existing]
    assert len(set(fresh)) == len(fresh)
    assert all(revision > 7 for revision in fresh)
