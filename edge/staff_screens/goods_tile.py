"""A piece of goods drawn as a tile: the catalogue has no pictures, so colour, size and name make one."""

from __future__ import annotations

from nicegui import ui

from edge.staff_screens.parts import box, text
from edge.staff_screens.tag_answers import Goods
from edge.staff_screens.words import Words

_COLOURS = {
    "black": "#1f2427", "white": "#ffffff", "grey": "#8a949a", "gray": "#8a949a", "red": "#c0392b", "blue": "#2f6db5",
    "navy": "#1d3557", "green": "#3b8552", "yellow": "#e9c03b", "orange": "#e07b2e", "brown": "#7b5236", "pink": "#e39bb1",
    "purple": "#7a569b", "beige": "#dccdb0", "黑": "#1f2427", "白": "#ffffff", "灰": "#8a949a", "红": "#c0392b",
    "蓝": "#2f6db5", "绿": "#3b8552", "黄": "#e9c03b", "橙": "#e07b2e",
    "棕": "#7b5236", "粉": "#e39bb1", "紫": "#7a569b", "米": "#dccdb0",
}  # fmt: skip
_PLAIN = "#c9d5da"


def add_look() -> None:
    """The style of tiles, bars and boards on this page."""
    ui.add_head_html('<link rel="stylesheet" href="/look/tags.css"><script src="/look/finder.js"></script>')


def colour_of(name: str) -> str:
    """The paint for a colour's name; a neutral one for a name nobody knows."""
    known = name.strip().lower()
    return next((paint for word, paint in _COLOURS.items() if word in known), _PLAIN)


def name_of(goods: Goods, words: Words) -> str:
    """Its name here; else the best there is."""
    return words.either(goods.name, goods.name_zh) or goods.item_id or goods.gtin or words.say("unknown goods")


def goods_tile(goods: Goods, words: Words, note: str = "") -> ui.element:
    """The tile, with a line below its name."""
    made = box("goods-tile")
    made.props["data-epc"] = goods.epc
    with made:
        with box("swatch") as swatch:
            swatch.style(f"background:{colour_of(goods.colour)}")
            swatch.props["aria-hidden"] = "true"
            if goods.size:
                text(goods.size, "span", "swatch-size")
        with box("grow"):
            text(name_of(goods, words), "p", "goods-name")
            about = " · ".join(each for each in (goods.colour, goods.size) if each)
            if about:
                text(about, "p", "hint")
            if note:
                text(note, "p", "hint")
    return made
