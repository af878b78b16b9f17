"""Passages become facts. What went through a door is stored at once; a receipt is closed when no further tag comes.

Two steps, each one transaction: a passage sets its tag to `arriving` or `leaving`; the quiet after it turns all of a door's
waiting tags into one fact, with stock and journal. A box killed in between finds the waiting tags again and makes the
fact then; killed before the first step, the passage never was. So a tag is received once, whatever happens.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from edge.rfid import store
from edge.rfid.portal import Direction, Passage, Portal, PortalSetup
from edge.rfid.tags import TagState, Why, decide
from edge.stock import notices
from edge.stock import service as stock
from edge.stock.batches import NO_LOT
from edge.store_db.database import StoreFile, Tx
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.journal import Journal
from protocols.clock import Clock, IdSource
from protocols.contract.facts import GoodsLeft, GoodsReceived, LeftLine, ReceivedLine
from protocols.contract.values import THOUSANDTHS, Place
from protocols.device_events import TagsRead
from protocols.gs1.epc import TagIdentity, identify

log = structlog.get_logger("tallystick.edge.rfid")

STEP_SECONDS = 0.2
JUDGED_AT_ONCE = 25
FACT_TAGS_MAX = 200
"""Tags in one fact; more make several."""
PASSAGES_WAITING_MAX = 20_000
"""Passages the disk did not take yet. Policy when reached: the oldest are dropped and counted."""
RECEIPT_QUIET_MS = 5_000
LEFT_QUIET_MS = 1_000
OPEN_MS_MAX = 60_000
"""A door that never falls quiet makes a fact this often."""
RECHECK_TAGS = 500
"""Tags that have become known taken in by one transaction."""


@dataclass(frozen=True, slots=True)
class Door:
    """A reader at a door. `receive_into`: where goods that come in stand then."""

    portal: PortalSetup
    receive_into: Place = Place.BACK_ROOM
    receipt_quiet_ms: int = RECEIPT_QUIET_MS


@dataclass(slots=True)
class _Seen:
    """A passage on its way into the database."""

    device_id: str
    passage: Passage


@dataclass(slots=True)
class _Open:
    """Tags wait for their fact since then; the newest came last."""

    since_ms: int
    last_ms: int


@dataclass(slots=True)
class _Recorded:
    """What a transaction of passages did."""

    waiting: set[tuple[str, TagState]] = field(default_factory=set)
    unknown: int = 0
    tags: int = 0


class PortalService:
    """All doors of the store."""

    def __init__(
        self,
        db: StoreFile,
        journal: Journal,
        clock: Clock,
        ids: IdSource,
        doors: Mapping[str, Door],
        on_unknown: Callable[[int], None] = lambda _count: None,
    ) -> None:
        """`on_unknown(count)`: so many tags came in whose goods the catalogue does not have."""
        self._db = db
        self._journal = journal
        self._clock = clock
        self._ids = ids
        self._doors = dict(doors)
        self._on_unknown = on_unknown
        self._portals = {device_id: Portal(door.portal) for device_id, door in doors.items()}
        self._seen: list[_Seen] = []
        self._open: dict[tuple[str, TagState], _Open] = {}
        self._catalogue = 1
        self._looked_up = 0
        self.dropped = 0
        """Passages lost because the disk took nothing for too long."""

    def start(self) -> None:
        """Pick up what waited for its fact when the box ended."""
        now_ms = self._clock.monotonic_ms()
        self._open = {door: _Open(now_ms, now_ms) for door in store.doors_waiting(self._db.reader())}
        self._on_unknown(store.unknown_count(self._db.reader()))

    def take(self, event: TagsRead) -> None:
        """A reader reported tags. Called on the event loop; returns at once."""
        portal = self._portals.get(event.device_id)
        if portal is not None:
            self._ended(event.device_id, portal.take(event.reads))

    def catalogue_changed(self) -> None:
        """Tags nobody knew may have an item now."""
        self._catalogue += 1

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self.step()
            except (StoreFull, StoreBusy) as error:
                log.warning("passages wait for the disk", waiting=len(self._seen), error=str(error))
            await asyncio.sleep(STEP_SECONDS)

    async def step(self) -> None:
        """Close what has gone, store it, make the facts that are due. Raises `StoreDbError`; nothing is lost by it."""
        now_ms = self._clock.monotonic_ms()
        for device_id, portal in self._portals.items():
            self._ended(device_id, portal.advance(now_ms, most=JUDGED_AT_ONCE))
            while portal.more_gone:
                await asyncio.sleep(0)  # the tills share this loop
                self._ended(device_id, portal.advance(now_ms, most=JUDGED_AT_ONCE))
        if self._seen:
            await self._store_seen()
        catalogue = self._catalogue
        while self._looked_up != catalogue:
            if await self._write(self._look_up_again) < RECHECK_TAGS:
                self._looked_up = catalogue
        for door, open_ in list(self._open.items()):
            now_ms = self._clock.monotonic_ms()
            if now_ms - open_.last_ms >= self._quiet_ms(*door) or now_ms - open_.since_ms >= OPEN_MS_MAX:
                while await self._db.write(functools.partial(self._make_fact, device_id=door[0], state=door[1])):
                    pass
                self._open.pop(door, None)

    async def _store_seen(self) -> None:
        seen, self._seen = self._seen, []
        stored = False
        try:
            await self._write(lambda tx: self._record(tx, seen))
            stored = True
        finally:
            if not stored:
                self._seen[:0] = seen

    async def dismiss(self, epc: str) -> None:
        """A person has looked at an unknown or undecided tag. Raises `StoreDbError`."""
        await self._db.write(lambda tx: store.dismiss(tx, epc))
        self._on_unknown(store.unknown_count(self._db.reader()))

    def _ended(self, device_id: str, passages: list[Passage]) -> None:
        self._seen.extend(_Seen(device_id, passage) for passage in passages)
        over = len(self._seen) - PASSAGES_WAITING_MAX
        if over > 0:
            del self._seen[:over]
            self.dropped += over

    def _quiet_ms(self, device_id: str, state: TagState) -> int:
        if state is TagState.LEAVING:
            return LEFT_QUIET_MS
        door = self._doors.get(device_id)
        return RECEIPT_QUIET_MS if door is None else door.receipt_quiet_ms

    async def _write(self, run: Callable[[Tx], _Recorded]) -> int:
        """Run a transaction of passages; how many tags it looked at."""
        recorded = await self._db.write(run)
        now_ms = self._clock.monotonic_ms()
        for door in recorded.waiting:
            self._open.setdefault(door, _Open(now_ms, now_ms)).last_ms = now_ms
        self._on_unknown(recorded.unknown)
        return recorded.tags

    # Transactions.

    def _record(self, tx: Tx, seen: list[_Seen]) -> _Recorded:
        recorded = _Recorded()
        behind_ms = self._clock.now_ms() - self._clock.monotonic_ms()
        for each in seen:
            identity = identify(each.passage.epc, each.passage.epc_bits)
            self._record_one(
                tx, each.device_id, identity, each.passage.direction, each.passage.last_ms + behind_ms, recorded
            )
        recorded.unknown = store.unknown_count(tx)
        return recorded

    def _record_one(
        self, tx: Tx, device_id: str, identity: TagIdentity, direction: Direction, at_ms: int, recorded: _Recorded
    ) -> None:
        known = store.tag(tx, identity.uri)
        turned = {Direction.IN: TagState.LEAVING, Direction.OUT: TagState.ARRIVING}.get(direction)
        if known is not None and known.state is turned:
            # It turned round before its fact was made: that one comes first.
            while self._make_fact(tx, known.device_id, turned):
                pass
            known = store.tag(tx, identity.uri)
        item_id, _, why = store.item_of(tx, identity.gtin)
        state = decide(known, why, direction, at_ms)
        if state is None:
            store.touch(tx, identity.uri, at_ms)
            return
        store.put(tx, identity, item_id, state, why if state is TagState.UNKNOWN else Why.NOTHING, device_id, at_ms)
        if state in {TagState.ARRIVING, TagState.LEAVING}:
            recorded.waiting.add((device_id, state))

    def _look_up_again(self, tx: Tx) -> _Recorded:
        recorded = _Recorded()
        for tag in store.known_now(tx, RECHECK_TAGS):
            item_id, _, why = store.item_of(tx, tag.gtin)
            identity = TagIdentity(uri=tag.epc, gtin=tag.gtin)
            store.put(tx, identity, item_id, TagState.ARRIVING, why, tag.device_id, tag.seen_at_ms)
            recorded.waiting.add((tag.device_id, TagState.ARRIVING))
            recorded.tags += 1
        recorded.unknown = store.unknown_count(tx)
        return recorded

    def _make_fact(self, tx: Tx, device_id: str, state: TagState) -> bool:
        """One fact of what waits at a door, with stock and journal; False when nothing waits."""
        if state is TagState.LEAVING:
            return self._left(tx, device_id)
        return self._received(tx, device_id)

    def _received(self, tx: Tx, device_id: str) -> bool:
        tags = store.waiting(tx, TagState.ARRIVING, device_id, FACT_TAGS_MAX)
        lots = notices.lots_of_tags(tx) if tags else {}
        by_code: dict[tuple[str, str, str], list[str]] = {}
        for tag in tags:
            lot = lots.get(tag.epc, NO_LOT)
            by_code.setdefault((tag.gtin, lot.batch, lot.expires), []).append(tag.epc)
        lines: list[ReceivedLine] = []
        for (gtin, batch, expires), epcs in sorted(by_code.items()):
            item_id, pieces, why = store.item_of(tx, gtin)
            if why is not Why.NOTHING:  # the catalogue lost it meanwhile
                for epc in epcs:
                    store.put(
                        tx, TagIdentity(uri=epc, gtin=gtin), item_id, TagState.UNKNOWN, why, device_id, self._clock.now_ms()
                    )
                continue
            quantity = len(epcs) * pieces * THOUSANDTHS
            lines.append(
                ReceivedLine(
                    line_no=len(lines) + 1,
                    item_id=item_id,
                    gtin=gtin,
                    quantity_thousandths=quantity,
                    epcs=tuple(epcs),
                    batch=batch,
                    expires=expires,
                )
            )
        if lines:
            door = self._doors.get(device_id)
            fact = GoodsReceived(
                receipt_id=self._ids.new(),
                place=Place.BACK_ROOM if door is None else door.receive_into,
                how="portal",
                lines=tuple(lines),
                device_id=device_id,
            )
            now_ms = self._clock.now_ms()
            store.settle(tx, [epc for line in lines for epc in line.epcs], TagState.RECEIVED, fact.receipt_id)
            store.put_received(tx, fact, now_ms)
            stock.received(tx, fact, now_ms)
            self._journal.append(tx, fact)
        return bool(tags)

    def _left(self, tx: Tx, device_id: str) -> bool:
        tags = store.waiting(tx, TagState.LEAVING, device_id, FACT_TAGS_MAX)
        if tags:
            lines = tuple(LeftLine(epc=tag.epc, gtin=tag.gtin, item_id=tag.item_id) for tag in tags)
            fact = GoodsLeft(passage_id=self._ids.new(), device_id=device_id, lines=lines)
            store.settle(tx, [tag.epc for tag in tags], TagState.LEFT, fact.passage_id)
            store.put_left(tx, fact, self._clock.now_ms())
            self._journal.append(tx, fact)
        return bool(tags)
