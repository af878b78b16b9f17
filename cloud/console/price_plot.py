"""The plot of a price over time: a stair, promotions in their own colour, what is only planned behind a line. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.console.plots import GRID, INK, SOFT
from cloud.console.price_answers import Step, Timeline

PROMOTION = "#c2571a"


def price_plot(found: Timeline, now_ms: int, *, name: str, now: str) -> dict[str, object]:
    """ECharts options. Prices in whole units of the currency; a stretch without a price is a gap."""
    scale = 10**found.minor_digits
    return {
        "animation": False,
        "grid": {"left": 56, "right": 16, "top": 22, "bottom": 26},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": {
            "type": "time",
            "axisLine": {"lineStyle": {"color": "#dfe5e9"}},
            "axisLabel": {"color": SOFT, "hideOverlap": True},
            "min": found.steps[0].from_ms,
            "max": found.steps[-1].to_ms,
        },
        "yAxis": {"type": "value", "scale": True, "splitLine": {"lineStyle": {"color": GRID}}, "axisLabel": {"color": SOFT}},
        "series": [
            {
                "type": "line",
                "name": name,
                "showSymbol": False,
                "connectNulls": False,
                "data": stair(found.steps, scale),
                "lineStyle": {"color": INK, "width": 2},
                "itemStyle": {"color": INK},
                "areaStyle": {"color": INK, "opacity": 0.06},
                "markLine": {
                    "silent": True,
                    "symbol": "none",
                    "label": {"formatter": now, "color": SOFT},
                    "lineStyle": {"color": SOFT, "type": "dashed"},
                    "data": [{"xAxis": now_ms}],
                },
                "markArea": {
                    "silent": True,
                    "itemStyle": {"color": PROMOTION, "opacity": 0.12},
                    "data": [[{"xAxis": step.from_ms}, {"xAxis": step.to_ms}] for step in found.steps if _reduced(step)],
                },
            }
        ],
    }


def _reduced(step: Step) -> bool:
    return step.price_kind not in (None, "regular")


def stair(steps: Sequence[Step], scale: int) -> list[list[float | int | None]]:
    """(instant, price) corners: each stretch at its begin and its end."""
    points: list[list[float | int | None]] = []
    for step in steps:
        price = None if step.price_minor is None else step.price_minor / scale
        points += [[step.from_ms, price], [step.to_ms, price]]
    return points
