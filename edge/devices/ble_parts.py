"""Bluetooth shelf labels as the label service sees them: the gateway to one access point, and its driver."""

from __future__ import annotations

from edge.labels.lane import Delivery, LabelOrder
from edge.settings import BleEslSettings
from firmware_bridges.ble_esl import BleEslAccessPoint, BleSetup
from firmware_bridges.links import OpenPort
from protocols.ble_esl.train import Train
from protocols.clock import Clock, RandomSource

_DELIVERIES = {
    "queued": Delivery.QUEUED,
    "refused": Delivery.REFUSED,
    "unknown_label": Delivery.UNKNOWN_LABEL,
}


class BleGateway:
    """See `LabelGateway`, `edge.labels.lights.LabelLights` and `edge.labels.instants.LabelInstants`."""

    def __init__(self, access_point: BleEslAccessPoint) -> None:
        self._access_point = access_point

    async def ready(self) -> None:
        """Wait until the controller runs the train."""
        await self._access_point.ready()

    async def deliver(self, order: LabelOrder) -> Delivery:
        """Store one image in the label and have it shown."""
        return _DELIVERIES[await self._access_point.upload(order.label_id, order.picture, order.image_hash)]

    async def deliver_at(self, order: LabelOrder, show_at_ms: int) -> Delivery:
        """See `edge.labels.instants.LabelInstants`."""
        outcome = await self._access_point.upload(order.label_id, order.picture, order.image_hash, show_at_ms)
        return _DELIVERIES[outcome]

    async def withdraw(self, label_id: str) -> Delivery:
        """Forget what was ordered for a label; a flip that waits in it is cancelled."""
        return _DELIVERIES[self._access_point.withdraw(label_id)]

    async def flash(self, label_id: str, colour: str, seconds: int) -> Delivery:
        """See `edge.labels.lights.LabelLights`."""
        return _DELIVERIES[await self._access_point.flash(label_id, colour, seconds)]

    async def wipe(self, label_id: str) -> Delivery:
        """See `edge.labels.lights.LabelLights`."""
        return _DELIVERIES[await self._access_point.wipe(label_id)]


def ble_access_point(device: BleEslSettings, clock: Clock, rng: RandomSource, open_link: OpenPort) -> BleEslAccessPoint:
    """The driver of one access point. Fewer groups than usual leave room in the train, which is not made shorter."""
    setup = BleSetup(
        train=Train(subevents=device.groups), admit=device.admit, rssi_min=device.rssi_min_dbm, baud=device.baud
    )
    return BleEslAccessPoint(device.id, device.port, device.memory, clock, rng, setup=setup, open_link=open_link)
