"""People who came and went, from the sums of counters.

What passed since the look before is a fact of the bulk stream, made in the same transaction that remembers the sums: so a
restart, of the box or of the counter, neither loses nor doubles anybody.
"""

from __future__ import annotations

import asyncio

import structlog

from edge.sensors import store as rows
from edge.store_db.database import StoreFile, Tx
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.journal import Journal
from protocols.clock import Clock
from protocols.contract.telemetry import Measured, Series
from protocols.device_events import PeopleTotals
from protocols.sensors.people_counter import Counted, Mark, count

log = structlog.get_logger("tallystick.edge.sensors")

WAITING_MAX = 200
"""Sums not looked at yet. Policy when reached: the newest are dropped; the next ones hold everybody they held."""


class Footfall:
    """Every people counter of the store."""

    def __init__(self, store: StoreFile, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._waiting: asyncio.Queue[tuple[PeopleTotals, int]] = asyncio.Queue(WAITING_MAX)

    def take(self, event: PeopleTotals) -> None:
        """A counter told its sums. Called on the event loop; returns at once."""
        if not self._waiting.full():
            self._waiting.put_nowait((event, self._clock.now_ms()))

    async def run(self) -> None:
        """For ever."""
        while True:
            event, at_ms = await self._waiting.get()
            try:
                await self.note(event, at_ms)
            except (StoreFull, StoreBusy) as error:
                log.warning("people could not be counted; the next sums hold them", error=str(error))

    async def note(self, event: PeopleTotals, at_ms: int) -> Counted:
        """Count what passed. Raises `StoreDbError`."""
        now = Mark(event.people_in, event.people_out, event.timestamp, at_ms)
        counted = await self._store.write(lambda tx: _note(tx, self._journal, event.sensor_id, now))
        if counted.note == "too_many":
            log.warning("a people counter jumped; nobody was counted", sensor=event.sensor_id)
        return counted


def _note(tx: Tx, journal: Journal, sensor_id: str, now: Mark) -> Counted:
    counted = count(rows.mark(tx, sensor_id), now)
    rows.put_mark(tx, sensor_id, now)
    if counted.people_in or counted.people_out:
        series = (
            Series(sensor_id, "people_in", (float(counted.people_in),)),
            Series(sensor_id, "people_out", (float(counted.people_out),)),
        )
        journal.append(tx, Measured(at_ms=(now.at_ms,), series=series))
    return counted
