"""Bar codes, images in every form, profiles, the test receipt, and what a printer says of its sensors."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.displays.cd5220 import Screen, screen_bytes
from protocols.escpos import operations as op
from protocols.escpos import status
from protocols.escpos.barcodes import SYMBOLOGIES, bar_data, read_bars
from protocols.escpos.charsets import CHARSETS, CODE_PAGES
from protocols.escpos.columns import centred, cut_to, padded, text_columns, two_ends
from protocols.escpos.images import column_bytes
from protocols.escpos.profiles import PROFILES
from protocols.escpos.self_test import BAR_SAMPLES, page_characters, self_test
from protocols.escpos.status import AutomaticStatus, BufferedAnswer, PrinterCondition, ProcessIdAnswer, RealTimeAnswer
from protocols.escpos.tokens import PAYLOAD_MAX, Tokenizer

WIDE = st.text(st.sampled_from("abc 小票é한"), max_size=30)


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_every_bar_code_there_and_back(symbology: op.Symbology) -> None:
    code = op.Barcode(symbology, BAR_SAMPLES[symbology], height_dots=50, module_dots=3, caption=False)
    assert Tokenizer().feed(op.encode_one(code, "cp437"))[-1] == code


@pytest.mark.parametrize("symbology", [each for each in SYMBOLOGIES if each not in {"code93", "code128", "gs1_128"}][:7])
def test_the_old_form_means_the_same(symbology: op.Symbology) -> None:
    number, raw = bar_data(symbology, BAR_SAMPLES[symbology])
    if number > 71:
        return
    (read,) = Tokenizer().feed(b"\x1dk" + bytes([number - 65]) + raw + b"\x00")
    assert isinstance(read, op.Barcode)
    assert (read.symbology, read.data) == (symbology, BAR_SAMPLES[symbology])


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_a_bar_code_refuses_what_it_cannot_hold_in_words(symbology: op.Symbology) -> None:
    with pytest.raises(ValueError, match="takes"):
        bar_data(symbology, "茶")
    assert read_bars(200, b"x") is None


@given(st.integers(1, 6), st.integers(1, 60), st.randoms(use_true_random=False))
@pytest.mark.parametrize("rows", [8, 24])
def test_an_image_in_columns_is_the_same_image(rows: int, wide: int, high: int, chance: object) -> None:
    image = op.Raster(wide, chance.randbytes(wide * high))  # type: ignore[attr-defined]
    strips = [each for each in Tokenizer().feed(column_bytes(image, rows=rows)) if not isinstance(each, op.Unknown)]
    assert all(isinstance(strip, op.Raster) for strip in strips), "the line feeds print the strips, no empty lines"
    joined = b"".join(strip.rows for strip in strips if isinstance(strip, op.Raster))
    assert joined[: wide * high] == image.rows
    assert not any(joined[wide * high :])


def test_graphics_are_stored_and_then_printed() -> None:
    block = b"0p0\x01\x011" + (16).to_bytes(2, "little") + (2).to_bytes(2, "little") + b"\xf0\x0f\xaa\x55"
    store = b"\x1d(L" + len(block).to_bytes(2, "little") + block
    long = b"\x1d8L" + len(block).to_bytes(4, "little") + block
    for first in (store, long):
        assert Tokenizer().feed(first) == []
        assert Tokenizer().feed(first + b"\x1d(L\x02\x0002") == [op.Raster(2, b"\xf0\x0f\xaa\x55")]


def test_a_deselected_printer_hands_on_to_its_display_and_still_answers() -> None:
    tokens, screen = Tokenizer(), Screen()
    wire = b"before\x1b=\x02" + screen_bytes("TOTAL", "12.50", "cp437") + b"\x10\x04\x01\x1b=\x01after"
    for cut in range(len(wire) + 1):
        tokens, screen = Tokenizer(), Screen()
        operations = [*tokens.feed(wire[:cut]), *tokens.feed(wire[cut:])]
        for each in operations:
            if isinstance(each, op.DisplayData):
                screen.feed(each.data)
        assert screen.text()[0].startswith("TOTAL "), cut
        assert screen.text()[1].startswith("12.50 "), cut
        assert op.StatusRequest(1) in operations
        assert "".join(each.text for each in operations if isinstance(each, op.Text)) == "beforeafter"


def test_the_buffer_is_cleared_by_its_own_command() -> None:
    assert Tokenizer().feed(op.encode_one(op.ClearBuffer(), "cp437")) == [op.ClearBuffer()]
    assert isinstance(Tokenizer().feed(b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x09")[0], op.Unknown)


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_a_profile_holds_together_and_its_test_receipt_is_understood_whole(name: str) -> None:
    profile = PROFILES[name]
    assert profile.charset in CHARSETS
    assert profile.charset in profile.code_pages or profile.chinese
    assert set(profile.code_pages) <= set(CODE_PAGES)
    assert profile.columns * 12 <= profile.dots + 12
    operations = Tokenizer(chinese=profile.chinese).feed(self_test(profile, "printer-1"))
    assert not [each for each in operations if isinstance(each, op.Unknown)]
    text = "".join(each.text for each in operations if isinstance(each, op.Text)).replace("\n", "")
    for charset in profile.code_pages:
        assert page_characters(charset) in text
    assert ("小票" in text) == profile.chinese
    bars = [each.symbology for each in operations if isinstance(each, op.Barcode)]
    assert set(bars) == set(profile.bars)
    assert any(isinstance(each, op.Cut) for each in operations) == (profile.cutter != "none")


@given(WIDE, WIDE, st.integers(1, 40))
def test_lines_are_exactly_as_wide_as_they_should_be(left: str, right: str, columns: int) -> None:
    assert text_columns(two_ends(left, right, columns)) == columns
    assert text_columns(padded(left, columns)) == columns
    assert text_columns(centred(left, columns)) == columns
    assert text_columns(cut_to(left, columns)) <= columns
    assert left.startswith(cut_to(left, columns))


SENSORS = {name: st.booleans() for name in status.SENSORS}


@given(st.builds(PrinterCondition, **SENSORS), st.builds(PrinterCondition, **SENSORS))
def test_each_sensor_that_changed_is_told_once(before: PrinterCondition, now: PrinterCondition) -> None:
    told = dict(status.changes(before, now))
    assert all(getattr(now, sensor) is value for sensor, value in told.items())
    assert set(told) == {sensor for sensor in status.SENSORS if getattr(before, sensor) != getattr(now, sensor)}
    assert status.changes(now, now) == ()


def test_a_status_torn_by_the_line_swallows_no_other_answer() -> None:
    reader = status.AnswerReader()
    torn = bytes.fromhex("10 00") + b"\x12" + b"\x37\x22" + b"0042" + b"\x00" + bytes.fromhex("10 00 03 00") + b"\x00"
    kinds = [answer for answer in reader.feed(torn) if not isinstance(answer, status.StrayAnswer)]
    assert kinds == [
        RealTimeAnswer(0x12), ProcessIdAnswer("0042"), AutomaticStatus(bytes.fromhex("10 00 03 00")), BufferedAnswer(0),
    ]  # fmt: skip


@pytest.mark.soak
def test_a_million_bytes_of_rubbish_never_stop_the_printers_side_or_ours() -> None:
    rng = random.Random(9)
    tokens, answers = Tokenizer(), status.AnswerReader()
    for _ in range(1_000):
        junk = rng.randbytes(1_000)
        tokens.feed(junk)
        answers.feed(junk)
        assert len(tokens._held) <= PAYLOAD_MAX + 2_000, "a length told by rubbish costs no memory without end"
    answers.feed(b"\x00" * 100)
    assert answers.feed(b"\x12")[-1] == RealTimeAnswer(0x12)
