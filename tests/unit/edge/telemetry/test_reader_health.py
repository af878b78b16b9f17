"""What a reader tells of its health, as headquarters' series and as Prometheus reads it."""

from __future__ import annotations

from edge.figures import Figures
from edge.telemetry.sampler import measured_of
from protocols.contract.telemetry import METRICS, Kind
from protocols.device_events import DeviceState, DeviceStateEvent, ReaderHealth

HEALTH = ReaderHealth(
    device_id="door-1", over_ms=10_000, reads=7_000, unique=420, bad=2, buffer_warnings=1, buffer_percent=90,
    antennas_missing=1, keepalive_age_ms=4_000, clock_off_ms=-3_600_000,
)  # fmt: skip


def test_counts_add_up_and_gauges_are_the_newest() -> None:
    figures = Figures()
    figures.heard(HEALTH)
    figures.heard(HEALTH)
    counts = {metric: figures.counts["door-1", metric] for metric in ("tag_reads", "decode_errors", "buffer_warnings")}
    assert counts == {"tag_reads": 14_000, "decode_errors": 4, "buffer_warnings": 2}
    assert figures.gauges == {
        ("door-1", "reads_per_s"): 700.0,
        ("door-1", "unique_per_s"): 42.0,
        ("door-1", "buffer_percent"): 90,
        ("door-1", "antennas_missing"): 1,
        ("door-1", "keepalive_age_s"): 4.0,
        ("door-1", "clock_off_s"): -3_600.0,
    }
    assert {metric for _, metric in figures.gauges} <= {name for name, kind in METRICS.items() if kind is Kind.GAUGE}
    assert {metric for _, metric in figures.counts} <= {name for name, kind in METRICS.items() if kind is Kind.COUNTER}
    fact = measured_of(1, figures.gauges, figures.counts)
    assert ("door-1", "unique_per_s", (42.0,)) in {(each.device_id, each.metric, each.values) for each in fact.series}


def test_what_is_not_known_is_not_told_and_a_reader_that_is_away_tells_nothing() -> None:
    figures = Figures()
    figures.heard(ReaderHealth(
        device_id="door-1", over_ms=10_000, reads=0, unique=0, bad=0, buffer_warnings=0, buffer_percent=0,
        antennas_missing=0, keepalive_age_ms=None, clock_off_ms=None,
    ))  # fmt: skip
    assert {metric for _, metric in figures.gauges} == {"reads_per_s", "unique_per_s", "buffer_percent", "antennas_missing"}
    assert figures.counts == {}
    figures.heard(DeviceStateEvent(device_id="door-1", device_kind="reader", state=DeviceState.RETRYING))
    assert figures.gauges == {}
