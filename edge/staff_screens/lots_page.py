"""An item's stock by place and batch, the batch to take first, what is held, and what its tags say of the book."""

from __future__ import annotations

from urllib.parse import quote

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.answers import ItemLookUp
from edge.staff_screens.draft_words import lot_words
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.parts import ScanField, box, card, chip, empty, text
from edge.staff_screens.stock_answers import ItemLots, Lot
from edge.staff_screens.visitor import Screens, Visitor, to_login

SURE_BP, UNSURE_BP = 9_500, 8_000


def install(screens: Screens) -> None:
    """Add the page `/lots`."""

    @ui.page("/lots")
    def lots(item: str = "") -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Batches"), scanning=True) as frame:
            _Lots(frame, item)
        return None


class _Lots:
    def __init__(self, frame: Frame, item_id: str) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._item_id = item_id
        ScanField(self._visitor.words, self._visitor.words.say("Scan an item"), self._scanned)
        self._found = box("cards two")
        frame.load(self._fill)

    async def _scanned(self, code: str) -> None:
        work = self._visitor.get(f"/v1/lookup/{quote(code, safe='')}", ItemLookUp)
        found = await self._frame.attempt(work)
        if found is not None:
            self._item_id = found.item.item_id
            await self._frame.attempt(self._fill())

    async def _fill(self) -> None:
        words = self._visitor.words
        if not self._item_id:
            self._found.clear()
            with self._found:
                empty(words.say("Which item?"), words.say("Scan it."), "barcode_reader")
            return
        found = await self._visitor.get(f"/v1/lots/{quote(self._item_id, safe='')}", ItemLots)
        self._found.clear()
        with self._found:
            self._head(found)
            for place in dict.fromkeys(lot.place for lot in found.lots):
                self._place(found, place, [lot for lot in found.lots if lot.place == place])
            self._serials(found)

    def _head(self, found: ItemLots) -> None:
        words = self._visitor.words
        with card() as head:
            head.props["data-item"] = found.item_id
            text(words.either(found.name, found.name_zh), "h2", "item-name")
            with box("figures"):
                self._figure(found.available_thousandths, words.say("free for sale"), found)
                if found.held_thousandths:
                    self._figure(found.held_thousandths, words.say("held for orders"), found)
                if found.seen_thousandths is not None:
                    self._figure(found.seen_thousandths, words.say("by its tags"), found)
            with box("chips"):
                sure = found.confidence_bp
                tone = "good" if sure >= SURE_BP else "warn" if sure >= UNSURE_BP else "bad"
                chip(words.say("book trusted to {percent} %", percent=sure // 100), tone)
            if not found.lots:
                text(words.say("Nothing of it is in the store."), "p", "hint")

    def _figure(self, thousandths: int, label: str, found: ItemLots) -> None:
        with box("figure"):
            amount = formats.amount(thousandths, self._visitor.words, weighed=found.weighed)
            text(amount, "strong", "bad" if thousandths < 0 else "")
            text(label)

    def _place(self, found: ItemLots, place: str, lots: list[Lot]) -> None:
        words = self._visitor.words
        with card(words.name("place", place)) as element:
            element.props["data-place"] = place
            for lot in lots:
                with box("move"):
                    text(lot_words(lot.batch, lot.expires, words) or words.say("no batch known"), "span", "grow")
                    if lot.past:
                        chip(words.say("past its date"), "bad")
                    if lot.first and len(lots) > 1:
                        chip(words.say("take this first"), "good")
                    amount = formats.amount(lot.on_hand_thousandths, words, weighed=found.weighed)
                    text(amount, "strong", "number")

    def _serials(self, found: ItemLots) -> None:
        words = self._visitor.words
        if not found.serials:
            return
        with card(words.say("Serial numbers")):
            for serial in found.serials:
                with box("move"):
                    text(serial.serial, "span", "grow code")
                    text(words.name("place", serial.place), "span", "hint")
