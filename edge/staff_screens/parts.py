"""Small parts every page is built of: the scan field, cards, chips, empty states, big buttons."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import GenericEventArguments

from edge.staff_screens.words import Words

Scanned = Callable[[str], Awaitable[None]]


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


def new_dialog() -> ui.dialog:
    """A dialog in a place of its own; use as a context manager, and `open` it. It is gone when it is closed.

    A dialog goes with the part of the page it was made in, which is where the button was pressed. When that part is drawn
    anew, because a colleague scans into the same list, the dialog must stay.
    """
    with ui.context.client:
        place = box("")
    place.set_visibility(False)
    with place:
        made = ui.dialog()

    def end() -> None:
        made.delete()
        place.delete()

    made.on("hide", end)
    return made


def chip(words: str, tone: str = "plain") -> TextElement:
    """A short state in its tone: good, warn, bad, info, plain."""
    return text(words, "span", f"chip chip-{tone}")


def empty(title: str, hint: str = "", icon: str = "inbox") -> ui.element:
    """What stands where there is nothing yet, and what to do about it."""
    made = box("empty")
    with made:
        ui.icon(icon)
        text(title, "p", "empty-title")
        if hint:
            text(hint, "p")
    return made


def big_button(words: str, on_click: Callable[[], object], icon: str = "", kind: str = "primary") -> ui.button:
    """A button for a thumb: `primary`, `second` or `danger`."""
    made = ui.button(words, on_click=on_click, icon=icon or None, color=None).props("unelevated no-caps")
    return made.classes(f"big {kind}")


class ScanField:
    """Where a scanner types: it has the focus whenever nothing else needs it, and gives its text away on Enter at once.

    On a phone it asks for no on-screen keyboard until the keyboard button is pressed.
    """

    def __init__(self, words: Words, hint: str, scanned: Scanned) -> None:
        say = words.say

        async def take(event: GenericEventArguments) -> None:
            await scanned(str(event.args))

        with box("scan"):
            ui.icon("barcode_reader").classes("scan-icon")
            self._input = ui.element("input").classes("scan-field")
            self._input.props["autocomplete"] = "off"
            self._input.props["inputmode"] = "none"
            self._input.props["enterkeyhint"] = "done"
            self._input.props["placeholder"] = hint
            self._input.props["aria-label"] = hint
            self._input.on(
                "keydown.enter",
                take,
                js_handler="(event) => { const code = event.target.value.trim(); event.target.value = '';"
                " if (code) emit(code); }",
            )
            keyboard = ui.button(icon="keyboard", color=None).props("flat").classes("scan-keyboard")
            keyboard.props["aria-label"] = say("Type with the on-screen keyboard")
            keyboard.on("click", js_handler="() => window.staffKeyboard()")
