"""Use cases of prices: price rows, feed rows and the feed's new version change in the caller's one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cloud.db.feed_changes import CommitFeed, commit_feed, delete_row, put_row, put_rows
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
    plans = tuple(
        domain.plan_change(
            existing.get(row.item_id, []), row, now_ms=author.now_ms, revision_floor=floors.get(row.item_id, 0)
        )
        for row in wanted
    )
    changing = [plan for plan in plans if not plan.unchanged]
    if dry_run or not changing:
        return ChangeResult(plans, None)
    for plan in changing:
        await _publish(tx, zone, plan, existing.get(plan.item_id, []), author)
    version = await commit(tx, price_feed(zone), author.now_ms)
    for plan in changing:
        for row in plan.added:
            await store.add_revision(tx, zone, plan.item_id, row, author, version)
    return ChangeResult(plans, version)


async def _check(tx: Connection, wanted: Sequence[WantedPrice], now_ms: int) -> None:
    known = await store.known_items(tx, [row.item_id for row in wanted])
    problems: list[FieldProblem] = []
    seen: set[str] = set()
    for number, row in enumerate(wanted):
        found = domain.check_wanted(row, now_ms)
        if row.item_id not in known:
            found.append(FieldProblem("item_id", f"there is no item '{row.item_id}'", "See GET /api/v1/items."))
        if row.item_id in seen:
            found.append(FieldProblem("item_id", f"'{row.item_id}' is named twice", "One line per item."))
        seen.add(row.item_id)
        problems += [replace(problem, field=f"changes/{number}/{problem.field}") for problem in found]
    if problems:
        raise Invalid.fields(problems)


async def _publish(tx: Connection, zone: str, plan: PricePlan, existing: Sequence[Revision], author: Author) -> None:
    feed = price_feed(zone)
    await _take_back(tx, zone, plan.item_id, plan.withdrawn, author)
    for row in plan.added:
        price = _price_row(plan.item_id, row)
        await put_row(tx, feed, price.key(), encode_row(price))
    remaining = [row for row in existing if row.revision not in plan.withdrawn]
    stale = domain.hidden_for_good([*remaining, *plan.added], now_ms=author.now_ms)
    for revision in stale:
        await delete_row(tx, feed, _price_key(plan.item_id, revision))
    await store.leave_feed(tx, zone, plan.item_id, stale)


async def _take_back(tx: Connection, zone: str, item_id: str, revisions: Sequence[int], author: Author) -> None:
    for revision in revisions:
        await delete_row(tx, price_feed(zone), _price_key(item_id, revision))
    await store.withdraw(tx, zone, item_id, revisions, author)


async def cancel_change(tx: Connection, zone: str, item_id: str, revision: int, author: Author) -> int:
    """Take back a change that has not started; returns the feed version. Raises `Missing` or `Conflict`."""
    if not await store.lock_zone(tx, zone):
        raise Missing("no_zone", f"There is no price zone '{zone}'.", "See GET /api/v1/zones.")
    rows = (await store.open_revisions(tx, zone, [item_id])).get(item_id, [])
    row = next((row for row in rows if row.revision == revision), None)
    if row is None:
        raise Missing("no_revision", f"Item '{item_id}' has no open price revision {revision} in zone '{zone}'.")
    if row.from_ms <= author.now_ms:
        raise Conflict("already_started", "This price has started.", "Change the price instead.")
    await _take_back(tx, zone, item_id, [revision], author)
    return await commit_feed(tx, price_feed(zone), author.now_ms)


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
