"""Take prices back: what was in force before is in force again at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cloud.db.feed_changes import CommitFeed, change_rows, commit_feed
from cloud.db.pool import Connection
from cloud.pricing import domain, ground, judge, revisions
from cloud.pricing.domain import Revision
from cloud.pricing.ground import need_book, need_rules
from cloud.pricing.judge import Spoilt
from cloud.pricing.price_books import Book, price_key
from cloud.pricing.publish import price_row
from cloud.pricing.revisions import Author
from cloud.refusals import Conflict, Missing
from protocols.contract.feed_rows import encode_row


@dataclass(frozen=True)
class Recalled:
    """What a recall took back, and which earlier revisions it gave back to stores that no longer held them."""

    book: Book
    taken: tuple[tuple[str, Revision], ...]
    given_back: tuple[tuple[str, int], ...]
    feed_version: int
    spoilt: tuple[Spoilt, ...] = ()
    """Promotions that have not started and are now compared with too much: look at them at once."""


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
    after: dict[str, list[Revision]] = {}
    gone_of: dict[str, set[int]] = defaultdict(set)
    for item_id, row in taken:
        gone_of[item_id].add(row.revision)
    for item_id in item_ids:
        gone = gone_of[item_id]
        present = {row.revision for row in held[item_id]}
        left = after[item_id] = [row for row in standing[item_id] if row.revision not in gone]
        over = set(domain.hidden_for_good(left, now_ms=author.now_ms))
        given_back += [(item_id, row) for row in left if row.revision not in present and row.revision not in over]
    rows: list[tuple[str, bytes | None]] = [(price_key(item_id, row.revision), None) for item_id, row in taken]
    rows += [(price_key(item_id, row.revision), encode_row(price_row(book, item_id, row))) for item_id, row in given_back]
    await change_rows(tx, book.feed_id, rows)
    version = await commit(tx, book.feed_id, author.now_ms)
    found = await ground.ground_of(tx, book, await need_rules(tx, book), item_ids, author.now_ms)
    spoilt = judge.spoilt_promotions(found, after, author.now_ms)
    numbers = [(item_id, row.revision) for item_id, row in taken]
    back = [(item_id, row.revision) for item_id, row in given_back]
    await revisions.withdraw(tx, book_id, numbers, author, version, recalled=True)
    await revisions.set_in_feed(tx, book_id, back, in_feed=True)
    return Recalled(book, tuple(taken), tuple(back), version, tuple(spoilt))


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
