"""GTIN check digits and normalisation. Vectors: GS1's worked example (629104150021 ends in 3), a UPC-A and an EAN-8."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.gs1.gtin import CodeRefused, ScannedCode, check_digit, read_code, with_check_digit


@pytest.mark.parametrize(("digits", "expected"), [("629104150021", 3), ("03600029145", 2), ("7351353", 7), ("0", 0)])
def test_known_check_digits(digits: str, expected: int) -> None:
    assert check_digit(digits) == expected


@pytest.mark.parametrize(
    ("scan", "key"),
    [
        ("6291041500213", "06291041500213"),
        ("036000291452", "00036000291452"),
        ("73513537", "00000073513537"),
        ("]E06291041500213", "06291041500213"),
        ("  036000291452 ", "00036000291452"),
        ("16291041500210", "16291041500210"),
    ],
)
def test_every_length_becomes_fourteen_digits(scan: str, key: str) -> None:
    assert read_code(scan) == ScannedCode(key=key, is_gtin=True)


@pytest.mark.parametrize("code", ["1", "101", "123456"])
def test_short_codes_are_look_ups(code: str) -> None:
    assert read_code(code) == ScannedCode(key=code, is_gtin=False)


@pytest.mark.parametrize(
    ("scan", "reason"),
    [
        ("", "code_empty"),
        ("   ", "code_empty"),
        ("12345a", "code_not_digits"),
        ("１２３４５６７８", "code_not_digits"),
        ("1234567", "code_length"),
        ("123456789012345", "code_length"),
        ("6291041500214", "check_digit"),
    ],
)
def test_what_is_no_code_says_why(scan: str, reason: str) -> None:
    with pytest.raises(CodeRefused) as refused:
        read_code(scan)
    assert refused.value.code == reason


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 12), st.integers(1, 9))
def test_any_single_misread_digit_is_noticed(digits: str, place: int, shift: int) -> None:
    code = with_check_digit(digits)
    wrong = code[:place] + str((int(code[place]) + shift) % 10) + code[place + 1 :]
    assert read_code(code).is_gtin
    with pytest.raises(CodeRefused, match="misread"):
        read_code(wrong)
