"""SQL of zones and prices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from msgspec import structs
from psycopg.rows import TupleRow, class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.pricing.domain import Revision
from protocols.contract.feed_rows import ZoneRow, price_feed
from protocols.contract.values import TaxMode

Q = load_queries(__file__, "pricing.sql")
ROWS_AT_ONCE = 5_000
Row = TypeVar("Row")


@dataclass(frozen=True)
class PriceInZone:
    """The price in force in one zone; None fields = no price."""

    zone: str
    currency: str
    minor_digits: int
    revision: int | None
    price_minor: int | None
    effective_from_ms: int | None
    effective_to_ms: int | None


@dataclass(frozen=True)
class ScheduledRow:
    """A change that has not started."""

    zone: str
    revision: int
    price_minor: int
    effective_from_ms: int
    effective_to_ms: int | None
    reason: str


@dataclass(frozen=True)
class HistoryRow:
    """One revision with who made it and when."""

    revision: int
    price_minor: int
    effective_from_ms: int
    effective_to_ms: int | None
    reason: str
    changed_by: str
    changed_at_ms: int
    withdrawn_at_ms: int | None
    feed_version: int


@dataclass(frozen=True)
class ListedPrice:
    """An item with its price in force in one zone."""

    item_id: str
    name: str
    name_zh: str
    weighed: bool
    revision: int | None
    price_minor: int | None
    effective_from_ms: int | None
    effective_to_ms: int | None


@dataclass(frozen=True)
class PublishedChange:
    """Everything one feed version of a zone changed."""

    feed_version: int
    item_count: int
    first_item_id: str
    changed_by: str
    changed_at_ms: int
    effective_from_ms: int
    """The earliest of its prices."""


@dataclass(frozen=True)
class LandingCounts:
    """How far a version of a zone's prices has come."""

    store_count: int
    applied_count: int
    online_count: int


@dataclass(frozen=True)
class LandingStore:
    """How far it has come in one store."""

    store_id: str
    name: str
    online: bool
    heard_at_ms: int
    applied_version: int | None
    status: str


@dataclass(frozen=True)
class Author:
    """Who changes a price, and when."""

    login: str
    now_ms: int


async def put_zone(tx: Connection, row: ZoneRow) -> None:
    """Add or replace."""
    await tx.execute(Q["put_zone"], structs.asdict(row))


async def list_zones(tx: Connection) -> list[ZoneRow]:
    """All zones by name."""
    return [_zone(row) for row in await (await tx.execute(Q["list_zones"])).fetchall()]


async def present_zone(tx: Connection, zone: str) -> ZoneRow | None:
    """One zone, locked until the transaction ends."""
    row = await (await tx.execute(Q["present_zone"], {"zone": zone})).fetchone()
    return None if row is None else _zone(row)


def _zone(row: TupleRow) -> ZoneRow:
    zone, currency, digits, mode, rounding = row
    return ZoneRow(zone=zone, currency=currency, minor_digits=digits, tax_mode=TaxMode(mode), cash_rounding_minor=rounding)


async def lock_zone(tx: Connection, zone: str) -> bool:
    """Serialise price changes of a zone until the transaction ends; False when there is no such zone."""
    return await (await tx.execute(Q["lock_zone"], {"zone": zone})).fetchone() is not None


async def known_items(tx: Connection, item_ids: Sequence[str]) -> set[str]:
    """Which of the items exist."""
    rows = await (await tx.execute(Q["known_items"], {"item_ids": list(item_ids)})).fetchall()
    return {str(row[0]) for row in rows}


async def open_revisions(tx: Connection, zone: str, item_ids: Sequence[str]) -> dict[str, list[Revision]]:
    """The revisions stores hold, by item."""
    rows = await (await tx.execute(Q["open_revisions"], {"zone": zone, "item_ids": list(item_ids)})).fetchall()
    found: dict[str, list[Revision]] = defaultdict(list)
    for item_id, revision, price_minor, from_ms, to_ms, reason in rows:
        found[item_id].append(Revision(revision, price_minor, from_ms, to_ms, reason))
    return found


async def highest_revisions(tx: Connection, zone: str, item_ids: Sequence[str]) -> dict[str, int]:
    """The highest revision ever issued, by item."""
    rows = await (await tx.execute(Q["highest_revisions"], {"zone": zone, "item_ids": list(item_ids)})).fetchall()
    return {str(item_id): int(revision) for item_id, revision in rows}


async def add_revisions(
    tx: Connection, zone: str, rows: Sequence[tuple[str, Revision]], author: Author, feed_version: int
) -> None:
    """Remember (item, revision) rows and the feed version that carries them."""
    for batch in _batches(rows):
        await tx.execute(
            Q["add_revisions"],
            {
                "zone": zone,
                "item_ids": [item_id for item_id, _ in batch],
                "revisions": [row.revision for _, row in batch],
                "prices": [row.price_minor for _, row in batch],
                "froms": [row.from_ms for _, row in batch],
                "tos": [row.to_ms for _, row in batch],
                "reasons": [row.reason for _, row in batch],
                "changed_by": author.login,
                "now_ms": author.now_ms,
                "feed_version": feed_version,
            },
        )


