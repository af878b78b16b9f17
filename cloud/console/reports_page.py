"""Reports: choose one, a period and a store; look at the plot, read the table, take the file along."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import Report, ReportColumn, ReportRows, StorePage, Zone
from cloud.console.frame import Frame, page
from cloud.console.parts import Column, Table, box, card, empty, text
from cloud.console.visitor import Console, Visitor, to_login

DAYS = 7
"""The period when the page opens: today and the six days before."""
STORES_MAX = 500
SHOWN_MAX = 500
"""Rows in the table; the file holds all."""
PLOTTED_MAX = 24
BARS = "#0d6b63"

Cell = int | str | None

CODES = {
    "place": "place",
    "result": "audit_result",
    "finding": "audit_finding",
    "how": "report_how",
    "reason": "shrink_reason",
    "state": "deposit_state",
    "why": "deposit_why",
}
"""Columns whose values are codes, with the context of their words."""


def install(console: Console) -> None:
    """Add the page `/reports`."""

    @ui.page("/reports")
    def reports(name: str = "") -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "reports", visitor.words.say("Reports")) as frame:
            _ReportsPage(frame, name)
        return None


class _ReportsPage:
    def __init__(self, frame: Frame, name: str) -> None:
        self._frame = frame
        self._visitor: Visitor = frame.visitor
        self._name = name
        self._reports: dict[str, Report] = {}
        self._digits: dict[str, int] = {}
        self._client = ui.context.client
        self._asked = 0
        self._build()
        frame.load(self._begin)

    def _build(self) -> None:
        say = self._visitor.words.say
        today = datetime.datetime.fromtimestamp(self._visitor.now_ms / 1000, self._visitor.zone).date()
        with card():
            with box("actions"):
                self._choice = ui.select({}, label=say("Report"), on_change=self._show).props("outlined dense")
                self._choice.classes("select grow")
                self._store = ui.select({"": say("All stores")}, value="", label=say("Store"), on_change=self._show)
                self._store.props("outlined dense").classes("select store-select")
                self._from = self._day(say("From"), today - datetime.timedelta(days=DAYS - 1))
                self._upto = self._day(say("To"), today)
                self._file = ui.button(say("CSV file"), icon="download", on_click=self._download)
                self._file.props("outline no-caps")
            self._what = text("", "p", "hint")
        self._result = box("report-result")

    def _day(self, label: str, day: datetime.date) -> ui.input:
        return ui.input(label, value=day.isoformat(), on_change=self._show).props("outlined dense type=date stack-label")

    async def _begin(self) -> None:
        visitor = self._visitor
        reports = await visitor.get("/reports", list[Report])
        zones = await visitor.get("/zones", list[Zone])
        stores = (await visitor.get("/stores", StorePage, limit=STORES_MAX)).rows
        self._digits = {zone.currency: zone.minor_digits for zone in zones}
        self._reports = {report.name: report for report in reports}
        chosen = self._name if self._name in self._reports else reports[0].name
        names = {"": visitor.words.say("All stores")} | {each.store_id: f"{each.name} ({each.store_id})" for each in stores}
        with self._client:
            self._store.set_options(names, value=self._store.value)
            titles = {report.name: visitor.words.name("report", report.title) for report in reports}
            self._choice.set_options(titles, value=chosen)

    def _query(self) -> dict[str, str | int | None]:
        return {
            "from_date": str(self._from.value),
            "upto_date": str(self._upto.value),
            "store_id": str(self._store.value) or None,
        }

    async def _show(self) -> None:
        report = self._reports.get(str(self._choice.value))
        if report is None or not (self._from.value and self._upto.value):  # a date is empty until all of it is typed
            return
        self._asked += 1
        mine = self._asked
        found = await self._frame.attempt(self._visitor.get(f"/reports/{report.name}", ReportRows, **self._query()))
        if mine != self._asked:  # somebody has asked for something else meanwhile
            return
        with self._client:
            self._what.set_text(self._visitor.words.name("report", report.what))
            self._result.clear()
            if found is not None:
                with self._result:
                    self._draw(found)

    def _draw(self, found: ReportRows) -> None:
        say = self._visitor.words.say
        if not found.rows:
            with card():
                empty(say("Nothing in this period"), say("Choose other days or another store."), "query_stats")
            return
        if found.report.plot is not None:
            with card():
                self._plot(found)
        with card():
            if found.cut or len(found.rows) > SHOWN_MAX:
                text(say("Only the first {n} rows are shown.", n=min(SHOWN_MAX, len(found.rows))), "p", "hint")
            self._table(found)

    def _plot(self, found: ReportRows) -> None:
        plot = found.report.plot
        assert plot is not None
        along, up = found.report.place(plot.along), found.report.place(plot.up)
        if along is None or up is None:
            return
        rows = found.rows[:PLOTTED_MAX]
        column = found.report.columns[up]
        values = [self._number(column, row[up], self._currency(found.report, row)) for row in rows]
        title = self._visitor.words.name("report", column.title)
        chart = ui.echart(_bars([str(row[along]) for row in rows], values, title)).classes("chart chart-tall")
        chart.props["aria-label"] = f"{self._visitor.words.name('report', found.report.title)}: {title}"

    def _table(self, found: ReportRows) -> None:
        words = self._visitor.words
        heads = [Column(words.name("report", each.title), each.kind != "text") for each in found.report.columns]
        table = Table(heads)
        for row in found.rows[:SHOWN_MAX]:
            currency = self._currency(found.report, row)
            line = table.row()
            for column, value in zip(found.report.columns, row, strict=True):
                line.cell(self._cell(column, value, currency))

    def _currency(self, report: Report, row: Sequence[Cell]) -> str:
        place = report.place("currency")
        return "" if place is None else str(row[place])

    def _cell(self, column: ReportColumn, value: Cell, currency: str) -> str:
        if value is None or value == "":
            return formats.DASH
        words = self._visitor.words
        if isinstance(value, str):
            return words.name(CODES[column.name], value) if column.name in CODES else value
        if column.kind == "money":
            return formats.money(value, currency, self._digits.get(currency, 2), words)
        if column.kind == "share":
            return formats.share(value, words)
        return formats.amount(value, words) if column.kind == "amount" else str(value)

    def _number(self, column: ReportColumn, value: Cell, currency: str) -> float:
        """Where a value lies on the plot's axis: for the eye alone."""
        if not isinstance(value, int):
            return 0.0
        digits = {"money": self._digits.get(currency, 2), "amount": 3, "share": 2}.get(column.kind, 0)
        return float(Decimal(value).scaleb(-digits))

    async def _download(self) -> None:
        name = str(self._choice.value)
        query = self._query()
        found = await self._frame.attempt(self._visitor.download(f"/reports/{name}/csv", **query))
        if found is not None:
            with self._client:
                ui.download(found, f"{name}-{query['from_date']}-{query['upto_date']}.csv")


def _bars(along: Sequence[str], values: Sequence[float], name: str) -> dict[str, object]:
    return {
        "animation": False,
        "grid": {"left": 8, "right": 8, "top": 16, "bottom": 8, "containLabel": True},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": {
            "type": "category",
            "data": list(along),
            "axisTick": {"show": False},
            "axisLabel": {"color": "#5a6b76", "hideOverlap": True, "width": 90, "overflow": "truncate"},
        },
        "yAxis": {"type": "value", "splitLine": {"lineStyle": {"color": "#edf1f3"}}, "axisLabel": {"color": "#5a6b76"}},
        "series": [
            {"type": "bar", "name": name, "data": list(values), "itemStyle": {"color": BARS, "borderRadius": [3, 3, 0, 0]}}
        ],
    }
