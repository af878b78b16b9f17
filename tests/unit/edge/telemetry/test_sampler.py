"""The box measures itself: increments never count twice, limits hold, and Prometheus reads what is there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from edge.devices.board import Board
from edge.figures import NAMES_MAX, Figures, LaneFigures, ShelfFigures, Timing
from edge.store_db import journal
from edge.surroundings import NoHq
from edge.telemetry.exposition import BoxExposition
from edge.telemetry.gauges import machine
from edge.telemetry.sampler import Live, Sampler, measured_of
from firmware_bridges.life import Life
from protocols.contract.facts import LabelShown
from protocols.contract.telemetry import (
    INSTANTS_MAX,
    NAME_LENGTH_MAX,
    SERIES_MAX,
    Measured,
    Series,
    in_time,
    problem_of,
)
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login
from protocols.contract.values import EvidenceLevel, Stream
from protocols.device_events import DeviceState, DeviceStateEvent, WeightRead, WeightState
from tests.support.counter import Counter
from tests.support.goods import ANN, MILK_CODE


class Box:
    """A till's counter that is measured."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.figures = counter.desk.figures
        self.board = Board({"scale-1": "scale", "printer-1": "printer"}, counter.clock)
        counter.desk.journal.watch(self.figures.journalled)
        live = Live(devices=self.board.views, hq_online=lambda: False, events_waiting=lambda: 3)
        self.sampler = Sampler(counter.store, counter.desk.journal, self.figures, counter.clock, live, every_seconds=60)
        self.exposition = BoxExposition(counter.store, self.figures, counter.clock, self.board, NoHq())

    async def sample(self) -> dict[tuple[str, str], float]:
        """What the next sample says."""
        self.counter.clock.advance(60_000)
        assert await self.sampler.sample()
        fact = self.counter.facts(Stream.BULK)[-1]
        assert isinstance(fact, Measured)
        assert problem_of(fact) == ""
        assert fact.at_ms == (self.counter.clock.now_ms(),)
        return {(each.device_id, each.metric): each.values[0] or 0.0 for each in fact.series}

    def metrics(self) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
        """A scrape, parsed: samples by name and labels."""
        found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
        for family in text_string_to_metric_families(self.exposition.text().decode()):
            for sample in family.samples:
                found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
        return found


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Box]:
    counter = Counter(tmp_path)
    await counter.start()
    yield Box(counter)
    counter.stop()


async def test_counters_tell_what_was_added_and_gauges_what_was_found(box: Box) -> None:
    await box.counter.open()
    box.figures.heard(WeightRead(device_id="scale-1", state=WeightState.STABLE, grams=5))
    box.board.take(DeviceStateEvent(device_id="scale-1", device_kind="scale", state=DeviceState.RETRYING))
    box.figures.heard(DeviceStateEvent(device_id="scale-1", device_kind="scale", state=DeviceState.RETRYING))
    first = await box.sample()
    assert (first["scale-1", "reads"], first["scale-1", "reconnects"], first["scale-1", "down"]) == (1, 1, 1)
    assert (first["", "till_commands"], first["", "events_waiting"], first["", "labels_bound"]) == (2, 3, 0)
    assert first["", "facts_waiting"] == 2, "the login and the opened shift; measurements do not count themselves"
    assert await box.counter.refused(Scan(code="404")) == "unknown_code"
    await box.counter.ok(Scan(code=MILK_CODE))
    second = await box.sample()
    assert (second["", "till_commands"], second["", "till_refusals"]) == (2, 1)
    assert ("scale-1", "reads") not in second, "nothing was added"
    assert ("", "till_commands") not in await box.sample()


