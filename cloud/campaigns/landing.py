"""SQL of how campaigns land: what stores and labels said of it, kept up store by store, and read for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from psycopg.rows import class_row

from cloud.campaigns.domain import TICK_MS, TICKS_KEPT, Landing, Tick
from cloud.db.pool import Connection
from cloud.db.queries import load_queries

Q = load_queries(__file__, "landing.sql")
STORES_LOOKED_AT = 20
"""For labels that lag; a chain of thousands of stores is looked at store by store."""


@dataclass(frozen=True)
class Stale:
    """A store whose landing is to be looked at again."""

    campaign_id: str
    store_id: str
    ingest_rev: int


@dataclass(frozen=True)
class Counts:
    """How far a campaign has landed in the caller's stores."""

    store_count: int
    applied_count: int
    received_count: int
    label_count: int
    shown_count: int


@dataclass(frozen=True)
class StoreLanding:
    """How far it has landed in one store. `trouble`: the store's own words of why it does not hold it yet."""

    store_id: str
    name: str
    zone: str
    ring_no: int
    online: bool
    offline_since_ms: int | None
    feed_id: str
    version: int
    published_at_ms: int
    received_at_ms: int | None
    applied_at_ms: int | None
    applied_how: str
    label_count: int
    shown_count: int
    first_shown_at_ms: int | None
    last_shown_at_ms: int | None
    trouble: str


@dataclass(frozen=True)
class LabelLanding:
    """One label: what it must show at least, and the last price it confirmed, with the evidence."""

    label_id: str
    position: str
    item_id: str
    name: str
    name_zh: str
    wanted_revision: int
    shows: bool
    price_revision: int | None
    price_minor: int | None
    evidence: str | None
    sent_at_ms: int | None
    confirmed_at_ms: int | None


@dataclass(frozen=True)
class Straggler:
    """A label that does not show it. `why` is a stable code."""

    store_id: str
    store_name: str
    label_id: str
    position: str
    item_id: str
    name: str
    name_zh: str
    price_minor: int | None
    confirmed_at_ms: int | None
    why: str
    detail: str


async def turn(tx: Connection) -> bool:
    """Whether this transaction alone keeps campaigns now."""
    row = await (await tx.execute(Q["turn"])).fetchone()
    return bool(row and row[0])


async def active(tx: Connection) -> list[str]:
    """Campaigns on their way."""
    return [str(row[0]) for row in await (await tx.execute(Q["active"])).fetchall()]


async def stale(tx: Connection, watched_since_ms: int, limit: int) -> list[Stale]:
    """Stores to be looked at again, those longest not looked at first."""
    async with tx.cursor(row_factory=class_row(Stale)) as cursor:
        await cursor.execute(Q["stale"], {"watched_since_ms": watched_since_ms, "limit": limit})
        return await cursor.fetchall()


async def look(tx: Connection, row: Stale, now_ms: int) -> None:
    """Look at one store again."""
    values = {"campaign_id": row.campaign_id, "store_id": row.store_id, "ingest_rev": row.ingest_rev, "now_ms": now_ms}
    await tx.execute(Q["look"], values)


async def counts(tx: Connection, campaign_id: str) -> Counts:
    """How far it has landed in the stores of the caller's scope."""
    async with tx.cursor(row_factory=class_row(Counts)) as cursor:
        await cursor.execute(Q["counts"], {"campaign_id": campaign_id})
        found = await cursor.fetchone()
    return found or Counts(0, 0, 0, 0, 0)


async def landing(tx: Connection, campaign_id: str) -> Landing:
    """The same with what goes wrong, to decide on."""
    found = await counts(tx, campaign_id)
    failures = await (await tx.execute(Q["failures"], {"campaign_id": campaign_id})).fetchall()
    words = tuple(str(row[0]) for row in failures)
    return Landing(found.store_count, found.applied_count, found.label_count, found.shown_count, words)


async def stores(tx: Connection, campaign_id: str, limit: int, now_ms: int) -> list[StoreLanding]:
    """Store by store, those furthest behind first."""
    async with tx.cursor(row_factory=class_row(StoreLanding)) as cursor:
        await cursor.execute(Q["stores"], {"campaign_id": campaign_id, "limit": limit, "now_ms": now_ms, "only": None})
        return await cursor.fetchall()


async def store_landing(tx: Connection, campaign_id: str, store_id: str, now_ms: int) -> StoreLanding | None:
    """One store; None when no ring has reached it, or it is outside the caller's scope."""
    async with tx.cursor(row_factory=class_row(StoreLanding)) as cursor:
        await cursor.execute(Q["stores"], {"campaign_id": campaign_id, "limit": 1, "now_ms": now_ms, "only": store_id})
        return await cursor.fetchone()


async def labels(
    tx: Connection, campaign_id: str, store_id: str, after: tuple[int, str, str, str], limit: int
) -> list[LabelLanding]:
    """Label by label, those that do not show it first, after a (shows, position, label, item)."""
    values = {"campaign_id": campaign_id, "store_id": store_id, "limit": limit}
    values |= dict(zip(("after_shows", "after_position", "after_label", "after_item"), after, strict=True))
    async with tx.cursor(row_factory=class_row(LabelLanding)) as cursor:
        await cursor.execute(Q["labels"], values)
        return await cursor.fetchall()


async def stragglers(tx: Connection, campaign_id: str, limit: int, now_ms: int) -> list[Straggler]:
    """Labels that do not show it, by store and position, of the `STORES_LOOKED_AT` stores that lack the most."""
    values = {"campaign_id": campaign_id, "limit": limit, "now_ms": now_ms, "stores": STORES_LOOKED_AT}
    async with tx.cursor(row_factory=class_row(Straggler)) as cursor:
        await cursor.execute(Q["stragglers"], values)
        return await cursor.fetchall()


async def ticks(tx: Connection, campaign_id: str, limit: int = TICKS_KEPT) -> list[Tick]:
    """The landing over time, oldest first; the newest `limit`."""
    async with tx.cursor(row_factory=class_row(Tick)) as cursor:
        await cursor.execute(Q["ticks"], {"campaign_id": campaign_id, "limit": limit})
        return (await cursor.fetchall())[::-1]


async def note_tick(tx: Connection, campaign_id: str, tick: Tick) -> bool:
    """Keep a point of the landing when something moved; at most one in `TICK_MS`, the newest `TICKS_KEPT`."""
    last: Sequence[Tick] = await ticks(tx, campaign_id, 1)
    if last and (tick.at_ms - last[0].at_ms < TICK_MS or asdict(tick) | {"at_ms": last[0].at_ms} == asdict(last[0])):
        return False
    await tx.execute(Q["add_tick"], {"campaign_id": campaign_id, **asdict(tick)})
    await tx.execute(Q["forget_ticks"], {"campaign_id": campaign_id, "kept": TICKS_KEPT})
    return True
