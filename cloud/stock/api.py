"""Routes of stock: on-hand per store and item, and the moves behind it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from cloud.stock import service, store
from cloud.stock.domain import LAST, read_gone, read_item, read_place
from cloud.stock.schemas import GonePage, GoneView, MovePage, MoveView, OnHandPage, OnHandView, ReceiptPage, ReceiptView
from cloud.web.access import Reader
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, text_cursor

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
