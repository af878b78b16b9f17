"""Routes of the glance: stores with the worst first, the chain in figures, sales by the hour."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Query

from cloud.glance import service
from cloud.glance.domain import Part
from cloud.glance.schemas import GlancePage, GlanceRow, SalesByHour, TotalsView
from cloud.web.access import Reader
from cloud.web.cursors import encode_cursor, mixed_cursor

router = APIRouter(prefix="/api/v1/glance", tags=["glance"])
ROWS_DEFAULT, ROWS_MAX = 50, 200
Word = Annotated[str | None, Query(max_length=64)]


@router.get("/stores")
async def list_stores(
    asking: Reader,
    zone: Word = None,
    region_id: Word = None,
    find: Annotated[str, Query(max_length=80, description="Part of a name, id or zone")] = "",
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=ROWS_MAX)] = ROWS_DEFAULT,
) -> GlancePage:
    """Every store, the worst first, with what is wrong.

    In this order: two boxes claim to be the store, offline, certificate ended, alarms, facts waiting for more than five
    minutes, devices down, labels that do not show their price, wrong clock, devices that need attention, certificate ending
    within 30 days, feeds behind. Pages of one list are as of one instant.
    """
    place = cast("tuple[int, int, str] | None", mixed_cursor(after, int, int, str))
    as_of_ms = place[0] if place else asking.now_ms
    async with asking.read() as tx:
        found = await service.stores(
            tx, Part(zone, region_id), find=find, after=place[1:] if place else None, limit=limit, now_ms=as_of_ms
        )
    more = encode_cursor(as_of_ms, -found[-1].score, found[-1].store_id) if len(found) == limit else None
    return GlancePage(as_of_ms=as_of_ms, rows=[GlanceRow.of(row) for row in found], next=more)


@router.get("/totals")
async def get_totals(asking: Reader, zone: Word = None, region_id: Word = None) -> TotalsView:
    """The stores in figures."""
    async with asking.read() as tx:
        return TotalsView.of(await service.totals(tx, Part(zone, region_id), now_ms=asking.now_ms))


@router.get("/sales")
async def get_sales(asking: Reader, store_id: Annotated[list[str], Query(min_length=1, max_length=ROWS_MAX)]) -> SalesByHour:
    """Sales of some stores that reached headquarters in each of the last 24 hours; stores out of scope are left out."""
    now_ms = asking.now_ms
    async with asking.read() as tx:
        counts = await service.sales(tx, store_id, now_ms=now_ms)
    return SalesByHour.of(service.first_hour(now_ms), counts)
