"""True time, and the box's own clock: it steps, loses its trust, and begins anew at each boot."""

from __future__ import annotations

from protocols.contract.values import ClockQuality
from simulators.replay.loop import VirtualClock


class BoxClock:
    """`protocols.clock.Clock` of one box. The wall clock may be wrong, the monotonic one counts from an arbitrary moment."""

    def __init__(self, true: VirtualClock) -> None:
        self._true = true
        self._boot_offset_ms = 0
        self.wrong_by_ms = 0
        self.trust = ClockQuality.SYNCED

    def booted(self, offset_ms: int) -> None:
        """A new boot: monotonic time has nothing to do with the former boot's."""
        self._boot_offset_ms = offset_ms - self._true.monotonic_ms()

    def now_ms(self) -> int:
        """Wall clock."""
        return self._true.now_ms() + self.wrong_by_ms

    def monotonic_ms(self) -> int:
        """Of this boot."""
        return self._true.monotonic_ms() + self._boot_offset_ms

    def quality(self) -> ClockQuality:
        """As told by the schedule."""
        return self.trust
