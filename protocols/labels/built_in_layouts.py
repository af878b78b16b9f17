"""Where things stand on the built-in templates. Numbers are thousandths of the panel, tuned by looking at every panel."""

from __future__ import annotations

from collections.abc import Mapping

from protocols.labels.template import (
    Align,
    Amount,
    Area,
    BarcodeElement,
    BoxElement,
    Element,
    Layout,
    MoneyStyle,
    Panels,
    PriceElement,
    QrElement,
    RepeatElement,
    Role,
    RuleElement,
    Simple,
    TextElement,
    Trouble,
)

Words = Mapping[str, str]
WORDS: dict[str, Words] = {
    "en": {
        "was": "was {was}",
        "until": "until {until}",
        "offer": "Offer",
        "member": "Member price",
        "everybody": "Price",
        "out": "Out of stock",
        "per_kg": "per kg",
        "unit": "{unit} =",
        "per_unit": "per {unit_name}",
        "piece": "per piece",
    },
    "zh_CN": {
        "was": "原价 {was}",
        "until": "至 {until}",
        "offer": "特价",
        "member": "会员价",
        "everybody": "零售价",
        "out": "暂时缺货",
        "per_kg": "每千克",
        "unit": "{unit} =",
        "per_unit": "每 {unit_name}",
        "piece": "每件",
    },
}

WIDE_STRIP = Panels(width_min_px=240, aspect_min_percent=180)
STRIP = Panels(aspect_min_percent=180)
PAGE = Panels(height_min_px=240)
SQUARE = Panels()


def _area(x: int, y: int, width: int, height: int) -> Area:
    return Area(x=x, y=y, width=width, height=height)


def _text(name: str, area: Area, pattern: str, **more: object) -> TextElement:
    return TextElement(name=name, area=area, pattern=pattern, **more)  # type: ignore[arg-type]


def _names(height: int, width: int = 970, lines: int = 1) -> list[Element]:
    """Two names of a height each, one below the other; the second is left out where no font draws it."""
    return [
        _text("name", _area(15, 15, width, height), "{name}", lines_max=lines, trouble=Trouble.SHORTEN),
        _text("name_zh", _area(15, 15 + height, width, height), "{name_zh}", trouble=Trouble.LEAVE_OUT),
    ]


def _foot(top: int, code_width: int = 830, mark_left: int = 800) -> list[Element]:
    """Bar code (or the look-up code as text) on the left, revision on the right."""
    height = 985 - top
    return [
        BarcodeElement(name="barcode", area=_area(0, top, code_width, height), when="gtin14", trouble=Trouble.LEAVE_OUT),
        _text("code", _area(15, top, 400, height), "{gtin}", when="!gtin14", size_max_px=28),
        _mark(_area(mark_left, top, 985 - mark_left, height)),
    ]


def _mark(area: Area) -> TextElement:
    """The revision, so that a person with a label in hand can name what it shows."""
    return _text("revision", area, "r{revision}", align=Align.END, valign=Align.END, size_max_px=14, size_min_px=8)


def _unit_column(words: Words, top: int, bottom: int, width: int) -> list[Element]:
    """What a kilogram or litre costs, at the left of the price: required beside a price (Directive 98/6/EC, article 3)."""
    half = (bottom - top) // 3
    return [
        _text("content", _area(15, top, width, half), "{content}", size_max_px=30, trouble=Trouble.LEAVE_OUT),
        _text("unit", _area(15, top + half, width, half), words["unit"], size_max_px=30),
        _text("unit_price", _area(15, top + 2 * half, width, half), "{unit_price}", size_max_px=30),
        _text("per_kg", _area(15, top + 2 * half, width, half), words["per_kg"], when="per_kg", size_max_px=30),
    ]


def _price(area: Area, **more: object) -> PriceElement:
    return PriceElement(name="price", area=area, style=MoneyStyle.RAISED, **more)  # type: ignore[arg-type]


def _highlight_bar(top: int, height: int) -> BoxElement:
    return BoxElement(name="highlight", area=_area(0, top, 10, height), colour=Role.BANNER, when="highlight")


