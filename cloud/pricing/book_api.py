"""Routes of price books: the page of a zone, its future changes, the whole as a file."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from cloud.pricing import book
from cloud.pricing.book import ROWS_MAX, Wanted
from cloud.tables.write import CSV_TYPE, XLSX_TYPE
from cloud.web.access import Reader
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, mixed_cursor, text_cursor

router = APIRouter(prefix="/api/v1", tags=["prices"])
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)]
ZoneName = Annotated[str, Path(pattern="^[a-z0-9-]{1,32}$")]


class BookRowView(BaseModel):
    item_id: str
    name: str
    name_zh: str
    weighed: bool
    active: bool
    gtin: str | None = Field(description="The barcode of one piece")
    revision: int | None
    price_minor: int | None = Field(description="None: no price now")
    effective_from_ms: int | None
    effective_to_ms: int | None
    changed_by: str | None
    changed_at_ms: int | None
    next_at_ms: int | None = Field(description="When the price changes or ends; None: nothing is planned")
    next_price_minor: int | None = Field(description="From then on; None with `next_at_ms` set: no price")
    scheduled_count: int
    paid_minor: int | None = Field(description="What customers pay, when another book of the zone stands above its own")
    paid_book_id: str | None


class BookPage(BaseModel):
    zone: str
    currency: str
    minor_digits: int
    rows: list[BookRowView]
    next: str | None = None


class FutureChangeView(BaseModel):
    """A change that has not started; it can be taken back at its own address under `/zones/…/prices`."""

    item_id: str
    name: str
    name_zh: str
    weighed: bool
    revision: int
    price_minor: int
    effective_from_ms: int
    effective_to_ms: int | None
    reason: str
    changed_by: str
    changed_at_ms: int
    before_minor: int | None
    book_id: str
    was_minor: int | None


class FutureChanges(BaseModel):
    zone: str
    currency: str
    minor_digits: int
    rows: list[FutureChangeView]
    next: str | None = None


@router.get("/zones/{zone}/book")
async def get_book(
    zone: ZoneName,
    asking: Reader,
    q: Annotated[str, Query(max_length=100, description="Words of the item's number or names")] = "",
    changing: Annotated[bool, Query(description="Only items whose price will change")] = False,
    after: str | None = None,
    limit: Limit = PAGE_LIMIT_DEFAULT,
) -> BookPage:
    """Every item with its price now and its next change, in the order of item numbers."""
    wanted = Wanted(zone, tuple(q.split()), changing, text_cursor(after))
    async with asking.read() as tx:
        found = await book.need_zone(tx, zone)
        rows = await book.rows(tx, wanted, limit, asking.now_ms)
    next_cursor = encode_cursor(rows[-1].item_id) if len(rows) == limit else None
    views = [BookRowView(**asdict(row)) for row in rows]
    return BookPage(zone=zone, currency=found.currency, minor_digits=found.minor_digits, rows=views, next=next_cursor)


@router.get("/zones/{zone}/book.{ending}", response_class=Response)
async def export_book(zone: ZoneName, ending: Literal["csv", "xlsx"], asking: Reader) -> Response:
    """The whole book as a file; brought back as an import it changes nothing."""
    async with asking.read() as tx:
        found = await book.need_zone(tx, zone)
        rows = await book.rows(tx, Wanted(zone), ROWS_MAX, asking.now_ms)
    made = await asyncio.to_thread(book.as_csv if ending == "csv" else book.as_xlsx, found, rows)
    headers = {"Content-Disposition": f'attachment; filename="prices-{zone}.{ending}"'}
    return Response(made, media_type=CSV_TYPE if ending == "csv" else XLSX_TYPE, headers=headers)


@router.get("/zones/{zone}/future-prices")
async def list_future(
    zone: ZoneName, asking: Reader, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT
) -> FutureChanges:
    """Changes that have not started, the nearest first."""
    place = cast("tuple[int, str] | None", mixed_cursor(after, int, str)) or (0, "")
    async with asking.read() as tx:
        found = await book.need_zone(tx, zone)
        rows = await book.future(tx, zone, place, limit, asking.now_ms)
    next_cursor = encode_cursor(rows[-1].effective_from_ms, rows[-1].item_id) if len(rows) == limit else None
    views = [FutureChangeView(**asdict(row)) for row in rows]
    return FutureChanges(zone=zone, currency=found.currency, minor_digits=found.minor_digits, rows=views, next=next_cursor)
