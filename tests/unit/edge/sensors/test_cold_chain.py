"""The cold chain over a real database and a virtual clock: delays, defrost, doors, notes, lost probes, power cuts."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.sensors.cold_chain import ColdChain, UnknownAlarm
from edge.sensors.cold_domain import LEVEL_MAX, Rule
from edge.sensors.readings import SensorBoard, SensorPlace
from edge.store_db.database import Database
from protocols.clock import FakeClock, IdSource, SeededRandom
from protocols.contract.facts import ColdAlarmChanged, decode_body, decode_envelope
from protocols.device_events import Measurement, SensorHealth, SensorPresence
from tests.support.box_ground import new_journal, open_store

MINUTE_MS = 60_000
FREEZER = Rule("freezers", ("freezer-1", "freezer-2"), above=-15.0, below=-30.0)
DOOR = Rule(
    "doors", ("freezer-1",), measure="door_open", above=0.5, delay_ms=3 * MINUTE_MS, lost_ms=0, pause_in_defrost=False
)


class Cold:
    """A store with two freezers; `restart` is a power cut of the box."""

    def __init__(self, folder: Path, *rules: Rule) -> None:
        self.clock = FakeClock()
        self._folder = folder
        self._rules = rules or (FREEZER,)
        self.standing: list[int] = []
        self.store: Database = open_store(folder)
        self._ids = IdSource(self.clock, SeededRandom(5))
        self._begin()

    def _begin(self) -> None:
        self.board = SensorBoard([SensorPlace("freezer-1", "bus"), SensorPlace("freezer-2", "bus")], self.clock)
        journal = new_journal(self.clock, seed=9 + len(self.standing))
        self.chain = ColdChain(
            self._rules, self.board, self.store, journal, self.clock, self._ids, standing=self.standing.append
        )

    def restart(self, *, off_ms: int = 0, wall_ms: int | None = None) -> None:
        self.store.close()
        self.clock.advance(off_ms)
        if wall_ms is not None:
            self.clock.step_wall(wall_ms, self.clock.quality())
        self.store = open_store(self._folder)
        self._begin()

    def tell(self, value: float | None, sensor_id: str = "freezer-1", measure: str = "temperature_celsius",
             health: SensorHealth = SensorHealth.OK) -> None:  # fmt: skip
        self.board.put(Measurement(sensor_id=sensor_id, measure=measure, value=value, health=health))

    async def wait(self, minutes: float, *, step_ms: int = 10_000) -> None:
        for _ in range(round(minutes * MINUTE_MS / step_ms)):
            self.clock.advance(step_ms)
            await self.chain.look()

    def steps(self) -> list[tuple[str, str]]:
        return [(fact.step, fact.cause) for fact in self.facts()]

    def facts(self) -> list[ColdAlarmChanged]:
        rows = self.store.reader().execute("SELECT fact FROM journal WHERE kind = 'ColdAlarmChanged' ORDER BY position")
        found = [decode_body(decode_envelope(row[0])) for row in rows.fetchall()]
        return [fact for fact in found if isinstance(fact, ColdAlarmChanged)]


@pytest.fixture
async def cold(tmp_path: Path) -> Cold:
    found = Cold(tmp_path)
    found.tell(-18.0)
    found.tell(-18.0, "freezer-2")
    await found.wait(1)
    return found


async def test_too_warm_for_the_delay_is_an_alarm_and_back_in_range_ends_it(cold: Cold) -> None:
    cold.tell(-10.0)
    await cold.wait(19.5)
    assert cold.steps() == []
    cold.tell(-8.0)
    await cold.wait(1)
    assert cold.steps() == [("raised", "above")]
    (raised,) = cold.facts()
    assert (raised.sensor_id, raised.limit, raised.value, raised.worst) == ("freezer-1", -15.0, -8.0, -8.0)
    assert cold.standing[-1] == 1
    cold.tell(-16.0)
    await cold.wait(1)
    assert cold.steps()[-1] == ("ended", "above")
    assert cold.facts()[-1].worst == -8.0
    assert cold.standing[-1] == 0


async def test_a_short_rise_is_none_and_begins_anew(cold: Cold) -> None:
    for _ in range(3):
        cold.tell(-10.0)
        await cold.wait(19)
        cold.tell(-18.0)
        await cold.wait(1)
    assert cold.steps() == []


async def test_exactly_at_the_limit_is_within(cold: Cold) -> None:
    cold.tell(-15.0)
    await cold.wait(60)
    assert cold.steps() == []


async def test_too_cold_is_its_own_alarm(cold: Cold) -> None:
    cold.tell(-31.0, "freezer-2")
    await cold.wait(21)
    assert cold.steps() == [("raised", "below")]


async def test_defrost_is_no_alarm_unless_it_never_ends(cold: Cold) -> None:
    cold.tell(1.0, measure="defrost")
    cold.tell(-5.0)
    await cold.wait(50)
    assert cold.steps() == [], "it defrosts"
    await cold.wait(31)
    assert cold.steps() == [("raised", "above")], "an hour is enough; then the delay counts"


async def test_after_a_defrost_the_delay_goes_on_where_it_was(cold: Cold) -> None:
    cold.tell(-5.0)
    await cold.wait(10)
    cold.tell(1.0, measure="defrost")
    await cold.wait(30)
    cold.tell(0.0, measure="defrost")
    await cold.wait(9)
    assert cold.steps() == []
    await cold.wait(2)
    assert cold.steps() == [("raised", "above")]


async def test_a_door_that_stays_open(tmp_path: Path) -> None:
    cold = Cold(tmp_path, DOOR)
    cold.tell(1.0, measure="door_open")
    await cold.wait(3.5)
    assert cold.steps() == [("raised", "above")]
    cold.tell(0.0, measure="door_open")
    await cold.wait(0.5)
    assert cold.steps() == [("raised", "above"), ("ended", "above")]


async def test_nobody_looks_so_it_escalates_until_somebody_takes_note(cold: Cold) -> None:
    cold.tell(0.0)
    await cold.wait(21 + 61)
    assert [what for what, _ in cold.steps()] == ["raised", "escalated", "escalated"]
    (alarm,) = cold.chain.alarms()
    await cold.chain.acknowledge(alarm.watch.alarm_id, "ann", "  goods moved to freezer 2  ")
    await cold.wait(120)
    last = cold.facts()[-1]
    assert (last.step, last.staff_id, last.note, last.level) == ("acknowledged", "ann", "goods moved to freezer 2", 2)
    cold.tell(-20.0)
    await cold.wait(1)
    assert (cold.facts()[-1].step, cold.facts()[-1].staff_id) == ("ended", "ann")
    with pytest.raises(UnknownAlarm):
        await cold.chain.acknowledge(alarm.watch.alarm_id, "ann", "")


async def test_escalation_ends_at_the_last_level(cold: Cold) -> None:
    cold.tell(0.0)
    await cold.wait(24 * 60, step_ms=60_000)
    assert [what for what, _ in cold.steps()] == ["raised", *["escalated"] * LEVEL_MAX]


async def test_a_lost_probe_is_an_alarm_of_its_own_and_hides_nothing(cold: Cold) -> None:
    cold.tell(0.0)
    await cold.wait(21)
    cold.board.presence(SensorPresence(device_id="bus", sensor_id="freezer-1", there=False, reason="silent"))
    await cold.wait(16)
    assert cold.steps() == [("raised", "above"), ("raised", "lost")], "still too warm, as far as anybody knows"
    cold.board.presence(SensorPresence(device_id="bus", sensor_id="freezer-1", there=True))
    cold.tell(-18.0)
    await cold.wait(1)
    assert sorted(cold.steps()[-2:]) == [("ended", "above"), ("ended", "lost")]


@pytest.mark.parametrize("health", [SensorHealth.FAULT, SensorHealth.STUCK, SensorHealth.IMPLAUSIBLE])
async def test_a_probe_that_tells_nonsense_counts_as_lost(cold: Cold, health: SensorHealth) -> None:
    cold.tell(-18.0 if health is SensorHealth.STUCK else None, health=health)
    await cold.wait(16)
    assert cold.steps() == [("raised", "lost")]


async def test_a_power_cut_forgets_nothing_and_the_time_off_counts(cold: Cold) -> None:
    cold.tell(-5.0)
    await cold.wait(10)
    cold.restart(off_ms=9 * MINUTE_MS)
    await cold.wait(5)
    assert cold.steps() == [], "nothing was heard yet: it neither begins nor ends"
    cold.tell(-5.0)
    await cold.wait(2)
    assert cold.steps() == [("raised", "above")]
    (alarm,) = cold.chain.alarms()
    cold.restart()
    await cold.wait(1)
    (again,) = cold.chain.alarms()
    assert again.watch.alarm_id == alarm.watch.alarm_id
    assert cold.steps() == [("raised", "above")], "it is told once"
    await cold.chain.acknowledge(alarm.watch.alarm_id, "ann", "seen")
    cold.restart()
    assert cold.chain.alarms()[0].watch.staff_id == "ann"
    cold.tell(-18.0)
    await cold.wait(0.5)
    assert cold.steps()[-1] == ("ended", "above")
    cold.restart()
    assert cold.chain.alarms() == ()


async def test_a_lost_probe_stays_lost_over_a_restart_until_it_speaks(cold: Cold) -> None:
    cold.tell(None, health=SensorHealth.FAULT)
    await cold.wait(16)
    cold.restart()
    await cold.wait(2)
    assert cold.steps() == [("raised", "lost")]
    cold.tell(-18.0)
    await cold.wait(0.5)
    assert cold.steps()[-1] == ("ended", "lost")


async def test_a_clock_that_jumps_changes_no_delay(cold: Cold) -> None:
    cold.tell(-5.0)
    await cold.wait(10)
    cold.clock.step_wall(5 * 3_600_000, cold.clock.quality())
    await cold.wait(9)
    assert cold.steps() == []
    cold.restart(wall_ms=-10 * 3_600_000)
    cold.tell(-5.0)
    await cold.wait(2.5)
    assert cold.steps() == [("raised", "above")]
