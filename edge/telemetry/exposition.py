"""The box as Prometheus reads it: one registry of its own, filled at each scrape from what the box knows anyway.

Labels are device ids, streams, feeds, states and kinds of commands: all from settings or from the code, and the few items
whose shelf disagrees longest with the till. Nothing of a person, a receipt or a price. Policy: at most `DEVICES_MAX`
devices, `FEEDS_MAX` feeds and `edge.labels.service.WORST_ITEMS` items are told one by one.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from edge.figures import BOUNDS_MS, LIFE_METRICS, Figures, ShelfFigures
from edge.store_db import journal
from edge.store_db.database import Database
from edge.surroundings import DeviceBoard, HqLink
from edge.telemetry.gauges import StoreCounts, read_store
from protocols.clock import Clock
from protocols.contract.values import ClockQuality, Stream
from protocols.device_events import DeviceState

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
DEVICES_MAX = 500
FEEDS_MAX = 64
COMMAND = "till_commands/"


class BoxExposition:
    """Gives the text of a scrape."""

    def __init__(self, store: Database, figures: Figures, clock: Clock, devices: DeviceBoard, hq: HqLink) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_BoxCollector(store, figures, clock, devices, hq))

    def text(self) -> bytes:
        """Everything, in the text format 0.0.4."""
        return generate_latest(self._registry)


class _BoxCollector(Collector):
    def __init__(self, store: Database, figures: Figures, clock: Clock, devices: DeviceBoard, hq: HqLink) -> None:
        self._store = store
        self._figures = figures
        self._clock = clock
        self._devices = devices
        self._hq = hq

    def describe(self) -> Iterable[Metric]:
        """Nothing is known before a scrape."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Everything at this instant."""
        yield from self._database()
        yield from self._devices_now()
        yield from self._counted()
        if self._figures.shelf is not None:
            yield from _disagreement(self._figures.shelf())
        yield _gauge(
            "tallystick_hq_connected", "Headquarters has welcomed the box on the present line", int(self._hq.online)
        )
        free = shutil.disk_usage(self._store.path.parent).free
        yield _gauge("tallystick_disk_free_bytes", "Room left where the databases live", free)
        yield _gauge("tallystick_writes_waiting", "Transactions in the writer's queue", self._store.writes_waiting)
        quality = _labelled("tallystick_clock_quality", "1 at how far the clock can be trusted", ["quality"])
        for each in ClockQuality:
            quality.add_metric([each.value], int(self._clock.quality() is each))
        yield quality

    def _database(self) -> Iterator[Metric]:
        source = self._store.reader()
        try:
            counts = read_store(source, self._clock.now_ms())
            incarnation = journal.identity(source).incarnation
            heads = {stream: journal.stream_head(source, incarnation, stream) for stream in Stream}
            feeds = journal.feeds(source)
        except sqlite3.Error:
            yield _gauge("tallystick_store_database_up", "The store database can be read", 0)
            return
        yield _gauge("tallystick_store_database_up", "The store database can be read", 1)
        yield _gauge("tallystick_incarnation", "The box's incarnation", incarnation)
        for name, words in (
            ("last_seq", "Newest fact of the stream"),
            ("acked_upto", "Newest fact headquarters has acknowledged"),
            ("durable_upto", "Newest fact headquarters holds durably"),
        ):
            family = _labelled(f"tallystick_journal_{name}", words, ["stream"])
            for stream, head in heads.items():
                family.add_metric([stream.value], getattr(head, name))
            yield family
        oldest_ms = counts.oldest_waiting_ms
        age = 0.0 if oldest_ms is None else max(0, self._clock.now_ms() - oldest_ms) / 1000
        yield _gauge("tallystick_journal_backlog_age_seconds", "Age of the oldest fact headquarters does not hold", age)
        versions = _labelled("tallystick_feed_version", "Version of a feed that is applied", ["feed"])
        for feed in feeds[:FEEDS_MAX]:
            versions.add_metric([feed.feed_id], feed.version)
        yield versions
        yield from _shelf(counts)

    def _devices_now(self) -> Iterator[Metric]:
        states = _labelled("tallystick_device_state", "1 at the state the device is in", ["device", "device_kind", "state"])
        for view in tuple(self._devices.views())[:DEVICES_MAX]:
            for state in DeviceState:
                states.add_metric([view.device_id, view.device_kind, state.value], int(view.state == state.value))
        yield states
        since = _labelled("tallystick_device_since_seconds", "Unix time since when it is in this state", ["device"])
        failed = _labelled("tallystick_device_last_error_seconds", "Unix time of its last error", ["device"])
        for view in tuple(self._devices.views())[:DEVICES_MAX]:
            since.add_metric([view.device_id], view.since_ms / 1000)
        for device_id, life in tuple(self._figures.lives().items())[:DEVICES_MAX]:
            if life.last_error_at_ms:
                failed.add_metric([device_id], life.last_error_at_ms / 1000)
        yield since
        yield failed
        counted = {
            metric: CounterMetricFamily(f"tallystick_device_{metric}", f"{metric} of a device", labels=["device"])
            for metric in (
                *("reads", "errors", "reconnects", "tag_reads", "decode_errors", "buffer_warnings"),
                *LIFE_METRICS,
            )
        }
        for (device_id, metric), count in sorted(self._figures.counts.items()):
            if device_id and metric in counted:
                counted[metric].add_metric([device_id], count)
        yield from counted.values()
        gauges: dict[str, GaugeMetricFamily] = {}
        for (device_id, metric), value in sorted(self._figures.gauges.items()):
            name = f"tallystick_device_{metric}"
            gauges.setdefault(metric, _labelled(name, f"{metric} of a device", ["device"])).add_metric([device_id], value)
        yield from gauges.values()

    def _counted(self) -> Iterator[Metric]:
        counts = self._figures.counts
        for metric, words in (("sales", "Sales closed"), ("samples_dropped", "Samples of telemetry dropped")):
            yield CounterMetricFamily(
                f"tallystick_{metric}", f"{words} since the box began", value=counts.get(("", metric), 0)
            )
        commands = CounterMetricFamily("tallystick_till_commands", "Commands of tills", labels=["command", "outcome"])
        for (_, metric), count in sorted(counts.items()):
            if metric.startswith(COMMAND):
                commands.add_metric(metric.removeprefix(COMMAND).split("/"), count)
        yield commands
        for metric, words in (
            ("till_command_ms", "From a till's command to its answer"),
            ("label_confirm_ms", "From an image sent to its confirmation"),
        ):
            yield self._histogram(metric, words)

    def _histogram(self, metric: str, words: str) -> HistogramMetricFamily:
        timing = self._figures.timings.get(metric)
        buckets: list[tuple[str, float]] = []
        seen = 0
        for bound, count in zip((*BOUNDS_MS, None), timing.buckets if timing else [0] * (len(BOUNDS_MS) + 1), strict=True):
            seen += count
            buckets.append(("+Inf" if bound is None else str(bound / 1000), seen))
        name = f"tallystick_{metric.removesuffix('_ms')}_seconds"
        return HistogramMetricFamily(name, words, buckets=buckets, sum_value=(timing.total_ms if timing else 0) / 1000)


