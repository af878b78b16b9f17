"""Snapshots as files: each version of a feed is packed once, however many stores ask for it, and streamed from the disk.

Packing reads rows through a server-side cursor in a thread of its own, so neither memory nor other requests feel the size of
the feed. The shelf holds the newest snapshots asked for, at most `FILES_MAX`; the oldest asked for goes first.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow

from cloud.db.queries import load_queries
from protocols.sync.release import Release
from protocols.sync.snapshot import SnapshotHeader, write_snapshot

Q = load_queries(__file__, "snapshots.sql")
FILES_MAX = 256
ROWS_AT_ONCE = 2_000


class FeedMissing(LookupError):
    """There is no such feed."""


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """A packed snapshot. `tag` changes with every version."""

    path: Path
    header: SnapshotHeader

    @property
    def tag(self) -> str:
        return f"{self.header.epoch}.{self.header.version}"


@dataclass
class _Place:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    file: SnapshotFile | None = None
    before: SnapshotFile | None = None
    """Kept on the disk for who was given it a moment ago."""


class SnapshotShelf:
    """Snapshots packed by this process, in a folder that is removed with `close`."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._folder = tempfile.TemporaryDirectory(prefix="tallystick-snapshots-")
        self._places: OrderedDict[str, _Place] = OrderedDict()

    def close(self) -> None:
        """Remove all files. Answers still being streamed keep theirs open."""
        self._folder.cleanup()

    async def newest(self, feed_id: str, epoch: str, version: int) -> SnapshotFile:
        """A snapshot of this version or a newer one. Raises `FeedMissing`, `psycopg.OperationalError`, OSError."""
        place = self._places.setdefault(feed_id, _Place())
        self._places.move_to_end(feed_id)
        async with place.lock:
            file = place.file
            if file is None or file.header.epoch != epoch or file.header.version < version:
                packed = await asyncio.to_thread(pack_snapshot, self._conninfo, feed_id, Path(self._folder.name))
                _remove(place.before)
                place.before, place.file = file, packed
                file = packed
        self._shed()
        return file

    def _shed(self) -> None:
        while len(self._places) > FILES_MAX:
            _, place = self._places.popitem(last=False)
            _remove(place.file)
            _remove(place.before)


def _remove(file: SnapshotFile | None) -> None:
    if file is not None:
        file.path.unlink(missing_ok=True)


def pack_snapshot(conninfo: str, feed_id: str, folder: Path) -> SnapshotFile:
    """Pack the feed, as of one moment, into a new file of `folder`. Raises `FeedMissing` and `psycopg.OperationalError`."""
    with psycopg.connect(conninfo, application_name="tallystick-snapshot") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute(Q["see_all"])
        found = connection.execute(Q["header"], {"feed_id": feed_id}).fetchone()
        if found is None:
            raise FeedMissing(feed_id)
        epoch, version, state_hash, count = found
        header = SnapshotHeader(
            feed_id=feed_id,
            epoch=epoch,
            version=version,
            state_hash=state_hash,
            count=count,
            release=_release(connection, feed_id, version),
        )
        descriptor, name = tempfile.mkstemp(dir=folder, suffix=".snapshot")
        with os.fdopen(descriptor, "wb") as file:
            for chunk in write_snapshot(header, _rows(connection, feed_id)):
                file.write(chunk)
        return SnapshotFile(Path(name), header)


def _release(connection: psycopg.Connection[TupleRow], feed_id: str, version: int) -> Release | None:
    """What a store must hold of other feeds together with this one."""
    at = {"feed_id": feed_id, "version": version}
    newest = connection.execute(Q["newest_release"], at).fetchone()
    if newest is None:
        return None
    feeds = {str(other): int(lowest) for other, lowest in connection.execute(Q["stands_with"], at)}
    return Release(release_id=newest[0], feeds=feeds, effective_at_ms=newest[1])


def _rows(connection: psycopg.Connection[TupleRow], feed_id: str) -> Iterator[tuple[str, bytes]]:
    with connection.cursor(name="feed_rows", binary=True) as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(Q["rows"], {"feed_id": feed_id})
        for key, body in cursor:
            yield str(key), bytes(body)
