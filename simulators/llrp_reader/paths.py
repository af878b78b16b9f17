"""Where tags are at a moment: paths of straight pieces, and what moves along them. Pure, integers of mm and ms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulators.llrp_reader.radio import BESIDE_MM

Point = tuple[int, int, int]
"""(ms since the path began, x mm, y mm)."""


@dataclass(frozen=True, slots=True)
class Path:
    """At least one point, times rising. Before the first and after the last the tag is not there."""

    points: tuple[Point, ...]

    @property
    def takes_ms(self) -> int:
        """How long it lasts."""
        return self.points[-1][0]

    def at(self, since_ms: int) -> tuple[int, int] | None:
        """(x, y) so long after the path began; None: not there."""
        if since_ms < self.points[0][0]:
            return None
        last = self.points[0]
        for point in self.points:
            if since_ms <= point[0]:
                span_ms = point[0] - last[0]
                if span_ms == 0:
                    return point[1], point[2]
                gone_ms = since_ms - last[0]
                return (
                    last[1] + (point[1] - last[1]) * gone_ms // span_ms,
                    last[2] + (point[2] - last[2]) * gone_ms // span_ms,
                )
            last = point
        return None

    def later(self, milliseconds: int) -> Path:
        """The same, begun later."""
        return Path(tuple((at_ms + milliseconds, x_mm, y_mm) for at_ms, x_mm, y_mm in self.points))

    def moved(self, dx_mm: int, dy_mm: int) -> Path:
        """The same, beside it."""
        return Path(tuple((at_ms, x_mm + dx_mm, y_mm + dy_mm) for at_ms, x_mm, y_mm in self.points))


def through(places_mm: Sequence[int], speed_mm_per_s: int, *, y_mm: int = BESIDE_MM, wait_ms: int = 0) -> Path:
    """Walk from one x to the next at one speed, waiting at each turn. Raises ValueError for a speed of 0 or less."""
    if speed_mm_per_s <= 0:
        raise ValueError("a walk needs a speed above 0")
    points: list[Point] = [(0, places_mm[0], y_mm)]
    for number, x_mm in enumerate(places_mm[1:], start=2):
        at_ms, from_mm, _ = points[-1]
        points.append((at_ms + abs(x_mm - from_mm) * 1_000 // speed_mm_per_s, x_mm, y_mm))
        if wait_ms and number < len(places_mm):
            points.append((points[-1][0] + wait_ms, x_mm, y_mm))
    return Path(tuple(points))


def staying(x_mm: int, lasts_ms: int, *, y_mm: int = BESIDE_MM) -> Path:
    """Stand still."""
    return Path(((0, x_mm, y_mm), (lasts_ms, x_mm, y_mm)))
