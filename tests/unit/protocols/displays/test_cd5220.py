"""CD5220 both ways: golden bytes, widths, line mode, any split, rubbish."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.displays import cd5220
from protocols.displays.cd5220 import CHARSETS, COLUMNS, Screen, line_bytes, screen_bytes, scroll_bytes, start_bytes
from protocols.escpos.charsets import CHINESE
from protocols.escpos.columns import text_columns


def shown(data: bytes, charset: str = "cp437") -> tuple[str, str]:
    screen = Screen(charset)
    screen.feed(data)
    return screen.text()


def test_golden_bytes() -> None:
    assert line_bytes(0, "TOTAL", "cp437") == bytes.fromhex("1B 51 41") + b"TOTAL" + b" " * 15 + b"\r"
    assert line_bytes(1, "12.50", "cp437") == bytes.fromhex("1B 51 42") + b"12.50" + b" " * 15 + b"\r"
    assert start_bytes() == bytes.fromhex("0C 1B 40 0C")
    assert cd5220.blink_bytes(3) == bytes.fromhex("1F 45 03")
    assert scroll_bytes("Sale today", "cp437") == bytes.fromhex("1B 51 44") + b"Sale today\r"
    assert line_bytes(0, "合计", CHINESE)[3:7] == bytes.fromhex("BA CF BC C6")


def test_a_text_is_cut_by_what_it_takes_on_the_glass_never_in_the_middle_of_a_character() -> None:
    upper, _ = shown(line_bytes(0, "牛奶一升特价大促销活动商品", CHINESE), CHINESE)
    assert upper == "牛奶一升特价大促销活"
    assert text_columns(upper) == COLUMNS
    upper, _ = shown(line_bytes(0, "x牛奶一升特价大促销活动商品", CHINESE), CHINESE)
    assert upper == "x牛奶一升特价大促销 "
    assert shown(line_bytes(0, "Pot 茶茶 3", "cp437")) == ("Pot ???? 3" + " " * 10, " " * COLUMNS)


def test_after_a_line_only_clear_and_another_line_are_obeyed() -> None:
    screen = Screen()
    screen.feed(line_bytes(0, "TOTAL", "cp437"))
    before = screen.text()
    screen.feed(b"junk\x0b\x1bl\x01\x01more\x1b@\x1fE\x02\x18")
    assert screen.text() == before
    assert screen.strange > 0
    screen.feed(line_bytes(1, "5.00", "cp437"))
    assert screen.text()[1].startswith("5.00")
    screen.feed(b"\x0cfree again")
    assert screen.text() == ("free again".ljust(COLUMNS), " " * COLUMNS)


def test_a_display_that_was_left_in_any_mode_shows_both_lines() -> None:
    for before in (b"", b"\x1b\x13", b"\x1b\x12 scrolling along", line_bytes(0, "old", "cp437"), b"\x1fE\x04half a te"):
        assert shown(before + screen_bytes("one", "two", "cp437")) == ("one".ljust(COLUMNS), "two".ljust(COLUMNS))


def test_the_modes_and_the_cursor() -> None:
    assert shown(b"a" * 25) == ("a" * 20, "a" * 5 + " " * 15)
    assert shown(b"\x1bl\x05\x02here")[1] == "    here" + " " * 12
    assert shown(b"\x1b\x12" + b"a" * 20 + b"b" * 20 + b"c") == ("b" * 20, "c" + " " * 19)
    assert shown(b"\x1b\x13" + b"x" * 20 + b"y")[0] == "x" * 19 + "y"
    assert shown(b"one\rtwo") == ("one".ljust(20), "two".ljust(20))
    screen = Screen()
    screen.feed(b"\x1fE\x02\x1f@" + scroll_bytes("a long line that runs", "cp437"))
    assert (screen.self_tests, screen.scrolling) == (1, "a long line that runs")


LETTERS = {"cp437": "abc ÄöÜ½", "cp866": "абвгд 12", CHINESE: "合计小票 12￥"}


@given(st.data())
def test_any_text_in_any_split_comes_back_cut_and_filled(data: st.DataObject) -> None:
    charset = data.draw(st.sampled_from(sorted(LETTERS)))
    upper, lower = (data.draw(st.text(st.sampled_from(LETTERS[charset]), max_size=30)) for _ in range(2))
    wire = screen_bytes(upper, lower, charset)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=4)))
    screen = Screen(charset)
    for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True):
        screen.feed(wire[start:end])
    for text, line in zip((upper, lower), screen.text(), strict=True):
        assert text_columns(line) == COLUMNS
        assert text.startswith(line.rstrip(" ")) or line.rstrip(" ") == text.rstrip(" ")


@given(st.binary(max_size=400), st.sampled_from(CHARSETS))
def test_rubbish_never_raises_and_the_next_screen_is_shown(junk: bytes, charset: str) -> None:
    screen = Screen(charset)
    screen.feed(junk)
    screen.feed(b"\x0c\x0c" + start_bytes() + screen_bytes("one", "two", charset) * 2)
    assert screen.text() == ("one".ljust(COLUMNS), "two".ljust(COLUMNS))


@pytest.mark.soak
def test_a_million_bytes_of_rubbish() -> None:
    rng = random.Random(7)
    for charset in CHARSETS:
        screen = Screen(charset)
        for _ in range(200):
            screen.feed(rng.randbytes(1_000))
            upper, lower = screen.text()
            assert len(screen.lines[0]) == len(screen.lines[1]) == COLUMNS, (upper, lower)
