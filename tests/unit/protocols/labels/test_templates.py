"""Templates as data: JSON there and back, the rules they keep, what their lint finds, and what the digest covers."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from protocols.contract.feed_rows import LabelTemplateRow, decode_row, encode_row
from protocols.esl.tag_types import TAG_TYPES
from protocols.labels.built_in import LANGUAGES, all_built_in, built_in
from protocols.labels.content import CannotDraw, LabelContent, UnitPrice
from protocols.labels.fonts import SYSTEM_FONTS
from protocols.labels.lint import Severity, lint, samples_for
from protocols.labels.look import LookBook, purpose_of, template_for
from protocols.labels.pattern import FIELDS, PatternRefused, Saying, fill, holds
from protocols.labels.renderer import LabelRenderer
from protocols.labels.rules import faults, may_be_published
from protocols.labels.template import (
    Amount,
    Area,
    BarcodeElement,
    BoxElement,
    DateStyle,
    Element,
    Layout,
    Panels,
    PriceElement,
    Purpose,
    QrElement,
    RepeatElement,
    Template,
    TemplateRefused,
    TextElement,
    Trouble,
    decode_template,
    encode_template,
)

RENDERER = LabelRenderer([path for path in SYSTEM_FONTS if path.exists()])
TEA = LabelContent(
    name="Tea", name_zh="茶", price_minor=250, currency="EUR", was_minor=333, until="2026-12-03", gtin="04006381333931",
    unit_price=UnitPrice(1000, "kg"), revision=3, item_id="TEA", content_text="250 g", position="1/A/2", note="Ceylon",
    member_price_minor=240, highlight=True,
)  # fmt: skip
PRICE = PriceElement(name="price", area=Area(x=0, y=0, width=500, height=500))


def template_of(*elements: Element, purpose: Purpose = Purpose.REGULAR, **more: object) -> Template:
    """A template of one layout for every panel, with a price in its upper left quarter."""
    layout = Layout(name="any", elements=(PRICE, *elements))
    made = Template(template_id="t", version=1, name="T", purpose=purpose, layouts=(layout,))
    return structs.replace(made, **more)


def words(pattern: str, **more: object) -> TextElement:
    made = TextElement(name="words", area=Area(x=500, y=500, width=500, height=500), pattern=pattern)
    return structs.replace(made, **more)


@pytest.mark.parametrize("language", LANGUAGES)
def test_built_in_templates_keep_the_rules_and_travel_as_json(language: str) -> None:
    made = all_built_in(language)
    assert {template.purpose for template in made} == set(Purpose)
    assert len({template.template_id for template in made}) == len(made)
    for template in made:
        assert decode_template(encode_template(template)) == template
        assert faults(template) == ()
        assert [fault.text[:11] for fault in may_be_published(template)] == ["template_id"]
        row = LabelTemplateRow(template=template, stores=("s1",))
        assert decode_row(encode_row(row)) == row
        assert row.given_to("s1")
        assert not row.given_to("s2")


@pytest.mark.parametrize("language", LANGUAGES)
def test_built_in_templates_say_even_hard_contents_on_every_panel(language: str) -> None:
    if RENDERER.fonts.missing("茶"):
        pytest.skip("no Chinese font here")
    for template in all_built_in(language):
        found = lint(RENDERER, template)
        assert [finding for finding in found if finding.severity is Severity.ERROR] == []


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"template_id":"x"}', b'{"purpose":"lottery"}', b" " * 50_000])
def test_what_is_no_template_is_refused_with_words(data: bytes) -> None:
    with pytest.raises(TemplateRefused, match=r"\w"):
        decode_template(data)


@pytest.mark.parametrize(
    ("template", "place", "text"),
    [
        (template_of(template_id="Großes"), "", "template_id"),
        (template_of(version=0), "", "version"),
        (template_of(name=""), "", "name"),
        (template_of(link_domain="https://x.example"), "", "link_domain"),
        (template_of(layouts=()), "", "layouts"),
        (template_of(words("{weight}")), "any/words", "no field 'weight'"),
        (template_of(words("{name")), "any/words", "not closed"),
        (template_of(words("50 %}")), "any/words", "single '}'"),
        (template_of(words("x", when="sunny")), "any/words", "no field 'sunny'"),
        (template_of(words("x", area=Area(x=900, width=101))), "any/words", "beyond the panel"),
        (template_of(words("x", area=Area(width=0))), "any/words", "from 1 thousandth"),
        (template_of(words("x", size_min_px=30, size_max_px=20)), "any/words", "size_max_px"),
        (template_of(words("x"), words("y")), "any/words", "name of its own"),
        (template_of(QrElement(name="q", area=Area(), trouble=Trouble.SHORTEN)), "any/q", "cannot be shortened"),
        (template_of(BoxElement(name="b", area=Area(), border_px=99)), "any/b", "border_px"),
        (template_of(purpose=Purpose.MEMBER), "any", "amount 'member'"),
        (template_of(purpose=Purpose.MULTI), "any", "repeat"),
        (template_of(*(words("x", name=f"w{number}") for number in range(60))), "any", "elements"),
    ],
)
def test_a_broken_rule_is_named_with_its_place(template: Template, place: str, text: str) -> None:
    assert any(fault.place == place and text in fault.text for fault in faults(template)), faults(template)


def test_a_layout_must_say_the_price() -> None:
    layout = Layout(name="bare", elements=(words("{name}"),))
    assert "amount 'price'" in faults(template_of(layouts=(layout,)))[0].text
    sometimes = structs.replace(PRICE, when="until")
    assert "amount 'price'" in faults(template_of(layouts=(Layout(name="x", elements=(sometimes,)),)))[0].text


def test_the_template_in_the_documentation_is_one() -> None:
    page = (Path(__file__).parents[4] / "docs" / "label-templates.md").read_text()
    template = decode_template(page.split("```json\n")[1].split("```")[0].encode())
    assert may_be_published(template) == ()
    assert RENDERER.render(TEA, 0x01, template).template == "spring@3"


def test_the_first_layout_that_serves_a_panel_is_taken() -> None:
    tall = Layout(name="tall", elements=(PRICE,), panels=Panels(height_min_px=200))
    only = Layout(name="only", elements=(PRICE,), panels=Panels(hardware_types=(1,)))
    template = template_of(layouts=(tall, only))
    assert template.layout_for(0x02, 400, 300) is tall
    assert template.layout_for(1, 296, 128) is only
    assert template.layout_for(0, 152, 152) is None
    with pytest.raises(CannotDraw, match="no layout for"):
        RENDERER.render(TEA, 0, template)
    assert {finding.hardware_type for finding in lint(RENDERER, template) if finding.text.startswith("no layout")} >= {0}


SAYING = Saying(template_of(), {"EUR": "€"})


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("{name} / {name_zh}", "Tea / 茶"),
        ("was {was}", "was €3.33"),
        ("-{saving_percent} %, {saving} less", "-24 %, €0.83 less"),
        ("{unit} = {unit_price}", "1 kg = €10.00"),
        ("{{{item_id}}}", "{TEA}"),
        ("{digital_link}", "https://id.gs1.org/01/04006381333931"),
        ("(01){gtin14}", "(01)04006381333931"),
        ("{until}", "2026-12-03"),
        ("{out_of_stock}!", ""),
    ],
)
def test_patterns_say_what_the_content_holds(pattern: str, text: str) -> None:
    assert fill(pattern, TEA, SAYING) == text


@pytest.mark.parametrize(
    ("style", "text"), [("iso", "2026-12-03"), ("dmy", "03.12.2026"), ("mdy", "12/03/2026"), ("zh", "12月3日")]
)
def test_the_last_day_is_written_as_the_template_wants(style: str, text: str) -> None:
    saying = Saying(template_of(date_style=DateStyle(style)), {})
    assert fill("{until}", TEA, saying) == text
    with pytest.raises(CannotDraw, match="no date"):
        fill("{until}", replace(TEA, until="soon"), saying)


def test_a_reduction_is_never_announced_larger_than_it_is() -> None:
    assert fill("{saving_percent}", replace(TEA, price_minor=201, was_minor=300), SAYING) == "33"
    assert fill("{saving_percent}", replace(TEA, price_minor=300, was_minor=300), SAYING) == ""
    assert fill("{saving_percent}", replace(TEA, was_minor=None), SAYING) == ""


def test_conditions_hold_when_a_field_is_there_or_not() -> None:
    assert holds("", TEA, SAYING)
    assert holds("was", TEA, SAYING)
    assert not holds("!was", TEA, SAYING)
    assert holds("!out_of_stock", TEA, SAYING)
    with pytest.raises(PatternRefused, match="no field"):
        holds("!", TEA, SAYING)


def test_the_purpose_follows_from_what_there_is_to_say() -> None:
    plain = LabelContent(name="x", price_minor=1, currency="EUR")
    said = {
        Purpose.REGULAR: plain,
        Purpose.PROMOTION: replace(plain, was_minor=2),
        Purpose.MEMBER: replace(plain, was_minor=2, member_price_minor=1),
        Purpose.OUT_OF_STOCK: replace(plain, out_of_stock=True, member_price_minor=1),
        Purpose.MULTI: replace(plain, products=(plain, plain)),
    }
    for purpose, content in said.items():
        assert purpose_of(content) is purpose
        assert template_for(content) is built_in(purpose)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_lint_finds_what_only_drawing_tells(purpose: Purpose) -> None:
    narrow = structs.replace(PRICE, area=Area(x=0, y=0, width=40, height=40))
    repeat = RepeatElement(name="all", area=Area(), elements=(PRICE,))
    member = structs.replace(PRICE, name="member", amount=Amount.MEMBER)
    layout = Layout(name="x", elements=(narrow, repeat, member))
    template = template_of(purpose=purpose, layouts=(layout,))
    found = lint(RENDERER, template, hardware_types=[1])
    assert {finding.element for finding in found} == {"price"}
    assert {finding.sample for finding in found} == {sample.name for sample in samples_for(purpose)}
    assert all("does not fit into 12x5 pixels" in finding.text for finding in found)


changes = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Tea", "Tee"]),
        "name_zh": st.sampled_from(["", "茶"]),
        "price_minor": st.sampled_from([250, 251]),
        "minor_digits": st.sampled_from([0, 2]),
        "currency": st.sampled_from(["EUR", "CHF"]),
        "was_minor": st.sampled_from([None, 333, 334]),
        "until": st.sampled_from(["", "2026-12-03"]),
        "member_price_minor": st.sampled_from([None, 240]),
        "unit_price": st.sampled_from([None, UnitPrice(1000, "kg"), UnitPrice(100, "100 g")]),
        "per_kg": st.booleans(),
        "gtin": st.sampled_from(["", "101", "04006381333931"]),
        "revision": st.sampled_from([0, 3]),
        "highlight": st.booleans(),
        "note": st.sampled_from(["", "Ceylon"]),
        "position": st.sampled_from(["", "1/A/2"]),
        "out_of_stock": st.booleans(),
        "item_id": st.sampled_from(["", "TEA"]),
        "content_text": st.sampled_from(["", "250 g"]),
    },
)


@settings(max_examples=150, deadline=None)
@given(changes, st.sampled_from([*all_built_in()]), st.sampled_from([0x00, 0x01, 0x02]))
def test_the_same_digest_means_the_same_picture(changed: dict[str, object], template: Template, hardware_type: int) -> None:
    looks = LookBook()
    other = replace(TEA, **changed)  # type: ignore[arg-type]
    if looks.digest(TEA, hardware_type, template) != looks.digest(other, hardware_type, template):
        return
    first, second = RENDERER.render(TEA, hardware_type, template), RENDERER.render(other, hardware_type, template)
    assert first.planes == second.planes


def test_the_digest_covers_every_printed_field_and_the_template_and_nothing_else() -> None:
    looks = LookBook()
    every = template_of(*(words(f"{{{name}}}", name=f"of-{name}") for name in FIELDS))
    changed: dict[str, object] = {
        "name": "Tee", "price_minor": 251, "currency": "CHF", "minor_digits": 0, "name_zh": "红", "per_kg": True,
        "unit_price": None, "gtin": "", "revision": 4, "highlight": False, "item_id": "T", "was_minor": 334, "until": "",
        "member_price_minor": 1, "out_of_stock": True, "content_text": "", "position": "", "note": "",
    }  # fmt: skip
    assert changed.keys() == {field.name for field in fields(LabelContent)} - {"products"}
    before = looks.digest(TEA, 1, every)
    bare = template_of()
    for name, value in changed.items():
        other = replace(TEA, **{name: value})  # type: ignore[arg-type]
        assert looks.digest(other, 1, every) != before, name
        if name not in {"price_minor", "currency", "minor_digits"}:
            assert looks.digest(other, 1, bare) == looks.digest(TEA, 1, bare), name
    assert looks.digest(TEA, 1, structs.replace(every, version=2)) != before
    assert looks.digest(TEA, 2, every) != before
    assert looks.digest(None, 1) != looks.digest(None, 2)
    assert looks.digest(TEA, 1, decode_template(encode_template(every))) == before


def test_the_digest_of_several_products_covers_each() -> None:
    looks = LookBook()
    three = replace(TEA, products=(TEA, TEA, replace(TEA, price_minor=99)))
    fewer = replace(TEA, products=(TEA, TEA))
    dearer = replace(TEA, products=(TEA, TEA, replace(TEA, price_minor=100)))
    assert len({looks.digest(content, 1) for content in (three, fewer, dearer)}) == 3


def test_a_barcode_element_says_why_it_cannot_be_drawn() -> None:
    codes = {
        "is no GTIN": BarcodeElement(name="code", area=Area(y=500, height=500), pattern="{item_id}"),
        "does not fit": BarcodeElement(name="code", area=Area(y=500, width=100, height=500)),
        "too low": BarcodeElement(name="code", area=Area(y=900, height=50)),
    }
    for text, element in codes.items():
        with pytest.raises(CannotDraw, match=f"^code: .*{text}") as caught:
            RENDERER.render(TEA, 1, template_of(element))
        assert caught.value.element == "code"
        left = RENDERER.render(TEA, 1, template_of(structs.replace(element, trouble=Trouble.LEAVE_OUT)))
        assert left.left_out == ("code",)


def test_more_products_than_slots_are_refused() -> None:
    many = replace(TEA, products=(TEA,) * 7)
    for hardware_type in TAG_TYPES:
        with pytest.raises(CannotDraw, match="7 products, room for"):
            RENDERER.render(many, hardware_type)
