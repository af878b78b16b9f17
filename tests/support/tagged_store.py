"""A store with every kind of antenna over one real database file, under a virtual clock; killed and started at will."""

from __future__ import annotations

import datetime
from pathlib import Path

from edge.catalogue.seed import apply_seed
from edge.rfid import fates
from edge.rfid.fitting_service import FittingService
from edge.rfid.floor_service import FloorService, Spot
from edge.rfid.gate_parts import Gate
from edge.rfid.gate_service import GateService
from edge.rfid.hall import TagHall
from edge.rfid.pads import Pads
from edge.stock import service as stock
from edge.store_db.database import Database, Tx
from protocols.clock import FakeClock, IdSource, SeededRandom
from protocols.contract.facts import FactBody, decode_body, decode_envelope
from protocols.contract.sale_parts import ReceiptNumber, SaleLine
from protocols.contract.till_facts import SaleClosed
from protocols.contract.values import Place, TaxMode
from protocols.device_events import TagRead, TagsRead
from protocols.gs1.epc import encode_96, of_gtin
from simulators.llrp_reader.air import Air, Direction, Tag, door_antennas
from tests.support.box_ground import STORE_ID, new_journal, open_store
from tests.support.goods import assortment
from tests.support.tag_scenes import GATE

DEPART_MS = 30_000
STEP_MS = 100


def piece(code: str, serial: int) -> Tag:
    """The tag of one piece of a product."""
    return Tag(encode_96(of_gtin(code.rjust(14, "0"), str(serial))))


def uri(code: str, serial: int) -> str:
    """Its EPC URI."""
    return of_gtin(code.rjust(14, "0"), str(serial)).uri


class Siren:
    """The outputs of readers, and when each was switched."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.switched: list[tuple[int, bool]] = []

    def set_output(self, device_id: str, port: int, *, on: bool) -> None:
        assert (device_id, port) == ("gate", 1)
        self.switched.append((self._clock.monotonic_ms(), on))


class TaggedStore:
    """`hall` is replaced when the box is killed. `alarms`: how many stand, as the board is told."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.database: Database = open_store(folder)
        self.database.write_and_wait(lambda tx: apply_seed(tx, STORE_ID, assortment()))
        self.air = Air(door_antennas(4), SeededRandom(1), self.clock.monotonic_ms())
        self.siren = Siren(self.clock)
        self.alarms: list[int] = []
        self.starts = 0
        self.closes_at: datetime.time | None = None
        self.abandoned: list[int] = []
        self.standing: dict[Tag, int] = {}
        """Tags heard by an antenna of the reader `floor`, every half second."""

    async def start(self) -> None:
        """Start the box; after the first time: kill -9 and start: what was only in memory is gone."""
        self.starts += 1
        ids, journal = IdSource(self.clock, SeededRandom(self.starts)), new_journal(self.clock, seed=100 + self.starts)
        spots = {
            ("floor", 1): Spot("floor", Place.SALES_FLOOR),
            ("floor", 2): Spot("store room", Place.BACK_ROOM),
            ("floor", 3): Spot("room 1", None),
        }
        floor = FloorService(self.database, journal, self.clock, ids, spots, depart_ms=DEPART_MS)
        gates = GateService(
            self.database,
            journal,
            self.clock,
            ids,
            {"exit": Gate("gate", GATE, siren_port=1)},
            signals=self.siren,
            on_alarms=self.alarms.append,
        )
        fitting = FittingService(
            self.database,
            journal,
            self.clock,
            ids,
            {("floor", 3): "1"},
            closes_at=self.closes_at,
            where=floor.where,
            on_abandoned=self.abandoned.append,
        )
        self.hall = TagHall(self.clock, floor, gates, Pads(self.clock, {}), fitting)
        self.journal = journal
        journal.watch(self.hall.journalled)
        self.hall.start()
        await gates.start()

    async def wait(self, milliseconds: int) -> None:
        """Time passes in beats of the box."""
        for _ in range(0, milliseconds, STEP_MS):
            self.clock.advance(STEP_MS)
            now_ms = self.clock.monotonic_ms()
            heard = self.air.listen(now_ms, (0,))
            reads = tuple(TagRead(one.tag.epc, 96, one.antenna, one.rssi_dbm, one.at_ms, one.at_ms) for one in heard)
            if reads:
                self.hall.take(TagsRead(device_id="gate", reads=reads))
            if now_ms % 500 < STEP_MS and self.standing:
                there = tuple(TagRead(tag.epc, 96, antenna, -50, now_ms, now_ms) for tag, antenna in self.standing.items())
                self.hall.take(TagsRead(device_id="floor", reads=there))
            await self.hall.step()

    async def carry(self, tags: list[Tag], way: Direction = Direction.OUT) -> int:
        """Through the exit; returns when the last was heard."""
        took_ms = self.air.push(tags, way, self.clock.monotonic_ms())
        await self.wait(took_ms + 1_000)
        return self.clock.monotonic_ms()

    async def sell(self, sale_id: str, *lines: tuple[str, int, tuple[str, ...]]) -> None:
        """A sale closed elsewhere in the box: (item, pieces, EPCs) a line."""
        fact = sale_of(sale_id, lines)

        def run(tx: Tx) -> None:
            fates.sold(tx, fact, self.clock.now_ms())
            self.journal.append(tx, fact)

        await self.database.write(run)

    def facts(self, *kinds: type) -> list[FactBody]:
        """What was journalled, sales aside."""
        rows = self.database.reader().execute("SELECT fact FROM journal ORDER BY position")
        found = [decode_body(decode_envelope(bytes(row[0]))) for row in rows]
        return [fact for fact in found if isinstance(fact, kinds or object) and not isinstance(fact, SaleClosed)]

    def on_hand(self, item_id: str) -> dict[str, int]:
        return {each.place.value: each.on_hand_thousandths for each in stock.balances(self.database.reader(), item_id)}


def sale_of(sale_id: str, lines: tuple[tuple[str, int, tuple[str, ...]], ...]) -> SaleClosed:
    """A sale of pieces at 1.00 each."""
    return SaleClosed(
        sale_id=sale_id,
        command_id=sale_id,
        store_id=STORE_ID,
        till_id="1",
        cashier_id="7",
        shift_id="s",
        receipt=ReceiptNumber(till_id="1", incarnation=1, number=1),
        currency="EUR",
        tax_mode=TaxMode.INCLUSIVE,
        lines=tuple(
            SaleLine(
                line_no=number,
                item_id=item_id,
                name=item_id,
                gtin="",
                quantity=pieces,
                stock_thousandths=pieces * 1000,
                unit_price_minor=100,
                price_revision=1,
                list_price_minor=100,
                net_minor=100 * pieces,
                tax_class="std",
                tax_rate_bp=0,
                tax_minor=0,
                epcs=epcs,
            )
            for number, (item_id, pieces, epcs) in enumerate(lines, start=1)
        ),
        total_minor=100,
        tax_minor=0,
        rounding_minor=0,
        tenders=(),
        promotion_bundle="",
        price_feed_version=1,
        member_id=None,
        opened_at_ms=0,
    )
