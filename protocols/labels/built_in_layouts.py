"""Where things stand on the built-in templates. Numbers are thousandths of the panel, tuned by looking at every panel."""

from __future__ import annotations

from protocols.labels.built_in_parts import (
    STRIP,
    WIDE_STRIP,
    Words,
    at,
    foot,
    foot_right,
    inset,
    names_of,
    one_name,
    price,
    revision_mark,
    rule,
    text,
    three_layouts,
    two_names,
    unit_column,
    unit_line,
    unit_small,
    unit_small_line,
)
from protocols.labels.template import (
    Align,
    Amount,
    Area,
    BarcodeElement,
    BoxElement,
    Element,
    Layout,
    MoneyStyle,
    PriceElement,
    QrElement,
    RepeatElement,
    Role,
    RuleElement,
    Simple,
    Trouble,
)


def _highlight_bar(top: int, height: int) -> BoxElement:
    return BoxElement(name="highlight", area=at(0, top, 10, height), colour=Role.BANNER, when="highlight")


def regular(words: Words) -> tuple[Layout, ...]:
    """Names, price, unit price, bar code."""
    strip = [
        *names_of(words, 160),
        rule(355),
        _highlight_bar(380, 400),
        *unit_column(words, 380, 780, 300),
        price(at(320, 370, 665, 405)),
        *foot(805),
    ]
    square = [
        *names_of(words, 130),
        rule(295),
        _highlight_bar(310, 300),
        price(at(15, 310, 970, 310)),
        *unit_line(words, 630, 120),
        *foot(770, 750, 755),
    ]
    page = [
        *names_of(words, 125),
        rule(285),
        _highlight_bar(300, 440),
        *unit_column(words, 330, 720, 280),
        price(at(310, 310, 675, 440)),
        *foot(800),
    ]
    return three_layouts(strip, square, page)


def regular_link(words: Words) -> tuple[Layout, ...]:
    """The regular price with a QR code that leads to the product's page."""
    strip: list[Element] = [
        *two_names(words, at(15, 15, 970, 160), at(370, 180, 615, 160)),
        QrElement(name="link", area=at(0, 280, 360, 720)),
        RuleElement(name="rule", area=at(370, 355, 615, 8)),
        price(at(370, 380, 615, 400)),
        *unit_line(words, 810, 150, left=370),
    ]
    square: list[Element] = [
        *names_of(words, 110),
        price(at(15, 245, 970, 230)),
        QrElement(name="link", area=at(0, 480, 500, 520)),
        text("unit", at(510, 560, 475, 130), words["unit"], align=Align.END),
        text("unit_price", at(510, 700, 475, 130), "{unit_price}", align=Align.END),
        text("per_kg", at(510, 700, 475, 130), words["per_kg"], when="per_kg", align=Align.END),
    ]
    page: list[Element] = [
        *names_of(words, 125),
        rule(285),
        price(at(310, 310, 675, 400)),
        *unit_column(words, 310, 560, 280),
        QrElement(name="link", area=at(0, 580, 300, 420)),
        *foot_right(800),
    ]
    return three_layouts(strip, square, page)


def _banner(area: Area, words: Words) -> list[Element]:
    return [
        BoxElement(name="banner", area=area, colour=Role.BANNER, radius_px=4),
        text("percent", inset(area), "-{saving_percent}%", colour=Role.ON_BANNER, align=Align.CENTRE),
        text("offer", inset(area), words["offer"], when="!saving_percent", colour=Role.ON_BANNER, align=Align.CENTRE),
    ]


