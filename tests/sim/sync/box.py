"""The store's shell as a model: a disk, a session, a line; power that may go at any moment."""

from collections.abc import Callable, Sequence

from protocols.clock import SeededRandom
from protocols.contract.values import Stream
from protocols.sync.delta import decode_deltas
from protocols.sync.effects import (
    AdoptIncarnation,
    ApplyDelta,
    Effect,
    FetchDeltas,
    FetchHead,
    FetchSnapshot,
    Flip,
    Follow,
    Halt,
    RaiseAlarm,
    ReadJournal,
    Reconnect,
    SaveAck,
    SaveFence,
    Send,
    StageDelta,
)
from protocols.sync.feed_hash import FeedHash
from protocols.sync.messages import FeedState
from protocols.sync.release import Staged
from protocols.sync.store_role import StoreSession
from protocols.sync.store_state import StoreSyncState, SyncSettings
from protocols.sync.topics import UP_CHANNEL
from tests.sim.sync.disk import STORE, Disk
from tests.sim.sync.faults import Fault
from tests.sim.sync.hq import Hq
from tests.sim.sync.network import SHARDS, Line, Network
from tests.sim.sync.world import Broken, World

SETTINGS = SyncSettings(shards=SHARDS)
CUTS_MAX = 4


class Box:
    """One box. `off` for good, or between power cut and boot."""

    def __init__(self, world: World, net: Network, hq: Hq, disk: Disk, name: str, hardware: str) -> None:
        self._world = world
        self._net = net
        self._hq = hq
        self.disk = disk
        self.name = name
        self._hardware = hardware
        self._boots = 0
        self._cuts = 0
        self._tick_ms: int | None = None
        self.line: Line | None = None
        self.session: StoreSession | None = None
        self.boot_id = ""
        self.retired = False
        self.shed: set[bytes] = set()
        self._followed: tuple[str, ...] = ()
        self.boot()

    def boot(self) -> None:
        """Power is back."""
        if self.retired or self.session is not None:
            return
        self._boots += 1
        self.boot_id = f"{self.name}-{self._boots}"
        self._tick_ms = None
        rng = SeededRandom(self._world.rng.getrandbits(32))
        self._followed = tuple({**self.disk.feeds, **{name: None for name, items in self.disk.staged.items() if items}})
        self.session = StoreSession(self._state(), SETTINGS, self._world.clock, rng)
        self._later(self._world.rng.randint(200, 4_000), self._connect)
        self._poke()

    def power_cut(self) -> None:
        """Now, with everything not synced at risk; power comes back after a while."""
        if self.session is None:
            return
        self.session = None
        self.disk.power_cut(self._world.rng.randint(0, 3))
        line, self.line = self.line, None
        if line is not None:
            self._net.close(line, told=False)
        self._world.at(self._world.rng.randint(2_000, 60_000), self.boot)

    def retire(self) -> None:
        """Off for good."""
        self.retired = True
        self.power_cut()

    def decide(self, stream: Stream, fact: bytes) -> None:
        """The till closes a sale: durable before anybody hears of it."""
        if self.session is None:
            return
        seq, digest = self.disk.append(stream, fact, self._world.now)
        incarnation = self.disk.incarnation
        session = self.session

        def tell() -> None:
            if self.disk.incarnation == incarnation:
                self._take(session.journal_grew(stream, seq, digest, self._world.now))

        self._later(self._world.rng.randint(0, 20), tell)

    def shed_ops(self) -> None:
        """The disk is full: the oldest half of ops goes, sent or not."""
        table = self.disk.current(Stream.OPS)
        if self.session is not None and len(table.rows) > 1:
            gone = self.disk.prune(Stream.OPS, table.first_seq + len(table.rows) // 2 - 1)
            self.shed.update(gone)
            self._world.happened[Fault.F19] += 1

    def line_lost(self) -> None:
        """The line broke and the box noticed."""
        if self.line is None or self.session is None:
            return
        self.line = None
        self._take(self.session.disconnected(self._world.now))
        self._later(self._world.rng.randint(500, 5_000), self._connect)

    def _state(self) -> StoreSyncState:
        disk = self.disk
        return StoreSyncState(
            store_id=STORE,
            edge_id="e1",
            db_nonce=disk.db_nonce,
            boot_id=self.boot_id,
            incarnation=disk.incarnation,
            fence=disk.fence,
            streams=disk.positions(),
            feeds=dict(disk.feeds),
            staged=[item for items in disk.staged.values() for item, _ in items],
            db_epoch=disk.db_epoch,
            hardware=self._hardware,
        )

    def _later(self, wait_ms: int, action: Callable[[], None]) -> None:
        """Unless the power goes before."""
        boot_id = self.boot_id

        def then() -> None:
            if self.session is not None and self.boot_id == boot_id:
                action()

        self._world.at(wait_ms, then)

    def _connect(self) -> None:
        session = self.session
        if session is None or self.line is not None:
            return
        https = self._world.on(Fault.HTTPS) and self._world.rng.random() < 0.4
        if not https and not self._net.up:
            self._later(3_000, self._connect)
            return
        boot_id = self.boot_id

        def hear(topic: str, payload: bytes) -> None:
            if self.session is session and self.boot_id == boot_id:
                now = self._world.now
                self._take(session.received(topic, payload, now) if topic else session.received_down(payload, now))

        self.line = Line(self, hear, session.will(), https=https)
        self._net.open(self.line)
        self._take(session.connected(self._world.now))

    def _poke(self) -> None:
        """Set the alarm clock to the session's deadline."""
        if self.session is None:
            return
        due = self.session.deadline()
        if due is None or (self._tick_ms is not None and self._world.now <= self._tick_ms <= due):
            return
        self._tick_ms = max(due, self._world.now)
        self._later(self._tick_ms - self._world.now, self._tick)

    def _tick(self) -> None:
        assert self.session is not None
        if self._tick_ms is not None and self._world.now >= self._tick_ms:
            self._tick_ms = None
        self._take(self.session.tick(self._world.now))

    def _take(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            if self.session is None:
                return
            self._carry_out(effect)
        self._poke()

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Send():
                self._send(effect)
            case ReadJournal():
                self._read(effect)
            case SaveAck():
                self.disk.save_ack(
                    effect.stream,
                    effect.acked_upto,
                    effect.acked_hash,
                    effect.durable_upto,
                    effect.db_epoch,
                    self._world.now,
                )
            case SaveFence():
                self.disk.fence = effect.fence
                self.disk.sync()
            case AdoptIncarnation():
                self._adopt(effect)
            case RaiseAlarm():
                self._world.alarms[effect.code] += 1
            case Reconnect():
                if self.line is not None:
                    self._net.close(self.line)
            case Follow():
                self._followed = effect.feed_ids
                for feed_id in [each for each in self.disk.feeds if each not in effect.feed_ids]:
                    del self.disk.feeds[feed_id], self.disk.feed_rows[feed_id]
                for feed_id in [each for each in self.disk.staged if each not in effect.feed_ids]:
                    del self.disk.staged[feed_id]
            case Halt():
                pass
            case Flip():
                self._later(self._world.rng.randint(5, 800), lambda: self._flip(effect))
            case ApplyDelta() | StageDelta() | FetchHead() | FetchDeltas() | FetchSnapshot():
                self._later(self._world.rng.randint(5, 800), lambda: self._feed(effect))

    def _send(self, effect: Send) -> None:
        up = effect.channel in UP_CHANNEL.values()
        if self.line is not None:
            self._net.send(self.line, effect)
        if up and self._cuts < CUTS_MAX and self._world.may(Fault.F2):
            self._cuts += 1
            self.power_cut()

    def _read(self, effect: ReadJournal) -> None:
        incarnation, session = self.disk.incarnation, self.session

        def answer() -> None:
            assert session is not None
            rows = self.disk.read(incarnation, effect.stream, effect.after_seq, effect.limit_rows)
            if rows.rows and self._cuts < CUTS_MAX and self._world.may(Fault.F1):
                self._cuts += 1
                self.power_cut()
                return
            self._take(session.journal_rows(rows, self._world.now))

        self._later(self._world.rng.randint(0, 30), answer)

    def _adopt(self, effect: AdoptIncarnation) -> None:
        session = self.session
        assert session is not None
        self.disk.adopt(effect, self._world.now)
        self._later(
            self._world.rng.randint(0, 50),
            lambda: self._take(session.incarnation_adopted(self._state(), self._world.now)),
        )

    def _feed(self, effect: ApplyDelta | StageDelta | FetchHead | FetchDeltas | FetchSnapshot) -> None:
        assert self.session is not None
        now = self._world.now
        if isinstance(effect, ApplyDelta):
            self._take(self._apply(effect))
            return
        if isinstance(effect, StageDelta):
            self._take(self._stage(effect))
            self._die_sometimes()
            return
        self._world.messages += 1
        if self._world.may(Fault.HTTPS):
            self._take(self.session.fetch_failed(effect.feed_id, "503", now))
            return
        match effect:
            case FetchHead():
                self._take(self.session.head_fetched(self._hq.tables.feeds[effect.feed_id].head(self._hq.db_epoch), now))
            case FetchDeltas():
                found = self._hq.deltas_after(effect.feed_id, effect.epoch, effect.after)
                if found is None:
                    self._take(self.session.fetch_failed(effect.feed_id, "gone", now, gone=True))
                else:
                    self._take(self.session.deltas_fetched(effect.feed_id, decode_deltas(found), now))
            case FetchSnapshot():
                feed = self._hq.snapshot(effect.feed_id)
                if (release := self._hq.stands_with(feed)) is not None:
                    item = Staged(feed.feed_id, feed.epoch, feed.version, feed.hash.hex(), release, snapshot=True)
                    self.disk.stage(feed.feed_id, [(item, feed.rows)])
                    self._take(self.session.feed_staged(item, now))
                    self._die_sometimes()
                    return
                self.disk.stage(feed.feed_id, [])
                self._hold(
                    feed.feed_id, feed.rows, FeedState(epoch=feed.epoch, version=feed.version, state_hash=feed.hash.hex())
                )
                self._take(self.session.feed_applied(feed.feed_id, feed.epoch, feed.version, feed.hash.hex(), now))

    def kill(self) -> None:
        """The process ends, the card is as it was; the daemon is started again."""
        self.session = None
        line, self.line = self.line, None
        if line is not None:
            self._net.close(line, told=False)
        self._world.at(self._world.rng.randint(1_000, 5_000), self.boot)

    def _die_sometimes(self) -> None:
        """In the middle of a release."""
        if self.session is None or not self._world.stormy or self._cuts >= 2 * CUTS_MAX:
            return
        chance = self._world.rng.random()
        if chance < 0.3:
            self._cuts += 1
            self._world.deaths_in_releases += 1
            (self.kill if chance < 0.2 else self.power_cut)()

    def _stage(self, effect: StageDelta) -> Sequence[Effect]:
        assert self.session is not None
        header, now = effect.delta.header, self._world.now
        items = [each for each in self.disk.staged.get(header.feed_id, []) if each[0].version < header.version]
        held = self.disk.feeds.get(header.feed_id, FeedState())
        tip = items[-1][0] if items else held
        if (tip.epoch, tip.version + 1) != (header.epoch, header.version):
            return self.session.feed_failed(header.feed_id, "moved on", now)
        rows = dict(items[-1][1] if items else self.disk.feed_rows[header.feed_id])
        for op in effect.delta.ops:
            if op.body is None:
                rows.pop(op.key, None)
            else:
                rows[op.key] = op.body
        if FeedHash.of_rows(rows.items()).hex() != header.state_hash:
            return self.session.feed_failed(header.feed_id, "hash", now, hash_mismatch=True)
        item = Staged(header.feed_id, header.epoch, header.version, header.state_hash, header.release)
        self.disk.stage(header.feed_id, [*items, (item, rows)])
        return self.session.feed_staged(item, now)

    def _flip(self, effect: Flip) -> None:
        assert self.session is not None
        found = {}
        for step in effect.steps:
            staged = self.disk.staged.get(step.feed_id, [])
            at = [n for n, (item, _) in enumerate(staged) if (item.epoch, item.version) == (step.epoch, step.version)]
            if not at:
                self._take(self.session.flip_failed(step.feed_id, "moved on", self._world.now))
                return
            found[step] = at[-1]
        for step, at in found.items():
            staged = self.disk.staged[step.feed_id]
            state = FeedState(epoch=step.epoch, version=step.version, state_hash=step.state_hash)
            self._set(step.feed_id, staged[at][1], state)
            self.disk.staged[step.feed_id] = staged[at + 1 :]
        self.disk.sync()
        self._world.flips += 1
        self._prove_together()
        self._die_sometimes()
        if self.session is not None:
            self._take(self.session.flipped(effect.steps, self._world.now))

    def _prove_together(self) -> None:
        """Of what was released together the till sees all or nothing. (A database that lost its newest releases and makes
        others under the same numbers is another matter: such schedules are left out.)
        """
        if self._world.happened[Fault.F20] or self._world.happened[Fault.F21]:
            return
        for release in self._hq.tables.releases:
            held = {
                name: self.disk.feeds[name].version >= version
                for name, version in release.feeds.items()
                if name in self.disk.feeds and name in self._followed
            }
            if len(set(held.values())) > 1:
                raise Broken(f"half of release {release.release_id} is in force: {held}")

    def _apply(self, effect: ApplyDelta) -> Sequence[Effect]:
        assert self.session is not None
        header, now = effect.delta.header, self._world.now
        held = self.disk.feeds.get(header.feed_id)
        if held is None or (held.epoch, held.version + 1) != (header.epoch, header.version):
            return self.session.feed_failed(header.feed_id, "moved on", now)
        rows = dict(self.disk.feed_rows[header.feed_id])
        total = FeedHash.from_hex(held.state_hash)
        for op in effect.delta.ops:
            total.replace(op.key, rows.get(op.key), op.body)
            if op.body is None:
                rows.pop(op.key, None)
            else:
                rows[op.key] = op.body
        if total.hex() != header.state_hash:
            return self.session.feed_failed(header.feed_id, "hash", now, hash_mismatch=True)
        self._hold(header.feed_id, rows, replace_state(held, header.version, header.state_hash))
        return self.session.feed_applied(header.feed_id, header.epoch, header.version, header.state_hash, now)

    def _hold(self, feed_id: str, rows: dict[str, bytes], state: FeedState) -> None:
        self._set(feed_id, rows, state)
        self.disk.sync()
        self._prove_together()

    def _set(self, feed_id: str, rows: dict[str, bytes], state: FeedState) -> None:
        """The till never sees half a change: a version HQ published, whole."""
        if FeedHash.of_rows(rows.items()).hex() != state.state_hash:
            raise Broken(f"{feed_id}: rows do not have the hash of version {state.version}")
        if state.version and (feed_id, state.epoch, state.version, state.state_hash) not in self._hq.published:
            raise Broken(f"{feed_id}: HQ never published this version {state.version}")
        if feed_id not in self._followed:
            return
        self.disk.feeds[feed_id], self.disk.feed_rows[feed_id] = state, dict(rows)


def replace_state(held: FeedState, version: int, state_hash: str) -> FeedState:
    return FeedState(epoch=held.epoch, version=version, state_hash=state_hash)
