"""The shelf as a picture: every aisle with its labels green, amber or red; tap one for the reason and for what to do."""

from __future__ import annotations

from urllib.parse import quote

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.answers import ItemLookUp, Label, Position
from edge.staff_screens.audit_parts import audit_style, where
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.label_actions import LabelActions
from edge.staff_screens.label_parts import label_card
from edge.staff_screens.parts import big_button, box, card, chip, empty, text
from edge.staff_screens.shelf_answers import Aisle, LabelTask, Lanes, ShelfMap, Slot
from edge.staff_screens.visitor import Screens, Visitor, to_login

EVERY_SECONDS = 3.0
STATES = ("shown", "pending", "unreachable", "unbound")
MARKS = {"shown": "✓", "pending": "…", "unreachable": "!", "unbound": "–"}
"""Colour alone tells too little to some people."""


def install(screens: Screens) -> None:
    """Add the page `/shelf`."""

    @ui.page("/shelf")
    def shelf(aisle: str | None = None, label: str = "") -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        title = say("Shelf map") if aisle is None else say("Aisle {aisle}", aisle=aisle) if aisle else say("Not placed")
        with page(visitor, title, back="/" if aisle is None else "/shelf") as frame:
            audit_style()
            if aisle is None:
                _Aisles(frame)
            else:
                _OneAisle(frame, aisle, label)
        return None


class _Aisles:
    """All aisles, each as a bar."""

    def __init__(self, frame: Frame) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._shown: ShelfMap | None = None
        self._legend = box("chips")
        self._work = box("cards")
        self._lanes: Lanes | None = None
        self._tasks = box("lines")
        self._list = box("cards")
        if self._visitor.may("labels"):
            ui.link(self._visitor.words.say("Place labels"), "/place").classes("button second")
        frame.load(self._load, every_seconds=EVERY_SECONDS)

    async def _load(self) -> None:
        self._show_work(await self._visitor.get("/v1/label-lanes", Lanes))
        found = await self._visitor.get("/v1/shelf", ShelfMap)
        if found == self._shown:
            return
        self._shown = found
        words = self._visitor.words
        self._legend.clear()
        with self._legend:
            for state in STATES:
                count = sum(aisle.counts.get(state, 0) for aisle in found.aisles)
                _legend(words.name("label_state", state), state, count)
        self._tasks.clear()
        with self._tasks:
            for task in found.tasks:
                self._task(task)
        self._list.clear()
        with self._list:
            if not found.aisles:
                empty(words.say("No labels here"), words.say("Scan a label and an item to bind them."), "sell")
            for aisle in found.aisles:
                self._aisle(aisle)

    def _show_work(self, found: Lanes) -> None:
        """What the access points have to do, and when all of it is shown; nothing while there is nothing to do."""
        if found == self._lanes:
            return
        self._lanes = found
        words, say = self._visitor.words, self._visitor.words.say
        busy = [lane for lane in found.lanes if lane.waiting or lane.in_flight or lane.late or (lane.labels and not lane.up)]
        self._work.clear()
        if not busy:
            return
        with self._work, card(say("On the way to the shelf")):
            if found.eta_ms and all(lane.up for lane in busy):
                text(say("All shown in about {age}.", age=formats.age(found.eta_ms, words)), "strong")
            for lane in busy:
                with box("move") as row:
                    row.props["data-lane"] = lane.access_point
                    text(lane.access_point, "span", "grow")
                    if not lane.up:
                        chip(say("away"), "bad")
                    left = lane.waiting + lane.in_flight
                    text(words.say_many("{n} label left", "{n} labels left", left), "span", "number")

    def _task(self, task: LabelTask) -> None:
        """A label somebody has to go to: where, which, why, since when."""
        words = self._visitor.words
        address = f"/shelf?aisle={quote(task.aisle, safe='')}&label={task.label_id}"
        with ui.link("", address).classes("line task") as row:
            row.props["data-task"] = task.label_id
            ui.icon("error")
            with box("grow", "span"):
                text(words.either(task.item_name, task.item_name_zh) or task.label_id, "strong")
                place = where(Position(aisle=task.aisle, shelf=task.shelf, slot=task.slot), words)
                text(place or words.say("Not placed"), "span", "hint")
                age = formats.age(max(0, self._visitor.now_ms - task.since_ms), words)
                text(words.heard(task.reason) or words.say("not proven for {age}", age=age), "span")

    def _aisle(self, aisle: Aisle) -> None:
        words, say = self._visitor.words, self._visitor.words.say
        total = sum(aisle.counts.values())
        with ui.link("", f"/shelf?aisle={quote(aisle.aisle, safe='')}").classes("card aisle") as element:
            element.props["data-aisle"] = aisle.aisle
            with box("alert-head"):
                text(
                    say("Aisle {aisle}", aisle=aisle.aisle) if aisle.aisle else say("Not placed"),
                    "strong",
                    "grow aisle-name",
                )
                if late := aisle.counts.get("unreachable", 0):
                    chip(words.say_many("{n} task", "{n} tasks", late), "bad")
                else:
                    chip(words.say_many("{n} label", "{n} labels", total))
            with box("aisle-bar"):
                for state in STATES:
                    if count := aisle.counts.get(state, 0):
                        box(f"aisle-part state-{state}").style(f"flex-grow: {count}")


