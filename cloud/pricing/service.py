"""Use cases of prices: price rows, feed rows and the feed's new version change in the caller's one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from cloud.db.feed_changes import CommitFeed, change_rows, commit_feed, delete_row, put_row, put_rows
from cloud.db.pool import Connection
from cloud.pricing import domain, store
from cloud.pricing.domain import PricePlan, Revision, WantedPrice
from cloud.pricing.store import Author
from cloud.refusals import Conflict, FieldProblem, Invalid, Missing
from protocols.contract.feed_rows import PriceRow, ZoneRow, encode_row, price_feed


@dataclass(frozen=True)
class ChangeResult:
    """What a change did, or would do. `feed_version` None: nothing was published."""

    plans: tuple[PricePlan, ...]
    feed_version: int | None


async def put_zone(tx: Connection, row: ZoneRow, *, now_ms: int) -> int:
    """Add or change a price zone; returns the feed version."""
    await store.put_zone(tx, row)
    feed = price_feed(row.zone)
    await put_row(tx, feed, row.key(), encode_row(row))
    return await commit_feed(tx, feed, now_ms)


async def change_prices(
    tx: Connection,
    zone: str,
    wanted: Sequence[WantedPrice],
    author: Author,
    *,
    dry_run: bool = False,
    commit: CommitFeed = commit_feed,
) -> ChangeResult:
    """Change prices in a zone, all or none, as one feed version. Raises `Invalid` (every bad line) or `Missing`."""
    if not await store.lock_zone(tx, zone):
        raise Missing("no_zone", f"There is no price zone '{zone}'.", "See GET /api/v1/zones.")
    item_ids = [row.item_id for row in wanted]
    await _check(tx, wanted, author.now_ms)
    existing = await store.open_revisions(tx, zone, item_ids)
    floors = await store.highest_revisions(tx, zone, item_ids)
    # In a thread: a price book of a chain takes seconds, and other requests go on meanwhile.
    plans, after = await asyncio.to_thread(domain.plan_changes, existing, wanted, now_ms=author.now_ms, floors=floors)
    if dry_run or all(plan.unchanged for plan in plans):
        return ChangeResult(tuple(plans), None)
    version = await _publish(tx, zone, existing, after, author, commit)
    return ChangeResult(tuple(plans), version)


async def _check(tx: Connection, wanted: Sequence[WantedPrice], now_ms: int) -> None:
    known = await store.known_items(tx, [row.item_id for row in wanted])
    problems: list[FieldProblem] = []
    seen: set[tuple[str, int]] = set()
    for number, row in enumerate(wanted):
        found = domain.check_wanted(row, now_ms)
        if row.item_id not in known:
            found.append(FieldProblem("item_id", f"there is no item '{row.item_id}'", "See GET /api/v1/items."))
        start = (row.item_id, max(row.from_ms or 0, now_ms))
        if start in seen:
            found.append(FieldProblem("item_id", f"'{row.item_id}' is named twice", "One line per item."))
        seen.add(start)
        problems += [replace(problem, field=f"changes/{number}/{problem.field}") for problem in found]
    if problems:
        raise Invalid.fields(problems)


async def _publish(
    tx: Connection,
    zone: str,
    before: Mapping[str, Sequence[Revision]],
    after: Mapping[str, Sequence[Revision]],
    author: Author,
    commit: CommitFeed,
) -> int:
    """Make the items' revisions these, as one feed version."""
    feed = price_feed(zone)
    steps = await asyncio.to_thread(_steps, before, after, author.now_ms)
    await change_rows(tx, feed, steps.rows)
    version = await commit(tx, feed, author.now_ms)
    await store.withdraw(tx, zone, steps.withdrawn, author)
    await store.add_revisions(tx, zone, steps.added, author, version)
    await store.leave_feed(tx, zone, steps.stale)
    return version


@dataclass
class _Steps:
    """From one state of many items' revisions to another."""

    rows: list[tuple[str, bytes | None]] = field(default_factory=list)
    """Of the feed: put, or delete (None)."""
    added: list[tuple[str, Revision]] = field(default_factory=list)
    withdrawn: list[tuple[str, int]] = field(default_factory=list)
    stale: list[tuple[str, int]] = field(default_factory=list)
    """No store needs them any more."""


def _steps(before: Mapping[str, Sequence[Revision]], after: Mapping[str, Sequence[Revision]], now_ms: int) -> _Steps:
    steps = _Steps()
    for item_id, rows in after.items():
        known = {row.revision for row in before.get(item_id, ())}
        fresh = [row for row in rows if row.revision not in known]
        gone = sorted(known - {row.revision for row in rows})
        hidden = domain.hidden_for_good(rows, now_ms=now_ms) if fresh else ()
        steps.added += [(item_id, row) for row in fresh]
        steps.withdrawn += [(item_id, revision) for revision in gone]
        steps.stale += [(item_id, revision) for revision in hidden]
        steps.rows += [(_price_key(item_id, row.revision), encode_row(_price_row(item_id, row))) for row in fresh]
        steps.rows += [(_price_key(item_id, revision), None) for revision in (*gone, *hidden)]
    return steps


async def cancel_change(tx: Connection, zone: str, item_id: str, revision: int, author: Author) -> tuple[Revision, int]:
    """Take back a change that has not started; returns it and the feed version. Raises `Missing` or `Conflict`."""
    if not await store.lock_zone(tx, zone):
        raise Missing("no_zone", f"There is no price zone '{zone}'.", "See GET /api/v1/zones.")
    rows = (await store.open_revisions(tx, zone, [item_id])).get(item_id, [])
    row = next((row for row in rows if row.revision == revision), None)
    if row is None:
        raise Missing("no_revision", f"Item '{item_id}' has no open price revision {revision} in zone '{zone}'.")
    if row.from_ms <= author.now_ms:
        raise Conflict("already_started", "This price has started.", "Change the price instead.")
    await delete_row(tx, price_feed(zone), _price_key(item_id, revision))
    await store.withdraw(tx, zone, [(item_id, revision)], author)
    return row, await commit_feed(tx, price_feed(zone), author.now_ms)


async def load_first_prices(
    tx: Connection, zone: str, prices: Sequence[tuple[str, int]], author: Author, *, from_ms: int = 0
) -> int:
    """Load the first price of many items (item, minor units) with COPY, as one feed version."""
    feed = price_feed(zone)
    rows = (PriceRow(item_id=item_id, revision=1, price_minor=price, effective_from_ms=from_ms) for item_id, price in prices)
    await put_rows(tx, feed, ((row.key(), encode_row(row)) for row in rows))
    version = await commit_feed(tx, feed, author.now_ms)
    await store.copy_prices(tx, zone, prices, author, from_ms=from_ms, feed_version=version)
    return version


def _price_row(item_id: str, row: Revision) -> PriceRow:
    return PriceRow(
        item_id=item_id,
        revision=row.revision,
        price_minor=row.price_minor,
        effective_from_ms=row.from_ms,
        effective_to_ms=row.to_ms,
        reason=row.reason,
    )


def _price_key(item_id: str, revision: int) -> str:
    return PriceRow(item_id=item_id, revision=revision, price_minor=0, effective_from_ms=0).key()
