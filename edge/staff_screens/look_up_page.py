"""Look up an item by scan, code or name: price, stock by place and day, labels, last moves, its minimum."""

from __future__ import annotations

from urllib.parse import quote

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.answers import ItemList, ItemLookUp, Label, Nothing, SetMinimum
from edge.staff_screens.box import Problem
from edge.staff_screens.frame import Frame, page, refusal
from edge.staff_screens.label_actions import LabelActions
from edge.staff_screens.label_parts import label_card
from edge.staff_screens.parts import ScanField, big_button, box, card, chip, empty, new_dialog, text
from edge.staff_screens.stock_chart import stock_chart
from edge.staff_screens.visitor import Screens, Visitor, to_login

WIDE_ENOUGH = 3
"""A word shorter than this is no search."""


def install(screens: Screens) -> None:
    """Add the page `/item`."""

    @ui.page("/item")
    def item(code: str = "") -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Look up"), scanning=True) as frame:
            _LookUp(frame, code)
        return None


class _LookUp:
    def __init__(self, frame: Frame, code: str) -> None:
        self._frame, self._visitor, self._code = frame, frame.visitor, code
        self._actions = LabelActions(frame, self._changed)
        say = self._visitor.words.say
        ScanField(self._visitor.words, say("Scan or type"), self._scanned)
        self._found = box("cards")
        with self._found:
            empty(say("Scan an item"), say("Or type a part of its name."), "barcode_reader")
        if code:
            frame.load(self._load)
        frame.on_news(self._again)

    async def _scanned(self, text_typed: str) -> None:
        self._code = text_typed
        await self._load()

    async def _changed(self, _label: Label) -> None:
        await self._load()

    async def _again(self) -> None:
        """Stock may have changed with what is new."""
        if self._code and not self._visitor.screens.news.away:
            await self._load()

    async def _load(self) -> None:
        code = self._code
        problem: list[Problem] = []
        work = self._visitor.get(f"/v1/lookup/{quote(code, safe='')}", ItemLookUp)
        found = await self._frame.attempt(work, on_refused=problem.append)
        if code != self._code:
            return
        if found is not None:
            ui.navigate.history.replace(f"/item?code={quote(code, safe='')}")
            self._show(found)
        elif problem and code.isdigit():
            self._show_problem(problem[0])
        elif problem:
            await self._search(code)

    def _show_problem(self, problem: Problem) -> None:
        say = self._visitor.words.say
        self._found.clear()
        with self._found:
            if problem.code == "unknown_item":
                empty(say("{code} is not in the catalogue", code=self._code), say("Tell the office."), "search_off")
            else:
                empty(
                    say("{code} was not read rightly", code=self._code),
                    refusal(problem, self._visitor.words, code=self._code),
                    "error",
                )

    async def _search(self, words_typed: str) -> None:
        say = self._visitor.words.say
        listed = ItemList(items=())
        if len(words_typed) >= WIDE_ENOUGH or not words_typed.isascii():
            found = await self._frame.attempt(self._visitor.get("/v1/items", ItemList, {"q": words_typed}))
            listed = listed if found is None else found
        self._found.clear()
        with self._found:
            if not listed.items:
                empty(say("Nothing found for “{words}”", words=words_typed), say("Try other letters."), "search_off")
            for each in listed.items:
                with box("card result", "button") as row:
                    row.on("click", lambda _, item_id=each.item_id: self._scanned(item_id))
                    text(self._visitor.words.either(each.name, each.name_zh), "strong")
                    text(each.item_id, "span", "hint")

    def _show(self, found: ItemLookUp) -> None:
        self._found.clear()
        with self._found:
            self._head(found)
            self._stock(found)
            self._labels(found)
            self._moves(found)

    def _head(self, found: ItemLookUp) -> None:
        words, item = self._visitor.words, found.item
        with card() as head:
            head.props["data-item"] = item.item_id
            text(words.either(item.name, item.name_zh), "h2", "item-name")
            with box("figures"):
                price = formats.money(item.charged_minor, found.currency, found.minor_digits, words)
                _figure(price, words.say("per kg, at the till") if item.weighed else words.say("at the till"), "price")
                if item.charged_minor != item.price_minor:
                    listed = formats.money(item.price_minor, found.currency, found.minor_digits, words)
                    _figure(listed, words.say("list price"))
            with box("chips"):
                text(item.item_id, "span", "hint")
                if found.pack_quantity > 1:
                    chip(words.say("this code: {n} pieces", n=found.pack_quantity), "info")
                if not item.active:
                    chip(words.say("no longer sold"), "warn")
            if item.charged_minor is not None and item.price_minor is not None and item.charged_minor < item.price_minor:
                text(words.say("A label may still show the lower price: the till charges it."), "p", "hint")

    def _stock(self, found: ItemLookUp) -> None:
        words, item = self._visitor.words, found.item
        with card(words.say("Stock")):
            with box("figures"):
                for balance in found.balances:
                    amount = formats.amount(balance.on_hand_thousandths, words, weighed=item.weighed)
                    _figure(amount, words.name("place", balance.place), "bad" if balance.on_hand_thousandths < 0 else "")
                if not found.balances:
                    _figure(formats.amount(0, words, weighed=item.weighed), words.say("never moved"))
            stock_chart(found.days, words, weighed=item.weighed)
            counted = formats.instant(found.counted_at_ms, self._visitor.zone, words)
            text(words.say("Counted last: {time}", time=counted), "p", "hint")
            if self._visitor.may("stock"):
                batches = ui.link(words.say("Batches"), f"/lots?item={quote(item.item_id, safe='')}")
                batches.classes("button second")
            with box("actions"):
                minimum = formats.amount(found.minimum_thousandths, words, weighed=item.weighed)
                said = (
                    words.say("Alert under {minimum}", minimum=minimum)
                    if found.minimum_thousandths
                    else words.say("No alert set")
                )
                text(said, "span", "grow")
                if self._visitor.may("stock"):
                    big_button(words.say("Set"), lambda: self._ask_minimum(found), "edit", "second")

    def _ask_minimum(self, found: ItemLookUp) -> None:
        words = self._visitor.words
        with new_dialog() as dialog, ui.card().classes("dialog"):
            text(words.say("Alert when less is left than"), "h2")
            field = ui.input(words.say("kg; 0 for no alert") if found.item.weighed else words.say("pieces; 0 for no alert"))
            field.set_value(formats.typed(found.minimum_thousandths))
            field.props('outlined autofocus inputmode="decimal"').classes("wide")

            async def keep() -> None:
                try:
                    minimum = formats.read_amount(str(field.value or "0"), weighed=found.item.weighed)
                except formats.NotAnAmount:
                    self._frame.notice(words.say("Type a number."), "negative")
                    return
                body = SetMinimum(minimum_thousandths=minimum)
                path = f"/v1/stock/{quote(found.item.item_id, safe='')}/minimum"
                if await self._frame.attempt(self._visitor.send("PUT", path, Nothing, body)) is not None:
                    dialog.close()
                    await self._load()

            field.on("keydown.enter", keep)
            with box("actions"):
                big_button(words.say("Cancel"), dialog.close, kind="second")
                big_button(words.say("Keep"), keep)
        dialog.open()

    def _labels(self, found: ItemLookUp) -> None:
        words = self._visitor.words
        with card(words.say("Labels")):
            if not found.labels:
                text(words.say("No label is bound to this item."), "p", "hint")
            for label in found.labels:
                label_card(self._visitor, label, found.currency, found.minor_digits)
            if found.labels and self._visitor.may("labels"):
                with box("actions"):
                    find = big_button(words.say("Let them flash"), lambda: None, "flashlight_on", "second")
                    find.on("click", lambda: self._actions.find_item(found.item.item_id))

    def _moves(self, found: ItemLookUp) -> None:
        words = self._visitor.words
        with card(words.say("Last moves")):
            if not found.moves:
                text(words.say("Nothing moved yet."), "p", "hint")
            for move in found.moves:
                with box("move"):
                    text(formats.instant(move.at_ms, self._visitor.zone, words), "span", "hint")
                    text(f"{words.name('move', move.reason)} · {words.name('place', move.place)}", "span", "grow")
                    amount = formats.amount(move.quantity_thousandths, words, weighed=found.item.weighed, signed=True)
                    text(amount, "strong", "number")


def _figure(value: str, label: str, tone: str = "") -> None:
    with box("figure"):
        text(value, "strong", tone)
        text(label)
