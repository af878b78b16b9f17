"""Campaigns: what may be written, when a ring opens by itself, how long it still takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.campaigns.domain import (
    EVERYWHERE,
    RATE_MS,
    Landing,
    Line,
    Opens,
    Reach,
    RingPlan,
    RingState,
    Tick,
    Wanted,
    check_lines,
    check_wanted,
    eta_ms,
    need_second_person,
    watch,
)
from cloud.refusals import Forbidden, Invalid

NOW = 1_800_000_000_000
MINUTE = 60_000
TRIAL = RingPlan("trial", Reach.STORES, ("S001",))
CLOSED = RingState(2, "", Reach.ALL, Opens.ITSELF, 90, 10)


def problems(wanted: Wanted) -> list[str]:
    with pytest.raises(Invalid) as refused:
        check_wanted(wanted, NOW)
    return [problem.field for problem in refused.value.problems]


def test_a_campaign_is_named_starts_later_and_ends_everywhere() -> None:
    check_wanted(Wanted("Week 40", "", NOW + 1, (TRIAL, *EVERYWHERE)), NOW)
    assert problems(Wanted(" ", "x" * 201, NOW, EVERYWHERE)) == ["name", "reason", "starts_at_ms"]
    assert problems(Wanted("x", "", None, ())) == ["rings"]
    assert problems(Wanted("x", "", None, (TRIAL,))) == ["rings/0/reach"]
    assert problems(Wanted("x", "", None, (*EVERYWHERE, *EVERYWHERE))) == ["rings/0/reach"]
    empty = RingPlan("", Reach.REGIONS, opens=Opens.ITSELF)
    assert problems(Wanted("x", "", None, (empty, *EVERYWHERE))) == ["rings/0/regions", "rings/0/opens"]


def test_every_bad_line_is_named_at_once() -> None:
    lines = [Line(1, "north", "A", 0), Line(2, "north", "B", 5, NOW), Line(3, "north", "B", 6), Line(4, "south", "B", 6)]
    with pytest.raises(Invalid) as refused:
        check_lines(lines, NOW)
    assert [row.field for row in refused.value.problems] == ["lines/0/price_minor", "lines/1/to_ms", "lines/2/item_id"]


def test_whoever_touched_it_does_not_approve_it() -> None:
    need_second_person(["anna", "bert"], "mei")
    with pytest.raises(Forbidden):
        need_second_person(["anna", "bert"], "bert")


@pytest.mark.parametrize(
    ("landing", "percent"),
    [
        (Landing(0, 0, 0, 0), 100),
        (Landing(4, 3, 0, 0), 75),
        (Landing(4, 4, 200, 199), 99),
        (Landing(4, 1, 200, 200), 25),
    ],
)
def test_what_landed_is_the_smaller_share_rounded_down(landing: Landing, percent: int) -> None:
    assert landing.percent == percent


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 100), st.booleans()), min_size=1, max_size=60))
def test_a_ring_opens_only_after_ten_minutes_without_a_dip_or_a_failure(looks: list[tuple[int, int, bool]]) -> None:
    """Against the plain reading: opens at the first look that ends an unbroken good stretch of ten minutes."""
    ring, now = CLOSED, NOW
    good_since: int | None = None
    for minutes, shown, failed in looks:
        now += minutes * MINUTE
        landing = Landing(1, 1, 100, shown, ("store S001: failed",) if failed else ())
        good = shown >= 90 and not failed
        good_since = (now if good_since is None else good_since) if good else None
        seen = watch(ring, landing, now)
        ring = seen.ring
        assert seen.open_now == (good_since is not None and now - good_since >= 10 * MINUTE)
        assert bool(ring.waits) != seen.open_now


def test_a_ring_opened_by_hand_never_opens_by_itself() -> None:
    ring = RingState(2, "", Reach.ALL, Opens.HAND, 90, 0)
    assert not watch(ring, Landing(1, 1, 0, 0), NOW).open_now


def tick(at_s: int, shown: int, labels: int = 100) -> Tick:
    return Tick(NOW + at_s * 1000, 1, 2, 2, labels, shown)


def test_the_time_to_go_follows_the_rate_of_the_last_minutes() -> None:
    assert eta_ms([tick(0, 0), tick(100, 50)], NOW, NOW + 100_000) == NOW + 200_000
    assert eta_ms([tick(0, 0), tick(100, 100)], NOW, NOW + 100_000) is None
    assert eta_ms([tick(0, 7), tick(100, 7)], NOW, NOW + 100_000) is None
    assert eta_ms([], NOW, NOW) is None
    assert eta_ms([tick(0, 0), tick(100, 50)], NOW, NOW + 200_000) == NOW + 400_000, "nothing landed for a while"
    old = [Tick(NOW - RATE_MS - 1, 1, 2, 2, 100, 0), tick(0, 50), tick(10, 60)]
    assert eta_ms(old, 0, NOW + 10_000) == NOW + 50_000
    assert eta_ms([tick(0, 0), tick(50, 50), tick(60, 60)], NOW + 50_000, NOW + 60_000) == NOW + 100_000


def test_without_labels_the_stores_tell_the_time() -> None:
    ticks = [Tick(NOW, 1, 10, 0, 0, 0), Tick(NOW + 10_000, 1, 10, 5, 0, 0)]
    assert eta_ms(ticks, NOW, NOW + 10_000) == NOW + 20_000
