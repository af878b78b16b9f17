"""The store's half of the session, without I/O: inputs are events, outputs are lists of effects (`effects.py`).

`now_ms` is always the monotonic clock. The shell calls `tick` when `deadline()` is reached, and may call it any time.
The session keeps nothing durable: after a restart it is built again from `StoreSyncState`.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from protocols.clock import Clock, RandomSource
from protocols.contract.values import Stream
from protocols.sync import limits
from protocols.sync.backoff import draw, retry_wait
from protocols.sync.batch import BatchStamp, JournalSlice
from protocols.sync.credit import CreditBucket
from protocols.sync.delta import Delta, decode_delta
from protocols.sync.downlink import Downlink
from protocols.sync.effects import AdoptIncarnation, Effect, Halt, RaiseAlarm, Reconnect, SaveFence, Send
from protocols.sync.messages import (
    Ack,
    FeedHead,
    FeedList,
    Hello,
    HelloRefused,
    HelloReply,
    HelloWanted,
    MessageError,
    Report,
    StoreState,
    decode_down,
    decode_head,
    encode_message,
)
from protocols.sync.release import FlipStep, Staged
from protocols.sync.store_state import StoreSyncState, SyncSettings
from protocols.sync.topics import Channel, FeedChannel, FeedTopic, StoreTopic, TopicError, parse_topic
from protocols.sync.uplink import CursorWord, StreamUplink


class _Phase(enum.Enum):
    OFFLINE = "offline"
    GREETING = "greeting"
    READY = "ready"
    HALTED = "halted"


class StoreSession:
    """One store's conversation with HQ over any number of connections of one boot."""

    def __init__(self, state: StoreSyncState, settings: SyncSettings, clock: Clock, rng: RandomSource) -> None:
        """`clock` is read for the wall time and quality shown in hellos and reports, and for releases with an instant."""
        self._state = state
        self._settings = settings
        self._clock = clock
        self._rng = rng
        self._now_ms = clock.monotonic_ms()
        self._phase = _Phase.OFFLINE
        self._adopting = False
        self._halted_for = ""
        self._conn_epoch = 0
        self._will_given = False
        self._hello_no = 0
        self._challenge = ""
        self._hello_attempt = 0
        self._hello_ms: int | None = None
        self._report_ms: int | None = None
        self._alarms: list[str] = []
        self._db_epoch = state.db_epoch
        self._fence = state.fence
        self._credit = CreditBucket()
        self._stale_reads: dict[Stream, int] = dict.fromkeys(Stream, 0)
        self._uplinks = self._new_uplinks()
        self._down = Downlink(state.feeds, state.staged, settings, clock, rng, self._now_ms)

    def will(self) -> StoreState:
        """The last will to give the broker for the NEXT connection (topic `state`, retained, QoS 1).

        Each will counts as a connection of its own, also when nothing comes of it: the will of an attempt that broke off may
        be published long after the next one has come up.
        """
        self._conn_epoch += 1
        self._will_given = True
        return self._presence(self._conn_epoch, online=False)

    def connected(self, now_ms: int) -> list[Effect]:
        """The line is up and subscribed (`topics.store_subscriptions` of the last `Follow`): birth and hello go out."""
        self._now_ms = now_ms
        if not self._will_given:
            self._conn_epoch += 1
        self._will_given = False
        self._hello_no = 0
        self._challenge = ""
        birth = encode_message(self._presence(self._conn_epoch, online=True))
        return [Send(Channel.STATE, birth, retain=True), *self._greet()]

    def disconnected(self, now_ms: int) -> list[Effect]:
        """The line is down."""
        self._now_ms = now_ms
        self._phase = _Phase.OFFLINE
        self._hello_ms = self._report_ms = None
        for uplink in self._uplinks.values():
            uplink.close()
        return []

    def received(self, topic: str, payload: bytes, now_ms: int) -> list[Effect]:
        """A message came on a subscribed topic. Anything unreadable raises an alarm, never an exception."""
        self._now_ms = now_ms
        try:
            match parse_topic(topic):
                case StoreTopic(channel=Channel.DOWN):
                    return self.received_down(payload, now_ms)
                case FeedTopic(feed_id=feed_id, channel=FeedChannel.HEAD):
                    return self._head(feed_id, decode_head(payload))
                case FeedTopic(feed_id=feed_id, channel=FeedChannel.DELTA):
                    delta = decode_delta(payload)
                    return self._down.delta(delta, now_ms) if delta.header.feed_id == feed_id else []
        except (TopicError, MessageError) as error:
            return self._noted([RaiseAlarm("bad_message", f"{topic}: {error}")])
        return []

    def received_down(self, payload: bytes, now_ms: int) -> list[Effect]:
        """One message of an HTTPS answer (`packing.unpack_frames`), or of the `down` topic."""
        self._now_ms = now_ms
        try:
            message = decode_down(payload)
        except MessageError as error:
            return self._noted([RaiseAlarm("bad_message", str(error))])
        match message:
            case Ack():
                effects = self._ack(message)
            case HelloReply():
                effects = self._hello_reply(message)
            case HelloWanted():
                effects = self._hello_wanted(message)
            case HelloRefused():
                effects = self._hello_refused(message)
            case FeedList():
                effects = self._down.follow(message.feeds, now_ms)
        return self._noted([*effects, *self._pump()])

    def journal_grew(self, stream: Stream, last_seq: int, last_hash: bytes, now_ms: int) -> list[Effect]:
        """Facts up to `last_seq` are durable in the journal."""
        self._now_ms = now_ms
        self._uplinks[stream].grew(last_seq, last_hash, now_ms)
        return self._pump()

    def journal_rows(self, rows: JournalSlice, now_ms: int) -> list[Effect]:
        """The answer to `ReadJournal`."""
        self._now_ms = now_ms
        if self._stale_reads[rows.stream]:
            self._stale_reads[rows.stream] -= 1
            return self._pump()
        effects = self._uplinks[rows.stream].rows(rows, self._stamp(rows.stream), now_ms)
        if any(isinstance(effect, Send) for effect in effects):
            self._credit.spend()
        return self._noted([*effects, *self._pump()])

    def incarnation_adopted(self, state: StoreSyncState, now_ms: int) -> list[Effect]:
        """The answer to `AdoptIncarnation`: the state as the database has it now."""
        self._now_ms = now_ms
        for stream, uplink in self._uplinks.items():
            self._stale_reads[stream] += uplink.reading()
        self._adopting = False
        self._state = state
        self._fence = state.fence
        self._uplinks = self._new_uplinks()
        return [] if self._phase is _Phase.OFFLINE else self._greet()

    def feed_applied(self, feed_id: str, epoch: str, version: int, state_hash: str, now_ms: int) -> list[Effect]:
        """A delta or snapshot is applied, durably."""
        self._now_ms = now_ms
        self._report_by(now_ms + limits.REPORT_SETTLE_MS)
        return self._down.applied(feed_id, epoch, version, state_hash, now_ms)

    def feed_failed(self, feed_id: str, reason: str, now_ms: int, *, hash_mismatch: bool = False) -> list[Effect]:
        """`ApplyDelta` was rolled back."""
        self._now_ms = now_ms
        return self._noted(self._down.failed(feed_id, reason, now_ms, hash_mismatch=hash_mismatch))

    def feed_staged(self, item: Staged, now_ms: int) -> list[Effect]:
        """The answer to `StageDelta`, or to `FetchSnapshot` of one that must stand with other feeds."""
        self._now_ms = now_ms
        self._report_by(now_ms + limits.REPORT_SETTLE_MS)
        return self._down.staged(item, now_ms)

    def flipped(self, steps: Sequence[FlipStep], now_ms: int) -> list[Effect]:
        """The answer to `Flip`: all its steps are in force, durably."""
        self._now_ms = now_ms
        self._report_by(now_ms + limits.REPORT_SETTLE_MS)
        return self._down.flipped(steps, now_ms)

    def flip_failed(self, feed_id: str | None, reason: str, now_ms: int, *, hash_mismatch: bool = False) -> list[Effect]:
        """`Flip` was rolled back because of this feed; None: the database takes nothing at the moment."""
        self._now_ms = now_ms
        self._report_by(now_ms + limits.REPORT_SETTLE_MS)
        return self._noted(self._down.flip_failed(feed_id, reason, now_ms, hash_mismatch=hash_mismatch))

    def head_fetched(self, head: FeedHead, now_ms: int) -> list[Effect]:
        """The authoritative head came over HTTPS."""
        self._now_ms = now_ms
        return self._noted(self._down.head_fetched(head))

    def deltas_fetched(self, feed_id: str, deltas: Sequence[Delta], now_ms: int) -> list[Effect]:
        """Deltas came over HTTPS (`delta.decode_deltas`), in order; empty when there are none."""
        self._now_ms = now_ms
        return self._down.deltas_fetched(feed_id, deltas)

    def fetch_failed(self, feed_id: str, reason: str, now_ms: int, *, gone: bool = False) -> list[Effect]:
        """A fetch failed or brought damaged bytes; `gone` for 410."""
        self._now_ms = now_ms
        return self._down.fetch_failed(feed_id, reason, now_ms, gone=gone)

    def tick(self, now_ms: int) -> list[Effect]:
        """Time passed."""
        self._now_ms = now_ms
        effects = self._down.tick(now_ms)
        if self._phase is _Phase.OFFLINE:
            return effects
        if self._hello_ms is not None and now_ms >= self._hello_ms:
            effects += self._hello_due()
        if self._report_ms is not None and now_ms >= self._report_ms:
            effects += self._send_report()
        return self._noted([*effects, *self._timeouts(), *self._pump()])

    def deadline(self) -> int | None:
        """When to call `tick` next (monotonic ms); None: no timer runs."""
        timers = [self._down.next_timer()]
        if self._phase is not _Phase.OFFLINE:
            timers += [self._hello_ms, self._report_ms]
        if self._phase is _Phase.READY:
            for uplink in self._uplinks.values():
                ready_ms = uplink.ready_at()
                timers.append(uplink.next_timer())
                timers.append(None if ready_ms is None else max(ready_ms, self._credit.ready_at(self._now_ms)))
        return min((timer for timer in timers if timer is not None), default=None)

    def status(self) -> str:
        """`offline`, `greeting`, `ready`, `adopting` or `halted: reason`, for screens and logs."""
        if self._adopting:
            return "adopting"
        return f"halted: {self._halted_for}" if self._phase is _Phase.HALTED else self._phase.value

    def _new_uplinks(self) -> dict[Stream, StreamUplink]:
        return {
            stream: StreamUplink(stream, self._state.streams[stream], self._settings, self._rng, self._now_ms)
            for stream in Stream
        }

    def _presence(self, conn_epoch: int, *, online: bool) -> StoreState:
        state = self._state
        return StoreState(
            store_id=state.store_id, boot_id=state.boot_id, conn_epoch=conn_epoch, online=online, software=state.software
        )

    def _stamp(self, stream: Stream) -> BatchStamp:
        state = self._state
        return BatchStamp(
            store_id=state.store_id,
            boot_id=state.boot_id,
            conn_epoch=self._conn_epoch,
            fence=self._fence,
            incarnation=state.incarnation,
            stream=stream,
        )

    def _noted(self, effects: list[Effect]) -> list[Effect]:
        """Remember alarm codes for the next report."""
        self._alarms += [effect.code for effect in effects if isinstance(effect, RaiseAlarm)]
        self._alarms = self._alarms[-8:]
        return effects

    def _greet(self) -> list[Effect]:
        """Say a new hello and stop sending until it is answered."""
        self._hello_no += 1
        self._hello_attempt = 0
        self._phase = _Phase.GREETING
        self._report_ms = None
        for uplink in self._uplinks.values():
            uplink.close()
        return self._say_hello()

    def _say_hello(self) -> list[Effect]:
        if self._adopting:
            self._hello_ms = None
            return []
        settings = self._settings
        wait = retry_wait(self._rng, self._hello_attempt, settings.resend_first_ms, settings.resend_cap_ms)
        self._hello_ms = self._now_ms + wait
        self._hello_attempt += 1
        state = self._state
        hello = Hello(
            store_id=state.store_id,
            edge_id=state.edge_id,
            hardware=state.hardware,
            db_nonce=state.db_nonce,
            boot_id=state.boot_id,
            conn_epoch=self._conn_epoch,
            hello_no=self._hello_no,
            incarnation=state.incarnation,
            fence=self._fence,
            challenge=self._challenge,
            fork_seen=any(uplink.fork_seen for uplink in self._uplinks.values()),
            streams={stream: uplink.state(self._now_ms) for stream, uplink in self._uplinks.items()},
            feeds=self._down.states(),
            software=state.software,
            config_hash=state.config_hash,
            clock=self._clock.quality(),
            at_ms=self._clock.now_ms(),
            certificate_expires_ms=state.certificate_expires_ms,
        )
        return [Send(Channel.HELLO, encode_message(hello))]

    def _hello_due(self) -> list[Effect]:
        if self._phase is _Phase.GREETING:
            if self._hello_attempt > limits.SILENCE_ROUNDS:
                self._hello_attempt = 0
                self._hello_ms = None
                return [Reconnect("no answer to hello")]
            return self._say_hello()
        return self._greet()

    def _hello_reply(self, reply: HelloReply) -> list[Effect]:
        mine = (self._state.boot_id, self._conn_epoch, self._hello_no)
        if self._phase is not _Phase.GREETING or self._adopting:
            return []
        if (reply.boot_id, reply.conn_epoch, reply.hello_no) != mine:
            return []
        self._hello_ms = None
        self._challenge = ""
        self._db_epoch = reply.db_epoch
        self._credit.allow(reply.credit, self._now_ms)
        effects = self._down.follow(reply.feeds, self._now_ms, greeting=True)
        if reply.status == "new_incarnation":
            self._adopting = True
            self._halted_for = ""
            before = self._state.incarnation
            alarm = [RaiseAlarm("incarnation_changed", f"{before} to {reply.incarnation}: {reply.reason}")] if before else []
            adopt = AdoptIncarnation(reply.incarnation, reply.fence, reply.rechain, reply.reason)
            return [*alarm, adopt, *effects]
        if reply.incarnation != self._state.incarnation:
            return [RaiseAlarm("bad_message", f"welcome into incarnation {reply.incarnation}"), *effects]
        return [*self._welcomed(reply), *effects]

    def _welcomed(self, reply: HelloReply) -> list[Effect]:
        self._phase = _Phase.READY
        self._halted_for = ""
        self._fence = reply.fence
        effects: list[Effect] = [SaveFence(reply.fence)]
        for stream, cursor in reply.cursors.items():
            word = CursorWord(
                seq=cursor.acked_upto,
                hash=bytes.fromhex(cursor.acked_hash),
                durable_seq=cursor.durable_upto,
                db_epoch=reply.db_epoch,
                back=True,
            )
            effects += self._uplinks[stream].welcome(word, self._now_ms)
        return [*effects, *self._fork_noticed(), *self._send_report()]

    def _fork_noticed(self) -> list[Effect]:
        """HQ's chain is another one: say so in a new hello."""
        if self._phase is _Phase.READY and any(uplink.fork_seen for uplink in self._uplinks.values()):
            return self._greet()
        return []

    def _hello_wanted(self, wanted: HelloWanted) -> list[Effect]:
        state = self._state
        mine = (state.boot_id, state.incarnation, self._fence)
        if (wanted.boot_id, wanted.incarnation, wanted.fence) != mine or self._phase is _Phase.OFFLINE:
            return []
        if wanted.reason == "fork":
            for uplink in self._uplinks.values():
                uplink.fork_seen = True
        known = wanted.challenge == self._challenge and wanted.reason != "fork"
        if self._adopting or (self._phase is not _Phase.READY and known):
            return []
        self._challenge = wanted.challenge
        return self._greet()

    def _hello_refused(self, refused: HelloRefused) -> list[Effect]:
        if refused.boot_id != self._state.boot_id or self._phase is _Phase.OFFLINE:
            return []
        repeated = self._halted_for == refused.reason
        self._phase = _Phase.HALTED
        self._halted_for = refused.reason
        self._challenge = ""
        wait = draw(self._rng, refused.retry_after_ms // 2, max(1_000, refused.retry_after_ms))
        self._hello_ms = self._now_ms + wait
        self._report_ms = None
        for uplink in self._uplinks.values():
            uplink.close()
        if repeated:
            return []
        code = "clone_suspected" if refused.reason == "clone_suspected" else "refused"
        return [RaiseAlarm(code, refused.detail), Halt(refused.reason)]

    def _ack(self, ack: Ack) -> list[Effect]:
        """An ack only ever moves forward. One that would go back, or is from another database, may be late: ask anew.

        The answer to a hello cannot be late, because it names that hello.
        """
        if self._phase is not _Phase.READY or self._adopting or ack.incarnation != self._state.incarnation:
            return []
        uplink = self._uplinks[ack.stream]
        below = ack.need_from is not None and ack.need_from <= uplink.acked_upto
        if below or ack.db_epoch != self._db_epoch:
            return self._greet()
        self._credit.allow(ack.credit, self._now_ms)
        word = CursorWord(
            seq=ack.acked_upto,
            hash=bytes.fromhex(ack.acked_hash),
            durable_seq=ack.durable_upto,
            db_epoch=ack.db_epoch,
            back=False,
        )
        effects = uplink.heard(word, self._now_ms)
        if ack.need_from is not None:
            uplink.needs_from(ack.need_from, self._now_ms)
        if ack.rejected:
            uplink.rejected(self._now_ms)
            effects.append(RaiseAlarm("batch_rejected", ack.rejected))
        return [*effects, *self._fork_noticed()]

    def _head(self, feed_id: str, head: FeedHead) -> list[Effect]:
        if head.feed_id != feed_id:
            return []
        if self._phase is _Phase.READY and head.db_epoch and self._db_epoch and head.db_epoch != self._db_epoch:
            self._hello_by(self._now_ms + draw(self._rng, 0, head.pull_spread_ms))
        return self._down.hinted(head, self._now_ms)

    def _hello_by(self, at_ms: int) -> None:
        self._hello_ms = at_ms if self._hello_ms is None else min(self._hello_ms, at_ms)

    def _report_by(self, at_ms: int) -> None:
        if self._phase is _Phase.READY:
            self._report_ms = at_ms if self._report_ms is None else min(self._report_ms, at_ms)

    def _send_report(self) -> list[Effect]:
        if self._phase is not _Phase.READY:
            self._report_ms = None
            return []
        every = self._settings.report_every_ms
        self._report_ms = self._now_ms + draw(self._rng, every // 2, every)
        state = self._state
        report = Report(
            store_id=state.store_id,
            boot_id=state.boot_id,
            conn_epoch=self._conn_epoch,
            incarnation=state.incarnation,
            fence=self._fence,
            streams={stream: uplink.state(self._now_ms) for stream, uplink in self._uplinks.items()},
            feeds=self._down.states(),
            alarms=tuple(self._alarms),
            software=state.software,
            clock=self._clock.quality(),
            at_ms=self._clock.now_ms(),
        )
        self._alarms = []
        return [Send(Channel.REPORT, encode_message(report))]

    def _timeouts(self) -> list[Effect]:
        if self._phase is not _Phase.READY:
            return []
        effects: list[Effect] = []
        for uplink in self._uplinks.values():
            if uplink.overdue(self._now_ms):
                uplink.timed_out(self._now_ms)
                if uplink.silent_rounds == limits.SILENCE_ROUNDS:
                    effects.append(Reconnect(f"{uplink.stream.value}: no ack after {limits.SILENCE_ROUNDS} tries"))
        return effects

    def _pump(self) -> list[Effect]:
        """Read what may be sent now, sales first."""
        if self._phase is not _Phase.READY or self._adopting:
            return []
        effects: list[Effect] = self._fork_noticed()
        if effects:
            return effects
        for uplink in self._uplinks.values():
            if uplink.wants_read(self._now_ms) and self._credit.ready_at(self._now_ms) <= self._now_ms:
                effects += uplink.read()
        return effects
