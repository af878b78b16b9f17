"""What books hold, and the log of prices, as people read them."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.pricing import ground
from cloud.pricing.comparison import DAY_MS, EU_DAYS, lowest
from cloud.pricing.judge import Rules
from cloud.pricing.price_books import Book
from cloud.pricing.timeline import Step, spans_of, timeline
from cloud.refusals import Missing
from protocols.contract.feed_rows import price_feed, store_price_feed

Q = load_queries(__file__, "log.sql")


@dataclass(frozen=True)
class BookPrice:
    """A price a book holds that is not over. `paid`: it is what its customers pay now."""

    item_id: str
    name: str
    name_zh: str
    weighed: bool
    revision: int
    price_minor: int
    was_minor: int | None
    effective_from_ms: int
    effective_to_ms: int | None
    reason: str
    changed_by: str
    changed_at_ms: int
    paid: bool


@dataclass(frozen=True)
class LogLine:
    """One line of the log."""

    event_id: int
    at_ms: int
    what: str
    person: str
    book_id: str
    feed_id: str
    feed_version: int | None
    revision: int
    price_minor: int
    effective_from_ms: int
    effective_to_ms: int | None
    customer_group: str
    price_kind: str
    priority: int
    was_minor: int | None
    reason: str


@dataclass(frozen=True)
class Place:
    """Whose prices are asked for: a zone's, or those of one store; and which customer group's."""

    zone: str | None
    store_id: str | None
    customer_group: str = ""


@dataclass(frozen=True)
class Told:
    """What an item cost in a place."""

    rules: Rules
    steps: tuple[Step, ...]
    lowest_30_days_minor: int | None


async def book_prices(
    tx: Connection, book: Book, rules: Rules, after: tuple[str, int], limit: int, now_ms: int
) -> list[BookPrice]:
    """Prices of a book that are in force or will be, by (item, revision) after a place."""
    values = {"book_id": book.book_id, "zone": rules.zone, "limit": limit, "now_ms": now_ms}
    async with tx.cursor(row_factory=class_row(BookPrice)) as cursor:
        await cursor.execute(Q["book_prices"], {**values, "after_item": after[0], "after_revision": after[1]})
        return await cursor.fetchall()


async def log_of_item(tx: Connection, item_id: str, before: int, limit: int) -> list[LogLine]:
    """Lines of an item's log below an event id, newest first; of stores in scope."""
    async with tx.cursor(row_factory=class_row(LogLine)) as cursor:
        await cursor.execute(Q["log_of_item"], {"item_id": item_id, "before": before, "limit": limit})
        return await cursor.fetchall()


async def told(tx: Connection, item_id: str, place: Place, span_ms: tuple[int, int], now_ms: int) -> Told:
    """What an item cost, and will cost as planned, in [from, until) of a place. Raises `Missing`."""
    rules = await ground.rules_at(tx, place.zone, place.store_id)
    if rules is None:
        what = "zone" if place.store_id is None else "store"
        raise Missing(f"no_{what}", f"There is no {what} '{place.store_id or place.zone}'.", f"See GET /api/v1/{what}s.")
    feeds = {price_feed(rules.zone)} | ({store_price_feed(place.store_id)} if place.store_id else set())
    events = await ground.events_of(tx, [item_id], rules.zone, place.store_id)
    spans = spans_of([event for _, feed_id, event in events if feed_id in feeds])
    group = place.customer_group
    month = timeline(spans, now_ms - EU_DAYS * DAY_MS, now_ms, group)
    return Told(rules, tuple(timeline(spans, *span_ms, group)), lowest(step.price_minor for step in month))
