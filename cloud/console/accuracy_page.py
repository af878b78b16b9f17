"""How right the book is and what goes lost: accuracy by day, book against tags, shrink by reason in pieces and value."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import ReportRows, Zone
from cloud.console.frame import Frame, page
from cloud.console.parts import Column, Table, box, card, empty, figure, link
from cloud.console.plots import GRID, INK, SOFT
from cloud.console.stock_tabs import StoreChoice, tabs
from cloud.console.visitor import Console, Visitor, to_login

DAYS = {7: 7, 30: 30, 90: 90}
Row = Sequence[int | str | None]


def install(console: Console) -> None:
    """Add the page `/stock/accuracy`."""

    @ui.page("/stock/accuracy")
    def accuracy() -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "stock", visitor.words.say("Accuracy and shrink")) as frame:
            tabs(visitor, "accuracy")
            _AccuracyPage(frame)
        return None


class _AccuracyPage:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor: Visitor = frame.visitor
        self._digits: dict[str, int] = {}
        say = self._visitor.words.say
        with card(), box("actions"):
            self._stores = StoreChoice(frame, self._wanted)
            periods = {days: say("{n} days back", n=days) for days in DAYS}
            self._days = ui.select(periods, value=30, label=say("Period"), on_change=self._wanted)
            self._days.props("outlined dense").classes("select")
            box("grow")
            link(say("As reports, with files"), "/reports?name=stock-accuracy")
        self._body = box("stack")
        frame.load(self._fill)

    async def _fill(self) -> None:
        self._digits = {zone.currency: zone.minor_digits for zone in await self._visitor.get("/zones", list[Zone])}
        await self._stores.fill()
        await self._show()

    async def _wanted(self) -> None:
        await self._frame.attempt(self._show())

    async def _report(self, name: str) -> Sequence[Row]:
        today = datetime.datetime.fromtimestamp(self._visitor.now_ms / 1000, self._visitor.zone).date()
        begin = today - datetime.timedelta(days=int(self._days.value or 30) - 1)
        query = {"from_date": begin.isoformat(), "upto_date": today.isoformat(), "store_id": self._stores.chosen}
        return (await self._visitor.get(f"/reports/{name}", ReportRows, **query)).rows

    async def _show(self) -> None:
        counted = await self._report("stock-accuracy")
        compared = await self._report("book-against-tags")
        lost = await self._report("shrink")
        self._body.clear()
        with self._body:
            self._accuracy(counted, compared)
            self._shrink(lost)

    def _accuracy(self, counted: Sequence[Row], compared: Sequence[Row]) -> None:
        say, words = self._visitor.words.say, self._visitor.words
        by_count, by_tags = shares_by_day(counted), shares_by_day(compared)
        with card(say("Stock accuracy")):
            if not by_count and not by_tags:
                hint = say("Counts and comparisons with tags appear here as stores make them.")
                empty(say("Nothing counted in this period"), hint, "fact_check")
                return
            with box("figures"):
                for label, rows in ((say("By counts"), counted), (say("By tags"), compared)):
                    whole = share_of(rows)
                    tone = "" if whole is None else "good" if whole >= 9_800 else "warn"
                    figure(label, formats.DASH if whole is None else formats.share(whole, words), tone)
            chart = ui.echart(_trend(by_count, by_tags, say("By counts"), say("By tags"))).classes("chart")
            chart.props["aria-label"] = say("Stock accuracy")
        if counted:
            self._by_store(counted)

    def _by_store(self, counted: Sequence[Row]) -> None:
        say, words = self._visitor.words.say, self._visitor.words
        stores: dict[str, list[Row]] = defaultdict(list)
        for row in counted:
            stores[str(row[0])].append(row)
        worst = sorted(stores.items(), key=lambda each: share_of(each[1]) or 0)
        with card(say("By store, the least accurate first")):
            numbers = (say("Counted items"), say("Book was right"), say("Accuracy"))
            table = Table([Column(say("Store")), *(Column(title, number=True) for title in numbers)])
            for store_id, rows in worst[:50]:
                line = table.row()
                line.cell(self._stores.title(store_id))
                line.cell(str(_sum(rows, 3)))
                line.cell(str(_sum(rows, 4)))
                line.cell(formats.share(share_of(rows) or 0, words))

    def _shrink(self, lost: Sequence[Row]) -> None:
        say, words = self._visitor.words.say, self._visitor.words
        with card(say("Shrink")):
            if not lost:
                empty(say("Nothing lost in this period"), say("Write-offs and count losses appear here."), "savings")
                return
            by_reason: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
            for row in lost:
                totals = by_reason[str(row[1]), str(row[3])]
                totals[0] += int(row[2] or 0)
                totals[1] += int(row[4] or 0)
            ranked = sorted(by_reason.items(), key=lambda each: -each[1][1])
            currency = ranked[0][0][1]
            shown = [(reason, totals[1]) for (reason, money), totals in ranked if money == currency]
            digits = self._digits.get(currency, 2)
            names = [words.name("shrink_reason", reason) for reason, _ in shown]
            chart = ui.echart(_bars(names, [value / 10**digits for _, value in shown], f"{say('Value')} ({currency})"))
            chart.classes("chart")
            chart.props["aria-label"] = say("Shrink")
            heads = (Column(say("Reason")), Column(say("Lost"), number=True), Column(say("Value"), number=True))
            table = Table(heads)
            for (reason, money), totals in ranked:
                line = table.row()
                line.cell(words.name("shrink_reason", reason))
                line.cell(formats.amount(totals[0], words))
                line.cell(formats.money(totals[1], money, self._digits.get(money, 2), words))


def _sum(rows: Sequence[Row], place: int) -> int:
    return sum(int(row[place] or 0) for row in rows)


def share_of(rows: Sequence[Row]) -> int | None:
    """Basis points of items whose book was right; None when nothing was looked at."""
    whole = _sum(rows, 3)
    return _sum(rows, 4) * 10_000 // whole if whole else None


def shares_by_day(rows: Sequence[Row]) -> dict[str, int]:
    """The share of each day, in the order of days."""
    days: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        days[str(row[1])].append(row)
    return {day: share for day in sorted(days) if (share := share_of(days[day])) is not None}


def _trend(by_count: dict[str, int], by_tags: dict[str, int], counts: str, tags: str) -> dict[str, object]:
    days = sorted({*by_count, *by_tags})
    series = [
        {
            "type": "line",
            "name": name,
            "data": [shares[day] / 100 if day in shares else None for day in days],
            "connectNulls": True,
            "symbolSize": 6,
            "itemStyle": {"color": colour},
            "lineStyle": {"color": colour, "width": 2},
        }
        for name, shares, colour in ((counts, by_count, INK), (tags, by_tags, "#e0a030"))
        if shares
    ]
    return {
        "animation": False,
        "grid": {"left": 8, "right": 16, "top": 12, "bottom": 32, "containLabel": True},
        "tooltip": {"trigger": "axis", "confine": True},
        "legend": {"bottom": 0, "left": 0, "itemWidth": 10, "itemHeight": 10, "textStyle": {"color": SOFT}},
        "xAxis": {"type": "category", "data": days, "axisLabel": {"color": SOFT, "hideOverlap": True}},
        "yAxis": {
            "type": "value",
            "max": 100,
            "scale": True,
            "splitLine": {"lineStyle": {"color": GRID}},
            "axisLabel": {"color": SOFT, "formatter": "{value} %"},
        },
        "series": series,
    }


def _bars(names: Sequence[str], values: Sequence[float], title: str) -> dict[str, object]:
    return {
        "animation": False,
        "grid": {"left": 8, "right": 16, "top": 8, "bottom": 8, "containLabel": True},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": {"type": "value", "axisLabel": {"color": SOFT}, "splitLine": {"lineStyle": {"color": GRID}}},
        "yAxis": {"type": "category", "data": list(names), "inverse": True, "axisLabel": {"color": SOFT}},
        "series": [{"type": "bar", "name": title, "data": list(values), "itemStyle": {"color": INK}, "barMaxWidth": 22}],
    }
