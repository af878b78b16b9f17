"""Places in the order of arrival and windows of time."""

from __future__ import annotations

import pytest

from cloud.refusals import Invalid
from cloud.sales.domain import END, Arrival, read_arrival, window_of


@pytest.mark.parametrize("place", [Arrival(7, "S001", 3, 9), Arrival(7, "", 0, 0), END])
def test_a_place_is_read_back(place: Arrival) -> None:
    assert read_arrival(str(place)) == place


def test_places_are_ordered_by_transaction_first() -> None:
    assert Arrival(6, "S9", 9, 9) < Arrival(7, "S1", 1, 1) < Arrival(7, "S1", 1, 2) < END


@pytest.mark.parametrize("text", ["7", "7 S001 3", "x S001 3 9", "7 S001 3 9 9"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_arrival(text)


def test_a_window_begins_with_a_minute() -> None:
    assert window_of(1, 125_000) == 120_000
    assert window_of(2, 125_000) == 60_000
    with pytest.raises(Invalid):
        window_of(0, 1)
