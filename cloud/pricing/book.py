"""The price book of a zone: every item with its price now, its next change, and where it came from; also as a file.

The file reads back as an import that changes nothing: item, zone and price stand under headings the import knows, what is
only for people (since when, what comes next) under others.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.pricing.store import Q, list_zones
from cloud.refusals import Missing
from cloud.tables.write import Out, write_csv, write_xlsx
from protocols.contract.feed_rows import ZoneRow

ROWS_MAX = 200_000
"""Items in one exported file."""
HEADING = (
    "item id",
    "barcode",
    "name",
    "name zh",
    "zone",
    "currency",
    "price",
    "since",
    "until",
    "next price",
    "next change",
)


@dataclass(frozen=True)
class BookRow:
    """One item in a zone's price book. `next_at_ms`: when its price changes or ends (`next_price_minor` None: it ends)."""

    item_id: str
    name: str
    name_zh: str
    weighed: bool
    active: bool
    gtin: str | None
    revision: int | None
    price_minor: int | None
    effective_from_ms: int | None
    effective_to_ms: int | None
    changed_by: str | None
    changed_at_ms: int | None
    next_at_ms: int | None
    next_price_minor: int | None
    scheduled_count: int
    paid_minor: int | None
    """What customers pay: another price while a further book of the zone stands above its own."""
    paid_book_id: str | None


@dataclass(frozen=True)
class FutureRow:
    """A change that has not started. `before_minor` is the price it follows on, None when there is none."""

    item_id: str
    name: str
    name_zh: str
    weighed: bool
    revision: int
    price_minor: int
    effective_from_ms: int
    effective_to_ms: int | None
    reason: str
    changed_by: str
    changed_at_ms: int
    before_minor: int | None
    book_id: str
    was_minor: int | None


@dataclass(frozen=True)
class Wanted:
    """Which part of a book: items whose number or names contain every word, after an item; or only those that change."""

    zone: str
    words: tuple[str, ...] = ()
    changing: bool = False
    after: str = ""


async def need_zone(tx: Connection, zone: str) -> ZoneRow:
    """The zone. Raises `Missing`."""
    found = next((row for row in await list_zones(tx) if row.zone == zone), None)
    if found is None:
        raise Missing("no_zone", f"There is no price zone '{zone}'.", "See GET /api/v1/zones.")
    return found


async def rows(tx: Connection, wanted: Wanted, limit: int, now_ms: int) -> list[BookRow]:
    """Items in the order of their numbers."""
    words = ["%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%" for word in wanted.words]
    values = {"zone": wanted.zone, "words": words, "changing": wanted.changing, "after": wanted.after}
    async with tx.cursor(row_factory=class_row(BookRow)) as cursor:
        await cursor.execute(Q["book"], {**values, "limit": limit, "now_ms": now_ms})
        return await cursor.fetchall()


async def future(tx: Connection, zone: str, after: tuple[int, str], limit: int, now_ms: int) -> list[FutureRow]:
    """Changes that have not started, the nearest first, after a (start, item)."""
    values = {"zone": zone, "after_ms": after[0], "after_item": after[1], "limit": limit, "now_ms": now_ms}
    async with tx.cursor(row_factory=class_row(FutureRow)) as cursor:
        await cursor.execute(Q["future"], values)
        return await cursor.fetchall()


def as_csv(zone: ZoneRow, book: Sequence[BookRow]) -> bytes:
    """The book as CSV (UTF-8 with a mark, commas, decimal points)."""
    return write_csv(HEADING, (_out(zone, row) for row in book))


def as_xlsx(zone: ZoneRow, book: Sequence[BookRow]) -> bytes:
    """The book as a workbook of one sheet."""
    return write_xlsx(HEADING, (_out(zone, row) for row in book), zone.zone)


def _out(zone: ZoneRow, row: BookRow) -> tuple[Out, ...]:
    return (
        row.item_id,
        row.gtin,
        row.name,
        row.name_zh,
        zone.zone,
        zone.currency,
        _money(row.price_minor, zone.minor_digits),
        _utc(row.effective_from_ms) if row.effective_from_ms else None,
        _utc(row.effective_to_ms),
        _money(row.next_price_minor, zone.minor_digits),
        _utc(row.next_at_ms),
    )


def _money(minor: int | None, digits: int) -> Decimal | None:
    return None if minor is None else Decimal(minor).scaleb(-digits)


def _utc(at_ms: int | None) -> str | None:
    return None if at_ms is None else f"{datetime.datetime.fromtimestamp(at_ms / 1000, datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
