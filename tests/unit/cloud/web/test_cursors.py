"""Cursors survive the way through a URL, and nonsense is refused with the field's name."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.refusals import Invalid
from cloud.web.cursors import encode_cursor, mixed_cursor, number_cursor, text_cursor


@given(st.text(min_size=1))
def test_a_text_key_comes_back(key: str) -> None:
    cursor = encode_cursor(key)
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&? ")
    assert text_cursor(cursor) == key


@given(st.integers(0, 2**53))
def test_a_number_key_comes_back(key: int) -> None:
    assert number_cursor(encode_cursor(key)) == key


@given(st.integers(0, 2**53), st.text(max_size=40))
def test_several_keys_come_back(number: int, text: str) -> None:
    assert mixed_cursor(encode_cursor(number, text), int, str) == (number, text)


def test_no_cursor_is_the_beginning() -> None:
    assert (text_cursor(None), text_cursor(""), number_cursor(None)) == ("", "", 0)
    assert (mixed_cursor(None, int, str), mixed_cursor("", int)) == (None, None)


@given(st.text(min_size=1, max_size=60))
def test_nonsense_is_refused_never_an_error_of_ours(text: str) -> None:
    for read in (text_cursor, number_cursor, lambda cursor: mixed_cursor(cursor, int, str)):
        with contextlib.suppress(Invalid):
            read(text)


@pytest.mark.parametrize("parts", [("a", "b"), (5,), ()])
def test_a_cursor_of_another_list_is_refused(parts: tuple[str | int, ...]) -> None:
    with pytest.raises(Invalid):
        text_cursor(encode_cursor(*parts))


@pytest.mark.parametrize("parts", [("a", 1), (1,), (1, "a", 2), (True, "a"), ()])
def test_several_keys_of_another_list_are_refused(parts: tuple[str | int, ...]) -> None:
    with pytest.raises(Invalid):
        mixed_cursor(encode_cursor(*parts), int, str)
