"""Routes of product recalls."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from msgspec import structs

from cloud.audit.domain import Done, Entry
from cloud.catalogue import recalls
from cloud.catalogue.schemas import FeedWritten, RecallBody, RecallInStores, RecallInStoreView, RecallView
from cloud.db.pool import Connection
from cloud.web.access import ProductsWriter, Reader
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, text_cursor
from cloud.web.once import Repeat, repeat_of, write
from protocols.contract.feed_rows import CATALOGUE_FEED, RecallRow

router = APIRouter(prefix="/api/v1", tags=["products"])
Once = Annotated[Repeat, Depends(repeat_of)]


@router.get("/product-recalls")
async def list_recalls(asking: Reader, item: Annotated[str | None, Query(max_length=40)] = None) -> list[RecallView]:
    """The recalls that stand, the newest first; of one item or all."""
    async with asking.read() as tx:
        return [RecallView(**structs.asdict(row)) for row in await recalls.recalls(tx, item)]


@router.get("/product-recalls/{recall_id}/stores")
async def recall_in_stores(
    recall_id: str,
    asking: Reader,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)] = PAGE_LIMIT_DEFAULT,
) -> RecallInStores:
    """How a recall stands in each of your stores: heard when, what is left of the goods, what was sold since."""
    async with asking.read() as tx:
        rows = await recalls.in_stores(tx, recall_id, text_cursor(after), limit, now_ms=asking.now_ms)
    following = encode_cursor(rows[-1].store_id) if len(rows) == limit else None
    return RecallInStores(rows=[RecallInStoreView(**asdict(row)) for row in rows], next=following)


@router.put("/product-recalls/{recall_id}", response_model=FeedWritten)
async def put_recall(recall_id: str, body: RecallBody, asking: ProductsWriter, once: Once) -> Response:
    """Recall a batch of an item, or all of it: tills refuse it from `from_ms` on."""

    async def use_case(tx: Connection) -> Done[FeedWritten]:
        before = await recalls.present(tx, recall_id)
        from_ms = body.from_ms if body.from_ms is not None else asking.now_ms
        row = RecallRow(
            recall_id=recall_id, item_id=body.item_id, batch=body.batch.strip(), reason=body.reason.strip(), from_ms=from_ms
        )
        version = await recalls.put_recall(tx, row, now_ms=asking.now_ms)
        verb = "added" if before is None else "changed"
        noted = Entry(f"product_recall.{verb}", recall_id, before=before, after=row)
        return Done(FeedWritten(feed_id=CATALOGUE_FEED, feed_version=version), noted)

    return await write(asking, once, use_case)


@router.delete("/product-recalls/{recall_id}", response_model=FeedWritten)
async def end_recall(recall_id: str, asking: ProductsWriter, once: Once) -> Response:
    """The goods may be sold again."""

    async def use_case(tx: Connection) -> Done[FeedWritten]:
        before = await recalls.present(tx, recall_id)
        version = await recalls.end_recall(tx, recall_id, now_ms=asking.now_ms)
        noted = Entry("product_recall.removed", recall_id, before=before)
        return Done(FeedWritten(feed_id=CATALOGUE_FEED, feed_version=version), noted)

    return await write(asking, once, use_case)
