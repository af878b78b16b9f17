"""Route of sales by day: what stores sent themselves and what was imported of the time before, side by side."""

from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from cloud.sales import history
from cloud.sales.history import Days
from cloud.web.access import Reader

ROWS_MAX = 20_000
DAYS_DEFAULT = 30

router = APIRouter(prefix="/api/v1", tags=["sales"])


class DailySalesView(BaseModel):
    """One day of one store from one source."""

    business_date: str
    store_id: str
    currency: str
    source: str = Field(description="recorded: sent by the store as it sold; history: imported")
    quantity_thousandths: int = Field(description="Of pieces, or of kilograms for weighed items")
    net_minor: int = Field(description="What customers paid, returns not taken off")
    returned_minor: int = Field(0, description="Paid back that day for goods that came back, of whichever day's sales")
    receipt_count: int | None = Field(description="None: the source does not say")


class DailySales(BaseModel):
    rows: list[DailySalesView]
    complete: bool = Field(description=f"False: more than {ROWS_MAX} rows; ask for fewer days or one store")


@router.get("/sales/daily")
async def daily(
    asking: Reader,
    store_id: Annotated[str | None, Query(description="Only this store")] = None,
    item_id: Annotated[str | None, Query(description="Only this item")] = None,
    first: Annotated[datetime.date | None, Query(alias="from", description="First business date")] = None,
    last: Annotated[datetime.date | None, Query(alias="to", description="Last business date; left out: today")] = None,
) -> DailySales:
    """Sales by business date and store, oldest first, each figure with its source."""
    today = datetime.datetime.fromtimestamp(asking.now_ms / 1000, datetime.UTC).date()
    end = last or today
    days = Days(first or end - datetime.timedelta(days=DAYS_DEFAULT - 1), end).check()
    async with asking.read() as tx:
        rows = await history.daily(tx, days, store_id, item_id, ROWS_MAX + 1)
    views = [DailySalesView(**asdict(row)) for row in rows[:ROWS_MAX]]
    return DailySales(rows=views, complete=len(rows) <= ROWS_MAX)
