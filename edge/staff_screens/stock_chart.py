"""An item's stock over the last days as a picture: what was left at the end of each, what came and what went."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from edge.staff_screens import formats
from edge.staff_screens.answers import Day
from edge.staff_screens.words import Words

LEFT, CAME, WENT = "#0d6b63", "#7cc4a3", "#e0a458"
Option = dict[str, object]
"""What ECharts takes; only ever handed on."""


def stock_chart(days: Sequence[Day], words: Words, *, weighed: bool) -> None:
    """Draw it, with a sentence for those who cannot see it."""
    if not days:
        return
    left = formats.amount(days[-1].left_thousandths, words, weighed=weighed)
    chart = ui.echart(option(days, words)).classes("chart")
    chart.props["role"] = "img"
    chart.props["aria-label"] = words.say("Stock of the last {n} days; {left} today", n=len(days), left=left)


def option(days: Sequence[Day], words: Words) -> Option:
    """The chart: bars up for what came, down for what went, a stepped line for what was left."""
    say = words.say

    def series(name: str, kind: str, colour: str, values: list[int], **more: object) -> Option:
        data = [value / formats.THOUSANDTHS for value in values]
        return {"name": name, "type": kind, "data": data, "itemStyle": {"color": colour}, **more}

    return {
        "animation": False,
        "grid": {"left": 4, "right": 8, "top": 34, "bottom": 4, "containLabel": True},
        "legend": {"top": 0, "itemHeight": 10, "textStyle": {"fontSize": 13}},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": [formats.day(day.date, words) for day in days]},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            series(
                say("left"),
                "line",
                LEFT,
                [day.left_thousandths for day in days],
                step="end",
                symbolSize=5,
                lineStyle={"width": 3, "color": LEFT},
            ),
            series(say("came"), "bar", CAME, [day.came_thousandths for day in days], stack="moves"),
            series(say("went"), "bar", WENT, [-day.went_thousandths for day in days], stack="moves"),
        ],
    }
