"""Use cases of prices: price rows, feed rows and the feed's new version change in the caller's one transaction.

A use case locks the prices of the whole chain (`revisions.lock_prices`) before anything else: revision numbers grow over all
books, and what a comparison price may be is read from several of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cloud.db.feed_changes import CommitFeed, commit_feed, put_row, put_rows
from cloud.db.pool import Connection
from cloud.pricing import domain, ground, judge, revisions, store
from cloud.pricing.domain import PricePlan, Revision, WantedPrice
from cloud.pricing.findings import Finding
from cloud.pricing.ground import need_book, need_rules
from cloud.pricing.judge import Ground
from cloud.pricing.layouts import check_layouts
from cloud.pricing.price_books import Book, check_book, own_book_id, price_key
from cloud.pricing.publish import price_row, publish
from cloud.pricing.recalls import Recalled, recall
from cloud.pricing.revisions import Author
from cloud.refusals import Conflict, FieldProblem, Invalid, Missing
from protocols.contract.feed_rows import ZoneRow, encode_row, price_feed

__all__ = ["Recalled", "need_book", "recall"]


@dataclass(frozen=True)
class ChangeResult:
    """What a change did, or would do. `feed_version` None: nothing was published.

    `findings`: what a second person must have seen before it is published; the caller sees to that (`need_no_approval`).
    """

    book: Book
    plans: tuple[PricePlan, ...]
    feed_version: int | None
    findings: tuple[Finding, ...] = ()


async def put_zone(tx: Connection, row: ZoneRow, *, now_ms: int) -> int:
    """Add or change a price zone; returns the feed version. Raises `Invalid`."""
    check_layouts(row.code_layouts)
    if row.bag_item_id and not await store.known_items(tx, [row.bag_item_id]):
        raise Invalid.field("bag_item_id", f"there is no item '{row.bag_item_id}'", "Add the bag as a product first.")
    await store.put_zone(tx, row)
    feed = price_feed(row.zone)
    await put_row(tx, feed, row.key(), encode_row(row))
    return await commit_feed(tx, feed, now_ms)


async def books(tx: Connection) -> list[Book]:
    """Every price book within the caller's scope, the zones' own first."""
    return await revisions.books(tx)


async def add_book(tx: Connection, book: Book, author: Author) -> bool:
    """Add a book; False when the same one is there already. Raises `Invalid`, `Missing` or `Conflict`."""
    check_book(book)
    if book.zone is not None and not await revisions.is_zone(tx, book.zone):
        raise _no_zone(book.zone)
    if book.store_id is not None and not await revisions.is_store(tx, book.store_id):
        raise Missing("no_store", f"There is no store '{book.store_id}'.", "See GET /api/v1/stores.")
    await revisions.lock_prices(tx)
    known = await revisions.get_book(tx, book.book_id)
    if known is not None:
        if replace(known, name=book.name) == book:
            return False
        raise Conflict("book_exists", f"There is a book '{book.book_id}' of another shape.", "Choose another id.")
    return await revisions.add_book(tx, book, author)


async def change_prices(
    tx: Connection,
    zone: str,
    wanted: Sequence[WantedPrice],
    author: Author,
    *,
    dry_run: bool = False,
    commit: CommitFeed = commit_feed,
) -> ChangeResult:
    """Change prices in a zone's own book: see `change_book`."""
    if not await revisions.is_zone(tx, zone):
        raise _no_zone(zone)
    return await change_book(tx, own_book_id(zone), wanted, author, dry_run=dry_run, commit=commit)


async def change_book(
    tx: Connection,
    book_id: str,
    wanted: Sequence[WantedPrice],
    author: Author,
    *,
    dry_run: bool = False,
    commit: CommitFeed = commit_feed,
) -> ChangeResult:
    """Change prices in a book, all or none, as one feed version. Raises `Invalid` (every bad line) or `Missing`.

    What the price law of the zone forbids is a bad line; what its guard rails catch is a finding of the result.
    """
    await revisions.lock_prices(tx)
    book = await need_book(tx, book_id)
    rules = await need_rules(tx, book)
    item_ids = [row.item_id for row in wanted]
    await _check(tx, wanted, author.now_ms)
    held = await ground.ground_of(tx, book, rules, item_ids, author.now_ms)
    existing = await revisions.open_revisions(tx, book_id, item_ids)
    floors = await revisions.highest_revisions(tx, item_ids)
    # In a thread: a price book of a chain takes seconds, and other requests go on meanwhile.
    planned = await asyncio.to_thread(_plan, held, existing, wanted, floors, author.now_ms)
    if dry_run or all(plan.unchanged for plan in planned.plans):
        return ChangeResult(book, planned.plans, None, planned.findings)
    version = await publish(tx, book, existing, planned.after, author, commit)
    return ChangeResult(book, planned.plans, version, planned.findings)


