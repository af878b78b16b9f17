"""Drawing: nothing outside its rectangle, every code of every panel read by a scanner, colours as the palette has them."""

from __future__ import annotations

import io
from random import Random

import pytest
import zxingcpp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import structs
from PIL import Image

from protocols.esl.image import picture_of, planes_of_masks
from protocols.esl.tag_types import BLACK, RED, TAG_TYPES, WHITE, YELLOW, Rgb
from protocols.labels.built_in import LINK_TEMPLATE
from protocols.labels.content import CannotDraw, LabelContent
from protocols.labels.drawing import draw
from protocols.labels.fonts import SYSTEM_FONTS, FontBook
from protocols.labels.jpeg import DRIFT_MAX, QUALITY, drift_bound, encode
from protocols.labels.look import LookBook, framed
from protocols.labels.palette import palette_of
from protocols.labels.pattern import Saying
from protocols.labels.renderer import LabelRenderer
from protocols.labels.template import (
    Align,
    Amount,
    Area,
    BarcodeElement,
    BoxElement,
    CurrencyPlace,
    Element,
    Layout,
    MoneyStyle,
    PriceElement,
    Purpose,
    Role,
    RuleElement,
    Symbology,
    Template,
    TextElement,
    Trouble,
)
from protocols.labels.typeset import Frame
from simulators.oepl_ap.jpeg import planes_of_jpeg
from tests.support.label_samples import shown

FONTS = [path for path in SYSTEM_FONTS if path.exists()]
BOOK = FontBook(FONTS)
RENDERER = LabelRenderer(FONTS)
J_FIRST = TextElement(name="it", area=Area(x=2, width=129, height=184), pattern="j00", align=Align.CENTRE, lines_max=2)
"""Ink before the pen, in a frame that a line fills to the last pixel."""
TEA = LabelContent(name="Tea", price_minor=250, currency="EUR", gtin="04006381333931", item_id="TEA-1")

areas = st.builds(
    lambda x, y, width, height: Area(x=x, y=y, width=min(width, 1000 - x), height=min(height, 1000 - y)),
    st.integers(0, 900), st.integers(0, 900), st.integers(1, 1000), st.integers(1, 1000),
)  # fmt: skip
aligns = st.sampled_from(list(Align))
texts = st.builds(
    TextElement,
    name=st.just("it"),
    area=areas,
    pattern=st.text(st.sampled_from("AÄgjQy019%.,- ßÑ€牛奶升"), min_size=1, max_size=40),
    align=aligns,
    valign=aligns,
    lines_max=st.integers(1, 4),
    size_max_px=st.sampled_from([0, 12, 40]),
    size_min_px=st.sampled_from([6, 10, 12]),
    trouble=st.sampled_from(list(Trouble)),
)
prices = st.builds(
    PriceElement,
    name=st.just("it"),
    area=areas,
    style=st.sampled_from(list(MoneyStyle)),
    currency=st.sampled_from(list(CurrencyPlace)),
    align=aligns,
    valign=aligns,
    struck=st.booleans(),
)
others = (
    st.builds(BoxElement, name=st.just("it"), area=areas, border_px=st.integers(0, 3), radius_px=st.integers(0, 9))
    | st.builds(RuleElement, name=st.just("it"), area=areas)
    | st.builds(
        BarcodeElement,
        name=st.just("it"),
        area=areas,
        symbology=st.sampled_from([Symbology.GTIN, Symbology.CODE128]),
        align=aligns,
        digits=st.booleans(),
    )
)


def template_of(*elements: Element) -> Template:
    layout = Layout(name="any", elements=elements)
    return Template(template_id="t", version=1, name="T", purpose=Purpose.REGULAR, layouts=(layout,))


def drawn(content: LabelContent, hardware_type: int, *elements: Element) -> Image.Image:
    """The canvas. Raises `CannotDraw`."""
    template = template_of(*elements)
    return draw(BOOK, LookBook().look(template, hardware_type), Saying(template, {"EUR": "€"}), content).canvas


@settings(max_examples=150, deadline=None)
@example(
    TextElement(name="it", area=Area(x=2, width=129, height=184), pattern="j00", align=Align.CENTRE, lines_max=2),
    1,
    0,
    "EUR",
)
@given(texts | prices | others, st.sampled_from(sorted(TAG_TYPES)), st.integers(0, 10**9), st.sampled_from(["EUR", "CHF"]))
def test_no_element_draws_outside_its_area(element: Element, hardware_type: int, price_minor: int, currency: str) -> None:
    kind = TAG_TYPES[hardware_type]
    content = LabelContent(name="x", price_minor=price_minor, currency=currency, gtin="04006381333931")
    refusal: CannotDraw | None = None
    try:
        canvas = drawn(content, hardware_type, element)
    except CannotDraw as error:
        refusal = error
    if refusal is not None:
        assert str(refusal).startswith("it: ")
        assert refusal.element == "it"
        return
    frame = framed(element.area, Frame(0, 0, kind.width, kind.height))
    ink = canvas.point([255 - value for value in range(256)]).getbbox()
    if ink is not None:
        left, top, right, bottom = ink
        assert frame.left <= left
        assert frame.top <= top
        assert right <= frame.right
        assert bottom <= frame.bottom


@pytest.mark.parametrize("hardware_type", sorted(TAG_TYPES))
def test_a_scanner_reads_every_code_of_every_template(hardware_type: int) -> None:
    kind = TAG_TYPES[hardware_type]
    for entry in shown("en"):
        if entry.name == "multi":
            continue
        picture = picture_of(kind, RENDERER.render(entry.content, hardware_type, entry.template).planes).convert("L")
        larger = picture.resize((kind.width * 2, kind.height * 2), 0) if kind.width < 400 else picture
        read = {found.text.lstrip("0") for found in zxingcpp.read_barcodes(larger)}
        wanted = {entry.content.gtin.lstrip("0")} if len(entry.content.gtin) > 3 else set()
        if entry.name == LINK_TEMPLATE:
            link = f"https://id.gs1.org/01/{entry.content.gtin}"
            assert link in read
            read.discard(link)
            assert read <= wanted
        else:
            assert read == wanted, entry.name


@pytest.mark.parametrize("hardware_type", sorted(TAG_TYPES))
def test_the_access_point_sees_the_colours_that_were_drawn(hardware_type: int) -> None:
    kind = TAG_TYPES[hardware_type]
    used: set[object] = set()
    for entry in shown("en"):
        rendered = RENDERER.render(entry.content, hardware_type, entry.template)
        assert planes_of_jpeg(kind, rendered.picture) == rendered.planes, entry.name
        colours = picture_of(kind, rendered.planes).getcolors() or []
        used.update(colour for _, colour in colours)
    assert used == set(kind.colours)


def test_two_planes_carry_four_colours_as_the_wire_has_them() -> None:
    stripes = [
        BoxElement(name=role.value, area=Area(x=250 * number, width=250), colour=role)
        for number, role in enumerate((Role.PAPER, Role.INK, Role.ALERT, Role.HIGHLIGHT))
    ]
    price = PriceElement(name="price", area=Area(x=20, y=20, width=200, height=200))
    rendered = RENDERER.render(TEA, 0x2B, template_of(*stripes, price))
    picture = picture_of(TAG_TYPES[0x2B], rendered.planes)
    assert [picture.getpixel((48 + 96 * number, 150)) for number in range(4)] == [WHITE, BLACK, RED, YELLOW]
    # Plane 1: black and yellow, plane 2: red and yellow; the buffer of this panel is turned three quarters.
    for plane, wanted in ((rendered.planes.black, "0101"), (rendered.planes.accent, "0011")):
        mask = Image.frombytes("1", (168, 384), plane).transpose(Image.Transpose.ROTATE_90)
        assert "".join("1" if mask.getpixel((48 + 96 * number, 150)) else "0" for number in range(4)) == wanted


@pytest.mark.parametrize(
    ("hardware_type", "roles"),
    [
        (0x26, {"banner": BLACK, "on_banner": WHITE, "highlight": BLACK, "on_highlight": WHITE, "alert": BLACK}),
        (0x02, {"banner": RED, "on_banner": WHITE, "highlight": RED, "on_highlight": WHITE, "alert": RED}),
        (0x3C, {"banner": YELLOW, "on_banner": BLACK, "highlight": YELLOW, "on_highlight": BLACK, "alert": BLACK}),
        (0x2B, {"banner": RED, "on_banner": WHITE, "highlight": YELLOW, "on_highlight": BLACK, "alert": RED}),
    ],
)
def test_roles_are_legible_in_every_palette(hardware_type: int, roles: dict[str, Rgb]) -> None:
    for name, colour in roles.items():
        box = BoxElement(name="box", area=Area(), colour=Role(name))
        picture = picture_of(TAG_TYPES[hardware_type], RENDERER.render(TEA, hardware_type, template_of(box)).planes)
        assert picture.getpixel((5, 5)) == colour


