"""The rules a template must keep beyond its shape, checked before it is saved and again before a store uses it.

What only drawing can tell (does the text fit, has the font the character) is in `lint.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from protocols.labels.built_in import is_built_in
from protocols.labels.pattern import PatternRefused, field_of, parts_of
from protocols.labels.template import (
    ELEMENTS_MAX,
    LAYOUTS_MAX,
    PATTERN_CHARS_MAX,
    TEMPLATE_BYTES_MAX,
    WHOLE,
    Amount,
    BarcodeElement,
    BoxElement,
    Element,
    Layout,
    PriceElement,
    Purpose,
    QrElement,
    RepeatElement,
    Simple,
    Template,
    TextElement,
    Trouble,
    encode_template,
)

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_NAME_CHARS_MAX = 60
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,60}[A-Za-z0-9])?(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]{0,60})?")
_SIZE_PX_MAX = 400
_LINES_MAX = 6
_SLOTS_MAX = 12
_MODULE_PX_MAX = 16


@dataclass(frozen=True, slots=True)
class Fault:
    """A broken rule. `place`: `layout/element`, a layout's name, or empty for the template."""

    place: str
    text: str


def faults(template: Template) -> tuple[Fault, ...]:
    """Every broken rule; empty: the template may be used."""
    unsaid = (fault for layout in template.layouts for fault in _says_the_price(template.purpose, layout))
    return (*undrawable(template), *unsaid)


def undrawable(template: Template) -> tuple[Fault, ...]:
    """The rules without which nothing can be drawn at all; the renderer refuses what breaks them."""
    return tuple(_undrawable(template))


def _undrawable(template: Template) -> Iterator[Fault]:
    if not _ID.fullmatch(template.template_id):
        yield Fault("", "template_id: 1 to 40 of a-z, 0-9, '.', '_', '-', beginning with a letter or digit")
    if template.version < 1:
        yield Fault("", "version: begin with 1")
    if not 0 < len(template.name) <= _NAME_CHARS_MAX:
        yield Fault("", f"name: 1 to {_NAME_CHARS_MAX} characters")
    if not _DOMAIN.fullmatch(template.link_domain):
        yield Fault("", f"link_domain: {template.link_domain!r} is no domain; write it like id.gs1.org, without https://")
    if not 0 < len(template.layouts) <= LAYOUTS_MAX:
        yield Fault("", f"layouts: 1 to {LAYOUTS_MAX}, not {len(template.layouts)}")
    if len(encode_template(template)) > TEMPLATE_BYTES_MAX:
        yield Fault("", f"the template is larger than {TEMPLATE_BYTES_MAX} bytes")
    names: set[str] = set()
    for layout in template.layouts:
        if not layout.name or layout.name in names:
            yield Fault(layout.name, "each layout needs a name of its own")
        names.add(layout.name)
        yield from _layout(layout)


def may_be_published(template: Template) -> tuple[Fault, ...]:
    """`faults`, and that headquarters does not take the id of a built-in template."""
    found = faults(template)
    if is_built_in(template):
        return (*found, Fault("", "template_id: ids beginning with 'built-in-' are those every store has; choose another"))
    return found


def _layout(layout: Layout) -> Iterator[Fault]:
    inner = [(repeat, element) for repeat in _repeats(layout) for element in repeat.elements]
    if not 0 < len(layout.elements) + len(inner) <= ELEMENTS_MAX:
        yield Fault(layout.name, f"1 to {ELEMENTS_MAX} elements, not {len(layout.elements) + len(inner)}")
    names: set[str] = set()
    for element in layout.elements:
        place = f"{layout.name}/{element.name}"
        if not element.name or element.name in names:
            yield Fault(place, "each element needs a name of its own in its layout")
        names.add(element.name)
        yield from _element(place, element)
    for repeat, element in inner:
        yield from _element(f"{layout.name}/{repeat.name}/{element.name}", element)


def _repeats(layout: Layout) -> list[RepeatElement]:
    return [element for element in layout.elements if isinstance(element, RepeatElement)]


