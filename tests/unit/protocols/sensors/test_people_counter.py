"""Sums of a people counter become people: through restarts, midnights and clocks that are wrong."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sensors.people_counter import Counted, Live, Mark, NotCounts, count, decode, encode

MINUTE_MS = 60_000
NOON = Mark(100, 90, "20170503120000", 1_000_000_000)


def later(mark: Mark, people_in: int, people_out: int, *, minutes: int = 1, clock: str | None = None) -> Mark:
    then = datetime.datetime.strptime(mark.timestamp, "%Y%m%d%H%M%S")  # noqa: DTZ007
    timestamp = (then + datetime.timedelta(minutes=minutes)).strftime("%Y%m%d%H%M%S") if clock is None else clock
    return Mark(people_in, people_out, timestamp, mark.at_ms + minutes * MINUTE_MS)


def test_the_bytes_of_an_axis_counter() -> None:
    body = b'{"serial":"00408CAC512B","name":"Exit south","timestamp":"20170503112756","in":12,"out":318}'
    live = decode(body)
    assert (live.people_in, live.people_out, live.timestamp) == (12, 318, "20170503112756")
    assert decode(encode(live)) == live


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"in":1}', b'{"in":-1,"out":0}', b'{"in":"1","out":2}', b"[" * 9999])
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(NotCounts):
        decode(body)


def test_people_are_the_difference() -> None:
    assert count(NOON, later(NOON, 103, 95)) == Counted(3, 5)
    assert count(NOON, later(NOON, 100, 90)) == Counted(0, 0)
    assert count(None, NOON) == Counted(0, 0, "first"), "its sums are of a time nobody knows"


def test_a_restart_counts_what_passed_since() -> None:
    assert count(NOON, later(NOON, 4, 1)) == Counted(4, 1, "began_anew")
    assert count(NOON, later(NOON, 101, 3)) == Counted(101, 3, "began_anew"), "both sums begin anew together"


def test_midnight_counts_what_passed_since_even_if_the_sums_did_not_fall() -> None:
    evening = replace(NOON, people_in=3, people_out=3, timestamp="20170503235930")
    assert count(evening, later(evening, 5, 4, clock="20170504000030")) == Counted(5, 4, "began_anew")
    assert count(evening, later(evening, 0, 0, clock="20170504000030")) == Counted(0, 0, "began_anew")


@pytest.mark.parametrize("clock", ["20170504120100", "20160101000000", "20180101000000", "", "rubbish", "20170503125959"])
def test_a_clock_that_is_set_or_wrong_says_nothing(clock: str) -> None:
    assert count(NOON, later(NOON, 103, 95, clock=clock)) == Counted(3, 5)


def test_a_box_that_was_away_over_midnight() -> None:
    assert count(NOON, later(NOON, 150, 140, minutes=24 * 60)) == Counted(150, 140, "began_anew")


def test_a_jump_nobody_could_walk_is_nobody() -> None:
    assert count(NOON, later(NOON, 90_000, 90)) == Counted(0, 0, "too_many")


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.sampled_from(["", "restart"])), max_size=60))
def test_nobody_is_lost_or_doubled_whatever_restarts(steps: list[tuple[int, int, str]]) -> None:
    """A counter restarts between looks and is looked at right after: every person is counted once."""
    mark, came, went = NOON, 0, 0
    sum_in, sum_out = NOON.people_in, NOON.people_out
    for people_in, people_out, event in steps:
        if event and (people_in or people_out) and people_in < sum_in:
            sum_in = sum_out = 0
        sum_in, sum_out = sum_in + people_in, sum_out + people_out
        now = later(mark, sum_in, sum_out, clock="")
        now = replace(now, timestamp=mark.timestamp)
        fell = sum_in < mark.people_in or sum_out < mark.people_out
        found = count(mark, now)
        if event and not fell:
            return  # a restart whose sums have passed the old ones already cannot be told from walking
        assert (found.people_in, found.people_out) == (people_in, people_out)
        came, went, mark = came + found.people_in, went + found.people_out, now


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.text(max_size=14))
def test_counts_are_never_below_zero(a: int, b: int, c: int, d: int, clock: str) -> None:
    found = count(Mark(a, b, clock, 0), Mark(c, d, clock, MINUTE_MS))
    assert found.people_in >= 0
    assert found.people_out >= 0
    assert isinstance(Live(people_in=a, people_out=b), Live)
