"""Once a minute the box measures itself: one compact fact on the bulk stream, behind sales and operations.

Policy: at most `SERIES_MAX` series a sample (the rest is left out and counted); while `BULK_FACTS_MAX` facts wait for
headquarters, new samples are dropped and counted, so a box that is away for longer than it can keep loses the newest
measurements and nothing else. A full disk drops the sample.
"""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from edge.figures import Figures
from edge.store_db.database import Database
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.journal import Journal
from edge.telemetry.gauges import StoreCounts, machine, read_store
from protocols.clock import Clock
from protocols.contract.telemetry import BOX, METRICS, NAME_LENGTH_MAX, SERIES_MAX, Kind, Measured, Series
from protocols.contract.till import DeviceView
from protocols.contract.values import Stream
from protocols.device_events import DeviceState

log = structlog.get_logger("tallystick.edge.telemetry")

BULK_FACTS_MAX = 46 * 24 * 60
"""46 days of samples, one a minute."""

MISMATCH = "label_mismatch_s"
ITEM = "item:"
"""Before the item id where a series belongs to an item and not to a device."""

Gauges = Mapping[tuple[str, str], float]
"""Values by (device id, metric)."""


@dataclass(frozen=True, slots=True)
class Live:
    """What the running box knows without its database; asked anew for each sample."""

    devices: Callable[[], Iterable[DeviceView]]
    hq_online: Callable[[], bool]
    events_waiting: Callable[[], int]


class Sampler:
    """Takes samples and journals them."""

    def __init__(
        self,
        store: Database,
        journal: Journal | None,
        figures: Figures,
        clock: Clock,
        live: Live,
        *,
        every_seconds: float,
        copy: Callable[[Measured], None] = lambda _fact: None,
    ) -> None:
        """`journal` None: a box that stands alone keeps no samples; they go to `copy` (which hears of journalled ones)."""
        self._store = store
        self._journal = journal
        self._figures = figures
        self._clock = clock
        self._live = live
        self._copy = copy
        self._every_seconds = every_seconds
        self._told: dict[tuple[str, str], int] = {}
        self._timed: dict[str, tuple[int, int]] = {}
        self._last_at_ms = 0
        self.dropped = 0

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(self._every_seconds)
            await self.sample()

    async def sample(self) -> bool:
        """Measure and journal now. False when the sample was dropped."""
        now_ms = self._clock.now_ms()
        try:
            counts, found = await asyncio.to_thread(self._look, now_ms)
            if counts.waiting[Stream.BULK] >= BULK_FACTS_MAX or now_ms <= self._last_at_ms:
                return self._drop("too many samples wait, or the clock went back")
            gauges = {(BOX, metric): value for metric, value in found.items()}
            gauges |= self._gauges_now(counts, now_ms)
            added, marks = self._added()
            fact = measured_of(now_ms, gauges, added)
            await self._keep(fact)
        except (StoreFull, StoreBusy, sqlite3.Error, OSError) as error:
            return self._drop(str(error))
        self._told, self._timed = marks
        self._last_at_ms = now_ms
        return True

    async def _keep(self, fact: Measured) -> None:
        journal = self._journal
        if journal is None:
            self._copy(fact)
        else:
            await self._store.write(lambda tx: journal.append(tx, fact))

    def _look(self, now_ms: int) -> tuple[StoreCounts, dict[str, float]]:
        """Beside the event loop: files and the store database."""
        return read_store(self._store.reader(), now_ms), machine(Path(self._store.path).parent)

    def _drop(self, why: str) -> bool:
        self.dropped += 1
        self._figures.count("samples_dropped")
        log.warning("a sample of telemetry was dropped", reason=why)
        return False

    def _gauges_now(self, counts: StoreCounts, now_ms: int) -> dict[tuple[str, str], float]:
        labels, oldest_ms = counts.labels, counts.oldest_waiting_ms
        found: dict[tuple[str, str], float] = {
            (BOX, "labels_bound"): labels.bound,
            (BOX, "labels_pending"): labels.pending,
            (BOX, "labels_unshown"): labels.unshown,
            (BOX, "prints_waiting"): counts.prints.get("queued", 0) + counts.prints.get("sent", 0),
            (BOX, "facts_waiting"): counts.waiting[Stream.TXN] + counts.waiting[Stream.OPS],
            (BOX, "oldest_fact_s"): 0 if oldest_ms is None else max(0, now_ms - oldest_ms) // 1000,
            (BOX, "events_waiting"): self._live.events_waiting(),
            (BOX, "writes_waiting"): self._store.writes_waiting,
            (BOX, "hq_online"): int(self._live.hq_online()),
        }
        if self._figures.shelf is not None:
            found[BOX, "labels_mismatched"] = self._figures.shelf().labels_mismatched
        for view in self._live.devices():
            down = view.state in {DeviceState.RETRYING.value, DeviceState.FAILED.value, DeviceState.STOPPED.value}
            found[view.device_id, "down"] = int(down)
        found |= self._figures.gauges
        for metric, timing in self._figures.timings.items():
            count, total_ms = self._timed.get(metric, (0, 0))
            if timing.count > count:
                found[BOX, metric] = round((timing.total_ms - total_ms) / (timing.count - count), 1)
                found[BOX, metric.replace("_ms", "_worst_ms")] = timing.take_worst()
        return found

    def _added(self) -> tuple[dict[tuple[str, str], int], tuple[dict[tuple[str, str], int], dict[str, tuple[int, int]]]]:
        """What was counted since the last sample that was kept, and the marks to keep once this one is."""
        now = {name: count for name, count in self._figures.counts.items() if METRICS.get(name[1]) is Kind.COUNTER}
        if self._figures.shelf is not None:
            shelf = self._figures.shelf()
            now[BOX, MISMATCH] = shelf.mismatch_ms // 1000
            now |= {(f"{ITEM}{item_id}", MISMATCH): ms // 1000 for item_id, ms in shelf.worst_items_ms}
        added = {name: count - self._told.get(name, 0) for name, count in now.items()}
        timed = {metric: (timing.count, timing.total_ms) for metric, timing in self._figures.timings.items()}
        return {name: count for name, count in added.items() if count}, (now, timed)


def measured_of(at_ms: int, gauges: Gauges, added: Mapping[tuple[str, str], int]) -> Measured:
    """One instant as a fact: names cut to their limit, numbers that are none left out, at most `SERIES_MAX` series."""
    values = {name: float(value) for name, value in (*gauges.items(), *added.items()) if math.isfinite(value)}
    cut = {(device_id[:NAME_LENGTH_MAX], metric[:NAME_LENGTH_MAX]): value for (device_id, metric), value in values.items()}
    names = sorted(cut)
    if len(names) > SERIES_MAX:
        cut[BOX, "series_left_out"] = float(len(names) - SERIES_MAX + 1)
        names = sorted([*names[: SERIES_MAX - 1], (BOX, "series_left_out")])
    return Measured(at_ms=(at_ms,), series=tuple(Series(*name, (cut[name],)) for name in names))
