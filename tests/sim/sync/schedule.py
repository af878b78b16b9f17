"""One schedule: a seed chooses faults and everything else; a storm, then calm; then the invariants must hold.

I1 HQ holds exactly what the store decided, once, in its order. I2 and I4: the sums of each day agree, however facts came.
I3 feeds are equal. I6 rests on this: at no time do the store's rows of a feed differ from a version HQ published whole.
"""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from protocols.contract.values import Stream
from protocols.sync import limits
from protocols.sync.chain import genesis, links
from protocols.sync.hq_hello import resolve_clone
from protocols.sync.messages import Ack, FeedList
from protocols.sync.old_card import ImportRefused, OldCardImport
from tests.sim.sync.box import Box
from tests.sim.sync.disk import STORE, Disk, StreamTable, event_id
from tests.sim.sync.faults import Fault
from tests.sim.sync.hq import Hq, missing
from tests.sim.sync.network import Network
from tests.sim.sync.world import Broken, World

MINUTE_MS = 60_000
CONVERGED_WITHIN_MS = 45 * MINUTE_MS
CLONES_FOUND_WITHIN_MS = 30 * MINUTE_MS
MESSAGES_TO_CONVERGE_MAX = 1_500
MESSAGES_AT_REST_MAX = 80
"""In twenty minutes: a report and its answers every 2.5 to 5 minutes, heads every 5 to 15."""
YOUNG_MS = 10 * MINUTE_MS
"""Stands for 14 days. HQ never loses more than half of it."""
_RESTORES = {Fault.F20, Fault.F21}
_FORKS = _RESTORES | {Fault.F17, Fault.F18}


@dataclass
class Outcome:
    """What a schedule saw."""

    happened: Counter[Fault]
    alarms: Counter[str]
    facts: int
    messages: int
    flips: int
    deaths_in_releases: int


