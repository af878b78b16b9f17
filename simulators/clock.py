"""Real time and real chance for simulators: the one place where they enter."""

from __future__ import annotations

import os
import time

from protocols.contract.values import ClockQuality


class SystemClock:
    """The host's clocks; a simulator trusts its host."""

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
    """Chance from the operating system. Runs that must replay take `protocols.clock.SeededRandom` instead."""

    def bytes(self, count: int) -> bytes:
        """Return `count` random bytes."""
        return os.urandom(count)
