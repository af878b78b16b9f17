"""Use cases of prices: price rows, feed rows and the feed's new version change in the caller's one transaction.

A use case locks the prices of the whole chain (`revisions.lock_prices`) before anything else: revision numbers grow over all
books, and what a comparison price may be is read from several of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from cloud.db.feed_changes import CommitFeed, change_rows, commit_feed, put_row, put_rows
from cloud.db.pool import Connection
from cloud.pricing import domain, revisions, store
from cloud.pricing.domain import PricePlan, Revision, WantedPrice
from cloud.pricing.findings import Finding
from cloud.pricing.price_books import Book, check_book, own_book_id, price_key
from cloud.pricing.revisions import Author
from cloud.refusals import Conflict, FieldProblem, Invalid, Missing
from protocols.contract.feed_rows import PriceRow, ZoneRow, encode_row, price_feed


@dataclass(frozen=True)
class ChangeResult:
    """What a change did, or would do. `feed_version` None: nothing was published.

    `findings`: what a second person must have seen before it is published; the caller sees to that (`need_no_approval`).
    """

    book: Book
    plans: tuple[PricePlan, ...]
    feed_version: int | None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Recalled:
    """What a recall took back, and which earlier revisions it gave back to stores that no longer held them."""

    book: Book
    taken: tuple[tuple[str, Revision], ...]
    given_back: tuple[tuple[str, int], ...]
    feed_version: int


async def put_zone(tx: Connection, row: ZoneRow, *, now_ms: int) -> int:
    """Add or change a price zone; returns the feed version."""
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


async def need_book(tx: Connection, book_id: str) -> Book:
    """The book. Raises `Missing`."""
    found = await revisions.get_book(tx, book_id)
    if found is None:
        raise Missing("no_book", f"There is no price book '{book_id}'.", "See GET /api/v1/price-books.")
    return found


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
    """Change prices in a book, all or none, as one feed version. Raises `Invalid` (every bad line) or `Missing`."""
    await revisions.lock_prices(tx)
    book = await need_book(tx, book_id)
    item_ids = [row.item_id for row in wanted]
    await _check(tx, wanted, author.now_ms)
    existing = await revisions.open_revisions(tx, book_id, item_ids)
    floors = await revisions.highest_revisions(tx, item_ids)
    # In a thread: a price book of a chain takes seconds, and other requests go on meanwhile.
    plans, after = await asyncio.to_thread(domain.plan_changes, existing, wanted, now_ms=author.now_ms, floors=floors)
    if dry_run or all(plan.unchanged for plan in plans):
        return ChangeResult(book, tuple(plans), None)
    version = await _publish(tx, book, existing, after, author, commit)
    return ChangeResult(book, tuple(plans), version)


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


async def _publish(
    tx: Connection,
    book: Book,
    before: Mapping[str, Sequence[Revision]],
    after: Mapping[str, Sequence[Revision]],
    author: Author,
    commit: CommitFeed,
) -> int:
    """Make the items' revisions in the book these, as one feed version."""
    steps = await asyncio.to_thread(_steps, book, before, after, author.now_ms)
    await change_rows(tx, book.feed_id, steps.rows)
    version = await commit(tx, book.feed_id, author.now_ms)
    await revisions.withdraw(tx, book.book_id, steps.withdrawn, author, version)
    await revisions.add_revisions(tx, book, steps.added, author, version)
    await revisions.set_in_feed(tx, book.book_id, steps.stale, in_feed=False)
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


def _steps(
    book: Book, before: Mapping[str, Sequence[Revision]], after: Mapping[str, Sequence[Revision]], now_ms: int
) -> _Steps:
    steps = _Steps()
    for item_id, rows in after.items():
        known = {row.revision for row in before.get(item_id, ())}
        fresh = [row for row in rows if row.revision not in known]
        gone = sorted(known - {row.revision for row in rows})
        hidden = domain.hidden_for_good(rows, now_ms=now_ms) if fresh else ()
        steps.added += [(item_id, row) for row in fresh]
        steps.withdrawn += [(item_id, revision) for revision in gone]
        steps.stale += [(item_id, revision) for revision in hidden]
        steps.rows += [(price_key(item_id, row.revision), encode_row(price_row(book, item_id, row))) for row in fresh]
        steps.rows += [(price_key(item_id, revision), None) for revision in (*gone, *hidden)]
    return steps


