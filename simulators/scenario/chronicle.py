"""What happened in a run, in order: lines for the log that is compared byte for byte, events for the timeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

import msgspec

from simulators.replay.log import EventLog

EVENTS_MAX = 50_000
"""Kept for the timeline; the log goes on when there are more."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something happened at `at_ms` since the run began, in a `lane` (a device, a till, the box, the scenario).

    `sort`: `step`, `device`, `fault`, `box`, `refused`, `broken`, `ok`.
    """

    at_ms: int
    lane: str
    sort: str
    what: str
    words: str = ""


class Chronicle:
    """One run. `events` are the oldest `EVENTS_MAX`; `left_off` counts the others."""

    def __init__(self, now_ms: Callable[[], int], *, to: IO[str] | None = None) -> None:
        """`now_ms`: any clock that does not go back; `to`: where log lines go as well."""
        self._began_ms = now_ms()
        self._now_ms = now_ms
        self.log = EventLog(self.elapsed_ms, to=to)
        self.events: list[Event] = []
        self.left_off = 0

    def elapsed_ms(self) -> int:
        """Since the run began."""
        return self._now_ms() - self._began_ms

    def note(self, lane: str, sort: str, what: str, **values: str | int | bool | None) -> None:
        """Something happened now. Values must not depend on the machine in a replayed run."""
        self.log.note(lane, what, **values)
        words = " ".join(f"{key}={value}" for key, value in values.items())
        if len(self.events) < EVENTS_MAX:
            self.events.append(Event(at_ms=self.elapsed_ms(), lane=lane, sort=sort, what=what, words=words))
        else:
            self.left_off += 1
