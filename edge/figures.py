"""What the running box has counted and timed since it began: one small tally that metrics and telemetry both read.

Used on the event loop only. Bounded: beyond `NAMES_MAX` names a new one is not kept, and `left_out` says how often.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from firmware_bridges.life import Life
from protocols.contract.facts import FactBody, LabelShown
from protocols.contract.till_facts import SaleClosed
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent, ReaderHealth, WeightRead, WeightState

NAMES_MAX = 2_000
BOUNDS_MS = (1, 2, 5, 10, 20, 50, 100, 250, 500, 1_000, 2_500, 10_000, 60_000, 600_000)
"""Upper bounds of the timing buckets; one more takes what is longer."""

LIFE_METRICS = ("events", "hangs", "abandoned", "read_bytes", "written_bytes")
"""What is read from a device's life; its errors and reconnects are counted here, with those it tells of itself."""

Name = tuple[str, str]
"""(device id or "" for the box, metric)."""
_GONE = {DeviceState.RETRYING, DeviceState.FAILED, DeviceState.STOPPED}
_TROUBLE = {DeviceState.FAILED: "errors", DeviceState.DEGRADED: "errors", DeviceState.RETRYING: "reconnects"}


@dataclass(slots=True)
class Timing:
    """How long something took, each time."""

    count: int = 0
    total_ms: int = 0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_MS) + 1))
    worst_ms: int = 0
    """Since `take_worst` was asked last."""

    def add(self, milliseconds: int) -> None:
        """One more."""
        self.count += 1
        self.total_ms += milliseconds
        self.buckets[bisect_left(BOUNDS_MS, milliseconds)] += 1
        self.worst_ms = max(self.worst_ms, milliseconds)

    def take_worst(self) -> int:
        """The longest since the last call."""
        worst, self.worst_ms = self.worst_ms, 0
        return worst


@dataclass(frozen=True, slots=True)
class LaneFigures:
    """What one label access point has to do."""

    access_point: str
    waiting: int
    in_flight: int
    eta_ms: int


@dataclass(frozen=True, slots=True)
class ShelfFigures:
    """Shelf against till at one instant; milliseconds since the box began."""

    labels_mismatched: int
    """Labels that may show another price than the one in force."""
    mismatch_ms: int
    """Label-milliseconds during which one did."""
    worst_items_ms: tuple[tuple[str, int], ...]
    """The items with the most of them."""
    lanes: tuple[LaneFigures, ...]


class Figures:
    """The tally."""

    shelf: Callable[[], ShelfFigures] | None = None
    """Asked at each look; None: a store without labels."""

    lives: Callable[[], Mapping[str, Life]] = staticmethod(lambda: {})
    """Of the supervised devices, asked at each look."""

    def __init__(self) -> None:
        self._counts: dict[Name, int] = {}
        self._timings: dict[str, Timing] = {}
        self._gauges: dict[Name, float] = {}
        self.left_out = 0

    @property
    def counts(self) -> Mapping[Name, int]:
        """Everything counted since the box began."""
        lived = {
            (device_id, metric): int(getattr(life, metric))
            for device_id, life in self.lives().items()
            for metric in LIFE_METRICS
        }
        return self._counts | {name: count for name, count in lived.items() if count}

    @property
    def gauges(self) -> Mapping[Name, float]:
        """What devices told of themselves last."""
        return self._gauges

    @property
    def timings(self) -> Mapping[str, Timing]:
        """Everything timed, by metric (`..._ms`)."""
        return self._timings

    def count(self, metric: str, device_id: str = "", amount: int = 1) -> None:
        """Something happened."""
        name = (device_id, metric)
        if name not in self._counts and len(self._counts) >= NAMES_MAX:
            self.left_out += 1
            return
        self._counts[name] = self._counts.get(name, 0) + amount

    def time(self, metric: str, milliseconds: int) -> None:
        """Something took this long. Metrics are named in the code, so there are few."""
        self._timings.setdefault(metric, Timing()).add(max(0, milliseconds))

    def heard(self, event: DeviceEvent) -> None:
        """A driver said something."""
        match event:
            case DeviceStateEvent():
                if event.state in _TROUBLE:
                    self.count(_TROUBLE[event.state], event.device_id)
                if event.state in _GONE:
                    self._forget(event.device_id)
            case ReaderHealth():
                self._reader(event)
            case WeightRead(state=WeightState.FAULT):
                self.count("errors", event.device_id)
            case _:
                self.count("reads", event.device_id)

    def _reader(self, health: ReaderHealth) -> None:
        device_id = health.device_id
        for metric, amount in (
            ("tag_reads", health.reads),
            ("decode_errors", health.bad),
            ("buffer_warnings", health.buffer_warnings),
        ):
            if amount:
                self.count(metric, device_id, amount)
        told: dict[str, float | None] = {
            "reads_per_s": round(health.reads * 1000 / health.over_ms, 1),
            "unique_per_s": round(health.unique * 1000 / health.over_ms, 1),
            "buffer_percent": health.buffer_percent,
            "antennas_missing": health.antennas_missing,
            "keepalive_age_s": None if health.keepalive_age_ms is None else round(health.keepalive_age_ms / 1000, 1),
            "clock_off_s": None if health.clock_off_ms is None else round(health.clock_off_ms / 1000, 1),
        }
        for metric, value in told.items():
            if value is not None and ((device_id, metric) in self._gauges or len(self._gauges) < NAMES_MAX):
                self._gauges[device_id, metric] = value

    def _forget(self, device_id: str) -> None:
        """A device that is away tells nothing."""
        for name in [name for name in self._gauges if name[0] == device_id]:
            del self._gauges[name]

    def journalled(self, facts: Iterable[FactBody]) -> None:
        """Facts were committed."""
        for fact in facts:
            match fact:
                case SaleClosed():
                    self.count("sales")
                case LabelShown():
                    if fact.confirmed_at_ms == fact.sent_at_ms:
                        continue  # a new revision of what was shown already: nothing was sent
                    self.count("labels_confirmed")
                    self.time("label_confirm_ms", fact.confirmed_at_ms - fact.sent_at_ms)

    def commanded(self, kind: str, milliseconds: int, *, ok: bool) -> None:
        """A till carried out a command, or refused it."""
        self.count("till_commands")
        self.count(f"till_commands/{kind}/{'ok' if ok else 'refused'}")
        if not ok:
            self.count("till_refusals")
        self.time("till_command_ms", milliseconds)


def share(buckets: Sequence[int], quantile: float) -> int | None:
    """The bound below which this share of the times lie; None when there are none."""
    wanted = sum(buckets) * quantile
    seen = 0
    for bound, count in zip((*BOUNDS_MS, BOUNDS_MS[-1]), buckets, strict=True):
        seen += count
        if count and seen >= wanted:
            return bound
    return None
