"""Small parts every page is built of: tables that become cards on a phone, chips, empty states, fields side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement


def text(words: str, tag: str = "span", classes: str = "") -> TextElement:
    """A text in a tag of its own; never read as HTML."""
    made = TextElement(tag=tag, text=words)
    if classes:
        made.classes(classes)
    return made


def box(classes: str, tag: str = "div") -> ui.element:
    """A plain container."""
    return ui.element(tag).classes(classes)


def card(title: str = "", classes: str = "") -> ui.element:
    """A white card; use as a context manager."""
    made = box(f"card {classes}", "section")
    if title:
        with made:
            text(title, "h2")
    return made


def chip(words: str, tone: str = "plain") -> TextElement:
    """A short state in its tone: good, warn, bad, info, plain."""
    return text(words, "span", f"chip chip-{tone}")


def new_dialog() -> ui.dialog:
    """A dialog in a place of its own; use as a context manager, `open` it, and delete it on `hide`.

    A dialog goes with the part of the page it was made in, which is where the button was pressed. When that part is drawn
    anew while somebody types, the dialog must stay.
    """
    with ui.context.client:
        place = box("")
    place.set_visibility(False)
    with place:
        made = ui.dialog()
    made.on("hide", place.delete)
    return made


class Drawn:
    """What a part of a page was drawn from last, so that it is drawn anew only from something else.

    Drawn anew, its buttons are others than a moment ago, and a press on one of those is lost.
    """

    def __init__(self) -> None:
        self._what: tuple[object, ...] | None = None

    def already(self, *what: object) -> bool:
        """Whether the part stands as drawn from just this; remembers it."""
        before, self._what = self._what, what
        return before == what


def empty(title: str, hint: str = "", icon: str = "inbox") -> ui.element:
    """What stands where there is nothing yet, and what to do about it."""
    made = box("empty")
    with made:
        ui.icon(icon)
        text(title, "p", "empty-title")
        if hint:
            text(hint, "p")
    return made


def figure(label: str, value: str, tone: str = "") -> TextElement:
    """A number with its name under it; returns the number, to be changed later."""
    with box("figure"):
        number = text(value, "strong", tone)
        text(label, "span")
    return number


@dataclass(frozen=True)
class Column:
    """A column: its heading, and whether it holds numbers."""

    title: str
    number: bool = False


class Table:
    """A table whose rows are added by hand; on a phone each row is a card with the headings in it."""

    def __init__(self, columns: Sequence[Column], classes: str = "") -> None:
        self._columns = columns
        with ui.element("table").classes(f"table {classes}") as self.element:
            with ui.element("thead"), ui.element("tr"):
                for column in columns:
                    text(column.title, "th", "number" if column.number else "")
            self.body = ui.element("tbody")

    def clear(self) -> None:
        """Take all rows away."""
        self.body.clear()

    def row(self, classes: str = "") -> Row:
        """A new last row; fill it with `Row.cell` in column order."""
        with self.body:
            element = ui.element("tr").classes(classes)
        return Row(element, self._columns)


class Row:
    """One row being filled."""

    def __init__(self, element: ui.element, columns: Sequence[Column]) -> None:
        self.element = element
        self._columns = iter(columns)

    def cell(self, words: str | None = None, classes: str = "") -> ui.element:
        """The next cell: with a text, or to be filled as a context manager."""
        column = next(self._columns)
        with self.element:
            made = ui.element("td") if words is None else text(words, "td")
        made.classes(f"{'number' if column.number else ''} {classes}")
        made.props["data-label"] = column.title
        return made


def link(words: str, target: str, classes: str = "") -> ui.link:
    """A link inside the console."""
    return ui.link(words, target).classes(f"link {classes}")


def field_error(words: str = "") -> TextElement:
    """Where a form says what is wrong; read out by screen readers when it changes."""
    made = text(words, "p", "form-error")
    made.props["role"] = "alert"
    return made
