"""Four simulated readers on loopback, read by the box's own drivers: from a read on the wire to the fact. Real time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from edge.catalogue.seed import apply_seed
from edge.rfid.floor_service import FloorService, Spot
from edge.rfid.gate_parts import Gate
from edge.rfid.gate_service import GateService
from edge.rfid.hall import TagHall
from edge.rfid.pads import Pads
from edge.store_db.journal import Journal
from firmware_bridges.llrp_reader import LlrpReaderDriver
from firmware_bridges.supervise import supervise
from protocols.clock import IdSource, SeededRandom
from protocols.contract.facts import FactBody
from protocols.contract.rfid_facts import GateAlarmRaised
from protocols.contract.values import Place
from protocols.device_events import DeviceEvent, TagsRead
from protocols.llrp.reader_setup import InventorySetup
from simulators.clock import SystemClock
from simulators.llrp_reader.air import SLOT_MS, Tag
from simulators.llrp_reader.server import LlrpReaderSimulator
from tests.support.box_ground import STORE_ID, new_journal, open_store
from tests.support.goods import MILK_CODE, assortment
from tests.support.tag_scenes import GATE
from tests.support.tagged_store import piece
from tests.support.waiting import until

READERS = ("gate", "floor-1", "floor-2", "floor-3")
READS_PER_S = 700
READ_PERCENT = 60
SPEED_MM_PER_S = 4_000


class Loopback:
    """`run` carries pieces out, one after the other, and tells how long each took from its last read to its fact, ms."""

    def __init__(self, folder: Path) -> None:
        self.clock = SystemClock()
        self.database = open_store(folder)
        self.database.write_and_wait(lambda tx: apply_seed(tx, STORE_ID, assortment()))
        self.journal: Journal = new_journal(self.clock)
        self.last_read_ms: dict[bytes, int] = {}
        self.reads = 0
        self.took_ms: list[float] = []
        ids = IdSource(self.clock, SeededRandom(1))
        spots = {(name, antenna): Spot(name, Place.SALES_FLOOR) for name in READERS[1:] for antenna in (1, 2, 3, 4)}
        floor = FloorService(self.database, self.journal, self.clock, ids, spots)
        gates = GateService(self.database, self.journal, self.clock, ids, {"exit": Gate("gate", GATE)})
        self.hall = TagHall(self.clock, floor, gates, Pads(self.clock, {}))
        self.journal.watch(self._committed)

    async def run(self, passes: int) -> list[float]:
        """Everything, from the readers' start to their end."""
        standing = READS_PER_S * SLOT_MS * 100 // (1_000 * READ_PERCENT)
        simulators = [
            LlrpReaderSimulator(0, self.clock, SeededRandom(seed), read_percent=READ_PERCENT)
            for seed, _ in enumerate(READERS)
        ]
        tasks: list[asyncio.Task[None]] = []
        for number, (name, simulator) in enumerate(zip(READERS, simulators, strict=True)):
            await simulator.start()
            simulator.device.air.stand([Tag(bytes([number]) + bytes(10) + bytes([one])) for one in range(standing)], 0)
            setup = InventorySetup(antennas=(1, 2, 3, 4))
            driver = LlrpReaderDriver(name, "127.0.0.1", simulator.port, setup, self.clock)
            tasks.append(asyncio.create_task(supervise(driver, self._heard, self.clock, SeededRandom(number))))
        self.hall.start()
        tasks.append(asyncio.create_task(self.hall.run()))
        await until(lambda: self.reads > READS_PER_S, seconds=60)
        for serial in range(passes):
            before = len(self.took_ms)
            tag = piece(MILK_CODE, 1_000 + serial)
            simulators[0].push([tag.epc], "out", speed_mm_per_s=SPEED_MM_PER_S // 2)
            await until(lambda before=before: len(self.took_ms) > before, seconds=30)  # type: ignore[misc]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for simulator in simulators:
            await simulator.stop()
        self.database.close()
        return self.took_ms

    def _heard(self, event: DeviceEvent) -> None:
        if isinstance(event, TagsRead):
            self.reads += len(event.reads)
            for read in event.reads:
                self.last_read_ms[read.epc] = read.last_seen_ms
            self.hall.take(event)

    def _committed(self, facts: Sequence[FactBody]) -> None:
        now_ms = self.clock.monotonic_ms()
        for fact in facts:
            if isinstance(fact, GateAlarmRaised):
                serial = int(fact.lines[0].epc.rpartition(".")[2])
                self.took_ms.append(now_ms - self.last_read_ms[piece(MILK_CODE, serial).epc])
