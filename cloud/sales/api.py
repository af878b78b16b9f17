"""Routes of sales: newest first, one whole, counts, and the live stream (a long poll that never leaves a gap)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query

from cloud.sales import service, store
from cloud.sales.domain import END, Arrival, SaleRow, read_arrival, window_of
from cloud.sales.schemas import (
    Counts,
    DayView,
    LiveSales,
    MinuteView,
    Receipt,
    ReturnedLineView,
    SaleLineView,
    SalePage,
    SaleSummary,
    SaleView,
    TenderView,
)
from cloud.sales.store import LineRow, SaleHead
from cloud.web.access import Reader
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, text_cursor

router = APIRouter(prefix="/api/v1", tags=["sales"])
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)]
OneStore = Annotated[str | None, Query(description="Only this store")]
WAIT_SECONDS_MAX = 25
DAYS_MS = 31 * 86_400_000
_details = msgspec.json.Decoder(list[dict[str, object]])


def _cursor(place: Arrival) -> str:
    return encode_cursor(str(place))


def _summary(row: SaleRow) -> SaleSummary:
    receipt = Receipt(till_id=row.receipt_till_id, incarnation=row.receipt_incarnation, number=row.receipt_number)
    return SaleSummary(
        store_id=row.store_id,
        sale_id=row.sale_id,
        till_id=row.till_id,
        cashier_id=row.cashier_id,
        receipt=receipt,
        currency=row.currency,
        total_minor=row.total_minor,
        line_count=row.line_count,
        closed_at_ms=row.closed_at_ms,
        clock=row.clock,
        business_date=row.business_date,
        arrived_ms=row.arrived_ms,
    )


@router.get("/sales")
async def list_sales(
    asking: Reader, store_id: OneStore = None, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT
) -> SalePage:
    """Sales as they arrived, newest first."""
    before = read_arrival(text_cursor(after)) or END
    async with asking.read() as tx:
        rows = await store.newest(tx, before, limit, store_id)
    return SalePage(rows=[_summary(row) for row in rows], next=_cursor(rows[-1].arrival) if len(rows) == limit else None)


@router.get("/sales/stream")
async def stream(
    asking: Reader,
    store_id: OneStore = None,
    after: Annotated[str | None, Query(description="`next` of the answer before; without it: from now on")] = None,
    wait_seconds: Annotated[int, Query(ge=0, le=WAIT_SECONDS_MAX)] = WAIT_SECONDS_MAX,
    limit: Limit = PAGE_LIMIT_DEFAULT,
) -> LiveSales:
    """The next sales as soon as there are some (long poll). Asking again with `next` misses none and repeats none."""
    rows, place = await service.wait_for_sales(
        asking.hq.database,
        asking.scope,
        read_arrival(text_cursor(after)),
        only=store_id,
        limit=limit,
        seconds=wait_seconds,
        stopping=asking.hq.stopping,
    )
    return LiveSales(rows=[_summary(row) for row in rows], next=_cursor(place))


@router.get("/sales/counts")
async def counts(
    asking: Reader,
    store_id: OneStore = None,
    minutes: Annotated[int, Query(description="How many minutes back")] = 60,
) -> Counts:
    """Sales per store and minute of arrival, and per store and business date of the last month."""
    from_ms = window_of(minutes, asking.now_ms)
    async with asking.read() as tx:
        by_minute = await store.counts(tx, from_ms, store_id)
        by_day = await store.totals(tx, asking.now_ms - DAYS_MS, store_id)
    return Counts(minutes=[MinuteView(**asdict(row)) for row in by_minute], days=[DayView(**asdict(row)) for row in by_day])


@router.get("/sales/{store_id}/{sale_id}")
async def get_sale(store_id: str, sale_id: str, asking: Reader) -> SaleView:
    """One sale with its lines, tenders and receipt number."""
    async with asking.read() as tx:
        whole = await service.get_sale(tx, store_id, sale_id)
    return SaleView(
        **_head(whole.head),  # type: ignore[arg-type]
        lines=[_line(row) for row in whole.lines],
        tenders=[TenderView(**asdict(row)) for row in whole.tenders],
        returns=[ReturnedLineView(**asdict(row)) for row in whole.returns],
    )


def _head(head: SaleHead) -> dict[str, object]:
    fields = asdict(head)
    receipt = Receipt(
        till_id=fields.pop("receipt_till_id"),
        incarnation=fields.pop("receipt_incarnation"),
        number=fields.pop("receipt_number"),
    )
    return {**fields, "receipt": receipt}


def _line(row: LineRow) -> SaleLineView:
    fields = asdict(row)
    for name in ("discounts", "overrides"):
        fields[name] = _details.decode(fields[name]) if fields[name] else []
    return SaleLineView(**fields)
