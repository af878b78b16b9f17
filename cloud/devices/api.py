"""Routes of devices: of one store, and across the chain, worst first."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Query

from cloud.devices import service
from cloud.devices.domain import Wanted
from cloud.devices.schemas import DeviceList, DevicePage, DeviceView, HealthList, HealthView, StateCounts, StateCountView
from cloud.web.access import Reader
from cloud.web.cursors import PAGE_LIMIT_MAX, encode_cursor, mixed_cursor

router = APIRouter(prefix="/api/v1", tags=["devices"])
LIMIT_DEFAULT = 100
Word = Annotated[str | None, Query(max_length=64)]


@router.get("/devices")
async def list_devices(
    asking: Reader,
    state: Word = None,
    device_kind: Word = None,
    zone: Word = None,
    trouble: bool = False,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)] = LIMIT_DEFAULT,
) -> DevicePage:
    """Devices of all stores, worst first; within a state the one longest in it first. `trouble`: no healthy ones."""
    place = cast("tuple[int, int, str, str] | None", mixed_cursor(after, int, int, str, str))
    wanted = Wanted(state=state, kind=device_kind, zone=zone, trouble=trouble)
    async with asking.read() as tx:
        found = await service.list_devices(tx, wanted, place, limit, now_ms=asking.now_ms)
    next_cursor = encode_cursor(*found[-1].place) if len(found) == limit else None
    return DevicePage(rows=[DeviceView.of(device) for device in found], next=next_cursor)


@router.get("/devices/counts")
async def count_devices(asking: Reader, zone: Word = None) -> StateCounts:
    """How many devices are in each state, by kind."""
    async with asking.read() as tx:
        return StateCounts(rows=[StateCountView.of(count) for count in await service.counts(tx, zone)])


@router.get("/stores/{store_id}/devices")
async def devices_of_store(store_id: str, asking: Reader) -> DeviceList:
    """The devices of one store, worst first."""
    async with asking.read() as tx:
        found = await service.devices_of(tx, store_id, now_ms=asking.now_ms)
    return DeviceList(rows=[DeviceView.of(device) for device in found])


@router.get("/stores/{store_id}/devices/health")
async def health_of_devices(store_id: str, asking: Reader) -> HealthList:
    """What each device of a store went through in the last 24 hours."""
    async with asking.read() as tx:
        return HealthList(rows=[HealthView.of(each) for each in await service.health_of(tx, store_id, now_ms=asking.now_ms)])
