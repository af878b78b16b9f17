"""Cursors of stock lists."""

from __future__ import annotations

import pytest

from cloud.refusals import Invalid
from cloud.stock.domain import NEWEST, MovePlace, read_item, read_place


def test_places_are_read_back() -> None:
    assert read_place("") == NEWEST
    assert read_place(str(MovePlace(4, 5, 6))) == MovePlace(4, 5, 6)
    assert read_item("") == ("", "")
    assert read_item("an item sales_floor") == ("an item", "sales_floor")


@pytest.mark.parametrize("text", ["1 2", "a b c"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_place(text)
    with pytest.raises(Invalid):
        read_item("nothing")
