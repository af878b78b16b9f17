"""Whatever a person draws in the editor: the rules say what is wrong with it, or it is drawn, or refused with words."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.esl.tag_types import TAG_TYPES
from protocols.labels.content import CannotDraw, LabelContent, UnitPrice
from protocols.labels.fonts import SYSTEM_FONTS
from protocols.labels.lint import Severity, lint
from protocols.labels.pattern import FIELDS
from protocols.labels.renderer import LabelRenderer
from protocols.labels.rules import faults
from protocols.labels.template import (
    Amount,
    Area,
    BarcodeElement,
    BoxElement,
    Layout,
    PriceElement,
    QrElement,
    RepeatElement,
    RuleElement,
    Symbology,
    Template,
    TextElement,
    Trouble,
    decode_template,
    encode_template,
)
from simulators.oepl_ap.jpeg import planes_of_jpeg

RENDERER = LabelRenderer([path for path in SYSTEM_FONTS if path.exists()])
numbers = st.sampled_from([-1, 0, 1, 2, 3, 10, 14, 40, 200, 399, 400, 5000])
names = st.sampled_from(["a", "b", "c", "d", ""])
fields = st.sampled_from(sorted(FIELDS))
patterns = st.one_of(
    fields.map("{{{}}}".format),
    st.sampled_from(["Offer", "", "{", "}", "{nothing}", "(01){gtin14}", "特价 {price}", "\U0001f9c3"]),
)
whens = st.one_of(st.just(""), fields, fields.map("!{}".format), st.just("nothing"))
areas = st.builds(
    Area, x=st.integers(-5, 1100), y=st.integers(-5, 1100), width=st.integers(-5, 1100), height=st.integers(-5, 1100)
) | st.builds(Area, x=st.integers(0, 300), y=st.integers(0, 300), width=st.integers(1, 700), height=st.integers(1, 700))
common = {"name": names, "area": areas, "when": whens}
text = st.builds(TextElement, **common, pattern=patterns, lines_max=numbers, size_max_px=numbers, size_min_px=numbers)
price = st.builds(PriceElement, **common, amount=st.sampled_from(list(Amount)), size_max_px=numbers, size_min_px=numbers)
plain = st.builds(RuleElement, **common) | st.builds(BoxElement, **common, border_px=numbers, radius_px=numbers)
troubles = st.sampled_from(list(Trouble))
codes = st.builds(
    BarcodeElement,
    **common,
    pattern=patterns,
    symbology=st.sampled_from(list(Symbology)),
    trouble=troubles,
    digits=st.booleans(),
    module_max_px=numbers,
    height_min_px=numbers,
)
qr = st.builds(QrElement, **common, pattern=patterns, trouble=troubles, module_min_px=numbers, module_max_px=numbers)
simple = text | price | plain | codes | qr
repeat = st.builds(
    RepeatElement,
    **common,
    elements=st.lists(simple, max_size=3).map(tuple),
    slots_max=numbers,
    across=st.booleans(),
    gap=numbers,
)
SURE = PriceElement(name="sure", area=Area())
layouts = st.builds(
    Layout, name=st.just("any"), elements=st.lists(simple | repeat, max_size=5).map(lambda drawn: (SURE, *drawn))
)
templates = st.builds(
    Template,
    template_id=st.just("t"),
    version=st.integers(0, 3),
    name=st.just("T"),
    layouts=st.lists(layouts, min_size=1, max_size=1).map(tuple),
)
TEA = LabelContent(
    name="Tea", name_zh="茶", price_minor=250, currency="EUR", was_minor=333, until="2026-12-03", gtin="04006381333931",
    unit_price=UnitPrice(1000, "kg"), revision=3, member_price_minor=240, highlight=True,
)  # fmt: skip
SEVERAL = LabelContent(name="", price_minor=1, currency="CHF", products=(TEA, TEA, TEA))


@settings(max_examples=120, deadline=None)
@given(templates, st.sampled_from([TEA, SEVERAL]), st.sampled_from(sorted(TAG_TYPES)))
def test_any_template_is_faulty_or_drawn_or_refused(template: Template, content: LabelContent, hardware_type: int) -> None:
    assert decode_template(encode_template(template)) == template
    if faults(template):
        assert {finding.severity for finding in lint(RENDERER, template)} == {Severity.ERROR}
        # Not even a template that breaks the rules may end in anything but words.
        with contextlib.suppress(CannotDraw):
            RENDERER.render(content, hardware_type, template)
        return
    with contextlib.suppress(CannotDraw):
        drawn = RENDERER.render(content, hardware_type, template)
        assert planes_of_jpeg(TAG_TYPES[hardware_type], drawn.picture) == drawn.planes


def test_both_kinds_are_among_them() -> None:
    seen: set[bool] = set()

    @settings(max_examples=60, deadline=None, database=None)
    @given(templates)
    def look(template: Template) -> None:
        seen.add(bool(faults(template)))

    look()
    assert seen == {True, False}
