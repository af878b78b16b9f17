"""The journal: the store's ordered facts, appended in the transaction of the state they tell of.

A fact's key packs incarnation, stream and sequence into one integer, so that rows lie in the order they are sent. Rows are
deleted only when HQ holds them durably and they are old; the newest row's sequence and hash stay known for ever.
"""

from __future__ import annotations

import datetime
import functools
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.clock import Clock, IdSource
from protocols.contract.facts import STREAM_OF, FactBody, FactsShed, FactStamp
from protocols.contract.values import Stream
from protocols.sync.chain import genesis, link

_STREAM_NUMBER = {Stream.TXN: 0, Stream.OPS: 1, Stream.BULK: 2}
_SEQ_BITS = 40
_STREAM_BITS = 2
SEQ_MAX = (1 << _SEQ_BITS) - 1

queries = load("edge.store_db")


def position(incarnation: int, stream: Stream, seq: int) -> int:
    """The integer key of a fact; grows with (incarnation, stream, seq)."""
    return ((incarnation << _STREAM_BITS | _STREAM_NUMBER[stream]) << _SEQ_BITS) | seq


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this database is."""

    store_id: str
    edge_id: str
    db_nonce: str
    incarnation: int
    fence: str
    db_epoch: str


@dataclass(frozen=True, slots=True)
class StreamHead:
    """Where a stream of one incarnation stands. Hashes are 32 bytes; genesis at sequence 0."""

    first_seq: int
    last_seq: int
    last_hash: bytes
    acked_upto: int
    acked_hash: bytes
    durable_upto: int


class JournalRow(msgspec.Struct, frozen=True, gc=False):
    """One stored fact. (A struct for its speed: one is made per row of a batch.)"""

    incarnation: int
    stream: Stream
    seq: int
    at_ms: int
    hash: bytes
    fact: bytes


class Appended(msgspec.Struct, frozen=True, gc=False):
    """What `append` tells: the event and where it lies."""

    row: JournalRow
    event_id: str
    business_date: str


Watcher = Callable[[Sequence[FactBody]], None]
Listener = Callable[[JournalRow], None]
"""Told the newest row of a stream after a commit; rows before it may be new too."""


_ZONE_STEP_MS = 900_000
"""Every civil time zone of today is a multiple of 15 minutes away from UTC, so no date changes inside such a step."""


def business_date(at_ms: int, time_zone: str) -> str:
    """ISO date of an instant in a time zone; UTC when the zone is unknown. Instants beyond the calendar are clamped."""
    return _date_of_step(at_ms // _ZONE_STEP_MS, time_zone)


@functools.lru_cache(maxsize=64)
def _date_of_step(step: int, time_zone: str) -> str:
    try:
        zone: datetime.tzinfo = zoneinfo.ZoneInfo(time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        zone = datetime.UTC
    try:
        moment = datetime.datetime.fromtimestamp(step * _ZONE_STEP_MS // 1000, zone)
    except (OverflowError, ValueError, OSError):
        return "1970-01-01" if step < 0 else "9999-12-31"
    return moment.date().isoformat()


class Journal:
    """Appends and reads facts. Holds no state of its own but the seams; every number is in the database."""

    def __init__(self, *, clock: Clock, ids: IdSource, boot_id: str, time_zone: Callable[[Connection | Tx], str]) -> None:
        self._clock = clock
        self._ids = ids
        self._boot_id = boot_id
        self._time_zone = time_zone
        self._listeners: list[Listener] = []
        self._watchers: list[Watcher] = []

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` on the event loop with the facts of each committed append."""
        self._watchers.append(watcher)

    def listen(self, listener: Listener) -> None:
        """Call `listener` on the event loop after each committed append, once per stream that grew."""
        self._listeners.append(listener)

    def append(self, tx: Tx, body: FactBody) -> Appended:
        """Stamp, chain and store one fact in the caller's transaction; its stream follows from its kind."""
        return self.append_many(tx, (body,))[0]

    def append_many(self, tx: Tx, bodies: Sequence[FactBody]) -> list[Appended]:
        """Append facts in order; they get consecutive sequences of their streams and the same instant.

        Only in a durable transaction: HQ must never be told what a power cut could take back.
        """
        if not tx.durable:
            raise ValueError("facts are journalled in durable transactions only")
        incarnation = identity(tx).incarnation
        at_ms = self._clock.now_ms()
        mono_ms, quality = self._clock.monotonic_ms(), self._clock.quality()
        date = business_date(at_ms, self._time_zone(tx))
        tails: dict[Stream, Tail] = {}
        lines: dict[type, tuple[Tail, FactStamp]] = {}
        appended: list[Appended] = []
        for body, event_id in zip(bodies, self._ids.many(len(bodies)), strict=True):
            kind = type(body)
            if kind not in lines:
                stream = STREAM_OF[kind]
                tail = tails.get(stream) or tails.setdefault(stream, Tail(tx, incarnation, stream))
                stamp = FactStamp(
                    kind, at_ms=at_ms, mono_ms=mono_ms, boot_id=self._boot_id, clock=quality, business_date=date
                )
                lines[kind] = (tail, stamp)
            tail, stamp = lines[kind]
            row = tail.add(event_id, kind.__name__, at_ms, stamp.encode(body, event_id))
            appended.append(Appended(row, event_id, date))
        for tail in tails.values():
            newest = tail.store(tx)
            if newest is not None:
                tx.after_commit(functools.partial(self._tell, newest))
        for watcher in self._watchers:
            tx.after_commit(functools.partial(watcher, bodies))
        return appended

    def _tell(self, newest: JournalRow) -> None:
        for listener in self._listeners:
            listener(newest)


