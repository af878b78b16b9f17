"""Routes of telemetry: what a store measures, and one series over an hour, a day, a month or a year."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from cloud.telemetry import service
from cloud.telemetry.domain import RESOLUTION_OF, SeriesName, Span
from cloud.telemetry.schemas import NameList, NameView, SeriesView
from cloud.web.access import Reader
from protocols.contract.telemetry import NAME_LENGTH_MAX

router = APIRouter(prefix="/api/v1", tags=["telemetry"])


@router.get("/stores/{store_id}/telemetry")
async def list_series(store_id: str, asking: Reader) -> NameList:
    """What the store and its devices measure, as far as something came in the last two days."""
    async with asking.read() as tx:
        found = await service.names(tx, store_id, now_ms=asking.now_ms)
    return NameList(rows=[NameView.of(name) for name in found])


@router.get("/stores/{store_id}/telemetry/{metric}")
async def get_series(
    store_id: str,
    metric: str,
    asking: Reader,
    device_id: Annotated[str, Query(max_length=NAME_LENGTH_MAX, description="Empty: the box itself")] = "",
    span: Span = Span.DAY,
) -> SeriesView:
    """One series: by the minute for an hour, by five minutes for a day, by the hour for a month, by the day for a year."""
    name = SeriesName(device_id, metric)
    async with asking.read() as tx:
        points = await service.series(tx, store_id, name, span, now_ms=asking.now_ms)
    return SeriesView.of(store_id, name, span, RESOLUTION_OF[span].step_ms, list(points))
