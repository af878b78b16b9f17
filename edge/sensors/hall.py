"""Everything the store makes of its sensors, as one part of the running box."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from edge.sensors.cold_chain import ColdChain
from edge.sensors.footfall import Footfall
from edge.sensors.readings import SensorBoard
from protocols.device_events import Measurement, PeopleTotals, SensorPresence, SensorsRead

SensorEvent = SensorsRead | SensorPresence | PeopleTotals


@dataclass(frozen=True, slots=True)
class SensorHall:
    """The newest values, the cold chain, and people."""

    board: SensorBoard
    cold: ColdChain
    footfall: Footfall

    def take(self, event: SensorEvent) -> None:
        """A driver said something. Called on the event loop; returns at once."""
        match event:
            case SensorsRead():
                self.board.take(event)
            case SensorPresence():
                self.board.presence(event)
            case PeopleTotals():
                self.footfall.take(event)
                for measure, value in (("sum_in", event.people_in), ("sum_out", event.people_out)):
                    self.board.put(Measurement(sensor_id=event.sensor_id, measure=measure, value=float(value)))

    async def run(self) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.cold.run())
            tasks.create_task(self.footfall.run())
