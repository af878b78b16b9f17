"""`seed-history`: a seeded past of some stores, brought in through the import of sales history. Safe to repeat."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Sequence

from cloud.clock import SystemClock
from cloud.commands import imports
from cloud.commands.ground import CommandFailed, Say, application
from cloud.db.pool import Connection, Database, Scope
from cloud.demo_history import SoldItem, history_csv
from cloud.imports import store
from cloud.imports.domain import Choices
from cloud.imports.service import Upload
from cloud.imports.store import StoreFacts
from cloud.pricing import book
from cloud.pricing.book import ROWS_MAX, Wanted
from cloud.sales import history
from cloud.settings import HqSettings

DAYS_MAX = 400


async def seed(settings: HqSettings, store_ids: Sequence[str], *, days: int, seed: int, say: Say) -> None:
    """Give each store a past that ends yesterday. Raises `CommandFailed`."""
    async with application(settings) as database:
        await seed_stores(database, store_ids, days=days, seed=seed, say=say)


async def seed_stores(database: Database, store_ids: Sequence[str], *, days: int, seed: int, say: Say) -> None:
    """The same over an open database of the application's role; a store that has a past keeps it."""
    if not 1 <= days <= DAYS_MAX:
        raise CommandFailed(f"--days {days}: from 1 to {DAYS_MAX}")
    now_ms = SystemClock().now_ms()
    for store_id in store_ids:
        async with database.transaction(Scope.everything(), reading=True) as tx:
            known = await store.stores(tx)
            if store_id not in known:
                raise CommandFailed(f"there is no store '{store_id}': add it first")
            has_past = await history.has_history(tx, store_id)
            items = [] if has_past else await _priced(tx, known[store_id], now_ms)
        if has_past:
            say(f"store {store_id}: its sales history is there already")
            continue
        await _bring(database, known[store_id], items, days, seed, now_ms, say)


async def _bring(
    database: Database, facts: StoreFacts, items: Sequence[SoldItem], days: int, seed: int, now_ms: int, say: Say
) -> None:
    zone = zoneinfo.ZoneInfo(facts.time_zone)
    yesterday = datetime.datetime.fromtimestamp(now_ms / 1000, zone).date() - datetime.timedelta(days=1)
    content = history_csv(facts.store_id, items, yesterday, days, seed=seed, digits=facts.minor_digits)
    name = f"history-{facts.store_id}.csv"
    import_id, report = await imports.check(database, Upload("sales_history", name, content, Choices(decimal="point")), say)
    if report.refused_code or report.errors:
        raise CommandFailed(f"store {facts.store_id}: {report.refused_detail or 'the seeded history has errors'}")
    outcome = await imports.apply(database, import_id)
    say(f"store {facts.store_id}: {days} days of sales history, {outcome.changes} rows, import {import_id}")


async def _priced(tx: Connection, facts: StoreFacts, now_ms: int) -> list[SoldItem]:
    rows = await book.rows(tx, Wanted(facts.zone), ROWS_MAX, now_ms)
    return [SoldItem(row.item_id, row.weighed, row.price_minor) for row in rows if row.price_minor is not None]
