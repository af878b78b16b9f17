"""Real time and real chance for the box: the one place where they enter, with a word on how far the clock can be trusted."""

from __future__ import annotations

import ctypes
import functools
import os
import time

from protocols.contract.values import ClockQuality

PLAUSIBLE_FROM_MS = 1_735_689_600_000
"""2025-01-01: no box of this software sold anything before."""
PLAUSIBLE_UNTIL_MS = PLAUSIBLE_FROM_MS + 25 * 366 * 86_400_000
JUMP_MAX_MS = 400 * 86_400_000
"""A box that was switched off for longer than this must hear the time from somebody."""
HQ_AGREES_WITHIN_MS = 120_000
HQ_WORD_LASTS_MS = 24 * 3_600_000

_STA_UNSYNC = 0x0040
_TIME_ERROR = 5


class _Timex(ctypes.Structure):
    """The beginning of `struct timex` (adjtimex(2)), and room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


class SystemClock:
    """The operating system's clocks.

    SYNCED: the kernel's clock is disciplined, or HQ agreed within the last day. HOLDOVER: one of them held earlier in this
    boot. UNSYNCED: neither, or the date is not plausible. `trust_always` is for machines whose host keeps the time.
    """

    def __init__(self, *, trust_always: bool = False, drill_offset_seconds: int = 0) -> None:
        """`drill_offset_seconds` shifts the wall clock, to rehearse a wrong one."""
        self._trust_always = trust_always and drill_offset_seconds == 0
        self._drilled = drill_offset_seconds != 0
        self._offset_ms = drill_offset_seconds * 1000
        self._last_known_ms: int | None = None
        self._hq_agreed_mono_ms: int | None = None
        self._hq_disagrees = False
        self._was_synced = False

    def now_ms(self) -> int:
        """Wall clock, milliseconds since 1970 UTC."""
        return time.time_ns() // 1_000_000 + self._offset_ms

    def monotonic_ms(self) -> int:
        """Milliseconds since an arbitrary moment of this boot."""
        return time.monotonic_ns() // 1_000_000

    def quality(self) -> ClockQuality:
        """How far `now_ms` can be trusted at this moment."""
        if not self._plausible():
            return ClockQuality.UNSYNCED
        if self._trust_always or self._hq_agrees() or (not self._drilled and kernel_synced()):
            self._was_synced = True
            return ClockQuality.SYNCED
        return ClockQuality.HOLDOVER if self._was_synced else ClockQuality.UNSYNCED

    def remember_last_known(self, trusted_ms: int | None) -> None:
        """The newest instant a former boot trusted: time cannot be before it, nor very long after it, unnoticed."""
        self._last_known_ms = trusted_ms

    def heard_from_hq(self, hq_ms: int) -> None:
        """HQ told its time over an authenticated line."""
        self._hq_disagrees = abs(hq_ms - self.now_ms()) > HQ_AGREES_WITHIN_MS
        self._hq_agreed_mono_ms = None if self._hq_disagrees else self.monotonic_ms()

    def _hq_agrees(self) -> bool:
        agreed = self._hq_agreed_mono_ms
        return agreed is not None and self.monotonic_ms() - agreed < HQ_WORD_LASTS_MS

    def _plausible(self) -> bool:
        now_ms = self.now_ms()
        if self._hq_disagrees or not PLAUSIBLE_FROM_MS <= now_ms <= PLAUSIBLE_UNTIL_MS:
            return False
        if self._last_known_ms is None or self._hq_agrees():
            return True
        return self._last_known_ms - HQ_AGREES_WITHIN_MS <= now_ms <= self._last_known_ms + JUMP_MAX_MS


def kernel_synced() -> bool:
    """Whether the kernel's clock is disciplined (adjtimex(2)); False where that cannot be asked."""
    if not hasattr(_libc(), "adjtimex"):
        return False
    timex = _Timex()
    state = int(_libc().adjtimex(ctypes.byref(timex)))
    return state not in {-1, _TIME_ERROR} and not timex.status & _STA_UNSYNC


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


class SystemRandom:
    """Chance from the operating system."""

    def bytes(self, count: int) -> bytes:
        """Return `count` random bytes."""
        return os.urandom(count)