def regular(words: Words) -> tuple[Layout, ...]:
    """Names, price, unit price, bar code."""
    strip = [
        *_names(160),
        RuleElement(name="rule", area=_area(15, 355, 970, 8)),
        _highlight_bar(380, 400),
        *_unit_column(words, 380, 780, 300),
        _price(_area(320, 370, 665, 405)),
        *_foot(805),
    ]
    square = [
        *_names(130),
        RuleElement(name="rule", area=_area(15, 295, 970, 8)),
        _highlight_bar(310, 300),
        _price(_area(15, 310, 970, 310)),
        *_unit_line(words, 630, 120),
        *_foot(770, 750, 755),
    ]
    page = [
        *_names(125),
        RuleElement(name="rule", area=_area(15, 285, 970, 6)),
        _highlight_bar(300, 440),
        *_unit_column(words, 330, 720, 280),
        _price(_area(310, 310, 675, 440)),
        *_foot(800),
    ]
    return _three(strip, square, page)


def regular_link(words: Words) -> tuple[Layout, ...]:
    """The regular price with a QR code that leads to the product's page."""
    strip: list[Element] = [
        _text("name", _area(15, 15, 970, 160), "{name}", trouble=Trouble.SHORTEN),
        _text("name_zh", _area(370, 180, 615, 160), "{name_zh}", trouble=Trouble.LEAVE_OUT),
        QrElement(name="link", area=_area(0, 280, 360, 720)),
        RuleElement(name="rule", area=_area(370, 355, 615, 8)),
        _price(_area(370, 380, 615, 400)),
        *_unit_line(words, 810, 150, left=370),
    ]
    square: list[Element] = [
        *_names(110),
        _price(_area(15, 245, 970, 230)),
        QrElement(name="link", area=_area(0, 480, 500, 520)),
        _text("unit", _area(510, 560, 475, 130), words["unit"], align=Align.END),
        _text("unit_price", _area(510, 700, 475, 130), "{unit_price}", align=Align.END),
        _text("per_kg", _area(510, 700, 475, 130), words["per_kg"], when="per_kg", align=Align.END),
    ]
    page: list[Element] = [
        *_names(125),
        RuleElement(name="rule", area=_area(15, 285, 970, 6)),
        _price(_area(310, 310, 675, 400)),
        *_unit_column(words, 310, 560, 280),
        QrElement(name="link", area=_area(0, 580, 300, 420)),
        *_foot_right(800),
    ]
    return _three(strip, square, page)


def _unit_line(words: Words, top: int, height: int, left: int = 15) -> list[Element]:
    """The unit price in one line."""
    width = 985 - left
    return [
        _text(
            "unit_price", _area(left, top, width, height), f"{words['unit']} {{unit_price}}", align=Align.END, size_max_px=28
        ),
        _text("per_kg", _area(left, top, width, height), words["per_kg"], when="per_kg", align=Align.END, size_max_px=28),
    ]


def _foot_right(top: int) -> list[Element]:
    height = 985 - top
    return [
        BarcodeElement(name="barcode", area=_area(310, top, 560, height), when="gtin14", trouble=Trouble.LEAVE_OUT),
        _mark(_area(880, top, 105, height)),
    ]


def _banner(area: Area, words: Words) -> list[Element]:
    return [
        BoxElement(name="banner", area=area, colour=Role.BANNER, radius_px=4),
        _text("percent", _inset(area), "-{saving_percent}%", colour=Role.ON_BANNER, align=Align.CENTRE),
        _text("offer", _inset(area), words["offer"], when="!saving_percent", colour=Role.ON_BANNER, align=Align.CENTRE),
    ]


def _inset(area: Area) -> Area:
    dx, dy = area.width // 12, area.height // 8
    return Area(x=area.x + dx, y=area.y + dy, width=area.width - 2 * dx, height=area.height - 2 * dy)


