"""Labels of a cloud that draws them itself, behind the same port as access points: their pictures are data."""

from __future__ import annotations

from edge.labels.content import RenderedLabel, Renderer, ShelfItem
from edge.labels.lane import Delivery, LabelOrder
from edge.settings import LabelCloudSettings, SettingsRefused
from firmware_bridges.label_cloud import CloudAccount, LabelCloud
from protocols.clock import Clock
from protocols.labels.article import BLANK, DATA_HARDWARE_TYPE, ShelfArticle, article_hash, write_article

_DELIVERIES = {
    "queued": Delivery.QUEUED,
    "refused": Delivery.REFUSED,
    "unknown_label": Delivery.UNKNOWN_LABEL,
}


class LabelCloudGateway:
    """See `edge.labels.lane.LabelGateway` and `edge.labels.lights.LabelLights`."""

    def __init__(self, cloud: LabelCloud) -> None:
        self._cloud = cloud

    async def ready(self) -> None:
        """Wait until the cloud lets us in."""
        await self._cloud.ready()

    async def deliver(self, order: LabelOrder) -> Delivery:
        """Give the label's article its new data."""
        outcome = await self._cloud.upload(order.label_id, order.picture, order.image_hash, order.clear_first)
        return _DELIVERIES[outcome]

    async def withdraw(self, label_id: str) -> Delivery:
        """Part the label from its article: what was not begun is not drawn."""
        return _DELIVERIES[await self._cloud.part(label_id)]

    async def flash(self, label_id: str, colour: str, seconds: int) -> Delivery:
        """See `edge.labels.lights.LabelLights`."""
        return _DELIVERIES[await self._cloud.flash(label_id, colour, seconds)]

    async def wipe(self, label_id: str) -> Delivery:
        """See `edge.labels.lights.LabelLights`."""
        data = write_article(BLANK)
        return _DELIVERIES[await self._cloud.upload(label_id, data, article_hash(data), clear_first=True)]


class DataRenderer:
    """See `edge.labels.content.Renderer`: data for labels that are drawn elsewhere, pictures by `panels` for all others."""

    def __init__(self, panels: Renderer) -> None:
        self._panels = panels

    def render(self, item: ShelfItem | None, label_id: str, hardware_type: int) -> RenderedLabel:
        """Raises `LabelUnrenderable` for panels of ours; data always fits."""
        if hardware_type != DATA_HARDWARE_TYPE:
            return self._panels.render(item, label_id, hardware_type)
        data = write_article(BLANK if item is None else shelf_article(item))
        return RenderedLabel(picture=data, image_hash=article_hash(data))


def shelf_article(item: ShelfItem) -> ShelfArticle:
    """What a cloud is told of an item."""
    return ShelfArticle(
        item_id=item.item_id,
        name=item.name,
        name_zh=item.name_zh,
        price_minor=item.price_minor,
        minor_digits=item.minor_digits,
        currency=item.currency,
        per_kg=item.weighed,
        gtin=item.gtin,
    )


def label_cloud(device: LabelCloudSettings, clock: Clock) -> LabelCloud:
    """The driver of one cloud. Raises `SettingsRefused` for a password that cannot be read or would travel in the open."""
    try:
        password = device.password_file.read_text(encoding="utf-8").strip()
        account = CloudAccount(device.url, device.company, device.store, device.username, password)
    except (OSError, ValueError) as error:
        raise SettingsRefused(f"device '{device.id}': {error}") from error
    return LabelCloud(device.id, account, clock, poll_seconds=device.poll_seconds)
