"""Receipts or counts in progress, and the start of a new one."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.answers import Draft, DraftList, OpenDraft
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.parts import big_button, box, card, chip, text
from edge.staff_screens.visitor import Screens, Visitor, to_login
from edge.staff_screens.words import Words

PLACES = ("sales_floor", "back_room")


@dataclass(frozen=True)
class DraftWords:
    """How a kind of draft is spoken of."""

    kind: str
    title: str
    begin: str
    post: str
    posted: str
    first_place: str


def words_for(kind: str, words: Words) -> DraftWords:
    """The words of `receipt` or `count`."""
    say = words.say
    if kind == "receipt":
        return DraftWords(
            kind,
            say("Receive"),
            say("Begin a receipt"),
            say("Book the receipt"),
            say("The goods are in stock."),
            "back_room",
        )
    return DraftWords(
        kind, say("Count"), say("Begin a count"), say("Book the count"), say("The stock is corrected."), "sales_floor"
    )


def install(screens: Screens) -> None:
    """Add the pages `/receipt` and `/count`."""
    for kind in ("receipt", "count"):
        _install(screens, kind)


def _install(screens: Screens, kind: str) -> None:
    @ui.page(f"/{kind}")
    def drafts() -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, words_for(kind, visitor.words).title) as frame:
            _Drafts(frame, kind)
        return None


class _Drafts:
    def __init__(self, frame: Frame, kind: str) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._words = words_for(kind, self._visitor.words)
        self._new_id = self._visitor.screens.ids.new()
        say = self._visitor.words.say
        with card(say("New")):
            text(say("Where?"), "p", "hint")
            names = {place: self._visitor.words.name("place", place) for place in PLACES}
            self._place = (
                ui.toggle(names, value=self._words.first_place).props("no-caps unelevated spread").classes("places")
            )
            self._note = None
            if kind == "receipt":
                self._note = ui.input(say("Delivery note (if there is one)")).props('outlined autocomplete="off"')
            big_button(self._words.begin, self._begin, "add")
        self._open = box("cards")
        frame.load(self._fill)

    async def _begin(self) -> None:
        reference = "" if self._note is None else str(self._note.value or "")
        body = OpenDraft(kind=self._words.kind, place=str(self._place.value), reference=reference)
        opened = await self._frame.attempt(self._visitor.send("PUT", f"/v1/drafts/{self._new_id}", Draft, body))
        if opened is not None:
            ui.navigate.to(f"/{self._words.kind}/{opened.draft_id}")

    async def _fill(self) -> None:
        words = self._visitor.words
        found = await self._visitor.get("/v1/drafts", DraftList, {"kind": self._words.kind})
        self._open.clear()
        with self._open:
            if found.drafts:
                text(words.say("In progress"), "h2", "section")
            for draft in found.drafts:
                with ui.link("", f"/{draft.kind}/{draft.draft_id}").classes("card draft"):
                    text(draft.reference or formats.instant(draft.opened_at_ms, self._visitor.zone, words), "strong")
                    with box("chips"):
                        chip(words.name("place", draft.place))
                        chip(words.say_many("{n} item", "{n} items", len(draft.lines)), "info")
                        waiting = len(self._visitor.kept.get("waiting", {}).get(draft.draft_id, ()))
                        if waiting:
                            chip(
                                words.say_many("{n} input waits for the box …", "{n} inputs wait for the box …", waiting),
                                "warn",
                            )
                        text(words.say("begun by {who}", who=draft.opened_by), "span", "hint")
