"""Use cases of the organisation and its regions, each inside the caller's transaction over the whole chain."""

from __future__ import annotations

from cloud.db.pool import Connection
from cloud.organisation import store
from cloud.organisation.domain import DEFAULT_REGION, REGIONS_MAX, Region, check_region_id, checked_name
from cloud.refusals import Conflict, Invalid, Missing


async def rename_organisation(tx: Connection, name: str) -> tuple[str, str]:
    """Rename it; returns the names before and after. Raises `Invalid`."""
    wanted = checked_name(name)
    before = await store.organisation(tx, lock=True)
    await store.rename_organisation(tx, wanted)
    return before, wanted


async def put_region(tx: Connection, region_id: str, name: str, *, now_ms: int) -> tuple[Region | None, Region]:
    """Add a region or rename one; returns it before (None: new) and after. Raises `Invalid` or `Conflict`."""
    check_region_id(region_id)
    wanted = checked_name(name)
    before = await store.lock_region(tx, region_id)
    if before is None and await store.count_regions(tx) >= REGIONS_MAX:
        raise Conflict("too_many_regions", f"There are {REGIONS_MAX} regions already.", "Remove one without stores.")
    await store.put_region(tx, region_id, wanted, now_ms)
    return before, Region(region_id, wanted)


async def remove_region(tx: Connection, region_id: str) -> Region:
    """Take an empty region away and return it. Raises `Missing` or `Conflict`."""
    before = await store.lock_region(tx, region_id)
    if before is None:
        raise Missing("no_region", f"There is no region '{region_id}'.", "See the list of regions.")
    if region_id == DEFAULT_REGION:
        raise Conflict("default_region", "New stores come into this region.", "Rename it instead.")
    if await store.region_has_stores(tx, region_id):
        raise Conflict("region_has_stores", f"Stores are in region '{region_id}'.", "Move them to another region first.")
    if people := await store.people_of_region(tx, region_id):
        detail = f"Region '{region_id}' is the scope of {', '.join(people)}."
        raise Conflict("region_has_people", detail, "Give these people another scope first.")
    await store.remove_region(tx, region_id)
    return before


async def move_store(tx: Connection, store_id: str, region_id: str) -> str:
    """Put a store into another region; returns the one it came from. Raises `Missing` or `Invalid`."""
    before = await store.lock_region_of_store(tx, store_id)
    if before is None:
        raise Missing("no_store", f"There is no store '{store_id}'.", "See the list of stores.")
    if await store.lock_region(tx, region_id) is None:
        raise Invalid.field("region_id", f"there is no region '{region_id}'", "See GET /api/v1/regions.")
    await store.move_store(tx, store_id, region_id)
    return before