@dataclass(frozen=True)
class _Planned:
    plans: tuple[PricePlan, ...]
    after: Mapping[str, Sequence[Revision]]
    findings: tuple[Finding, ...]


def _plan(
    held: Ground,
    existing: Mapping[str, Sequence[Revision]],
    wanted: Sequence[WantedPrice],
    floors: Mapping[str, int],
    now_ms: int,
) -> _Planned:
    """Decide everything, or raise `Invalid` with every line the law forbids."""
    lawful, problems = judge.with_comparisons(held, wanted, now_ms)
    plans, after = domain.plan_changes(existing, lawful, now_ms=now_ms, floors=floors)
    if not held.book.own:
        plans = judge.with_paid(held, [domain.without_own_warnings(plan) for plan in plans], lawful, now_ms)
    line_of = {row.item_id: number for number, row in enumerate(wanted)}
    remedy = "Recall that promotion first, and plan it again afterwards."
    for spoilt in judge.spoilt_promotions(held, after, now_ms):
        problems.append(FieldProblem(f"changes/{line_of[spoilt.item_id]}/price_minor", str(spoilt), remedy))
    if problems:
        raise Invalid.fields(problems)
    return _Planned(tuple(plans), after, judge.findings(held, plans, lawful, now_ms))


def need_no_approval(result: ChangeResult) -> None:
    """Raise `Conflict` when a guard rail caught something: one person alone may not publish it."""
    if result.findings:
        first = result.findings[0]
        raise Conflict(
            "needs_approval",
            f"{len(result.findings)} line(s) need a second person; the first: {first.item_id}, {first.detail}.",
            "Publish it as a price campaign: somebody else approves it there.",
        )


async def approve(tx: Connection, book_id: str, named: Sequence[tuple[str, int]], author: Author, reason: str = "") -> None:
    """Log that a second person approved these (item, revision) rows of a book."""
    await revisions.approve(tx, book_id, named, author, reason)


async def _check(tx: Connection, wanted: Sequence[WantedPrice], now_ms: int) -> None:
    known = await revisions.known_items(tx, [row.item_id for row in wanted])
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


async def cancel_change(tx: Connection, zone: str, item_id: str, revision: int, author: Author) -> tuple[Revision, int]:
    """Take back a change of a zone that has not started; returns it and the feed version. Raises `Missing` or `Conflict`."""
    if not await revisions.is_zone(tx, zone):
        raise _no_zone(zone)
    book_id = await revisions.book_of_revision(tx, zone, item_id, revision)
    if book_id is None:
        raise Missing("no_revision", f"Item '{item_id}' has no open price revision {revision} in zone '{zone}'.")
    done = await recall(tx, book_id, [(item_id, revision)], author, started=False)
    return done.taken[0][1], done.feed_version


async def load_first_prices(
    tx: Connection, zone: str, prices: Sequence[tuple[str, int]], author: Author, *, from_ms: int = 0
) -> int:
    """Load the first price of many items (item, minor units) into a zone's own book, as one feed version."""
    await revisions.lock_prices(tx)
    book = await need_book(tx, own_book_id(zone))
    floors = await revisions.highest_revisions(tx, [item_id for item_id, _ in prices])
    rows = [(item_id, Revision(floors.get(item_id, 0) + 1, price, from_ms)) for item_id, price in prices]
    changed = ((price_key(item_id, row.revision), encode_row(price_row(book, item_id, row))) for item_id, row in rows)
    await put_rows(tx, book.feed_id, changed)
    version = await commit_feed(tx, book.feed_id, author.now_ms)
    await revisions.add_revisions(tx, book, rows, author, version)
    return version


def _no_zone(zone: str) -> Missing:
    return Missing("no_zone", f"There is no price zone '{zone}'.", "See GET /api/v1/zones.")
