"""What makes a store bad, and how bad: one number, so that the database can sort ten thousand stores. Pure.

The weights put causes in order; within a cause, more is worse, but never as bad as the next cause.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

DAY_MS = 86_400_000
OLD_FACT_MS = 5 * 60_000
"""A fact that waits longer than this is worth a look."""
CERTIFICATE_SOON_MS = 30 * DAY_MS
CLOCK_OFF_MS = 120_000
BAD_FROM, ATTENTION_FROM = 10_000, 1

WEIGHTS: Mapping[str, int] = {
    "clone": 800_000,
    "offline": 400_000,
    "certificate_ended": 200_000,
    "alarms": 100_000,
    "waiting": 50_000,
    "devices_down": 20_000,
    "labels_unshown": 8_000,
    "clock": 4_000,
    "devices_degraded": 2_000,
    "certificate_soon": 1_000,
    "behind": 100,
}
"""Parameters of glance.sql."""


@dataclass(frozen=True, slots=True)
class Part:
    """Which stores; None: all within the caller's scope."""

    zone: str | None = None
    region_id: str | None = None


class Level(enum.StrEnum):
    """How soon somebody must look."""

    BAD = "bad"
    ATTENTION = "attention"
    FINE = "fine"
    NEW = "new"
    """Never heard of."""


@dataclass(frozen=True, slots=True)
class StoreGlance:
    """One store with every reason to look at it; instants in milliseconds, None where there is nothing."""

    store_id: str
    name: str
    zone: str
    time_zone: str
    online: bool
    heard_at_ms: int
    offline_since_ms: int | None
    silent: bool
    """Away without a last will: nothing was heard for too long."""
    oldest_waiting_ms: int | None
    """Age of the oldest sale or operational fact HQ does not hold."""
    feeds_behind: int
    feeds_failed: int
    devices: int
    devices_down: int
    devices_degraded: int
    device_names: list[str]
    """Up to five, the worst first."""
    labels_unshown: int
    alarms: list[str]
    """What HQ noticed and nobody has marked as seen."""
    box_alarms: list[str]
    clone_suspected: bool
    clock: str
    clock_ahead_ms: int | None
    certificate_expires_ms: int | None
    software: str
    score: int

    @property
    def level(self) -> Level:
        if self.heard_at_ms == 0 and self.score < ATTENTION_FROM:
            return Level.NEW
        if self.score >= BAD_FROM:
            return Level.BAD
        return Level.ATTENTION if self.score >= ATTENTION_FROM else Level.FINE


@dataclass(frozen=True, slots=True)
class Totals:
    """The chain in figures."""

    stores: int
    online: int
    offline: int
    bad: int
    attention: int
    behind: int
    waiting: int
    oldest_waiting_ms: int | None
    alarms: int
    devices_down: int
    labels_unshown: int


@dataclass(frozen=True, slots=True)
class HourCount:
    """Sales of a store that reached HQ in one hour; `hour_ms` None: there were none at all."""

    store_id: str
    hour_ms: int | None
    sales: int
