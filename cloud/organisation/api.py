"""Routes of the organisation: its name, its regions, which region a store is in."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.organisation import service, store
from cloud.organisation.domain import REGION_ID_PATTERN
from cloud.organisation.schemas import (
    MoveBody,
    NameBody,
    OrganisationView,
    PlacedStorePage,
    PlacedStoreView,
    RegionList,
    RegionView,
    RegionWritten,
    StoreMoved,
)
from cloud.web.access import OrganisationWriter, Reader
from cloud.web.cursors import PAGE_LIMIT_MAX, encode_cursor, text_cursor
from cloud.web.once import Repeat, repeat_of, write

router = APIRouter(prefix="/api/v1", tags=["organisation"])
Once = Annotated[Repeat, Depends(repeat_of)]
RegionId = Annotated[str, Path(pattern=REGION_ID_PATTERN)]


@router.get("/organisation")
async def get_organisation(asking: Reader) -> OrganisationView:
    """The chain's name."""
    async with asking.read() as tx:
        return OrganisationView(name=await store.organisation(tx))


@router.put("/organisation", response_model=OrganisationView)
async def rename_organisation(body: NameBody, asking: OrganisationWriter, once: Once) -> Response:
    """Rename the chain."""

    async def use_case(tx: Connection) -> Done[OrganisationView]:
        before, after = await service.rename_organisation(tx, body.name)
        return Done(
            OrganisationView(name=after),
            Entry("organisation.renamed", "organisation", before={"name": before}, after={"name": after}),
        )

    return await write(asking, once, use_case)


@router.get("/regions")
async def list_regions(asking: Reader) -> RegionList:
    """Regions; who looks after some stores sees those these stores are in."""
    async with asking.read() as tx:
        return RegionList(rows=[RegionView.of(region) for region in await store.list_regions(tx)])


@router.get("/store-names")
async def list_store_names(
    asking: Reader,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)] = PAGE_LIMIT_MAX,
    region_id: Annotated[str | None, Query(max_length=32, description="Only stores of this region")] = None,
) -> PlacedStorePage:
    """Stores by id with name, price zone and region, and nothing of how they do: for lists to choose from."""
    async with asking.read() as tx:
        rows = await store.list_stores(tx, text_cursor(after), limit, region_id)
    next_cursor = encode_cursor(rows[-1].store_id) if len(rows) == limit else None
    return PlacedStorePage(rows=[PlacedStoreView(**asdict(row)) for row in rows], next=next_cursor)


@router.put("/regions/{region_id}", response_model=RegionWritten)
async def put_region(region_id: RegionId, body: NameBody, asking: OrganisationWriter, once: Once) -> Response:
    """Add a region, or rename one."""

    async def use_case(tx: Connection) -> Done[RegionWritten]:
        before, after = await service.put_region(tx, region_id, body.name, now_ms=asking.now_ms)
        was = None if before is None else {"name": before.name}
        noted = Entry("region.renamed" if before else "region.added", region_id, before=was, after={"name": after.name})
        return Done(RegionWritten(region_id=region_id, name=after.name), noted)

    return await write(asking, once, use_case)


@router.delete("/regions/{region_id}", response_model=RegionWritten)
async def remove_region(region_id: RegionId, asking: OrganisationWriter, once: Once) -> Response:
    """Take away a region no store is in and nobody is scoped to."""

    async def use_case(tx: Connection) -> Done[RegionWritten]:
        before = await service.remove_region(tx, region_id)
        noted = Entry("region.removed", region_id, before={"name": before.name})
        return Done(RegionWritten(region_id=region_id, name=before.name), noted)

    return await write(asking, once, use_case)


@router.put("/stores/{store_id}/region", response_model=StoreMoved)
async def move_store(store_id: str, body: MoveBody, asking: OrganisationWriter, once: Once) -> Response:
    """Put a store into another region; whoever looks after that region sees it from now on."""

    async def use_case(tx: Connection) -> Done[StoreMoved]:
        before = await service.move_store(tx, store_id, body.region_id)
        noted = Entry(
            "store.moved",
            store_id,
            (store_id,),
            before={"region_id": before},
            after={"region_id": body.region_id},
        )
        return Done(StoreMoved(store_id=store_id, region_id=body.region_id), noted)

    return await write(asking, once, use_case)
