"""The device table of a store: what headquarters sent, what the store made of it. Domain, rows and use cases."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.rows import class_row

from cloud.db.feed_changes import commit_feed, put_row
from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.refusals import Conflict, Invalid
from cloud.web.in_scope import need_store
from protocols.contract.device_table import DeviceTableRow, TableUnreadable, read_table
from protocols.contract.feed_rows import encode_row, setup_feed

Q = load_queries(__file__, "device_tables.sql")


@dataclass(frozen=True, slots=True)
class SentTable:
    """A table that was sent. `text` empty: the box's own settings file again."""

    revision: int
    text: str
    even_if_not_ready: bool
    sent_at_ms: int
    sent_by: str


@dataclass(frozen=True, slots=True)
class ToldTable:
    """The store's newest word. `in_force` 0: the box's own settings file; `text`: what is in force."""

    at_ms: int
    in_force: int
    text: str
    revision: int
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class StoreTable:
    """Both."""

    store_id: str
    sent: SentTable | None
    told: ToldTable | None

    @property
    def outcome(self) -> str:
        """`none` (nothing was ever sent), `waiting` for the store's answer, `in_force`, `refused`, `rolled_back`."""
        if self.sent is None:
            return "none"
        if self.told is None or self.told.revision < self.sent.revision:
            return "waiting"
        return self.told.outcome


async def of_store(tx: Connection, store_id: str) -> StoreTable:
    """How it stands. Raises `Missing`."""
    await need_store(tx, store_id)
    async with tx.cursor(row_factory=class_row(ToldTable)) as cursor:
        await cursor.execute(Q["told"], {"store_id": store_id})
        told = await cursor.fetchone()
    return StoreTable(store_id, await _newest(tx, store_id), told)


async def send(
    tx: Connection, store_id: str, text: str, seen_revision: int, *, even_if_not_ready: bool, now_ms: int, by: str
) -> StoreTable:
    """Send a table to the store. Raises `Invalid`, `Missing`, or `Conflict` when somebody else sent one meanwhile."""
    await need_store(tx, store_id)
    await tx.execute(Q["lock"], {"store_id": store_id})
    newest = await _newest(tx, store_id)
    known = 0 if newest is None else newest.revision
    if seen_revision != known:
        raise Conflict(
            "device_table_moved_on",
            f"Table {known} was sent meanwhile, and this one was made from table {seen_revision}.",
            "Look at what was sent, and make the change again.",
        )
    _check(text)
    row = DeviceTableRow(revision=known + 1, text=text, even_if_not_ready=even_if_not_ready)
    sent = SentTable(row.revision, text, even_if_not_ready, now_ms, by)
    await tx.execute(
        Q["add"],
        {
            "store_id": store_id,
            "revision": sent.revision,
            "text": text,
            "even_if_not_ready": even_if_not_ready,
            "sent_at_ms": now_ms,
            "sent_by": by,
        },
    )
    await put_row(tx, setup_feed(store_id), row.key(), encode_row(row))
    await commit_feed(tx, setup_feed(store_id), now_ms)
    return await of_store(tx, store_id)


def _check(text: str) -> None:
    if not text:
        return
    try:
        read_table(text)
    except TableUnreadable as error:
        remedy = "Only the box knows what its drivers take: it checks the rest and answers."
        raise Invalid.field("text", str(error), remedy) from error


async def _newest(tx: Connection, store_id: str) -> SentTable | None:
    async with tx.cursor(row_factory=class_row(SentTable)) as cursor:
        await cursor.execute(Q["newest"], {"store_id": store_id})
        return await cursor.fetchone()
