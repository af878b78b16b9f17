"""HQ's decisions on batches and reports, and the acks. Pure: the shell locks, writes and commits around them.

    batch = open_batch(payload)                      # outside the lock; BatchRefused -> refusal(error, cursor, terms)
    decision = decide_batch(record, cursor, batch)   # under the lock of the store's record and cursor
    # write decision.facts from decision.first_seq on, decision.gap, decision.cursor, decision.record; commit; then
    send(reply_to_batch(decision, terms))

Several batches of a store may be decided in one group commit: pass each decision's cursor and record to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from protocols.sync import limits
from protocols.sync.batch import BatchHeader, BatchRefused, JournalBatch
from protocols.sync.hq_hello import CLONE_DETAIL, HqTerms, confirm, find_lease
from protocols.sync.hq_record import Cursor, Cursors, StoreRecord, first_cursor
from protocols.sync.messages import Ack, DownMessage, FeedList, HelloRefused, HelloWanted, Report


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
    header: BatchHeader
    cursor: Cursor
    record: StoreRecord | None = None
    facts: Sequence[bytes] = ()
    first_seq: int = 0
    gap: DeclaredGap | None = None


def decide_batch(record: StoreRecord, cursor: Cursor, batch: JournalBatch) -> BatchDecision:
    """Decide on a proven batch. `cursor` is that of (batch.header.incarnation, batch.header.stream), `first_cursor` if new.

    The shell has checked that `batch.header.store_id` is the store of the topic or certificate, that the stream is that
    of the channel, and that `imported` batches came over HTTPS.
    """
    header = batch.header
    if header.imported:
        if header.incarnation >= record.incarnation:
            return BatchDecision("incarnation", header, cursor)
        return _place(cursor, batch, None)
    if record.clone_suspected:
        return BatchDecision("clone_suspected", header, cursor)
    lease = find_lease(record, header.fence)
    if lease is None:
        return BatchDecision("fence", header, cursor)
    if lease.incarnation != header.incarnation:
        return BatchDecision("incarnation", header, cursor)
    confirmed = confirm(record, lease, header.boot_id)
    return _place(cursor, batch, confirmed if confirmed is not record else None)


def _place(cursor: Cursor, batch: JournalBatch, record: StoreRecord | None) -> BatchDecision:
    """Where the batch lies against the cursor, and whether it continues the same chain."""
    header = batch.header
    need = cursor.seq + 1
    if header.to_seq < need:
        outcome: Literal["fork", "duplicate"] = "duplicate"
        if header.to_seq == cursor.seq and batch.last != cursor.hash:
            outcome = "fork"
        return BatchDecision(outcome, header, cursor, record)
    gap = None
    skip = 0
    if header.from_seq <= need:
        skip = need - header.from_seq
        before = batch.hashes[skip - 1] if skip else batch.prev
        if before != cursor.hash:
            return BatchDecision("fork", header, cursor, record)
    elif header.gap_from is not None and header.gap_from <= need and header.gap_reason:
        if header.gap_from == need and header.gap_prev not in {"", cursor.hash.hex()}:
            return BatchDecision("fork", header, cursor, record)
        gap = DeclaredGap(from_seq=need, to_seq=header.from_seq - 1, reason=header.gap_reason)
    else:
        return BatchDecision("gap", header, cursor, record)
    moved = replace(cursor, seq=header.to_seq, hash=batch.last)
    facts = batch.facts[skip:] if skip else batch.facts
    return BatchDecision("accept", header, moved, record, facts, header.from_seq + skip, gap)


def reply_to_batch(decision: BatchDecision, terms: HqTerms) -> DownMessage:
    """The answer to send after the commit: an `Ack`, `HelloWanted` or `HelloRefused`."""
    header = decision.header
    match decision.outcome:
        case "accept" | "duplicate":
            return build_ack(decision.cursor, terms)
        case "gap":
            return build_ack(decision.cursor, terms, need_from=decision.cursor.seq + 1)
        case "clone_suspected":
            return HelloRefused(boot_id=header.boot_id, reason="clone_suspected", detail=CLONE_DETAIL)
        case "fork" | "fence" | "incarnation" as reason:
            if header.imported:
                return build_ack(decision.cursor, terms, rejected=_IMPORT_REFUSED[reason])
            return HelloWanted(boot_id=header.boot_id, incarnation=header.incarnation, reason=reason, fence=header.fence)


_IMPORT_REFUSED = {
    "fork": "import: this card's chain differs from what HQ holds; append its facts to the store's own journal instead",
    "fence": "import: no fence is expected",
    "incarnation": "import: only an incarnation older than the store's current one; let the new box say hello first",
}


def refusal(error: BatchRefused, cursor: Cursor | None, terms: HqTerms) -> Ack | None:
    """The answer to a batch `open_batch` refused; `cursor` is that of its stream. None when its header was unreadable."""
    if error.header is None or cursor is None:
        return None
    return build_ack(cursor, terms, rejected=str(error))


def build_ack(cursor: Cursor, terms: HqTerms, need_from: int | None = None, rejected: str = "") -> Ack:
    """An ack of this cursor."""
    return Ack(
        incarnation=cursor.incarnation,
        stream=cursor.stream,
        acked_upto=cursor.seq,
        acked_hash=cursor.hash.hex(),
        durable_upto=min(cursor.durable_seq, cursor.seq),
        db_epoch=terms.db_epoch,
        need_from=need_from,
        credit=terms.credit,
        rejected=rejected,
    )


@dataclass(frozen=True, slots=True)
class ReportDecision:
    """`record` None: unchanged. `replies`: acks for streams where the store's word differs from the cursor, or a request."""

    record: StoreRecord | None
    replies: tuple[DownMessage, ...]


