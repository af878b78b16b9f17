"""A reader's own clock against the box's: whatever it shows, reads lie in the box's time."""

from __future__ import annotations

from protocols.device_events import TagRead
from protocols.llrp.reads import TagRecord

CLOCK_WRONG_MS = 60_000
"""A reader whose wall clock is off by more says so in its state; its reads are right all the same."""
UPTIME_BELOW_US = 100_000_000_000_000
"""Smaller numbers are no wall clock but the time since the reader's start."""
CLOCK_STEP_US = 2_000_000
"""A report that seems to be later than this by the reader's clock: the clock was set, or the reader was held up."""


def clock_off(last_seen_us: int | None, now_ms: int) -> int | None:
    """How far a reader's wall clock is fast (above 0) or slow, in milliseconds; None: it has none."""
    if last_seen_us is None or last_seen_us < UPTIME_BELOW_US:
        return None
    return last_seen_us // 1000 - now_ms


def clock_remark(last_seen_us: int | None, now_ms: int) -> str:
    """What is to be said of a reader's wall clock; empty when it is right or there is none."""
    off_ms = clock_off(last_seen_us, now_ms)
    if off_ms is None or abs(off_ms) <= CLOCK_WRONG_MS:
        return ""
    return f"the reader's clock is {'fast' if off_ms > 0 else 'slow'}; what it reads is timed by this box"


class ReaderClock:
    """From a reader's own microseconds to the box's monotonic milliseconds.

    The greeting tells the reader's clock. After that, a report's newest read happened at the latest when the report arrived:
    the smallest difference seen is the best guess, for it holds the least waiting. In live reports one that grows by
    more than `CLOCK_STEP_US` means that the reader's clock was set; in reports held back for us it means just that.
    """

    def __init__(self) -> None:
        self._shift_us: int | None = None

    def set(self, now_us: int, arrived_ms: int) -> None:
        """The reader said what time it has."""
        self._shift_us = arrived_ms * 1000 - now_us

    def normalise(self, records: list[TagRecord], arrived_ms: int, *, live: bool = True) -> tuple[TagRead, ...]:
        """A report's records in the box's time; a record without a time was seen when it arrived."""
        newest_us = max((record.last_seen_us for record in records if record.last_seen_us is not None), default=None)
        if newest_us is not None:
            shift_us = arrived_ms * 1000 - newest_us
            known_us = self._shift_us
            if known_us is None or shift_us < known_us or (live and shift_us - known_us > CLOCK_STEP_US):
                self._shift_us = shift_us
        return tuple(self._read(record, arrived_ms) for record in records)

    def _read(self, record: TagRecord, arrived_ms: int) -> TagRead:
        last_ms = arrived_ms
        if record.last_seen_us is not None and self._shift_us is not None:
            last_ms = min(arrived_ms, (record.last_seen_us + self._shift_us) // 1000)
        first_ms = last_ms
        if record.first_seen_us is not None and record.last_seen_us is not None:
            first_ms = last_ms - max(0, record.last_seen_us - record.first_seen_us) // 1000
        return TagRead(
            record.epc,
            record.epc_bits,
            record.antenna,
            record.rssi_dbm,
            first_ms,
            last_ms,
            record.count,
            record.channel,
            record.rssi_cdbm,
            record.phase,
            record.doppler,
            record.tid,
        )
