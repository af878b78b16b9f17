"""Feeds from HQ into the catalogue: each version in one transaction, proven by its state hash, told to HQ as a fact."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from edge.catalogue.apply import Applied, delete_row, drop_feed, put_row, replace_feed
from edge.catalogue.lookup import pricing_now_ms
from edge.catalogue.watch import CatalogueWatch
from edge.promotions import kept
from edge.stock import feed as stock_feed
from edge.stock import opening
from edge.store_db import journal
from edge.store_db.database import Database, Tx
from edge.store_db.journal import FeedPosition, Journal
from edge.sync import staged
from edge.sync.staged import Kept
from protocols.clock import Clock
from protocols.contract.facts import FeedApplied
from protocols.sync.delta import Delta, decode_delta
from protocols.sync.feed_hash import FeedHash
from protocols.sync.messages import MessageError
from protocols.sync.release import FlipStep, Staged
from protocols.sync.snapshot import SnapshotHeader, SnapshotReader

CHUNK_BYTES = 64 * 1024


class FeedHashDiffers(Exception):
    """The rows after a delta are not what HQ has: nothing was applied, the snapshot must be pulled."""


class FeedMovedOn(Exception):
    """The feed is not at the version this delta follows on: nothing was applied."""


class FlipFailed(Exception):
    """What is staged of one feed cannot be taken up: nothing of the flip was applied."""

    def __init__(self, feed_id: str, reason: str, *, hash_mismatch: bool) -> None:
        super().__init__(f"{feed_id}: {reason}")
        self.feed_id = feed_id
        self.reason = reason
        self.hash_mismatch = hash_mismatch


class FeedStore:
    """Applies deltas and snapshots, and holds back those of a release. `watch` is told which items changed after a commit.

    Snapshots that are held back lie in the folder `staging` beside the database.
    """

    def __init__(self, store: Database, facts: Journal, watch: CatalogueWatch, clock: Clock) -> None:
        self._folder = store.path.parent / "staging"
        self._store = store
        self._facts = facts
        self._watch = watch
        self._clock = clock

    async def apply_delta(self, delta: Delta) -> None:
        """One step. Raises `FeedHashDiffers`, `FeedMovedOn` or `StoreDbError`; then nothing changed."""
        await self._store.write(lambda tx: self._delta(tx, delta))

    async def apply_snapshot(self, path: Path, followed: Iterable[str]) -> SnapshotHeader | Staged:
        """Make a feed what a proven snapshot file says; feeds it takes the place of go in the same transaction.

        One that must stand with other feeds is staged instead (the file moves away). Raises `MessageError` when the file is
        damaged (nothing is touched), `StoreDbError`, OSError.
        """
        header = prove_snapshot(path)
        kept = frozenset(followed)
        if header.release is None:
            await self._store.write(lambda tx: self._snapshot(tx, path, header, kept))
            return header
        item = Staged(header.feed_id, header.epoch, header.version, header.state_hash, header.release, snapshot=True)
        name = f"{header.feed_id.replace('/', '_')}.{header.version}.held"
        self._move_in(path, name)
        await self._store.write(lambda tx: staged.keep_snapshot(tx, item, name), durable=False)
        self._sweep()
        return item

    async def stage_delta(self, delta: Delta) -> Staged:
        """Hold a verified delta back. Survives a killed process; one lost in a power cut is pulled again.

        Raises as `apply_delta`.
        """
        return await self._store.write(lambda tx: self._stage(tx, delta), durable=False)

    async def flip(self, steps: Sequence[FlipStep], followed: Iterable[str]) -> None:
        """Take up what is staged, all steps in one transaction. Raises `FlipFailed`, `StoreDbError`: nothing changed."""
        kept = frozenset(followed)
        await self._store.write(lambda tx: self._flip(tx, steps, kept))
        self._sweep()

    def _stage(self, tx: Tx, delta: Delta) -> Staged:
        header = delta.header
        before = [each for each in staged.kept(tx, header.feed_id) if each.item.version < header.version]
        held = next((feed for feed in journal.feeds(tx) if feed.feed_id == header.feed_id), None)
        tip = before[-1].item if before else held
        if tip is None or (tip.epoch, tip.version + 1) != (header.epoch, header.version):
            raise FeedMovedOn(f"version {header.version} does not follow on {0 if tip is None else tip.version}")
        try:
            after = staged.hash_after(tx, before, tip.state_hash, delta, self._folder)
        except (MessageError, OSError) as error:
            raise FeedMovedOn(f"what is staged before version {header.version} cannot be read: {error}") from error
        if after != header.state_hash:
            raise FeedHashDiffers(f"state hash after version {header.version} differs")
        return staged.keep_delta(tx, delta)

    def _flip(self, tx: Tx, steps: Sequence[FlipStep], followed: frozenset[str]) -> None:
        for step in steps:
            waiting = [each for each in staged.kept(tx, step.feed_id) if each.item.version <= step.version]
            if not waiting or (waiting[-1].item.epoch, waiting[-1].item.version) != (step.epoch, step.version):
                raise FlipFailed(step.feed_id, f"version {step.version} is not staged", hash_mismatch=False)
            try:
                for each in waiting:
                    self._take_up(tx, each, followed)
            except FeedHashDiffers as error:
                raise FlipFailed(step.feed_id, str(error), hash_mismatch=True) from error
            except (FeedMovedOn, MessageError, OSError) as error:
                raise FlipFailed(step.feed_id, str(error), hash_mismatch=False) from error
            staged.drop_upto(tx, step.feed_id, step.version)

    def _take_up(self, tx: Tx, each: Kept, followed: frozenset[str]) -> None:
        if each.delta is not None:
            self._delta(tx, decode_delta(each.delta))
        elif each.file is not None:
            path = self._folder / each.file
            self._rows_of_snapshot(tx, path, prove_snapshot(path), followed)

    def _move_in(self, path: Path, name: str) -> None:
        self._folder.mkdir(exist_ok=True)
        path.replace(self._folder / name)

    def _sweep(self) -> None:
        """Remove snapshot files that nothing names any more. One that stays because of an error is removed next time."""
        named = {each.file for each in staged.kept(self._store.reader())}
        for path in self._folder.glob("*.held"):
            if path.name not in named:
                with contextlib.suppress(OSError):
                    path.unlink()

    async def drop_unfollowed(self, followed: Iterable[str]) -> None:
        """Drop feeds that this store no longer follows, unless another of their family is still to take their place."""
        kept = frozenset(followed)
        held = {feed.feed_id for feed in journal.feeds(self._store.reader())}
        families = {family(feed_id) for feed_id in kept - held}
        waiting = {each.item.feed_id for each in staged.kept(self._store.reader())} - kept
        if waiting:
            await self._store.write(lambda tx: _forget(tx, waiting))
            self._sweep()
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
        staged.drop_from(tx, header.feed_id, 0)
        self._rows_of_snapshot(tx, path, header, followed)

    def _rows_of_snapshot(self, tx: Tx, path: Path, header: SnapshotHeader, followed: frozenset[str]) -> None:
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
        stock_feed.changed(tx, self._facts, applied.stock_keys, self._clock.now_ms())
        tx.after_commit(lambda: self._watch.changed(None))

    def _note(self, tx: Tx, feed: FeedPosition, how: str, applied: Applied) -> None:
        journal.save_feed(tx, feed, now_ms=self._clock.now_ms())
        opening.answer_waiting(tx, self._facts, now_ms=self._clock.now_ms())
        stock_feed.changed(tx, self._facts, applied.stock_keys, self._clock.now_ms())
        if applied.beyond_items:  # promotions, or the zone they are of
            kept.keep_in_use(tx, journal.identity(tx).store_id, pricing_now_ms(tx, self._clock))
        self._facts.append(
            tx,
            FeedApplied(feed_id=feed.feed_id, epoch=feed.epoch, version=feed.version, state_hash=feed.state_hash, how=how),
        )
        items = None if applied.beyond_items else applied.items
        tx.after_commit(lambda: self._watch.changed(items))


def _forget(tx: Tx, feed_ids: Iterable[str]) -> None:
    for feed_id in feed_ids:
        staged.drop_from(tx, feed_id, 0)


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
