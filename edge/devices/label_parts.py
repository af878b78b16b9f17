"""What the label service needs of a store's hardware: access points as gateways, and the renderer with the box's fonts."""

from __future__ import annotations

import threading

from edge.labels.content import LabelUnrenderable, RenderedLabel, ShelfItem
from edge.labels.lane import Delivery, LabelOrder
from firmware_bridges.oepl_ap import OeplAccessPoint
from protocols.labels.content import CannotDraw, LabelContent
from protocols.labels.renderer import LabelRenderer

_DELIVERIES = {
    "queued": Delivery.QUEUED,
    "refused": Delivery.REFUSED,
    "unknown_label": Delivery.UNKNOWN_LABEL,
}


class AccessPointGateway:
    """See `edge.labels.lane.LabelGateway` and `edge.labels.lights.LabelLights`."""

    def __init__(self, access_point: OeplAccessPoint) -> None:
        self._access_point = access_point

    async def ready(self) -> None:
        """Wait until the access point answers."""
        await self._access_point.ready()

    async def deliver(self, order: LabelOrder) -> Delivery:
        """Upload one image."""
        outcome = await self._access_point.upload(order.label_id, order.picture, order.image_hash, order.clear_first)
        return _DELIVERIES[outcome]

    async def flash(self, label_id: str, colour: str, seconds: int) -> Delivery:
        """See `edge.labels.lights.LabelLights`."""
        return _DELIVERIES[await self._access_point.flash(label_id, colour, seconds)]

    async def wipe(self, label_id: str) -> Delivery:
        """See `edge.labels.lights.LabelLights`."""
        return _DELIVERIES[await self._access_point.wipe(label_id)]


class ShelfRenderer:
    """See `edge.labels.content.Renderer`."""

    def __init__(self, renderer: LabelRenderer) -> None:
        self._renderer = renderer
        self._one_at_a_time = threading.Lock()

    def render(self, item: ShelfItem | None, _label_id: str, hardware_type: int) -> RenderedLabel:
        """Draw the item for this kind of label. Raises `LabelUnrenderable`."""
        try:
            with self._one_at_a_time:
                drawn = self._renderer.render(None if item is None else label_content(item), hardware_type)
        except CannotDraw as error:
            raise LabelUnrenderable(str(error)) from error
        return RenderedLabel(picture=drawn.picture, image_hash=drawn.image_hash)


def label_content(item: ShelfItem) -> LabelContent:
    """What is drawn of an item."""
    return LabelContent(
        name=item.name,
        name_zh=item.name_zh,
        price_minor=item.price_minor,
        minor_digits=item.minor_digits,
        currency=item.currency,
        per_kg=item.weighed,
        gtin=item.gtin,
    )