def decide_report(record: StoreRecord, report: Report, cursors: Cursors, terms: HqTerms) -> ReportDecision:
    """Decide on a report: confirms the lease it carries and corrects a store that believes too much or too little.

    With `terms.heads` (the feeds this store follows) a store that follows others, because a `FeedList` got lost, is told.
    """
    if record.clone_suspected:
        refused = HelloRefused(boot_id=report.boot_id, reason="clone_suspected", detail=CLONE_DETAIL)
        return ReportDecision(None, (refused,))
    lease = find_lease(record, report.fence)
    if lease is None or lease.incarnation != report.incarnation:
        reason: Literal["fence", "incarnation"] = "fence" if lease is None else "incarnation"
        wanted = HelloWanted(boot_id=report.boot_id, incarnation=report.incarnation, reason=reason, fence=report.fence)
        return ReportDecision(None, (wanted,))
    confirmed = confirm(record, lease, report.boot_id)
    replies: list[DownMessage] = []
    for stream, state in report.streams.items():
        key = (report.incarnation, stream)
        cursor = cursors.get(key) or first_cursor(record.store_id, report.incarnation, stream)
        if (state.acked_upto, state.durable_upto) != (cursor.seq, min(cursor.durable_seq, cursor.seq)):
            need = cursor.seq + 1 if state.acked_upto > cursor.seq else None
            replies.append(build_ack(cursor, terms, need_from=need))
    if terms.heads and {head.feed_id for head in terms.heads} != set(report.feeds):
        replies.append(FeedList(feeds=tuple(terms.heads)))
    return ReportDecision(confirmed if confirmed is not record else None, tuple(replies))


def credit_for(*, committed_per_minute: int, waiting: int, waiting_max: int, active_stores: int) -> int:
    """Batches a minute to allow each store: from HQ's recent commit rate and the fill of its queue (fault F37).

    Full below a quarter of the queue; above that the active stores share the rate HQ manages, less as the queue fills.
    Never below 1.
    """
    if waiting * 4 <= waiting_max:
        return limits.CREDIT_FULL
    room = max(0, waiting_max - waiting)
    share = committed_per_minute * room // (max(1, waiting_max) * max(1, active_stores))
    return max(1, min(limits.CREDIT_FULL, share))
