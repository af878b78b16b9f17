"""Everything in the store that listens to tags, but the doors: gates, rooms, shelves, pads, the floor. One beat for all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from edge.rfid.fitting_service import FittingService
from edge.rfid.floor_service import FloorService
from edge.rfid.gate_service import GateService
from edge.rfid.heard import Finder
from edge.rfid.pads import Pads
from edge.rfid.shelf_service import ShelfService
from edge.store_db.errors import StoreBusy, StoreFull
from protocols.clock import Clock
from protocols.contract.facts import FactBody
from protocols.device_events import TagsRead

log = structlog.get_logger("tallystick.edge.rfid")

BEAT_SECONDS = 0.1
"""An alarm is due half a second after a pass; judging waits 0.3 s of it."""
RETRY_SECONDS = 1.0
"""After a disk that took nothing."""


@dataclass(slots=True)
class TagHall:
    """The parts; None: the store has none of the kind."""

    clock: Clock
    floor: FloorService
    gates: GateService
    pads: Pads
    fitting: FittingService | None = None
    shelves: ShelfService | None = None
    finder: Finder = field(default_factory=Finder)

    def take(self, event: TagsRead) -> None:
        """A reader reported tags. Called on the event loop; returns at once."""
        self.gates.take(event)
        self.pads.take(event)
        self.floor.take(event)
        self.finder.take(event.device_id, event.reads)
        if self.fitting is not None:
            self.fitting.take(event)
        if self.shelves is not None:
            self.shelves.take(event)

    def journalled(self, facts: Sequence[FactBody]) -> None:
        """Something happened in the store: a sale may cover an alarm, or end a visit to a room."""
        self.gates.journalled(facts)
        if self.fitting is not None:
            self.fitting.journalled(facts)

    async def step(self) -> None:
        """One beat. Raises `StoreDbError`; nothing is lost by it."""
        self.pads.step()
        self.finder.step(self.clock.monotonic_ms())
        await self.gates.step()
        await self.floor.step()
        if self.fitting is not None:
            await self.fitting.step()
        if self.shelves is not None:
            self.shelves.step()

    def start(self) -> None:
        """Pick up what was when the box ended. Once, before the first read."""
        self.floor.start()
        if self.fitting is not None:
            self.fitting.start()

    async def run(self) -> None:
        """For ever."""
        await self.gates.start()
        while True:
            try:
                await self.step()
            except (StoreFull, StoreBusy) as error:
                log.warning("what tags did waits for the disk", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            await asyncio.sleep(BEAT_SECONDS)
