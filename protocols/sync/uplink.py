"""One journal stream of the store on its way up: what is sent, what is acknowledged, when to send again.

Go-back-N: after a timeout or a gap report everything unacknowledged is read from the journal again. HQ's word is believed
only where its chain hash equals the store's own.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from protocols.clock import RandomSource
from protocols.contract.values import Stream
from protocols.sync import limits
from protocols.sync.backoff import retry_wait
from protocols.sync.batch import BatchStamp, BuiltBatch, JournalDamaged, JournalSlice, build_batch, stream_never_sheds
from protocols.sync.effects import Effect, RaiseAlarm, ReadJournal, SaveAck, Send
from protocols.sync.messages import StreamState
from protocols.sync.store_state import StreamPosition, SyncSettings
from protocols.sync.topics import UP_CHANNEL

READ_BYTES = 256 * 1024
_DAMAGED_WAIT_MS = 300_000
_MARKS_MAX = 64


@dataclass(frozen=True, slots=True)
class CursorWord:
    """What HQ said about a stream, in an ack or a welcome. `back` allows going below what was acknowledged before."""

    seq: int
    hash: bytes
    durable_seq: int
    db_epoch: str
    back: bool


@dataclass(frozen=True, slots=True)
class _Flight:
    """A batch on the way: its sequences and the chain hash at each position from `from_seq - 1` on."""

    from_seq: int
    to_seq: int
    hashes: tuple[bytes, ...]

    def hash_at(self, seq: int) -> bytes | None:
        index = seq - self.from_seq + 1
        return self.hashes[index] if 0 <= index < len(self.hashes) else None


class StreamUplink:
    """Sends one stream of one incarnation. The session asks `wants_read`, gives rows, and passes on HQ's words."""

    def __init__(
        self, stream: Stream, position: StreamPosition, settings: SyncSettings, rng: RandomSource, now_ms: int
    ) -> None:
        self.stream = stream
        self.fork_seen = False
        self.silent_rounds = 0
        self._settings = settings
        self._rng = rng
        self._first_seq = position.first_seq
        self._last = (position.last_seq, position.last_hash)
        self._acked = (position.acked_upto, position.acked_hash)
        self._durable = position.durable_upto
        self._next_seq = position.acked_upto + 1
        self._flights: deque[_Flight] = deque()
        self._open = False
        self._asked: CursorWord | None = None
        self._reading_after: int | None = None
        self._due_ms: int | None = None
        self._resend_ms: int | None = None
        self._blocked_ms: int | None = None
        self._attempt = 0
        self._went_back: tuple[int, int] = (0, 0)
        self._marks: deque[tuple[int, int]] = deque()
        if position.last_seq > position.acked_upto:
            self._marks.append((position.acked_upto + 1, now_ms - (position.oldest_unacked_age_ms or 0)))

    def reading(self) -> bool:
        """True while an answer to `ReadJournal` is awaited."""
        return self._reading_after is not None

    def state(self, now_ms: int) -> StreamState:
        """For hellos and reports."""
        return StreamState(
            first_seq=self._first_seq,
            last_seq=self._last[0],
            last_hash=self._last[1].hex(),
            acked_upto=self._acked[0],
            acked_hash=self._acked[1].hex(),
            durable_upto=self._durable,
            oldest_unacked_age_ms=max(0, now_ms - self._marks[0][1])
            if self._marks and self._last[0] > self._acked[0]
            else None,
        )

    @property
    def acked_upto(self) -> int:
        """What HQ holds, as far as the store knows."""
        return self._acked[0]

    def in_flight(self) -> int:
        return len(self._flights)

    def next_timer(self) -> int | None:
        """When `overdue` will hold."""
        return self._resend_ms if self._flights else None

    def ready_at(self) -> int | None:
        """From when on `wants_read` holds (credit aside), if nothing else happens; None: not by time alone."""
        if not self._could_read():
            return None
        return max(self._blocked_ms or 0, 0 if self._is_full() else self._due_ms or 0)

    def wants_read(self, now_ms: int) -> bool:
        """True when a batch may be read and sent now (credit aside)."""
        ready_at = self.ready_at()
        return ready_at is not None and now_ms >= ready_at

    def overdue(self, now_ms: int) -> bool:
        """True when the resend timer has run out."""
        return bool(self._flights) and self._resend_ms is not None and now_ms >= self._resend_ms

    def grew(self, last_seq: int, last_hash: bytes, now_ms: int) -> None:
        """The journal holds more."""
        if last_seq <= self._last[0]:
            return
        if not self._has_more():
            self._due_ms = now_ms + self._settings.batch_age_ms
        if self._last[0] == self._acked[0]:
            self._marks.clear()
        self._marks.append((self._last[0] + 1, now_ms))
        if len(self._marks) > _MARKS_MAX:
            self._marks = deque(list(self._marks)[::2])
        self._last = (last_seq, last_hash)

    def close(self) -> None:
        """The line is down or the session must greet again: nothing is on the way any more."""
        self._open = False
        self._asked = None
        self._flights.clear()
        self._next_seq = self._acked[0] + 1

    def welcome(self, word: CursorWord, now_ms: int) -> list[Effect]:
        """HQ welcomed this boot: go on from its cursor, once the hash there is seen to agree."""
        self.close()
        self._blocked_ms = None
        self._attempt = 0
        self.silent_rounds = 0
        self._due_ms = now_ms
        return self.heard(word, now_ms)

    def heard(self, word: CursorWord, now_ms: int) -> list[Effect]:
        """HQ said where its cursor is."""
        if not word.back and (not self._open or word.seq < self._acked[0]):
            return []
        if word.seq > self._last[0]:
            self.fork_seen = True
            return []
        mine = self._hash_at(word.seq)
        if mine is None:
            self._asked = word
            return self._read(word.seq, 1)
        return self._agree(word, now_ms) if mine == word.hash else self._disagree()

    def needs_from(self, seq: int, now_ms: int) -> None:
        """HQ reported a gap: send again from `seq`. Repeated reports of the same gap are one."""
        gap, until_ms = self._went_back
        if seq != self._acked[0] + 1 or (gap == seq and now_ms < until_ms):
            return
        self._went_back = (seq, now_ms + self._settings.resend_first_ms)
        self._go_back(now_ms)

    def rejected(self, now_ms: int) -> None:
        """HQ could not read a batch: wait as after a timeout."""
        self._attempt += 1
        self._go_back(now_ms)
        wait = retry_wait(self._rng, self._attempt, self._settings.resend_first_ms, self._settings.resend_cap_ms)
        self._blocked_ms = now_ms + wait

    def timed_out(self, now_ms: int) -> None:
        """No ack in time: everything unacknowledged goes again, later each time."""
        self._attempt += 1
        self.silent_rounds += 1
        self._go_back(now_ms)

    def read(self) -> list[Effect]:
        """Ask for the next rows."""
        return self._read(self._next_seq - 1, limits.BATCH_FACTS_MAX)

    def rows(self, found: JournalSlice, stamp: BatchStamp, now_ms: int) -> list[Effect]:
        """Rows came: settle what HQ said last, or send a batch."""
        asked_after, self._reading_after = self._reading_after, None
        if asked_after is None:
            return []
        if found.after_seq != asked_after:
            self._first_seq = max(self._first_seq, found.after_seq + 1)
        if self._asked is not None:
            if asked_after != self._asked.seq:
                return self._read(self._asked.seq, 1)
            word, self._asked = self._asked, None
            return self._settle(word, found, now_ms)
        if not self._open or asked_after != self._next_seq - 1:
            return []
        if not found.rows and found.after_seq < self._next_seq:
            return []
        return self._send(found, stamp, now_ms)

    def _has_more(self) -> bool:
        return self._next_seq <= self._last[0]

    def _is_full(self) -> bool:
        return self._last[0] - self._next_seq + 1 >= limits.BATCH_FACTS_MAX

    def _could_read(self) -> bool:
        if not self._open or self.fork_seen or self._reading_after is not None or not self._has_more():
            return False
        return len(self._flights) < (1 if self.stream is Stream.BULK else self._settings.in_flight)

    def _read(self, after_seq: int, limit_rows: int) -> list[Effect]:
        if self._reading_after is not None:
            return []
        self._reading_after = after_seq
        return [ReadJournal(stream=self.stream, after_seq=after_seq, limit_rows=limit_rows, limit_bytes=READ_BYTES)]

    def _hash_at(self, seq: int) -> bytes | None:
        for known_seq, known_hash in (self._acked, self._last):
            if seq == known_seq:
                return known_hash
        for flight in self._flights:
            if (found := flight.hash_at(seq)) is not None:
                return found
        return None

    def _settle(self, word: CursorWord, found: JournalSlice, now_ms: int) -> list[Effect]:
        """The journal was read at the position HQ named."""
        mine = self._hash_at(word.seq)
        if mine is None and found.after_seq == word.seq:
            mine = found.after_hash
        if mine is None and found.after_seq > word.seq and not stream_never_sheds(self.stream):
            mine = word.hash
        return self._agree(word, now_ms) if mine == word.hash else self._disagree()

    def _disagree(self) -> list[Effect]:
        self.fork_seen = True
        return []

    def _agree(self, word: CursorWord, now_ms: int) -> list[Effect]:
        opened, self._open = not self._open, True
        if word.seq < self._acked[0]:
            return self._rewind(word, now_ms) if word.back else []
        progress = word.seq > self._acked[0]
        durable = max(self._durable, min(word.durable_seq, word.seq))
        if not progress and not opened and durable == self._durable:
            return []
        self._acked, self._durable = (word.seq, word.hash), durable
        self._next_seq = max(self._next_seq, word.seq + 1)
        while self._flights and self._flights[0].to_seq <= word.seq:
            self._flights.popleft()
        while len(self._marks) > 1 and self._marks[1][0] <= word.seq + 1:
            self._marks.popleft()
        if progress:
            self._attempt = self.silent_rounds = 0
            self._blocked_ms = None
            self._arm(now_ms)
        return [self._save(word.db_epoch)]

    def _rewind(self, word: CursorWord, now_ms: int) -> list[Effect]:
        """HQ holds less than it said before: its database was restored. Send that part again."""
        lost = self._durable > word.seq
        detail = f"{self.stream.value}: HQ went back from {self._acked[0]} to {word.seq}"
        self._acked = (word.seq, word.hash)
        self._durable = min(self._durable, word.seq)
        self._marks.appendleft((word.seq + 1, now_ms))
        self._go_back(now_ms)
        return [
            self._save(word.db_epoch),
            RaiseAlarm("hq_restored", detail + (", below what it called durable" if lost else "")),
        ]

    def _save(self, db_epoch: str) -> SaveAck:
        return SaveAck(
            stream=self.stream,
            acked_upto=self._acked[0],
            acked_hash=self._acked[1],
            durable_upto=self._durable,
            db_epoch=db_epoch,
        )

    def _go_back(self, now_ms: int) -> None:
        self._flights.clear()
        self._next_seq = self._acked[0] + 1
        self._resend_ms = None
        self._due_ms = now_ms

    def _arm(self, now_ms: int) -> None:
        wait = retry_wait(self._rng, self._attempt, self._settings.resend_first_ms, self._settings.resend_cap_ms)
        self._resend_ms = now_ms + wait if self._flights else None

    def _send(self, found: JournalSlice, stamp: BatchStamp, now_ms: int) -> list[Effect]:
        expected = self._hash_at(self._next_seq - 1)
        missing = found.after_seq >= self._next_seq
        if missing and stream_never_sheds(self.stream):
            self.fork_seen = True
            return [RaiseAlarm("facts_missing", f"{self.stream.value}: {self._next_seq}..{found.after_seq} are gone")]
        if not missing and expected is not None and expected != found.after_hash:
            return self._damaged(f"{self.stream.value}: the chain hash at {found.after_seq} changed", now_ms)
        try:
            built = build_batch(stamp, found, self._next_seq)
        except JournalDamaged as error:
            return self._damaged(str(error), now_ms)
        return self._launch(built, found, now_ms)

    def _damaged(self, detail: str, now_ms: int) -> list[Effect]:
        self._blocked_ms = now_ms + _DAMAGED_WAIT_MS
        return [RaiseAlarm("journal_damaged", detail)]

    def _launch(self, built: BuiltBatch, found: JournalSlice, now_ms: int) -> list[Effect]:
        header = built.header
        by_seq = {row.seq: row.hash for row in found.rows}
        hashes = (bytes.fromhex(header.prev), *(by_seq[seq] for seq in range(header.from_seq, header.to_seq + 1)))
        self._flights.append(_Flight(header.from_seq, header.to_seq, hashes))
        self._next_seq = header.to_seq + 1
        self._blocked_ms = None
        if header.to_seq > self._last[0]:
            self.grew(header.to_seq, hashes[-1], now_ms)
        if not self._has_more():
            self._due_ms = None
        if self._resend_ms is None or len(self._flights) == 1:
            self._arm(now_ms)
        effects: list[Effect] = [Send(UP_CHANNEL[self.stream], built.payload)]
        if header.gap_reason == "oversize":
            detail = f"{self.stream.value}: {header.gap_from}..{header.from_seq - 1} too large to send, kept in the journal"
            effects.append(RaiseAlarm("fact_too_large", detail))
        return effects