def _says_the_price(purpose: Purpose, layout: Layout) -> Iterator[Fault]:
    """A label without its price, or a member label without the member price, says less than it must."""
    within = [element for repeat in _repeats(layout) for element in repeat.elements]
    elements: list[Element | Simple] = [*layout.elements, *within]
    always = {element.amount for element in elements if isinstance(element, PriceElement) and not element.when}
    if Amount.PRICE not in always:
        yield Fault(layout.name, "there is no price element for the amount 'price' that is always drawn")
    if purpose is Purpose.MEMBER and Amount.MEMBER not in always:
        yield Fault(layout.name, "a member price template needs a price element for the amount 'member'")
    if purpose is Purpose.MULTI and not _repeats(layout):
        yield Fault(layout.name, "a template for several products needs a repeat element")


def _element(place: str, element: Element | Simple) -> Iterator[Fault]:
    area = element.area
    if area.width < 1 or area.height < 1 or area.x < 0 or area.y < 0:
        yield Fault(place, "area: x and y from 0, width and height from 1 thousandth")
    if area.x + area.width > WHOLE or area.y + area.height > WHOLE:
        yield Fault(place, "area: it reaches beyond the panel (x + width and y + height may be 1000 at most)")
    try:
        if element.when:
            field_of(element.when)
        if isinstance(element, TextElement | BarcodeElement | QrElement):
            parts_of(element.pattern)
    except PatternRefused as error:
        yield Fault(place, str(error))
    match element:
        case TextElement():
            yield from _text(place, element)
        case PriceElement():
            yield from _sizes(place, element.size_min_px, element.size_max_px)
        case BoxElement():
            yield from _range(place, "border_px", element.border_px, 0, 20)
            yield from _range(place, "radius_px", element.radius_px, 0, 60)
        case BarcodeElement():
            yield from _code(place, element.trouble, element.pattern)
            yield from _range(place, "module_max_px", element.module_max_px, 1, _MODULE_PX_MAX)
            yield from _range(place, "height_min_px", element.height_min_px, 8, 400)
        case QrElement():
            yield from _code(place, element.trouble, element.pattern)
            yield from _range(place, "module_min_px", element.module_min_px, 1, element.module_max_px)
            yield from _range(place, "module_max_px", element.module_max_px, 1, _MODULE_PX_MAX)
        case RepeatElement():
            yield from _range(place, "slots_max", element.slots_max, 1, _SLOTS_MAX)
            yield from _range(place, "gap", element.gap, 0, 200)
        case _:
            pass


def _text(place: str, element: TextElement) -> Iterator[Fault]:
    yield from _sizes(place, element.size_min_px, element.size_max_px)
    yield from _range(place, "lines_max", element.lines_max, 1, _LINES_MAX)
    if not 0 < len(element.pattern) <= PATTERN_CHARS_MAX:
        yield Fault(place, f"pattern: 1 to {PATTERN_CHARS_MAX} characters")


def _code(place: str, trouble: Trouble, pattern: str) -> Iterator[Fault]:
    if trouble is Trouble.SHORTEN:
        yield Fault(place, "trouble: a code cannot be shortened; choose 'refuse' or 'leave_out'")
    if not 0 < len(pattern) <= PATTERN_CHARS_MAX:
        yield Fault(place, f"pattern: 1 to {PATTERN_CHARS_MAX} characters")


def _sizes(place: str, size_min_px: int, size_max_px: int) -> Iterator[Fault]:
    yield from _range(place, "size_min_px", size_min_px, 6, _SIZE_PX_MAX)
    if size_max_px and not size_min_px <= size_max_px <= _SIZE_PX_MAX:
        yield Fault(place, f"size_max_px: 0, or from size_min_px to {_SIZE_PX_MAX}, not {size_max_px}")


def _range(place: str, name: str, value: int, least: int, most: int) -> Iterator[Fault]:
    if not least <= value <= most:
        yield Fault(place, f"{name}: {least} to {most}, not {value}")
