"""SQL of releases as they are read; they are written by `cloud/db/releases.py`."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries

Q = load_queries(__file__, "releases.sql")


@dataclass(frozen=True)
class ReleaseRow:
    """A published release."""

    release_id: str
    what: str
    published_at_ms: int
    published_by: str
    effective_at_ms: int | None


@dataclass(frozen=True)
class StoreStanding:
    """How one store stands to a release. `state`: `published`, `staged`, `applied` or `failed`; `reason`: its own words."""

    store_id: str
    name: str
    online: bool
    heard_at_ms: int
    state: str
    reason: str


async def list_releases(tx: Connection, before: tuple[int, str] | None, limit: int) -> list[ReleaseRow]:
    """Newest first, older than `before` (instant, id)."""
    before_ms, before_id = before or (None, "")
    async with tx.cursor(row_factory=class_row(ReleaseRow)) as cursor:
        await cursor.execute(Q["list_releases"], {"before_ms": before_ms, "before_id": before_id, "limit": limit})
        return await cursor.fetchall()


async def get_release(tx: Connection, release_id: str) -> ReleaseRow | None:
    """One release."""
    async with tx.cursor(row_factory=class_row(ReleaseRow)) as cursor:
        await cursor.execute(Q["get_release"], {"release_id": release_id})
        return await cursor.fetchone()


async def feeds_of(tx: Connection, release_id: str) -> dict[str, int]:
    """The feeds of a release with the versions they reached."""
    rows = await (await tx.execute(Q["feeds_of_release"], {"release_id": release_id})).fetchall()
    return {str(feed_id): int(version) for feed_id, version in rows}


async def standing(tx: Connection, release_id: str, now_ms: int) -> list[StoreStanding]:
    """Every store in scope that follows one of its feeds."""
    async with tx.cursor(row_factory=class_row(StoreStanding)) as cursor:
        await cursor.execute(Q["standing"], {"release_id": release_id, "now_ms": now_ms})
        return await cursor.fetchall()
