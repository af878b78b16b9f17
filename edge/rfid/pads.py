"""The pads of the tills: what lies on each, for the till that asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.rfid.pad import Pad, PadSetup, PadState
from edge.rfid.presence import TagKey
from protocols.clock import Clock
from protocols.device_events import TagsRead
from protocols.gs1.epc import TagIdentity, identify


@dataclass(frozen=True, slots=True)
class TillPad:
    """The pad of a till: antennas of a reader. `auto`: its goods become lines when reading has settled."""

    device_id: str
    setup: PadSetup
    auto: bool = False


@dataclass(frozen=True, slots=True)
class PadReading:
    """What a pad says now, in the order the tags came."""

    state: PadState
    tags: tuple[TagIdentity, ...]
    auto: bool
    full: bool


class Pads:
    """All pads of the store, by till."""

    def __init__(
        self, clock: Clock, pads: Mapping[str, TillPad], on_change: Callable[[str], None] = lambda _till_id: None
    ) -> None:
        """`on_change(till_id)`: what its screen shows has changed."""
        self._clock = clock
        self._settings = dict(pads)
        self._pads = {till_id: Pad(pad.setup) for till_id, pad in pads.items()}
        self._identities: dict[str, dict[TagKey, TagIdentity]] = {till_id: {} for till_id in pads}
        self._on_change = on_change

    def take(self, event: TagsRead) -> None:
        """A reader reported tags."""
        for till_id, pad in self._settings.items():
            if pad.device_id == event.device_id:
                before = len(self._pads[till_id].lying())
                self._pads[till_id].take(event.reads)
                if len(self._pads[till_id].lying()) != before:
                    self._on_change(till_id)

    def step(self) -> None:
        """Time passes."""
        now_ms = self._clock.monotonic_ms()
        for till_id, pad in self._pads.items():
            if pad.advance(now_ms):
                self._on_change(till_id)

    def reading(self, till_id: str) -> PadReading | None:
        """What lies on a till's pad; None: it has none."""
        pad = self._pads.get(till_id)
        if pad is None:
            return None
        known, lying = self._identities[till_id], pad.lying()
        known = self._identities[till_id] = {key: known.get(key) or identify(*key) for key in lying}
        return PadReading(pad.state, tuple(known.values()), self._settings[till_id].auto, pad.full)
