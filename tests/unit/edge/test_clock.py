"""How far the box's clock is trusted: by the kernel, by HQ's word, never when the date cannot be."""

import pytest

from edge import clock as clocks
from edge.clock import HQ_AGREES_WITHIN_MS, JUMP_MAX_MS, SystemClock
from protocols.contract.values import ClockQuality

TEN_YEARS_SECONDS = 10 * 366 * 86_400


@pytest.fixture(autouse=True)
def _kernel_unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "kernel_synced", lambda: False)


def test_a_disciplined_kernel_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    assert clock.quality() is ClockQuality.UNSYNCED
    monkeypatch.setattr(clocks, "kernel_synced", lambda: True)
    assert clock.quality() is ClockQuality.SYNCED
    monkeypatch.setattr(clocks, "kernel_synced", lambda: False)
    assert clock.quality() is ClockQuality.HOLDOVER


def test_hq_agreeing_makes_it_trusted_and_disagreeing_takes_trust_away() -> None:
    clock = SystemClock()
    clock.heard_from_hq(clock.now_ms() + HQ_AGREES_WITHIN_MS // 2)
    assert clock.quality() is ClockQuality.SYNCED
    clock.heard_from_hq(clock.now_ms() + 10 * HQ_AGREES_WITHIN_MS)
    assert clock.quality() is ClockQuality.UNSYNCED


@pytest.mark.parametrize("off_seconds", [TEN_YEARS_SECONDS, -TEN_YEARS_SECONDS])
def test_a_clock_ten_years_off_is_not_trusted(off_seconds: int) -> None:
    known_ms = SystemClock().now_ms()
    clock = SystemClock(drill_offset_seconds=off_seconds)
    clock.remember_last_known(known_ms)
    assert clock.quality() is ClockQuality.UNSYNCED
    clock.heard_from_hq(known_ms)
    assert clock.quality() is ClockQuality.UNSYNCED


def test_even_a_disciplined_kernel_is_not_believed_against_all_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "kernel_synced", lambda: True)
    clock = SystemClock()
    clock.remember_last_known(clock.now_ms() + 2 * HQ_AGREES_WITHIN_MS)
    assert clock.quality() is ClockQuality.UNSYNCED, "before the newest instant ever trusted"
    clock.remember_last_known(clock.now_ms() - 2 * JUMP_MAX_MS)
    assert clock.quality() is ClockQuality.UNSYNCED, "long after it"
    clock.heard_from_hq(clock.now_ms())
    assert clock.quality() is ClockQuality.SYNCED, "HQ says so too"


def test_trust_always_is_for_machines_whose_host_keeps_the_time() -> None:
    assert SystemClock(trust_always=True).quality() is ClockQuality.SYNCED
    assert SystemClock(trust_always=True, drill_offset_seconds=60).quality() is ClockQuality.UNSYNCED


def test_the_kernel_can_be_asked() -> None:
    assert clocks.kernel_synced() in {True, False}
