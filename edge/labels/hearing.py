"""Which access points hear which label, how well and how lately. In memory: it is learnt anew within minutes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from protocols.clock import Clock
from protocols.device_events import LabelSeen

HEARERS_MAX = 8
"""Access points remembered per label. Policy when reached: the one that heard it longest ago is forgotten."""
LABELS_MAX = 40_000
"""Labels remembered. Policy when reached: further unknown ones are not remembered (they can still be bound by their id)."""
AGE_MAX_MS = 86_400_000
LOST_BEHIND_MS = 180_000
"""A label is followed to another access point when that one heard it so much later than its own."""
WEAK_DBM = -88
"""Below that an access point is no help to another one."""
FRESH_MS = 300_000


@dataclass(frozen=True, slots=True)
class Heard:
    """A label as one access point told of it last."""

    access_point: str
    last_seen_ms: int
    """When the label spoke last, by the access point's clock."""
    heard_mono_ms: int
    """The same instant by the box's monotonic clock, at most one report too late."""
    battery_mv: int
    hardware_type: int
    rssi_dbm: int | None
    told_mono_ms: int
    """When the access point told of it last, whether or not the label had spoken since."""
    image_hash: str
    """What it holds by that word."""


class Hearing:
    """See the module."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began_mono_ms = clock.monotonic_ms()
        self._heard: dict[str, dict[str, Heard]] = {}

    def note(self, event: LabelSeen) -> bool:
        """Remember a report. True when the label has spoken since the former one."""
        by = self._heard.get(event.label_id)
        if by is None:
            if len(self._heard) >= LABELS_MAX:
                return False
            by = self._heard[event.label_id] = {}
        before, mono_ms = by.get(event.device_id), self._clock.monotonic_ms()
        spoke = before is not None and event.last_seen_ms != before.last_seen_ms
        if before is None:
            age_ms = min(max(0, self._clock.now_ms() - event.last_seen_ms), AGE_MAX_MS)
            heard_mono_ms = mono_ms - age_ms
        else:
            heard_mono_ms = mono_ms if spoke else before.heard_mono_ms
        by[event.device_id] = Heard(
            event.device_id,
            event.last_seen_ms,
            heard_mono_ms,
            event.battery_mv,
            event.hardware_type,
            event.rssi_dbm,
            told_mono_ms=mono_ms,
            image_hash=event.image_hash,
        )
        if len(by) > HEARERS_MAX:
            del by[min(by, key=lambda name: by[name].heard_mono_ms)]
        return spoke

    def labels(self) -> Collection[str]:
        """Every label any access point told of."""
        return self._heard.keys()

    def by(self, label_id: str) -> Mapping[str, Heard]:
        """Who hears a label, by access point."""
        return self._heard.get(label_id, {})

    def newest(self, label_id: str) -> Heard | None:
        """Who heard it last."""
        return max(self.by(label_id).values(), key=lambda heard: heard.heard_mono_ms, default=None)

    def followed(self, label_id: str, home: str, lanes: Collection[str]) -> str:
        """Where to reach a label: its own access point, unless that one has lost it and another one hears it.

        Of its own one nothing is known just after a start: it may have to start, too."""
        by = {name: heard for name, heard in self.by(label_id).items() if name in lanes}
        best = max(by.values(), key=lambda heard: heard.heard_mono_ms, default=None)
        if best is None or best.access_point == home:
            return home
        own = by.get(home)
        own_mono_ms = self._began_mono_ms if own is None else own.heard_mono_ms
        lost = best.heard_mono_ms - own_mono_ms > LOST_BEHIND_MS
        return best.access_point if lost or home not in lanes else home

    def hears_well(self, access_point: str, label_id: str) -> bool:
        """Whether an access point could serve a label now."""
        heard = self.by(label_id).get(access_point)
        if heard is None or self._clock.monotonic_ms() - heard.heard_mono_ms > FRESH_MS:
            return False
        return heard.rssi_dbm is None or heard.rssi_dbm >= WEAK_DBM