def promotion(words: Words) -> tuple[Layout, ...]:
    """The reduced price, the former one struck through, the last day."""
    strip = [
        *_names(150),
        *_banner(_area(10, 345, 300, 260), words),
        _price(_area(320, 335, 665, 335), colour=Role.ALERT),
        *_unit_small(words, 15, 625, 300),
        *_was_until(words, 320, 680, 665, 110),
        *_foot(810),
    ]
    square = [
        *_names(115),
        *_banner(_area(10, 255, 320, 190), words),
        _price(_area(15, 455, 970, 205), colour=Role.ALERT),
        PriceElement(name="was", area=_area(345, 255, 640, 95), amount=Amount.WAS, struck=True, size_min_px=10),
        _text("until", _area(345, 355, 640, 90), words["until"], align=Align.END, size_min_px=9),
        *_unit_line(words, 665, 105),
        *_foot(785, 750, 755),
    ]
    page = [
        *_names(115),
        *_banner(_area(15, 275, 290, 230), words),
        _price(_area(320, 265, 665, 360), colour=Role.ALERT),
        *_unit_small(words, 15, 530, 290),
        *_was_until(words, 320, 650, 665, 110),
        *_foot(800),
    ]
    small = [
        *_names(135),
        *_banner(_area(10, 300, 300, 180), words),
        PriceElement(
            name="was", area=_area(15, 490, 300, 115), amount=Amount.WAS, struck=True, align=Align.START, size_min_px=10
        ),
        _price(_area(320, 300, 665, 360), colour=Role.ALERT),
        _text("until", _area(320, 665, 665, 115), words["until"], align=Align.END),
        BarcodeElement(name="barcode", area=_area(0, 790, 540, 195), when="gtin14", trouble=Trouble.LEAVE_OUT),
        _text("code", _area(15, 790, 400, 195), "{gtin}", when="!gtin14"),
        *_unit_line(words, 785, 125, left=545),
        _mark(_area(545, 910, 440, 80)),
    ]
    return (
        Layout(name="strip", elements=tuple(strip), panels=WIDE_STRIP),
        Layout(name="small", elements=tuple(small), panels=STRIP),
        *_three(strip, square, page)[1:],
    )


def _unit_small(words: Words, x: int, y: int, width: int) -> list[Element]:
    return [
        _text("unit", _area(x, y, width, 85), words["unit"], size_max_px=26),
        _text("unit_price", _area(x, y + 85, width, 85), "{unit_price}", size_max_px=26),
        _text("per_kg", _area(x, y + 40, width, 100), words["per_kg"], when="per_kg", size_max_px=26),
    ]


def _was_until(words: Words, x: int, y: int, width: int, height: int) -> list[Element]:
    """The former price struck through, left; the last day, right."""
    half = width * 36 // 100
    return [
        PriceElement(
            name="was", area=_area(x, y, half, height), amount=Amount.WAS, struck=True, align=Align.START, size_min_px=10
        ),
        _text(
            "until", _area(x + half, y, width - half, height), words["until"], align=Align.END, size_max_px=26, size_min_px=9
        ),
    ]


def member(words: Words) -> tuple[Layout, ...]:
    """The price for everybody, and in a box the price for members."""
    strip = [
        *_names(150),
        *_member_box(words, _area(400, 340, 590, 450)),
        _text("everybody", _area(15, 340, 370, 130), words["everybody"], size_max_px=26),
        _price(_area(15, 475, 370, 175), align=Align.START),
        *_unit_small_line(words, 15, 660, 370, 130),
        *_foot(810),
    ]
    square = [
        *_names(110),
        *_member_box(words, _area(10, 440, 980, 320)),
        _text("everybody", _area(15, 245, 500, 90), words["everybody"]),
        _price(_area(525, 245, 460, 185)),
        *_unit_small_line(words, 15, 340, 500, 90),
        *_foot(785, 750, 755),
    ]
    page = [
        *_names(115),
        *_member_box(words, _area(400, 265, 590, 500)),
        _text("everybody", _area(15, 275, 370, 80), words["everybody"], size_max_px=30),
        _price(_area(15, 360, 370, 220), align=Align.START),
        *_unit_small_line(words, 15, 610, 370, 90),
        *_foot(800),
    ]
    return _three(strip, square, page)


def _unit_small_line(words: Words, x: int, y: int, width: int, height: int) -> list[Element]:
    return [
        _text("unit_price", _area(x, y, width, height), f"{words['unit']} {{unit_price}}", size_max_px=24, size_min_px=9),
        _text("per_kg", _area(x, y, width, height), words["per_kg"], when="per_kg", size_max_px=24),
    ]


