"""Recalled goods that still stand in the shop: where they are, and their way into quarantine."""

from __future__ import annotations

from urllib.parse import quote

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.answers import Nothing
from edge.staff_screens.draft_dialogs import confirm
from edge.staff_screens.draft_words import lot_words
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.parts import big_button, box, chip, empty, text
from edge.staff_screens.stock_answers import Recall, RecallList, TakeAway
from edge.staff_screens.visitor import Screens, Visitor, to_login

EVERY_SECONDS = 15.0


def install(screens: Screens) -> None:
    """Add the page `/recalls`."""

    @ui.page("/recalls")
    def recalls() -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Recalls")) as frame:
            _Recalls(frame)
        return None


class _Recalls:
    def __init__(self, frame: Frame) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._list = box("cards two")
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        words = self._visitor.words
        found = await self._visitor.get("/v1/recalls", RecallList)
        self._list.clear()
        with self._list:
            if not found.recalls:
                empty(words.say("Nothing is recalled"), words.say("No recalled goods stand in the shop."), "verified")
            for recall in found.recalls:
                self._card(recall)

    def _card(self, recall: Recall) -> None:
        words = self._visitor.words
        with box("card", "section") as card:
            card.props["data-recall"] = recall.recall_id
            with box("alert-head"):
                ui.icon("report")
                with box("grow"):
                    text(words.either(recall.name, recall.name_zh), "h2")
                    text(recall.reason, "p")
                if recall.batch:
                    chip(words.say("Batch {batch}", batch=recall.batch), "bad")
            for lot in recall.lots:
                with box("move"):
                    place = words.name("place", lot.place)
                    said = lot_words(lot.batch, lot.expires, words)
                    text(f"{place} · {said}" if said else place, "span", "grow")
                    text(formats.amount(lot.on_hand_thousandths, words, weighed=False), "strong", "number")
            if recall.unnamed_thousandths:
                amount = formats.amount(recall.unnamed_thousandths, words, weighed=False)
                text(words.say("{amount} more are of no known batch: look at each.", amount=amount), "p", "hint")
            if recall.lots:
                with box("actions"):
                    big_button(words.say("They are in quarantine"), lambda: self._ask(recall), "block", "danger")

    def _ask(self, recall: Recall) -> None:
        words = self._visitor.words
        command_id = self._visitor.screens.ids.new()
        amount = formats.amount(recall.on_hand_thousandths, words, weighed=False)

        async def go() -> None:
            path = f"/v1/recalls/{quote(recall.recall_id, safe='')}/quarantine"
            await self._frame.attempt(self._visitor.send("POST", path, Nothing, TakeAway(command_id=command_id)))
            await self._frame.attempt(self._fill())

        said = words.say("{amount} leave the shelves. Put them where nobody can sell them.", amount=amount)
        confirm(self._frame, words.say("They are in quarantine"), said, lambda: ui.timer(0, go, once=True), danger=True)
