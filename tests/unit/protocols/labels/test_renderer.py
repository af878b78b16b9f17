"""Label pictures: legible to machines, true to the pixel after JPEG, refused rather than wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.esl.image import file_hash, picture_of
from protocols.esl.tag_types import TAG_TYPES
from protocols.gs1.gtin import with_check_digit
from protocols.labels.barcode import modules_of
from protocols.labels.content import CannotDraw, LabelContent, UnitPrice, price_text
from protocols.labels.fonts import SYSTEM_FONTS, FontBook
from protocols.labels.renderer import LabelRenderer, Rendered
from simulators.oepl_ap.jpeg import planes_of_jpeg

RENDERER = LabelRenderer([path for path in SYSTEM_FONTS if path.exists()])
MILK = LabelContent(
    name="Whole milk 3.5 %", name_zh="全脂牛奶", price_minor=119, currency="EUR", gtin="04006381333931", revision=12
)
contents = st.builds(
    LabelContent,
    name=st.text(st.sampled_from("ABCxyz 019%.,-äß牛奶升"), max_size=60),
    name_zh=st.text(st.sampled_from("有机全脂牛奶升 1"), max_size=30),
    price_minor=st.integers(0, 9_999_999),
    currency=st.sampled_from(["EUR", "CNY", "CHF"]),
    minor_digits=st.sampled_from([0, 2, 3]),
    per_kg=st.booleans(),
    unit_price=st.none()
    | st.builds(UnitPrice, price_minor=st.integers(0, 99_999), unit=st.sampled_from(["kg", "l", "100 g"])),
    gtin=st.sampled_from(["", "101", "04006381333931", "14006381333938", "96385074"]),
    revision=st.integers(0, 999),
    highlight=st.booleans(),
)


def bars_of(rendered: Rendered, hardware_type: int) -> list[str]:
    """What a scanner reads from the panel."""
    kind = TAG_TYPES[hardware_type]
    picture = picture_of(kind, rendered.planes).convert("L")
    wide = picture.resize((kind.width * 3, kind.height * 3), 0)
    return [found.text for found in zxingcpp.read_barcodes(wide)]


@pytest.mark.parametrize("hardware_type", sorted(TAG_TYPES))
def test_a_scanner_reads_the_barcode_of_every_kind_of_label(hardware_type: int) -> None:
    assert bars_of(RENDERER.render(MILK, hardware_type), hardware_type) == ["4006381333931"]


@pytest.mark.parametrize(
    "code", [with_check_digit("1400638133393"), with_check_digit("9638507"), with_check_digit("95200000001")]
)
def test_other_lengths_are_read_as_the_same_number(code: str) -> None:
    content = LabelContent(name="x", price_minor=1, currency="EUR", gtin=code)
    (read,) = bars_of(RENDERER.render(content, 0x02), 0x02)
    assert read.rjust(14, "0") == code.rjust(14, "0")


@settings(max_examples=60, deadline=None)
@given(contents, st.sampled_from(sorted(TAG_TYPES)))
def test_the_access_point_makes_exactly_the_foretold_planes(content: LabelContent, hardware_type: int) -> None:
    try:
        rendered = RENDERER.render(content, hardware_type)
    except CannotDraw:
        return
    planes = planes_of_jpeg(TAG_TYPES[hardware_type], rendered.picture)
    assert planes == rendered.planes
    assert file_hash(planes.raw_file) == rendered.image_hash


def test_the_same_content_gives_the_same_bytes_in_another_renderer() -> None:
    again = LabelRenderer([path for path in SYSTEM_FONTS if path.exists()])
    assert again.render(MILK, 1) == RENDERER.render(MILK, 1)


def test_every_part_of_the_content_is_in_the_picture() -> None:
    whole = LabelContent(
        name="Tea", name_zh="茶", price_minor=250, currency="EUR", unit_price=UnitPrice(1000, "kg"), gtin="101", revision=3
    )
    changes: list[dict[str, object]] = [
        {"name": "Tee"}, {"name_zh": "红"}, {"price_minor": 251}, {"currency": "CHF"}, {"minor_digits": 0}, {"per_kg": True},
        {"unit_price": UnitPrice(1001, "kg")}, {"gtin": "102"}, {"revision": 4}, {"highlight": True},
    ]  # fmt: skip
    seen = {RENDERER.render(whole, 1).image_hash}
    for change in changes:
        fields = {name: getattr(whole, name) for name in whole.__slots__} | change
        seen.add(RENDERER.render(LabelContent(**fields), 1).image_hash)
    assert len(seen) == len(changes) + 1


def test_a_blank_label_is_white() -> None:
    blank = RENDERER.render(None, 1)
    assert not any(blank.planes.whole())
    assert planes_of_jpeg(TAG_TYPES[1], blank.picture) == blank.planes


def test_the_highlight_is_in_the_accent_plane_and_the_text_is_not() -> None:
    plain = RENDERER.render(MILK, 1).planes
    marked = RENDERER.render(LabelContent(name="x", price_minor=1, currency="EUR", highlight=True), 1).planes
    assert not plain.accent
    assert any(marked.accent)


def test_what_cannot_be_drawn_is_refused_with_the_reason() -> None:
    for content, words in (
        (LabelContent(name="\U0001f9c3 juice", price_minor=1, currency="EUR"), "U+1F9C3"),
        (LabelContent(name="gold", price_minor=10**14, currency="EUR"), "does not fit"),
        (LabelContent(name="x", price_minor=-1, currency="EUR"), "no shelf price"),
    ):
        with pytest.raises(CannotDraw, match=words.replace("+", r"\+")):
            RENDERER.render(content, 0x00)
    with pytest.raises(CannotDraw, match="hex EE"):
        RENDERER.render(MILK, 0xEE)


def test_a_font_that_is_none_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "font.ttf").write_bytes(b"no font")
    with pytest.raises(CannotDraw, match="is no font"):
        FontBook([tmp_path / "font.ttf"])


def test_without_font_files_latin_labels_still_come_out() -> None:
    bare = LabelRenderer()
    assert bare.fonts.missing("Milk 牛") == "牛"
    rendered = bare.render(MILK, 1)
    assert planes_of_jpeg(TAG_TYPES[1], rendered.picture) == rendered.planes


def test_prices_as_text() -> None:
    assert [price_text(119, 2), price_text(5, 2), price_text(1234, 0), price_text(1, 3)] == ["1.19", "0.05", "1234", "0.001"]


def test_the_bars_of_an_ean_by_hand() -> None:
    row = modules_of("4006381333931")
    assert row is not None
    bits = "".join("1" if module else "0" for module in row)
    # 4 -> OEOOEE: 0001101 0100111 0101111 0111101 0001001 0110011 | 1000010 1000010 1000010 1110100 1000010 1100110
    left = "000110101001110101111011110100010010110011"
    right = "100001010000101000010111010010000101100110"
    assert bits == "0" * 11 + "101" + left + "01010" + right + "101" + "0" * 7
    assert modules_of("4006381333930") is None
    assert modules_of("101") is None
