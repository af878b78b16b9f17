"""A store database in memory: what was synced survives a power cut, what was only written may not."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

from protocols.contract.values import Stream
from protocols.sync.batch import JournalRow, JournalSlice
from protocols.sync.chain import genesis, link
from protocols.sync.effects import AdoptIncarnation
from protocols.sync.messages import FeedState
from protocols.sync.release import Staged
from protocols.sync.store_state import StreamPosition

STORE = "s1"
Key = tuple[int, Stream]


@dataclass
class StreamTable:
    """One stream of one incarnation. `rows[i]` is (fact, hash, written at ms) of sequence `first_seq + i`."""

    first_seq: int
    base: bytes
    rows: list[tuple[bytes, bytes, int]] = field(default_factory=list)
    acked_upto: int = 0
    acked_hash: bytes = b""
    durable_upto: int = 0
    durable_marks: list[tuple[int, int]] = field(default_factory=list)
    """(when, durable_upto heard then): what is old counts from here, not from when a fact was decided."""

    def durable_since(self, before_ms: int) -> int:
        """What has been durable since `before_ms`, and still is."""
        heard = [upto for at_ms, upto in self.durable_marks if at_ms <= before_ms]
        return min(heard[-1] if heard else 0, self.durable_upto)

    @property
    def last_seq(self) -> int:
        return self.first_seq + len(self.rows) - 1

    @property
    def last_hash(self) -> bytes:
        return self.rows[-1][1] if self.rows else self.base


def event_id(fact: bytes) -> str:
    """Facts here are `id|amount|date|padding`."""
    return fact[:40].decode().partition("|")[0]


@dataclass
class Disk:
    """Tables and, in `history`, the test's own record of every fact ever durable under a sequence."""

    db_nonce: str
    incarnation: int = 0
    fence: str = ""
    db_epoch: str = ""
    streams: dict[Key, StreamTable] = field(default_factory=dict)
    feeds: dict[str, FeedState] = field(default_factory=dict)
    feed_rows: dict[str, dict[str, bytes]] = field(default_factory=dict)
    staged: dict[str, list[tuple[Staged, dict[str, bytes]]]] = field(default_factory=dict)
    """Held back by feed, in order: what it is, and all rows of the feed with it."""
    history: dict[Key, dict[int, bytes]] = field(default_factory=dict)
    _undo: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for stream in Stream:
            self._stream(0, stream)

    def copy(self) -> "Disk":
        """As an image of the card made while the box runs."""
        self.sync()
        return copy.deepcopy(self)

    def sync(self) -> None:
        """Everything written so far survives a power cut now."""
        self._undo.clear()

    def power_cut(self, kept: int) -> None:
        """Writes since the last sync are undone, newest first, but `kept` of the oldest may have made it to the card."""
        while len(self._undo) > kept:
            self._undo.pop()()
        self._undo.clear()

    def stage(self, feed_id: str, items: list[tuple[Staged, dict[str, bytes]]]) -> None:
        """Written, not synced: it survives a killed process, perhaps not a power cut."""
        before = self.staged.get(feed_id, [])
        self._undo.append(lambda: self.staged.__setitem__(feed_id, before))
        self.staged[feed_id] = items

    def current(self, stream: Stream) -> StreamTable:
        return self.streams[self.incarnation, stream]

    def append(self, stream: Stream, fact: bytes, now_ms: int) -> tuple[int, bytes]:
        """One durable transaction."""
        table = self.current(stream)
        table.rows.append((fact, link(table.last_hash, fact), now_ms))
        self.history[self.incarnation, stream][table.last_seq] = fact
        self.sync()
        return table.last_seq, table.last_hash

    def save_ack(
        self, stream: Stream, acked_upto: int, acked_hash: bytes, durable_upto: int, db_epoch: str, now_ms: int
    ) -> None:
        """Written, not synced."""
        table = self.current(stream)
        before = (table.acked_upto, table.acked_hash, table.durable_upto, self.db_epoch)

        def undo() -> None:
            table.acked_upto, table.acked_hash, table.durable_upto, self.db_epoch = before

        self._undo.append(undo)
        table.acked_upto, table.acked_hash, table.durable_upto = acked_upto, acked_hash, durable_upto
        self.db_epoch = db_epoch
        if table.durable_marks and table.durable_marks[-1][1] > durable_upto:
            table.durable_marks.clear()
        table.durable_marks.append((now_ms, durable_upto))

    def adopt(self, effect: AdoptIncarnation, now_ms: int) -> None:
        """One durable transaction."""
        for stream in Stream:
            self._stream(effect.incarnation, stream)
        self.incarnation, self.fence = effect.incarnation, effect.fence
        for rechain in effect.rechain:
            moving: list[bytes] = []
            for inc, stream in sorted(self.streams, key=lambda key: key[0]):
                if stream is not rechain.stream or not rechain.incarnation <= inc < effect.incarnation:
                    continue
                after = rechain.after_seq if inc == rechain.incarnation else 0
                table = self.streams[inc, stream]
                keep = max(0, after - table.first_seq + 1)
                moving += [row[0] for row in table.rows[keep:]]
                del table.rows[keep:]
            for fact in moving:
                self.append(rechain.stream, fact, now_ms)
        self.sync()

    def prune(self, stream: Stream, upto: int) -> list[bytes]:
        """Delete the beginning of a stream; returns what went."""
        table = self.current(stream)
        count = max(0, min(upto, table.last_seq) - table.first_seq + 1)
        gone = [row[0] for row in table.rows[:count]]
        if count:
            table.base = table.rows[count - 1][1]
            del table.rows[:count]
            table.first_seq += count
            self.sync()
        return gone

    def read(self, incarnation: int, stream: Stream, after: int, limit: int) -> JournalSlice:
        table = self.streams[incarnation, stream]
        start = max(after, table.first_seq - 1)
        at = start - table.first_seq + 1
        if at == 0:
            digest: bytes | None = table.base
        elif at <= len(table.rows):
            digest = table.rows[at - 1][1]
        else:
            digest = None
        found = table.rows[at : at + limit]
        rows = tuple(JournalRow(start + 1 + i, row[0], row[1]) for i, row in enumerate(found))
        return JournalSlice(stream, start, digest, rows)

    def positions(self) -> dict[Stream, StreamPosition]:
        found = {}
        for stream in Stream:
            table = self.current(stream)
            found[stream] = StreamPosition(
                first_seq=table.first_seq,
                last_seq=table.last_seq,
                last_hash=table.last_hash,
                acked_upto=table.acked_upto,
                acked_hash=table.acked_hash,
                durable_upto=table.durable_upto,
                oldest_unacked_age_ms=0,
            )
        return found

    def facts(self, stream: Stream) -> list[bytes]:
        """Every fact this database or the copies it came from ever held, without those moved away twice."""
        return list(
            {fact: None for (_, name), rows in sorted(self.history.items(), key=lambda item: item[0][0]) if name is stream
             for fact in rows.values()}
        )  # fmt: skip

    def _stream(self, incarnation: int, stream: Stream) -> None:
        start = genesis(STORE, incarnation, stream.value)
        self.streams[incarnation, stream] = StreamTable(first_seq=1, base=start, acked_hash=start)
        self.history[incarnation, stream] = {}
