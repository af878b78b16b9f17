"""SQL of what prices are judged by: rules of a zone, the log, sale lines, costs."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.rows import TupleRow, class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.pricing.comparison import CN_DAYS, DAY_MS, is_reduction
from cloud.pricing.judge import Cost, Ground, Rules
from cloud.pricing.price_books import Book
from cloud.pricing.revisions import Author, get_book
from cloud.pricing.timeline import Event, Span, spans_of
from cloud.refusals import Missing
from protocols.contract.values import PriceKind, PriceLaw, TaxMode

Q = load_queries(__file__, "ground.sql")
LAST_PAID_DAYS = 90
"""How far back the last sale of an item is looked for."""


@dataclass(frozen=True)
class CostRow:
    """What an item costs in a currency, net of tax, and who said so."""

    item_id: str
    currency: str
    cost_minor: int
    changed_by: str
    changed_at_ms: int


async def rules_of(tx: Connection, book: Book) -> Rules | None:
    """The rules of the zone a book belongs to, for a store's book those of its present zone. None: there is no such."""
    return await rules_at(tx, book.zone, book.store_id)


async def need_book(tx: Connection, book_id: str) -> Book:
    """The book. Raises `Missing`."""
    found = await get_book(tx, book_id)
    if found is None:
        raise Missing("no_book", f"There is no price book '{book_id}'.", "See GET /api/v1/price-books.")
    return found


async def need_rules(tx: Connection, book: Book) -> Rules:
    """The rules that bind a book. Raises `Missing` when its store is gone."""
    found = await rules_of(tx, book)
    if found is None:
        raise Missing("no_zone", f"Book '{book.book_id}' belongs to no price zone.", "See GET /api/v1/stores.")
    return found


async def rules_at(tx: Connection, zone: str | None, store_id: str | None) -> Rules | None:
    """The rules of a zone, or of the zone a store is in."""
    row = await (await tx.execute(Q["rules"], {"zone": zone, "store_id": store_id})).fetchone()
    if row is None:
        return None
    name, currency, digits, tax_mode, law, percent, below_cost = row
    return Rules(name, currency, digits, TaxMode(tax_mode), PriceLaw(law), percent, below_cost)


async def set_guard(tx: Connection, zone: str, change_percent: int | None, *, below_cost: bool) -> None:
    """Change the guard rails of a zone."""
    await tx.execute(Q["set_guard"], {"zone": zone, "change_percent": change_percent, "below_cost": below_cost})


async def ground_of(tx: Connection, book: Book, rules: Rules, item_ids: Sequence[str], now_ms: int) -> Ground:
    """Everything a change of these items in the book is judged by; only what its rules ask for is read."""
    if not rules.needs_ground(book):
        return Ground(book, rules)
    events = await events_of(tx, item_ids, rules.zone, book.store_id)
    spans = await asyncio.to_thread(_by_item, events)
    paid: dict[str, int] = {}
    if rules.law is PriceLaw.CN and is_reduction(book.price_kind):
        paid = await _lowest_paid(tx, item_ids, rules.zone, book.store_id, now_ms)
    costs = await costs_in(tx, item_ids, rules.currency) if rules.below_cost else {}
    return Ground(book, rules, spans, paid, costs)


async def events_of(
    tx: Connection, item_ids: Sequence[str], zone: str, store_id: str | None
) -> list[tuple[str, str, Event]]:
    """(item, feed, line of the log) of a zone with all its stores, or of a zone with one of them, oldest first."""
    values = {"item_ids": sorted(set(item_ids)), "zone": zone, "store_id": store_id}
    rows = await (await tx.execute(Q["events"], values)).fetchall()
    return [(str(row[0]), str(row[1]), _event(row[2:])) for row in rows]


def _event(row: TupleRow) -> Event:
    at_ms, what, book_id, revision, price_minor, from_ms, to_ms, priority, group, kind, was_minor = row
    span = Span(book_id, revision, price_minor, from_ms, to_ms, priority, group, PriceKind(kind), was_minor)
    return Event(at_ms, what, span)


def _by_item(events: Sequence[tuple[str, str, Event]]) -> dict[str, dict[str, list[Span]]]:
    told: dict[str, dict[str, list[Event]]] = defaultdict(lambda: defaultdict(list))
    for item_id, feed_id, event in events:
        told[item_id][feed_id].append(event)
    return {item_id: {feed_id: spans_of(each) for feed_id, each in by_feed.items()} for item_id, by_feed in told.items()}


async def _lowest_paid(
    tx: Connection, item_ids: Sequence[str], zone: str, store_id: str | None, now_ms: int
) -> dict[str, int]:
    """The lowest paid in the last 7 days; of items that were not sold in them, what was paid last."""
    values = {"zone": zone, "store_id": store_id}
    since = {"item_ids": sorted(set(item_ids)), "since_ms": now_ms - CN_DAYS * DAY_MS}
    rows = await (await tx.execute(Q["lowest_paid"], {**values, **since})).fetchall()
    found = {str(item_id): int(price) for item_id, price in rows}
    unsold = {"item_ids": sorted(set(item_ids) - found.keys()), "since_ms": now_ms - LAST_PAID_DAYS * DAY_MS}
    if unsold["item_ids"]:
        rows = await (await tx.execute(Q["last_paid"], {**values, **unsold})).fetchall()
        found |= {str(item_id): int(price) for item_id, price in rows}
    return found


async def costs_in(tx: Connection, item_ids: Sequence[str], currency: str) -> dict[str, Cost]:
    """What items cost in a currency, as far as it is known."""
    values = {"item_ids": sorted(set(item_ids)), "currency": currency}
    rows = await (await tx.execute(Q["costs"], values)).fetchall()
    return {str(item_id): Cost(int(cost), int(rate_bp)) for item_id, cost, rate_bp in rows}


async def put_costs(tx: Connection, rows: Sequence[tuple[str, str, int]], author: Author) -> int:
    """Set (item, currency, cost) rows; returns how many differ from before."""
    values = {
        "item_ids": [row[0] for row in rows],
        "currencies": [row[1] for row in rows],
        "costs": [row[2] for row in rows],
        "person": author.login,
        "now_ms": author.now_ms,
    }
    return (await tx.execute(Q["put_costs"], values)).rowcount


async def costs_of_item(tx: Connection, item_id: str) -> list[CostRow]:
    """What an item costs, by currency."""
    async with tx.cursor(row_factory=class_row(CostRow)) as cursor:
        await cursor.execute(Q["costs_of_item"], {"item_id": item_id})
        return await cursor.fetchall()


async def costs_among(tx: Connection, item_ids: Sequence[str]) -> dict[tuple[str, str], int]:
    """(item, currency): cost."""
    rows = await (await tx.execute(Q["costs_among"], {"item_ids": list(item_ids)})).fetchall()
    return {(str(item_id), str(currency)): int(cost) for item_id, currency, cost in rows}
