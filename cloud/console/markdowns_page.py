"""Markdowns stores propose for batches near their date: accept as a price of that store, or decline."""

from __future__ import annotations

from urllib.parse import quote

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import Zone
from cloud.console.frame import Frame, page
from cloud.console.hq import Nothing
from cloud.console.parts import Column, Table, box, card, chip, empty, text
from cloud.console.stock_answers import AcceptBody, DeclineBody, Proposal, ProposalPage
from cloud.console.stock_tabs import StoreChoice, tabs
from cloud.console.visitor import Console, Visitor, to_login

SHOWN = 200
TONE = {"open": "info", "accepted": "good", "declined": "plain", "over": "warn"}


def install(console: Console) -> None:
    """Add the page `/stock/markdowns`."""

    @ui.page("/stock/markdowns")
    def markdowns() -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "stock", visitor.words.say("Markdowns")) as frame:
            tabs(visitor, "markdowns")
            _MarkdownsPage(frame)
        return None


class _MarkdownsPage:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor: Visitor = frame.visitor
        self._digits: dict[str, int] = {}
        say = self._visitor.words.say
        with card():
            with box("actions"):
                self._stores = StoreChoice(frame, self._wanted)
                self._open = ui.checkbox(say("Only open ones"), value=True, on_change=self._wanted)
            self._rows = box("")
        frame.load(self._fill)

    async def _fill(self) -> None:
        self._digits = {zone.currency: zone.minor_digits for zone in await self._visitor.get("/zones", list[Zone])}
        await self._stores.fill()
        await self._show()

    async def _wanted(self) -> None:
        await self._frame.attempt(self._show())

    async def _show(self) -> None:
        say = self._visitor.words.say
        only = "true" if self._open.value else None
        found = await self._visitor.get(
            "/markdown-proposals", ProposalPage, store_id=self._stores.chosen, open_only=only, limit=SHOWN
        )
        self._rows.clear()
        with self._rows:
            if not found.rows:
                hint = say("Stores propose a cut when a batch comes near its date.")
                empty(say("Nothing to decide"), hint, "price_check")
                return
            titles = (say("Item"), say("Store"), say("Batch"), say("Best before"))
            numbers = (say("Quantity"), say("Off"), say("Price now"), say("Proposed"))
            table = Table([*(Column(t) for t in titles), *(Column(t, number=True) for t in numbers), Column(say("State"))])
            for proposal in found.rows:
                self._row(table, proposal)

    def _row(self, table: Table, proposal: Proposal) -> None:
        say, words = self._visitor.words.say, self._visitor.words
        digits = self._digits.get(proposal.currency, 2)
        row = table.row()
        with row.cell(classes="name-cell"):
            text(proposal.name or proposal.item_id)
            text(proposal.item_id, "div", "hint")
        row.cell(self._stores.title(proposal.store_id))
        row.cell(proposal.batch or formats.DASH)
        row.cell(proposal.expires or formats.DASH)
        row.cell(formats.amount(proposal.quantity_thousandths, words))
        row.cell(formats.share(proposal.off_bp, words))
        row.cell(formats.money(proposal.list_price_minor, proposal.currency, digits, words))
        shown = proposal.decided_minor if proposal.state == "accepted" else proposal.proposed_minor
        row.cell(formats.money(shown, proposal.currency, digits, words))
        with row.cell(classes="chips"):
            if proposal.state == "open" and self._visitor.may("prices.write"):
                accept = ui.button(say("Accept"), on_click=lambda: self._decide(proposal, "accept"))
                accept.props("unelevated dense no-caps").classes("primary")
                ui.button(say("Decline"), on_click=lambda: self._decide(proposal, "decline")).props("flat dense no-caps")
            else:
                chip(words.name("markdown_state", proposal.state), TONE.get(proposal.state, "plain"))

    async def _decide(self, proposal: Proposal, how: str) -> None:
        store, number = quote(proposal.store_id, safe=""), quote(proposal.proposal_id, safe="")
        body = AcceptBody() if how == "accept" else DeclineBody()
        sent = self._visitor.send("POST", f"/stores/{store}/markdown-proposals/{number}/{how}", Nothing, body)
        if await self._frame.attempt(sent) is not None:
            say = self._visitor.words.say
            self._frame.notice(say("Accepted. Labels and tills follow.") if how == "accept" else say("Declined."))
            await self._frame.attempt(self._show())
