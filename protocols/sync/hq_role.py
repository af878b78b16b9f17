"""HQ's decisions on batches and reports, and the acks. Pure: the shell locks, writes and commits around them.

    batch = open_batch(payload)                      # outside the lock; BatchRefused -> refusal(error, cursor)
    decision = decide_batch(record, cursor, batch)   # under the lock of the store's record and cursor
    # write decision.facts from decision.first_seq on, decision.gap, decision.cursor, decision.record; commit; then
    send(reply_to_batch(decision, terms))

Several batches of a store may be decided in one group commit: pass each decision's cursor and record to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from protocols.contract.values import Stream
from protocols.sync.batch import BatchRefused, JournalBatch
from protocols.sync.hq_hello import HqTerms
from protocols.sync.hq_record import Cursor, Cursors, StoreRecord
from protocols.sync.messages import Ack, DownMessage, Report


@dataclass(frozen=True, slots=True)
class DeclaredGap:
    """Sequences that will never come, inclusive; to be recorded beside the batch."""

    from_seq: int
    to_seq: int
    reason: Literal["shed", "oversize"]


@dataclass(frozen=True, slots=True)
class BatchDecision:
    """What to do with a batch.

    `accept`: write `facts` (the part HQ does not have, starting at `first_seq`), `gap` if any, and `cursor`.
    All other outcomes write nothing but `record`. `record` is None when it did not change.
    """

    outcome: Literal["accept", "duplicate", "gap", "fork", "fence", "incarnation", "clone_suspected"]
    batch: JournalBatch
    cursor: Cursor
    record: StoreRecord | None = None
    facts: tuple[bytes, ...] = ()
    first_seq: int = 0
    gap: DeclaredGap | None = None


def decide_batch(record: StoreRecord, cursor: Cursor, batch: JournalBatch) -> BatchDecision:
    """Decide on a proven batch. `cursor` is that of (batch.header.incarnation, batch.header.stream), `first_cursor` if new.

    The shell has checked that `batch.header.store_id` is the store of the topic or certificate, that the stream is that
    of the channel, and that `imported` batches came over HTTPS.
    """
    raise NotImplementedError


def reply_to_batch(decision: BatchDecision, terms: HqTerms) -> DownMessage:
    """The answer to send after the commit: an `Ack`, `HelloWanted` or `HelloRefused`."""
    raise NotImplementedError


def refusal(error: BatchRefused, cursor: Cursor | None, terms: HqTerms) -> Ack | None:
    """The answer to a batch `open_batch` refused; `cursor` is that of its stream. None when its header was unreadable."""
    raise NotImplementedError


def build_ack(cursor: Cursor, terms: HqTerms, need_from: int | None = None, rejected: str = "") -> Ack:
    """An ack of this cursor."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ReportDecision:
    """`record` None: unchanged. `replies`: acks for streams where the store's word differs from the cursor, or a request."""

    record: StoreRecord | None
    replies: tuple[DownMessage, ...]


def decide_report(record: StoreRecord, report: Report, cursors: Cursors, terms: HqTerms) -> ReportDecision:
    """Decide on a report: confirms the lease it carries and corrects a store that believes too much or too little."""
    raise NotImplementedError


def streams_of(report: Report) -> tuple[Stream, ...]:
    """The streams a report speaks of, for loading cursors."""
    return tuple(report.streams)


def credit_for(commit_ms: int, waiting_batches: int, waiting_max: int, stores_active: int) -> int:
    """Batches a minute to allow each store, from how slow commits are and how full HQ's queue is (fault F37).

    Full below a quarter of the queue; then what HQ can commit, shared by the active stores; never 0 while anything drains.
    """
    raise NotImplementedError