class Tail:
    """Facts to be appended to one stream, chained in memory and written together."""

    def __init__(self, tx: Tx, incarnation: int, stream: Stream) -> None:
        head = stream_head(tx, incarnation, stream)
        self._incarnation = incarnation
        self._stream = stream
        self._seq = head.last_seq
        self._hash = head.last_hash
        self._base = position(incarnation, stream, 0)
        self._waiting: list[tuple[int, str, str, int, bytes, bytes]] = []

    def add(self, event_id: str, kind: str, at_ms: int, fact: bytes) -> JournalRow:
        """Chain one fact."""
        self._seq += 1
        self._hash = link(self._hash, fact)
        self._waiting.append((self._base | self._seq, event_id, kind, at_ms, self._hash, fact))
        return JournalRow(self._incarnation, self._stream, self._seq, at_ms, self._hash, fact)

    def store(self, tx: Tx) -> JournalRow | None:
        """Write what was added; returns the newest row, or None when nothing was."""
        if not self._waiting:
            return None
        tx.executemany(queries["append"], self._waiting)
        tx.execute(queries["advance_stream"], (self._seq, self._hash, self._incarnation, self._stream.value))
        *_, at_ms, digest, fact = self._waiting[-1]
        return JournalRow(self._incarnation, self._stream, self._seq, at_ms, digest, fact)


def create_identity(tx: Tx, *, store_id: str, edge_id: str, db_nonce: str, now_ms: int) -> None:
    """Make a new database known to itself: incarnation 0 until HQ grants one."""
    tx.execute(queries["create_identity"], (store_id, edge_id, db_nonce, now_ms))
    for stream in Stream:
        create_stream(tx, store_id, 0, stream)


def create_stream(tx: Tx, store_id: str, incarnation: int, stream: Stream) -> None:
    """Begin a stream of an incarnation at its genesis hash."""
    start = genesis(store_id, incarnation, stream.value)
    tx.execute(queries["create_stream"], (incarnation, stream.value, start, start))


def count_boot(tx: Tx) -> int:
    """Count this start of the daemon; the first is 1. Numbers made from it grow over restarts, whatever the clock says."""
    tx.execute(queries["count_boot"])
    row = tx.execute(queries["boots"]).fetchone()
    return 0 if row is None else int(row[0])


def identity_or_none(source: Connection | Tx) -> Identity | None:
    """The database's identity, or None in a new file."""
    row = source.execute(queries["identity"]).fetchone()
    return None if row is None else Identity(*row)


