"""SQL of the organisation and its regions."""

from __future__ import annotations

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.organisation.domain import PlacedStore, Region

Q = load_queries(__file__, "organisation.sql")


async def organisation(tx: Connection, *, lock: bool = False) -> str:
    """The organisation's name; `lock` it until the transaction ends."""
    row = await (await tx.execute(Q["lock_organisation" if lock else "organisation"])).fetchone()
    assert row is not None
    return str(row[0])


async def rename_organisation(tx: Connection, name: str) -> None:
    """Give it another name."""
    await tx.execute(Q["rename_organisation"], {"name": name})


async def list_regions(tx: Connection) -> list[Region]:
    """Regions within the caller's scope by name, the one nobody chose last."""
    async with tx.cursor(row_factory=class_row(Region)) as cursor:
        await cursor.execute(Q["list_regions"])
        return await cursor.fetchall()


async def list_stores(tx: Connection, after: str, limit: int, region_id: str | None) -> list[PlacedStore]:
    """Stores within the caller's scope in the order of their ids, all or those of a region."""
    async with tx.cursor(row_factory=class_row(PlacedStore)) as cursor:
        await cursor.execute(Q["list_stores"], {"after": after, "limit": limit, "region_id": region_id})
        return await cursor.fetchall()


async def lock_region(tx: Connection, region_id: str) -> Region | None:
    """One region, locked until the transaction ends."""
    async with tx.cursor(row_factory=class_row(Region)) as cursor:
        await cursor.execute(Q["lock_region"], {"region_id": region_id})
        return await cursor.fetchone()


async def count_regions(tx: Connection) -> int:
    """How many there are."""
    row = await (await tx.execute(Q["count_regions"])).fetchone()
    return 0 if row is None else int(row[0])


async def put_region(tx: Connection, region_id: str, name: str, now_ms: int) -> None:
    """Add or rename."""
    await tx.execute(Q["put_region"], {"region_id": region_id, "name": name, "now_ms": now_ms})


async def remove_region(tx: Connection, region_id: str) -> None:
    """Take it away; no store may be in it."""
    await tx.execute(Q["remove_region"], {"region_id": region_id})


async def region_has_stores(tx: Connection, region_id: str) -> bool:
    """Whether any store is in it."""
    return await (await tx.execute(Q["region_has_stores"], {"region_id": region_id})).fetchone() is not None


async def people_of_region(tx: Connection, region_id: str) -> list[str]:
    """Logins of a few people scoped to it."""
    return [str(row[0]) for row in await (await tx.execute(Q["people_of_region"], {"region_id": region_id})).fetchall()]


async def lock_region_of_store(tx: Connection, store_id: str) -> str | None:
    """The region of a store within the caller's scope, the store locked until the transaction ends."""
    row = await (await tx.execute(Q["lock_region_of_store"], {"store_id": store_id})).fetchone()
    return None if row is None else str(row[0])


async def move_store(tx: Connection, store_id: str, region_id: str) -> None:
    """Put a store into another region, which must exist."""
    await tx.execute(Q["move_store"], {"store_id": store_id, "region_id": region_id})
