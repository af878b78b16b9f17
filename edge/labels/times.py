"""The times of the price rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """Times of the price rule. The defaults are for real tags."""

    dwell_ms: int = 60_000
    settle_ms: int = 60_000
    task_after_ms: int = 4 * 3_600_000
    refresh_ms: int = 0
    """A tag says that it holds an image before its panel has drawn it: how long that may take."""

    @property
    def hold_ms(self) -> int:
        """How long a former price still binds once a later image is confirmed: drawing, then the way to the till."""
        return self.dwell_ms + self.refresh_ms


AskTimes = Callable[[], LabelSettings]
"""Asked each time: dwell and task hours come from the store's setup feed and may change while the box runs."""
