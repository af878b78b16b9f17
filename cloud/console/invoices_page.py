"""Invoices that were asked for: which wait, which are issued, which failed and why; ask for one by its receipt."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from cloud.console.answers import StorePage, Zone
from cloud.console.formats import instant, money
from cloud.console.frame import Frame, page, refusal
from cloud.console.hq import Nothing, Problem
from cloud.console.parts import Column, Table, box, card, chip, empty, field_error, link, new_dialog, text
from cloud.console.return_answers import InvoiceBody, Requested, RequestedPage
from cloud.console.till_tabs import tabs
from cloud.console.visitor import Console, Visitor, to_login

STATES = ("", "waiting", "pending", "issued", "failed")
TONE = {"waiting": "plain", "pending": "info", "issued": "good", "failed": "bad"}
STORES_MAX = 500
DIGITS = 2


def install(console: Console) -> None:
    """Add the page `/invoices`."""

    @ui.page("/invoices")
    def invoices() -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "tills", visitor.words.say("Invoices")) as frame:
            tabs(visitor, "invoices")
            _Invoices(frame)
        return None


class _Invoices:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._digits: dict[str, int] = {}
        words = self._visitor.words
        with card(words.say("Asked for")):
            with box("actions"):
                options = {name: words.name("invoice state", name or "all") for name in STATES}
                self._state = ui.select(options, label=words.say("State"), value="", on_change=self._changed)
                self._state.props("outlined dense").classes("select store-select")
                if self._visitor.may("stores.write"):
                    ask = ui.button(words.say("Ask for an invoice"), icon="add", on_click=self._ask)
                    ask.props("unelevated no-caps").classes("primary")
            self._rows = box("")
        frame.load(self._fill, every_seconds=30)

    async def _changed(self) -> None:
        await self.refresh()

    async def refresh(self) -> None:
        """Show them as they are now."""
        await self._frame.attempt(self._fill())

    async def _ask(self) -> None:
        await self._frame.attempt(_AskDialog(self._frame, self).open())

    async def _fill(self) -> None:
        say = self._visitor.words.say
        zones = await self._visitor.get("/zones", list[Zone])
        self._digits = {zone.currency: zone.minor_digits for zone in zones}
        found = await self._visitor.get("/invoices", RequestedPage, state=str(self._state.value))
        self._rows.clear()
        with self._rows:
            if not found.rows:
                empty(say("No invoice"), say("Customers ask for one with the code on their receipt."), "request_quote")
                return
            titles = (
                say("Asked"),
                say("Sale"),
                say("Buyer"),
                say("Amount"),
                say("State"),
                say("Number"),
                say("Red letters"),
            )
            table = Table([Column(title, place in {3, 6}) for place, title in enumerate(titles)])
            for each in found.rows:
                self._row(table, each)
            if found.cut:
                text(say("The first {n} are shown.", n=len(found.rows)), "p", "hint")

    def _row(self, table: Table, each: Requested) -> None:
        words = self._visitor.words
        row = table.row()
        row.cell(instant(each.asked_at_ms, self._visitor.zone, words))
        with row.cell():
            link(each.store_id, f"/sales/{each.store_id}/{each.sale_id}")
        row.cell(each.buyer_name, "name-cell")
        digits = self._digits.get(each.currency, DIGITS)
        row.cell("–" if each.amount_minor is None else money(each.amount_minor, each.currency, digits, words))
        with row.cell():
            chip(words.name("invoice state", each.state), TONE.get(each.state, "plain"))
            if each.detail:
                text(each.detail, "div", "hint")
        row.cell(each.number)
        row.cell(str(each.red_letters or ""))


class _AskDialog:
    def __init__(self, frame: Frame, after: _Invoices) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._after = after

    async def open(self) -> None:
        """Show the form."""
        say = self._visitor.words.say
        stores = (await self._visitor.get("/stores", StorePage, limit=STORES_MAX)).rows
        options = {store.store_id: f"{store.name} ({store.store_id})" for store in stores}
        with self._frame.client, new_dialog() as self._dialog, box("dialog small card form"):
            text(say("Ask for an invoice"), "h2")
            self._store = ui.select(options, label=say("Store"), value=next(iter(options), None)).props("outlined dense")
            self._receipt = ui.input(say("Receipt number, as printed")).props("outlined dense autofocus maxlength=64")
            self._buyer = ui.input(say("Buyer")).props("outlined dense maxlength=200")
            self._tax = ui.input(say("Tax number of the buyer")).props("outlined dense maxlength=64")
            self._to = ui.input(say("Send it to")).props("outlined dense maxlength=200")
            self._error = field_error()
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                ui.button(say("Ask"), on_click=self._send).props("unelevated no-caps").classes("primary")
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()

    async def _send(self) -> None:
        self._error.set_text("")
        body = InvoiceBody(
            receipt=str(self._receipt.value or "").strip(),
            buyer_name=str(self._buyer.value or "").strip(),
            buyer_tax_number=str(self._tax.value or "").strip(),
            deliver_to=str(self._to.value or "").strip(),
        )
        sending = self._visitor.send("POST", f"/stores/{self._store.value}/invoices", Nothing, body)
        if await self._frame.attempt(sending, on_refused=self._refused) is None:
            return
        self._dialog.close()
        self._frame.notice(self._visitor.words.say("Asked for. The paper is made as soon as the sale is there."))
        await self._after.refresh()

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))
