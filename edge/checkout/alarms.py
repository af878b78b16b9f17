"""What a person must know now: a board of standing alarms, shown on every till and told to HQ when one is new."""

from __future__ import annotations

from collections.abc import Callable

from protocols.contract.reason import Reason

Listener = Callable[[Reason | None], None]
"""Told a new alarm, or None when one was cleared."""

ALARMS_SHOWN_MAX = 16


class AlarmBoard:
    """Alarms by code; one that stands already is only refreshed."""

    def __init__(self) -> None:
        self._standing: dict[str, Reason] = {}
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call `listener` whenever the board changes."""
        self._listeners.append(listener)

    def raise_alarm(self, alarm: Reason) -> None:
        """Put an alarm up; it stands until cleared."""
        known = self._standing.get(alarm.code)
        self._standing[alarm.code] = alarm
        if known is None:
            self._tell(alarm)

    def clear(self, code: str) -> None:
        """Take an alarm down."""
        if self._standing.pop(code, None) is not None:
            self._tell(None)

    def keep(self, alarm: Reason, *, standing: bool) -> None:
        """Raise or clear by condition."""
        if standing:
            self.raise_alarm(alarm)
        else:
            self.clear(alarm.code)

    def standing(self) -> tuple[Reason, ...]:
        """The alarms that stand, oldest first, at most `ALARMS_SHOWN_MAX`."""
        return tuple(self._standing.values())[:ALARMS_SHOWN_MAX]

    def _tell(self, change: Reason | None) -> None:
        for listener in self._listeners:
            listener(change)