async def cancel_change(tx: Connection, zone: str, item_id: str, revision: int, author: Author) -> tuple[Revision, int]:
    """Take back a change of a zone that has not started; returns it and the feed version. Raises `Missing` or `Conflict`."""
    if not await revisions.is_zone(tx, zone):
        raise _no_zone(zone)
    book_id = await revisions.book_of_revision(tx, zone, item_id, revision)
    if book_id is None:
        raise Missing("no_revision", f"Item '{item_id}' has no open price revision {revision} in zone '{zone}'.")
    done = await recall(tx, book_id, [(item_id, revision)], author, started=False)
    return done.taken[0][1], done.feed_version


async def recall(
    tx: Connection,
    book_id: str,
    named: Sequence[tuple[str, int]],
    author: Author,
    commit: CommitFeed = commit_feed,
    *,
    started: bool = True,
) -> Recalled:
    """Take back (item, revision) rows, started or not, all or none: what was in force before is in force again at once.

    Earlier revisions that stores no longer hold are given back to them under their own numbers. A price that is over cannot
    be recalled. `started` False refuses what has started. Raises `Missing` or `Conflict`.
    """
    await revisions.lock_prices(tx)
    book = await need_book(tx, book_id)
    item_ids = sorted({item_id for item_id, _ in named})
    held = await revisions.open_revisions(tx, book_id, item_ids)
    standing = await revisions.standing_revisions(tx, book_id, item_ids)
    taken = [(item_id, _recallable(book, item_id, revision, held, author.now_ms, started)) for item_id, revision in named]
    given_back: list[tuple[str, Revision]] = []
    for item_id in item_ids:
        gone = {row.revision for each, row in taken if each == item_id}
        present = {row.revision for row in held[item_id]}
        left = [row for row in standing[item_id] if row.revision not in gone]
        over = set(domain.hidden_for_good(left, now_ms=author.now_ms))
        given_back += [(item_id, row) for row in left if row.revision not in present and row.revision not in over]
    rows: list[tuple[str, bytes | None]] = [(price_key(item_id, row.revision), None) for item_id, row in taken]
    rows += [(price_key(item_id, row.revision), encode_row(price_row(book, item_id, row))) for item_id, row in given_back]
    await change_rows(tx, book.feed_id, rows)
    version = await commit(tx, book.feed_id, author.now_ms)
    numbers = [(item_id, row.revision) for item_id, row in taken]
    back = [(item_id, row.revision) for item_id, row in given_back]
    await revisions.withdraw(tx, book_id, numbers, author, version, recalled=True)
    await revisions.set_in_feed(tx, book_id, back, in_feed=True)
    return Recalled(book, tuple(taken), tuple(back), version)


def _recallable(
    book: Book,
    item_id: str,
    revision: int,
    held: Mapping[str, Sequence[Revision]],
    now_ms: int,
    started: bool,
) -> Revision:
    row = next((row for row in held.get(item_id, ()) if row.revision == revision), None)
    if row is None:
        raise Missing("no_revision", f"Item '{item_id}' has no open price revision {revision} in book '{book.book_id}'.")
    if row.to_ms is not None and row.to_ms <= now_ms:
        raise Conflict("already_over", f"Revision {revision} of item '{item_id}' is over.", "There is nothing to take back.")
    if not started and row.from_ms <= now_ms:
        raise Conflict("already_started", "This price has started.", "Change the price, or recall it.")
    return row


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


def price_row(book: Book, item_id: str, row: Revision) -> PriceRow:
    """A revision as stores read it."""
    return PriceRow(
        item_id=item_id,
        revision=row.revision,
        price_minor=row.price_minor,
        effective_from_ms=row.from_ms,
        effective_to_ms=row.to_ms,
        reason=row.reason,
        book_id=book.row_book_id,
        priority=book.priority,
        customer_group=book.customer_group,
        price_kind=book.price_kind,
        was_minor=row.was_minor,
    )


def _no_zone(zone: str) -> Missing:
    return Missing("no_zone", f"There is no price zone '{zone}'.", "See GET /api/v1/zones.")