@contextmanager
def small_limits() -> Iterator[None]:
    """Small batches, so that a few facts already make many."""
    changed = {
        "BATCH_FACTS_MAX": 4,
        "FACT_BYTES_MAX": 600,
        "BATCH_PLAIN_BYTES_MAX": 1_200,
        "BATCH_COMPRESSED_BYTES_MAX": 400,
    }
    before = {name: getattr(limits, name) for name in changed}
    for name, value in changed.items():
        setattr(limits, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(limits, name, value)


def run_schedule(seed: int, *, releases: bool | None = None) -> Outcome:
    """Run one schedule. Raises `Broken`, naming the seed and how to repeat it. Every other seed has releases."""
    chosen = random.Random(seed)
    faults = chosen.sample(list(Fault), chosen.randint(1, 6))
    with small_limits():
        schedule = Schedule(seed, faults, releases=bool(seed % 2) if releases is None else releases)
        try:
            return schedule.run()
        except AssertionError as error:
            names = ", ".join(fault.name for fault in sorted(faults))
            again = f"TALLYSTICK_SYNC_SEED={seed} python -m pytest -q tests/sim/sync -k one_seed"
            raise Broken(f"schedule {seed} ({names}): {error}\nrepeat it: {again}") from error


class Schedule:
    """The actors of one schedule and what happens to them."""

    def __init__(self, seed: int, faults: list[Fault], *, releases: bool) -> None:
        self._releases = releases
        rng = random.Random(~seed)
        storm_ms = rng.randint(5, 40) * MINUTE_MS
        self.world = World(seed, faults, storm_ms)
        self.rng = self.world.rng
        self.net = Network(self.world, same_client_id=self.rng.random() < 0.5)
        self.hq = Hq(self.world, self.net.hq_says, durable_on_commit=self.rng.random() < 0.5)
        self.net.hq = self.hq
        self.hq.started_again = self.net.repeat_state
        self.boxes: list[Box] = [self._new_box(Disk(db_nonce="db0"), "a")]
        self.dead_disks: list[Disk] = []
        self.facts = 0

    @property
    def box(self) -> Box:
        """The box that is the store's in the end."""
        return self.boxes[-1]

    def run(self) -> Outcome:
        """Storm, calm, proof."""
        self._plan()
        world = self.world
        world.run(world.storm_ms)
        self.net.heal()
        before = world.messages
        self._settle_clones()
        converged = world.run(world.now + CONVERGED_WITHIN_MS, self._converged)
        if not converged and self._choice_forgotten():
            converged = world.run(world.now + CONVERGED_WITHIN_MS, self._converged)
        if not converged:
            raise Broken(f"not converged: {self._why_not()}")
        if world.messages - before > MESSAGES_TO_CONVERGE_MAX + 10 * self.facts:
            raise Broken(f"{world.messages - before} messages to converge")
        self._prove()
        world.run(world.now + 10 * MINUTE_MS)
        before = world.messages
        world.run(world.now + 20 * MINUTE_MS)
        if world.messages - before > MESSAGES_AT_REST_MAX:
            raise Broken(f"{world.messages - before} messages in twenty quiet minutes")
        self._prove()
        self._import_cards()
        return Outcome(world.happened, world.alarms, self.facts, world.messages, world.flips, world.deaths_in_releases)

    def _new_box(self, disk: Disk, name: str) -> Box:
        hardware = self.rng.choice(("", name))
        return Box(self.world, self.net, self.hq, disk, name, hardware)

    def _sometime(self) -> int:
        return self.rng.randint(1, self.world.storm_ms)

    def _plan(self) -> None:
        """When what happens."""
        world, rng = self.world, self.rng
        for number in range(rng.randint(10, 70)):
            world.at(self._sometime(), lambda number=number: self._decide(number))
        for _ in range(rng.randint(1, 12)):
            world.at(self._sometime(), self.hq.edit)
        if self._releases:
            for _ in range(rng.randint(1, 6)):
                world.at(self._sometime(), self.hq.release)
        for at_ms in range(2 * MINUTE_MS, world.storm_ms, 3 * MINUTE_MS):
            world.at(at_ms, self.hq.back_up)
            world.at(at_ms + MINUTE_MS, self._prune)
        if rng.random() < 0.2:
            world.at(self._sometime(), self._move_zone)
        plans = {
            Fault.F10: self._broker_restart,
            Fault.F15: self._half_open,
            Fault.F17: self._clone,
            Fault.F18: self._old_copy,
            Fault.F19: self._disk_full,
            Fault.F20: self._restore,
            Fault.F21: self._fail_over,
            Fault.F24: self._wrong_clock,
        }
        for fault, action in plans.items():
            if world.on(fault):
                for _ in range(1 if fault in {Fault.F17, Fault.F18} else rng.randint(1, 3)):
                    world.at(self._sometime(), action)

    def _decide(self, number: int) -> None:
        rng = self.rng
        stream = rng.choices((Stream.TXN, Stream.OPS, Stream.BULK), (6, 3, 1))[0]
        padding = "." * rng.choice((0, 10, 200))
        kind = "sale"
        if self.world.may(Fault.F23):
            padding = "." * 700
        elif self.world.on(Fault.F22) and rng.random() < 0.3:
            kind = "unknown"
        box = rng.choice([each for each in self.boxes if not each.retired])
        if box.session is not None:
            self.facts += 1
            box.decide(stream, f"{kind}{number}{box.name}|{rng.randint(1, 9999)}|{rng.randint(1, 3)}|{padding}".encode())

    def _prune(self) -> None:
        """What is durable and old goes, like every night."""
        for box in [each for each in self.boxes if each.session is not None and each.session.status() == "ready"]:
            for stream in Stream:
                table = box.disk.current(stream)
                age_ms = YOUNG_MS if self.hq.durable_on_commit else 0
                upto = min(deletable_upto(table, self.world.now - age_ms), table.last_seq - 1)
                gone = box.disk.prune(stream, upto)
                self._lost(stream, gone, "deleted in the store and not durable at HQ")

    def _lost(self, stream: Stream, facts: list[bytes], why: str) -> None:
        safe = self.hq.tables.facts if self.hq.durable_on_commit else self.hq.backups[-1].facts if self.hq.backups else {}
        lost = [fact for fact in missing(safe, facts) if not self._may_be_missing(stream, fact)]
        if lost:
            raise Broken(f"{stream.value}: {why}: {[event_id(fact) for fact in lost]}")

    def _may_be_missing(self, stream: Stream, fact: bytes) -> bool:
        shed = stream is Stream.OPS and any(fact in box.shed for box in self.boxes)
        return shed or len(fact) > limits.FACT_BYTES_MAX

    def _disk_full(self) -> None:
        self.box.shed_ops()

    def _move_zone(self) -> None:
        self.hq.zone = "south"
        self.net.hq_tells(FeedList(feeds=self.hq.followed()))

    def _broker_restart(self) -> None:
        self.world.happened[Fault.F10] += 1
        self.net.restart()

    def _half_open(self) -> None:
        self.world.happened[Fault.F15] += self.net.half_open()

    def _clone(self) -> None:
        """Somebody copies the card of the running box and starts it elsewhere."""
        if self.box.session is None or not self.box.disk.incarnation or len(self.boxes) > 1:
            return
        self.world.happened[Fault.F17] += 1
        self.boxes.append(self._new_box(self.box.disk.copy(), "b"))

    def _old_copy(self) -> None:
        """An image of the card is kept now and becomes the store's database later."""
        if len(self.boxes) > 1:
            return
        image = self.box.disk.copy()
        self.world.at(self.rng.randint(1_000, 15 * MINUTE_MS), lambda: self._boot_image(image))

    def _boot_image(self, image: Disk) -> None:
        if len(self.boxes) > 1 or not self.world.stormy:
            return
        self.world.happened[Fault.F18] += 1
        self.box.retire()
        self.dead_disks.append(self.box.disk)
        self.boxes.append(self._new_box(image, "c"))

    def _restore(self) -> None:
        if self.hq.backups:
            self.world.happened[Fault.F20] += 1
            self.hq.restore(self.hq.backups[-1], new_epoch=self.rng.random() < 0.5)

    def _fail_over(self) -> None:
        """An asynchronous standby takes over, some seconds behind."""
        standby, backups = self.hq.tables.copy(), len(self.hq.backups)

        def take_over() -> None:
            if backups == len(self.hq.backups):
                self.world.happened[Fault.F21] += 1
                self.hq.restore(standby, new_epoch=True)

        self.world.at(self.rng.randint(500, 5_000), take_over)

    def _wrong_clock(self) -> None:
        self.world.happened[Fault.F24] += 1
        self.world.clock.step_wall(self.rng.choice((-1, 1)) * 10 * 365 * 86_400_000, self.world.clock.quality())

    def _settle_clones(self) -> None:
        """Two boxes alive are noticed; an operator chooses one, the other is switched off."""
        living = [box for box in self.boxes if not box.retired]
        if len(living) < 2:
            return
        world = self.world
        if not world.run(world.now + CLONES_FOUND_WITHIN_MS, lambda: self.hq.tables.record.clone_suspected):
            raise Broken("two boxes speak for the store and nobody noticed")
        world.run(world.now + CLONES_FOUND_WITHIN_MS, lambda: len(self._suspects()) > 1)
        chosen = self.rng.choice(self._suspects())
        self.hq.tables.record = resolve_clone(self.hq.tables.record, chosen.boot_id)
        for box in living:
            if box is not chosen:
                box.retire()
                self.dead_disks.append(box.disk)
        self.boxes.remove(chosen)
        self.boxes.append(chosen)

    def _choice_forgotten(self) -> bool:
        """HQ failed over to before the operator's choice: the alarm stands again, and so the operator chooses again."""
        record = self.hq.tables.record
        if not (self.world.happened[Fault.F21] and record.clone_suspected and self.box in self._suspects()):
            return False
        self.hq.tables.record = resolve_clone(record, self.box.boot_id)
        return True

    def _suspects(self) -> list[Box]:
        names = {suspect.boot_id for suspect in self.hq.tables.record.suspects}
        return [box for box in self.boxes if box.session is not None and box.boot_id in names]

    def _why_not(self) -> str:
        box = self.box
        session = box.session
        if session is None or session.status() != "ready":
            return f"session is {session.status() if session else 'off'}"
        for stream in Stream:
            table = box.disk.current(stream)
            cursor = self.hq.tables.cursors.get((box.disk.incarnation, stream))
            if table.acked_upto != table.last_seq or (cursor.seq if cursor else 0) != table.last_seq:
                return f"{stream.value}: store {table.last_seq}, acked {table.acked_upto}, HQ {cursor.seq if cursor else 0}"
        for head in self.hq.followed():
            held = box.disk.feeds.get(head.feed_id)
            if head.version and (
                held is None or (held.epoch, held.version, held.state_hash) != (head.epoch, head.version, head.state_hash)
            ):
                return f"{head.feed_id}: store {held}, HQ {head}"
        return ""

    def _converged(self) -> bool:
        return not self._why_not()

    def _prove(self) -> None:
        if why := self._why_not():
            raise Broken(f"fell apart again: {why}")
        tables, box = self.hq.tables, self.box
        everything = {fact for each in (*self.boxes,) for stream in Stream for fact in each.disk.facts(stream)}
        everything |= {fact for disk in self.dead_disks for stream in Stream for fact in disk.facts(stream)}
        if invented := [fact for fact in tables.facts.values() if fact not in everything]:
            raise Broken(f"HQ holds what nobody decided: {invented}")
        for stream in Stream:
            decided = box.disk.facts(stream)
            lost = [fact for fact in missing(tables.facts, decided) if not self._may_be_missing(stream, fact)]
            if lost:
                raise Broken(f"I1: {stream.value}: HQ lacks {[event_id(fact) for fact in lost]}")
        self._prove_presence()
        self._prove_order()
        self._prove_sums(everything)
        self._prove_alarms()

    def _prove_presence(self) -> None:
        """A late will never makes a living store look gone (after a clone only a restart of the daemon clears that up)."""
        line, presence = self.box.line, self.hq.presence
        if line is None or line.https or self.world.happened[Fault.F17]:
            return
        if (presence.boot_id, presence.online) != (self.box.boot_id, True):
            raise Broken(f"HQ believes the store is gone: {presence}")

    def _prove_order(self) -> None:
        """Each chain at HQ is one box's chain, whole from its beginning: boxes never interleave."""
        disks = [box.disk for box in self.boxes] + self.dead_disks
        for key, raw in self.hq.tables.raw.items():
            for disk in disks:
                history = disk.history.get(key, {})
                if all(fact is None or history.get(at + 1) == fact for at, fact in enumerate(raw)):
                    break
            else:
                raise Broken(f"I1: {key}: what HQ holds is no box's journal")
            if None not in raw:
                hashes = links(genesis(STORE, key[0], key[1].value), [fact for fact in raw if fact is not None])
                if raw and hashes[-1] != self.hq.tables.cursors[key].hash:
                    raise Broken(f"{key}: the cursor's hash is not that of its facts")

    def _prove_sums(self, everything: set[bytes]) -> None:
        """Without lost boxes or backups in between, each day's sum is the same on both sides."""
        if any(self.world.happened[fault] for fault in _FORKS | {Fault.F19, Fault.F23}):
            return
        if day_sums(everything) != day_sums(set(self.hq.tables.facts.values())):
            raise Broken("I2: the sums of the days differ")

    def _prove_alarms(self) -> None:
        """No false alarms."""
        alarms, happened = self.world.alarms, self.world.happened
        for code, causes in {
            "bad_message": set(),
            "batch_rejected": set(),
            "journal_damaged": set(),
            "hq_restored": _RESTORES,
            "feed_restored": _RESTORES,
            "feed_hash_mismatch": _RESTORES,
            "incarnation_changed": _FORKS,
            "facts_missing": _RESTORES,
            "clone_suspected": {Fault.F17},
            "fact_too_large": {Fault.F23},
        }.items():
            if alarms[code] and not any(happened[fault] for fault in causes):
                raise Broken(f"false alarm {code}")
        if "facts_lost" in self.hq.alarms:
            raise Broken("HQ says facts are lost")

    def _import_cards(self) -> None:
        """What is left on dead boxes' cards goes to HQ, or is refused in words; nothing is passed over in silence."""
        for disk in self.dead_disks:
            for (incarnation, stream), table in sorted(disk.streams.items(), key=lambda item: item[0][0]):
                if incarnation and table.rows:
                    self._import(disk, incarnation, stream)

    def _import(self, disk: Disk, incarnation: int, stream: Stream) -> None:
        card = OldCardImport(STORE, incarnation, stream, "importer")
        try:
            while (batch := card.next_batch(disk.read(incarnation, stream, card.after_seq, 4))) is not None:
                answer = self.hq.import_batch(batch.payload, stream)
                assert isinstance(answer, Ack)
                card.answered(answer, batch)
        except ImportRefused:
            return
        if not card.proven:
            return
        table = disk.streams[incarnation, stream]
        self._lost_card(stream, [row[0] for row in table.rows])

    def _lost_card(self, stream: Stream, facts: list[bytes]) -> None:
        lost = [fact for fact in missing(self.hq.tables.facts, facts) if not self._may_be_missing(stream, fact)]
        if lost:
            raise Broken(f"old card, {stream.value}: passed over {[event_id(fact) for fact in lost]}")


def deletable_upto(table: StreamTable, before_ms: int) -> int:
    """What the store may delete."""
    return table.durable_since(before_ms)


def day_sums(facts: set[bytes]) -> Counter[bytes]:
    """Amounts by day."""
    sums: Counter[bytes] = Counter()
    for fact in facts:
        _, amount, day, _ = fact.split(b"|")
        sums[day] += int(amount)
    return sums
