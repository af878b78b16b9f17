"""The store database as the session sees it: where everything stands, rows to send, HQ's word to keep."""

from __future__ import annotations

from dataclasses import dataclass

from edge.store_db import journal
from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from edge.store_db.incarnation import Move, adopt
from edge.sync import handover, staged
from protocols.clock import Clock
from protocols.contract.values import Stream
from protocols.sync.batch import JournalRow, JournalSlice
from protocols.sync.effects import AdoptIncarnation, ReadJournal, SaveAck
from protocols.sync.messages import FeedState
from protocols.sync.store_state import StoreSyncState, StreamPosition


@dataclass(frozen=True, slots=True)
class BoxFacts:
    """What the session tells HQ about this box beside the database."""

    boot_id: str
    hardware: str
    software: str
    config_hash: str
    certificate_expires_ms: int | None = None


def read_state(source: Connection, box: BoxFacts, clock: Clock) -> StoreSyncState:
    """Everything the session knows at its start, in one consistent look."""
    source.execute("BEGIN")
    try:
        identity = journal.identity(source)
        streams = {stream: _stream(source, identity.incarnation, stream, clock) for stream in Stream}
        feeds = journal.feeds(source)
        waiting = [each.item for each in staged.kept(source)]
    finally:
        source.execute("COMMIT")
    return StoreSyncState(
        store_id=identity.store_id,
        edge_id=identity.edge_id,
        db_nonce=identity.db_nonce,
        boot_id=box.boot_id,
        incarnation=identity.incarnation,
        fence=identity.fence,
        streams=streams,
        feeds={
            feed.feed_id: FeedState(epoch=feed.epoch, version=feed.version, state_hash=feed.state_hash) for feed in feeds
        },
        staged=waiting,
        db_epoch=identity.db_epoch,
        hardware=box.hardware,
        software=box.software,
        config_hash=box.config_hash,
        certificate_expires_ms=box.certificate_expires_ms,
    )


def _stream(source: Connection, incarnation: int, stream: Stream, clock: Clock) -> StreamPosition:
    head = journal.stream_head(source, incarnation, stream)
    waiting = journal.read_after(source, incarnation, stream, head.acked_upto, limit_rows=1)
    age_ms = max(0, clock.now_ms() - waiting[0].at_ms) if waiting else None
    return StreamPosition(
        first_seq=head.first_seq,
        last_seq=head.last_seq,
        last_hash=head.last_hash,
        acked_upto=head.acked_upto,
        acked_hash=head.acked_hash,
        durable_upto=head.durable_upto,
        oldest_unacked_age_ms=age_ms,
    )


def read_slice(source: Connection, store_id: str, incarnation: int, wanted: ReadJournal) -> JournalSlice:
    """Rows to send. Facts are journalled in durable transactions only, so whatever a reader sees survives a power cut."""
    found = journal.read_after(source, incarnation, wanted.stream, wanted.after_seq, limit_rows=wanted.limit_rows)
    after_seq = found[0].seq - 1 if found else wanted.after_seq
    rows: list[JournalRow] = []
    size = 0
    for row in found:
        rows.append(JournalRow(seq=row.seq, fact=row.fact, hash=row.hash))
        size += len(row.fact)
        if size >= wanted.limit_bytes:
            break
    after_hash = journal.hash_at(source, store_id, incarnation, wanted.stream, after_seq)
    return JournalSlice(stream=wanted.stream, after_seq=after_seq, after_hash=after_hash, rows=tuple(rows))


def save_ack(tx: Tx, incarnation: int, word: SaveAck) -> None:
    """Keep HQ's word, unless the database has moved on to another incarnation meanwhile."""
    if journal.identity(tx).incarnation == incarnation:
        journal.save_ack(
            tx,
            word.stream,
            acked_upto=word.acked_upto,
            acked_hash=word.acked_hash,
            durable_upto=word.durable_upto,
            db_epoch=word.db_epoch,
        )


def adopt_incarnation(tx: Tx, granted: AdoptIncarnation) -> None:
    """Move into the incarnation HQ granted. A new database that is not the store's first is owed a handover."""
    if journal.identity(tx).incarnation == 0 and granted.incarnation > 1:
        handover.owe(tx, granted.incarnation)
    moves = [Move(each.stream, each.incarnation, each.after_seq) for each in granted.rechain]
    adopt(tx, incarnation=granted.incarnation, fence=granted.fence, moves=moves)
