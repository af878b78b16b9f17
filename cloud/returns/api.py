"""Route of clashes: goods that came back more often than they were sold, because a store could not ask."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from cloud.returns import store
from cloud.web.access import Reader

router = APIRouter(prefix="/api/v1", tags=["returns"])

DAYS_DEFAULT = 90
DAY_MS = 86_400_000
ROWS_MAX = 500


class ClashView(BaseModel):
    """A sold line of which more came back than was sold."""

    sold_store_id: str
    sale_id: str
    line_no: int
    item_id: str
    name: str
    sold: int | None = Field(description="Units sold; none: the sale has not arrived yet")
    returned: int = Field(description="Units that came back, in all")
    refund_minor: int
    at_ms: int = Field(description="When the last of them came back")
    returns: list[str] = Field(description="store/return of each")


class Clashes(BaseModel):
    rows: list[ClashView]
    cut: bool = Field(description=f"There are more than {ROWS_MAX}: ask for fewer days or one store")


@router.get("/return-clashes")
async def list_clashes(
    asking: Reader,
    store_id: Annotated[str | None, Query(description="Only goods that this store sold")] = None,
    days: Annotated[int, Query(ge=1, le=400, description="How many days back")] = DAYS_DEFAULT,
) -> Clashes:
    """Goods that came back more often than they were sold, newest first. Who looks after some stores sees what came back in
    those."""
    async with asking.read() as tx:
        rows = await store.clashes(tx, asking.now_ms - days * DAY_MS, store_id, ROWS_MAX + 1)
    return Clashes(rows=[ClashView(**asdict(row)) for row in rows[:ROWS_MAX]], cut=len(rows) > ROWS_MAX)
