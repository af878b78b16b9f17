"""What may be said of a store, and the age of what HQ does not hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.refusals import Invalid
from cloud.stores.domain import (
    FeedStanding,
    StoreSettings,
    StreamStanding,
    check_store,
    feeds_of,
    oldest_unacked_ms,
)
from protocols.contract.feed_rows import decode_row, encode_row
from protocols.sync.topics import Channel, check_feed_id, store_topic

GOOD = StoreSettings("S001", "Main street", "north", "Europe/Berlin", ("Shop",), ("Bye",), 60, 4)


def test_a_good_store_travels_as_it_is() -> None:
    check_store(GOOD)
    row = decode_row(encode_row(GOOD.row()))
    assert row == GOOD.row()


@given(st.text(max_size=70))
def test_an_accepted_id_is_a_topic_level_and_the_other_way_round(store_id: str) -> None:
    try:
        store_topic(store_id, Channel.DOWN, 16)
        fits = store_id.lower() not in {"hq", "feed"}
    except ValueError:
        fits = False
    try:
        check_store(StoreSettings(store_id, "n", "north", "UTC"))
        accepted = True
    except Invalid:
        accepted = False
    assert accepted == fits
    if accepted:
        for feed in feeds_of(store_id, "north"):
            check_feed_id(feed)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (StoreSettings("S001", "", "north", "UTC"), "name"),
        (StoreSettings("S001", "n", "north", "../etc/passwd"), "time_zone"),
        (StoreSettings("S001", "n", "north", ""), "time_zone"),
        (StoreSettings("S001", "n", "north", "UTC", ("x" * 43,)), "receipt_header"),
        (StoreSettings("S001", "n", "north", "UTC", (), ("x",) * 9), "receipt_footer"),
        (StoreSettings("S001", "n", "north", "UTC", (), (), -1), "label_dwell_seconds"),
        (StoreSettings("S001", "n", "north", "UTC", (), (), 60, 73), "label_task_hours"),
    ],
)
def test_each_mistake_names_its_field(wrong: StoreSettings, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_store(wrong)
    assert [problem.field for problem in refused.value.problems] == [field]


def stream(last: int, acked: int, age_ms: int | None) -> StreamStanding:
    return StreamStanding("txn", last, acked, acked, age_ms)


def test_the_oldest_fact_ages_until_hq_holds_it() -> None:
    assert oldest_unacked_ms([], 0, 10) is None
    assert oldest_unacked_ms([stream(5, 5, None)], 0, 10) is None
    assert oldest_unacked_ms([stream(5, 3, 100), stream(9, 8, 700)], 1_000, 1_250) == 950
    assert oldest_unacked_ms([stream(5, 5, 100)], 1_000, 1_250) is None, "committed since the report"
    assert oldest_unacked_ms([stream(5, 3, 100)], 1_000, 900) == 100, "HQ's clock was set back"


def test_how_far_a_feed_is_behind() -> None:
    assert FeedStanding("f", 5, 5, in_step=True, status="ok").behind == 0
    assert FeedStanding("f", 5, 3, in_step=False, status="ok").behind == 2
    assert FeedStanding("f", 5, None, in_step=False, status="").behind == 5
    assert FeedStanding("f", 5, 5, in_step=False, status="ok").behind == 1, "another epoch or another hash"