def _member_box(words: Words, area: Area) -> list[Element]:
    caption = area.height * 3 // 10
    return [
        BoxElement(name="member_box", area=area, colour=Role.HIGHLIGHT, radius_px=4),
        _text(
            "member",
            _area(area.x + 20, area.y + area.height // 20, area.width - 40, caption),
            words["member"],
            colour=Role.ON_HIGHLIGHT,
            size_max_px=34,
        ),
        PriceElement(
            name="member_price",
            area=_area(
                area.x + 20, area.y + caption + area.height // 20, area.width - 40, area.height - caption - area.height // 10
            ),
            amount=Amount.MEMBER,
            style=MoneyStyle.RAISED,
            colour=Role.ON_HIGHLIGHT,
        ),
    ]


def out_of_stock(words: Words) -> tuple[Layout, ...]:
    """The item is missing; its price stays legible, small."""
    strip = [
        *_names(160),
        *_out_box(words, _area(15, 360, 600, 420)),
        _price(_area(630, 360, 355, 280)),
        *_unit_small_line(words, 630, 650, 355, 130),
        *_foot(810),
    ]
    square = [
        *_names(130),
        *_out_box(words, _area(15, 285, 970, 190)),
        _price(_area(15, 490, 970, 160)),
        *_unit_line(words, 675, 95),
        *_foot(785, 750, 755),
    ]
    page = [
        *_names(125),
        *_out_box(words, _area(15, 290, 600, 450)),
        _price(_area(630, 290, 355, 300)),
        *_unit_small_line(words, 630, 610, 355, 90),
        *_foot(800),
    ]
    return _three(strip, square, page)


def _out_box(words: Words, area: Area) -> list[Element]:
    return [
        BoxElement(name="out_box", area=area, colour=Role.ALERT, border_px=2, radius_px=4),
        _text("out", _inset(area), words["out"], colour=Role.ALERT, align=Align.CENTRE),
    ]


def multi(words: Words) -> tuple[Layout, ...]:
    """A line per product: name, unit price, price."""
    line: tuple[Simple, ...] = (
        _text("name", _area(15, 40, 530, 580), "{name}", lines_max=2, trouble=Trouble.SHORTEN, size_max_px=30),
        _text("unit_price", _area(15, 630, 530, 330), f"{words['unit']} {{unit_price}}", size_max_px=24, size_min_px=9),
        _text("per_kg", _area(15, 630, 530, 330), words["per_kg"], when="per_kg", size_max_px=24, size_min_px=9),
        _price(_area(555, 60, 430, 880)),
        RuleElement(name="rule", area=_area(15, 990, 970, 10)),
    )

    def rows(slots: int) -> list[Element]:
        return [RepeatElement(name="products", area=_area(0, 0, 1000, 1000), elements=line, slots_max=slots)]

    return _three(rows(3), rows(4), rows(6))


def unit(words: Words) -> tuple[Layout, ...]:
    """The price of the pack and the unit price side by side, equally large."""
    strip = [*_names(160), RuleElement(name="rule", area=_area(15, 355, 970, 8)), *_two_sums(words, 370, 420), *_foot(810)]
    square = [*_names(130), *_two_sums_below(words), *_foot(785, 750, 755)]
    page = [*_names(125), RuleElement(name="rule", area=_area(15, 285, 970, 6)), *_two_sums(words, 300, 460), *_foot(800)]
    return _three(strip, square, page)


def _two_sums(words: Words, top: int, height: int) -> list[Element]:
    caption = height * 3 // 10
    lower = top + caption + 12
    return [
        _text("piece", _area(15, top, 470, caption), "{content}", when="!per_kg", size_max_px=30, trouble=Trouble.LEAVE_OUT),
        _price(_area(15, lower, 475, height - caption - 12), align=Align.START),
        RuleElement(name="between", area=_area(500, top + 30, 4, height - 60)),
        _text("per_unit", _area(515, top, 470, caption), words["per_unit"], size_max_px=30),
        _text("per_kg", _area(15, top, 470, caption), words["per_kg"], when="per_kg", size_max_px=30),
        PriceElement(
            name="unit_price",
            area=_area(515, lower, 470, height - caption - 12),
            amount=Amount.UNIT,
            style=MoneyStyle.RAISED,
            align=Align.START,
        ),
    ]


def _two_sums_below(words: Words) -> list[Element]:
    return [
        _text("piece", _area(15, 290, 330, 200), "{content}", when="!per_kg", size_max_px=24, trouble=Trouble.LEAVE_OUT),
        _price(_area(350, 285, 635, 220)),
        RuleElement(name="between", area=_area(15, 515, 970, 4)),
        _text("per_unit", _area(15, 540, 330, 200), words["per_unit"], size_max_px=24),
        _text("per_kg", _area(15, 290, 330, 200), words["per_kg"], when="per_kg", size_max_px=24),
        PriceElement(name="unit_price", area=_area(350, 535, 635, 220), amount=Amount.UNIT, style=MoneyStyle.RAISED),
    ]


def _three(strip: list[Element], square: list[Element], page: list[Element]) -> tuple[Layout, ...]:
    return (
        Layout(name="strip", elements=tuple(strip), panels=STRIP),
        Layout(name="page", elements=tuple(page), panels=PAGE),
        Layout(name="square", elements=tuple(square), panels=SQUARE),
    )
