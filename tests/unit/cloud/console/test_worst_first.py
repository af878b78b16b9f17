"""What needs a person stands on top of the stores page."""

from msgspec import structs

from cloud.console.answers import HqAlarm, Store, StoreFeed
from cloud.console.stores_page import OLD_FACT_MS, badness

FEED = StoreFeed(feed_id="zone/north/price", desired_version=5, applied_version=5, in_step=True, behind=0, status="ok")
FINE = Store(
    store_id="S001", name="Fine", zone="north", time_zone="UTC", online=True, online_changed_at_ms=1, heard_at_ms=1,
    oldest_unacked_age_ms=None, in_step=True, feeds=(FEED,), streams=(), incarnation=1, software="1", clock="synced",
    clock_ahead_ms=0, certificate_expires_ms=None, store_alarms=(), alarms=(), clone_suspected=False,
)  # fmt: skip
ALARM = HqAlarm(alarm_id=1, code="facts_lost", detail="", raised_at_ms=1)
CLONE = structs.replace(FINE, name="Clone", clone_suspected=True)
ALARMED = structs.replace(FINE, name="Alarmed", alarms=(ALARM,))
OFFLINE = structs.replace(FINE, name="Offline", online=False)
HOLDING = structs.replace(FINE, name="Holding", oldest_unacked_age_ms=3 * OLD_FACT_MS)
BEHIND = structs.replace(FINE, name="Behind", in_step=False, feeds=(structs.replace(FEED, in_step=False, behind=2),))
NEVER_SEEN = structs.replace(FINE, name="Never seen", online=False, heard_at_ms=0, feeds=BEHIND.feeds)


def test_the_worst_store_comes_first() -> None:
    ordered = sorted([FINE, NEVER_SEEN, BEHIND, HOLDING, OFFLINE, ALARMED, CLONE], key=badness)
    assert [store.name for store in ordered] == ["Clone", "Alarmed", "Offline", "Holding", "Behind", "Fine", "Never seen"]


def test_a_fact_that_waits_a_moment_moves_nothing() -> None:
    waiting = structs.replace(FINE, oldest_unacked_age_ms=2_000)
    assert badness(waiting) == badness(FINE)
