"""A template being drawn: its elements found, changed, added, moved and taken out. Pure.

An element is named by its path: (layout, element), or (layout, element, inner element of a repeat).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from msgspec import structs

from protocols.labels.template import (
    Area,
    BarcodeElement,
    BoxElement,
    Element,
    Layout,
    PriceElement,
    QrElement,
    RepeatElement,
    RuleElement,
    Simple,
    Template,
    TextElement,
)

Path: TypeAlias = tuple[int, ...]

KINDS = ("text", "price", "rule", "box", "barcode", "qr", "repeat")
_NEW_AREA = Area(x=100, y=400, width=400, height=200)
_NEW_LINE = Area(x=15, y=500, width=970, height=6)


@dataclass(frozen=True)
class Listed:
    """An element as a list shows it; those of a repeat are `inner`."""

    path: Path
    element: Element

    @property
    def inner(self) -> bool:
        return len(self.path) > 2


def layout_of(template: Template, panel_type: int, width_px: int, height_px: int) -> int | None:
    """Which layout a kind of label is drawn with; None: the template does not serve it."""
    found = template.layout_for(panel_type, width_px, height_px)
    return None if found is None else next(number for number, each in enumerate(template.layouts) if each is found)


def kind_of(element: Element) -> str:
    """`text`, `price` …"""
    return str(element.__struct_config__.tag)


def listed(template: Template, layout_no: int) -> Iterator[Listed]:
    """The elements of a layout in drawing order, those of a repeat after it."""
    for number, element in enumerate(template.layouts[layout_no].elements):
        yield Listed((layout_no, number), element)
        if isinstance(element, RepeatElement):
            for inner, each in enumerate(element.elements):
                yield Listed((layout_no, number, inner), each)


def element_at(template: Template, path: Path) -> Element | None:
    """The element of a path; None: there is none any more."""
    return next((each.element for each in listed(template, path[0]) if each.path == path), None)


def with_element(template: Template, path: Path, element: Element) -> Template:
    """The template with another element there."""
    siblings = list(_siblings(template, path))
    siblings[path[-1]] = element
    return _with_siblings(template, path, siblings)


def without(template: Template, path: Path) -> Template:
    """The template without this element; the last one of a repeat stays."""
    siblings = list(_siblings(template, path))
    if len(path) > 2 and len(siblings) == 1:
        return template
    del siblings[path[-1]]
    return _with_siblings(template, path, siblings)


def moved(template: Template, path: Path, by: int) -> tuple[Template, Path]:
    """The element drawn earlier (-1) or later (+1) than its neighbour, and its path then."""
    siblings = list(_siblings(template, path))
    to = path[-1] + by
    if not 0 <= to < len(siblings):
        return template, path
    siblings[path[-1]], siblings[to] = siblings[to], siblings[path[-1]]
    return _with_siblings(template, path, siblings), (*path[:-1], to)


def added(template: Template, layout_no: int, kind: str, beside: Path | None) -> tuple[Template, Path]:
    """The template with a new element of a kind, and its path: in a repeat when an inner element of it is `beside`."""
    inside = beside is not None and len(beside) > 2 and kind != "repeat"
    at: Path = beside if inside and beside is not None else (layout_no, 0)
    siblings = list(_siblings(template, at))
    siblings.append(_new(kind, {each.element.name for each in listed(template, layout_no)}))
    return _with_siblings(template, at, siblings), (*at[:-1], len(siblings) - 1)


def _siblings(template: Template, path: Path) -> tuple[Element, ...]:
    elements = template.layouts[path[0]].elements
    if len(path) == 2:
        return elements
    repeat = elements[path[1]]
    assert isinstance(repeat, RepeatElement)
    return repeat.elements


def _with_siblings(template: Template, path: Path, siblings: list[Element]) -> Template:
    layout = template.layouts[path[0]]
    if len(path) > 2:
        repeat = layout.elements[path[1]]
        assert isinstance(repeat, RepeatElement)
        inner = tuple(each for each in siblings if not isinstance(each, RepeatElement))
        return with_element(template, path[:2], structs.replace(repeat, elements=inner))
    return with_layout(template, path[0], structs.replace(layout, elements=tuple(siblings)))


def with_layout(template: Template, layout_no: int, layout: Layout) -> Template:
    """The template with another layout in this place."""
    layouts = list(template.layouts)
    layouts[layout_no] = layout
    return structs.replace(template, layouts=tuple(layouts))


def _new(kind: str, taken: set[str]) -> Element:
    number = 1
    while f"{kind}-{number}" in taken:
        number += 1
    name = f"{kind}-{number}"
    if kind == "repeat":
        return RepeatElement(name=name, area=Area(), elements=(_simple("text", f"{name}-text", _NEW_AREA),))
    return _simple(kind, name, _NEW_LINE if kind == "rule" else _NEW_AREA)


def _simple(kind: str, name: str, area: Area) -> Simple:
    match kind:
        case "price":
            return PriceElement(name=name, area=area)
        case "rule":
            return RuleElement(name=name, area=area)
        case "box":
            return BoxElement(name=name, area=area, border_px=2)
        case "barcode":
            return BarcodeElement(name=name, area=area)
        case "qr":
            return QrElement(name=name, area=area)
        case _:
            return TextElement(name=name, area=area, pattern="{name}")