class _OneAisle:
    """One aisle: boards from the highest down, each label at its place."""

    def __init__(self, frame: Frame, aisle: str, label_id: str) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._aisle, self._label_id = aisle, label_id
        self._shown: ShelfMap | None = None
        self._label: Label | None = None
        self._money = ("", 2)
        self._actions = LabelActions(frame, self._changed)
        self._chosen = box("cards")
        self._legend = box("chips")
        self._picture = box("boards")
        if self._visitor.may("labels"):
            address = f"/place?aisle={quote(aisle, safe='')}"
            ui.link(
                self._visitor.words.say("Place labels here") if aisle else self._visitor.words.say("Place labels"), address
            ).classes("button second")
        frame.load(self._load, every_seconds=EVERY_SECONDS)

    async def _load(self) -> None:
        found = await self._visitor.get("/v1/shelf", ShelfMap, {"aisle": self._aisle})
        if found != self._shown:
            self._shown = found
            self._draw(found)
        if self._label_id:
            await self._choose(self._label_id)

    def _draw(self, found: ShelfMap) -> None:
        words = self._visitor.words
        self._legend.clear()
        with self._legend:
            for state in STATES:
                count = sum(slot.state == state for slot in found.slots)
                if count:
                    _legend(words.name("label_state", state), state, count)
        boards: dict[int, list[Slot]] = {}
        for slot in found.slots:
            boards.setdefault(slot.shelf, []).append(slot)
        self._picture.clear()
        with self._picture:
            if not boards:
                empty(
                    words.say("No label hangs here"), words.say("Place labels, and they stand in this picture."), "shelves"
                )
            for board, slots in boards.items():
                self._board(board, slots)
            if found.left_out:
                text(words.say("{n} more are not shown.", n=found.left_out), "p", "hint")

    def _board(self, board: int, slots: list[Slot]) -> None:
        words = self._visitor.words
        with box("board"):
            if board:
                text(words.say("Board {board}", board=board), "span", "hint")
            with box("slots"):
                for slot in slots:
                    name = words.either(slot.item_name, slot.item_name_zh) or words.say("bound to nothing")
                    with box(f"slot state-{slot.state}", "button") as square:
                        square.props["type"] = "button"
                        square.props["data-slot"] = slot.label_id
                        square.props["aria-label"] = f"{name}: {words.name('label_state', slot.state)}"
                        square.props["aria-pressed"] = "true" if slot.label_id == self._label_id else "false"
                        square.on("click", lambda _, label_id=slot.label_id: self._tap(label_id))
                        text(MARKS.get(slot.state, "?"), "strong")
                        text(str(slot.slot) if slot.slot else slot.label_id[-4:])

    async def _tap(self, label_id: str) -> None:
        self._label = None
        self._label_id = label_id
        await self._frame.attempt(self._choose(label_id))
        if self._shown is not None:
            self._draw(self._shown)
        ui.run_javascript("window.scrollTo({ top: 0, behavior: 'smooth' })")

    async def _choose(self, label_id: str) -> None:
        label = await self._visitor.get(f"/v1/labels/{label_id}", Label)
        if label == self._label:
            return
        self._label = label
        await self._know_money(label)
        self._chosen.clear()
        with self._chosen, card() as element:
            element.props["data-chosen"] = label_id
            label_card(self._visitor, label, *self._money)
            self._actions.show(label)
            with box("actions"):
                big_button(self._visitor.words.say("Close"), self._close, "close", "second")

    async def _know_money(self, label: Label) -> None:
        if not self._money[0] and label.item_id is not None:
            path = f"/v1/lookup/{quote(label.item_id, safe='')}"
            found = await self._frame.attempt(self._visitor.get(path, ItemLookUp), on_refused=lambda _problem: None)
            if found is not None:
                self._money = (found.currency, found.minor_digits)

    def _close(self) -> None:
        self._label, self._label_id = None, ""
        self._chosen.clear()
        if self._shown is not None:
            self._draw(self._shown)

    async def _changed(self, label: Label) -> None:
        self._label = None
        self._label_id = label.label_id
        await self._frame.attempt(self._load())


def _legend(name: str, state: str, count: int) -> None:
    with box("legend"):
        box(f"legend-square state-{state}")
        text(f"{name} {count}")
