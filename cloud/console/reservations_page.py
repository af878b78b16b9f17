"""Goods held for customers: what was asked of which store, what it answered, and a way to cancel."""

from __future__ import annotations

from urllib.parse import quote

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import FeedWritten
from cloud.console.frame import Frame, page
from cloud.console.parts import Column, Table, box, card, chip, empty, figure, text
from cloud.console.stock_answers import Reservation, ReservationPage
from cloud.console.stock_tabs import StoreChoice, tabs
from cloud.console.visitor import Console, Visitor, to_login

SHOWN = 200
TONE = {
    "asked": "info",
    "confirmed": "good",
    "partial": "warn",
    "refused": "bad",
    "picked": "good",
    "handed_over": "good",
    "released": "plain",
    "cancelled": "plain",
}
OPEN = frozenset({"asked", "confirmed", "partial", "picked"})


def install(console: Console) -> None:
    """Add the page `/stock/reservations`."""

    @ui.page("/stock/reservations")
    def reservations() -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "stock", visitor.words.say("Reservations")) as frame:
            tabs(visitor, "reservations")
            _ReservationsPage(frame)
        return None


class _ReservationsPage:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor: Visitor = frame.visitor
        say, words = self._visitor.words.say, self._visitor.words
        self._figures = box("report-result")
        with card():
            with box("actions"):
                self._stores = StoreChoice(frame, self._wanted)
                states = {"": say("Any state")} | {name: words.name("reservation_state", name) for name in TONE}
                self._choice = ui.select(states, value="", label=say("State"), on_change=self._wanted)
                self._choice.props("outlined dense").classes("select")
            self._rows = box("")
        frame.load(self._fill)
        ui.timer(5.0, self._wanted, immediate=False)

    async def _fill(self) -> None:
        await self._stores.fill()
        await self._show()

    async def _wanted(self) -> None:
        await self._frame.attempt(self._show())

    async def _show(self) -> None:
        state = str(self._choice.value or "") or None
        store = self._stores.chosen
        found = await self._visitor.get("/reservations", ReservationPage, store_id=store, state=state, limit=SHOWN)
        self._figures.clear()
        with self._figures:
            self._count(found.rows)
        self._rows.clear()
        with self._rows:
            self._draw(found.rows)

    def _count(self, rows: list[Reservation]) -> None:
        if not rows:
            return
        say = self._visitor.words.say
        short = sum(row.state in {"partial", "refused"} for row in rows)
        with card(), box("figures"):
            figure(say("Waiting for an answer"), str(sum(row.state == "asked" for row in rows)))
            figure(say("Held in full"), str(sum(row.state in {"confirmed", "picked"} for row in rows)), "good")
            figure(say("Short or refused"), str(short), "bad" if short else "")

    def _draw(self, rows: list[Reservation]) -> None:
        say, words = self._visitor.words.say, self._visitor.words
        if not rows:
            empty(say("Nothing is reserved"), say("Orders of the web shop ask stores through the API."), "shopping_bag")
            return
        titles = (say("Order"), say("Collected by"), say("Store"), say("Collected at"), say("State"))
        table = Table(
            [*(Column(t) for t in titles), Column(say("Wanted"), number=True), Column(say("Held"), number=True), Column("")]
        )
        for each in rows:
            row = table.row()
            with row.cell(classes="name-cell"):
                text(each.order_id)
                text(each.reservation_id, "div", "hint")
            row.cell(each.name or formats.DASH)
            row.cell(self._stores.title(each.store_id))
            row.cell(formats.instant(each.due_ms, self._visitor.zone, words))
            with row.cell(classes="chips"):
                chip(words.name("reservation_state", each.state), TONE.get(each.state, "plain"))
                if each.why:
                    chip(words.name("reservation_why", each.why), "warn")
                if each.cancelled_ms is not None and each.state in OPEN:
                    chip(say("cancelling"), "plain")
            row.cell(formats.amount(each.wanted_thousandths, words))
            row.cell(formats.amount(each.held_thousandths, words))
            with row.cell():
                if each.state in OPEN and each.cancelled_ms is None and self._visitor.may("stock.write"):
                    ui.button(say("Cancel"), on_click=lambda each=each: self._cancel(each)).props("flat dense no-caps")

    async def _cancel(self, each: Reservation) -> None:
        path = f"/stores/{quote(each.store_id, safe='')}/reservations/{quote(each.reservation_id, safe='')}"
        if await self._frame.attempt(self._visitor.send("DELETE", path, FeedWritten)) is not None:
            self._frame.notice(self._visitor.words.say("Cancelled. The store lets the goods go."))
            await self._frame.attempt(self._show())
