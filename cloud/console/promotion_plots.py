"""Plots of promotions: which run when, and what a day would have been with another one. Pure; ECharts options are dicts."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.console.plots import GRID, INK, SOFT
from cloud.console.promotion_answers import Listed, Sums

DAY_MS = 86_400_000
DAY_NAME = "value => new Date(value + %d).toLocaleDateString(undefined, {day: 'numeric', month: 'short'})"
BEFORE_MS, AFTER_MS = 7 * DAY_MS, 30 * DAY_MS
LIVE, WAITING, DRAFT, OVER = INK, "#2f7ed8", "#c6d0d6", "#a9b6bd"


def colour_of(row: Listed, now_ms: int) -> str:
    """In stores and in force, in stores and to come, over, or not in stores."""
    if row.ends_ms is not None and row.ends_ms <= now_ms:
        return OVER
    if not row.placed:
        return DRAFT
    return LIVE if min(each.starts_ms for each in row.placed) <= now_ms else WAITING


def timeline_plot(rows: Sequence[Listed], language: str, now_ms: int, today: str) -> dict[str, object]:
    """A bar a promotion, from its start to its end, a week back to a month ahead."""
    first, last = now_ms - BEFORE_MS, now_ms + AFTER_MS
    shown = [row for row in rows if row.starts_ms < last and (row.ends_ms is None or row.ends_ms > first)]
    shown.sort(key=lambda row: (row.starts_ms, row.promotion_id), reverse=True)
    starts = [max(row.starts_ms, first) for row in shown]
    spans = [
        {
            "value": min(row.ends_ms or last, last) - start,
            "itemStyle": {"color": colour_of(row, now_ms), "borderRadius": [4, 0 if row.ends_ms is None else 4] * 2},
        }
        for row, start in zip(shown, starts, strict=True)
    ]
    hidden = {"itemStyle": {"color": "transparent"}, "emphasis": {"disabled": True}, "silent": True}
    line = {
        "silent": True,
        "symbol": "none",
        "label": {"formatter": today, "color": SOFT},
        "data": [{"xAxis": now_ms - first}],
    }
    return {
        "animation": False,
        "grid": {"left": 190, "right": 20, "top": 22, "bottom": 26},
        "xAxis": {
            "type": "value",
            "min": 0,
            "max": last - first,
            "interval": 7 * DAY_MS,
            "axisLabel": {"color": SOFT, ":formatter": DAY_NAME % first},
            "splitLine": {"lineStyle": {"color": GRID}},
        },
        "yAxis": {
            "type": "category",
            "data": [row.title(language) for row in shown],
            "axisLabel": {"color": SOFT, "width": 170, "overflow": "truncate"},
            "axisTick": {"show": False},
        },
        "series": [
            {"type": "bar", "stack": "all", "data": [start - first for start in starts], **hidden, "markLine": line},
            {"type": "bar", "stack": "all", "data": spans, "barMaxWidth": 16},
        ],
    }


def what_if_plot(stores: Sequence[Sums], names: dict[str, str], digits: int, words: tuple[str, str]) -> dict[str, object]:
    """Revenue with what is live and with the draft, two bars a store, in units of the currency."""

    def bars(name: str, colour: str, values: list[float]) -> dict[str, object]:
        return {"type": "bar", "name": name, "data": values, "itemStyle": {"color": colour}, "barMaxWidth": 34}

    unit = 10**digits
    return {
        "animation": False,
        "grid": {"left": 64, "right": 16, "top": 30, "bottom": 30},
        "tooltip": {"trigger": "axis", "confine": True},
        "legend": {"top": 0, "left": 0, "itemWidth": 14, "itemHeight": 8, "textStyle": {"color": SOFT}},
        "xAxis": {
            "type": "category",
            "data": [names.get(row.store_id, row.store_id) for row in stores],
            "axisLabel": {"color": SOFT, "hideOverlap": True},
        },
        "yAxis": {"type": "value", "splitLine": {"lineStyle": {"color": GRID}}, "axisLabel": {"color": SOFT}},
        "series": [
            bars(words[0], "#9cc7c1", [row.live_minor / unit for row in stores]),
            bars(words[1], INK, [row.draft_minor / unit for row in stores]),
        ],
    }
