"""The box of the simulated store: the real composition root on real files, under a clock that stands where the story is.

Killed and started at will. What its readers would report is handed to the very functions the router hands it to.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar, cast

from edge import bootstrap
from edge.bootstrap import Box, Ground
from edge.catalogue.apply import Applied, put_row
from edge.catalogue.seed import apply_seed
from edge.checkout.till import Till
from edge.rfid.hall import TagHall
from edge.rfid.service import PortalService
from edge.seams import Seams
from edge.settings import ClockSettings, LlrpSettings, Settings, StoreSettings, TelemetrySettings, TillSettings
from edge.stock import feed, service
from edge.stock.drafts import DraftService
from edge.store_db import journal
from edge.store_db.connection import Connect
from edge.store_db.database import Tx
from edge.store_db.errors import StoreDbError
from edge.tag_settings import GateSettings, PadSettings, SpotSettings, TagSettings
from protocols.clock import SeededRandom
from protocols.contract.facts import FactBody, StockMoved
from protocols.contract.feed_rows import FeedRow, encode_row, stock_feed
from protocols.contract.feed_stock import StockRow
from protocols.contract.values import THOUSANDTHS, Place
from protocols.device_events import TagRead, TagsRead
from tests.sim.offline.past import PastClock
from tests.sim.stock_week.goods import BEGAN_MS, STORE_ID
from tests.sim.stock_week.kill import Fuse, fused

T = TypeVar("T")

DOCK, DOORWAY, EXIT, PAD = "dock", "doorway", "exit", "pad"
FORGOTTEN_AFTER_MINUTES = 14 * 24 * 60
"""Readers at doors hear a piece only in passing: it has not departed because nobody hears it."""
OPENING_AT_ONCE = 500


def settings_for(folder: Path, *, readers: bool) -> Settings:
    """One till; with `readers` a dock, a doorway between floor and back room, an exit and a pad."""
    plain = Settings(
        store=StoreSettings(id=STORE_ID, data_dir=folder, edge_id="box"),
        clock=ClockSettings(trust="always"),
        telemetry=TelemetrySettings(every_seconds=0),
        tills=(TillSettings(id="1"),),
    )
    if not readers:
        return plain
    outside, inside = (1, 2), (3, 4)
    return Settings(
        store=plain.store,
        clock=plain.clock,
        telemetry=plain.telemetry,
        tills=plain.tills,
        devices=(
            LlrpSettings(id=DOCK, host="127.0.0.1", antennas_inside=inside, antennas_outside=outside),
            *(LlrpSettings(id=name, host="127.0.0.1") for name in (DOORWAY, EXIT, PAD)),
        ),
        gates=(GateSettings(id="exit-1", reader=EXIT, antennas_inside=inside, antennas_outside=outside),),
        pads=(PadSettings(till="1", reader=PAD, antennas=(1,)),),
        spots=(
            SpotSettings(id="behind the doorway", reader=DOORWAY, antennas=outside, place=Place.BACK_ROOM),
            SpotSettings(id="before the doorway", reader=DOORWAY, antennas=inside, place=Place.SALES_FLOOR),
        ),
        tags=TagSettings(departs_after_minutes=FORGOTTEN_AFTER_MINUTES),
    )


class StoreBox:
    """`clock` and `fuse` outlive the box. `kills`: how often it was killed."""

    def __init__(self, folder: Path, seed: int, *, readers: bool) -> None:
        self.fuse = Fuse(folder / "boot-0")
        self.fuse.folder.mkdir(parents=True, exist_ok=True)
        self.clock = PastClock(BEGAN_MS)
        self.kills = 0
        self._seed = seed
        self._readers = readers
        self._ground: Ground | None = None
        self._box: Box
        self.on_kill: Callable[[], None] = lambda: None
        """The box has just died; the next one has not begun to start."""

    async def start(self, rows: Sequence[FeedRow] = ()) -> None:
        """A new process on the files. `rows`: the first catalogue of a new store."""
        folder = self.fuse.next_folder()
        seams = Seams(
            clock=lambda _settings: self.clock,
            random=SeededRandom(self._seed * 1_000 + self.kills),
            connect=cast("Connect", fused(self.fuse)),
        )
        ground = bootstrap.lay_ground(settings_for(folder, readers=self._readers), seams)
        if rows:
            await ground.store.write(lambda tx: apply_seed(tx, STORE_ID, list(rows)))
        self._ground, self._box = ground, await bootstrap.build(ground)
        if self._readers:
            await self.hall.gates.start()

    def stop(self) -> None:
        """Close the files, of a dead box too."""
        if self._ground is not None:
            for file in (self._ground.baskets, self._ground.store):
                file.close()
            self._ground = None

    async def sure(self, do: Callable[[], Awaitable[T]]) -> T:
        """Do it, and once more (under the same ids) whenever the box was killed meanwhile."""
        while True:
            try:
                answer = await do()
            except StoreDbError:
                if not self.fuse.burnt:
                    raise
            if not self.fuse.burnt:
                return answer
            await self.start_again()

    async def start_again(self) -> None:
        """The box was killed: a new process on what it left behind. It may be killed while it starts."""
        while True:
            self.kills += 1
            self.stop()
            self.on_kill()
            try:
                await self.start()
            except StoreDbError:
                if not self.fuse.burnt:
                    raise
                continue
            if not self.fuse.burnt:
                return

    # What stands in it.

    @property
    def ground(self) -> Ground:
        """Clock, files, journal."""
        assert self._ground is not None
        return self._ground

    @property
    def till(self) -> Till:
        """The only one."""
        return self._box.tills["1"]

    @property
    def drafts(self) -> DraftService:
        """Lists."""
        return self._box.shop.drafts

    @property
    def hall(self) -> TagHall:
        """Everything that listens to tags but the dock."""
        assert self._box.shop.hall is not None
        return self._box.shop.hall

    @property
    def portals(self) -> PortalService:
        """The dock."""
        assert self._box.shop.portals is not None
        return self._box.shop.portals

    # What reaches it.

    def go_to(self, at_ms: int) -> None:
        """Time goes on to a moment of the story."""
        self.clock.set(BEGAN_MS + at_ms)

    @property
    def now_ms(self) -> int:
        """Time of the story."""
        return self.clock.now_ms() - BEGAN_MS

    def hear(self, device_id: str, reads: tuple[TagRead, ...]) -> None:
        """A reader reports, as the router passes it on."""
        event = TagsRead(device_id=device_id, reads=reads)
        self.portals.take(event)
        self.hall.take(event)

    async def beat(self) -> None:
        """One beat of everything that listens to tags."""
        await self.sure(self._beat)

    async def _beat(self) -> None:
        await self.portals.step()
        await self.hall.step()

    async def hq(self, *rows: StockRow) -> None:
        """Headquarters sends rows of the stock feed."""

        def run(tx: Tx) -> None:
            applied = Applied()
            for row in rows:
                put_row(tx, stock_feed(STORE_ID), row.key(), encode_row(row), applied)
            feed.changed(tx, self.ground.journal, applied.stock_keys, self.clock.now_ms())

        await self.sure(lambda: self.ground.store.write(run))

    async def open_stock(self, moves: Sequence[StockMoved]) -> None:
        """The book as it is when the week begins."""
        for start in range(0, len(moves), OPENING_AT_ONCE):
            part = moves[start : start + OPENING_AT_ONCE]

            def run(tx: Tx, part: Sequence[StockMoved] = part) -> None:
                told: list[FactBody] = []
                for each in part:
                    lot = service.Lot(each.batch, each.expires)
                    move = service.Move(0, each.item_id, each.place, each.quantity_thousandths, each.reason, lot)
                    if service.add_once(tx, each.move_id, [move], self.clock.now_ms()):
                        told.append(each)
                if told:
                    self.ground.journal.append_many(tx, told)

            await self.sure(lambda run=run: self.ground.store.write(run))  # type: ignore[misc]

    def book(self) -> dict[tuple[str, Place], int]:
        """What the book says, in pieces."""
        rows = self.ground.store.reader().execute(service.queries["balances"])
        return {(item_id, Place(place)): quantity // THOUSANDTHS for item_id, place, quantity in rows}

    def facts(self) -> list[bytes]:
        """Every fact, in the order of the journal."""
        rows = self.ground.store.reader().execute("SELECT fact FROM journal ORDER BY position")
        return [bytes(row[0]) for row in rows]

    def incarnation(self) -> int:
        """Of the journal, for headquarters."""
        return journal.identity(self.ground.store.reader()).incarnation
