"""SQL of zones and prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import structs
from psycopg.rows import TupleRow, class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.pricing.revisions import Author, known_items
from protocols.contract.feed_rows import ZoneRow, price_feed
from protocols.contract.values import PriceLaw, RoundingMethod, RoundingScope, TaxMode

__all__ = ["Author", "known_items"]

Q = load_queries(__file__, "pricing.sql")


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
    book_id: str
    was_minor: int | None
    recalled: bool


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
    recalled: bool
    """It only took prices back."""


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


async def put_zone(tx: Connection, row: ZoneRow) -> None:
    """Add or replace."""
    await tx.execute(Q["put_zone"], {**structs.asdict(row), "code_layouts": list(row.code_layouts)})


async def list_zones(tx: Connection) -> list[ZoneRow]:
    """All zones by name."""
    return [_zone(row) for row in await (await tx.execute(Q["list_zones"])).fetchall()]


async def present_zone(tx: Connection, zone: str) -> ZoneRow | None:
    """One zone, locked until the transaction ends."""
    row = await (await tx.execute(Q["present_zone"], {"zone": zone})).fetchone()
    return None if row is None else _zone(row)


def _zone(row: TupleRow) -> ZoneRow:
    zone, currency, digits, mode, rounding, law, method, scope, layouts, bag_item_id = row
    return ZoneRow(
        zone=zone,
        currency=currency,
        minor_digits=digits,
        tax_mode=TaxMode(mode),
        cash_rounding_minor=rounding,
        price_law=PriceLaw(law),
        cash_rounding_method=RoundingMethod(method),
        cash_rounding_scope=RoundingScope(scope),
        code_layouts=tuple(layouts),
        bag_item_id=bag_item_id,
    )


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
