"""The event log: one line per event, the same bytes for the same seed. What differs between two runs of a seed is a bug."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import IO

LINES_KEPT = 40


class EventLog:
    """Lines `time who what key=value ...`; a digest over all of them, the newest kept for whoever asks why."""

    def __init__(self, mono_ms: Callable[[], int], *, to: IO[str] | None = None) -> None:
        """`to`: where the lines go as well."""
        self._mono_ms = mono_ms
        self._to = to
        self._hash = hashlib.sha256()
        self._newest: list[str] = []
        self.count = 0

    def note(self, who: str, what: str, **values: str | int | bool | None) -> None:
        """Something happened now. Values in the order given; text must not depend on the machine."""
        ms = self._mono_ms()
        clock = f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
        line = " ".join([clock, who, what, *(f"{key}={value}" for key, value in values.items())]) + "\n"
        self._hash.update(line.encode())
        self.count += 1
        self._newest.append(line)
        if len(self._newest) > LINES_KEPT:
            del self._newest[0]
        if self._to is not None:
            self._to.write(line)

    def digest(self) -> str:
        """SHA-256 of every line so far."""
        return self._hash.hexdigest()

    def newest(self) -> str:
        """The last lines."""
        return "".join(self._newest)
