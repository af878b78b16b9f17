"""Use cases that change goods and prices together: one transaction, one release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cloud.catalogue import service as catalogue
from cloud.db.pool import Connection
from cloud.db.releases import releasing
from cloud.pricing import service as pricing
from cloud.pricing.domain import WantedPrice
from cloud.pricing.store import Author
from cloud.refusals import Missing
from cloud.releases import store
from cloud.releases.store import ReleaseRow, StoreStanding
from protocols.contract.feed_rows import BarcodeRow, ItemRow, StyleRow


@dataclass(frozen=True)
class ZonePrice:
    """The first price of a product in one zone."""

    zone: str
    price_minor: int


@dataclass(frozen=True)
class NewProduct:
    """Everything a store needs to sell something it did not know. `style` None: of a style that is there already."""

    item: ItemRow
    style: StyleRow | None
    barcodes: Sequence[BarcodeRow]
    prices: Sequence[ZonePrice]


@dataclass(frozen=True)
class Released:
    """What was published. `release_id` None: only one feed changed (or none), and that goes its way as ever."""

    release_id: str | None
    versions: dict[str, int]


@dataclass(frozen=True)
class Progress:
    """How far a release has come in the stores within scope; those that have not applied it first."""

    release: ReleaseRow
    feeds: dict[str, int]
    counts: Counter[str]
    stores: Sequence[StoreStanding]


async def add_product(
    tx: Connection, product: NewProduct, author: Author, *, effective_at_ms: int | None = None
) -> Released:
    """Publish a product, its codes and its prices so that no store ever knows one without the other.

    Raises `Invalid`, `Conflict` (a code is taken) or `Missing` (zone); then nothing is published.
    """
    what = f"product {product.item.item_id}"
    now_ms = author.now_ms
    async with releasing(tx, what, author.login, now_ms=now_ms, effective_at_ms=effective_at_ms) as release:
        if product.style is not None:
            await catalogue.put_style(tx, product.style, now_ms=now_ms, commit=release.commit)
        await catalogue.put_item(tx, product.item, now_ms=now_ms, commit=release.commit)
        for code in product.barcodes:
            await catalogue.put_barcode(tx, code, now_ms=now_ms, commit=release.commit)
        for price in sorted(product.prices, key=lambda each: each.zone):  # zones are locked in one order by everybody
            wanted = WantedPrice(product.item.item_id, price.price_minor, effective_at_ms)
            pricing.need_no_approval(await pricing.change_prices(tx, price.zone, [wanted], author, commit=release.commit))
    return Released(release.release_id if len(release.versions) > 1 else None, release.versions)


async def progress(tx: Connection, release_id: str, *, now_ms: int) -> Progress:
    """How far a release has come. Raises `Missing`."""
    found = await store.get_release(tx, release_id)
    if found is None:
        raise Missing("no_release", f"There is no release '{release_id}'.", "See GET /api/v1/releases.")
    stores = await store.standing(tx, release_id, now_ms)
    behind = [each for each in stores if each.state != "applied"]
    done = [each for each in stores if each.state == "applied"]
    counts = Counter(each.state for each in stores)
    return Progress(found, await store.feeds_of(tx, release_id), counts, [*behind, *done])
