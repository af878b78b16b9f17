"""What a reader hears while somebody works at it with tags in hand: the encoding table. Pure; costs nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from edge.rfid.presence import TagKey
from protocols.device_events import TagRead

LISTENED_FOR_MS = 10_000
"""Nobody asked for so long: the reader is no longer listened to."""
HERE_MS = 2_000
"""A tag unread for so long was taken away."""
TAGS_MAX = 2_000
"""Tags of one reader. Policy when reached: further ones are left out until others are taken away."""
READERS_MAX = 32


@dataclass(slots=True)
class _Ear:
    asked_ms: int
    tags: dict[TagKey, tuple[int, int]] = field(default_factory=dict)
    """Tag -> (when, how loud) it was read last."""


class TagBench:
    """Readers that are listened to."""

    def __init__(self) -> None:
        self._ears: dict[str, _Ear] = {}

    def listen(self, device_id: str, now_ms: int) -> list[TagKey]:
        """The tags a reader hears now, the loudest first. The first question begins to listen, so it is answered empty."""
        for name in [name for name, ear in self._ears.items() if ear.asked_ms < now_ms - LISTENED_FOR_MS]:
            del self._ears[name]
        if device_id not in self._ears and len(self._ears) >= READERS_MAX:
            return []
        ear = self._ears.setdefault(device_id, _Ear(now_ms))
        ear.asked_ms = now_ms
        for key in [key for key, (at_ms, _) in ear.tags.items() if at_ms < now_ms - HERE_MS]:
            del ear.tags[key]
        return sorted(ear.tags, key=lambda key: (-ear.tags[key][1], key))

    def take(self, device_id: str, reads: Iterable[TagRead], now_ms: int) -> None:
        """Reads of any reader."""
        ear = self._ears.get(device_id)
        if ear is None:
            return
        for read in reads:
            key = (read.epc, read.epc_bits)
            if key in ear.tags or len(ear.tags) < TAGS_MAX:
                ear.tags[key] = (now_ms, -999 if read.rssi_dbm is None else read.rssi_dbm)
