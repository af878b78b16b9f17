"""Say where labels hang, board by board: stand before the shelf, scan from left to right, the place counts on by itself."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens.answers import Label
from edge.staff_screens.audit_parts import audit_style, where
from edge.staff_screens.box import Problem
from edge.staff_screens.formats import may_be_a_label
from edge.staff_screens.frame import Frame, page, refusal
from edge.staff_screens.label_actions import read_place
from edge.staff_screens.parts import ScanField, box, card, text
from edge.staff_screens.visitor import Screens, Visitor, to_login

LISTED = 20


def install(screens: Screens) -> None:
    """Add the page `/place`."""

    @ui.page("/place")
    def place(aisle: str = "") -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Place labels"), back="/shelf", scanning=True) as frame:
            audit_style()
            _Placing(frame, aisle)
        return None


class _Placing:
    def __init__(self, frame: Frame, aisle: str) -> None:
        self._frame, self._visitor = frame, frame.visitor
        say = self._visitor.words.say
        ScanField(self._visitor.words, say("Scan left to right"), self._scanned)
        self._last = box("last")
        self._last.props["aria-live"] = "assertive"
        with card(say("The next label hangs here")):
            self._aisle = ui.input(say("Aisle"), value=aisle).props('outlined autocomplete="off"').classes("wide")
            with box("actions"):
                self._board = self._number(say("Board"))
                self._slot = self._number(say("Place"))
            text(say("Board 1 is the lowest, place 1 the leftmost."), "p", "hint")
        self._done = box("lines")

    def _number(self, title: str) -> ui.input:
        return ui.input(title, value="1").props('outlined inputmode="numeric" autocomplete="off"').classes("grow")

    async def _scanned(self, code: str) -> None:
        say, label_id = self._visitor.words.say, code.upper()
        body = read_place(str(self._aisle.value or ""), self._board.value, self._slot.value)
        if body is None:
            self._say(say("Type an aisle, a board and a place."), "bad", "error")
            return
        if not may_be_a_label(label_id):
            self._say(say("That is no label. Scan the label, not the goods."), "bad", "error")
            return
        problems: list[Problem] = []
        work = self._visitor.send("PUT", f"/v1/labels/{label_id}/place", Label, body)
        label = await self._frame.attempt(work, on_refused=problems.append)
        if problems:
            self._say(refusal(problems[0], self._visitor.words, label_id=label_id), "bad", "error")
        if label is None or label.position is None:
            return
        self._slot.set_value(str(body.slot + 1))
        place = where(label.position, self._visitor.words)
        name = self._visitor.words.either(label.item_name, label.item_name_zh) or label_id
        self._say(f"{name}: {place}", "good", "check")
        self._list(name, label_id, place)

    def _list(self, name: str, label_id: str, place: str) -> None:
        with self._done, box("line") as row:
            row.props["data-placed"] = label_id
            with box("grow"):
                text(name, "strong")
                text(place, "span", "hint")
            text(label_id, "span", "code")
        row.move(target_index=0)
        children = list(self._done)
        for old in children[LISTED:]:
            old.delete()

    def _say(self, said: str, tone: str, icon: str) -> None:
        self._last.clear()
        with self._last, box(f"said said-{tone}"):
            ui.icon(icon)
            text(said)