async def test_what_a_dropped_sample_counted_is_in_the_next_one(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    box.figures.count("reads", "scale-1", 4)
    monkeypatch.setattr("edge.telemetry.sampler.BULK_FACTS_MAX", 0)
    assert not await box.sampler.sample()
    monkeypatch.undo()
    box.figures.count("reads", "scale-1")
    later = await box.sample()
    assert (later["scale-1", "reads"], later["", "samples_dropped"]) == (5, 1)
    assert not await box.sampler.sample(), "the clock stands still: a sample of the same instant is none"


async def test_measurements_never_hold_up_what_a_person_sees(box: Box) -> None:
    await box.sample()
    assert journal.oldest_unacked_at_ms(box.counter.store.reader()) is None


async def test_prometheus_reads_the_box(box: Box) -> None:
    await box.counter.open()
    await box.counter.refused(Login(staff_id=ANN, pin="0000"))
    box.board.take(DeviceStateEvent(device_id="printer-1", device_kind="printer", state=DeviceState.READY))
    shown = LabelShown(
        label_id="l", item_id="i", price_revision=1, price_minor=1, evidence=EvidenceLevel.TRANSFERRED, sent_at_ms=0,
        confirmed_at_ms=1_200,
    )  # fmt: skip
    await box.counter.store.write(lambda tx: box.counter.desk.journal.append(tx, shown))
    life = Life(events=3, hangs=1, read_bytes=512, last_error="the cable is out", last_error_at_ms=4_500)
    box.figures.lives = lambda: {"printer-1": life}
    found = box.metrics()
    printer = (("device", "printer-1"),)
    assert found["tallystick_device_events_total"][printer] == 3
    assert found["tallystick_device_hangs_total"][printer] == 1
    assert found["tallystick_device_read_bytes_total"][printer] == 512
    assert found["tallystick_device_last_error_seconds"][printer] == 4.5
    assert found["tallystick_device_since_seconds"][printer] > 0
    ready = (("device", "printer-1"), ("device_kind", "printer"), ("state", "ready"))
    assert found["tallystick_device_state"][ready] == 1
    assert sum(found["tallystick_device_state"].values()) == 2, "each device is in one state"
    assert found["tallystick_journal_last_seq"][(("stream", "txn"),)] == 2
    assert found["tallystick_till_commands_total"][(("command", "Login"), ("outcome", "refused"))] == 1
    assert found["tallystick_till_command_seconds_count"][()] == 3
    assert found["tallystick_label_confirm_seconds_bucket"][(("le", "2.5"),)] == 1
    assert found["tallystick_label_confirm_seconds_bucket"][(("le", "1.0"),)] == 0
    assert found["tallystick_store_database_up"][()] == 1
    labels = {name for samples in found.values() for each in samples for name, _ in each}
    allowed = {"device", "device_kind", "state", "stream", "feed", "command", "outcome", "quality", "le"}
    assert labels <= allowed, "no person, receipt or price is a label"


def test_a_sample_is_bounded_and_says_what_it_left_out() -> None:
    gauges = {(f"d{number:04d}", "down"): 1.0 for number in range(SERIES_MAX + 7)}
    fact = measured_of(5, {**gauges, ("x", "load"): float("nan")}, {("y" * 99, "reads"): 2})
    assert problem_of(fact) == ""
    assert len(fact.series) == SERIES_MAX
    assert Series("", "series_left_out", (9.0,)) in fact.series
    figures = Figures()
    for number in range(NAMES_MAX + 5):
        figures.count("reads", str(number))
    assert (len(figures.counts), figures.left_out) == (NAMES_MAX, 5)


@pytest.mark.parametrize(
    ("fact", "field"),
    [
        (Measured(at_ms=(), series=()), "at_ms"),
        (Measured(at_ms=tuple(range(INSTANTS_MAX + 1)), series=()), "at_ms"),
        (Measured(at_ms=(2, 2), series=()), "ascending"),
        (Measured(at_ms=(1,), series=(Series("", "", (1.0,)),)), "names"),
        (Measured(at_ms=(1,), series=(Series("d" * (NAME_LENGTH_MAX + 1), "reads", (1.0,)),)), "names"),
        (Measured(at_ms=(1,), series=(Series("", "load", (1.0,)), Series("", "load", (2.0,)))), "twice"),
        (Measured(at_ms=(1,), series=(Series("", "load", (float("inf"),)),)), "finite"),
        (Measured(at_ms=(1,), series=tuple(Series("", f"m{n}", (1.0,)) for n in range(SERIES_MAX + 1))), "series"),
    ],
)
def test_a_fact_out_of_bounds_is_refused_by_name(fact: Measured, field: str) -> None:
    assert field in problem_of(fact)


def test_45_days_late_is_in_time_and_a_wrong_year_is_not() -> None:
    now_ms, day_ms = 1_790_000_000_000, 86_400_000
    assert in_time(now_ms - 45 * day_ms, now_ms)
    assert in_time(now_ms + 3_600_000, now_ms)
    assert not in_time(now_ms - 47 * day_ms, now_ms)
    assert not in_time(now_ms + 2 * day_ms, now_ms)


def test_a_machine_tells_what_it_can(tmp_path: Path) -> None:
    files = {"/proc/meminfo": "MemTotal: 9 kB\nMemAvailable:  2000 kB\n", "/proc/loadavg": "0.52 0.1 0.1 1/2 3"}

    def read(path: str) -> str:
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    found = machine(tmp_path, read=read)
    assert (found["memory_free_mb"], found["load"]) == (2.05, 0.52)
    assert set(found) == {"disk_free_mb", "memory_free_mb", "load"}, "no sensor, no number"


def test_times_fall_into_their_buckets() -> None:
    timing = Timing()
    for milliseconds in (0, 1, 2, 3, 700_000):
        timing.add(milliseconds)
    assert (timing.count, timing.total_ms, timing.buckets[:3], timing.buckets[-1]) == (5, 700_006, [2, 1, 1], 1)
    assert (timing.take_worst(), timing.take_worst()) == (700_000, 0)


async def test_how_long_shelf_and_till_disagree_is_told_of_the_box_and_of_the_worst_items(box: Box) -> None:
    told = ShelfFigures(2, 90_500, (("milk", 61_000), ("bread", 29_500)), (LaneFigures("labels-1", 7, 3, 70_000),))
    box.figures.shelf = lambda: told
    first = await box.sample()
    assert (first["", "labels_mismatched"], first["", "label_mismatch_s"]) == (2, 90)
    assert (first["item:milk", "label_mismatch_s"], first["item:bread", "label_mismatch_s"]) == (61, 29)
    box.figures.shelf = lambda: ShelfFigures(1, 120_500, (("milk", 91_000), ("bread", 29_500)), told.lanes)
    second = await box.sample()
    assert (second["", "label_mismatch_s"], second["item:milk", "label_mismatch_s"]) == (30, 30)
    assert ("item:bread", "label_mismatch_s") not in second
    metrics = box.metrics()
    assert metrics["tallystick_label_mismatch_seconds_total"] == {(): 120.5}
    assert metrics["tallystick_label_mismatch_item_seconds"][(("item", "milk"),)] == 91
    assert metrics["tallystick_label_lane_waiting"][(("device", "labels-1"), ("stage", "queued"))] == 7
    assert metrics["tallystick_label_lane_eta_seconds"] == {(("device", "labels-1"),): 70}
