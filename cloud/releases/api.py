"""Products with their prices as one release, and how far releases have come."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Response

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.pricing.store import Author
from cloud.releases import service, store
from cloud.releases.schemas import (
    ProductBody,
    ReleaseCounts,
    ReleasedView,
    ReleasePage,
    ReleaseProgress,
    ReleaseStore,
    ReleaseView,
)
from cloud.web.access import PricesWriter, ProductsWriter, Reader
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, mixed_cursor
from cloud.web.once import Repeat, repeat_of, write
from protocols.contract.feed_rows import BarcodeRow, ItemRow, StyleRow

router = APIRouter(prefix="/api/v1", tags=["releases"])
Once = Annotated[Repeat, Depends(repeat_of)]
STORES_MAX = 500


@router.post("/products/{item_id}", response_model=ReleasedView)
async def add_product(item_id: str, body: ProductBody, asking: ProductsWriter, _: PricesWriter, once: Once) -> Response:
    """Add a product with its codes and prices: stores take up all of it at one instant."""
    item = ItemRow(item_id=item_id, **body.item.model_dump())
    product = service.NewProduct(
        item=item,
        style=None if body.style is None else StyleRow(style_id=item.style_id, **body.style.model_dump()),
        barcodes=[BarcodeRow(gtin=code.gtin, item_id=item_id, pack_quantity=code.pack_quantity) for code in body.barcodes],
        prices=[service.ZonePrice(price.zone, price.price_minor) for price in body.prices],
    )

    async def use_case(tx: Connection) -> Done[ReleasedView]:
        author = Author(asking.person.login, asking.now_ms)
        released = await service.add_product(tx, product, author, effective_at_ms=body.effective_at_ms)
        noted = Entry("product.released", item_id, after=body.model_dump(), reason=released.release_id or "")
        return Done(ReleasedView(release_id=released.release_id, feeds=released.versions), noted)

    return await write(asking, once, use_case)


@router.get("/releases")
async def list_releases(
    asking: Reader,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)] = PAGE_LIMIT_DEFAULT,
) -> ReleasePage:
    """Releases, newest first, page by page."""
    before = cast("tuple[int, str] | None", mixed_cursor(after, int, str))
    async with asking.read() as tx:
        rows = await store.list_releases(tx, before, limit)
    views = [ReleaseView(**asdict(row)) for row in rows]
    last = rows[-1] if len(rows) == limit else None
    return ReleasePage(rows=views, next=None if last is None else encode_cursor(last.published_at_ms, last.release_id))


@router.get("/releases/{release_id}")
async def release_progress(release_id: str, asking: Reader) -> ReleaseProgress:
    """How far a release has come in the stores within your scope, with the reasons of those that lag."""
    async with asking.read() as tx:
        found = await service.progress(tx, release_id, now_ms=asking.now_ms)
    return ReleaseProgress(
        **asdict(found.release),
        feeds=found.feeds,
        counts=ReleaseCounts(**found.counts),
        stores=[ReleaseStore(**asdict(each)) for each in found.stores[:STORES_MAX]],
    )
