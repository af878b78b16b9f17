"""One label: what its memory holds, what its panel shows, and since when."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from protocols.esl.image import NO_IMAGE_HASH, Planes
from protocols.esl.oepl_leds import LedPattern
from protocols.esl.tag_types import TagType

HISTORY_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Shown:
    """What the panel shows from an instant on (wall clock, the end of the panel's refresh)."""

    since_ms: int
    image_hash: str
    planes: Planes
    planes_digest: str


@dataclass(slots=True)
class Tag:
    """The device on the shelf. It remembers its image across restarts of the access point."""

    mac: str
    kind: TagType
    version: int
    history: deque[Shown] = field(default_factory=lambda: deque(maxlen=HISTORY_KEPT))
    stored_hash: str = NO_IMAGE_HASH
    battery_mv: int = 2_900
    rssi: int = -55
    first_boot: bool = True
    light: LedPattern | None = None
    """What its light did last, and since when (wall clock)."""
    light_since_ms: int = 0
    silent: bool = False
    """Out of reach: battery dead, or carried away."""

    @property
    def shown(self) -> Shown:
        """What a customer reads now."""
        return self.history[-1]

    @property
    def blank(self) -> Planes:
        """An empty panel."""
        return Planes(bytes(self.kind.plane_bytes))

    def show(self, image_hash: str, planes: Planes, now_ms: int) -> None:
        """The panel finished drawing."""
        self.history.append(Shown(now_ms, image_hash, planes, planes.digest()))