def identity(source: Connection | Tx) -> Identity:
    """The database's identity. Raises LookupError in a new file."""
    found = identity_or_none(source)
    if found is None:
        raise LookupError("the store database has no identity yet")
    return found


def stream_head(source: Connection | Tx, incarnation: int, stream: Stream) -> StreamHead:
    """Where a stream stands. Raises LookupError for an incarnation this database never had."""
    row = source.execute(queries["stream"], (incarnation, stream.value)).fetchone()
    if row is None:
        raise LookupError(f"no stream {stream} in incarnation {incarnation}")
    return StreamHead(*row)


def all_streams(source: Connection | Tx) -> list[tuple[int, Stream, int]]:
    """(incarnation, stream, last sequence) of everything this database ever held."""
    return [(row[0], Stream(row[1]), row[3]) for row in source.execute(queries["all_streams"]).fetchall()]


def read_after(
    source: Connection | Tx, incarnation: int, stream: Stream, after_seq: int, *, limit_rows: int
) -> list[JournalRow]:
    """Facts after a sequence, in order, at most `limit_rows`."""
    low, high = position(incarnation, stream, after_seq), position(incarnation, stream, SEQ_MAX)
    return [
        JournalRow(incarnation=incarnation, stream=stream, seq=key & SEQ_MAX, at_ms=at_ms, hash=digest, fact=fact)
        for key, at_ms, digest, fact in source.execute(queries["read_after"], (low, high, limit_rows))
    ]


def of_till(source: Connection | Tx, after: int, kinds: Sequence[type], till_id: str) -> list[tuple[int, bytes]]:
    """(instant, fact) of a till's facts of these `txn` kinds after a position, in order, over later incarnations too.

    Facts that name the till anywhere are found; the caller looks at what it decodes.
    """
    names = msgspec.json.encode([kind.__name__ for kind in kinds]).decode()
    mark = b'"till_id":' + msgspec.json.encode(till_id)
    found: list[tuple[int, bytes]] = []
    for incarnation in sorted({each for each, stream, _ in all_streams(source) if stream is Stream.TXN}):
        low, high = position(incarnation, Stream.TXN, 0), position(incarnation, Stream.TXN, SEQ_MAX)
        if high > after:
            found.extend(source.execute(queries["of_till"], (max(low, after), high, names, mark)).fetchall())
    return found


def hash_at(source: Connection | Tx, store_id: str, incarnation: int, stream: Stream, seq: int) -> bytes | None:
    """The chain hash at a sequence; None when the row is no longer held."""
    if seq == 0:
        return genesis(store_id, incarnation, stream.value)
    row = source.execute(queries["hash_at"], (position(incarnation, stream, seq),)).fetchone()
    row = row or source.execute(queries["anchor_at"], (position(incarnation, stream, seq),)).fetchone()
    if row is not None:
        return bytes(row[0])
    head = stream_head(source, incarnation, stream)
    known: Mapping[int, bytes] = {head.acked_upto: head.acked_hash, head.last_seq: head.last_hash}
    return known.get(seq)


def save_ack(tx: Tx, stream: Stream, *, acked_upto: int, acked_hash: bytes, durable_upto: int, db_epoch: str) -> None:
    """Keep HQ's word on a stream of the current incarnation; it may be lower than before (HQ was restored)."""
    incarnation = identity(tx).incarnation
    tx.execute(queries["save_ack"], (acked_upto, acked_hash, durable_upto, incarnation, stream.value))
    tx.execute(queries["set_db_epoch"], (db_epoch,))


def save_fence(tx: Tx, fence: str) -> None:
    """Keep the fence HQ gave."""
    tx.execute(queries["set_fence"], (fence,))


def oldest_unacked_at_ms(source: Connection | Tx) -> int | None:
    """When the oldest fact HQ does not hold was decided (wall clock), measurements aside; None when HQ holds all."""
    incarnation = identity(source).incarnation
    found: list[int] = []
    for stream in (Stream.TXN, Stream.OPS):
        head = stream_head(source, incarnation, stream)
        span = (position(incarnation, stream, head.acked_upto), position(incarnation, stream, SEQ_MAX))
        row = source.execute(queries["oldest_at"], span).fetchone()
        if row is not None:
            found.append(row[0])
    return min(found, default=None)


