"""Sales as they arrive: the newest on top, what each minute brought, live without touching anything."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from nicegui import background_tasks, ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import DayTotal, LiveSales, Sale, SaleCounts, SalePage, StorePage, Zone
from cloud.console.frame import Frame, page
from cloud.console.parts import Column, Row, Table, box, card, chip, empty, figure, link, text
from cloud.console.recent_sales import KEPT, RecentSales
from cloud.console.visitor import Console, Visitor, to_login

WAIT_SECONDS = 8
"""Of one long poll; shorter than the console's patience with the API."""
RETRY_SECONDS = 1.0
CHART_SECONDS = 5.0
STORES_MAX = 500
BARS = "#0d6b63"


def install(console: Console) -> None:
    """Add the page `/sales`."""

    @ui.page("/sales")
    def sales(store: str = "") -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "sales", visitor.words.say("Live sales")) as frame:
            _SalesPage(frame, store)
        return None


class _SalesPage:
    def __init__(self, frame: Frame, store_id: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._store_id = store_id
        self._recent = RecentSales()
        self._rows: dict[str, Row] = {}
        self._digits: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._today: dict[str, tuple[int, int]] = {}
        self._date = ""
        self._client = ui.context.client
        self._build()
        following = background_tasks.create(self._follow(), name="follow sales")
        self._client.on_delete(following.cancel)
        ui.timer(CHART_SECONDS, self._draw_chart, immediate=False)

    def _build(self) -> None:
        say = self._visitor.words.say
        with card():
            with box("actions"):
                with box("figures grow"):
                    self._hour = figure(say("sales in the last hour"), formats.DASH)
                    self._count = figure(say("sales today"), formats.DASH)
                    self._takings = figure(say("takings today"), formats.DASH)
                link(say("Sales by day"), "/sales/days")
                self._live = chip(say("connecting …"), "plain")
                self._store = ui.select({"": say("All stores")}, value="", label=say("Store"), on_change=self._choose)
                self._store.props("outlined dense").classes("select store-select")
            self._chart = ui.echart(_chart([], say("Sales per minute"))).classes("chart")
            self._chart.props["aria-label"] = say("Sales per minute")
        with card():
            self._nothing = empty(
                say("Waiting for the first sale"),
                say("Sales appear here by themselves as soon as a store sends them."),
                "receipt_long",
            )
            self._table = Table(
                [
                    Column(say("Time")),
                    Column(say("Store")),
                    Column(say("Receipt")),
                    Column(say("Till")),
                    Column(say("Lines"), True),
                    Column(say("Total"), True),
                ]
            )
        self._table.element.set_visibility(False)

    def _choose(self) -> None:
        if self._names and (self._store.value or "") != self._store_id:
            ui.navigate.to(f"/sales?store={self._store.value}" if self._store.value else "/sales")

    async def _follow(self) -> None:
        place = ""
        while not self._client.is_deleted:
            step = self._begin() if not place else self._next(place)
            got = await self._frame.attempt(step)
            if got is None:
                self._say_live(False)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                place = got
                self._say_live(True)

    async def _begin(self) -> str:
        """Everything there is, and the place from which to go on: nothing falls between the two."""
        visitor, only = self._visitor, self._store_id or None
        zones = await visitor.get("/zones", list[Zone])
        stores = (await visitor.get("/stores", StorePage, limit=STORES_MAX)).rows
        place = (await visitor.get("/sales/stream", LiveSales, store_id=only, wait_seconds=0)).next
        counts = await visitor.get("/sales/counts", SaleCounts, store_id=only)
        newest = await visitor.get("/sales", SalePage, store_id=only, limit=KEPT)
        self._digits = {zone.currency: zone.minor_digits for zone in zones}
        self._names = {store.store_id: store.name for store in stores}
        self._recent.begin(reversed(newest.rows), counts.minutes)
        self._begin_today(counts.days)
        with self._client:
            options = {"": self._visitor.words.say("All stores")} | {
                key: f"{name} ({key})" for key, name in self._names.items()
            }
            self._store.set_options(options, value=self._store_id)
            self._table.clear()
            self._rows = {}
            self._show(list(reversed(newest.rows)), fresh=False)
            self._draw_chart()
        return place

    async def _next(self, place: str) -> str:
        found = await self._visitor.get(
            "/sales/stream", LiveSales, store_id=self._store_id or None, after=place, wait_seconds=WAIT_SECONDS
        )
        fresh = self._recent.add(found.rows)
        if fresh:
            with self._client:
                self._show(fresh, fresh=True)
                self._add_today(fresh)
                self._draw_chart()
        return found.next

    def _say_live(self, live: bool) -> None:
        say = self._visitor.words.say
        self._live.set_text(say("live") if live else say("connecting …"))
        self._live.classes(add="chip-good" if live else "", remove="" if live else "chip-good")

    def _begin_today(self, days: Sequence[DayTotal]) -> None:
        self._date = max((day.business_date for day in days), default="")
        self._today = {}
        for day in days:
            if day.business_date == self._date:
                count, total = self._today.get(day.currency, (0, 0))
                self._today[day.currency] = (count + day.sales, total + day.total_minor)

    def _add_today(self, sales: Sequence[Sale]) -> None:
        for sale in sales:
            if sale.business_date > self._date:
                self._date, self._today = sale.business_date, {}
            if sale.business_date == self._date:
                count, total = self._today.get(sale.currency, (0, 0))
                self._today[sale.currency] = (count + 1, total + sale.total_minor)

    def _show(self, sales: Sequence[Sale], *, fresh: bool) -> None:
        """Put sales on top, oldest first, and drop what is no longer among the newest."""
        for sale in sales[-KEPT:]:
            row = self._row(sale)
            row.element.move(target_index=0)
            if fresh:
                row.element.classes("fresh")
            self._rows[f"{sale.store_id}/{sale.sale_id}"] = row
        for key in list(self._rows)[: max(0, len(self._rows) - KEPT)]:
            self._rows.pop(key).element.delete()
        self._nothing.set_visibility(not self._rows)
        self._table.element.set_visibility(bool(self._rows))

    def _row(self, sale: Sale) -> Row:
        row = self._table.row()
        row.cell(formats.time_of_day(sale.closed_at_ms, self._visitor.zone))
        with row.cell(classes="name-cell"):
            link(self._names.get(sale.store_id, sale.store_id), f"/sales/{sale.store_id}/{sale.sale_id}")
            text(sale.store_id, "span", "hint")
        row.cell(f"{sale.receipt.till_id}-{sale.receipt.incarnation}-{sale.receipt.number}", "mono")
        row.cell(sale.till_id)
        row.cell(str(sale.line_count))
        row.cell(self._money(sale.total_minor, sale.currency), "strong")
        return row

    def _money(self, minor: int, currency: str) -> str:
        return formats.money(minor, currency, self._digits.get(currency, 2), self._visitor.words)

    def _draw_chart(self) -> None:
        minutes = self._recent.per_minute(self._visitor.now_ms)
        series = [[formats.time_of_day(minute, self._visitor.zone)[:5], count] for minute, count in minutes]
        self._hour.set_text(str(sum(count for _, count in minutes)))
        self._count.set_text(str(sum(count for count, _ in self._today.values())))
        takings = [self._money(total, currency) for currency, (_, total) in sorted(self._today.items())]
        self._takings.set_text(" + ".join(takings) or formats.DASH)
        options = _chart(series, self._visitor.words.say("Sales per minute"))
        if options["series"] != self._chart.options["series"] or options["xAxis"] != self._chart.options["xAxis"]:
            self._chart.options.update(options)
            self._chart.update()


def _chart(series: Sequence[Sequence[object]], name: str) -> dict[str, object]:
    """ECharts options of the bars, quiet enough to stand above a table."""
    return {
        "animation": False,
        "grid": {"left": 34, "right": 8, "top": 12, "bottom": 22},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": {
            "type": "category",
            "data": [point[0] for point in series],
            "axisTick": {"show": False},
            "axisLine": {"lineStyle": {"color": "#dfe5e9"}},
            "axisLabel": {"color": "#5a6b76", "interval": 9},
        },
        "yAxis": {
            "type": "value",
            "minInterval": 1,
            "splitLine": {"lineStyle": {"color": "#edf1f3"}},
            "axisLabel": {"color": "#5a6b76"},
        },
        "series": [
            {
                "type": "bar",
                "name": name,
                "data": [point[1] for point in series],
                "itemStyle": {"color": BARS, "borderRadius": [3, 3, 0, 0]},
                "barCategoryGap": "25%",
            }
        ],
    }
