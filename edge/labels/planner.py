"""Which labels are to be planned anew, and what follows from each plan: an aim in the ledger, a place in a lane."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace

import structlog

from edge.labels.balance import Balance
from edge.labels.goods import LabelGoods
from edge.labels.holds import Holds
from edge.labels.keeper import Change, LabelKeeper
from edge.labels.lane import Lane
from edge.labels.ledger import LabelBook, LabelImage
from edge.labels.mismatch import MismatchClock, disagrees
from edge.labels.plan import Wanted, is_settled, plan_one, urgency
from edge.labels.proof import withdraw
from edge.labels.sightings import shown_facts
from edge.labels.store import LabelAim
from edge.store_db.errors import StoreDbError
from protocols.clock import Clock

TICK_SECONDS = 1.0
PLANNED_AT_ONCE = 256
STORE_PAUSE_SECONDS = 1.0

log = structlog.get_logger("tallystick.edge.labels")


class Planner:
    """See the module."""

    def __init__(
        self,
        keeper: LabelKeeper,
        lanes: Mapping[str, Lane],
        balance: Balance,
        holds: Holds,
        goods: LabelGoods,
        clock: Clock,
    ) -> None:
        self.mismatch = MismatchClock(clock)
        self._balance = balance
        self._holds = holds
        self._keeper = keeper
        self._lanes = lanes
        self.wanted = goods.wanted
        self._clock = clock
        self._dirty: dict[str, None] = {}
        self._wake = asyncio.Event()

    def touch(self, label_ids: Iterable[str]) -> None:
        """Plan these labels soon; each waits at most once."""
        for label_id in label_ids:
            self._dirty[label_id] = None
        self._wake.set()

    async def plan_for_ever(self) -> None:
        """Plan what was touched. What the store database did not take is planned again a little later."""
        while True:
            if not self._dirty:
                self._wake.clear()
                await self._wake.wait()
            taken = list(self._dirty)[:PLANNED_AT_ONCE]
            for label_id in taken:
                del self._dirty[label_id]
            planned = await asyncio.gather(*(self._try_to_plan(label_id) for label_id in taken))
            if not all(planned):
                await asyncio.sleep(STORE_PAUSE_SECONDS)
                self.touch(label_id for label_id, done in zip(taken, planned, strict=True) if not done)

    async def _try_to_plan(self, label_id: str) -> bool:
        try:
            await self._plan(label_id)
        except StoreDbError as error:
            log.warning("a label could not be planned", label_id=label_id, error=str(error))
            return False
        return True

    async def _plan(self, label_id: str) -> None:
        book = self._keeper.books.get(label_id)
        if book is None or book.removed:
            self.mismatch.note(label_id, None, disagreeing=False)
            return
        wanted = self.wanted(book)
        if wanted is None:
            return
        await self._forget_access_points(book)
        await self._aim_at(book, wanted)
        self.mismatch.note(label_id, book.item_id, disagreeing=disagrees(self._keeper.books[label_id], wanted))
        await self._push(self._keeper.books[label_id], wanted)

    async def _forget_access_points(self, book: LabelBook) -> None:
        """One that is no longer set up brings nothing any more, but what it brought unheard of."""
        gone = {image.access_point for image in book.strays} - set(self._lanes)

        def decide(now: LabelBook | None, _aim: LabelAim) -> Change | None:
            after = now
            for name in sorted(gone):
                if after is not None:
                    first_no, mono_ms = self._keeper.new_image_no(len(after.strays)), self._clock.monotonic_ms()
                    after = withdraw(after, name, first_no=first_no, mono_ms=mono_ms, settle_ms=0)
            return Change(book=after) if after is not None and after is not now else None

        if gone:
            await self._keeper.change(book.label_id, decide)

    async def _push(self, book: LabelBook, wanted: Wanted) -> None:
        """Give it to its access point when there is something to send."""
        latest = book.latest
        send = plan_one(book, wanted)
        unproven = latest is not None and not latest.confirmed
        if send is None and not unproven:
            return
        point = self._balance.point_for(book)
        if point != book.access_point and await self._balance.move(book.label_id, point):
            self.touch((book.label_id,))
            return
        lane = self._lanes.get(book.access_point)
        if lane is None:
            return
        if send is not None:
            lane.push(book.label_id, send.urgency)
        elif lane.outstanding(book.label_id) is None:
            # After a restart nobody knows whether the last image ever left.
            lane.push(book.label_id, urgency(book, wanted), again=True)

    async def _aim_at(self, book: LabelBook, wanted: Wanted) -> None:
        now_ms = self._clock.now_ms()

        def decide(now: LabelBook | None, aim: LabelAim) -> Change | None:
            settled = now is not None and is_settled(now, wanted)
            behind = None if settled else (aim.behind_since_ms if aim.behind_since_ms is not None else now_ms)
            new = LabelAim(wanted.content_hash, wanted.price_revision, behind)
            if now is not None and settled and (same := _under_new_revision(now, wanted, now_ms)) is not None:
                images = tuple(same if image.image_no == same.image_no else image for image in now.images)
                return Change(book=replace(now, images=images), aim=new, facts=shown_facts(same, now_ms))
            return Change(aim=new) if new != aim else None

        await self._keeper.change(book.label_id, decide)

    async def tick_for_ever(self) -> None:
        """Send again what is due, end dwells, follow labels that moved, share the load."""
        while True:
            for lane in self._lanes.values():
                lane.tick()
            try:
                self.touch(await self._holds.end())
                self.touch(await self._balance.carry_out(self._balance.lost(self._clock.monotonic_ms())))
                self.touch(await self._balance.carry_out(self._balance.relief()))
            except StoreDbError as error:
                log.warning("the label ledger could not be written", error=str(error))
            await asyncio.sleep(TICK_SECONDS)


def _under_new_revision(book: LabelBook, wanted: Wanted, now_ms: int) -> LabelImage | None:
    """A new price revision that changes nothing to be seen: the image shown stands for it; nothing is sent."""
    current = book.current
    if current is None or wanted.item_id is None or current.prices == wanted.prices:
        return None
    return replace(
        current, price_revision=wanted.price_revision, more=wanted.more, sent_at_ms=now_ms, confirmed_at_ms=now_ms
    )
