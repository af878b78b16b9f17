"""Labels on a shelf and the access points that hear them: one piece of plastic, one radio record per access point.

A label polls every access point that hears it, as tags on one radio channel do; each access point keeps its own record, its
own count of updates and its own queue. Who hears a label changes when furniture, people or the label move.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from protocols.clock import SeededRandom
from protocols.esl.image import NO_IMAGE_HASH
from protocols.esl.oepl_records import WAKEUP_FIRST_BOOT
from protocols.esl.tag_types import TAG_TYPES
from simulators.oepl_ap.access_point import AccessPoint
from simulators.oepl_ap.settings import FAITHFUL, ApSettings
from simulators.oepl_ap.tag import HISTORY_KEPT, Shown, Tag
from simulators.replay.devices import MemoryAccessPoint
from simulators.replay.loop import VirtualClock


@dataclass(slots=True)
class Plastic:
    """The label itself."""

    mac: str
    hardware_type: int
    version: int
    stored_hash: str = NO_IMAGE_HASH
    wakeup_reason: int = WAKEUP_FIRST_BOOT
    history: deque[Shown] = field(default_factory=lambda: deque(maxlen=HISTORY_KEPT))


TRAPS = replace(FAITHFUL, lost_labels_sleep=False)
"""All, but one. A label sleeps for an hour when no access point answers it, and here each access point hears for itself."""


class HeardTag(Tag):
    """A label as one access point hears it: memory and panel are the plastic's, the radio path is its own."""

    def __init__(self, plastic: Plastic, rssi: int, *, heard: bool) -> None:
        self._plastic = plastic
        super().__init__(
            plastic.mac, TAG_TYPES[plastic.hardware_type], plastic.version, history=plastic.history, rssi=rssi,
            silent=not heard, stored_hash=plastic.stored_hash, wakeup_reason=plastic.wakeup_reason,
        )  # fmt: skip

    @property  # type: ignore[override]
    def stored_hash(self) -> str:
        return self._plastic.stored_hash

    @stored_hash.setter
    def stored_hash(self, value: str) -> None:
        self._plastic.stored_hash = value

    @property  # type: ignore[override]
    def wakeup_reason(self) -> int:
        return self._plastic.wakeup_reason

    @wakeup_reason.setter
    def wakeup_reason(self, value: int) -> None:
        self._plastic.wakeup_reason = value


class Air:
    """All labels, all access points, and who hears whom (RSSI in dBm)."""

    def __init__(self, clock: VirtualClock, points: dict[str, ApSettings], seed: int) -> None:
        self.points = {
            name: MemoryAccessPoint(clock, SeededRandom(seed * 100 + number), settings)
            for number, (name, settings) in enumerate(points.items())
        }
        self.labels: dict[str, Plastic] = {}
        self.mishaps = 0
        """Acknowledgements lost or doubled, transfers failed, check-ins missed, answers lost: those that really happened."""
        for point in self.points.values():
            self._count_mishaps(point.point)

    def _count_mishaps(self, point: AccessPoint) -> None:
        draw = point.state.lucky

        def counted(percent: int) -> bool:
            happened = draw(percent)
            self.mishaps += happened
            return happened

        point.state.lucky = counted  # type: ignore[method-assign]

    def put(self, label: Plastic, heard_by: dict[str, int]) -> None:
        """Hang a label up. Only the access points named can ever hear it. Before the access points are switched on."""
        self.labels[label.mac] = label
        for name, rssi in heard_by.items():
            self.points[name].point.tags[label.mac] = HeardTag(label, rssi, heard=True)

    def hearers(self, mac: str) -> list[str]:
        """Access points that could hear a label."""
        return [name for name, point in self.points.items() if mac in point.point.tags]

    def set_heard(self, mac: str, by: dict[str, int]) -> None:
        """From now on exactly these hear it."""
        for name in self.hearers(mac):
            tag = self.points[name].point.tags[mac]
            tag.silent = name not in by
            tag.rssi = by.get(name, tag.rssi)

    def pull_battery(self, mac: str) -> None:
        """The label forgets what it holds and boots; its panel keeps the picture, as e-paper does."""
        plastic = self.labels[mac]
        plastic.stored_hash, plastic.wakeup_reason = NO_IMAGE_HASH, WAKEUP_FIRST_BOOT
