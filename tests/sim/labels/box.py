"""One boot of the box, as far as shelf prices go: the real catalogue, label service and access point drivers.

What the daemon does each second (look at the clock, tell of flips, note the trusted instant) is done here as well.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edge.catalogue import lookup
from edge.catalogue.apply import Applied, delete_row, put_row, replace_feed
from edge.catalogue.watch import CatalogueWatch
from edge.devices.label_parts import AccessPointGateway
from edge.labels.content import Renderer
from edge.labels.service import LabelService, LabelSettings
from edge.labels.shelf import CatalogueShelf
from edge.store_db.database import Tx
from edge.store_db.errors import StoreDbError
from firmware_bridges.oepl_ap import OeplAccessPoint
from firmware_bridges.oepl_web import ApAnswer, ApLink, NoAnswer
from firmware_bridges.supervise import LinkBroken, supervise
from protocols.clock import SeededRandom
from protocols.contract.facts import FactBody
from protocols.contract.values import FeedId
from protocols.device_events import DeviceEvent, DeviceStateEvent
from protocols.esl.oepl_requests import HttpRequest
from simulators.replay.devices import MemoryAccessPoint
from tests.sim.day.box import ApWeb
from tests.sim.labels.clocks import BoxClock
from tests.sim.labels.disk import InlineDatabase, Life

BEAT_SECONDS = 1.0
NOTE_BEATS = 10
RECONCILE_SECONDS = 30.0

Rows = Mapping[tuple[FeedId, str], bytes]
"""What HQ wants the store to hold: bodies by feed and key."""


@dataclass(slots=True)
class Journal:
    """Facts of committed transactions, over all boots."""

    facts: list[FactBody] = field(default_factory=list)

    def append(self, tx: Tx, body: FactBody) -> None:
        """See `edge.labels.keeper.FactLog`."""
        tx.after_commit(lambda: self.facts.append(body))


class _Web:
    """The access point's web as long as this boot lives."""

    def __init__(self, point: MemoryAccessPoint, life: Life) -> None:
        self._web = ApWeb(point)
        self._life = life

    async def listen(self) -> None:
        self._alive()
        await self._web.listen()

    async def ask(self, http: HttpRequest) -> ApAnswer:
        if self._life.over:
            raise NoAnswer("killed")
        return await self._web.ask(http)

    async def hear(self) -> str:
        heard = await self._web.hear()
        self._alive()
        return heard

    async def close(self) -> None:
        await self._web.close()

    def _alive(self) -> None:
        if self._life.over:
            raise LinkBroken("killed")


class Box:
    """From power-on to `kill`."""

    def __init__(
        self,
        path: Path,
        points: Mapping[str, MemoryAccessPoint],
        clock: BoxClock,
        renderer: Renderer,
        journal: Journal,
        settings: LabelSettings,
        rng: random.Random,
        *,
        upload_pause_seconds: float = 0.05,
    ) -> None:
        self.life = Life(rng)
        self.database = InlineDatabase(path, self.life)
        self._clock = clock
        self._rng = rng
        self._drivers = {
            name: OeplAccessPoint(
                name,
                f"http://{name}",
                clock,
                reconcile_seconds=RECONCILE_SECONDS,
                upload_pause_seconds=upload_pause_seconds,
                open_link=self._opener(point),
            )
            for name, point in points.items()
        }
        self.shelf = CatalogueShelf(self.database, clock)
        self.labels = LabelService(
            self.database,
            journal,
            self.shelf,
            renderer,
            {name: AccessPointGateway(driver) for name, driver in self._drivers.items()},
            clock,
            lambda: settings,
        )
        self.watch = CatalogueWatch(self.database, clock)
        self.watch.listen(self.labels.items_changed)
        self._events: asyncio.Queue[DeviceEvent] = asyncio.Queue()
        self._tasks: list[asyncio.Task[object]] = []

    def _opener(self, point: MemoryAccessPoint):  # type: ignore[no-untyped-def]
        def open_link(_url: str, _seconds: float) -> ApLink:
            return _Web(point, self.life)

        return open_link

    def start(self) -> None:
        """Everything runs."""
        self.labels.start(self.database.reader())
        for number, driver in enumerate(self._drivers.values()):
            chance = SeededRandom(self._rng.getrandbits(32) + number)
            self._run(supervise(driver, self._events.put_nowait, self._clock, chance))
        for each in (self.labels.run(), self._route(), self._beat()):
            self._run(each)

    def _run(self, work) -> None:  # type: ignore[no-untyped-def]
        self._tasks.append(asyncio.create_task(work))

    async def _route(self) -> None:
        while True:
            event = await self._events.get()
            if isinstance(event, DeviceStateEvent):
                continue
            try:
                await self.labels.on_event(event)
            except StoreDbError:
                continue

    async def _beat(self) -> None:
        beat = 0
        while not self.life.over:
            flipped = self.watch.tick()
            if flipped or beat % NOTE_BEATS == 0:
                await self.database.write(lambda tx: lookup.remember_trusted_clock(tx, self._clock), durable=False)
            beat += 1
            await asyncio.sleep(BEAT_SECONDS)

    async def kill(self) -> None:
        """SIGKILL: nothing runs on, nothing is tidied up."""
        self.life.end()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.database.close()

    def crashed(self) -> BaseException | None:
        """Why a task ended that never should, in a boot that was not killed."""
        if self.life.over:
            return None
        ended = [task for task in self._tasks if task.done()]
        return next((task.exception() or RuntimeError(f"{task} ended") for task in ended), None)

    # The catalogue, as the feeds of the sync do it.

    async def hold(self, rows: Rows) -> None:
        """Make the feeds exactly these (snapshots), in any order."""
        by_feed: dict[FeedId, list[tuple[str, bytes]]] = {}
        for (feed_id, key), body in rows.items():
            by_feed.setdefault(feed_id, []).append((key, body))
        feeds = list(by_feed)
        self._rng.shuffle(feeds)
        for feed_id in feeds:
            self._rng.shuffle(by_feed[feed_id])
            await self._apply(lambda tx, applied, feed=feed_id: replace_feed(tx, feed, by_feed[feed], applied))

    async def change(self, puts: Iterable[tuple[FeedId, str, bytes]], deletes: Iterable[tuple[FeedId, str]]) -> None:
        """Apply a delta; what comes twice does no harm."""
        puts, deletes = list(puts), list(deletes)

        def run(tx: Tx, applied: Applied) -> None:
            for feed_id, key, body in puts:
                put_row(tx, feed_id, key, body, applied)
            for feed_id, key in deletes:
                delete_row(tx, feed_id, key, applied)

        await self._apply(run)

    async def _apply(self, run) -> None:  # type: ignore[no-untyped-def]
        applied = Applied()
        await self.database.write(lambda tx: run(tx, applied))
        self.watch.changed(None if applied.beyond_items else applied.items)

    # The till.

    def in_force(self, item_id: str) -> tuple[int, int] | None:
        """Price and revision in force, as this box sees it."""
        source = self.database.reader()
        price = lookup.price_in_force(source, item_id, lookup.pricing_now_ms(source, self._clock))
        return None if price is None else (price.price_minor, price.revision)

    def charge(self, item_id: str) -> int | None:
        """What a till of this box charges (`edge.checkout.goods`); None: it refuses to sell."""
        force = self.in_force(item_id)
        if force is None:
            return None
        shown = self.labels.lowest_for(item_id)
        return force[0] if shown is None else min(force[0], shown.price_minor)
