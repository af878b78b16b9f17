"""Shelf labels: bind by two scans, see what each should show and shows, unbind, say that one is gone."""

from __future__ import annotations

from urllib.parse import quote

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.answers import BindLabel, ItemLookUp, Label, LabelList
from edge.staff_screens.box import Problem
from edge.staff_screens.formats import looks_like_a_label, may_be_a_label
from edge.staff_screens.frame import Frame, page, refusal
from edge.staff_screens.label_actions import LabelActions
from edge.staff_screens.label_parts import label_card
from edge.staff_screens.parts import ScanField, box, card, chip, empty, text
from edge.staff_screens.visitor import Screens, Visitor, to_login

LISTED = 50
EVERY_SECONDS = 5.0
FOLLOW_SECONDS = 1.0
STATES = ("unreachable", "pending", "shown", "unbound", "removed")


def install(screens: Screens) -> None:
    """Add the page `/labels`."""

    @ui.page("/labels")
    def labels(label: str = "", state: str = "") -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Labels"), scanning=True) as frame:
            _Labels(frame, label, state)
        return None


class _Labels:
    def __init__(self, frame: Frame, label_id: str, state: str) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._label_id, self._state = "", state
        self._item: ItemLookUp | None = None
        self._money = ("", 2)
        self._followed = ""
        self._shown: object = None
        self._adding: Label | None = None
        """The label the next item is added to."""
        self._actions = LabelActions(frame, self._changed, self._add_item)
        self._unfinished: ItemLookUp | None = None
        """What could not be bound because the box was away."""
        say = self._visitor.words.say
        ScanField(self._visitor.words, say("Label, then item"), self._scanned)
        self._step = box("last")
        self._step.props["aria-live"] = "assertive"
        self._chosen = box("cards")
        with card(say("All labels")):
            self._counts = box("filters")
            self._list = box("cards")
        self._say(say("Scan the label first."), "info", "sell")
        frame.load(self._fill, every_seconds=EVERY_SECONDS)
        ui.timer(FOLLOW_SECONDS, self._follow)
        if label_id:
            ui.timer(0.01, lambda: self._take_label(label_id), once=True)

    async def _scanned(self, code: str) -> None:
        wanted = code.upper()
        if looks_like_a_label(wanted) or (not self._label_id and await self._is_known(wanted)):
            await self._take_label(wanted)
        else:
            await self._take_item(code)

    async def _is_known(self, code: str) -> bool:
        if not may_be_a_label(code):
            return False
        found = await self._frame.attempt(self._visitor.get("/v1/labels", LabelList, {"part": code, "limit": "1"}))
        return found is not None and (bool(found.labels) or code in found.unbound_seen)

    async def _take_label(self, label_id: str) -> None:
        say = self._visitor.words.say
        self._label_id, self._adding = label_id, None
        if self._item is not None:
            await self._bind(self._item)
            return
        self._say(say("Label {label_id}. Now scan the item.", label_id=label_id), "info", "barcode_reader")
        self._followed = label_id
        await self._show_chosen()

    async def _take_item(self, code: str) -> None:
        say = self._visitor.words.say
        problems: list[Problem] = []
        work = self._visitor.get(f"/v1/lookup/{quote(code, safe='')}", ItemLookUp)
        found = await self._frame.attempt(work, on_refused=problems.append)
        if problems:
            self._say(refusal(problems[0], self._visitor.words, code=code), "bad", "error")
        if found is None:
            return
        self._money = (found.currency, found.minor_digits)
        if self._label_id or self._adding is not None:
            await self._bind(found)
            return
        self._item = found
        name = self._visitor.words.either(found.item.name, found.item.name_zh)
        self._say(say("{name}. Now scan the label.", name=name), "info", "sell")

    async def _bind(self, found: ItemLookUp) -> None:
        say = self._visitor.words.say
        label_id = self._label_id if self._adding is None else self._adding.label_id
        body = self._binding(found.item.item_id)
        problems: list[Problem] = []
        work = self._visitor.send("PUT", f"/v1/labels/{label_id}", Label, body)
        bound = await self._frame.attempt(work, on_refused=problems.append)
        if problems:
            self._label_id, self._item, self._adding = "", None, None
            self._say(refusal(problems[0], self._visitor.words), "bad", "error")
        self._unfinished = found if bound is None and not problems else None
        if bound is None:
            return
        self._label_id, self._item, self._followed, self._adding = "", None, label_id, None
        self._money = (found.currency, found.minor_digits)
        name = self._visitor.words.either(found.item.name, found.item.name_zh)
        self._say(say("Bound: {label_id} shows {name}.", label_id=label_id, name=name), "good", "check")
        await self._show_chosen()
        await self._frame.attempt(self._fill())

    def _binding(self, item_id: str) -> BindLabel:
        """What a scanned item means: the label's only one, or one more of it."""
        label = self._adding
        if label is None or label.item_id is None:
            return BindLabel(item_id=item_id)
        return BindLabel(item_id=label.item_id, more_items=(*(each.item_id for each in label.more_items), item_id))

    def _add_item(self, label: Label) -> None:
        self._label_id, self._item, self._adding = "", None, label
        self._say(self._visitor.words.say("Scan the item that shall stand on this label too."), "info", "playlist_add")

    async def _follow(self) -> None:
        """The label at hand is watched until it shows what it should."""
        if self._followed and not self._visitor.screens.news.away:
            await self._show_chosen()

    async def _show_chosen(self) -> None:
        work = self._visitor.get(f"/v1/labels/{self._followed}", Label)
        label = await self._frame.attempt(work, on_refused=lambda _problem: None)
        if label is None:
            return
        if label.state in ("shown", "removed", "unbound"):
            self._followed = ""
        await self._know_money(label)
        self._chosen.clear()
        with self._chosen, card():
            label_card(self._visitor, label, *self._money)
            self._actions.show(label)

    async def _know_money(self, label: Label) -> None:
        if not self._money[0] and label.item_id is not None:
            path = f"/v1/lookup/{quote(label.item_id, safe='')}"
            found = await self._frame.attempt(self._visitor.get(path, ItemLookUp), on_refused=lambda _problem: None)
            if found is not None:
                self._money = (found.currency, found.minor_digits)

    async def _changed(self, label: Label) -> None:
        self._label_id, self._followed = "", label.label_id
        await self._show_chosen()
        await self._frame.attempt(self._fill())

    def _say(self, words: str, tone: str, icon: str) -> None:
        self._step.clear()
        with self._step, box(f"said said-{tone}"):
            ui.icon(icon)
            text(words)

    async def _fill(self) -> None:
        words = self._visitor.words
        if self._unfinished is not None:
            await self._bind(self._unfinished)
        query = {"state": self._state, "limit": str(LISTED)}
        found = await self._visitor.get("/v1/labels", LabelList, query)
        for label in found.labels[:1]:
            await self._know_money(label)
        ages = [formats.age(self._visitor.now_ms - (label.behind_since_ms or 0), words) for label in found.labels]
        shown = (found, ages, self._state, self._money)
        if shown == self._shown:
            return
        self._shown = shown
        self._counts.clear()
        with self._counts:
            for state in ("", *STATES):
                count = found.counts.get(state, 0) if state else sum(found.counts.values())
                if not state or count or state == self._state:
                    name = words.name("label_state", state) if state else words.say("all")
                    button = ui.button(f"{name} {count}", on_click=lambda _, state=state: self._filter(state), color=None)
                    button.props("flat no-caps").classes("filter")
                    button.props["aria-pressed"] = "true" if state == self._state else "false"
        self._list.clear()
        with self._list:
            self._rows(found)

    def _rows(self, found: LabelList) -> None:
        words = self._visitor.words
        if not found.labels:
            empty(words.say("No labels here"), words.say("Scan a label and an item to bind them."), "sell")
        for label in found.labels:
            row = label_card(self._visitor, label, *self._money)
            row.classes("tap")
            row.on("click", lambda _, label_id=label.label_id: self._take_label(label_id))
        if found.left_out:
            text(words.say("{n} more are not shown.", n=found.left_out), "p", "hint")
        if found.unbound_seen:
            count = len(found.unbound_seen)
            with box("chips"):
                chip(words.say_many("{n} label waits to be bound", "{n} labels wait to be bound", count), "info")

    async def _filter(self, state: str) -> None:
        self._state = state
        await self._frame.attempt(self._fill())
