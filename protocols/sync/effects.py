"""What the store's session asks its shell to do. The shell carries out a list of effects in its order.

Order matters twice: a `Save...` or `Adopt...` must be durable before the next effect of the list is carried out, and
`Send`s keep their order. Everything else may run concurrently; its result comes back as an input of `StoreSession`.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.contract.values import Stream
from protocols.sync.delta import Delta
from protocols.sync.messages import Rechain
from protocols.sync.release import FlipStep
from protocols.sync.topics import Channel


@dataclass(frozen=True, slots=True)
class Send:
    """Publish on the store's channel (QoS 1; `state` retained), or POST it. Losing it is allowed: the session resends."""

    channel: Channel
    payload: bytes
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Follow:
    """These are all the feeds to follow: subscribe to their head and delta topics, unsubscribe from others.

    Rows of a feed that is no longer followed may be dropped by the shell; what is staged of it must be.
    """

    feed_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadJournal:
    """Read rows of the current incarnation after `after_seq`; answer with `journal_rows`, also when there are none.

    Stop before `limit_rows` rows or once `limit_bytes` of facts are read, but return at least one row if there is one.
    Return only rows that would survive a power cut.
    """

    stream: Stream
    after_seq: int
    limit_rows: int
    limit_bytes: int


@dataclass(frozen=True, slots=True)
class SaveAck:
    """Keep HQ's word on a stream. `acked_upto` may be lower than before (HQ was restored).

    Rows may be deleted only when `seq <= durable_upto` and they are old (14 days). The newest row, or its sequence and
    hash, must always stay known.
    """

    stream: Stream
    acked_upto: int
    acked_hash: bytes
    durable_upto: int
    db_epoch: str


@dataclass(frozen=True, slots=True)
class SaveFence:
    """Keep the fence, durably, before anything else of this list is sent."""

    fence: str


@dataclass(frozen=True, slots=True)
class AdoptIncarnation:
    """In ONE transaction: set incarnation and fence, and move facts into the new incarnation.

    For each `Rechain(stream, incarnation i, after_seq n)`: every fact of the stream still held with (incarnation, seq) >
    (i, n), in that order, gets sequences 1, 2, ... chained from `genesis(store_id, new incarnation, stream)`; event ids and
    bytes stay. Facts up to that position stay where they are. Then answer with `incarnation_adopted(fresh state)`.
    """

    incarnation: int
    fence: str
    rechain: tuple[Rechain, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class ApplyDelta:
    """Apply the ops to the feed's rows in one transaction if the resulting state hash is `delta.header.state_hash`.

    Answer with `feed_applied`, or roll back and answer `feed_failed(..., hash_mismatch=True)` when the hash differs.
    """

    delta: Delta


@dataclass(frozen=True, slots=True)
class StageDelta:
    """Keep the delta, verified, so that it survives a killed process; nothing of it is visible yet.

    It follows on the newest version staged of this feed, or on the one in force. Verified: applied on top of those, the
    state hash would be `delta.header.state_hash`. Answer with `feed_staged`, or `feed_failed` as for `ApplyDelta`.
    """

    delta: Delta


@dataclass(frozen=True, slots=True)
class Flip:
    """Take up staged versions of several feeds: each step all of its feed up to that version, ALL steps in one
    transaction, which also forgets them as staged. Answer with `flipped`, or roll back and answer with `flip_failed`.
    """

    steps: tuple[FlipStep, ...]


@dataclass(frozen=True, slots=True)
class FetchHead:
    """`GET /v1/feeds/{feed}/head`; answer with `head_fetched` or `fetch_failed`."""

    feed_id: str


@dataclass(frozen=True, slots=True)
class FetchDeltas:
    """`GET /v1/feeds/{feed}/deltas?epoch=&after=`; answer with `deltas_fetched` or `fetch_failed` (`gone` on 410)."""

    feed_id: str
    epoch: str
    after: int


@dataclass(frozen=True, slots=True)
class FetchSnapshot:
    """`GET /v1/feeds/{feed}/snapshot`, stage its rows, prove them with `SnapshotReader.finish`, then replace the
    feed's rows in one transaction (which forgets what was staged of it); answer with `feed_applied` or `fetch_failed`.

    When its header has a `release`: keep it staged instead, in place of all that was staged of this feed, and answer with
    `feed_staged`.
    """

    feed_id: str


@dataclass(frozen=True, slots=True)
class RaiseAlarm:
    """Tell a person (a `StoreAlarm` fact, the screen). The session repeats an alarm only when its cause returns.

    Codes: `clone_suspected`, `refused`, `incarnation_changed`, `hq_restored`, `facts_missing`, `journal_damaged`,
    `batch_rejected`, `fact_too_large`, `feed_hash_mismatch`, `feed_restored`, `bad_message`.
    """

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Halt:
    """No batch will be sent until HQ says otherwise; selling goes on. The session asks again by itself."""

    reason: str


@dataclass(frozen=True, slots=True)
class Reconnect:
    """The line looks alive but nothing comes back: close it and connect anew."""

    reason: str


Effect = (
    Send
    | Follow
    | ReadJournal
    | SaveAck
    | SaveFence
    | AdoptIncarnation
    | ApplyDelta
    | StageDelta
    | Flip
    | FetchHead
    | FetchDeltas
    | FetchSnapshot
    | RaiseAlarm
    | Halt
    | Reconnect
)
