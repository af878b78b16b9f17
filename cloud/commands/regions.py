"""`region` commands: the chain's regions, for scripts and for machines without a browser."""

from __future__ import annotations

from cloud.audit.domain import Entry
from cloud.clock import SystemClock
from cloud.commands.ground import Say, everything, note
from cloud.organisation import service, store
from cloud.settings import HqSettings


async def put(settings: HqSettings, region_id: str, name: str, say: Say) -> None:
    """Add a region or rename one."""
    async with everything(settings) as tx:
        before, after = await service.put_region(tx, region_id, name, now_ms=SystemClock().now_ms())
        was = None if before is None else {"name": before.name}
        noted = Entry("region.renamed" if before else "region.added", region_id, before=was, after={"name": after.name})
        await note(tx, noted)
    say(f"region {region_id}: {after.name}")


async def move(settings: HqSettings, store_id: str, region_id: str, say: Say) -> None:
    """Put a store into a region."""
    async with everything(settings) as tx:
        before = await service.move_store(tx, store_id, region_id)
        was, now = {"region_id": before}, {"region_id": region_id}
        await note(tx, Entry("store.moved", store_id, (store_id,), before=was, after=now))
    say(f"store {store_id} is in region {region_id}")


async def list_regions(settings: HqSettings, say: Say) -> None:
    """One line a region."""
    async with everything(settings) as tx:
        for region in await store.list_regions(tx):
            say(f"{region.region_id}  {region.name}  stores: {region.store_count}")
