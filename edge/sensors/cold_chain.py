"""Cold-chain alarms of the running box: looks once a second, keeps what it knows in the store database, tells each step as a
fact in the same transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import structlog

from edge.sensors import store as rows
from edge.sensors.cold_domain import Cause, Rule, Sample, Step, Watch, acknowledged, resumed, step
from edge.sensors.readings import SensorBoard
from edge.store_db.database import StoreFile, Tx
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.journal import Journal
from protocols.clock import Clock, IdSource
from protocols.contract.facts import ColdAlarmChanged

log = structlog.get_logger("tallystick.edge.sensors")

LOOK_SECONDS = 1.0
SAVE_MS = 60_000
"""While something is wrong, what is known is saved at least so often: a restart forgets no more."""
Key = tuple[str, str, Cause]


class UnknownAlarm(LookupError):
    """There is no such alarm, or it is over."""


@dataclass(frozen=True, slots=True)
class ColdAlarm:
    """An alarm that stands."""

    watch: Watch
    measure: str
    limit: float | None
    value: float | None


class ColdChain:
    """Every rule over every one of its sensors. `standing(count)` is called when the number of alarms changed."""

    def __init__(
        self,
        rules: Iterable[Rule],
        board: SensorBoard,
        store: StoreFile,
        journal: Journal,
        clock: Clock,
        ids: IdSource,
        *,
        standing: Callable[[int], None] = lambda _count: None,
    ) -> None:
        self._rules = {rule.rule_id: rule for rule in rules}
        self._board = board
        self._store = store
        self._journal = journal
        self._clock = clock
        self._ids = ids
        self._standing = standing
        self._watches: dict[Key, Watch] = {
            (rule.rule_id, sensor_id, cause): Watch(rule.rule_id, sensor_id, cause)
            for rule in self._rules.values()
            for sensor_id in rule.sensors
            for cause in rule.causes()
        }
        self._looked_ms = clock.monotonic_ms()
        self._saved_ms = self._looked_ms
        self._told: int | None = None
        self._lock = asyncio.Lock()
        self._resume()

    def alarms(self) -> tuple[ColdAlarm, ...]:
        """What stands, the oldest first."""
        found = [self._alarm(watch) for watch in self._watches.values() if watch.alarm_id]
        return tuple(sorted(found, key=lambda each: (each.watch.since_ms, each.watch.alarm_id)))

    async def run(self) -> None:
        """Look for ever."""
        while True:
            try:
                await self.look()
            except (StoreFull, StoreBusy) as error:
                log.warning("a look at the cold chain could not be stored; it is made again", error=str(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """One look. Raises `StoreDbError`; nothing of it counts then."""
        async with self._lock:
            await self._look()
        self._tell()

    async def _look(self) -> None:
        mono_ms, now_ms = self._clock.monotonic_ms(), self._clock.now_ms()
        passed_ms = mono_ms - self._looked_ms
        fresh: dict[Key, Watch] = {}
        facts: list[ColdAlarmChanged] = []
        for key, watch in self._watches.items():
            rule = self._rules[watch.rule_id]
            after, what = step(rule, watch, self._sample(rule, watch.sensor_id), passed_ms, now_ms)
            if what is Step.RAISED:
                after = replace(after, alarm_id=self._ids.new())
            if what is not None:
                told = watch if what is Step.ENDED else after
                facts.append(self._fact(rule, told, what))
            fresh[key] = after
        await self._keep(fresh, facts, mono_ms, now_ms)
        self._watches = fresh
        self._looked_ms = mono_ms

    async def acknowledge(self, alarm_id: str, staff_id: str, note: str) -> None:
        """A person takes note, with words of what is done. Raises `UnknownAlarm`, `StoreDbError`."""
        async with self._lock:
            await self._acknowledge(alarm_id, staff_id, note)

    async def _acknowledge(self, alarm_id: str, staff_id: str, note: str) -> None:
        key = next((key for key, watch in self._watches.items() if alarm_id and watch.alarm_id == alarm_id), None)
        if key is None:
            raise UnknownAlarm(alarm_id)
        now_ms = self._clock.now_ms()
        after = acknowledged(self._watches[key], staff_id, note, now_ms)
        fact = self._fact(self._rules[after.rule_id], after, Step.ACKNOWLEDGED)
        await self._store.write(lambda tx: _put(tx, self._journal, [after], [fact], now_ms))
        self._watches[key] = after

    def _sample(self, rule: Rule, sensor_id: str) -> Sample:
        sensor = self._board.sensor(sensor_id)
        if sensor is None:
            return Sample(None)
        value = sensor.value(rule.measure)
        waiting = sensor.there and sensor.heard_ms is None
        return Sample(value, lost=None if waiting else value is None, defrost=bool(sensor.value("defrost")))

    async def _keep(self, fresh: dict[Key, Watch], facts: list[ColdAlarmChanged], mono_ms: int, now_ms: int) -> None:
        begun_or_over = [watch for key, watch in fresh.items() if watch.calm is not self._watches[key].calm]
        due = mono_ms - self._saved_ms >= SAVE_MS
        changed = [watch for watch in fresh.values() if not watch.calm] if facts or due else []
        if not (facts or changed or begun_or_over):
            return
        await self._store.write(lambda tx: _put(tx, self._journal, [*begun_or_over, *changed], facts, now_ms))
        self._saved_ms = mono_ms

    def _fact(self, rule: Rule, watch: Watch, what: Step) -> ColdAlarmChanged:
        return ColdAlarmChanged(
            alarm_id=watch.alarm_id,
            rule_id=rule.rule_id,
            sensor_id=watch.sensor_id,
            measure=rule.measure,
            cause=watch.cause.value,
            step=what.value,
            since_ms=watch.since_ms,
            limit=rule.limit(watch.cause),
            value=self._sample(rule, watch.sensor_id).value,
            worst=watch.worst,
            level=watch.level,
            staff_id=watch.staff_id,
            note=watch.note,
        )

    def _alarm(self, watch: Watch) -> ColdAlarm:
        rule = self._rules[watch.rule_id]
        return ColdAlarm(watch, rule.measure, rule.limit(watch.cause), self._sample(rule, watch.sensor_id).value)

    def _resume(self) -> None:
        """What was known when the box stopped; rules and sensors that are gone from the settings are forgotten."""
        now_ms = self._clock.now_ms()
        for watch, saved_ms in rows.watches(self._store.reader()):
            key = (watch.rule_id, watch.sensor_id, watch.cause)
            if key in self._watches:
                self._watches[key] = resumed(watch, saved_ms, now_ms)

    def _tell(self) -> None:
        count = len([watch for watch in self._watches.values() if watch.alarm_id])
        if count != self._told:
            self._told = count
            self._standing(count)


def _put(tx: Tx, journal: Journal, watches: Iterable[Watch], facts: list[ColdAlarmChanged], now_ms: int) -> None:
    for watch in watches:
        rows.put_watch(tx, watch, now_ms)
    if facts:
        journal.append_many(tx, facts)