async def withdraw(tx: Connection, zone: str, revisions: Sequence[tuple[str, int]], author: Author) -> None:
    """Mark scheduled (item, revision) rows as taken back."""
    for batch in _batches(revisions):
        values = {"zone": zone, "now_ms": author.now_ms, "person": author.login, **_named(batch)}
        await tx.execute(Q["withdraw"], values)


async def leave_feed(tx: Connection, zone: str, revisions: Sequence[tuple[str, int]]) -> None:
    """Mark (item, revision) rows no store needs any more."""
    for batch in _batches(revisions):
        await tx.execute(Q["leave_feed"], {"zone": zone, **_named(batch)})


def _named(revisions: Sequence[tuple[str, int]]) -> dict[str, list[str] | list[int]]:
    return {"item_ids": [item_id for item_id, _ in revisions], "revisions": [revision for _, revision in revisions]}


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[begin : begin + ROWS_AT_ONCE]


async def prices_of(tx: Connection, item_id: str, now_ms: int) -> list[PriceInZone]:
    """An item's price in force in every zone."""
    async with tx.cursor(row_factory=class_row(PriceInZone)) as cursor:
        await cursor.execute(Q["prices_of"], {"item_id": item_id, "now_ms": now_ms})
        return await cursor.fetchall()


async def scheduled(tx: Connection, item_id: str, now_ms: int) -> list[ScheduledRow]:
    """An item's changes that have not started, in every zone."""
    async with tx.cursor(row_factory=class_row(ScheduledRow)) as cursor:
        await cursor.execute(Q["scheduled"], {"item_id": item_id, "now_ms": now_ms})
        return await cursor.fetchall()


async def history(tx: Connection, zone: str, item_id: str, before: int, limit: int) -> list[HistoryRow]:
    """Revisions below `before`, newest first."""
    async with tx.cursor(row_factory=class_row(HistoryRow)) as cursor:
        await cursor.execute(Q["history"], {"zone": zone, "item_id": item_id, "before": before, "limit": limit})
        return await cursor.fetchall()


async def list_prices(tx: Connection, zone: str, after: str, limit: int, now_ms: int) -> list[ListedPrice]:
    """Items with their price in force, in item order."""
    async with tx.cursor(row_factory=class_row(ListedPrice)) as cursor:
        await cursor.execute(Q["list_prices"], {"zone": zone, "after": after, "limit": limit, "now_ms": now_ms})
        return await cursor.fetchall()


async def copy_prices(
    tx: Connection, zone: str, prices: Iterable[tuple[str, int]], author: Author, *, from_ms: int, feed_version: int
) -> None:
    """Load first prices (item, minor units) as revision 1 at the speed of COPY."""
    async with tx.cursor() as cursor, cursor.copy(Q["copy_prices"]) as copy:
        for item_id, price_minor in prices:
            await copy.write_row(
                (zone, item_id, 1, price_minor, from_ms, None, "", author.login, author.now_ms, feed_version)
            )


async def list_changes(tx: Connection, zone: str, before: int, limit: int) -> list[PublishedChange]:
    """Published changes of a zone below a feed version, newest first."""
    async with tx.cursor(row_factory=class_row(PublishedChange)) as cursor:
        await cursor.execute(Q["list_changes"], {"zone": zone, "before": before, "limit": limit})
        return await cursor.fetchall()


async def published_change(tx: Connection, zone: str, version: int) -> PublishedChange | None:
    """What a feed version of a zone changed; None when it changed no price."""
    async with tx.cursor(row_factory=class_row(PublishedChange)) as cursor:
        await cursor.execute(Q["published_change"], {"zone": zone, "version": version})
        return await cursor.fetchone()


async def landing_labels(tx: Connection, zone: str, version: int, store_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """By store: labels bound to an item the version changed, and those of them that confirmed that revision or later."""
    values = {"zone": zone, "version": version, "store_ids": list(store_ids)}
    rows = await (await tx.execute(Q["landing_labels"], values)).fetchall()
    return {str(store_id): (int(labels), int(shown)) for store_id, labels, shown in rows}


async def landing_counts(tx: Connection, zone: str, version: int, now_ms: int) -> LandingCounts:
    """How many of the zone's stores within the caller's scope hold the version."""
    async with tx.cursor(row_factory=class_row(LandingCounts)) as cursor:
        values = {"zone": zone, "feed_id": price_feed(zone), "version": version, "now_ms": now_ms}
        await cursor.execute(Q["landing_counts"], values)
        found = await cursor.fetchone()
    return found or LandingCounts(0, 0, 0)


async def landing_stores(tx: Connection, zone: str, version: int, limit: int, now_ms: int) -> list[LandingStore]:
    """The zone's stores within the caller's scope, those that lack the version first."""
    async with tx.cursor(row_factory=class_row(LandingStore)) as cursor:
        values = {"zone": zone, "feed_id": price_feed(zone), "version": version, "limit": limit, "now_ms": now_ms}
        await cursor.execute(Q["landing_stores"], values)
        return await cursor.fetchall()
