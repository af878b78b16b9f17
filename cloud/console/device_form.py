"""The device table of a store as a form, or as its text; both edit the same."""

from __future__ import annotations

import json
from collections.abc import Callable

from nicegui import ui

from cloud.console.parts import box, empty, text
from cloud.locale.catalogue import Words
from protocols.contract.device_table import TableUnreadable, read_table, write_table


class DeviceForm:
    """`value` is the TOML a person has made; `changed` is called with each change."""

    def __init__(self, words: Words, changed: Callable[[], None]) -> None:
        self._words = words
        self._changed = changed
        self._tables: list[dict[str, object]] = []
        self._text = ""
        say = words.say
        self._how = ui.toggle({"form": say("As a form"), "text": say("As text")}, value="form", on_change=self._turn)
        self._how.props("unelevated no-caps").classes("toggle")
        self._place = box("stack")

    @property
    def value(self) -> str:
        """The table as TOML."""
        return self._text

    def show(self, value: str) -> None:
        """Begin with this table."""
        self._text = value
        self._draw()

    def _turn(self) -> None:
        self._draw()

    def _draw(self) -> None:
        self._place.clear()
        say = self._words.say
        with self._place:
            if self._how.value == "text":
                area = ui.textarea(
                    say("Devices as TOML"), value=self._text, on_change=lambda event: self._typed(event.value)
                )
                area.props("outlined autogrow").classes("mono")
                return
            try:
                self._tables = read_table(self._text)
            except TableUnreadable as error:
                empty(say("The text cannot be read as a table"), str(error), "error_outline")
                return
            if not self._tables:
                empty(say("No devices"), say("Write them as text."), "devices_other")
            for table in self._tables:
                self._device(table)

    def _device(self, table: dict[str, object]) -> None:
        with box("ring-box"):
            with box("actions"):
                text(str(table["id"]), "strong")
                text(str(table["kind"]), "span", "hint grow")
                remove = ui.button(self._words.say("Remove"), on_click=lambda: self._remove(table))
                remove.props("flat dense no-caps").classes("danger")
            with box("fields"):
                for key, value in table.items():
                    if key not in {"id", "kind"}:
                        self._field(table, key, value)

    def _field(self, table: dict[str, object], key: str, value: object) -> None:
        if isinstance(value, bool):
            ui.switch(key, value=value, on_change=lambda event: self._set(table, key, bool(event.value)))
            return
        shown = value if isinstance(value, str) else json.dumps(value)
        field = ui.input(
            key, value=shown, on_change=lambda event: self._set(table, key, _like(value, str(event.value or "")))
        )
        field.props("outlined dense stack-label")

    def _set(self, table: dict[str, object], key: str, value: object) -> None:
        table[key] = value
        self._text = write_table(self._tables)
        self._changed()

    def _remove(self, table: dict[str, object]) -> None:
        self._tables.remove(table)
        self._text = write_table(self._tables)
        self._draw()
        self._changed()

    def _typed(self, value: object) -> None:
        self._text = str(value or "")
        self._changed()


def _like(before: object, typed: str) -> object:
    """What was typed, of the kind it was; text where it cannot be: the box says what is wrong with it."""
    if isinstance(before, str):
        return typed
    try:
        value: object = json.loads(typed)
    except ValueError:
        return typed
    return value
