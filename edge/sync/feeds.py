"""Feeds from HQ into the catalogue: each version in one transaction, proven by its state hash, told to HQ as a fact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from edge.catalogue.apply import Applied, delete_row, drop_feed, put_row, replace_feed
from edge.catalogue.watch import CatalogueWatch
from edge.stock import opening
from edge.store_db import journal
from edge.store_db.database import Database, Tx
from edge.store_db.journal import FeedPosition, Journal
from protocols.clock import Clock
from protocols.contract.facts import FeedApplied
from protocols.sync.delta import Delta
from protocols.sync.feed_hash import FeedHash
from protocols.sync.snapshot import SnapshotHeader, SnapshotReader

CHUNK_BYTES = 64 * 1024


class FeedHashDiffers(Exception):
    """The rows after a delta are not what HQ has: nothing was applied, the snapshot must be pulled."""


class FeedMovedOn(Exception):
    """The feed is not at the version this delta follows on: nothing was applied."""


class FeedStore:
    """Applies deltas and snapshots. `watch` is told which items changed once a transaction is committed."""

    def __init__(self, store: Database, facts: Journal, watch: CatalogueWatch, clock: Clock) -> None:
        self._store = store
        self._facts = facts
        self._watch = watch
        self._clock = clock

    async def apply_delta(self, delta: Delta) -> None:
        """One step. Raises `FeedHashDiffers`, `FeedMovedOn` or `StoreDbError`; then nothing changed."""
        await self._store.write(lambda tx: self._delta(tx, delta))

    async def apply_snapshot(self, path: Path, followed: Iterable[str]) -> SnapshotHeader:
        """Make a feed what a proven snapshot file says; feeds it takes the place of go in the same transaction.

        Raises `MessageError` when the file is damaged (nothing is touched) or `StoreDbError`.
        """
        header = prove_snapshot(path)
        kept = frozenset(followed)
        await self._store.write(lambda tx: self._snapshot(tx, path, header, kept))
        return header

    async def drop_unfollowed(self, followed: Iterable[str]) -> None:
        """Drop feeds that this store no longer follows, unless another of their family is still to take their place."""
        kept = frozenset(followed)
        held = {feed.feed_id for feed in journal.feeds(self._store.reader())}
        families = {family(feed_id) for feed_id in kept - held}
        if any(family(feed_id) not in families for feed_id in held - kept):
            await self._store.write(
                lambda tx: self._drop(tx, lambda feed: feed not in kept and family(feed) not in families)
            )

    def _delta(self, tx: Tx, delta: Delta) -> None:
        header = delta.header
        held = next((feed for feed in journal.feeds(tx) if feed.feed_id == header.feed_id), None)
        if held is None or (held.epoch, held.version + 1) != (header.epoch, header.version):
            raise FeedMovedOn(f"version {header.version} does not follow on {0 if held is None else held.version}")
        state = FeedHash.from_hex(held.state_hash)
        applied = Applied()
        for op in delta.ops:
            if op.body is None:
                old = delete_row(tx, header.feed_id, op.key, applied)
            else:
                old = put_row(tx, header.feed_id, op.key, op.body, applied)
            state.replace(op.key, old, op.body)
        if state.hex() != header.state_hash:
            raise FeedHashDiffers(f"state hash after version {header.version} differs")
        self._note(tx, FeedPosition(header.feed_id, header.epoch, header.version, header.state_hash), "delta", applied)

    def _snapshot(self, tx: Tx, path: Path, header: SnapshotHeader, followed: frozenset[str]) -> None:
        mine = family(header.feed_id)
        self._drop(tx, lambda feed: feed not in followed and family(feed) == mine)
        applied = Applied()
        replace_feed(tx, header.feed_id, rows_of(path), applied)
        self._note(tx, FeedPosition(header.feed_id, header.epoch, header.version, header.state_hash), "snapshot", applied)

    def _drop(self, tx: Tx, unwanted: Callable[[str], bool]) -> None:
        applied = Applied()
        for feed in journal.feeds(tx):
            if unwanted(feed.feed_id):
                drop_feed(tx, feed.feed_id, applied)
                journal.drop_feed(tx, feed.feed_id)
        tx.after_commit(lambda: self._watch.changed(None))

    def _note(self, tx: Tx, feed: FeedPosition, how: str, applied: Applied) -> None:
        journal.save_feed(tx, feed, now_ms=self._clock.now_ms())
        opening.answer_waiting(tx, self._facts, now_ms=self._clock.now_ms())
        self._facts.append(
            tx,
            FeedApplied(feed_id=feed.feed_id, epoch=feed.epoch, version=feed.version, state_hash=feed.state_hash, how=how),
        )
        items = None if applied.beyond_items else applied.items
        tx.after_commit(lambda: self._watch.changed(items))


def family(feed_id: str) -> str:
    """Feeds of one family take each other's place: `zone/north/price` and `zone/south/price`."""
    first, *_, last = feed_id.split("/")
    return f"{first}/{last}"


def prove_snapshot(path: Path) -> SnapshotHeader:
    """Read the whole file once and prove it. Raises `MessageError`."""
    reader = SnapshotReader()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            reader.feed(chunk)
    return reader.finish()


def rows_of(path: Path) -> Iterator[tuple[str, bytes]]:
    """The rows of a snapshot file, a chunk at a time."""
    reader = SnapshotReader()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield from reader.feed(chunk)
