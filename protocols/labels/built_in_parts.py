"""What the built-in layouts have in common: names, foot, unit price. Numbers are thousandths of the panel."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import structs

from protocols.labels.template import (
    Align,
    Area,
    BarcodeElement,
    Element,
    Layout,
    MoneyStyle,
    Panels,
    PriceElement,
    RuleElement,
    TextElement,
    Trouble,
)

Words = Mapping[str, str]
WORDS: dict[str, Words] = {
    "en": {
        "until": "until {until}",
        "first_name": "name",
        "offer": "Offer",
        "member": "Member price",
        "everybody": "Price",
        "out": "Out of stock",
        "per_kg": "per kg",
        "unit": "{unit} =",
        "per_unit": "per {unit_name}",
    },
    "zh_CN": {
        "until": "至 {until}",
        "first_name": "name_zh",
        "offer": "特价",
        "member": "会员价",
        "everybody": "零售价",
        "out": "暂时缺货",
        "per_kg": "每千克",
        "unit": "{unit} =",
        "per_unit": "每 {unit_name}",
    },
}

WIDE_STRIP = Panels(width_min_px=240, aspect_min_percent=180)
STRIP = Panels(aspect_min_percent=180)
PAGE = Panels(height_min_px=240)
SQUARE = Panels()


def at(x: int, y: int, width: int, height: int) -> Area:
    """An area in one line."""
    return Area(x=x, y=y, width=width, height=height)


def text(name: str, area: Area, pattern: str, **more: object) -> TextElement:
    """Words; `more` as in `TextElement`."""
    return TextElement(name=name, area=area, pattern=pattern, **more)  # type: ignore[arg-type]


def price(area: Area, **more: object) -> PriceElement:
    """The price, raised; `more` as in `PriceElement`."""
    return PriceElement(name="price", area=area, style=MoneyStyle.RAISED, **more)  # type: ignore[arg-type]


def names_of(words: Words, height: int) -> list[Element]:
    """Two names of a height each, one below the other."""
    return two_names(words, at(15, 15, 970, height), at(15, 15 + height, 970, height))


def two_names(words: Words, first: Area, second: Area) -> list[Element]:
    """Both names: the English one first, or the Chinese one.

    In English the Chinese name is left out where no font draws it; in Chinese an item without one has its other name first.
    """
    if words["first_name"] == "name":
        return [
            text("name", first, "{name}", trouble=Trouble.SHORTEN),
            text("name_zh", second, "{name_zh}", trouble=Trouble.LEAVE_OUT),
        ]
    return [
        text("name_zh", first, "{name_zh}", trouble=Trouble.SHORTEN),
        text("name_alone", first, "{name}", when="!name_zh", trouble=Trouble.SHORTEN),
        text("name", second, "{name}", when="name_zh", trouble=Trouble.SHORTEN),
    ]


def one_name(words: Words, area: Area) -> list[TextElement]:
    """A single name, in the language of the template where the item has one."""
    name = text("name", area, "{name}", lines_max=2, trouble=Trouble.SHORTEN, size_max_px=30)
    if words["first_name"] == "name":
        return [name]
    name_zh = text("name_zh", area, "{name_zh}", lines_max=2, trouble=Trouble.SHORTEN, size_max_px=30)
    return [name_zh, structs.replace(name, when="!name_zh")]


def rule(top: int) -> RuleElement:
    """A thin line across."""
    return RuleElement(name="rule", area=at(15, top, 970, 7))


def foot(top: int, code_width: int = 830, mark_left: int = 800) -> list[Element]:
    """Bar code (or the look-up code as text) on the left, revision on the right."""
    height = 985 - top
    return [
        BarcodeElement(name="barcode", area=at(0, top, code_width, height), when="gtin14", trouble=Trouble.LEAVE_OUT),
        text("code", at(15, top, 400, height), "{gtin}", when="!gtin14", size_max_px=28),
        revision_mark(at(mark_left, top, 985 - mark_left, height)),
    ]


def foot_right(top: int) -> list[Element]:
    """The foot where a QR code stands at the left."""
    height = 985 - top
    return [
        BarcodeElement(name="barcode", area=at(310, top, 560, height), when="gtin14", trouble=Trouble.LEAVE_OUT),
        revision_mark(at(880, top, 105, height)),
    ]


def revision_mark(area: Area) -> TextElement:
    """The revision, so that a person with a label in hand can name what it shows."""
    return text("revision", area, "r{revision}", align=Align.END, valign=Align.END, size_max_px=14, size_min_px=8)


def unit_line(words: Words, top: int, height: int, left: int = 15) -> list[Element]:
    """The unit price in one line."""
    width = 985 - left
    return [
        text("unit_price", at(left, top, width, height), f"{words['unit']} {{unit_price}}", align=Align.END, size_max_px=28),
        text("per_kg", at(left, top, width, height), words["per_kg"], when="per_kg", align=Align.END, size_max_px=28),
    ]


def unit_small_line(words: Words, x: int, y: int, width: int, height: int) -> list[Element]:
    return [
        text("unit_price", at(x, y, width, height), f"{words['unit']} {{unit_price}}", size_max_px=24, size_min_px=9),
        text("per_kg", at(x, y, width, height), words["per_kg"], when="per_kg", size_max_px=24),
    ]


def unit_small(words: Words, x: int, y: int, width: int) -> list[Element]:
    return [
        text("unit", at(x, y, width, 85), words["unit"], size_max_px=26),
        text("unit_price", at(x, y + 85, width, 85), "{unit_price}", size_max_px=26),
        text("per_kg", at(x, y + 40, width, 100), words["per_kg"], when="per_kg", size_max_px=26),
    ]


def unit_column(words: Words, top: int, bottom: int, width: int) -> list[Element]:
    """What a kilogram or litre costs, at the left of the price: required beside a price (Directive 98/6/EC, article 3)."""
    half = (bottom - top) // 3
    return [
        text("content", at(15, top, width, half), "{content}", size_max_px=30, trouble=Trouble.LEAVE_OUT),
        text("unit", at(15, top + half, width, half), words["unit"], size_max_px=30),
        text("unit_price", at(15, top + 2 * half, width, half), "{unit_price}", size_max_px=30),
        text("per_kg", at(15, top + 2 * half, width, half), words["per_kg"], when="per_kg", size_max_px=30),
    ]


def inset(area: Area) -> Area:
    dx, dy = area.width // 12, area.height // 8
    return Area(x=area.x + dx, y=area.y + dy, width=area.width - 2 * dx, height=area.height - 2 * dy)


def three_layouts(strip: list[Element], square: list[Element], page: list[Element]) -> tuple[Layout, ...]:
    return (
        Layout(name="strip", elements=tuple(strip), panels=STRIP),
        Layout(name="page", elements=tuple(page), panels=PAGE),
        Layout(name="square", elements=tuple(square), panels=SQUARE),
    )
