"""What the catalogue says of an item, as its shelf label shows it."""

from __future__ import annotations

from edge.catalogue import lookup
from edge.labels.content import ShelfItem
from edge.labels.service import LabelSettings
from edge.store_db.database import StoreFile
from protocols.clock import Clock


class CatalogueShelf:
    """See `edge.labels.content.Shelf`."""

    def __init__(self, store: StoreFile, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def shelf_item(self, item_id: str) -> ShelfItem | None:
        """The item with its price in force; None when it is unknown, inactive, or has no price or zone."""
        source = self._store.reader()
        item, zone = lookup.item_by_id(source, item_id), lookup.zone(source)
        if item is None or not item.active or zone is None:
            return None
        price = lookup.price_in_force(source, item_id, lookup.pricing_now_ms(source, self._clock))
        if price is None:
            return None
        codes = lookup.codes_of_item(source, item_id)
        return ShelfItem(
            item_id=item_id,
            name=item.name,
            name_zh=item.name_zh,
            price_minor=price.price_minor,
            price_revision=price.revision,
            currency=zone.currency,
            minor_digits=zone.minor_digits,
            gtin=next((code for code, pieces in codes if pieces == 1), ""),
            weighed=item.weighed,
        )


def label_settings(store: StoreFile, *, settle_seconds: int) -> LabelSettings:
    """Dwell and task hours as HQ set them for this store; the settle time is the box's own."""
    setup = lookup.setup(store.reader())
    settle_ms = settle_seconds * 1000
    if setup is None:
        return LabelSettings(settle_ms=settle_ms)
    return LabelSettings(
        dwell_ms=setup.label_dwell_seconds * 1000, settle_ms=settle_ms, task_after_ms=setup.label_task_hours * 3_600_000
    )
