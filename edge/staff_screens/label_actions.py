"""What a person can do with a label at hand: find it by its light, say where it hangs, unbind it, say that it is gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from nicegui import ui

from edge.staff_screens.answers import BindLabel, Label
from edge.staff_screens.frame import Frame
from edge.staff_screens.parts import big_button, box, new_dialog, text
from edge.staff_screens.shelf_answers import FlashLabel, LabelsLit, PlaceLabel

FLASH_SECONDS = 30
Changed = Callable[[Label], Awaitable[None]]


class LabelActions:
    """The buttons under a label's card. `changed` hears of the label as it is afterwards."""

    def __init__(self, frame: Frame, changed: Changed, add_item: Callable[[Label], None] | None = None) -> None:
        """`add_item`: take a further item for the label; None: the page has no scan field for it."""
        self._frame, self._visitor, self._changed, self._add_item = frame, frame.visitor, changed, add_item

    def show(self, label: Label) -> None:
        """Put the buttons here; none for somebody who may not touch labels."""
        if not self._visitor.may("labels"):
            return
        say = self._visitor.words.say
        if label.state == "removed":
            return
        with box("actions label-actions"):
            big_button(say("Find"), lambda: self._flash(f"/v1/labels/{label.label_id}/flash"), "flashlight_on", "second")
            big_button(say("Position"), lambda: self._ask_place(label), "place", "second")
            if label.item_id is not None and (add := self._add_item) is not None:
                big_button(say("Add an item"), lambda: add(label), "playlist_add", "second")
            if label.item_id is not None:
                big_button(say("Unbind"), lambda: self._ask_unbind(label), "link_off", "second")
            big_button(say("Label is gone"), lambda: self._ask_gone(label), "delete", "second")

    async def find_item(self, item_id: str) -> None:
        """Let every label of an item flash."""
        await self._flash(f"/v1/items/{quote(item_id, safe='')}/flash")

    async def _flash(self, path: str) -> None:
        words = self._visitor.words
        found = await self._frame.attempt(self._visitor.send("POST", path, LabelsLit, FlashLabel(seconds=FLASH_SECONDS)))
        if found is None:
            return
        lit = [each for each in found.labels if each.lit == "ordered"]
        if lit:
            said = words.say_many("{n} label flashes green", "{n} labels flash green", len(lit))
            self._frame.notice(f"{said} {words.say('for half a minute; a label that sleeps begins within a minute.')}")
        for each in found.labels:
            if each.lit != "ordered":
                self._frame.notice(f"{each.label_id}: {words.name('lit', each.lit)}", "negative")

    def _ask_place(self, label: Label) -> None:
        say, known = self._visitor.words.say, label.position
        with new_dialog() as dialog, ui.card().classes("dialog"):
            text(say("Where does it hang?"), "h2")
            aisle = ui.input(say("Aisle")).props('outlined autofocus autocomplete="off"').classes("wide")
            aisle.set_value("" if known is None else known.aisle)
            with box("actions"):
                board = _number(say("Board"), 1 if known is None else known.shelf)
                slot = _number(say("Place"), 1 if known is None else known.slot)

            text(say("Board 1 is the lowest, place 1 the leftmost."), "p", "hint")

            async def keep() -> None:
                body = read_place(str(aisle.value or ""), board.value, slot.value)
                if body is None:
                    self._frame.notice(say("Type an aisle, a board and a place."), "negative")
                    return
                path = f"/v1/labels/{label.label_id}/place"
                done = await self._frame.attempt(self._visitor.send("PUT", path, Label, body))
                if done is not None:
                    dialog.close()
                    await self._changed(done)

            slot.on("keydown.enter", keep)
            with box("actions"):
                big_button(say("Cancel"), dialog.close, kind="second")
                big_button(say("Keep"), keep)
        dialog.open()

    def _ask_unbind(self, label: Label) -> None:
        say = self._visitor.words.say

        async def do_it() -> None:
            work = self._visitor.send("PUT", f"/v1/labels/{label.label_id}", Label, BindLabel(item_id=None))
            await self._done(await self._frame.attempt(work))

        self._confirm(say("Unbind"), say("The label is blanked; until then the till charges no more than it shows."), do_it)

    def _ask_gone(self, label: Label) -> None:
        say = self._visitor.words.say

        async def do_it() -> None:
            work = self._visitor.send("DELETE", f"/v1/labels/{label.label_id}", Label)
            await self._done(await self._frame.attempt(work))

        said = say("Only if no customer can read it any more: the till then charges the new price at once.")
        self._confirm(say("Label is gone"), said, do_it)

    async def _done(self, label: Label | None) -> None:
        if label is not None:
            await self._changed(label)

    def _confirm(self, title: str, said: str, do_it: Callable[[], Awaitable[None]]) -> None:
        say = self._visitor.words.say
        with new_dialog() as dialog, ui.card().classes("dialog"):
            text(title, "h2")
            text(said, "p")

            async def confirmed() -> None:
                dialog.close()
                await do_it()

            with box("actions"):
                big_button(say("Cancel"), dialog.close, kind="second")
                big_button(title, confirmed)
        dialog.open()


def _number(title: str, value: int) -> ui.input:
    field = ui.input(title, value=str(value)).props('outlined inputmode="numeric" autocomplete="off"')
    return field.classes("grow")


def read_place(aisle: str, board: object, slot: object) -> PlaceLabel | None:
    """What was typed; None when something is missing or no number."""
    numbers = [str(each or "").strip() for each in (board, slot)]
    if not aisle.strip() or not all(each.isascii() and each.isdigit() for each in numbers):
        return None
    return PlaceLabel(aisle=aisle.strip(), shelf=int(numbers[0]), slot=int(numbers[1]))
