"""Elements of a template are found, changed, added, moved and taken out, those of a repeat too; nothing else changes."""

from __future__ import annotations

import pytest
from msgspec import structs

from cloud.console.template_draft import (
    KINDS,
    added,
    element_at,
    kind_of,
    layout_of,
    listed,
    moved,
    with_element,
    without,
)
from protocols.labels.built_in import built_in
from protocols.labels.rules import faults
from protocols.labels.template import Purpose, RepeatElement, Template

REGULAR, MULTI = built_in(Purpose.REGULAR), built_in(Purpose.MULTI)


def names(template: Template, layout_no: int = 0) -> list[str]:
    return [each.element.name for each in listed(template, layout_no)]


def test_every_path_leads_to_its_element() -> None:
    for template in (REGULAR, MULTI):
        for layout_no in range(len(template.layouts)):
            for each in listed(template, layout_no):
                assert element_at(template, each.path) == each.element
                assert with_element(template, each.path, each.element) == template
    assert any(each.inner for each in listed(MULTI, 0))
    assert element_at(REGULAR, (0, 99)) is None


def test_a_change_is_where_it_was_made() -> None:
    path = next(each.path for each in listed(MULTI, 0) if each.inner)
    element = element_at(MULTI, path)
    assert element is not None
    changed = with_element(MULTI, path, structs.replace(element, name="mine"))
    assert element_at(changed, path) == structs.replace(element, name="mine")
    assert changed.layouts[1:] == MULTI.layouts[1:]


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_element_of_every_kind_keeps_the_rules_and_has_a_name_of_its_own(kind: str) -> None:
    once, first = added(REGULAR, 0, kind, None)
    twice, second = added(once, 0, kind, None)
    for template, path in ((once, first), (twice, second)):
        element = element_at(template, path)
        assert element is not None
        assert kind_of(element) == kind
    assert not faults(twice)
    assert len(set(names(twice))) == len(names(twice))


def test_beside_an_element_of_a_repeat_a_new_one_lies_in_it() -> None:
    inner = next(each.path for each in listed(MULTI, 0) if each.inner)
    template, path = added(MULTI, 0, "text", inner)
    assert path[:2] == inner[:2]
    assert not faults(template)
    _, outside = added(MULTI, 0, "repeat", inner)
    assert len(outside) == 2, "a repeat holds no repeat"


def test_elements_change_places_and_stop_at_the_ends() -> None:
    template, path = moved(REGULAR, (0, 0), 1)
    assert path == (0, 1)
    assert names(template)[:2] == list(reversed(names(REGULAR)[:2]))
    assert moved(template, path, -1) == (REGULAR, (0, 0))
    assert moved(REGULAR, (0, 0), -1) == (REGULAR, (0, 0))


def test_an_element_is_taken_out_but_not_the_last_of_a_repeat() -> None:
    assert names(without(REGULAR, (0, 1))) == [name for name in names(REGULAR) if name != names(REGULAR)[1]]
    repeat = MULTI.layouts[0].elements[0]
    assert isinstance(repeat, RepeatElement)
    single = with_element(MULTI, (0, 0), structs.replace(repeat, elements=repeat.elements[:1]))
    assert without(single, (0, 0, 0)) == single


def test_a_kind_of_label_is_drawn_with_the_first_layout_that_serves_it() -> None:
    assert layout_of(REGULAR, 1, 296, 128) == 0
    assert layout_of(structs.replace(REGULAR, layouts=REGULAR.layouts[:1]), 0, 152, 152) is None
