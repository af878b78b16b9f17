"""A template made ready for one kind of panel: its layout in pixels, and which attributes of a content it prints.

From the latter comes the digest that tells whether a label says already what it should: the same digest, the same picture.
What a layout does not print (a price revision, a position) does not count, so an unchanged label is never sent again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter

import msgspec

from protocols.esl.tag_types import TAG_TYPES, TagType
from protocols.labels.built_in import built_in
from protocols.labels.content import CannotDraw, LabelContent
from protocols.labels.palette import Palette, palette_of
from protocols.labels.pattern import AMOUNT_NEEDS, FIELDS, field_of, parts_of
from protocols.labels.rules import undrawable
from protocols.labels.template import (
    WHOLE,
    Area,
    BarcodeElement,
    Element,
    Layout,
    PriceElement,
    Purpose,
    QrElement,
    RepeatElement,
    Simple,
    Template,
    TextElement,
    encode_template,
)
from protocols.labels.typeset import Frame

LOOKS_KEPT = 512
DRAWING_VERSION = 1
"""Grows when the same template is drawn otherwise: every label is then sent once more."""

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Placed:
    """An element and its rectangle on the panel."""

    element: Element
    frame: Frame


@dataclass(frozen=True, slots=True)
class Look:
    """How one template is drawn on one kind of panel. `serial` names it in caches."""

    serial: int
    template: Template
    kind: TagType
    layout: Layout
    palette: Palette
    placed: tuple[Placed, ...]
    _seed: bytes
    _printed: Callable[[LabelContent], object]
    _printed_of_products: Callable[[LabelContent], object] | None

    def digest(self, content: LabelContent) -> str:
        """64 hex digits over the whole template, the panel, and everything of the content that is printed."""
        said = self._printed(content)
        if self._printed_of_products is not None:
            said = said, [self._printed_of_products(product) for product in content.products or (content,)]
        return hashlib.sha256(self._seed + _encoder.encode(said)).hexdigest()


class LookBook:
    """Looks made so far, by template and panel. A template is known by its identity: keep the one you decoded, do not decode
    it again for every label."""

    def __init__(self) -> None:
        self._looks: dict[tuple[int, int], Look] = {}
        self._made = 0

    def look(self, template: Template, hardware_type: int) -> Look:
        """Raises `CannotDraw` for a panel that is not known or not served, and for a template that breaks its rules."""
        # A look keeps its template, so the identity cannot come to mean another one while it is in the book.
        key = id(template), hardware_type
        found = self._looks.get(key)
        if found is None:
            if len(self._looks) >= LOOKS_KEPT:
                self._looks.clear()
            self._made += 1
            found = self._looks[key] = _make(self._made, template, hardware_type)
        return found

    def digest(self, content: LabelContent | None, hardware_type: int, template: Template | None = None) -> str:
        """What a label shows, as 64 hex digits. `content` None: blank. Without a template the built-in one for the content.
        Raises `CannotDraw` as `look` does."""
        if content is None:
            return hashlib.sha256(f"blank {DRAWING_VERSION} {hardware_type}".encode()).hexdigest()
        return self.look(template or template_for(content), hardware_type).digest(content)


def purpose_of(content: LabelContent) -> Purpose:
    """What there is to say: several products, then a missing item, a member price, a reduced price, else a regular one."""
    if content.products:
        return Purpose.MULTI
    if content.out_of_stock:
        return Purpose.OUT_OF_STOCK
    if content.member_price_minor is not None:
        return Purpose.MEMBER
    return Purpose.PROMOTION if content.was_minor is not None else Purpose.REGULAR


def template_for(content: LabelContent, language: str = "en") -> Template:
    """The built-in template for a content."""
    return built_in(purpose_of(content), language)


def kind_of(hardware_type: int) -> TagType:
    """The kind of panel. Raises `CannotDraw` when it is not known."""
    kind = TAG_TYPES.get(hardware_type)
    if kind is None:
        raise CannotDraw(f"label hardware type {hardware_type} (hex {hardware_type:02X}) is not known here")
    return kind


def framed(area: Area, within: Frame) -> Frame:
    """An area in pixels of what it lies in; at least one pixel each way."""
    left = within.left + round(area.x * within.width / WHOLE)
    top = within.top + round(area.y * within.height / WHOLE)
    right = within.left + round((area.x + area.width) * within.width / WHOLE)
    bottom = within.top + round((area.y + area.height) * within.height / WHOLE)
    return Frame(left, top, max(right, left + 1), max(bottom, top + 1))


def slots(element: RepeatElement, frame: Frame, count: int) -> list[Frame]:
    """The rectangles of `count` products."""
    room = frame.width if element.across else frame.height
    gap = round(element.gap * room / WHOLE)
    each = (room - gap * (count - 1)) / count
    starts = [round(number * (each + gap)) for number in range(count)]
    if element.across:
        return [Frame(frame.left + at, frame.top, frame.left + at + int(each), frame.bottom) for at in starts]
    return [Frame(frame.left, frame.top + at, frame.right, frame.top + at + int(each)) for at in starts]


def _make(serial: int, template: Template, hardware_type: int) -> Look:
    kind = kind_of(hardware_type)
    for fault in undrawable(template):
        raise CannotDraw(f"template {template.mark}, {fault.place or 'as a whole'}: {fault.text}")
    layout = template.layout_for(hardware_type, kind.width, kind.height)
    if layout is None:
        raise CannotDraw(f"template {template.mark} has no layout for {kind.name} ({kind.width}x{kind.height})")
    panel = Frame(0, 0, kind.width, kind.height)
    repeats = [element for element in layout.elements if isinstance(element, RepeatElement)]
    own = _needs(element for element in layout.elements if not isinstance(element, RepeatElement))
    conditions = {need for repeat in repeats if repeat.when for need in field_of(repeat.when).needs}
    inner = _needs(inner for repeat in repeats for inner in repeat.elements)
    named = hashlib.sha256(encode_template(template)).hexdigest()
    return Look(
        serial=serial,
        template=template,
        kind=kind,
        layout=layout,
        palette=palette_of(kind),
        placed=tuple(Placed(element, framed(element.area, panel)) for element in layout.elements),
        _seed=f"{DRAWING_VERSION} {hardware_type} {named} ".encode(),
        _printed=_getter(own | conditions),
        _printed_of_products=_getter(inner) if repeats else None,
    )


def _getter(attributes: set[str]) -> Callable[[LabelContent], object]:
    """A function that takes these attributes of a content."""
    if not attributes:
        return _nothing
    return attrgetter(*sorted(attributes))


def _nothing(_: LabelContent) -> object:
    return None


def _needs(elements: Iterable[Simple | Element]) -> set[str]:
    """The attributes of a content that some elements print or depend on."""
    needs: set[str] = set()
    for element in elements:
        if element.when:
            needs.update(field_of(element.when).needs)
        match element:
            case TextElement() | BarcodeElement() | QrElement():
                for part in parts_of(element.pattern):
                    needs.update(FIELDS[part.text].needs if part.is_field else ())
            case PriceElement():
                needs.update(AMOUNT_NEEDS[element.amount], ("currency", "minor_digits"))
            case _:
                pass
    return needs
