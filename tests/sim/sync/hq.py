"""HQ's shell as a model: tables with commit and rollback, backups, workers that die, feeds with deltas and snapshots."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from protocols.clock import SeededRandom
from protocols.contract.values import Stream
from protocols.sync import hq_role
from protocols.sync.batch import BatchRefused, open_batch
from protocols.sync.delta import FeedOp, encode_delta
from protocols.sync.feed_hash import FeedHash
from protocols.sync.hq_hello import HqTerms, decide_hello
from protocols.sync.hq_record import Cursor, StoreRecord, decode_record, encode_record, first_cursor
from protocols.sync.messages import DownMessage, FeedHead, MessageError, decode_hello, decode_report, decode_state
from protocols.sync.presence import Presence, decide_presence, heard
from protocols.sync.release import Release
from protocols.sync.topics import Channel, stream_of
from tests.sim.sync.disk import STORE, Key, event_id
from tests.sim.sync.faults import Fault
from tests.sim.sync.world import Broken, World

Say = Callable[[list[DownMessage]], None]
Incoming = tuple[Channel, bytes, Say]
DELTAS_KEPT = 4
LEASES_MAX = 60
LEASES_A_MINUTE_MAX = 12


@dataclass
class FeedTable:
    """A feed as HQ has it."""

    feed_id: str
    epoch: str
    version: int = 0
    rows: dict[str, bytes] = field(default_factory=dict)
    deltas: dict[int, bytes] = field(default_factory=dict)
    hash: FeedHash = field(default_factory=FeedHash)

    def copy(self) -> "FeedTable":
        return replace(self, rows=dict(self.rows), deltas=dict(self.deltas), hash=self.hash.copy())

    def head(self, db_epoch: str) -> FeedHead:
        state_hash = self.hash.hex()
        return FeedHead(
            feed_id=self.feed_id, epoch=self.epoch, version=self.version, state_hash=state_hash, db_epoch=db_epoch
        )


@dataclass
class Tables:
    """`raw[key][i]` is sequence i + 1, None inside a declared gap; `facts` the projected ones by event id."""

    record: StoreRecord
    cursors: dict[Key, Cursor] = field(default_factory=dict)
    raw: dict[Key, list[bytes | None]] = field(default_factory=dict)
    facts: dict[str, bytes] = field(default_factory=dict)
    feeds: dict[str, FeedTable] = field(default_factory=dict)
    releases: list[Release] = field(default_factory=list)

    def copy(self) -> "Tables":
        return Tables(
            decode_record(encode_record(self.record)),
            dict(self.cursors),
            {key: list(rows) for key, rows in self.raw.items()},
            dict(self.facts),
            {name: feed.copy() for name, feed in self.feeds.items()},
            list(self.releases),
        )


class Hq:
    """One HQ for one store."""

    def __init__(self, world: World, publish: Callable[[str, bytes | FeedHead], None], *, durable_on_commit: bool):
        self._world = world
        self._publish = publish
        self._rng = SeededRandom(world.rng.getrandbits(32))
        self._inboxes: list[list[Incoming]] = [[], []]
        self.durable_on_commit = durable_on_commit
        self.epoch_number = 1
        self.tables = Tables(StoreRecord(store_id=STORE))
        self.backups: list[Tables] = []
        self.presence = Presence()
        self.alarms: list[str] = []
        self.started_again: Callable[[], None] = lambda: None
        """A worker that starts subscribes, and hears what is retained."""
        self.published: set[tuple[str, str, int, str]] = set()
        self.zone = "north"
        for feed_id in ("global/catalogue", "zone/north/price", "zone/south/price"):
            self.tables.feeds[feed_id] = FeedTable(feed_id, epoch="e1")

    @property
    def db_epoch(self) -> str:
        return f"db-{self.epoch_number}"

    def followed(self) -> tuple[FeedHead, ...]:
        """Heads of the feeds of this store."""
        return tuple(self.tables.feeds[name].head(self.db_epoch) for name in ("global/catalogue", f"zone/{self.zone}/price"))

    def heads(self) -> list[FeedHead]:
        return [feed.head(self.db_epoch) for feed in self.tables.feeds.values()]

    def terms(self) -> HqTerms:
        slow = self._world.stormy and self._world.rng.random() < 0.05
        credit = self._world.rng.choice((0, 30)) if slow else 6_000
        return HqTerms(db_epoch=self.db_epoch, credit=credit, heads=self.followed(), now_ms=self._world.clock.now_ms())

    def take(self, message: Incoming) -> None:
        """A message arrives; it is looked at with the next group commit of its worker, sometimes by two workers."""
        workers = (0, 1) if self._world.may(Fault.F7) else (0,)
        for worker in workers:
            if not self._inboxes[worker]:
                self._world.at(self._world.rng.randint(20, 200) * (1 + worker * 20), lambda at=worker: self._commit(at))
            self._inboxes[worker].append(message)

    def edit(self) -> None:
        """Somebody changes a few rows of a feed."""
        rng = self._world.rng
        self._change(self.tables.feeds[rng.choice(sorted(self.tables.feeds))], None)

    def release(self) -> None:
        """Somebody changes goods and prices together."""
        rng, feeds = self._world.rng, self.tables.feeds
        names = ["global/catalogue", *rng.sample(("zone/north/price", "zone/south/price"), rng.randint(1, 2))]
        later = rng.random() < 0.3 and not self._world.on(Fault.F24)
        release = Release(
            release_id=f"r{len(self.tables.releases) + 1}",
            feeds={name: feeds[name].version + 1 for name in names},
            effective_at_ms=self._world.clock.now_ms() + rng.randint(0, 600_000) if later else None,
        )
        self.tables.releases.append(release)
        for name in names:
            self._change(feeds[name], release)

    def stands_with(self, feed: FeedTable) -> Release | None:
        """The release a snapshot of this feed carries."""
        inside = [each for each in self.tables.releases if each.feeds.get(feed.feed_id, feed.version + 1) <= feed.version]
        if not inside:
            return None
        lowest: dict[str, int] = {}
        for each in inside:
            for name, version in each.feeds.items():
                lowest[name] = max(version, lowest.get(name, 0))
        return Release(release_id=inside[-1].release_id, feeds=lowest, effective_at_ms=inside[-1].effective_at_ms)

    def _change(self, feed: FeedTable, release: Release | None) -> None:
        rng = self._world.rng
        ops: dict[str, FeedOp] = {}
        for _ in range(rng.randint(1, 3)):
            key = f"k{rng.randint(0, 9)}"
            ops[key] = FeedOp(key, None if rng.random() < 0.2 else b"%d" % rng.randint(0, 10**6))
        for key, op in ops.items():
            feed.hash.replace(key, feed.rows.get(key), op.body)
            if op.body is None:
                feed.rows.pop(key, None)
            else:
                feed.rows[key] = op.body
        feed.version += 1
        state_hash = feed.hash.hex()
        delta = encode_delta(
            feed_id=feed.feed_id,
            epoch=feed.epoch,
            version=feed.version,
            state_hash=state_hash,
            ops=list(ops.values()),
            release=release,
        )
        feed.deltas[feed.version] = delta
        feed.deltas.pop(feed.version - DELTAS_KEPT, None)
        self.published.add((feed.feed_id, feed.epoch, feed.version, state_hash))
        self._publish(f"ts1/feed/{feed.feed_id}/delta", delta)
        self._publish(f"ts1/feed/{feed.feed_id}/head", feed.head(self.db_epoch))

    def deltas_after(self, feed_id: str, epoch: str, after: int) -> list[bytes] | None:
        """None: 410."""
        feed = self.tables.feeds[feed_id]
        if feed.epoch != epoch or after > feed.version or after + 1 < min(feed.deltas, default=feed.version + 1):
            return None
        return [feed.deltas[version] for version in range(after + 1, feed.version + 1)]

    def snapshot(self, feed_id: str) -> FeedTable:
        return self.tables.feeds[feed_id].copy()

    def back_up(self) -> None:
        """A backup is complete: what it holds is durable."""
        self.backups.append(self.tables.copy())
        if not self.durable_on_commit:
            for key, cursor in self.tables.cursors.items():
                self.tables.cursors[key] = replace(cursor, durable_seq=cursor.seq)

    def restore(self, tables: Tables, *, new_epoch: bool) -> None:
        """The database is another one now; what waited in the workers is gone."""
        self.tables = tables.copy()
        for key, cursor in self.tables.cursors.items():
            durable = cursor.seq if tables in self.backups else cursor.durable_seq
            self.tables.cursors[key] = replace(cursor, durable_seq=durable)
        self._inboxes = [[], []]
        self.started_again()
        self.epoch_number += new_epoch
        for feed in self.tables.feeds.values():
            self.published.add((feed.feed_id, feed.epoch, feed.version, feed.hash.hex()))
        self.republish()

    def republish(self) -> None:
        for head in self.heads():
            self._publish(f"ts1/feed/{head.feed_id}/head", head)

    def _commit(self, worker: int) -> None:
        inbox, self._inboxes[worker] = self._inboxes[worker], []
        if not inbox:
            return
        if self._world.may(Fault.F9):
            self.started_again()
            return
        replies = [(say, self._decide(channel, payload)) for channel, payload, say in inbox]
        self._prove()
        if self._world.may(Fault.F8):
            return
        for say, words in replies:
            if words:
                say(words)

    def _decide(self, channel: Channel, payload: bytes) -> list[DownMessage]:
        tables, terms = self.tables, self.terms()
        if channel in {Channel.UP_TXN, Channel.UP_OPS, Channel.UP_BULK}:
            return self._batch(payload, channel, terms)
        try:
            if channel is Channel.HELLO:
                hello = decode_hello(payload)
                decision = decide_hello(tables.record, hello, tables.cursors, terms, self._rng)
                tables.record = decision.record
                self.alarms += decision.alarms
                if decision.outcome in {"welcome", "new_incarnation"}:
                    self.presence = heard(self.presence, hello.boot_id, hello.conn_epoch, hello.software)
                return [decision.reply] if decision.reply else []
            if channel is Channel.REPORT:
                report = decode_report(payload)
                answer = hq_role.decide_report(tables.record, report, tables.cursors, terms)
                tables.record = answer.record or tables.record
                if tables.record.confirmed is not None and tables.record.confirmed.fence == report.fence:
                    self.presence = heard(self.presence, report.boot_id, report.conn_epoch, report.software)
                return list(answer.replies)
            self.presence = decide_presence(self.presence, decode_state(payload))
        except MessageError as error:
            raise Broken(f"HQ cannot read the store: {error}") from error
        return []

    def _batch(self, payload: bytes, channel: Channel, terms: HqTerms) -> list[DownMessage]:
        tables = self.tables
        try:
            batch = open_batch(payload)
        except BatchRefused as error:
            raise Broken(f"HQ refuses a batch of the store: {error}") from error
        header = batch.header
        key = (header.incarnation, header.stream)
        if header.stream is not stream_of(channel):
            raise Broken("a batch on the wrong channel")
        cursor = tables.cursors.get(key) or first_cursor(STORE, *key)
        decision = hq_role.decide_batch(tables.record, cursor, batch)
        tables.record = decision.record or tables.record
        if decision.outcome == "accept":
            raw = tables.raw.setdefault(key, [])
            if decision.gap is not None:
                raw += [None] * (decision.gap.to_seq - decision.gap.from_seq + 1)
            raw += decision.facts
            for fact in decision.facts:
                if fact.startswith(b"unknown"):
                    self._world.happened[Fault.F22] += 1
                tables.facts.setdefault(event_id(fact), fact)
            durable = decision.cursor.seq if self.durable_on_commit else cursor.durable_seq
            tables.cursors[key] = replace(decision.cursor, durable_seq=durable)
            decision = replace(decision, cursor=tables.cursors[key])
        return [hq_role.reply_to_batch(decision, terms)]

    def _prove(self) -> None:
        """After every commit: cursor and raw facts fit, and there was no storm of hellos."""
        if self.tables.record.last_number > LEASES_MAX + LEASES_A_MINUTE_MAX * self._world.now // 60_000:
            raise Broken(f"{self.tables.record.last_number} hellos answered and no end")
        for key, cursor in self.tables.cursors.items():
            if len(self.tables.raw[key]) != cursor.seq:
                raise Broken(f"{key}: cursor {cursor.seq} but {len(self.tables.raw[key])} facts")

    def import_batch(self, payload: bytes, stream: Stream) -> DownMessage:
        """A batch from an old card, over the HTTPS twin."""
        channel = {Stream.TXN: Channel.UP_TXN, Stream.OPS: Channel.UP_OPS, Stream.BULK: Channel.UP_BULK}[stream]
        return self._batch(payload, channel, self.terms())[0]


def missing(facts: Mapping[str, bytes], wanted: list[bytes]) -> list[bytes]:
    """Facts HQ lacks."""
    return [fact for fact in wanted if facts.get(event_id(fact)) != fact]
