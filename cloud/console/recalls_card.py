"""Recalls of one product: batches that tills refuse to sell, and how to say so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from nicegui import ui

from cloud.console.answers import FeedWritten, Item
from cloud.console.frame import Frame, refusal
from cloud.console.hq import Problem
from cloud.console.parts import Column, Table, box, card, empty, field_error


class Recall(msgspec.Struct, frozen=True, kw_only=True):
    recall_id: str
    item_id: str
    batch: str = ""
    reason: str
    from_ms: int


class RecallBody(msgspec.Struct, frozen=True, kw_only=True):
    item_id: str
    batch: str
    reason: str


class RecallsCard:
    """What stands, and a form for one more."""

    def __init__(self, frame: Frame, item: Item, recalls: list[Recall], refill: Callable[[], Awaitable[None]]) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._item = item
        self._recalls = recalls
        self._refill = refill
        self._may = self._visitor.may("products.write")

    def build(self) -> None:
        """Add the card to where we are."""
        say = self._visitor.words.say
        with card(say("Recalls")):
            if self._recalls:
                table = Table([Column(say("Number")), Column(say("Batch")), Column(say("Reason")), Column("")])
                for recall in self._recalls:
                    self._row(table, recall)
            else:
                empty(say("Not recalled"), say("Tills sell every batch."), "verified")
            if not self._may:
                return
            with box("fields form"):
                self._number = ui.input(say("Number of the notice")).props("outlined dense autocomplete=off")
                self._batch = ui.input(say("Batch, or empty for all")).props("outlined dense autocomplete=off")
                self._reason = ui.input(say("What is wrong")).props("outlined dense autocomplete=off")
                ui.button(say("Stop selling"), icon="block", on_click=self._add).props("flat no-caps").classes("second")
            self._error = field_error()

    def _row(self, table: Table, recall: Recall) -> None:
        say = self._visitor.words.say
        row = table.row()
        row.cell(recall.recall_id, "mono")
        row.cell(recall.batch or say("all"))
        row.cell(recall.reason)

        async def end() -> None:
            sent = self._visitor.send("DELETE", f"/product-recalls/{recall.recall_id}", FeedWritten)
            if await self._frame.attempt(sent) is not None:
                await self._frame.attempt(self._refill())

        with row.cell():
            if self._may:
                ui.button(say("Sell again"), on_click=end).props("flat dense no-caps")

    async def _add(self) -> None:
        self._error.set_text("")
        number = (self._number.value or "").strip()
        body = RecallBody(
            item_id=self._item.item_id, batch=(self._batch.value or "").strip(), reason=(self._reason.value or "").strip()
        )
        sent = self._visitor.send("PUT", f"/product-recalls/{number or '-'}", FeedWritten, body)
        if await self._frame.attempt(sent, on_refused=self._refused) is not None:
            await self._frame.attempt(self._refill())

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))