def promotion(words: Words) -> tuple[Layout, ...]:
    """The reduced price, the former one struck through, the last day."""
    strip = [
        *names_of(words, 150),
        *_banner(at(10, 345, 300, 260), words),
        price(at(320, 335, 665, 335), colour=Role.ALERT),
        *unit_small(words, 15, 625, 300),
        *_was_until(words, 320, 680, 665, 110),
        *foot(810),
    ]
    square = [
        *names_of(words, 115),
        *_banner(at(10, 255, 320, 190), words),
        price(at(15, 455, 970, 205), colour=Role.ALERT),
        PriceElement(name="was", area=at(345, 255, 640, 95), amount=Amount.WAS, struck=True, size_min_px=10),
        text("until", at(345, 355, 640, 90), words["until"], align=Align.END, size_min_px=9),
        *unit_line(words, 665, 105),
        *foot(785, 750, 755),
    ]
    page = [
        *names_of(words, 115),
        *_banner(at(15, 275, 290, 230), words),
        price(at(320, 265, 665, 360), colour=Role.ALERT),
        *unit_small(words, 15, 530, 290),
        *_was_until(words, 320, 650, 665, 110),
        *foot(800),
    ]
    small = [
        *names_of(words, 135),
        *_banner(at(10, 300, 300, 180), words),
        PriceElement(
            name="was", area=at(15, 490, 300, 115), amount=Amount.WAS, struck=True, align=Align.START, size_min_px=10
        ),
        price(at(320, 300, 665, 360), colour=Role.ALERT),
        text("until", at(320, 665, 665, 115), words["until"], align=Align.END),
        BarcodeElement(name="barcode", area=at(0, 790, 540, 195), when="gtin14", trouble=Trouble.LEAVE_OUT),
        text("code", at(15, 790, 400, 195), "{gtin}", when="!gtin14"),
        *unit_line(words, 785, 125, left=545),
        revision_mark(at(545, 910, 440, 80)),
    ]
    return (
        Layout(name="strip", elements=tuple(strip), panels=WIDE_STRIP),
        Layout(name="small", elements=tuple(small), panels=STRIP),
        *three_layouts(strip, square, page)[1:],
    )


def _was_until(words: Words, x: int, y: int, width: int, height: int) -> list[Element]:
    """The former price struck through, left; the last day, right."""
    half = width * 36 // 100
    return [
        PriceElement(
            name="was", area=at(x, y, half, height), amount=Amount.WAS, struck=True, align=Align.START, size_min_px=10
        ),
        text("until", at(x + half, y, width - half, height), words["until"], align=Align.END, size_max_px=26, size_min_px=9),
    ]


def member(words: Words) -> tuple[Layout, ...]:
    """The price for everybody, and in a box the price for members."""
    strip = [
        *names_of(words, 150),
        *_member_box(words, at(400, 340, 590, 450)),
        text("everybody", at(15, 340, 370, 130), words["everybody"], size_max_px=26),
        price(at(15, 475, 370, 175), align=Align.START),
        *unit_small_line(words, 15, 660, 370, 130),
        *foot(810),
    ]
    square = [
        *names_of(words, 110),
        *_member_box(words, at(10, 440, 980, 320)),
        text("everybody", at(15, 245, 500, 90), words["everybody"]),
        price(at(525, 245, 460, 185)),
        *unit_small_line(words, 15, 340, 500, 90),
        *foot(785, 750, 755),
    ]
    page = [
        *names_of(words, 115),
        *_member_box(words, at(400, 265, 590, 500)),
        text("everybody", at(15, 275, 370, 80), words["everybody"], size_max_px=30),
        price(at(15, 360, 370, 220), align=Align.START),
        *unit_small_line(words, 15, 610, 370, 90),
        *foot(800),
    ]
    return three_layouts(strip, square, page)


