"""Draw a template before it is published: sample contents on every kind of panel, and what goes wrong, with its place.

The samples are hard on purpose: long names, a price of many digits, a currency without a sign, goods by weight. Goods of the
catalogue may be added by the caller.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from protocols.esl.tag_types import TAG_TYPES
from protocols.labels.content import CannotDraw, LabelContent, UnitPrice
from protocols.labels.renderer import LabelRenderer
from protocols.labels.rules import faults
from protocols.labels.template import Purpose, Template


class Severity(enum.StrEnum):
    """Whether a finding forbids publishing."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """`hardware_type` -1: not of one panel. `element`: its name, as the layout has it; empty: the whole."""

    severity: Severity
    hardware_type: int
    sample: str
    element: str
    text: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A content with a name for messages."""

    name: str
    content: LabelContent


def lint(
    renderer: LabelRenderer,
    template: Template,
    samples: Sequence[Sample] = (),
    hardware_types: Iterable[int] = tuple(TAG_TYPES),
) -> tuple[Finding, ...]:
    """What would go wrong with a template on these panels. One it does not serve is a warning: it keeps the built-in one.

    Costs a drawing per sample and panel (about a millisecond each).
    """
    broken = faults(template)
    if broken:
        return tuple(Finding(Severity.ERROR, -1, "", fault.place, fault.text) for fault in broken)
    contents = [*samples_for(template.purpose), *samples]
    found: list[Finding] = []
    for hardware_type in hardware_types:
        kind = TAG_TYPES[hardware_type]
        if template.layout_for(hardware_type, kind.width, kind.height) is None:
            text = f"no layout serves {kind.name} ({kind.width}x{kind.height})"
            found.append(Finding(Severity.WARNING, hardware_type, "", "", text))
            continue
        for sample in contents:
            found.extend(_drawn(renderer, template, sample, hardware_type))
    return tuple(found)


def _drawn(renderer: LabelRenderer, template: Template, sample: Sample, hardware_type: int) -> Iterator[Finding]:
    try:
        drawn = renderer.render(sample.content, hardware_type, template)
    except CannotDraw as error:
        yield Finding(Severity.ERROR, hardware_type, sample.name, error.element, str(error))
        return
    for name in drawn.left_out:
        yield Finding(Severity.WARNING, hardware_type, sample.name, name, "left out")
    for name in drawn.shortened:
        yield Finding(Severity.WARNING, hardware_type, sample.name, name, "shortened")


def samples_for(purpose: Purpose) -> tuple[Sample, ...]:
    """What a template of a purpose must be able to say."""
    plain = LabelContent(
        name="Whole milk 3.5 %",
        name_zh="全脂牛奶",
        price_minor=119,
        currency="EUR",
        gtin="04006381333931",
        unit_price=UnitPrice(119, "l"),
        content_text="1 l",
        item_id="MILK-1",
        revision=12,
        position="3/B/12",
    )
    long = LabelContent(
        name="Organic cold-pressed extra virgin olive oil from Crete, first harvest, dark bottle",
        name_zh="有机冷榨特级初榨橄榄油克里特岛首次收获深色瓶装",
        price_minor=123_456,
        currency="CNY",
        gtin="14006381333938",
        unit_price=UnitPrice(164_608, "l"),
        content_text="750 ml",
        item_id="OIL-750",
        revision=1204,
        position="12/C/104",
    )
    bare = LabelContent(name="Bag", price_minor=5, currency="CHF", gtin="00000096385074")
    weighed = LabelContent(
        name="Apples, loose", name_zh="散装苹果", price_minor=1299, currency="EUR", per_kg=True, gtin="101", revision=3
    )
    return tuple(
        Sample(name, _for(purpose, content))
        for name, content in (("plain", plain), ("long", long), ("bare", bare), ("weighed", weighed))
    )


def _for(purpose: Purpose, content: LabelContent) -> LabelContent:
    """The content with what its purpose adds."""
    match purpose:
        case Purpose.PROMOTION:
            return replace(content, was_minor=content.price_minor * 4 // 3 + 1, until="2026-12-03")
        case Purpose.MEMBER:
            return replace(content, member_price_minor=content.price_minor * 9 // 10)
        case Purpose.OUT_OF_STOCK:
            return replace(content, out_of_stock=True)
        case Purpose.MULTI:
            return replace(content, products=(content, content))
        case Purpose.REGULAR | Purpose.UNIT:
            return content
