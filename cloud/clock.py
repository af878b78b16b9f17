"""Real time and real chance for headquarters: the one place in `cloud` where they enter."""

from __future__ import annotations

import os
import time

from protocols.clock import IdSource
from protocols.contract.values import ClockQuality


class SystemClock:
    """The operating system's clocks. HQ runs on servers whose hosts keep the time, so it counts as synchronised."""

    def now_ms(self) -> int:
        """Wall clock, milliseconds since 1970 UTC."""
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        """Milliseconds since an arbitrary moment of this boot."""
        return time.monotonic_ns() // 1_000_000

    def quality(self) -> ClockQuality:
        """Always SYNCED."""
        return ClockQuality.SYNCED


class SystemRandom:
    """The operating system's randomness, good for keys and tokens."""

    def bytes(self, count: int) -> bytes:
        """`count` random bytes."""
        return os.urandom(count)


def id_source() -> IdSource:
    """UUIDv7 from the system's clock and randomness."""
    return IdSource(SystemClock(), SystemRandom())