def _member_box(words: Words, area: Area) -> list[Element]:
    caption = area.height * 3 // 10
    return [
        BoxElement(name="member_box", area=area, colour=Role.HIGHLIGHT, radius_px=4),
        text(
            "member",
            at(area.x + 20, area.y + area.height // 20, area.width - 40, caption),
            words["member"],
            colour=Role.ON_HIGHLIGHT,
            size_max_px=34,
        ),
        PriceElement(
            name="member_price",
            area=at(
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
        *names_of(words, 160),
        *_out_box(words, at(15, 360, 600, 420)),
        price(at(630, 360, 355, 280)),
        *unit_small_line(words, 630, 650, 355, 130),
        *foot(810),
    ]
    square = [
        *names_of(words, 130),
        *_out_box(words, at(15, 285, 970, 190)),
        price(at(15, 490, 970, 160)),
        *unit_line(words, 675, 95),
        *foot(785, 750, 755),
    ]
    page = [
        *names_of(words, 125),
        *_out_box(words, at(15, 290, 600, 450)),
        price(at(630, 290, 355, 300)),
        *unit_small_line(words, 630, 610, 355, 90),
        *foot(800),
    ]
    return three_layouts(strip, square, page)


def _out_box(words: Words, area: Area) -> list[Element]:
    return [
        BoxElement(name="out_box", area=area, colour=Role.ALERT, border_px=2, radius_px=4),
        text("out", inset(area), words["out"], colour=Role.ALERT, align=Align.CENTRE),
    ]


def multi(words: Words) -> tuple[Layout, ...]:
    """A line per product: name, unit price, price."""
    line: tuple[Simple, ...] = (
        *one_name(words, at(15, 0, 530, 610)),
        text("unit_price", at(15, 650, 530, 325), f"{words['unit']} {{unit_price}}", size_max_px=24, size_min_px=9),
        text("per_kg", at(15, 650, 530, 325), words["per_kg"], when="per_kg", size_max_px=24, size_min_px=9),
        price(at(555, 60, 430, 880)),
        RuleElement(name="rule", area=at(15, 990, 970, 10)),
    )

    def rows(slots: int) -> list[Element]:
        return [RepeatElement(name="products", area=at(0, 0, 1000, 1000), elements=line, slots_max=slots)]

    return three_layouts(rows(3), rows(4), rows(6))


def unit(words: Words) -> tuple[Layout, ...]:
    """The price of the pack and the unit price side by side, equally large."""
    strip = [
        *names_of(words, 160),
        rule(355),
        *_two_sums(words, 370, 420),
        *foot(810),
    ]
    square = [*names_of(words, 130), *_two_sums_below(words), *foot(785, 750, 755)]
    page = [
        *names_of(words, 125),
        rule(285),
        *_two_sums(words, 300, 460),
        *foot(800),
    ]
    return three_layouts(strip, square, page)


def _two_sums(words: Words, top: int, height: int) -> list[Element]:
    caption = height * 3 // 10
    lower = top + caption + 12
    return [
        text("piece", at(15, top, 470, caption), "{content}", when="!per_kg", size_max_px=30, trouble=Trouble.LEAVE_OUT),
        price(at(15, lower, 475, height - caption - 12), align=Align.START),
        RuleElement(name="between", area=at(500, top + 30, 4, height - 60)),
        text("per_unit", at(515, top, 470, caption), words["per_unit"], size_max_px=30),
        text("per_kg", at(15, top, 470, caption), words["per_kg"], when="per_kg", size_max_px=30),
        PriceElement(
            name="unit_price",
            area=at(515, lower, 470, height - caption - 12),
            amount=Amount.UNIT,
            style=MoneyStyle.RAISED,
            align=Align.START,
        ),
    ]


def _two_sums_below(words: Words) -> list[Element]:
    return [
        text("piece", at(15, 290, 330, 200), "{content}", when="!per_kg", size_max_px=24, trouble=Trouble.LEAVE_OUT),
        price(at(350, 285, 635, 220)),
        RuleElement(name="between", area=at(15, 515, 970, 4)),
        text("per_unit", at(15, 540, 330, 200), words["per_unit"], size_max_px=24),
        text("per_kg", at(15, 290, 330, 200), words["per_kg"], when="per_kg", size_max_px=24),
        PriceElement(name="unit_price", area=at(350, 535, 635, 220), amount=Amount.UNIT, style=MoneyStyle.RAISED),
    ]