def test_a_missing_glyph_is_an_error_with_the_elements_name_and_may_be_left_out() -> None:
    element = TextElement(name="greeting", area=Area(), pattern="\U0001f9c3")
    with pytest.raises(CannotDraw, match=r"^greeting: no font has .*U\+1F9C3"):
        RENDERER.render(TEA, 1, template_of(element))
    shorter = structs.replace(element, trouble=Trouble.SHORTEN)
    with pytest.raises(CannotDraw, match="U\\+1F9C3"):
        RENDERER.render(TEA, 1, template_of(shorter))
    left = RENDERER.render(TEA, 1, template_of(structs.replace(element, trouble=Trouble.LEAVE_OUT)))
    assert left.left_out == ("greeting",)


@pytest.mark.parametrize(("text", "why"), [("שלום", "right to left"), ("मिल्क", "joined"), ("two\nlines", "control")])
def test_what_would_come_out_wrong_is_refused_even_if_a_font_has_it(text: str, why: str) -> None:
    assert BOOK.missing(text)
    with pytest.raises(CannotDraw, match=f"^name: .*{why}"):
        drawn(
            LabelContent(name=text, price_minor=1, currency="EUR"),
            1,
            TextElement(name="name", area=Area(), pattern="{name}"),
        )


def test_an_accent_typed_apart_is_the_same_letter() -> None:
    element = TextElement(name="name", area=Area(), pattern="{name}")
    whole, apart = (LabelContent(name=name, price_minor=1, currency="EUR") for name in ("Caf\u00e9", "Cafe\u0301"))
    assert drawn(whole, 1, element).tobytes() == drawn(apart, 1, element).tobytes()


def test_a_price_is_refused_rather_than_cut() -> None:
    narrow = PriceElement(name="was", area=Area(width=60, height=60), amount=Amount.WAS)
    content = LabelContent(name="x", price_minor=1, currency="EUR", was_minor=123_456)
    with pytest.raises(CannotDraw, match=r"^was: the price 1234\.56 EUR does not fit into 18x8 pixels"):
        RENDERER.render(content, 1, template_of(narrow))


def test_a_text_that_overflows_is_refused_or_shortened_as_it_says() -> None:
    element = TextElement(name="name", area=Area(width=200, height=150), pattern="{name}")
    content = LabelContent(name="A very long name that fits nowhere", price_minor=1, currency="EUR")
    with pytest.raises(CannotDraw, match=r"^name: 'A very long name"):
        RENDERER.render(content, 1, template_of(element))
    rendered = RENDERER.render(content, 1, template_of(structs.replace(element, trouble=Trouble.SHORTEN)))
    assert rendered.shortened == ("name",)


def test_lines_break_between_words_and_between_ideographs() -> None:
    element = TextElement(name="name", area=Area(width=400, height=700), pattern="{name}", lines_max=3, size_max_px=20)
    for name in ("Fresh organic milk", "新鲜有机全脂牛奶两升装"):
        if BOOK.missing(name):
            continue
        one = structs.replace(element, lines_max=1, size_min_px=20)
        content = LabelContent(name=name, price_minor=1, currency="EUR")
        with pytest.raises(CannotDraw):
            drawn(content, 1, one)
        box = drawn(content, 1, element).point([255 - value for value in range(256)]).getbbox()
        assert box is not None
        assert box[3] - box[1] > 30


def test_jpeg_can_never_drift_as_far_as_another_colour() -> None:
    """The bound that replaces looking at every picture, from the tables that are really written."""
    for mode in ("RGB", "L"):
        stream = io.BytesIO()
        Image.new(mode, (16, 16)).convert("RGB").save(stream, "JPEG", quality=QUALITY, subsampling=0)
        with Image.open(stream) as opened:
            tables = opened.quantization  # type: ignore[attr-defined]
        # Rounding of the conversions and of integer transforms: a few levels on top.
        assert drift_bound(tables[0], tables[1]) + 8 <= DRIFT_MAX


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0x26, 0x02, 0x3C, 0x2B]))
def test_even_noise_in_panel_colours_survives_the_access_point(seed: int, hardware_type: int) -> None:
    kind = TAG_TYPES[hardware_type]
    palette = palette_of(kind)
    values = sorted(set(palette.inks.values()))
    pixels = bytes(Random(seed).choices(values, k=kind.width * kind.height))
    noise = Image.frombytes("L", (kind.width, kind.height), pixels)
    masks = noise.point(palette.first_plane, "1"), noise.point(palette.second_plane, "1")
    picture = encode(noise, palette, coloured=kind.has_accent)
    assert planes_of_jpeg(kind, picture) == planes_of_masks(kind, *masks)
