"""One label: what its memory holds, what its panel shows, and since when."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import cache

from protocols.esl.image import NO_IMAGE_HASH, Planes
from protocols.esl.oepl_leds import LedPattern
from protocols.esl.tag_types import TagType

HISTORY_KEPT = 1_000
PATIENCE = 14
"""Check-ins without an answer after which a label looks for its access point seldom."""
HOURLY, TWO_HOURLY = 24, 12


@dataclass(frozen=True, slots=True)
class Shown:
    """What the panel showed from an instant on (wall clock, the end of the panel's refresh)."""

    since_ms: int
    image_hash: str
    planes_digest: str


@dataclass(slots=True)
class Tag:
    """The device on the shelf. It remembers its image across restarts of the access point."""

    mac: str
    kind: TagType
    version: int
    history: deque[Shown] = field(default_factory=lambda: deque(maxlen=HISTORY_KEPT))
    planes: Planes = field(init=False)
    """On the panel now."""
    stored_hash: str = NO_IMAGE_HASH
    battery_mv: int = 2_900
    rssi: int = -55
    lqi: int = 200
    wakeup_reason: int = 0
    """Told at the next check-in, then 0."""
    light: LedPattern | None = None
    """What its light did last, and since when (wall clock)."""
    light_since_ms: int = 0
    silent: bool = False
    """Out of reach: battery dead, or carried away."""
    misses: int = 0
    """Check-ins without an answer since the last one that had one."""
    visit: int = 0
    """Which of its planned check-ins counts; the others are void."""

    def __post_init__(self) -> None:
        self.planes = blank(self.kind)

    @property
    def shown(self) -> Shown:
        """What a customer reads now."""
        return self.history[-1]

    @property
    def blank(self) -> Planes:
        """An empty panel."""
        return blank(self.kind)

    def show(self, image_hash: str, planes: Planes, now_ms: int) -> None:
        """The panel finished drawing."""
        self.planes = planes
        self.history.append(Shown(now_ms, image_hash, digest_of(planes)))

    def lost_wait(self, check_in_ms: int) -> int:
        """How long it sleeps after a check-in without an answer."""
        hour = 90 * check_in_ms  # 40 s is the ordinary rhythm of the real tag
        seldom = self.misses - PATIENCE
        if seldom <= 0:
            return check_in_ms
        if seldom <= HOURLY:
            return hour
        return 2 * hour if seldom <= HOURLY + TWO_HOURLY else 24 * hour


@cache
def blank(kind: TagType) -> Planes:
    """An empty panel; one object for all labels of a kind."""
    return Planes(bytes(kind.plane_bytes))


_digests: dict[int, tuple[Planes, str]] = {}
_DIGESTS_KEPT = 512


def digest_of(planes: Planes) -> str:
    """`planes.digest()`, once per object: the same picture is drawn by many labels."""
    known = _digests.get(id(planes))
    if known is not None and known[0] is planes:
        return known[1]
    if len(_digests) >= _DIGESTS_KEPT:
        _digests.clear()
    digest = planes.digest()
    _digests[id(planes)] = (planes, digest)
    return digest
