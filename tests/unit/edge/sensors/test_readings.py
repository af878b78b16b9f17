"""The newest values of sensors, and people counted through restarts of the box."""

from __future__ import annotations

from pathlib import Path

from edge.sensors.footfall import Footfall
from edge.sensors.readings import MEASURES_MAX, SensorBoard, SensorPlace
from protocols.clock import FakeClock
from protocols.contract.facts import decode_body, decode_envelope
from protocols.contract.telemetry import Measured
from protocols.device_events import Measurement, PeopleTotals, SensorHealth, SensorPresence, SensorsRead
from tests.support.box_ground import new_journal, open_store


def told(board: SensorBoard, **values: float | None) -> None:
    board.take(
        SensorsRead(
            device_id="broker",
            measurements=tuple(
                Measurement(
                    sensor_id="fridge",
                    measure=measure,
                    value=value,
                    health=SensorHealth.OK if value is not None else SensorHealth.FAULT,
                )
                for measure, value in values.items()
            ),
        )
    )


def test_a_partial_message_changes_only_what_it_names() -> None:
    clock = FakeClock()
    board = SensorBoard([SensorPlace("fridge", "broker")], clock)
    sensor = board.sensor("fridge")
    assert sensor is not None
    assert sensor.state == "waiting"
    told(board, temperature_celsius=4.0, humidity_percent=50.0)
    first_ms = clock.now_ms()
    clock.advance(60_000)
    told(board, humidity_percent=55.0)
    assert board.gauges() == {("fridge", "temperature_celsius"): 4.0, ("fridge", "humidity_percent"): 55.0}
    assert sensor.readings["temperature_celsius"].at_ms == first_ms
    assert sensor.heard_ms == clock.now_ms()
    told(board, temperature_celsius=None)
    assert board.gauges() == {("fridge", "humidity_percent"): 55.0}, "a fault is no value"
    assert (sensor.state, sensor.value("temperature_celsius")) == ("fault", None)
    board.presence(SensorPresence(device_id="broker", sensor_id="fridge", there=False, reason="gone"))
    assert (sensor.state, board.gauges()) == ("lost", {})


def test_measures_are_bounded_and_strangers_are_nobody() -> None:
    board = SensorBoard([SensorPlace("fridge", "broker")], FakeClock())
    told(board, **{f"m{number}": 1.0 for number in range(MEASURES_MAX + 10)})
    assert len(board.gauges()) == MEASURES_MAX
    board.put(Measurement(sensor_id="stranger", measure="power_w", value=1.0))
    assert board.sensor("stranger") is None


async def test_people_are_counted_once_through_restarts_of_box_and_counter(tmp_path: Path) -> None:
    clock = FakeClock()
    steps = [(100, 90, False), (103, 95, False), (110, 95, True), (110, 95, False), (2, 1, False), (9, 4, True)]
    store = open_store(tmp_path)
    for number, (people_in, people_out, restart) in enumerate(steps):
        if restart:
            store.close()
            store = open_store(tmp_path)
        clock.advance(60_000)
        totals = PeopleTotals(device_id="door", sensor_id="door", people_in=people_in, people_out=people_out, timestamp="")
        await Footfall(store, new_journal(clock, seed=number), clock).note(totals, clock.now_ms())
    facts = [
        decode_body(decode_envelope(row[0]))
        for row in store.reader().execute("SELECT fact FROM journal WHERE kind = 'Measured' ORDER BY position").fetchall()
    ]
    came = [fact.series[0].values[0] for fact in facts if isinstance(fact, Measured)]
    went = [fact.series[1].values[0] for fact in facts if isinstance(fact, Measured)]
    assert came == [3, 7, 2, 7]
    assert went == [5, 0, 1, 3]
    store.close()
