"""Codes are read back by a decoder that is none of ours, and their parts agree with the standards' own examples."""

from __future__ import annotations

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from protocols.labels.barcode import bars_of, modules_of
from protocols.labels.code128 import CodeRefused, code128_modules, gs1_128_modules
from protocols.labels.qr import QrRefused, qr_matrix
from protocols.labels.reed_solomon import check_bytes
from protocols.labels.template import Correction


def read_row(row: bytes) -> list[tuple[str, str]]:
    """(text, format) a scanner finds in a row of modules."""
    wide = Image.frombytes("L", (len(row), 1), bytes(255 - level for level in row)).resize((len(row) * 3, 60), 0)
    paper = Image.new("L", (wide.width + 40, 100), 255)
    paper.paste(wide, (20, 20))
    return [(found.text, str(found.format)) for found in zxingcpp.read_barcodes(paper)]


def read_qr(text: str, correction: Correction) -> zxingcpp.Barcode:
    matrix = qr_matrix(text, correction)
    light = bytes(255 - level for level in matrix.bitmap())
    picture = Image.frombytes("L", (matrix.side, matrix.side), light).resize((matrix.side * 3, matrix.side * 3), 0)
    (found,) = zxingcpp.read_barcodes(picture)
    return found


@pytest.mark.parametrize(
    ("gtin", "text", "form"),
    [
        ("04006381333931", "4006381333931", "EAN-13"),
        ("4006381333931", "4006381333931", "EAN-13"),
        ("00000096385074", "96385074", "EAN-8"),
        ("96385074", "96385074", "EAN-8"),
        ("00036000291452", "036000291452", "UPC-A"),
        ("036000291452", "036000291452", "UPC-A"),
        ("14006381333938", "14006381333938", "ITF"),
    ],
)
def test_a_gtin_is_drawn_in_the_symbol_of_its_length(gtin: str, text: str, form: str) -> None:
    row = modules_of(gtin)
    assert row is not None
    ((read, found),) = read_row(row)
    assert read.lstrip("0") == text.lstrip("0")
    assert found in {form, "EAN-13"} if form == "UPC-A" else found == form


def test_the_bars_are_the_dark_modules() -> None:
    row = modules_of("96385074")
    assert row is not None
    dark = {at for start, end in bars_of(row) for at in range(start, end)}
    assert dark == {at for at, level in enumerate(row) if level}


def test_code_128_by_hand() -> None:
    # ISO/IEC 15417: start B 211214, "A" 111323, check (104 + 33) mod 103 = 34 -> 131123, stop 2331112.
    bars = "".join("1" if level else "0" for level in code128_modules("A"))
    assert bars == "0" * 10 + "11010010000" + "10100011000" + "10001011000" + "1100011101011" + "0" * 10


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=30))
def test_every_printable_text_is_read_back_from_code_128(text: str) -> None:
    ((read, form),) = read_row(code128_modules(text))
    assert (read, form) == (text, "Code 128")


def test_a_run_of_digits_takes_half_the_room() -> None:
    assert len(code128_modules("1234567890")) < len(code128_modules("ABCDEFGHIJ")) - 4 * 11


@pytest.mark.parametrize("text", ["(01)04006381333931", "(01)04006381333931(10)A1(21)77", "(01)04006381333931(3103)001250"])
def test_gs1_128_keeps_its_application_identifiers(text: str) -> None:
    ((read, _),) = read_row(gs1_128_modules(text))
    assert read == text


@pytest.mark.parametrize("text", ["", "x" * 49, "Äpfel"])
def test_what_is_no_code_128_is_refused(text: str) -> None:
    with pytest.raises(CodeRefused):
        code128_modules(text)


@pytest.mark.parametrize("text", ["01 04006381333931", "(01)", "(x1)12", "(01)12(", "(1)12"])
def test_element_strings_are_written_with_brackets(text: str) -> None:
    with pytest.raises(CodeRefused, match=r"\(01\)04006381333931"):
        gs1_128_modules(text)


@pytest.mark.parametrize("correction", list(Correction))
def test_every_version_and_level_of_a_qr_code_is_read_back(correction: Correction) -> None:
    versions = set()
    for length in range(1, 214, 5):
        text = "".join(chr(97 + (length * 7 + index) % 26) for index in range(length))
        try:
            version = qr_matrix(text, correction).version
        except QrRefused:
            break
        if version not in versions:
            found = read_qr(text, correction)
            assert (found.text, found.ec_level) == (text, correction.value)
            versions.add(version)
    assert versions >= set(range(1, 10))


def test_a_qr_code_of_any_letters() -> None:
    assert read_qr("https://例え.jp/牛奶?é=1", Correction.MEDIUM).text == "https://例え.jp/牛奶?é=1"


def test_error_correction_bytes_of_the_standards_example() -> None:
    # ISO/IEC 18004 annex I: "01234567" as version 1-M; its data codewords and the ten that correct them.
    data = bytes((0x10, 0x20, 0x0C, 0x56, 0x61, 0x80, 0xEC, 0x11, 0xEC, 0x11, 0xEC, 0x11, 0xEC, 0x11, 0xEC, 0x11))
    assert check_bytes(data, 10).hex() == "a524d4c1ed36c7872c55"


def test_what_does_not_fit_a_qr_code_is_refused() -> None:
    with pytest.raises(QrRefused, match="version 10"):
        qr_matrix("x" * 214, Correction.MEDIUM)
