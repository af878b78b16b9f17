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


AskTimes = Callable[[], LabelSettings]
"""Asked each time: dwell and task hours come from the store's setup feed and may change while the box runs."""
