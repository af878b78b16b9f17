"""How loud a tag that somebody looks for is right now: the finder's ear. Pure.

Only tags that are looked for are followed, so that it costs nothing else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from edge.rfid.presence import TagKey
from protocols.device_events import TagRead

SOUGHT_MAX = 200
"""Tags looked for at once. Policy when reached: the one asked for longest ago is no longer followed."""
SOUGHT_FOR_MS = 120_000
RECENT_MS = 1_500
READS_MAX = 50


@dataclass(frozen=True, slots=True)
class HeardNow:
    """The loudest of the last reads of a tag."""

    device_id: str
    antenna: int
    dbm: int
    at_ms: int


class Finder:
    """Tags that people look for."""

    def __init__(self) -> None:
        self._sought: dict[TagKey, tuple[int, deque[HeardNow]]] = {}

    def seek(self, key: TagKey, now_ms: int) -> HeardNow | None:
        """Somebody looks for a tag: what was heard of it lately. Asking again keeps it followed."""
        _, reads = self._sought.pop(key, (0, deque[HeardNow](maxlen=READS_MAX)))
        self._sought[key] = (now_ms, reads)
        while len(self._sought) > SOUGHT_MAX:
            del self._sought[next(iter(self._sought))]
        recent = [read for read in reads if read.at_ms >= now_ms - RECENT_MS]
        return max(recent, key=lambda read: (read.dbm, read.at_ms), default=None)

    def take(self, device_id: str, reads: Iterable[TagRead]) -> None:
        """Reads of any reader."""
        if not self._sought:
            return
        for read in reads:
            sought = self._sought.get((read.epc, read.epc_bits))
            if sought is not None and read.rssi_dbm is not None:
                sought[1].append(HeardNow(device_id, read.antenna, read.rssi_dbm, read.last_seen_ms))

    def step(self, now_ms: int) -> None:
        """Forget what nobody has asked for lately."""
        for key in [key for key, (asked_ms, _) in self._sought.items() if asked_ms < now_ms - SOUGHT_FOR_MS]:
            del self._sought[key]
