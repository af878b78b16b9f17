"""Exit gates: what goes out unpaid rings at once, and is a fact with everything that went out together.

The siren does not wait for the disk: whether anything covers a tag is looked up first, and rings; the rows follow in one
transaction, and decide. The fact is made when nothing further came for a second. A sale that comes late ends the alarm;
so does a person at the gate. Everything works without headquarters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from edge.rfid import fates, gate_store, store
from edge.rfid.gate import ExitGate, GatePass
from edge.rfid.gate_parts import Gate, NoSignals, Signals
from edge.rfid.gate_store import GateAlarm
from edge.rfid.portal import Direction
from edge.rfid.sightings import Side
from edge.rfid.tags import Why
from edge.store_db.database import StoreFile, Tx
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.journal import Journal
from protocols.clock import Clock, IdSource
from protocols.contract.facts import FactBody
from protocols.contract.rfid_facts import GateAlarmEnded, TaggedLine
from protocols.contract.till_facts import SaleClosed
from protocols.device_events import TagsRead
from protocols.gs1.epc import identify

log = structlog.get_logger("tallystick.edge.rfid")

DEBOUNCE_MS = 30_000
"""A tag rings once in this time."""
GROUP_MS = 1_000
"""What follows so soon went out with the same person."""
GROUP_MS_MAX = 10_000
LATE_SALE_MS = 60_000
"""A sale by bar code, which names no tag, ends an alarm that is no older."""
UNSEEN_MS = 86_400_000
LOOK_MS = 60_000
PASSES_WAITING_MAX = 5_000
"""Passes the disk did not take yet. Policy when reached: the oldest are dropped and counted; their siren has sounded."""
OUTCOMES = frozenset({"stopped", "false", "stolen"})


class UnknownAlarm(LookupError):
    """There is no such alarm, or it has ended."""


@dataclass(slots=True)
class _Group:
    """What goes out together. Times of the monotonic clock."""

    alarm_id: str
    first_ms: int
    last_ms: int


@dataclass(slots=True)
class _Recorded:
    groups: dict[str, _Group] = field(default_factory=dict)


Seen = tuple[str, GatePass]


class GateService:
    """All exits of the store."""

    def __init__(
        self,
        db: StoreFile,
        journal: Journal,
        clock: Clock,
        ids: IdSource,
        gates: Mapping[str, Gate],
        *,
        signals: Signals | None = None,
        on_alarms: Callable[[int], None] = lambda _count: None,
    ) -> None:
        """`on_alarms(count)`: so many alarms stand."""
        self._db = db
        self._journal = journal
        self._clock = clock
        self._ids = ids
        self._gates = dict(gates)
        self._signals = signals or NoSignals()
        self._on_alarms = on_alarms
        self._portals = {gate_id: ExitGate(gate.setup) for gate_id, gate in gates.items()}
        self._seen: list[Seen] = []
        self._groups: dict[str, _Group] = {}
        self._sirens_until_ms: dict[str, int] = {}
        self._sold = True
        self._standing = 0
        self._look_ms = 0
        self.undecided = 0
        self.dropped = 0

    async def start(self) -> None:
        """Tell what was not told when the box ended. Raises `StoreDbError`."""
        await self._db.write(lambda tx: fates.watch_gates(tx, self._gates))
        await self._db.write(self._tell_all)
        self._count()

    def take(self, event: TagsRead) -> None:
        """A reader reported tags."""
        for gate_id, gate in self._gates.items():
            if gate.device_id == event.device_id:
                self._passed(gate_id, self._portals[gate_id].take(event.reads))

    def input_changed(self, device_id: str, port: int, at_ms: int, *, high: bool) -> None:
        """A reader's input has another level: perhaps a light barrier was broken, or is free again."""
        for gate_id, gate in self._gates.items():
            broken = high is gate.beam_broken_high
            if gate.device_id == device_id and broken and port in {gate.beam_inside, gate.beam_outside}:
                side = Side.INSIDE if port == gate.beam_inside else Side.OUTSIDE
                self._portals[gate_id].beams.broken(side, at_ms)

    def journalled(self, facts: Sequence[FactBody]) -> None:
        """Something was sold: an alarm may be covered by it."""
        if any(isinstance(fact, SaleClosed) for fact in facts):
            self._sold = True

    async def step(self) -> None:
        """Judge, ring, store, tell. Raises `StoreDbError`; nothing is lost by it."""
        now_ms = self._clock.monotonic_ms()
        for gate_id, portal in self._portals.items():
            self._passed(gate_id, portal.advance(now_ms))
        if self._seen:
            self._ring(self._seen, now_ms)
            await self._store_seen()
        for gate_id, group in list(self._groups.items()):
            if now_ms - group.last_ms >= GROUP_MS or now_ms - group.first_ms >= GROUP_MS_MAX:
                await self._db.write(self._tell_all)
                self._groups.pop(gate_id, None)
        if self._sold and not self._standing:
            self._sold = False
        if self._sold:
            self._sold = False
            for gate_id in await self._db.write(self._cover_late):
                if gate_id in self._sirens_until_ms:
                    self._sirens_until_ms[gate_id] = now_ms
            self._count()
        if self._standing and now_ms >= self._look_ms:
            self._look_ms = now_ms + LOOK_MS
            await self._db.write(self._end_unseen)
            self._count()
        self._silence(now_ms)

    async def resolve(self, alarm_id: str, outcome: str, staff_id: str) -> GateAlarm:
        """A person says what it was. Raises `UnknownAlarm`, `StoreDbError`; ValueError: no such outcome."""
        if outcome not in OUTCOMES:
            raise ValueError(outcome)

        def run(tx: Tx) -> GateAlarm:
            alarm = gate_store.by_id(tx, alarm_id)
            if alarm is None or alarm.outcome:
                raise UnknownAlarm(alarm_id)
            if outcome == "false":
                epcs = [each.line.epc for each in alarm.lines]
                fates.put(tx, epcs, fates.Fate.PASSED, alarm_id, self._clock.now_ms())
            self._end(tx, GateAlarmEnded(alarm_id=alarm_id, outcome=outcome, staff_id=staff_id))
            ended = gate_store.by_id(tx, alarm_id)
            assert ended is not None
            return ended

        ended = await self._db.write(run)
        self._sirens_until_ms[ended.gate_id] = 0
        self._silence(self._clock.monotonic_ms())
        self._count()
        return ended

    def silence(self, gate_id: str) -> None:
        """A person switches a siren off; the alarm stands."""
        if gate_id in self._sirens_until_ms:
            self._sirens_until_ms[gate_id] = 0
            self._silence(self._clock.monotonic_ms())

    @property
    def names(self) -> tuple[str, ...]:
        """The exits of the settings."""
        return tuple(self._gates)

    def ringing(self) -> frozenset[str]:
        """Gates whose siren is on."""
        return frozenset(self._sirens_until_ms)

    # Inside.

    def _passed(self, gate_id: str, passes: Iterable[GatePass]) -> None:
        for each in passes:
            if each.direction is Direction.UNDECIDED:
                self.undecided += 1
            else:
                self._seen.append((gate_id, each))
        over = len(self._seen) - PASSES_WAITING_MAX
        if over > 0:
            del self._seen[:over]
            self.dropped += over

    def _ring(self, seen: Sequence[Seen], now_ms: int) -> None:
        """Sirens, before anything is written."""
        source, wall_ms = self._db.reader(), self._clock.now_ms()
        for gate_id, each in seen:
            gate = self._gates[gate_id]
            if each.direction is not Direction.OUT or gate_id in self._sirens_until_ms or gate.siren_port is None:
                continue
            identity = identify(each.epc, each.epc_bits)
            item_id, _, why = store.item_of(source, identity.gtin)
            if why is not Why.NOTHING or fates.is_covered(source, identity.uri, item_id, wall_ms):
                continue
            if gate_store.rang_since(source, identity.uri, wall_ms - DEBOUNCE_MS):
                continue
            self._sirens_until_ms[gate_id] = now_ms + gate.siren_ms
            self._signals.set_output(gate.device_id, gate.siren_port, on=True)

    def _silence(self, now_ms: int) -> None:
        for gate_id, until_ms in list(self._sirens_until_ms.items()):
            gate = self._gates[gate_id]
            if now_ms >= until_ms:
                del self._sirens_until_ms[gate_id]
                if gate.siren_port is not None:
                    self._signals.set_output(gate.device_id, gate.siren_port, on=False)

    async def _store_seen(self) -> None:
        seen, self._seen = self._seen, []
        try:
            recorded = await self._db.write(lambda tx: self._record(tx, seen))
        except (StoreFull, StoreBusy):
            self._seen[:0] = seen
            raise
        self._groups.update(recorded.groups)
        if recorded.groups:
            self._count()

    def _count(self) -> None:
        self._standing = len(gate_store.standing(self._db.reader()))
        self._on_alarms(self._standing)

    # Transactions.

    def _record(self, tx: Tx, seen: Sequence[Seen]) -> _Recorded:
        recorded = _Recorded()
        behind_ms = self._clock.now_ms() - self._clock.monotonic_ms()
        for gate_id, each in seen:
            identity = identify(each.epc, each.epc_bits)
            item_id, _, why = store.item_of(tx, identity.gtin)
            if why is not Why.NOTHING:
                continue  # somebody else's tag
            line = TaggedLine(epc=identity.uri, gtin=identity.gtin, item_id=item_id)
            wall_ms = each.at_ms + behind_ms
            if each.direction is Direction.IN:
                self._came_in(tx, gate_id, line.epc, wall_ms)
                continue
            rang = gate_store.rang_since(tx, line.epc, wall_ms - DEBOUNCE_MS)
            if not rang and fates.covered_by(tx, line.epc, item_id, wall_ms) is None:
                self._raise(tx, gate_id, line, each.at_ms, wall_ms, recorded)
        return recorded

    def _raise(self, tx: Tx, gate_id: str, line: TaggedLine, at_ms: int, wall_ms: int, recorded: _Recorded) -> None:
        group = recorded.groups.get(gate_id) or self._groups.get(gate_id)
        if group is None or abs(at_ms - group.last_ms) > GROUP_MS or at_ms - group.first_ms > GROUP_MS_MAX:
            group = _Group(self._ids.new(), at_ms, at_ms)
            siren = self._gates[gate_id].siren_port is not None
            gate_store.put(tx, group.alarm_id, gate_id, wall_ms, siren=siren)
        recorded.groups[gate_id] = _Group(group.alarm_id, group.first_ms, max(group.last_ms, at_ms))
        gate_store.put_line(tx, group.alarm_id, line)

    def _came_in(self, tx: Tx, gate_id: str, epc: str, wall_ms: int) -> None:
        """A tag that never was stock here, and comes in through the exit, is its bearer's."""
        if store.tag(tx, epc) is None and not store.is_known(tx, epc) and not gate_store.rang_ever(tx, epc):
            fates.put_brought(tx, epc, gate_id, wall_ms)

    def _tell_all(self, tx: Tx) -> None:
        for alarm in gate_store.untold(tx):
            self._journal.append(tx, gate_store.told(tx, alarm))

    def _cover_late(self, tx: Tx) -> list[str]:
        """Alarms that a sale covers after all; the gates whose alarm has ended."""
        now_ms, ended = self._clock.now_ms(), []
        for alarm in gate_store.standing(tx):
            sale_id = alarm.sale_id
            open_lines = 0
            for each in alarm.lines:
                if each.sale_id:
                    sale_id = each.sale_id
                    continue
                item_id = each.line.item_id if now_ms - alarm.at_ms <= LATE_SALE_MS else ""
                found = fates.covered_by(tx, each.line.epc, item_id, now_ms)
                if found is None:
                    open_lines += 1
                    continue
                sale_id = found
                gate_store.cover(tx, alarm.alarm_id, each.line.epc, found)
            if not open_lines:
                self._end(tx, GateAlarmEnded(alarm_id=alarm.alarm_id, outcome="sold", sale_id=sale_id))
                ended.append(alarm.gate_id)
        return ended

    def _end_unseen(self, tx: Tx) -> None:
        before_ms = self._clock.now_ms() - UNSEEN_MS
        for alarm in gate_store.standing(tx):
            if alarm.at_ms < before_ms:
                self._end(tx, GateAlarmEnded(alarm_id=alarm.alarm_id, outcome="unseen"))

    def _end(self, tx: Tx, fact: GateAlarmEnded) -> None:
        """What stands is told first."""
        self._tell_all(tx)
        gate_store.end(tx, fact, self._clock.now_ms())
        self._journal.append(tx, fact)
