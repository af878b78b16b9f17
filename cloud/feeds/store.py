"""SQL of feeds as they are read: heads, ranges of deltas, snapshots."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from protocols.sync.messages import FeedHead

Q = load_queries(__file__, "feeds.sql")
ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class FeedVersion:
    """A feed as it stands. Deltas up to and including `deltas_after` are gone: take a snapshot."""

    feed_id: str
    epoch: str
    version: int
    state_hash: str
    row_count: int
    deltas_after: int


async def db_epoch(tx: Connection) -> str:
    """Which database this is: every head and ack names it."""
    row = await (await tx.execute(Q["db_epoch"])).fetchone()
    assert row is not None
    return str(row[0])


async def heads_of(tx: Connection, feed_ids: Sequence[str], db_epoch: str) -> dict[str, FeedHead]:
    """The heads of those of the feeds that exist."""
    return _heads(await (await tx.execute(Q["heads_of"], {"feed_ids": list(feed_ids)})).fetchall(), db_epoch)


async def all_heads(tx: Connection, db_epoch: str) -> dict[str, FeedHead]:
    """The heads of every feed in scope."""
    return _heads(await (await tx.execute(Q["all_heads"])).fetchall(), db_epoch)


def _heads(rows: Sequence[tuple[str, str, int, str]], db_epoch: str) -> dict[str, FeedHead]:
    return {
        feed_id: FeedHead(feed_id=feed_id, epoch=epoch, version=version, state_hash=state_hash, db_epoch=db_epoch)
        for feed_id, epoch, version, state_hash in rows
    }


async def feed_version(tx: Connection, feed_id: str) -> FeedVersion | None:
    """The feed as it stands, None when there is none (in scope)."""
    row = await (await tx.execute(Q["feed"], {"feed_id": feed_id})).fetchone()
    return None if row is None else FeedVersion(*row)


async def zone_of(tx: Connection, store_id: str) -> str | None:
    """A store's price zone, None when HQ does not know the store."""
    row = await (await tx.execute(Q["zone_of"], {"store_id": store_id})).fetchone()
    return None if row is None else str(row[0])


async def deltas(tx: Connection, feed_id: str, after: int, upto: int, bytes_max: int) -> list[tuple[int, bytes]]:
    """(version, delta bytes) after `after` up to `upto`, in order; as many as fit `bytes_max`, at least one."""
    sizes = await (await tx.execute(Q["delta_sizes"], {"feed_id": feed_id, "after": after, "upto": upto})).fetchall()
    last, total = after, 0
    for version, size in sizes:
        total += size
        if total > bytes_max and last > after:
            break
        last = version
    async with tx.cursor(binary=True) as cursor:
        await cursor.execute(Q["deltas"], {"feed_id": feed_id, "after": after, "upto": last})
        return [(int(version), bytes(delta)) for version, delta in await cursor.fetchall()]


async def rows(tx: Connection, feed_id: str) -> AsyncIterator[tuple[str, bytes]]:
    """Every (key, body) of a feed, read through a server-side cursor: memory does not grow with the feed."""
    async with tx.cursor(name="feed_rows", binary=True) as cursor:
        cursor.itersize = ROWS_AT_ONCE
        await cursor.execute(Q["rows"], {"feed_id": feed_id})
        async for key, body in cursor:
            yield str(key), bytes(body)


async def feeds_with_old_deltas(tx: Connection, *, before_ms: int, keep: int) -> list[str]:
    """Feeds that `compact` would shorten."""
    rows = await (await tx.execute(Q["feeds_with_old_deltas"], {"before_ms": before_ms, "keep": keep})).fetchall()
    return [str(row[0]) for row in rows]


async def compact(tx: Connection, feed_id: str, *, before_ms: int, keep: int) -> None:
    """Delete the feed's deltas older than `before_ms`, except the newest `keep`. Who needs them takes the snapshot."""
    await tx.execute(Q["begin_later"], {"feed_id": feed_id, "before_ms": before_ms, "keep": keep})
    await tx.execute(Q["drop_deltas"], {"feed_id": feed_id})
