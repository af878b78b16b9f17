"""What one connection to a reader has to tell of its health, from one telling to the next."""

from __future__ import annotations

from protocols.device_events import ReaderHealth, TagRead
from protocols.llrp.client import ClientSession

UNIQUE_MAX = 50_000
"""Different tags kept between two tellings. Policy when reached: further ones are not counted as different."""


class HealthTally:
    """Counts between two tellings."""

    def __init__(self, device_id: str, now_ms: int) -> None:
        self._device_id = device_id
        self._since_ms = now_ms
        self._reads = 0
        self._unique: set[bytes] = set()
        self._bad_told = 0
        self._warnings = 0
        self.clock_off_ms: int | None = None

    def read(self, reads: tuple[TagRead, ...]) -> None:
        """Tags were reported."""
        self._reads += sum(read.count for read in reads)
        if len(self._unique) < UNIQUE_MAX:
            self._unique.update(read.epc for read in reads)

    def warned(self) -> None:
        """The reader's buffer fills up, or ran over."""
        self._warnings += 1

    def tell(self, session: ClientSession, antennas_missing: int, now_ms: int) -> ReaderHealth:
        """Everything since the last telling, and begin anew."""
        bad = session.bad_messages + session.unreadable_tags
        alive_ms = session.last_keepalive_ms
        told = ReaderHealth(
            device_id=self._device_id,
            over_ms=max(1, now_ms - self._since_ms),
            reads=self._reads,
            unique=len(self._unique),
            bad=bad - self._bad_told,
            buffer_warnings=self._warnings,
            buffer_percent=session.buffer_percent,
            antennas_missing=antennas_missing,
            keepalive_age_ms=None if alive_ms is None else now_ms - alive_ms,
            clock_off_ms=self.clock_off_ms,
        )
        self._since_ms, self._reads, self._bad_told, self._warnings = now_ms, 0, bad, 0
        self._unique.clear()
        return told
