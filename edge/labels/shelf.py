"""What the catalogue says of an item, as its shelf label shows it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.catalogue import lookup
from edge.catalogue.lookup import Price, Source
from edge.labels.content import ShelfItem, purpose_of
from edge.labels.service import LabelSettings
from edge.labels.templates import QUERIES, TemplateShelf
from edge.settings import LabelSettings as OwnLabelSettings
from edge.settings import Settings
from edge.store_db.database import StoreFile
from edge.store_db.journal import business_date
from protocols.clock import Clock
from protocols.contract.values import PriceKind

BUILT_IN_LANGUAGES = {"en": "en", "zh": "zh_CN"}
MEMBERS = "member"
"""The customer group whose price stands on labels beside everybody's."""


@dataclass(frozen=True, slots=True)
class ShelfStyle:
    """What the box's settings say of its labels. `language`: of the built-in templates, `en` or `zh_CN`."""

    store_id: str = ""
    language: str = "en"
    out_of_stock: bool = False
    large_unit_price: bool = False
    print_revision: bool = False


def shelf_style(settings: Settings) -> ShelfStyle:
    """As the box's file says."""
    return ShelfStyle(
        store_id=settings.store.id,
        language=BUILT_IN_LANGUAGES[settings.store.language],
        out_of_stock=settings.labels.out_of_stock,
        large_unit_price=settings.labels.large_unit_price,
        print_revision=settings.labels.print_revision,
    )


class CatalogueShelf:
    """See `edge.labels.content.Shelf`."""

    def __init__(self, store: StoreFile, clock: Clock, style: ShelfStyle | None = None) -> None:
        self._store = store
        self._clock = clock
        self._style = style or ShelfStyle()
        self.templates = TemplateShelf(store, self._style.store_id, self._style.language)

    def shelf_item(self, item_id: str) -> ShelfItem | None:
        """The item with its price in force; None when it is unknown, inactive, or has no price or zone."""
        source = self._store.reader()
        item, zone = lookup.item_by_id(source, item_id), lookup.zone(source)
        if item is None or not item.active or zone is None:
            return None
        now_ms = lookup.pricing_now_ms(source, self._clock)
        price = lookup.price_in_force(source, item_id, now_ms)
        if price is None:
            return None
        codes = lookup.codes_of_item(source, item_id)
        reduced = price.kind is not PriceKind.REGULAR
        return self._in_its_looks(
            ShelfItem(
                item_id=item_id,
                name=item.name,
                name_zh=item.name_zh,
                price_minor=price.price_minor,
                price_revision=price.revision,
                currency=zone.currency,
                minor_digits=zone.minor_digits,
                gtin=next((code for code, pieces in codes if pieces == 1), ""),
                weighed=item.weighed,
                reduced=reduced,
                was_minor=price.was_minor if reduced else None,
                until=_last_day(source, price.effective_to_ms) if reduced else "",
                member_price_minor=self._member_price_minor(source, item_id, price, now_ms),
                content_quantity=item.content_quantity,
                content_unit=item.content_unit,
                out_of_stock=self._style.out_of_stock and _out_of_stock(source, item_id),
                printed_revision=price.revision if self._style.print_revision else 0,
            )
        )

    def _in_its_looks(self, item: ShelfItem) -> ShelfItem:
        purpose = purpose_of(item, large_unit_price=self._style.large_unit_price)
        return replace(item, looks=self.templates.looks(purpose))

    def _member_price_minor(self, source: Source, item_id: str, price: Price, now_ms: int) -> int | None:
        theirs = lookup.group_price_in_force(source, item_id, now_ms, MEMBERS)
        return theirs.price_minor if theirs is not None and theirs.price_minor < price.price_minor else None


def _last_day(source: Source, effective_to_ms: int | None) -> str:
    """The last day on which a price still holds for a moment; empty when it has no end."""
    if effective_to_ms is None:
        return ""
    return business_date(effective_to_ms - 1, lookup.time_zone(source))


def _out_of_stock(source: Source, item_id: str) -> bool:
    """Whether the store counts the item, and none is left anywhere in it."""
    row = source.execute(QUERIES["stock_of"], (item_id,)).fetchone()
    return row is not None and row[0] > 0 and row[1] <= 0


def label_settings(store: StoreFile, own: OwnLabelSettings) -> LabelSettings:
    """Dwell and task hours as HQ set them for this store; how long access points and panels take is the box's own."""
    setup = lookup.setup(store.reader())
    settle_ms, refresh_ms = own.settle_seconds * 1000, own.refresh_seconds * 1000
    if setup is None:
        return LabelSettings(settle_ms=settle_ms, refresh_ms=refresh_ms)
    return LabelSettings(
        dwell_ms=setup.label_dwell_seconds * 1000,
        settle_ms=settle_ms,
        task_after_ms=setup.label_task_hours * 3_600_000,
        refresh_ms=refresh_ms,
    )