def _shelf(counts: StoreCounts) -> Iterator[Metric]:
    labels = _labelled("tallystick_labels", "Bound labels, by whether they show what they should", ["state"])
    pending = counts.labels.pending - counts.labels.unshown
    for state, count in (
        ("shown", counts.labels.bound - counts.labels.pending),
        ("pending", pending),
        ("unshown", counts.labels.unshown),
    ):
        labels.add_metric([state], count)
    yield labels
    prints = _labelled("tallystick_print_jobs", "Print jobs that are not printed yet, by state", ["state"])
    for state, count in sorted(counts.prints.items()):
        prints.add_metric([state], count)
    yield prints


def _disagreement(shelf: ShelfFigures) -> Iterator[Metric]:
    words = "Label-seconds during which a label may have shown another price than the one in force"
    yield CounterMetricFamily("tallystick_label_mismatch_seconds", words, value=shelf.mismatch_ms / 1000)
    yield _gauge("tallystick_labels_mismatched", "Labels that may show another price now", shelf.labels_mismatched)
    items = _labelled("tallystick_label_mismatch_item_seconds", f"{words}, of the items with the most", ["item"])
    for item_id, ms in shelf.worst_items_ms:
        items.add_metric([item_id], ms / 1000)
    yield items
    waiting = _labelled("tallystick_label_lane_waiting", "Labels an access point still has to serve", ["device", "stage"])
    eta = _labelled("tallystick_label_lane_eta_seconds", "When an access point will have served them", ["device"])
    for lane in shelf.lanes[:DEVICES_MAX]:
        waiting.add_metric([lane.access_point, "queued"], lane.waiting)
        waiting.add_metric([lane.access_point, "handed_over"], lane.in_flight)
        eta.add_metric([lane.access_point], lane.eta_ms / 1000)
    yield waiting
    yield eta


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def _labelled(name: str, words: str, labels: list[str]) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, labels=labels)
