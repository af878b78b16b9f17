"""The one way to change a feed: rows are put or deleted in the caller's transaction, then `commit_feed` makes a version.

Changes wait in `feed_pending` until `commit_feed` applies all of them as one version: contiguous number, state hash kept
incrementally, delta stored, publisher notified at commit. Nothing is visible to stores before the caller commits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from protocols.sync import limits
from protocols.sync.delta import FeedOp, encode_delta, encode_op
from protocols.sync.feed_hash import FeedHash
from protocols.sync.release import Release
from protocols.sync.topics import check_feed_id

Q = load_queries(__file__, "feed_changes.sql")

CHANNEL = "tallystick_feed"
"""LISTEN channel; the payload is the feed id."""

PUT_ROWS_AT_ONCE = 5_000
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class _Change:
    key: str
    new_body: bytes | None
    old_body: bytes | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """The next version of a feed, worked out and not yet made."""

    feed_id: str
    epoch: str
    version: int
    state_hash: str
    changes: Sequence[_Change]


class CommitFeed(Protocol):
    """`commit_feed`, or what a release takes in its place (`cloud/db/releases.py`)."""

    async def __call__(self, tx: Connection, feed_id: str, now_ms: int) -> int: ...


async def put_row(tx: Connection, feed_id: str, key: str, body: bytes) -> None:
    """Add or replace a row of the feed. `body` is one line of JSON, exactly as it will be hashed."""
    await _note(tx, feed_id, key, body)


async def delete_row(tx: Connection, feed_id: str, key: str) -> None:
    """Take a row out of the feed; nothing happens when it is not there."""
    await _note(tx, feed_id, key, None)


async def put_rows(tx: Connection, feed_id: str, rows: Iterable[tuple[str, bytes]]) -> None:
    """Add or replace many (key, body) rows, thousands at a time. The caller has made them with `encode_row`."""
    check_feed_id(feed_id)
    for batch in _batches(rows, PUT_ROWS_AT_ONCE):
        keys, bodies = [key for key, _ in batch], [body for _, body in batch]
        await tx.execute(Q["add_many_pending"], {"feed_id": feed_id, "keys": keys, "bodies": bodies})


async def change_rows(tx: Connection, feed_id: str, rows: Iterable[tuple[str, bytes | None]]) -> None:
    """Put (body) or delete (None) many rows, thousands at a time; of several changes of one key the last counts."""
    check_feed_id(feed_id)
    for batch in _batches(rows, PUT_ROWS_AT_ONCE):
        for key, body in batch:
            if body is not None:
                encode_op(FeedOp(key, body))  # as in `_note`
        keys, bodies = [key for key, _ in batch], [body for _, body in batch]
        await tx.execute(Q["add_many_pending"], {"feed_id": feed_id, "keys": keys, "bodies": bodies})


async def ensure_feed(tx: Connection, feed_id: str) -> None:
    """Let the feed exist, empty at version 0 when nobody has made it: a store follows it from its first hello."""
    check_feed_id(feed_id)
    await tx.execute(Q["ensure_feed"], {"feed_id": feed_id, "state_hash": FeedHash().hex()})


async def commit_feed(tx: Connection, feed_id: str, now_ms: int) -> int:
    """Make one version of all waiting changes of the feed and return its number.

    Returns the present version when nothing really changed. Holds the feed's lock until the transaction ends, so versions
    have no gap and no order but commit order.
    """
    prepared = await prepare_feed(tx, feed_id)
    if prepared is None:
        return (await _lock(tx, feed_id))[1]
    await publish_prepared(tx, prepared, now_ms)
    return prepared.version


async def version_to_be(tx: Connection, feed_id: str) -> int:
    """The version the feed reaches with what is waiting, the present one when nothing is. Holds the feed's lock."""
    check_feed_id(feed_id)
    _, version, _ = await _lock(tx, feed_id)
    return version + 1 if await _take_changes(tx, feed_id) else version


async def prepare_feed(tx: Connection, feed_id: str) -> Prepared | None:
    """Work out the next version of the feed; None when nothing really changed. Holds the feed's lock from now on."""
    check_feed_id(feed_id)
    epoch, version, state_hash = await _lock(tx, feed_id)
    changes = await _take_changes(tx, feed_id)
    if not changes:
        return None
    feed_hash = FeedHash.from_hex(state_hash)
    for change in changes:
        feed_hash.replace(change.key, change.old_body, change.new_body)
    return Prepared(feed_id, epoch, version + 1, feed_hash.hex(), changes)


async def publish_prepared(tx: Connection, prepared: Prepared, now_ms: int, *, release: Release | None = None) -> None:
    """Make the version: rows, delta (with its manifest), head, and word to the publisher."""
    feed_id, version = prepared.feed_id, prepared.version
    await tx.execute(Q["apply_puts"], {"feed_id": feed_id})
    await tx.execute(Q["apply_deletes"], {"feed_id": feed_id})
    await tx.execute(Q["clear_pending"], {"feed_id": feed_id})
    delta = _delta(prepared, release)
    if delta is not None:
        await tx.execute(Q["add_delta"], {"feed_id": feed_id, "version": version, "delta": delta, "now_ms": now_ms})
    grown = sum((change.new_body is not None) - (change.old_body is not None) for change in prepared.changes)
    await tx.execute(
        Q["advance"],
        {
            "feed_id": feed_id,
            "version": version,
            "state_hash": prepared.state_hash,
            "grown": grown,
            "now_ms": now_ms,
            "snapshot_only": delta is None,
        },
    )
    await tx.execute(Q["notify"], {"channel": CHANNEL, "feed_id": feed_id})


async def _note(tx: Connection, feed_id: str, key: str, body: bytes | None) -> None:
    check_feed_id(feed_id)
    if body is not None:
        encode_op(FeedOp(key, body))  # refuses what could never travel, while the caller can still be told
    await tx.execute(Q["add_pending"], {"feed_id": feed_id, "key": key, "body": body})


async def _lock(tx: Connection, feed_id: str) -> tuple[str, int, str]:
    await ensure_feed(tx, feed_id)
    row = await (await tx.execute(Q["lock_feed"], {"feed_id": feed_id})).fetchone()
    if row is None:
        raise PermissionError(f"feed {feed_id} is outside the scope of this transaction")
    return str(row[0]), int(row[1]), str(row[2])


async def _take_changes(tx: Connection, feed_id: str) -> list[_Change]:
    async with tx.cursor(binary=True) as cursor:
        await cursor.execute(Q["pending_changes"], {"feed_id": feed_id})
        return [
            _Change(str(key), None if new is None else bytes(new), None if old is None else bytes(old))
            for key, new, old in await cursor.fetchall()
        ]


def _delta(prepared: Prepared, release: Release | None) -> bytes | None:
    """The delta's bytes, or None when it is too large to travel: stores then take the snapshot."""
    changes = prepared.changes
    size = sum(len(change.key) + len(change.new_body or b"") + 8 for change in changes)
    if size > limits.DELTA_PLAIN_BYTES_MAX // 2:
        return None
    return encode_delta(
        feed_id=prepared.feed_id,
        epoch=prepared.epoch,
        version=prepared.version,
        state_hash=prepared.state_hash,
        ops=[FeedOp(change.key, change.new_body) for change in changes],
        release=release,
    )


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch
