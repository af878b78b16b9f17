"""What stores sold before their facts came here, by day and item; and days from both sources side by side.

History is imported (cloud/imports/sales_history.py) and stands in a table of its own. Nothing mixes it with recorded sales:
whoever reads gets each figure with its source.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.refusals import Invalid

Q = load_queries(__file__, "history.sql")

ROWS_AT_ONCE = 5_000
DAYS_MAX = 400
RECORDED, HISTORY = "recorded", "history"
DAY_MS = 86_400_000
SLACK_MS = 2 * DAY_MS
"""A sale's business date is in the store's time zone and by its clock: instants a little outside may belong."""


@dataclass(frozen=True)
class HistoryRow:
    """What a store sold of an item on a day."""

    store_id: str
    business_date: datetime.date
    item_id: str
    quantity_thousandths: int
    net_minor: int
    currency: str
    receipt_count: int | None


@dataclass(frozen=True)
class DailySales:
    """One day of one store from one source. `receipt_count` None: the source does not say."""

    business_date: str
    store_id: str
    currency: str
    source: Literal["recorded", "history"]
    quantity_thousandths: int
    net_minor: int
    receipt_count: int | None
    returned_minor: int = 0
    """Paid back that day for goods that came back, of whichever day's sales; `net_minor` is before it."""


@dataclass(frozen=True)
class Days:
    """A closed period of business dates."""

    first: datetime.date
    last: datetime.date

    def check(self) -> Days:
        """Itself. Raises `Invalid` when it is empty, or longer than `DAYS_MAX`."""
        if self.last < self.first:
            raise Invalid.field("to", "before the first day", "Give a later day.")
        if (self.last - self.first).days >= DAYS_MAX:
            raise Invalid.field("from", f"more than {DAYS_MAX} days before the last", "Ask for a shorter time.")
        return self


async def days_held(tx: Connection, store_ids: Sequence[str], days: Days) -> set[tuple[str, datetime.date, str]]:
    """(store, day, item) of the history there is in a period."""
    values = {"store_ids": list(store_ids), "first": days.first, "last": days.last}
    return {(str(row[0]), row[1], str(row[2])) for row in await (await tx.execute(Q["days_held"], values)).fetchall()}


async def days_recorded(tx: Connection, store_ids: Sequence[str], days: Days) -> set[tuple[str, datetime.date]]:
    """(store, day) pairs for which stores have sent sales themselves."""
    values = {"store_ids": list(store_ids), "first": days.first, "last": days.last, **_instants(days)}
    return {(str(row[0]), row[1]) for row in await (await tx.execute(Q["days_recorded"], values)).fetchall()}


async def add(tx: Connection, import_id: str, rows: Sequence[HistoryRow]) -> int:
    """Add rows and say how many are new: what a store, day and item have already stays."""
    added = 0
    for batch in _batches(rows):
        values = {
            "import_id": import_id,
            "stores": [row.store_id for row in batch],
            "days": [row.business_date for row in batch],
            "items": [row.item_id for row in batch],
            "quantities": [row.quantity_thousandths for row in batch],
            "nets": [row.net_minor for row in batch],
            "currencies": [row.currency for row in batch],
            "receipts": [row.receipt_count for row in batch],
        }
        added += (await tx.execute(Q["add"], values)).rowcount
    return added


async def remove(tx: Connection, import_id: str) -> int:
    """Take a whole import out again and say how many rows went."""
    return (await tx.execute(Q["remove"], {"import_id": import_id})).rowcount


async def has_history(tx: Connection, store_id: str) -> bool:
    """Whether anything was imported for a store."""
    row = await (await tx.execute(Q["has_history"], {"store_id": store_id})).fetchone()
    return row is not None


async def daily(tx: Connection, days: Days, store_id: str | None, item_id: str | None, limit: int) -> list[DailySales]:
    """Days within the caller's scope, oldest first: a row for each store, currency and source."""
    values = {
        "first": days.first,
        "last": days.last,
        "store_id": store_id,
        "item_id": item_id,
        "limit": limit,
        **_instants(days),
    }
    async with tx.cursor(row_factory=class_row(DailySales)) as cursor:
        await cursor.execute(Q["daily_of_item" if item_id else "daily"], values)
        return await cursor.fetchall()


def _instants(days: Days) -> dict[str, int]:
    """Between which instants sales of these days were closed, generously."""
    begin = datetime.datetime.combine(days.first, datetime.time(), datetime.UTC)
    end = datetime.datetime.combine(days.last, datetime.time(), datetime.UTC)
    return {"from_ms": int(begin.timestamp()) * 1000 - SLACK_MS, "to_ms": int(end.timestamp()) * 1000 + DAY_MS + SLACK_MS}


def _batches(rows: Sequence[HistoryRow]) -> Iterator[Sequence[HistoryRow]]:
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[begin : begin + ROWS_AT_ONCE]
