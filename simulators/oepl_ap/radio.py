"""The radio beside the access point: which label it holds something for, how long, and whom it serves now."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from simulators.oepl_ap.records import Queued


@dataclass(frozen=True, slots=True)
class Slot:
    """Something held for a label, until when (monotonic)."""

    item: Queued
    expires_mono_ms: int


class Radio:
    """Slots with attempts counted down once a minute; `expired` costs only what is due."""

    def __init__(self, slots_max: int, lifetime_ms: int) -> None:
        """`lifetime_ms`: attempts times the minute between two of them."""
        self._slots_max = slots_max
        self._lifetime_ms = lifetime_ms
        self._slots: dict[str, Slot] = {}
        self._due: list[tuple[int, str]] = []
        self.free_mono_ms = 0
        """When the transfer under way is over."""

    def offer(self, mac: str, item: Queued, mono_ms: int) -> bool:
        """Hold an item for a label, with all its attempts again; False (NOQ): every slot is taken by others."""
        if mac not in self._slots and len(self._slots) >= self._slots_max:
            return False
        expires = mono_ms + self._lifetime_ms
        self._slots[mac] = Slot(item, expires)
        heapq.heappush(self._due, (expires, mac))
        return True

    def held_for(self, mac: str) -> Queued | None:
        """What a label gets when it asks."""
        slot = self._slots.get(mac)
        return slot.item if slot is not None else None

    def let_go(self, mac: str) -> None:
        """Nothing is held for a label any more."""
        self._slots.pop(mac, None)

    def clear(self) -> None:
        """Power off."""
        self._slots.clear()
        self._due.clear()
        self.free_mono_ms = 0

    def expired(self, mono_ms: int) -> list[str]:
        """Labels whose attempts are used up; their slots are free again."""
        gone: list[str] = []
        while self._due and self._due[0][0] <= mono_ms:
            expires, mac = heapq.heappop(self._due)
            slot = self._slots.get(mac)
            if slot is not None and slot.expires_mono_ms == expires:
                del self._slots[mac]
                gone.append(mac)
        return gone
