"""Fitting rooms: what is tried on, and what became of it: bought, put back, or left lying at closing time.

A visit is what is in one room together. It is told (`FittingEnded`) once every piece's outcome is known. A piece that left
the room is bought when a sale names its tag; after `SETTLED_MS` without one it is back when an antenna of the store heard it
since, else nobody knows. Nobody's name is kept.
"""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Callable, Mapping, Sequence

from edge.rfid import fates, fitting_store, store
from edge.rfid.fates import Fate
from edge.rfid.fitting import FittingRooms, RoomChange
from edge.rfid.fitting_store import FittedPiece
from edge.rfid.presence import Ear, TagKey, Whereabouts
from edge.rfid.tags import Why
from edge.store_db.connection import Connection
from edge.store_db.database import StoreFile, Tx
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.journal import Journal
from protocols.clock import Clock, IdSource
from protocols.contract.facts import FactBody
from protocols.contract.till_facts import SaleClosed
from protocols.device_events import TagsRead
from protocols.gs1.epc import identify

JOINS_MS = 60_000
"""A piece that comes so soon after the last one left belongs to the same visit."""
SETTLED_MS = 20 * 60_000
LOOK_MS = 10_000
UNDECIDED_AT_ONCE = 200
CHANGES_WAITING_MAX = 5_000
"""Changes the disk did not take yet. Policy when reached: the oldest are dropped and counted."""


class FittingService:
    """All fitting rooms of the store."""

    def __init__(
        self,
        db: StoreFile,
        journal: Journal,
        clock: Clock,
        ids: IdSource,
        rooms: Mapping[Ear, str],
        *,
        closes_at: datetime.time | None = None,
        time_zone: Callable[[Connection], str] = lambda _source: "UTC",
        where: Callable[[TagKey], Whereabouts | None] = lambda _key: None,
        on_abandoned: Callable[[int], None] = lambda _count: None,
    ) -> None:
        """`where`: where else a tag is heard. `on_abandoned(count)`: so many pieces lie in rooms after closing."""
        self._db = db
        self._journal = journal
        self._clock = clock
        self._ids = ids
        self.rooms = tuple(dict.fromkeys(rooms.values()))
        self._device_of = {room: device_id for (device_id, _), room in rooms.items()}
        self._machine = FittingRooms(rooms)
        self._closes_at = closes_at
        self._time_zone = time_zone
        self._where = where
        self._on_abandoned = on_abandoned
        self._changes: list[RoomChange] = []
        self._look_ms = 0
        self._sold = False
        self._closed_on: datetime.date | None = None
        self.dropped = 0

    def start(self) -> None:
        """Pick up what was in the rooms when the box ended."""
        now_ms, behind_ms = self._clock.monotonic_ms(), self._behind_ms()
        for piece in fitting_store.in_rooms(self._db.reader()):
            self._machine.restore(piece.key, piece.room, piece.entered_ms - behind_ms, now_ms)
        self._tell_abandoned()

    def take(self, event: TagsRead) -> None:
        """A reader reported tags."""
        self._changed(self._machine.take(event.device_id, event.reads))

    def journalled(self, facts: Sequence[FactBody]) -> None:
        """Something was sold."""
        if any(isinstance(fact, SaleClosed) and any(line.epcs for line in fact.lines) for fact in facts):
            self._sold = True

    async def step(self) -> None:
        """Store what changed, decide what is due. Raises `StoreDbError`; nothing is lost by it."""
        now_ms = self._clock.monotonic_ms()
        self._changed(self._machine.advance(now_ms))
        if self._changes:
            await self._store_changes()
        if self._sold or now_ms >= self._look_ms:
            self._sold, self._look_ms = False, now_ms + LOOK_MS
            if fitting_store.undecided(self._db.reader(), 1):
                await self._db.write(self._decide)
        today = self._closes_today()
        if today is not None:
            await self._db.write(self._close)
            self._closed_on = today
            self._tell_abandoned()

    def in_rooms(self) -> list[FittedPiece]:
        """What is in the rooms now."""
        return fitting_store.in_rooms(self._db.reader())

    # Inside.

    def _behind_ms(self) -> int:
        return self._clock.now_ms() - self._clock.monotonic_ms()

    def _changed(self, changes: Sequence[RoomChange]) -> None:
        self._changes.extend(changes)
        over = len(self._changes) - CHANGES_WAITING_MAX
        if over > 0:
            del self._changes[:over]
            self.dropped += over

    async def _store_changes(self) -> None:
        changes, self._changes = self._changes, []
        try:
            await self._db.write(lambda tx: self._put(tx, changes), durable=False)
        except (StoreFull, StoreBusy):
            self._changes[:0] = changes
            raise
        self._tell_abandoned()

    def _closes_today(self) -> datetime.date | None:
        """The day, once it is closing time in the store's time zone and nothing was closed yet."""
        if self._closes_at is None:
            return None
        zone = zoneinfo.ZoneInfo(self._time_zone(self._db.reader()))
        here = datetime.datetime.fromtimestamp(self._clock.now_ms() / 1000, zone)
        if here.time() < self._closes_at or self._closed_on == here.date():
            return None
        return here.date()

    def _tell_abandoned(self) -> None:
        self._on_abandoned(sum(piece.outcome == "abandoned" for piece in self.in_rooms()))

    # Transactions.

    def _put(self, tx: Tx, changes: Sequence[RoomChange]) -> None:
        behind_ms = self._behind_ms()
        for change in changes:
            identity = identify(change.epc, change.epc_bits)
            item_id, _, why = store.item_of(tx, identity.gtin)
            if why is not Why.NOTHING:
                continue  # a customer's own things
            if change.left_ms is not None:
                fitting_store.left(tx, identity.uri, change.room, change.left_ms + behind_ms)
                continue
            at_ms = change.entered_ms + behind_ms
            fitting_store.entered(tx, change, identity, item_id, at_ms, joins_ms=at_ms - JOINS_MS, new_id=self._ids.new())

    def _decide(self, tx: Tx) -> None:
        now_ms = self._clock.now_ms()
        for piece in fitting_store.undecided(tx, UNDECIDED_AT_ONCE):
            outcome = self._outcome(tx, piece, now_ms)
            if outcome:
                fitting_store.decide(tx, piece, outcome)
        self._tell_ended(tx, now_ms)

    def _outcome(self, tx: Tx, piece: FittedPiece, now_ms: int) -> str:
        known = fates.fate_of(tx, piece.epc)
        if known is not None and known.fate is Fate.SOLD and known.at_ms >= piece.entered_ms:
            return "bought"
        if now_ms - piece.left_ms < SETTLED_MS:
            return ""
        where = self._where(piece.key)
        return "back" if where is not None and where.last_ms + self._behind_ms() > piece.left_ms else "unknown"

    def _close(self, tx: Tx) -> None:
        now_ms = self._clock.now_ms()
        for piece in fitting_store.in_rooms(tx):
            if not piece.outcome:
                fitting_store.decide(tx, piece, "abandoned")
        self._tell_ended(tx, now_ms)

    def _tell_ended(self, tx: Tx, now_ms: int) -> None:
        if facts := fitting_store.ended(tx, self._device_of, now_ms):
            self._journal.append_many(tx, facts)
