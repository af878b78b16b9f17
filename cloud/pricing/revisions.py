"""SQL of price books and of the revisions in them. Every change of a revision writes its line of the log with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from psycopg.rows import TupleRow

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.pricing.domain import Revision
from cloud.pricing.price_books import Book
from protocols.contract.values import PriceKind

Q = load_queries(__file__, "revisions.sql")
ROWS_AT_ONCE = 5_000
Row = TypeVar("Row")


@dataclass(frozen=True)
class Author:
    """Who changes a price, and when."""

    login: str
    now_ms: int


async def lock_prices(tx: Connection) -> None:
    """Let nobody else change a price until the transaction ends."""
    await tx.execute(Q["lock_prices"])


async def books(tx: Connection) -> list[Book]:
    """Every book within the caller's scope, the zones' own first."""
    return [_book(row) for row in await (await tx.execute(Q["books"])).fetchall()]


async def get_book(tx: Connection, book_id: str) -> Book | None:
    """One book."""
    row = await (await tx.execute(Q["get_book"], {"book_id": book_id})).fetchone()
    return None if row is None else _book(row)


def _book(row: TupleRow) -> Book:
    book_id, feed_id, name, zone, group, kind, priority, own = row
    return Book(book_id, feed_id, name, zone, group, PriceKind(kind), priority, own)


async def add_book(tx: Connection, book: Book, author: Author) -> bool:
    """Add a book; False when its id is taken."""
    values = {**_of_book(book), "name": book.name, "person": author.login, "now_ms": author.now_ms}
    return (await tx.execute(Q["add_book"], values)).rowcount == 1


async def is_store(tx: Connection, store_id: str) -> bool:
    """Whether the store exists."""
    return await (await tx.execute(Q["is_store"], {"store_id": store_id})).fetchone() is not None


async def is_zone(tx: Connection, zone: str) -> bool:
    """Whether the zone exists."""
    return await (await tx.execute(Q["is_zone"], {"zone": zone})).fetchone() is not None


async def known_items(tx: Connection, item_ids: Sequence[str]) -> set[str]:
    """Which of the items exist."""
    rows = await (await tx.execute(Q["known_items"], {"item_ids": list(item_ids)})).fetchall()
    return {str(row[0]) for row in rows}


async def open_revisions(tx: Connection, book_id: str, item_ids: Sequence[str]) -> dict[str, list[Revision]]:
    """The revisions of a book that stores hold, by item."""
    return await _revisions(tx, "open_revisions", book_id, item_ids)


async def standing_revisions(tx: Connection, book_id: str, item_ids: Sequence[str]) -> dict[str, list[Revision]]:
    """All revisions of a book that were not withdrawn, held by stores or not, by item."""
    return await _revisions(tx, "standing_revisions", book_id, item_ids)


async def _revisions(tx: Connection, query: str, book_id: str, item_ids: Sequence[str]) -> dict[str, list[Revision]]:
    rows = await (await tx.execute(Q[query], {"book_id": book_id, "item_ids": list(item_ids)})).fetchall()
    found: dict[str, list[Revision]] = defaultdict(list)
    for item_id, revision, price_minor, from_ms, to_ms, reason, was_minor in rows:
        found[item_id].append(Revision(revision, price_minor, from_ms, to_ms, reason, was_minor))
    return found


async def highest_revisions(tx: Connection, item_ids: Sequence[str]) -> dict[str, int]:
    """The highest revision ever issued in any book, by item."""
    rows = await (await tx.execute(Q["highest_revisions"], {"item_ids": list(item_ids)})).fetchall()
    return {str(item_id): int(revision) for item_id, revision in rows}


async def highest_in_book(tx: Connection, book_id: str, item_ids: Sequence[str]) -> dict[str, int]:
    """The highest revision ever issued in one book, by item."""
    rows = await (await tx.execute(Q["highest_in_book"], {"book_id": book_id, "item_ids": list(item_ids)})).fetchall()
    return {str(item_id): int(revision) for item_id, revision in rows}


async def book_of_revision(tx: Connection, zone: str, item_id: str, revision: int) -> str | None:
    """The book of a zone that holds an open revision."""
    values = {"zone": zone, "item_id": item_id, "revision": revision}
    row = await (await tx.execute(Q["book_of_revision"], values)).fetchone()
    return None if row is None else str(row[0])


async def add_revisions(
    tx: Connection, book: Book, rows: Sequence[tuple[str, Revision]], author: Author, feed_version: int
) -> None:
    """Remember (item, revision) rows and the feed version that carries them."""
    common = {**_of_book(book), "person": author.login, "now_ms": author.now_ms, "feed_version": feed_version}
    for batch in _batches(rows):
        values = {
            "item_ids": [item_id for item_id, _ in batch],
            "revisions": [row.revision for _, row in batch],
            "prices": [row.price_minor for _, row in batch],
            "froms": [row.from_ms for _, row in batch],
            "tos": [row.to_ms for _, row in batch],
            "reasons": [row.reason for _, row in batch],
            "weres": [row.was_minor for _, row in batch],
        }
        await tx.execute(Q["add_revisions"], {**common, **values})


async def withdraw(
    tx: Connection,
    book_id: str,
    revisions: Sequence[tuple[str, int]],
    author: Author,
    feed_version: int,
    *,
    recalled: bool = False,
) -> None:
    """Take (item, revision) rows back: issued again or replaced before their start, or recalled by a person."""
    what = {"what": "recalled" if recalled else "withdrawn", "feed_version": feed_version, "book_id": book_id}
    for batch in _batches(revisions):
        await tx.execute(Q["withdraw"], {"now_ms": author.now_ms, "person": author.login, **what, **_named(batch)})


async def approve(
    tx: Connection, book_id: str, revisions: Sequence[tuple[str, int]], author: Author, reason: str = ""
) -> None:
    """Log that a second person approved (item, revision) rows."""
    what = {"now_ms": author.now_ms, "person": author.login, "book_id": book_id, "reason": reason}
    for batch in _batches(revisions):
        await tx.execute(Q["approve"], {**what, **_named(batch)})


async def set_in_feed(tx: Connection, book_id: str, revisions: Sequence[tuple[str, int]], *, in_feed: bool) -> None:
    """Mark (item, revision) rows that no store needs any more, or that stores need again."""
    for batch in _batches(revisions):
        await tx.execute(Q["set_in_feed"], {"book_id": book_id, "in_feed": in_feed, **_named(batch)})


def _of_book(book: Book) -> Mapping[str, str | int | None]:
    return {
        "book_id": book.book_id,
        "feed_id": book.feed_id,
        "zone": book.zone,
        "customer_group": book.customer_group,
        "price_kind": book.price_kind.value,
        "priority": book.priority,
    }


def _named(revisions: Sequence[tuple[str, int]]) -> dict[str, list[str] | list[int]]:
    return {"item_ids": [item_id for item_id, _ in revisions], "revisions": [revision for _, revision in revisions]}


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[begin : begin + ROWS_AT_ONCE]
