"""Goods on their way: notices of suppliers, transfers between stores, what came otherwise than promised."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import FeedWritten
from cloud.console.delivery_form import NoticeDialog
from cloud.console.frame import Frame, page
from cloud.console.parts import Column, Table, box, card, chip, empty, link, new_dialog, text
from cloud.console.stock_answers import Delivery, DeliveryLine, DeliveryPage, TagsBody, TagsGiven, Transfer, TransferPage
from cloud.console.stock_tabs import StoreChoice, tabs
from cloud.console.visitor import Console, Visitor, to_login

SHOWN = 100
TONE = {"waiting": "info", "received": "good", "withdrawn": "plain"}


def install(console: Console) -> None:
    """Add the page `/stock/deliveries`."""

    @ui.page("/stock/deliveries")
    def deliveries() -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "stock", visitor.words.say("Deliveries and transfers")) as frame:
            tabs(visitor, "deliveries")
            _DeliveriesPage(frame)
        return None


class _DeliveriesPage:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor: Visitor = frame.visitor
        say = self._visitor.words.say
        with card():
            with box("actions"):
                self._stores = StoreChoice(frame, self._wanted)
                states = {"": say("Any state")} | {name: self._state(name) for name in TONE}
                self._choice = ui.select(states, value="", label=say("State"), on_change=self._wanted)
                self._choice.props("outlined dense").classes("select")
                box("grow")
                if self._visitor.may("stock.write"):
                    link(say("From a file"), "/imports")
                    add = ui.button(say("Announce a delivery"), icon="local_shipping", on_click=self._new)
                    add.props("unelevated no-caps").classes("primary")
            self._notices = box("")
        with card(say("Transfers between stores")):
            self._transfers = box("")
        frame.load(self._fill)

    def _state(self, name: str) -> str:
        return self._visitor.words.name("delivery_state", name)

    async def _fill(self) -> None:
        await self._stores.fill()
        await self._show()

    async def _wanted(self) -> None:
        await self._frame.attempt(self._show())

    async def _show(self) -> None:
        store, state = self._stores.chosen, str(self._choice.value or "") or None
        notices = await self._visitor.get("/deliveries", DeliveryPage, store_id=store, state=state, limit=SHOWN)
        transfers = await self._visitor.get("/transfers", TransferPage, store_id=store, limit=SHOWN)
        self._notices.clear()
        with self._notices:
            self._draw_notices(notices.rows)
        self._transfers.clear()
        with self._transfers:
            self._draw_transfers(transfers.rows)

    def _draw_notices(self, rows: list[Delivery]) -> None:
        say = self._visitor.words.say
        if not rows:
            empty(say("Nothing announced"), say("Announce a delivery, or send a file of them."), "local_shipping")
            return
        titles = (say("Reference"), say("Sender"), say("Store"), say("Expected on"), say("State"))
        table = Table([*(Column(title) for title in titles), Column(say("Lines"), number=True), Column("")])
        for delivery in rows:
            self._row(table, delivery)

    def _row(self, table: Table, delivery: Delivery) -> None:
        say, words = self._visitor.words.say, self._visitor.words
        row = table.row()
        with row.cell(classes="chips"):
            text(delivery.reference)
            if delivery.transfer_id:
                chip(say("transfer"), "info")
        row.cell(delivery.sender)
        row.cell(self._stores.title(delivery.store_id))
        row.cell(formats.instant(delivery.expected_ms, self._visitor.zone, words))
        with row.cell(classes="chips"):
            chip(self._state(delivery.state), TONE.get(delivery.state, "plain"))
            if delivery.differences:
                chip(words.say_many("{n} difference", "{n} differences", delivery.differences), "warn")
        row.cell(str(delivery.line_count))
        with row.cell():
            ui.button(say("What is in it"), on_click=lambda: self._open(delivery)).props("flat dense no-caps")

    async def _open(self, delivery: Delivery) -> None:
        path = f"/stores/{quote(delivery.store_id, safe='')}/deliveries/{quote(delivery.asn_id, safe='')}"
        lines = await self._frame.attempt(self._visitor.get(f"{path}/lines", list[DeliveryLine]))
        if lines is not None:
            with self._frame.client:
                _LinesDialog(self._frame, delivery, lines, self._show).open()

    def _new(self) -> None:
        NoticeDialog(self._frame, self._stores.names, self._show).open()

    def _draw_transfers(self, rows: list[Transfer]) -> None:
        say, words = self._visitor.words.say, self._visitor.words
        if not rows:
            empty(say("No transfers"), say("Stores send each other goods from their own screens."), "swap_horiz")
            return
        titles = (say("Sending store"), say("Receiving store"), say("Sent on"), say("State"))
        table = Table(
            [*(Column(t) for t in titles), Column(say("Sent amount"), number=True), Column(say("Came"), number=True)]
        )
        for each in rows:
            row = table.row()
            row.cell(self._stores.title(each.from_store_id))
            row.cell(self._stores.title(each.to_store_id))
            row.cell(formats.instant(each.at_ms, self._visitor.zone, words))
            with row.cell(classes="chips"):
                chip(self._state("waiting"), "info") if each.received_ms is None else chip(self._state("received"), "good")
                if each.differences:
                    chip(words.say_many("{n} difference", "{n} differences", each.differences), "warn")
            row.cell(formats.amount(each.sent_thousandths, words))
            row.cell(formats.DASH if each.received_ms is None else formats.amount(each.came_thousandths, words))


class _LinesDialog:
    """What was promised and what came; and the way to say that it does not come."""

    def __init__(
        self, frame: Frame, delivery: Delivery, lines: list[DeliveryLine], after: Callable[[], Awaitable[None]]
    ) -> None:
        self._frame, self._delivery, self._lines, self._after = frame, delivery, lines, after
        self._visitor = frame.visitor

    def open(self) -> None:
        """Show it."""
        say, words = self._visitor.words.say, self._visitor.words
        with new_dialog() as self._dialog, box("dialog card wide"):
            text(self._delivery.reference, "h2")
            heads = (Column(say("Item")), Column(say("Batch")), Column(say("Best before")))
            table = Table([*heads, Column(say("Promised"), number=True), Column(say("Came"), number=True)])
            for line in self._lines:
                row = table.row()
                with row.cell(classes="name-cell"):
                    text(line.name or line.item_id)
                    text(line.item_id, "div", "hint")
                row.cell(line.batch or formats.DASH)
                row.cell(line.expires or formats.DASH)
                row.cell(formats.amount(line.promised_thousandths, words))
                came = line.came_thousandths
                differs = came is not None and came != line.promised_thousandths
                row.cell(formats.DASH if came is None else formats.amount(came, words), "bad" if differs else "")
            if self._delivery.state == "waiting" and self._visitor.may("stock.write"):
                self._tags_form()
            with box("actions end"):
                ui.button(say("Tags for the printer"), on_click=self._print_tags).props("flat no-caps")
                if self._delivery.state == "waiting" and self._visitor.may("stock.write"):
                    ui.button(say("It does not come"), on_click=self._withdraw).props("flat no-caps color=negative")
                ui.button(say("Close"), on_click=self._dialog.close).props("flat no-caps")
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()

    def _tags_form(self) -> None:
        """RFID tags for pieces that have none: how long the company prefix is only people know."""
        say = self._visitor.words.say
        with box("actions"):
            digits = ui.number(say("Digits of the company prefix"), value=7, min=6, max=12, format="%d")
            digits.props("outlined dense").classes("narrow")

            async def give() -> None:
                body = TagsBody(company_prefix_digits=int(digits.value or 0))
                given = await self._frame.attempt(self._visitor.send_slow("POST", f"{self._path}/tags", TagsGiven, body))
                if given is not None:
                    self._frame.notice(say("{n} tags given. The store knows which ones come.", n=given.tags))

            ui.button(say("Give each piece a tag"), on_click=give).props("outline no-caps")

    async def _print_tags(self) -> None:
        found = await self._frame.attempt(self._visitor.download(f"{self._path}/tags.csv"))
        if found is not None:
            ui.download(found, f"tags-{self._delivery.asn_id}.csv")

    @property
    def _path(self) -> str:
        return f"/stores/{quote(self._delivery.store_id, safe='')}/deliveries/{quote(self._delivery.asn_id, safe='')}"

    async def _withdraw(self) -> None:
        if await self._frame.attempt(self._visitor.send("DELETE", self._path, FeedWritten)) is not None:
            self._dialog.close()
            await self._frame.attempt(self._after())
