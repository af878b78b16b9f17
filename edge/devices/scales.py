"""The newest weight of each scale, what `edge.checkout` sells by, and the way to tell a scale something."""

from __future__ import annotations

from typing import Protocol

from edge.checkout.ports import WeightReading
from protocols.clock import Clock
from protocols.device_events import WeightRead
from protocols.scales.session import Ordered, ScaleOrder


class Ordering(Protocol):
    """A driver of a scale."""

    @property
    def orders(self) -> frozenset[ScaleOrder]:
        """What the scale can be told."""

    async def order(self, order: ScaleOrder) -> Ordered:
        """See `firmware_bridges.scale.ScaleDriver.order`."""


class ScaleReadings:
    """See `edge.checkout.ports.Scales`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._latest: dict[str, WeightReading] = {}
        self._minimum_grams: dict[str, int] = {}
        self._drivers: dict[str, Ordering] = {}

    def add(self, device_id: str, minimum_grams: int, driver: Ordering) -> None:
        """A scale of the settings."""
        self._minimum_grams[device_id] = minimum_grams
        self._drivers[device_id] = driver

    def latest(self, device_id: str) -> WeightReading | None:
        """The newest reading; None while the scale has said nothing or is not connected."""
        return self._latest.get(device_id)

    def orders(self, device_id: str) -> frozenset[ScaleOrder]:
        """What the scale can be told."""
        driver = self._drivers.get(device_id)
        return frozenset() if driver is None else driver.orders

    async def order(self, device_id: str, order: ScaleOrder) -> Ordered:
        """Tell the scale; what it showed before no longer holds."""
        driver = self._drivers.get(device_id)
        if driver is None:
            return Ordered.NOT_KNOWN
        ended = await driver.order(order)
        self._latest.pop(device_id, None)
        return ended

    def take(self, event: WeightRead) -> bool:
        """A scale answered; True when the answer differs from the one before."""
        before = self._latest.get(event.device_id)
        self._latest[event.device_id] = WeightReading(
            state=event.state,
            grams=event.grams,
            net=event.net,
            at_mono_ms=self._clock.monotonic_ms(),
            minimum_grams=self._minimum_grams.get(event.device_id, 0),
        )
        return before is None or (before.state, before.grams, before.net) != (event.state, event.grams, event.net)

    def forget(self, device_id: str) -> None:
        """The scale is gone: its last weight is nobody's."""
        self._latest.pop(device_id, None)
