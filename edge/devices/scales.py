"""The newest weight of each scale, what `edge.checkout` sells by, and the way to tell a scale something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from edge.checkout.ports import WeightReading
from protocols.clock import Clock
from protocols.device_events import WeightRead
from protocols.scales.session import Ordered, ScaleOrder


@runtime_checkable
class ScaleLike(Protocol):
    """A driver of a scale. `minimum_grams`: the store does not sell less on it."""

    minimum_grams: int

    @property
    def orders(self) -> frozenset[ScaleOrder]:
        """What the scale can be told."""

    async def order(self, order: ScaleOrder) -> Ordered:
        """See `firmware_bridges.scale.ScaleDriver.order`."""


class ScaleReadings:
    """See `edge.checkout.ports.Scales`."""

    def __init__(self, clock: Clock, driver_of: Callable[[str], object | None] = lambda _device_id: None) -> None:
        """`driver_of`: the driver at work for a device now; settings may change it while the box runs."""
        self._clock = clock
        self._driver_of = driver_of
        self._latest: dict[str, WeightReading] = {}

    def latest(self, device_id: str) -> WeightReading | None:
        """The newest reading; None while the scale has said nothing or is not connected."""
        return self._latest.get(device_id)

    def orders(self, device_id: str) -> frozenset[ScaleOrder]:
        """What the scale can be told."""
        scale = self._scale(device_id)
        return frozenset() if scale is None else scale.orders

    async def order(self, device_id: str, order: ScaleOrder) -> Ordered:
        """Tell the scale; what it showed before no longer holds."""
        scale = self._scale(device_id)
        if scale is None:
            return Ordered.NOT_KNOWN
        ended = await scale.order(order)
        self._latest.pop(device_id, None)
        return ended

    def _scale(self, device_id: str) -> ScaleLike | None:
        driver = self._driver_of(device_id)
        return driver if isinstance(driver, ScaleLike) else None

    def take(self, event: WeightRead) -> bool:
        """A scale answered; True when the answer differs from the one before."""
        before, scale = self._latest.get(event.device_id), self._scale(event.device_id)
        self._latest[event.device_id] = WeightReading(
            state=event.state,
            grams=event.grams,
            net=event.net,
            at_mono_ms=self._clock.monotonic_ms(),
            minimum_grams=0 if scale is None else scale.minimum_grams,
        )
        return before is None or (before.state, before.grams, before.net) != (event.state, event.grams, event.net)

    def forget(self, device_id: str) -> None:
        """The scale is gone: its last weight is nobody's."""
        self._latest.pop(device_id, None)
