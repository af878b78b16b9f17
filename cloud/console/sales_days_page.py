"""Sales by day: what stores sent themselves and what was imported of the time before, each in its colour."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import ItemPage, StorePage, Zone
from cloud.console.frame import Frame, page
from cloud.console.import_answers import DailySales, DailySalesRow
from cloud.console.parts import Column, Table, box, card, chip, empty, figure
from cloud.console.visitor import Console, Visitor, to_login

STORES_MAX = 500
PERIODS = (14, 30, 60, 90, 365)
PERIOD = 60
SOURCES = ("history", "recorded")
COLOURS = {"recorded": "#0d6b63", "history": "#9fb8c4"}
TABLE_DAYS = 60
WAIT_MS = 300


def install(console: Console) -> None:
    """Add the page `/sales/days`."""

    @ui.page("/sales/days")
    def days(store: str = "") -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        with page(visitor, "sales", say("Sales by day"), back=(say("Live sales"), "/sales")) as frame:
            _DaysPage(frame, store)
        return None


class _DaysPage:
    def __init__(self, frame: Frame, store_id: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._store_id = store_id
        self._digits: dict[str, int] = {}
        words = self._visitor.words
        say = words.say
        with card():
            with box("actions"):
                self._store = ui.select({"": say("All stores")}, value="", label=say("Store"), on_change=self._again)
                self._store.props("outlined dense").classes("select store-select")
                self._item = ui.input(label=say("Item number or barcode"), on_change=self._again)
                self._item.props(f'outlined dense clearable debounce="{WAIT_MS}"')
                periods = {days: words.say_many("{n} day", "{n} days", days) for days in PERIODS}
                self._days = ui.toggle(periods, value=PERIOD, on_change=self._again)
                self._days.props("unelevated no-caps").classes("toggle")
                measures = {"net": say("Amount"), "quantity": say("Quantity")}
                self._measure = ui.toggle(measures, value="net", on_change=self._again)
                self._measure.props("unelevated no-caps").classes("toggle")
            self._figures = box("figures")
            self._chart = ui.echart({"series": []}).classes("chart tall")
            self._chart.props["aria-label"] = say("Sales by day")
        self._body = box("stack")
        frame.load(self._fill)

    async def _fill(self) -> None:
        zones = await self._visitor.get("/zones", list[Zone])
        stores = (await self._visitor.get("/stores", StorePage, limit=STORES_MAX)).rows
        self._digits = {zone.currency: zone.minor_digits for zone in zones}
        options = {"": self._visitor.words.say("All stores")}
        options |= {store.store_id: f"{store.name} ({store.store_id})" for store in stores}
        self._store.set_options(options, value=self._store.value or (self._store_id if self._store_id in options else ""))
        await self._show()

    async def _again(self) -> None:
        if self._digits:
            await self._frame.attempt(self._show())

    async def _show(self) -> None:
        item_id = await self._item_id()
        today = datetime.datetime.fromtimestamp(self._visitor.now_ms / 1000, self._visitor.zone).date()
        first = today - datetime.timedelta(days=int(self._days.value) - 1)
        query = {
            "store_id": self._store.value or None,
            "item_id": item_id,
            "from": first.isoformat(),
            "to": today.isoformat(),
        }
        found = await self._visitor.get("/sales/daily", DailySales, **query)
        currency = _main_currency(found.rows)
        rows = [row for row in found.rows if row.currency == currency]
        self._draw(rows, first, today, currency)
        self._table(found.rows)

    async def _item_id(self) -> str | None:
        wanted = (self._item.value or "").strip()
        if not wanted:
            return None
        found = await self._visitor.get("/items", ItemPage, q=wanted, limit=1)
        return found.rows[0].item_id if found.rows else wanted

    def _draw(self, rows: Sequence[DailySalesRow], first: datetime.date, last: datetime.date, currency: str) -> None:
        words = self._visitor.words
        money = self._measure.value == "net"
        scale = -self._digits.get(currency, 2) if money else -3
        days = [(first + datetime.timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
        series = []
        self._figures.clear()
        for source in SOURCES:
            by_day: dict[str, int] = defaultdict(int)
            for row in rows:
                if row.source == source:
                    by_day[row.business_date] += row.net_minor if money else row.quantity_thousandths
            name = words.name("sales source", source)
            points = [
                float(Decimal(by_day[day]).scaleb(scale)) if day in by_day else None for day in days
            ]  # for the eye only
            series.append(_bars(name, points, COLOURS[source]))
            total = sum(by_day.values())
            digits = self._digits.get(currency, 2)
            shown = formats.money(total, currency, digits, words) if money else formats.amount(total, words)
            with self._figures:
                figure(name, shown if by_day else formats.DASH)
        self._chart.options.clear()
        self._chart.options.update(_options(days, series))
        self._chart.update()

    def _table(self, rows: Sequence[DailySalesRow]) -> None:
        words = self._visitor.words
        say = words.say
        totals: dict[tuple[str, str, str], list[int]] = {}
        for row in rows:
            total = totals.setdefault((row.business_date, row.currency, row.source), [0, 0, 0, 0])
            total[0] += row.quantity_thousandths
            total[1] += row.net_minor
            total[2] += row.receipt_count or 0
            total[3] += row.returned_minor
        self._body.clear()
        with self._body, card(say("Days, newest first")):
            if not totals:
                empty(say("No sales in this time"), say("Choose a longer time, or import the sales history."), "bar_chart")
                return
            columns = [Column(say("Day")), Column(say("Source")), Column(say("Quantity"), True)]
            table = Table(
                [*columns, Column(say("Amount"), True), Column(say("Paid back"), True), Column(say("Receipts"), True)]
            )
            for (day, currency, source), (quantity, net, receipts, returned) in sorted(totals.items(), reverse=True)[
                :TABLE_DAYS
            ]:
                line = table.row()
                line.cell(day)
                with line.cell():
                    chip(words.name("sales source", source), "good" if source == "recorded" else "plain")
                line.cell(formats.amount(quantity, words))
                line.cell(formats.money(net, currency, self._digits.get(currency, 2), words), "strong")
                digits = self._digits.get(currency, 2)
                line.cell(formats.money(returned, currency, digits, words) if returned else formats.DASH)
                line.cell(str(receipts) if receipts else formats.DASH)


def _main_currency(rows: Sequence[DailySalesRow]) -> str:
    """The currency most rows are in: one picture shows one."""
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row.currency] += 1
    return max(counts, key=lambda currency: counts[currency], default="EUR")


def _bars(name: str, points: Sequence[float | None], colour: str) -> dict[str, object]:
    return {
        "type": "bar",
        "name": name,
        "stack": "day",
        "data": list(points),
        "itemStyle": {"color": colour},
        "barCategoryGap": "22%",
    }


def _options(days: Sequence[str], series: Sequence[dict[str, object]]) -> dict[str, object]:
    return {
        "animation": False,
        "grid": {"left": 8, "right": 8, "top": 34, "bottom": 4, "containLabel": True},
        "legend": {"top": 0, "left": 0, "textStyle": {"color": "#5a6b76"}},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": {
            "type": "category",
            "data": list(days),
            "axisTick": {"show": False},
            "axisLine": {"lineStyle": {"color": "#dfe5e9"}},
            "axisLabel": {"color": "#5a6b76", "hideOverlap": True},
        },
        "yAxis": {"type": "value", "splitLine": {"lineStyle": {"color": "#edf1f3"}}, "axisLabel": {"color": "#5a6b76"}},
        "series": list(series),
    }
