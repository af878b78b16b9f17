"""One sale whole: its lines, what was paid, and which prices it was charged by."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import SaleLine, WholeSale, Zone
from cloud.console.frame import Frame, page
from cloud.console.parts import Column, Table, box, card, chip, figure, link, text
from cloud.console.visitor import Console, Visitor, to_login


def install(console: Console) -> None:
    """Add the page `/sales/{store_id}/{sale_id}`."""

    @ui.page("/sales/{store_id}/{sale_id}")
    def sale(store_id: str, sale_id: str) -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        with page(visitor, "sales", say("Sale"), back=(say("Live sales"), "/sales")) as frame:
            _SalePage(frame, store_id, sale_id)
        return None


class _SalePage:
    def __init__(self, frame: Frame, store_id: str, sale_id: str) -> None:
        self._visitor = frame.visitor
        self._path = f"/sales/{store_id}/{sale_id}"
        self._digits: dict[str, int] = {}
        self._all = box("stack")
        frame.load(self._fill)

    async def _fill(self) -> None:
        zones = await self._visitor.get("/zones", list[Zone])
        sale = await self._visitor.get(self._path, WholeSale)
        self._digits = {zone.currency: zone.minor_digits for zone in zones}
        self._all.clear()
        with self._all:
            self._head(sale)
            self._lines(sale)
            if sale.returns:
                self._returns(sale)

    def _money(self, minor: int, sale: WholeSale) -> str:
        return formats.money(minor, sale.currency, self._digits.get(sale.currency, 2), self._visitor.words)

    def _head(self, sale: WholeSale) -> None:
        words = self._visitor.words
        say = words.say
        with card():
            with box("figures"):
                figure(say("Total"), self._money(sale.total_minor, sale))
                figure(say("tax in it"), self._money(sale.tax_minor, sale))
                for tender in sale.tenders:
                    figure(words.name("tender", tender.kind), self._money(tender.amount_minor, sale))
                    if tender.change_minor:
                        figure(say("change given"), self._money(tender.change_minor, sale))
                if sale.rounding_minor:
                    figure(say("rounding"), self._money(sale.rounding_minor, sale))
            receipt = f"{sale.receipt.till_id}-{sale.receipt.incarnation}-{sale.receipt.number}"
            closed = formats.instant(sale.closed_at_ms, self._visitor.zone, words, seconds=True)
            told = say("Receipt {receipt}, {time}, cashier {cashier}", receipt=receipt, time=closed, cashier=sale.cashier_id)
            text(told, "p")
            text(say("Charged by price version {version}", version=sale.price_feed_version), "p", "hint")
            if sale.clock == "unsynced":
                text(say("The store's clock could not be trusted at that moment."), "p", "warn-text")
            with box("actions"):
                link(say("The store"), f"/stores/{sale.store_id}")

    def _lines(self, sale: WholeSale) -> None:
        say = self._visitor.words.say
        with card(say("What was sold")):
            table = Table(
                [
                    Column(say("Item")),
                    Column(say("Quantity"), True),
                    Column(say("Unit price"), True),
                    Column(say("Amount"), True),
                    Column(""),
                ]
            )
            for line in sale.lines:
                self._line(table, line, sale)

    def _returns(self, sale: WholeSale) -> None:
        words = self._visitor.words
        say = words.say
        with card(say("What came back")):
            table = Table(
                [
                    Column(say("Item")),
                    Column(say("Time")),
                    Column(say("Store")),
                    Column(say("Reason")),
                    Column(say("Quantity"), True),
                    Column(say("Paid back"), True),
                    Column(""),
                ]
            )
            for line in sale.returns:
                row = table.row()
                row.cell(line.name, "name-cell")
                row.cell(formats.instant(line.at_ms, self._visitor.zone, words))
                row.cell(line.store_id)
                row.cell(words.name("return reason", line.reason))
                row.cell(str(line.quantity) if line.grams is None else f"{formats.amount(line.grams, words)} kg")
                row.cell(self._money(line.refund_minor, sale), "strong")
                with row.cell():
                    if line.unverified:
                        chip(say("not checked with headquarters"), "warn")

    def _line(self, table: Table, line: SaleLine, sale: WholeSale) -> None:
        words = self._visitor.words
        row = table.row()
        with row.cell(classes="name-cell"):
            link(line.name, f"/prices?item={line.item_id}")
            text(line.gtin.lstrip("0") or line.item_id, "div", "hint")
        row.cell(str(line.quantity) if line.grams is None else f"{formats.amount(line.grams, words)} kg")
        row.cell(self._money(line.unit_price_minor, sale))
        row.cell(self._money(line.net_minor, sale), "strong")
        with row.cell():
            if line.price_reason == "lower_label":
                chip(
                    words.say("price of its label; listed at {price}", price=self._money(line.list_price_minor, sale)),
                    "info",
                )
