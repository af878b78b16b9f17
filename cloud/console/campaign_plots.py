"""Plots of campaigns: how they land over time, and what they would have made of a day. Pure; ECharts options are dicts."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.console.campaign_answers import StoreEffect, Tick
from cloud.console.plots import GRID, INK, SOFT

AMBER = "#e0a030"


def landing_plot(ticks: Sequence[Tick], stores_name: str, labels_name: str, until_ms: int) -> dict[str, object]:
    """Stores that applied it and labels that show it over time, in percent, as steps: nothing is guessed in between."""

    def line(name: str, colour: str, points: list[list[float]]) -> dict[str, object]:
        whole = [*points, [until_ms, points[-1][1]]] if points else []
        return {
            "type": "line",
            "name": name,
            "step": "end",
            "showSymbol": False,
            "data": whole,
            "lineStyle": {"color": colour, "width": 2},
            "itemStyle": {"color": colour},
            "areaStyle": {"color": colour, "opacity": 0.08},
        }

    applied = [[float(tick.at_ms), _percent(tick.applied_count, tick.store_count)] for tick in ticks]
    shown = [[float(tick.at_ms), _percent(tick.shown_count, tick.label_count)] for tick in ticks if tick.label_count]
    return {
        "animation": False,
        "grid": {"left": 48, "right": 16, "top": 30, "bottom": 26},
        "tooltip": {"trigger": "axis", "confine": True},
        "legend": {"top": 0, "left": 0, "itemWidth": 14, "itemHeight": 8, "textStyle": {"color": SOFT}},
        "xAxis": {
            "type": "time",
            "axisLine": {"lineStyle": {"color": "#dfe5e9"}},
            "axisLabel": {"color": SOFT, "hideOverlap": True},
        },
        "yAxis": {
            "type": "value",
            "min": 0,
            "max": 100,
            "splitLine": {"lineStyle": {"color": GRID}},
            "axisLabel": {"color": SOFT, "formatter": "{value} %"},
        },
        "series": [line(stores_name, AMBER, applied), line(labels_name, INK, shown)],
    }


def effect_plot(stores: Sequence[StoreEffect], name: str) -> dict[str, object]:
    """The change of a day's revenue, a bar a store, in units of its currency."""
    bars = [
        {
            "value": (row.after_minor - row.before_minor) / 10**row.minor_digits,
            "itemStyle": {"color": "#1f9d61" if row.after_minor >= row.before_minor else "#c0392b"},
        }
        for row in stores
    ]
    return {
        "animation": False,
        "grid": {"left": 60, "right": 16, "top": 12, "bottom": 30},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": {
            "type": "category",
            "data": [row.name for row in stores],
            "axisLabel": {"color": SOFT, "hideOverlap": True},
        },
        "yAxis": {"type": "value", "splitLine": {"lineStyle": {"color": GRID}}, "axisLabel": {"color": SOFT}},
        "series": [{"type": "bar", "name": name, "data": bars, "barMaxWidth": 34}],
    }


def _percent(part: int, whole: int) -> float:
    return round(part * 100 / whole, 1) if whole else 100.0
