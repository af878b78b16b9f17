"""Why a store needs somebody, in words of both languages, the worst first; and what a plot shows of a series."""

import pytest
from msgspec import structs

from cloud.console.glance_answers import GlanceRow, Point, SeriesAnswer, SeriesName
from cloud.console.glance_words import CERTIFICATE_SOON_MS, OLD_FACT_MS, reasons
from cloud.console.plots import health_bar, line_plot, sparkline
from cloud.glance import domain
from cloud.locale.catalogue import words_of
from protocols.contract.telemetry import METRICS

NOW = 1_790_000_000_000
FINE = GlanceRow(
    store_id="S001", name="Fine", zone="north", level="fine", score=0, online=True, heard_at_ms=NOW - 1_000,
    offline_since_ms=None, oldest_waiting_ms=None, feeds_behind=0, feeds_failed=0, devices=3, devices_down=0,
    devices_degraded=0, device_names=(), labels_unshown=0, alarms=(), box_alarms=(), clone_suspected=False,
    clock="synced", clock_ahead_ms=0, certificate_expires_ms=NOW + 400 * 86_400_000, software="1",
)  # fmt: skip
WORST = structs.replace(
    FINE, clone_suspected=True, offline_since_ms=NOW - 7_200_000, certificate_expires_ms=NOW - 1, alarms=("facts_lost",),
    box_alarms=("disk_low",), oldest_waiting_ms=OLD_FACT_MS, devices_down=4, device_names=("p-1", "p-2", "p-3", "p-4"),
    labels_unshown=1, devices_degraded=1, clock="unsynced", feeds_behind=2,
)  # fmt: skip


def test_everything_that_is_wrong_is_said_the_worst_first() -> None:
    assert reasons(WORST, words_of("en"), NOW) == [
        ("two boxes claim to be this store", "bad"),
        ("offline for 2 h 0 min", "bad"),
        ("its certificate has ended", "bad"),
        ("records were lost", "bad"),
        ("the disk is nearly full", "bad"),
        ("facts wait for 5 min", "warn"),
        ("4 devices down: p-1, p-2, p-3 …", "bad"),
        ("1 label does not show its price", "warn"),
        ("1 device needs attention", "warn"),
        ("its clock is wrong", "warn"),
        ("2 versions behind", "warn"),
    ]
    chinese = [sentence for sentence, _ in reasons(WORST, words_of("zh"), NOW)]
    assert chinese[6] == "4 台设备故障：p-1, p-2, p-3 …"
    assert all(ord(sentence[-1]) > 127 or not sentence.isascii() for sentence in chinese)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (FINE, [("all is well", "good")]),
        (
            structs.replace(FINE, online=False, silent=True, offline_since_ms=NOW - 660_000),
            [("silent for 11 min", "bad")],
        ),
        (structs.replace(FINE, heard_at_ms=0, online=False, feeds_behind=9), [("never seen", "plain")]),
        (structs.replace(FINE, oldest_waiting_ms=OLD_FACT_MS - 1), [("all is well", "good")]),
        (
            structs.replace(FINE, certificate_expires_ms=NOW + CERTIFICATE_SOON_MS),
            [("its certificate ends in 30 days", "warn")],
        ),
        (
            structs.replace(FINE, devices_degraded=1, device_names=("scale-1",)),
            [("1 device needs attention: scale-1", "warn")],
        ),
        (
            structs.replace(FINE, feeds_behind=1, feeds_failed=1),
            [("news from headquarters cannot be applied", "warn")],
        ),
    ],
)
def test_one_thing_at_a_time(row: GlanceRow, why: list[tuple[str, str]]) -> None:
    assert reasons(row, words_of("en"), NOW) == why


def test_words_and_database_draw_the_same_lines() -> None:
    limits = (domain.OLD_FACT_MS, domain.CERTIFICATE_SOON_MS, domain.CLOCK_OFF_MS)
    assert limits == (OLD_FACT_MS, CERTIFICATE_SOON_MS, 120_000)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_metric_and_state_has_words(language: str) -> None:
    words = words_of(language)
    for metric in METRICS:
        assert ("metric", metric) in words._plain
    for state in ("failed", "retrying", "degraded", "stopped", "starting", "ready"):
        assert ("device_state", state) in words._plain


def test_an_outage_is_a_gap_in_the_line_and_not_a_slope() -> None:
    points = tuple(Point(at_ms=at, n=2, low=1.0, high=3.0, total=4.0) for at in (0, 100, 500))
    gauge = SeriesAnswer(name=SeriesName(device_id="", metric="load", kind="gauge"), step_ms=100, points=points)
    low, spread, middle = (line["data"] for line in line_plot(gauge, name="load", range_name="range")["series"])  # type: ignore[attr-defined]
    assert middle == [[0, 2.0], [100, 2.0], [200, None], [500, 2.0]]
    assert (low[0], spread[0]) == ([0, 1.0], [0, 2.0])
    counter = structs.replace(gauge, name=structs.replace(gauge.name, kind="counter"))
    (bars,) = line_plot(counter, name="sales", range_name="")["series"]  # type: ignore[misc]
    assert bars["data"] == [[0, 4.0], [100, 4.0], [500, 4.0]]


def test_small_plots_hold_what_they_are_given() -> None:
    assert sparkline([0] * 23 + [5], "5 sales").count("<rect") == 1
    assert sparkline([], "none").count("<rect") == 0
    bar = health_bar([("bad", "b", 2), ("attention", "a", 0), ("fine", "f", 8)])
    assert [row["data"] for row in bar["series"]] == [[2], [8]]  # type: ignore[attr-defined]
