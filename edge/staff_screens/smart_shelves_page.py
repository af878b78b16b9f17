"""Smart shelves: what is missing, what is below its minimum, what lies in the wrong place."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens.frame import Frame, page
from edge.staff_screens.goods_tile import add_look
from edge.staff_screens.parts import box, chip, empty, text
from edge.staff_screens.tag_answers import ShelfItem, SmartShelf, SmartShelves
from edge.staff_screens.visitor import Screens, Visitor, to_login

EVERY_SECONDS = 3.0


def install(screens: Screens) -> None:
    """Add the page `/smart-shelves`."""

    @ui.page("/smart-shelves")
    def shelves() -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Smart shelves")) as frame:
            add_look()
            _Shelves(frame)
        return None


class _Shelves:
    def __init__(self, frame: Frame) -> None:
        self._visitor = frame.visitor
        self._shown: SmartShelves | None = None
        self._list = box("cards two")
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        found = await self._visitor.get("/v1/smart-shelves", SmartShelves)
        if found == self._shown:
            return
        self._shown = found
        self._list.clear()
        with self._list:
            if not found.shelves:
                empty(self._visitor.words.say("This store has no smart shelves"), "", "shelves")
            for shelf in found.shelves:
                self._card(shelf)

    def _card(self, shelf: SmartShelf) -> None:
        words = self._visitor.words
        low = any(item.low for item in shelf.items)
        wrong = any(not item.planned for item in shelf.items)
        with box("card" + (" alert" if low else "")) as card:
            card.props["data-shelf"] = shelf.name
            with box("alert-head"):
                ui.icon("shelves")
                text(shelf.name, "h2", "grow")
                if low:
                    chip(words.say("fill up"), "bad")
                elif wrong:
                    chip(words.say("tidy up"), "warn")
                elif shelf.items:
                    chip(words.say("as planned"), "good")
            if not shelf.items:
                text(words.say("Nothing lies here, and no plan says what should."), "p", "hint")
            for item in shelf.items:
                self._item(item)

    def _item(self, item: ShelfItem) -> None:
        words = self._visitor.words
        with box("shelf-row" + ("" if item.planned else " wrong")):
            text(words.either(item.name, item.name_zh) or item.item_id, "span", "grow")
            if not item.planned:
                chip(words.say("does not belong here"), "warn")
            elif item.pieces < item.minimum_pieces:
                chip(words.say("at least {n}", n=item.minimum_pieces), "bad" if item.low else "plain")
            text(str(item.pieces), "strong", "number")
