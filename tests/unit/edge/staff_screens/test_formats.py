"""Amounts as they stand on the screen and as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.staff_screens.formats import (
    NotAnAmount,
    age,
    amount,
    day,
    looks_like_a_label,
    money,
    read_amount,
    read_money,
    typed,
)
from edge.staff_screens.words import words_of

EN, ZH = words_of("en"), words_of("zh_CN")


@given(st.integers(0, 999_999_999))
def test_a_typed_weight_is_read_as_it_was_written(thousandths: int) -> None:
    assert read_amount(typed(thousandths), weighed=True) == thousandths


@pytest.mark.parametrize("text", ["", "-1", "1.2345", "1e3", "4000000000013", "1,2,3", "twelve"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount):
        read_amount(text, weighed=True)


def test_pieces_have_no_fraction() -> None:
    assert read_amount("12", weighed=False) == 12_000
    with pytest.raises(NotAnAmount):
        read_amount("1.5", weighed=False)


def test_how_things_stand_on_the_screen() -> None:
    assert amount(2_350, EN, weighed=True) == "2.35 kg"
    assert amount(-3_000, EN, weighed=False) == "−3"
    assert amount(1_234_000, EN, weighed=False, signed=True) == "+1,234"
    assert amount(0, EN, weighed=False, signed=True) == "0"
    assert (money(129, "EUR", 2, EN), money(None, "EUR", 2, EN), money(1290, "CNY", 2, ZH)) == ("€1.29", "–", "¥12.90")
    assert [age(ms, EN) for ms in (0, 61_000, 3_720_000, 86_400_000, 200_000_000)] == [
        "less than a minute",
        "1 min",
        "1 h 2 min",
        "1 day",
        "2 days",
    ]
    assert (day("2026-11-05", EN), day("2026-11-05", ZH)) == ("5.11.", "11/5")


def test_a_product_code_is_never_taken_for_a_label() -> None:
    assert looks_like_a_label("0000021A00000001")
    assert looks_like_a_label("00000212AABBCCDD")
    assert looks_like_a_label("1234567890ABC")
    for product in ("4006381333931", "04006381333931", "101", "10012345678902"):
        assert not looks_like_a_label(product)


@pytest.mark.parametrize(
    ("text", "digits", "minor"),
    [("1.29", 2, 129), ("1,29", 2, 129), (" 1,5 ", 2, 150), ("12", 2, 1_200), ("129", 0, 129), ("0.005", 3, 5)],
)
def test_a_typed_price_is_read_to_the_minor_unit(text: str, digits: int, minor: int) -> None:
    assert read_money(text, digits) == minor


@pytest.mark.parametrize(
    ("text", "digits"),
    [("", 2), ("1.299", 2), ("1.5", 0), ("4000000000037", 2), ("-1", 2), ("1.2.3", 2), ("１.29", 2), ("0000021A", 2)],
)
def test_nothing_is_guessed_of_what_is_no_price(text: str, digits: int) -> None:
    with pytest.raises(NotAnAmount):
        read_money(text, digits)
