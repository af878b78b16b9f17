"""The newest weight of each scale: what `edge.checkout` sells by."""

from __future__ import annotations

from edge.checkout.ports import WeightReading
from protocols.clock import Clock
from protocols.device_events import WeightRead


class ScaleReadings:
    """See `edge.checkout.ports.Scales`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._latest: dict[str, WeightReading] = {}

    def latest(self, device_id: str) -> WeightReading | None:
        """The newest reading; None while the scale has said nothing or is not connected."""
        return self._latest.get(device_id)

    def take(self, event: WeightRead) -> bool:
        """A scale answered; True when the answer differs from the one before."""
        before = self._latest.get(event.device_id)
        self._latest[event.device_id] = WeightReading(
            state=event.state, grams=event.grams, net=event.net, at_mono_ms=self._clock.monotonic_ms()
        )
        return before is None or (before.state, before.grams) != (event.state, event.grams)

    def forget(self, device_id: str) -> None:
        """The scale is gone: its last weight is nobody's."""
        self._latest.pop(device_id, None)
