"""The elements of a label template: layouts, the list in drawing order, and the form of the element chosen."""

from __future__ import annotations

from typing import Protocol

from nicegui import ui

from cloud.console.parts import box, card, text
from cloud.console.template_draft import KINDS, Path, added, element_at, kind_of, listed, moved, with_element, without
from cloud.console.template_form import ElementForm
from cloud.locale.catalogue import Words
from protocols.labels.template import Area, Element, Template

ICONS = {
    "text": "title",
    "price": "sell",
    "rule": "horizontal_rule",
    "box": "crop_square",
    "barcode": "view_week",
    "qr": "qr_code_2",
    "repeat": "view_list",
}


class Desk(Protocol):
    """Who is told what happens in the panel."""

    def drawn(self, template: Template) -> None:
        """The template is another one now."""

    def outlined(self, area: Area | None) -> None:
        """An element was chosen that lies there; None: none is."""

    def layout_chosen(self, number: int) -> None:
        """This layout is worked on."""


class ElementPanel:
    """Draws where we are."""

    def __init__(self, words: Words, desk: Desk, *, may_change: bool) -> None:
        self._words = words
        self._desk = desk
        self._may_change = may_change
        self._layout_no = 0
        self._chosen: Path | None = None
        self._template: Template
        with box("editor-side stack"):
            with card():
                self._layouts = box("actions")
                self._elements = box("element-list")
                self._add = box("actions")
            self._form = card(classes="element-card")

    def draw(self, template: Template) -> None:
        """Show this template."""
        self._template = template
        self._layout_no = min(self._layout_no, len(template.layouts) - 1)
        self._draw_layouts()
        self._draw_elements()
        self._draw_form()

    def _draw_layouts(self) -> None:
        names = {number: layout.name for number, layout in enumerate(self._template.layouts)}
        self._layouts.clear()
        with self._layouts:
            toggle = ui.toggle(names, value=self._layout_no, on_change=lambda event: self.choose_layout(int(event.value)))
            toggle.props("unelevated no-caps").classes("toggle")
        text_of = self._template.layouts[self._layout_no].panels
        with self._layouts:
            text(self._serves(text_of.width_min_px, text_of.height_min_px, text_of.aspect_min_percent), "span", "hint")

    def _serves(self, width_px: int, height_px: int, aspect_percent: int) -> str:
        say = self._words.say
        told = [
            say("at least {n} pixels wide", n=width_px) if width_px else "",
            say("at least {n} pixels high", n=height_px) if height_px else "",
            say("at least {n} times as wide as high", n=aspect_percent / 100) if aspect_percent else "",
        ]
        return ", ".join(each for each in told if each) or say("all other labels")

    def choose_layout(self, number: int) -> None:
        """Work on this layout."""
        if number != self._layout_no:
            self._layout_no, self._chosen = number, None
            self.draw(self._template)
            self._desk.layout_chosen(number)

    def _draw_elements(self) -> None:
        self._elements.clear()
        with self._elements:
            for each in listed(self._template, self._layout_no):
                here = " here" if each.path == self._chosen else ""
                with box(f"element-row{here}{' inner' if each.inner else ''}", "button") as row:
                    row.props["type"] = "button"
                    row.on("click", lambda path=each.path: self._choose(path))
                    ui.icon(ICONS[kind_of(each.element)])
                    text(each.element.name, "span", "grow")
                    text(getattr(each.element, "pattern", ""), "span", "hint")
        self._add.clear()
        with self._add:
            if self._may_change:
                self._add_button()

    def _add_button(self) -> None:
        words = self._words
        with ui.button(words.say("Add"), icon="add").props("flat no-caps").classes("second"), ui.menu().props("auto-close"):
            for kind in KINDS:
                ui.menu_item(words.name("template_kind", kind), on_click=lambda kind=kind: self._add_element(kind))
        if self._chosen is not None:
            for icon, title, work in (
                ("arrow_upward", words.say("Draw earlier"), lambda: self._move(-1)),
                ("arrow_downward", words.say("Draw later"), lambda: self._move(1)),
                ("delete", words.say("Take out"), self._take_out),
            ):
                button = ui.button(icon=icon, on_click=work).props("flat round dense")
                button.props["aria-label"] = title
                button.tooltip(title)

    def _choose(self, path: Path) -> None:
        self._chosen = path
        self._draw_elements()
        self._draw_form()

    def _draw_form(self) -> None:
        element = None if self._chosen is None else element_at(self._template, self._chosen)
        self._form.clear()
        self._form.set_visibility(element is not None)
        if element is None:
            self._desk.outlined(None)
            return
        with self._form:
            ElementForm(element, self._words, self._changed, may_change=self._may_change)
        self._mark()

    def _changed(self, element: Element) -> None:
        self._template = with_element(self._template, self._path, element)
        self._desk.drawn(self._template)
        self._draw_elements()
        self._mark()

    def _mark(self) -> None:
        """Outline the element; one inside a repeat has a place in each slot, so the repeat is outlined."""
        found = None if self._chosen is None else element_at(self._template, self._chosen[:2])
        self._desk.outlined(None if found is None else found.area)

    def _add_element(self, kind: str) -> None:
        template, path = added(self._template, self._layout_no, kind, self._chosen)
        self._take(template, path)

    def _move(self, by: int) -> None:
        self._take(*moved(self._template, self._path, by))

    def _take_out(self) -> None:
        self._take(without(self._template, self._path), None)

    @property
    def _path(self) -> Path:
        assert self._chosen is not None
        return self._chosen

    def _take(self, template: Template, chosen: Path | None) -> None:
        self._chosen = chosen
        self._desk.drawn(template)
        self.draw(template)
