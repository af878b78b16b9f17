"""Plots: a row's sparkline as SVG, the chain's health as one bar, a series of telemetry. Pure; ECharts options are dicts."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.console.glance_answers import SeriesAnswer

WIDTH, HEIGHT = 132, 30
INK, SOFT, GRID = "#0d6b63", "#5a6b76", "#edf1f3"
TONES = {"bad": "#c0392b", "attention": "#e0a030", "fine": "#1f9d61", "new": "#b9c6cd"}
GAP_STEPS = 1.5


def sparkline(values: Sequence[int], label: str) -> str:
    """A small bar plot. `label` is plain text of ours; values are numbers, so nothing in it needs escaping."""
    most = max(values, default=0)
    step = WIDTH / max(1, len(values))
    bars = []
    for place, value in enumerate(values):
        height = 0.0 if most == 0 else value / most * (HEIGHT - 4)
        top = HEIGHT - 1 - height
        colour = "#9cc7c1" if place == len(values) - 1 else INK
        if value:
            bars.append(
                f'<rect x="{place * step + 0.6:.1f}" y="{top:.1f}" width="{step - 1.2:.1f}" height="{height:.1f}"'
                f' rx="1" fill="{colour}"/>'
            )
    base = f'<line x1="0" y1="{HEIGHT - 0.5}" x2="{WIDTH}" y2="{HEIGHT - 0.5}" stroke="#dfe5e9"/>'
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}" preserveAspectRatio="none">'
        f"{base}{''.join(bars)}</svg>"
    )


def health_bar(counts: Sequence[tuple[str, str, int]]) -> dict[str, object]:
    """One stacked bar of (level, words, stores)."""
    shown = [row for row in counts if row[2]]
    series = [
        {
            "type": "bar",
            "stack": "all",
            "name": words,
            "data": [count],
            "barWidth": 18,
            "itemStyle": {"color": TONES[level], "borderRadius": _ends(place, len(shown))},
        }
        for place, (level, words, count) in enumerate(shown)
    ]
    return {
        "animation": False,
        "grid": {"left": 2, "right": 2, "top": 2, "bottom": 28},
        "tooltip": {"trigger": "item", "confine": True},
        "legend": {"bottom": 0, "left": 0, "itemWidth": 10, "itemHeight": 10, "textStyle": {"color": SOFT}},
        "xAxis": {"type": "value", "show": False, "max": sum(row[2] for row in counts) or 1},
        "yAxis": {"type": "category", "data": [""], "show": False},
        "series": series,
    }


def _ends(place: int, count: int) -> list[int]:
    left, right = (5 if place == 0 else 0), (5 if place == count - 1 else 0)
    return [left, right, right, left]


def line_plot(answer: SeriesAnswer, *, name: str, range_name: str) -> dict[str, object]:
    """A series over time: bars of a counter, or a gauge's average between its lowest and highest. Gaps stay gaps."""
    common: dict[str, object] = {
        "animation": False,
        "grid": {"left": 56, "right": 12, "top": 14, "bottom": 26},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": {
            "type": "time",
            "axisLine": {"lineStyle": {"color": "#dfe5e9"}},
            "axisLabel": {"color": SOFT, "hideOverlap": True},
        },
        "yAxis": {"type": "value", "scale": True, "splitLine": {"lineStyle": {"color": GRID}}, "axisLabel": {"color": SOFT}},
    }
    if answer.name.kind == "counter":
        bars = [[point.at_ms, point.total] for point in answer.points]
        series = [{"type": "bar", "name": name, "data": bars, "itemStyle": {"color": INK}, "barMaxWidth": 10}]
        return {**common, "yAxis": {**dict(common["yAxis"]), "scale": False}, "series": series}  # type: ignore[call-overload]
    low, spread, middle = _with_gaps(answer)
    plain = {"type": "line", "showSymbol": len(middle) < 3, "connectNulls": False}
    hidden = {"lineStyle": {"opacity": 0}, "stack": "range", "silent": True, "tooltip": {"show": False}, "showSymbol": False}
    return {
        **common,
        "series": [
            {**plain, **hidden, "name": "", "data": low},
            {**plain, **hidden, "name": range_name, "data": spread, "areaStyle": {"color": INK, "opacity": 0.14}},
            {**plain, "name": name, "data": middle, "lineStyle": {"color": INK, "width": 2}, "itemStyle": {"color": INK}},
        ],
    }


Line = list[list[float | int | None]]


def _with_gaps(answer: SeriesAnswer) -> tuple[Line, Line, Line]:
    """Lowest, highest minus lowest, and average; a point without a value where buckets are missing."""
    low: Line = []
    spread: Line = []
    middle: Line = []
    before: int | None = None
    for point in answer.points:
        if before is not None and point.at_ms - before > answer.step_ms * GAP_STEPS:
            for line in (low, spread, middle):
                line.append([before + answer.step_ms, None])
        low.append([point.at_ms, point.low])
        spread.append([point.at_ms, point.high - point.low])
        middle.append([point.at_ms, round(point.total / point.n, 3)])
        before = point.at_ms
    return low, spread, middle