@dataclass(frozen=True, slots=True)
class FeedPosition:
    """Which version of a feed this database holds, and the hash of its rows."""

    feed_id: str
    epoch: str
    version: int
    state_hash: str


def feeds(source: Connection | Tx) -> list[FeedPosition]:
    """Every feed ever applied."""
    return [FeedPosition(*row) for row in source.execute(queries["feeds"])]


def save_feed(tx: Tx, feed: FeedPosition, *, now_ms: int) -> None:
    """Note an applied version, in the transaction that applied it."""
    tx.execute(queries["save_feed"], (feed.feed_id, feed.epoch, feed.version, feed.state_hash, now_ms))


def drop_feed(tx: Tx, feed_id: str) -> None:
    """Forget a feed the store no longer follows; its rows are the catalogue's."""
    tx.execute(queries["drop_feed"], (feed_id,))


BULK_KEEP_DAYS_MAX = 3
"""Measurements HQ holds are not kept for longer: nobody asks the box for them."""


def prune(tx: Tx, *, now_ms: int, keep_days: int) -> None:
    """Delete facts HQ has held durably for `keep_days`; all incarnations. Call it now and then, while HQ is heard.

    The days count from when the box heard of it: were HQ put back to a backup, it could still have them again. The newest
    fact of a stream always stays.
    """
    for incarnation, stream, last_seq in all_streams(tx):
        days = min(keep_days, BULK_KEEP_DAYS_MAX) if stream is Stream.BULK else keep_days
        before_ms = now_ms - days * 86_400_000
        durable_upto = stream_head(tx, incarnation, stream).durable_upto
        place = (incarnation, stream.value)
        tx.execute(queries["note_durable"], (*place, durable_upto, now_ms))
        row = tx.execute(queries["durable_since"], (*place, durable_upto, before_ms)).fetchone()
        upto = min(0 if row is None or row[0] is None else row[0], last_seq - 1)
        if upto > 0:
            delete_upto(tx, incarnation, stream, upto)
        # HQ put back below a mark takes the mark with it: it must hear of those facts anew.
        tx.execute(queries["forget_durable"], (*place, upto, durable_upto))


def delete_upto(tx: Tx, incarnation: int, stream: Stream, seq: int) -> None:
    """Delete a stream's facts up to `seq`, but remember the chain hash there, so that what follows can still be proven."""
    last = position(incarnation, stream, seq)
    span = (position(incarnation, stream, 0), last)
    row = tx.execute(queries["hash_at"], (last,)).fetchone()
    if row is None:
        return
    tx.execute(queries["drop_anchors"], span)
    tx.execute(queries["put_anchor"], (last, bytes(row[0])))
    tx.execute(queries["delete_between"], (span[0], last + 1))
    tx.execute(queries["set_first_seq"], (seq + 1, incarnation, stream.value))


OPS_FACTS_MAX = 200_000
"""Facts of the ops stream a box holds; beyond, the oldest go and a fact says so (design section 5). Sales never go."""


def shed_ops(tx: Tx, facts: Journal, *, facts_max: int = OPS_FACTS_MAX) -> int:
    """Keep the ops stream within its limit; returns how many facts were dropped. A tenth goes at once."""
    incarnation = identity(tx).incarnation
    head = stream_head(tx, incarnation, Stream.OPS)
    held = head.last_seq - head.first_seq + 1
    if held <= facts_max:
        return 0
    upto = head.first_seq + held - facts_max + facts_max // 10 - 1
    acked_too = head.acked_upto >= upto
    delete_upto(tx, incarnation, Stream.OPS, upto)
    if not acked_too:
        lost_from = max(head.first_seq, head.acked_upto + 1)
        facts.append(tx, FactsShed(from_seq=lost_from, to_seq=upto, reason=f"more than {facts_max} facts waited"))
    return upto - head.first_seq + 1
