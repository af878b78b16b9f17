"""Where the store's tags stand: changes are stored, and tags that stand elsewhere than in the book move the book.

What is written is enough to go on after a kill: tags that were in the store are in it still, so none arrives twice, and one
that is not heard any more departs as it would have. A piece that has stood at another place of the store for a minute is
relocated: one fact (`GoodsRelocated`, how `tag`) with its moves for all that went the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.rfid import floor_store
from edge.rfid.floor_store import Astray
from edge.rfid.presence import Ear, Edge, EdgeKind, Presence, PresenceSetup, TagKey, Whereabouts
from edge.rfid.relocating import fact_of, keep
from edge.store_db.database import StoreFile, Tx
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.journal import Journal
from protocols.clock import Clock, IdSource
from protocols.contract.values import Place
from protocols.device_events import TagsRead
from protocols.gs1.epc import identify

RELOCATE_AFTER_MS = 60_000
LOOK_MS = 5_000
RELOCATED_MAX = 200
"""Tags in one fact; more make several."""
EDGES_AT_ONCE = 500
EDGES_WAITING_MAX = 200_000
"""Changes the disk did not take yet. Policy when reached: the oldest are dropped and counted."""
GONE_KEPT_MS = 14 * 86_400_000


@dataclass(frozen=True, slots=True)
class Spot:
    """What antennas look at. `place` None: where it is says nothing about the book (a fitting room, a gate, a pad)."""

    name: str
    place: Place | None


class FloorService:
    """All tags of the store. `received_at`: where goods stand in the book that came through a door."""

    def __init__(
        self,
        db: StoreFile,
        journal: Journal,
        clock: Clock,
        ids: IdSource,
        spots: Mapping[Ear, Spot],
        *,
        depart_ms: int | None = None,
        received_at: Place = Place.BACK_ROOM,
    ) -> None:
        self._db = db
        self._journal = journal
        self._clock = clock
        self._ids = ids
        self._places = {spot.name: spot.place for spot in spots.values()}
        names = {ear: spot.name for ear, spot in spots.items()}
        setup = PresenceSetup(names) if depart_ms is None else PresenceSetup(names, depart_ms=depart_ms)
        self._presence = Presence(setup)
        self._received_at = received_at
        self._edges: list[Edge] = []
        self._look_ms = 0
        self.dropped = 0

    @property
    def resident(self) -> int:
        """How many tags are in the store."""
        return self._presence.resident

    def start(self) -> None:
        """Pick up who was in the store when the box ended."""
        self._presence.restore(floor_store.present(self._db.reader()), self._clock.monotonic_ms())

    def take(self, event: TagsRead) -> None:
        """A reader reported tags."""
        self._changed(self._presence.take(event.device_id, event.reads))

    def where(self, key: TagKey) -> Whereabouts | None:
        """Where a tag is heard now."""
        return self._presence.where(key)

    async def step(self) -> None:
        """Store what changed; move the book where it is due. Raises `StoreDbError`; nothing is lost by it."""
        now_ms = self._clock.monotonic_ms()
        self._changed(self._presence.advance(now_ms))
        while self._edges:
            await self._store_edges()
        if now_ms >= self._look_ms:
            self._look_ms = now_ms + LOOK_MS
            if floor_store.astray(self._db.reader(), self._clock.now_ms() - RELOCATE_AFTER_MS, 1):
                await self._db.write(self._relocate)

    def _changed(self, edges: Sequence[Edge]) -> None:
        self._edges.extend(edge for edge in edges)
        over = len(self._edges) - EDGES_WAITING_MAX
        if over > 0:
            del self._edges[:over]
            self.dropped += over

    async def _store_edges(self) -> None:
        edges = self._edges[:EDGES_AT_ONCE]
        del self._edges[:EDGES_AT_ONCE]
        try:
            await self._db.write(lambda tx: self._put(tx, edges), durable=False)
        except (StoreFull, StoreBusy):
            self._edges[:0] = edges
            raise

    # Transactions.

    def _put(self, tx: Tx, edges: Sequence[Edge]) -> None:
        behind_ms = self._clock.now_ms() - self._clock.monotonic_ms()
        for edge in edges:
            identity = identify(edge.epc, edge.epc_bits)
            if not identity.gtin:
                continue  # somebody else's tag is nobody's stock
            place = None if edge.kind is EdgeKind.DEPARTED else self._places.get(edge.spot)
            floor_store.put(tx, edge, identity, place, edge.at_ms + behind_ms, self._received_at)

    def _relocate(self, tx: Tx) -> None:
        now_ms = self._clock.now_ms()
        found = floor_store.astray(tx, now_ms - RELOCATE_AFTER_MS, RELOCATED_MAX)
        for way in sorted({(each.book_place, each.place) for each in found}):
            self._relocate_way(tx, [each for each in found if (each.book_place, each.place) == way], now_ms)

    def _relocate_way(self, tx: Tx, pieces: list[Astray], now_ms: int) -> None:
        fact = fact_of(tx, self._ids.new(), pieces)
        floor_store.booked(tx, [piece.epc for piece in pieces])
        if fact is not None:
            keep(tx, fact, now_ms)
            self._journal.append(tx, fact)
