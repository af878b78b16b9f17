"""Make what a book holds of some items another: price rows, lines of the log and feed rows, as one feed version."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cloud.db.feed_changes import CommitFeed, change_rows
from cloud.db.pool import Connection
from cloud.pricing import domain, revisions
from cloud.pricing.domain import Revision
from cloud.pricing.price_books import Book, price_key
from cloud.pricing.revisions import Author
from protocols.contract.feed_rows import PriceRow, encode_row


async def publish(
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
