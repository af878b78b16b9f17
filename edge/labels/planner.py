"""Which labels are to be planned anew, and what follows from each plan: an aim in the ledger, a place in a lane."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from edge.labels.goods import LabelGoods
from edge.labels.keeper import Change, LabelKeeper
from edge.labels.lane import Lane
from edge.labels.ledger import LabelBook, expire
from edge.labels.plan import Urgency, Wanted, is_settled, plan_one, urgency
from edge.labels.store import LabelAim
from protocols.clock import Clock

TICK_SECONDS = 1.0
PLANNED_AT_ONCE = 256


class Planner:
    """See the module."""

    def __init__(self, keeper: LabelKeeper, lanes: Mapping[str, Lane], goods: LabelGoods, clock: Clock) -> None:
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
        """Plan what was touched."""
        while True:
            if not self._dirty:
                self._wake.clear()
                await self._wake.wait()
            taken = list(self._dirty)[:PLANNED_AT_ONCE]
            for label_id in taken:
                del self._dirty[label_id]
            await asyncio.gather(*(self._plan(label_id) for label_id in taken))

    async def _plan(self, label_id: str) -> None:
        book = self._keeper.books.get(label_id)
        if book is None or book.removed:
            return
        wanted = self.wanted(book)
        if wanted is None:
            return
        await self._aim_at(book, wanted)
        lane = self._lanes.get(book.access_point)
        if lane is None:
            return
        latest = book.latest
        if plan_one(book, wanted, self._clock.monotonic_ms()) is not None:
            lane.push(label_id, urgency(book, wanted, self._clock.monotonic_ms()))
        elif latest is not None and not latest.confirmed and lane.outstanding(label_id) is None:
            # After a restart nobody knows whether the last image ever left.
            lane.push(label_id, Urgency.NEW, again=True)

    async def _aim_at(self, book: LabelBook, wanted: Wanted) -> None:
        now_ms = self._clock.now_ms()

        def decide(_book: LabelBook | None, aim: LabelAim) -> Change | None:
            settled = _book is not None and is_settled(_book, wanted)
            behind = None if settled else (aim.behind_since_ms if aim.behind_since_ms is not None else now_ms)
            new = LabelAim(wanted.content_hash, wanted.price_revision, behind)
            return Change(aim=new) if new != aim else None

        await self._keeper.change(book.label_id, decide)

    async def tick_for_ever(self) -> None:
        """Send again what is due, end dwells."""
        while True:
            for lane in self._lanes.values():
                lane.tick()
            await self._expire_dwells()
            await asyncio.sleep(TICK_SECONDS)

    async def _expire_dwells(self) -> None:
        mono_ms = self._clock.monotonic_ms()

        def decide(book: LabelBook | None, _aim: LabelAim) -> Change | None:
            if book is None:
                return None
            after, gone = expire(book, mono_ms)
            return Change(book=after) if gone else None

        due = [
            label_id
            for label_id, book in self._keeper.books.items()
            if any(
                image.until_mono_ms is not None and not image.retired and image.until_mono_ms <= mono_ms
                for image in book.images
            )
        ]
        await asyncio.gather(*(self._keeper.change(label_id, decide) for label_id in due))
