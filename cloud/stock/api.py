"""Routes of stock: on-hand per store and item, and the moves behind it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, cast

from fastapi import APIRouter, Query

from cloud.stock import service, store
from cloud.stock.domain import LAST, read_gone, read_item, read_place
from cloud.stock.schemas import (
    BatchPage,
    BatchView,
    GonePage,
    GoneView,
    HeldPage,
    HeldView,
    ItemByPlacePage,
    ItemByPlaceView,
    MovePage,
    MoveView,
    OnHandPage,
    OnHandView,
    ReceiptPage,
    ReceiptView,
)
from cloud.stock.store import Wanted
from cloud.web.access import Reader
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, mixed_cursor, text_cursor

router = APIRouter(prefix="/api/v1", tags=["stock"])
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)]


@router.get("/stores/{store_id}/stock")
async def stock_of_store(
    store_id: str, asking: Reader, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT
) -> OnHandPage:
    """What a store holds, in item order; nothing for a store outside the caller's scope."""
    place = read_item(text_cursor(after))
    async with asking.read() as tx:
        rows = await store.on_hand(tx, store_id, place, limit)
    following = encode_cursor(f"{rows[-1].item_id} {rows[-1].place}") if len(rows) == limit else None
    return OnHandPage(rows=[OnHandView(**asdict(row)) for row in rows], next=following)


@router.get("/stock/regions")
async def stock_of_regions(asking: Reader) -> list[HeldView]:
    """What each region holds, as far as you see its stores."""
    async with asking.read() as tx:
        rows = await store.held_by_region(tx)
    return [HeldView(**asdict(row)) for row in rows]


@router.get("/regions/{region_id}/stock")
async def stock_of_region(
    region_id: str, asking: Reader, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT
) -> HeldPage:
    """What each store of a region holds, as far as you see them."""
    async with asking.read() as tx:
        rows = await store.held_by_store(tx, region_id, text_cursor(after), limit)
    following = encode_cursor(rows[-1].id) if len(rows) == limit else None
    return HeldPage(rows=[HeldView(**asdict(row)) for row in rows], next=following)


@router.get("/stores/{store_id}/stock-items")
async def items_of_store(
    store_id: str,
    asking: Reader,
    text: Annotated[str, Query(max_length=60)] = "",
    below_zero: Annotated[bool, Query(description="Only items below zero somewhere")] = False,
    after: str | None = None,
    limit: Limit = PAGE_LIMIT_DEFAULT,
) -> ItemByPlacePage:
    """A store's items by place, in item order; `text`: part of a name or number."""
    wanted = Wanted(text.strip().lower(), below_zero)
    async with asking.read() as tx:
        rows = await store.items_of_store(tx, store_id, wanted, text_cursor(after), limit)
    following = encode_cursor(rows[-1].item_id) if len(rows) == limit else None
    return ItemByPlacePage(rows=[ItemByPlaceView(**asdict(row)) for row in rows], next=following)


@router.get("/stores/{store_id}/stock-batches")
async def batches_of_store(
    store_id: str,
    asking: Reader,
    item: Annotated[str | None, Query(max_length=64)] = None,
    after: str | None = None,
    limit: Limit = PAGE_LIMIT_DEFAULT,
) -> BatchPage:
    """A store's stock by batch, of one item or all."""
    place = cast("tuple[str, str, str] | None", mixed_cursor(after, str, str, str)) or ("", "", "")
    async with asking.read() as tx:
        rows = await store.batches(tx, store_id, item, place, limit)
    last = rows[-1] if len(rows) == limit else None
    following = None if last is None else encode_cursor(last.item_id, last.place, last.batch)
    return BatchPage(rows=[BatchView(**asdict(row)) for row in rows], next=following)


@router.get("/items/{item_id}/stock")
async def stock_of_item(item_id: str, asking: Reader) -> list[OnHandView]:
    """What every store holds of an item."""
    async with asking.read() as tx:
        rows = await store.on_hand_of_item(tx, item_id)
    return [OnHandView(**asdict(row)) for row in rows]


@router.get("/stores/{store_id}/stock/{item_id}/moves")
async def moves(
    store_id: str, item_id: str, asking: Reader, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT
) -> MovePage:
    """What moved an item's stock in a store, newest first. A page may be short and still have a `next`."""
    async with asking.read() as tx:
        rows, following = await service.moves(tx, store_id, item_id, read_place(text_cursor(after)), limit)
    views = [
        MoveView(
            reason=row.reason,
            reference=row.reference,
            place=row.place,
            quantity_thousandths=row.quantity_thousandths,
            at_ms=row.at_ms,
            batch=row.batch,
            expires=row.expires,
            staff_id=row.staff_id,
        )
        for row in rows
    ]
    return MovePage(rows=views, next=None if following is None else encode_cursor(str(following)))


@router.get("/stores/{store_id}/goods-received")
async def goods_received(
    store_id: str, asking: Reader, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT
) -> ReceiptPage:
    """Goods that came into a store, by scanner or through a door, newest first."""
    async with asking.read() as tx:
        rows = await store.receipts(tx, store_id, text_cursor(after) or LAST, limit)
    following = encode_cursor(rows[-1].receipt_id) if len(rows) == limit else None
    return ReceiptPage(rows=[ReceiptView.model_validate(asdict(row)) for row in rows], next=following)


@router.get("/stores/{store_id}/goods-left")
async def goods_left(store_id: str, asking: Reader, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT) -> GonePage:
    """Tagged goods that went out through a store's doors, newest first."""
    async with asking.read() as tx:
        rows = await store.left(tx, store_id, read_gone(text_cursor(after)), limit)
    following = encode_cursor(f"{rows[-1].passage_id} {rows[-1].epc}") if len(rows) == limit else None
    return GonePage(rows=[GoneView.model_validate(asdict(row)) for row in rows], next=following)
