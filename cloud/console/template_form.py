"""The form of one element of a label template: its place and everything else its kind has, each with a control that fits."""

from __future__ import annotations

import enum
from collections.abc import Callable

from msgspec import structs
from nicegui import ui

from cloud.console.parts import box, text
from cloud.console.template_draft import kind_of
from cloud.locale.catalogue import Words
from protocols.labels.pattern import FIELDS
from protocols.labels.template import PATTERN_CHARS_MAX, WHOLE, Area, Element

PLACE = ("x", "y", "width", "height")
APART = {"name", "area", "when", "elements", "pattern"}
"""Fields with a control of their own above the others, or none."""
NUMBER_MAX = 2_000

Changed = Callable[[Element], None]


class ElementForm:
    """Draws the controls of an element where we are, and tells each change as a whole new element."""

    def __init__(self, element: Element, words: Words, changed: Changed, *, may_change: bool) -> None:
        self._element = element
        self._words = words
        self._changed = changed
        self._may_change = may_change
        with box("form element-form"):
            self._name()
            self._place()
            if hasattr(element, "pattern"):
                self._pattern()
            with box("fields"):
                for field in structs.fields(element):
                    if field.name not in APART:
                        self._control(field)
            self._when()

    def _tell(self, **changes: object) -> None:
        changed = structs.replace(self._element, **changes)
        if changed != self._element:
            self._element = changed
            self._changed(changed)

    def _label(self, field: str) -> str:
        return self._words.name("template_field", field)

    def _props(self, control: ui.input | ui.number | ui.select, props: str = "") -> None:
        control.props(f"outlined dense {props}")
        control.set_enabled(self._may_change)

    def _name(self) -> None:
        def rename() -> None:
            name = (control.value or "").strip()
            if name:
                self._tell(name=name)

        text(self._words.name("template_kind", kind_of(self._element)), "h3")
        control = ui.input(self._label("name"), value=self._element.name, on_change=rename)
        self._props(control, "maxlength=40")

    def _place(self) -> None:
        with box("place-fields"):
            for field in PLACE:
                self._place_number(field)

    def _place_number(self, field: str) -> None:
        def move() -> None:
            if control.value is not None:
                area = structs.replace(self._element.area, **{field: min(max(int(control.value), 0), WHOLE)})
                self._tell(area=area)

        area: Area = self._element.area
        control = ui.number(self._label(field), value=getattr(area, field), min=0, max=WHOLE, step=5, on_change=move)
        self._props(control, 'suffix="‰"')
        control.props["data-test"] = f"place-{field}"

    def _pattern(self) -> None:
        def write() -> None:
            self._tell(pattern=control.value or "")

        def insert(field: str) -> None:
            control.set_value(f"{control.value or ''}{{{field}}}")

        control = ui.input(self._label("pattern"), value=getattr(self._element, "pattern", ""), on_change=write)
        self._props(control, f"maxlength={PATTERN_CHARS_MAX}")
        control.props["data-test"] = "pattern"
        if self._may_change:
            button = ui.button(self._words.say("Insert a field"), icon="data_object").props("flat dense no-caps")
            with button, ui.menu():
                for field in sorted(FIELDS):
                    title = f"{{{field}}} {self._words.name('label_field', field)}"
                    ui.menu_item(title, on_click=lambda field=field: insert(field))

    def _when(self) -> None:
        say = self._words.say
        options = {"": say("always")}
        options |= {name: say("there is {what}", what=self._words.name("label_field", name)) for name in sorted(FIELDS)}
        options |= {
            f"!{name}": say("there is no {what}", what=self._words.name("label_field", name)) for name in sorted(FIELDS)
        }
        value = self._element.when if self._element.when in options else ""
        control = ui.select(
            options,
            value=value,
            label=say("Drawn when"),
            on_change=lambda event: self._tell(when=str(event.value)),
            with_input=True,
        )
        self._props(control)

    def _control(self, field: structs.FieldInfo) -> None:
        value = getattr(self._element, field.name)
        if isinstance(value, enum.Enum):
            self._choice(field.name, value)
        elif isinstance(value, bool):
            self._switch(field.name, value=value)
        elif isinstance(value, int):
            self._number(field.name, value)

    def _choice(self, name: str, value: enum.Enum) -> None:
        kind = type(value)
        options = {str(each.value): self._words.name(f"template_{name}", str(each.value)) for each in kind}

        def choose() -> None:
            self._tell(**{name: kind(control.value)})

        control = ui.select(options, value=str(value.value), label=self._label(name), on_change=choose)
        self._props(control)

    def _switch(self, name: str, *, value: bool) -> None:
        control = ui.checkbox(
            self._label(name), value=value, on_change=lambda event: self._tell(**{name: bool(event.value)})
        )
        control.set_enabled(self._may_change)

    def _number(self, name: str, value: int) -> None:
        def set_number() -> None:
            if control.value is not None:
                self._tell(**{name: min(max(int(control.value), 0), NUMBER_MAX)})

        control = ui.number(self._label(name), value=value, min=0, max=NUMBER_MAX, on_change=set_number)
        self._props(control)
