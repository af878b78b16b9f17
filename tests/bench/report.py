"""One JSON line per figure: name, value, unit, what it is compared with and the ratio."""

from __future__ import annotations

import json


def report(name: str, value: float, unit: str, **more: float | str | None) -> None:
    """Print one figure. `peer` names what it is compared with, `ratio` is the comparison."""
    line: dict[str, float | str | None] = {"name": name, "value": round(value, 4), "unit": unit, "peer": None, "ratio": None}
    print(json.dumps({**line, **more}), flush=True)


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]
