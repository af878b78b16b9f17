"""Recalls: stop the sale of a batch in every store, and watch each store: heard when, what is left, what was sold since."""

from __future__ import annotations

from urllib.parse import quote

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import FeedWritten
from cloud.console.frame import Frame, page, refusal
from cloud.console.hq import Problem
from cloud.console.parts import Column, Table, box, card, chip, empty, field_error, figure, text
from cloud.console.recalls_card import Recall, RecallBody
from cloud.console.stock_answers import RecallInStore, RecallInStores
from cloud.console.stock_tabs import tabs
from cloud.console.visitor import Console, Visitor, to_login

SHOWN = 500


def install(console: Console) -> None:
    """Add the page `/stock/recalls`."""

    @ui.page("/stock/recalls")
    def recalls(recall: str = "") -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        back = (say("Recalls"), "/stock/recalls") if recall else None
        with page(visitor, "stock", recall or say("Recalls"), back=back) as frame:
            tabs(visitor, "recalls")
            if recall:
                _OneRecall(frame, recall)
            else:
                _Recalls(frame)
        return None


class _Recalls:
    """What stands, and a form for one more."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor: Visitor = frame.visitor
        if self._visitor.may("products.write"):
            self._form()
        with card():
            self._rows = box("")
        frame.load(self._fill)

    def _form(self) -> None:
        say = self._visitor.words.say
        with card(say("Recall a batch")), box("form"):
            with box("fields"):
                self._number = ui.input(say("Number of the notice"))
                self._item = ui.input(say("Item number"))
                self._batch = ui.input(say("Batch, or empty for all"))
                self._reason = ui.input(say("What is wrong"))
                for field in (self._number, self._item, self._batch, self._reason):
                    field.props("outlined dense autocomplete=off")
                stop = ui.button(say("Stop selling"), icon="block", on_click=self._add)
                stop.props("unelevated no-caps color=negative")
            self._error = field_error()

    async def _fill(self) -> None:
        say = self._visitor.words.say
        rows = await self._visitor.get("/product-recalls", list[Recall])
        self._rows.clear()
        with self._rows:
            if not rows:
                empty(say("Nothing is recalled"), say("Tills sell every batch."), "verified")
                return
            titles = (say("Number"), say("Item"), say("Batch"), say("Reason"), say("Since"), "")
            table = Table([Column(title) for title in titles])
            for recall in rows:
                self._row(table, recall)

    def _row(self, table: Table, recall: Recall) -> None:
        say = self._visitor.words.say
        row = table.row()
        with row.cell(classes="mono"):
            ui.link(recall.recall_id, f"/stock/recalls?recall={quote(recall.recall_id)}").classes("link")
        row.cell(recall.item_id, "mono")
        row.cell(recall.batch or say("all"))
        row.cell(recall.reason)
        row.cell(formats.instant(recall.from_ms, self._visitor.zone, self._visitor.words))
        with row.cell():
            if self._visitor.may("products.write"):
                ui.button(say("Sell again"), on_click=lambda: self._end(recall)).props("flat dense no-caps")

    async def _end(self, recall: Recall) -> None:
        path = f"/product-recalls/{quote(recall.recall_id, safe='')}"
        if await self._frame.attempt(self._visitor.send("DELETE", path, FeedWritten)) is not None:
            await self._frame.attempt(self._fill())

    async def _add(self) -> None:
        self._error.set_text("")
        number = (self._number.value or "").strip()
        item, batch, reason = ((field.value or "").strip() for field in (self._item, self._batch, self._reason))
        path = f"/product-recalls/{quote(number or '-', safe='')}"
        sent = self._visitor.send("PUT", path, FeedWritten, RecallBody(item_id=item, batch=batch, reason=reason))
        if await self._frame.attempt(sent, on_refused=self._refused) is not None:
            ui.navigate.to(f"/stock/recalls?recall={quote(number)}")

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))


class _OneRecall:
    """How a recall stands, store by store."""

    def __init__(self, frame: Frame, recall_id: str) -> None:
        self._visitor: Visitor = frame.visitor
        self._recall_id = recall_id
        self._body = box("stack")
        frame.load(self._fill, every_seconds=2.0)

    async def _fill(self) -> None:
        path = f"/product-recalls/{quote(self._recall_id, safe='')}/stores"
        rows = (await self._visitor.get(path, RecallInStores, limit=SHOWN)).rows
        self._body.clear()
        with self._body:
            self._draw(rows)

    def _draw(self, rows: list[RecallInStore]) -> None:
        say, words = self._visitor.words.say, self._visitor.words
        heard = sum(row.applied_ms is not None for row in rows)

        def together(*amounts: int) -> str:
            return formats.amount(sum(amounts), words)

        with card(), box("figures"):
            figure(say("Stores that refuse it"), f"{heard} / {len(rows)}", "good" if heard == len(rows) else "warn")
            figure(say("Still on hand"), together(*(row.on_hand_thousandths for row in rows)))
            figure(say("In quarantine"), together(*(row.quarantine_thousandths for row in rows)))
            figure(say("Sold since"), together(*(row.sold_thousandths for row in rows)))
        with card():
            titles = (say("Still on hand"), say("In quarantine"), say("Sold since"), say("Sold, batch not told"))
            table = Table([Column(say("Store")), Column(say("Refuses it since")), *(Column(t, number=True) for t in titles)])
            for each in rows:
                row = table.row()
                with row.cell(classes="name-cell"):
                    text(each.name or each.store_id)
                    text(each.store_id, "div", "hint")
                with row.cell():
                    if each.applied_ms is not None:
                        text(formats.instant(each.applied_ms, self._visitor.zone, words, seconds=True))
                    else:
                        chip(say("not heard yet") if each.online else say("offline, not heard"), "bad")
                row.cell(formats.amount(each.on_hand_thousandths, words), "bad" if each.on_hand_thousandths > 0 else "")
                row.cell(formats.amount(each.quarantine_thousandths, words))
                row.cell(formats.amount(each.sold_thousandths, words), "bad" if each.sold_thousandths else "")
                row.cell(formats.amount(each.sold_unknown_thousandths, words))
