"""What the stock needs by the clock: long counts booked to their end, overdue orders let go, price cuts proposed, book and
tags compared once a day."""

from __future__ import annotations

import asyncio

import structlog

from edge.catalogue import lookup
from edge.stock import comparing, expiry, feed, reservations
from edge.stock.count_booking import CountBooking
from edge.stock.rules import SELLABLE, rules
from edge.store_db.database import StoreFile
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.journal import Journal, business_date
from protocols.clock import Clock
from protocols.contract.values import ClockQuality, Place

log = structlog.get_logger("tallystick.edge.stock")

LOOK_SECONDS = 30.0


class StockWatch:
    """Run it as a task of the box."""

    def __init__(self, store: StoreFile, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._counts = CountBooking(store, journal, clock)
        self._caught_up = False
        self._day = ""

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self.look()
            except (StoreBusy, StoreFull) as error:
                log.warning("the stock's tasks wait for the disk", error=str(error))
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Do what is due now. A clock that cannot be trusted makes nothing overdue or expired. Raises `StoreDbError`."""
        if not self._caught_up and feed.has_rows(self._store.reader()):
            await self._store.write(lambda tx: feed.catch_up(tx, self._journal, self._clock.now_ms()))
        self._caught_up = True
        await self._counts.finish_all()
        if self._clock.quality() is ClockQuality.UNSYNCED:
            return
        now_ms, source = self._clock.now_ms(), self._store.reader()
        if source.execute(reservations.queries["overdue"], (now_ms,)).fetchone() is not None:
            await self._store.write(lambda tx: reservations.let_go_overdue(tx, self._journal, now_ms))
        today = business_date(now_ms, lookup.time_zone(source))
        if self._proposals_due(today):
            await self._store.write(lambda tx: expiry.propose(tx, self._journal, today, now_ms))
        if today != self._day:
            for place in SELLABLE:
                await self._compare(f"daily/{today}/{place}", place)
            self._day = today

    def _proposals_due(self, today: str) -> bool:
        source = self._store.reader()
        steps = rules(source).markdown_steps
        found = ((each, expiry.step_of(each.days_left, steps)) for each in expiry.expiring(source, today))
        return any(step is not None and not expiry.is_proposed(source, each, step) for each, step in found)

    async def _compare(self, comparison_id: str, place: Place) -> None:
        """In a thread: of 50,000 tags it takes a second, and the tills share this loop."""
        if comparing.is_told(self._store.reader(), comparison_id):
            return
        lines = await asyncio.to_thread(lambda: comparing.compare(self._store.reader(), place))
        now_ms = self._clock.now_ms()
        await self._store.write(lambda tx: comparing.tell(tx, self._journal, comparison_id, place, lines, now_ms))
