"""What a value is worth, and when a silent sensor is lost."""

from __future__ import annotations

from protocols.device_events import SensorHealth
from protocols.sensors.presence import Presence
from protocols.sensors.values import ValueWatch

HOUR_MS = 3_600_000


def test_a_meter_that_falls_is_flagged_once_and_goes_on() -> None:
    watch = ValueWatch(rising=True)
    told = [watch.judge("m", "import_kwh", value, "", 0).health for value in (10.0, 10.5, 0.2, 0.3)]
    assert told == [SensorHealth.OK, SensorHealth.OK, SensorHealth.ROLLED_BACK, SensorHealth.OK]


def test_a_value_that_stands_still_for_hours_is_stuck_until_it_moves() -> None:
    watch = ValueWatch(stuck_after_ms=6 * HOUR_MS)
    told = [watch.judge("f", "temperature_celsius", 4.0, "", hour * HOUR_MS).health for hour in range(8)]
    assert told.index(SensorHealth.STUCK) == 6
    assert watch.judge("f", "temperature_celsius", 4.1, "", 8 * HOUR_MS).health is SensorHealth.OK


def test_a_fault_is_never_a_value() -> None:
    watch = ValueWatch(rising=True)
    watch.judge("m", "import_kwh", 10.0, "", 0)
    fault = watch.judge("m", "import_kwh", None, "probe_open", 1)
    assert (fault.value, fault.health, fault.detail) == (None, SensorHealth.FAULT, "probe_open")
    assert watch.judge("m", "import_kwh", 9.0, "", 2).health is SensorHealth.ROLLED_BACK, "the fault is no new base"
    assert watch.judge("m", "import_kwh", None, "implausible", 3).health is SensorHealth.IMPLAUSIBLE


def test_a_sleeper_is_not_missed_before_two_wakes() -> None:
    """A Shelly H&T with `wakeup_period` 600 leaves the broker each time it sleeps: its last will is no news."""
    sleeper = Presence(0, wakes_every_ms=600_000)
    sleeper.told(online=False, mono_ms=1_000)
    assert not sleeper.lost(600_000)
    assert not sleeper.lost(1_200_000)
    assert sleeper.lost(1_200_001)
    sleeper.told(online=True, mono_ms=1_300_000)
    assert sleeper.lost(1_300_000), "a retained word about it is no sign of its own life"
    sleeper.heard(1_300_000)
    assert not sleeper.lost(2_500_000)


def test_one_that_is_always_awake_is_lost_when_its_will_says_so() -> None:
    awake = Presence(0, quiet_after_ms=600_000)
    assert not awake.lost(600_000)
    assert awake.lost(600_001)
    awake.heard(600_001)
    awake.told(online=False, mono_ms=600_002)
    assert awake.lost(600_002)
    awake.told(online=True, mono_ms=600_003)
    assert not awake.lost(600_003)
