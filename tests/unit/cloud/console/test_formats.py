"""Money, ages, instants: text for people out of integers, and back."""

import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.console import formats
from cloud.console.pasted import LINES_MAX, PastedLine, read_pasted
from cloud.locale.catalogue import words_of

EN, ZH = words_of("en"), words_of("zh")
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


@given(st.integers(1, 99_999_999), st.integers(0, 3))
def test_a_price_typed_as_it_is_shown_is_the_same_price(minor: int, digits: int) -> None:
    assert formats.read_price(formats.plain_price(minor, digits), digits) == minor


@pytest.mark.parametrize(
    ("text", "minor"), [("1.29", 129), ("1,29", 129), (" € 2 ", 200), ("0.5", 50), ("¥12.30", 1230), ("100", 10_000)]
)
def test_a_price_is_read_as_people_type_it(text: str, minor: int) -> None:
    assert formats.read_price(text, 2) == minor


@pytest.mark.parametrize("text", ["", "1.299", "1.2.3", "-1", "1 000", "abc", "1e3", "１.２", ".5", "1."])
def test_what_could_be_misread_is_no_price(text: str) -> None:
    with pytest.raises(formats.NotAPrice):
        formats.read_price(text, 2)


def test_money_is_shown_with_its_currency_in_either_language() -> None:
    assert formats.money(129, "EUR", 2, EN) == "€1.29"
    assert formats.money(1_234_567, "CNY", 2, ZH) == "¥12,345.67"
    assert formats.money(980, "JPY", 0, EN) == "JP¥980"
    assert formats.money(None, "EUR", 2, EN) == "–"


@pytest.mark.parametrize(
    ("milliseconds", "english"),
    [(0, "a moment"), (2_000, "2 s"), (59_999, "59 s"), (60_000, "1 min"), (3_660_000, "1 h 1 min"), (86_400_000, "1 day"),
     (180_000_000, "2 days"), (None, "–")],
)  # fmt: skip
def test_ages_are_told_in_words(milliseconds: int | None, english: str) -> None:
    assert formats.age(milliseconds, EN) == english


def test_a_local_time_is_the_instant_of_its_zone() -> None:
    at_ms = formats.read_local("2026-07-01T08:30", BERLIN)
    assert at_ms == 1_782_887_400_000
    assert formats.instant(at_ms, BERLIN, EN) == "1 Jul 2026, 08:30"
    assert formats.read_local("", BERLIN) is None
    assert formats.zone_of("Mars/Olympus").utcoffset(None) is not None


def test_pasted_lines_are_read_whatever_stands_between() -> None:
    text = "Item\tPrice\nA1\t1.29\n9520000000028; 2,49\n\n# remark\nA3   milk 1l  0.99\nA4 3"
    assert read_pasted(text, 2).lines == (
        PastedLine(2, "A1", 129), PastedLine(3, "9520000000028", 249), PastedLine(6, "A3", 99), PastedLine(7, "A4", 300),
    )  # fmt: skip
    assert read_pasted(text, 2).problems == ()


def test_every_line_that_cannot_be_read_is_named() -> None:
    pasted = read_pasted("A1 1.29\nA2\nA3 cheap\nA1 1.30", 2)
    assert [(row.line_no, row.what) for row in pasted.problems] == [(2, "no_price"), (3, "bad_price"), (4, "twice")]
    too_many = read_pasted("\n".join(f"A{n} 1" for n in range(LINES_MAX + 5)), 2)
    assert (len(too_many.lines), [row.what for row in too_many.problems]) == (LINES_MAX, ["too_many"])


@given(st.text())
def test_any_paste_is_survived(text: str) -> None:
    read_pasted(text, 2)


def test_a_share_is_never_rounded_to_a_pass() -> None:
    assert formats.share(9_795, words_of("en")) == "97.95 %"
    assert formats.share(9_800, words_of("zh")) == "98%"
