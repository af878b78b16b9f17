"""Measurements copied to a sink beside headquarters (`edge.telemetry.influx`). Nobody waits for it.

Policy: at most `queue_points` values wait while the sink is away; then the oldest are dropped and counted
(`sink_dropped`). One thread at a time talks to the sink, with a time-out; what it sent is `sink_sent`. The token is read
from its file at the start and is in no log: errors are told by their kind alone, and once per outage.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from edge.figures import Figures
from protocols.contract.telemetry import Measured

log = structlog.get_logger("tallystick.edge.telemetry")

BATCH_POINTS = 1_000
RETRY_FIRST_SECONDS = 1.0
RETRY_CAP_SECONDS = 60.0
REFUSED_FOR_GOOD = frozenset({400, 413, 422})
"""The sink took offence at the values themselves: they are dropped, or nothing would ever be sent again."""


class SinkAway(Exception):
    """The sink did not take the values. `status` 0: it could not be reached."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(what)
        self.status = status


@dataclass(frozen=True, slots=True)
class Value:
    """One value: whose, what, how much, when."""

    device_id: str
    metric: str
    value: float
    at_ms: int


class Sink(Protocol):
    """Takes values; called in a thread of its own."""

    def write(self, values: Sequence[Value]) -> None:
        """All of them or none. Raises `SinkAway`."""

    def close(self) -> None:
        """Let go of it."""


class SinkQueue:
    """What waits for the sink. `put` never blocks; `run` carries it."""

    def __init__(self, make: Callable[[], Sink], figures: Figures, *, points_max: int) -> None:
        self._make = make
        self._figures = figures
        self._waiting: deque[Value] = deque()
        self._points_max = points_max
        self._wake = asyncio.Event()
        self._away = False

    @property
    def waiting(self) -> int:
        """How many values wait."""
        return len(self._waiting)

    def take(self, fact: Measured) -> None:
        """Everything a fact holds."""
        for number, at_ms in enumerate(fact.at_ms):
            named = {(each.device_id, each.metric): each.values[number] for each in fact.series}
            self.put(at_ms, {name: value for name, value in named.items() if value is not None})

    def put(self, at_ms: int, values: Mapping[tuple[str, str], float]) -> None:
        """Values of one instant, by (device id, metric). Numbers that are none are left out."""
        for (device_id, metric), value in values.items():
            if math.isfinite(value):
                self._waiting.append(Value(device_id, metric, float(value), at_ms))
        self._shed()
        self._wake.set()

    async def run(self) -> None:
        """For ever."""
        sink = await asyncio.to_thread(self._make)
        wait_seconds = RETRY_FIRST_SECONDS
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    if await self._carry(sink):
                        wait_seconds = RETRY_FIRST_SECONDS
                        continue
                    await asyncio.sleep(wait_seconds)
                    wait_seconds = min(wait_seconds * 2, RETRY_CAP_SECONDS)
        finally:
            sink.close()

    async def _carry(self, sink: Sink) -> bool:
        """One batch. True: go on at once."""
        batch = [self._waiting.popleft() for _ in range(min(BATCH_POINTS, len(self._waiting)))]
        try:
            await asyncio.to_thread(sink.write, batch)
        except SinkAway as away:
            if away.status in REFUSED_FOR_GOOD:
                self._figures.count("sink_dropped", amount=len(batch))
                log.warning("the sink refused values; they are dropped", reason=str(away), values=len(batch))
                return True
            self._waiting.extendleft(reversed(batch))
            self._shed()
            if not self._away:
                self._away = True
                log.warning("the sink of measurements is away; values wait for it", reason=str(away))
            return False
        if self._away:
            self._away = False
            log.info("the sink of measurements is back")
        self._figures.count("sink_sent", amount=len(batch))
        return True

    def _shed(self) -> None:
        """The oldest go first."""
        over = len(self._waiting) - self._points_max
        for _ in range(over):
            self._waiting.popleft()
        if over > 0:
            self._figures.count("sink_dropped", amount=over)
