"""Headquarters of a replayed day: the real ingest, feeds, pricing and edge API on a real PostgreSQL.

PostgreSQL answers in its own time, so HQ lives on an event loop of its own in a thread of its own, and is called like a
function: virtual time stands still until it has answered, and nothing else runs meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from typing import TypeVar

import httpx

from cloud.catalogue import service as catalogue
from cloud.db.feed_changes import commit_feed, put_row
from cloud.db.pool import Connection, Scope
from cloud.edge_api.app import EdgeParts, create_app
from cloud.edge_api.peer import Peer, with_peer
from cloud.feeds.publisher import Publisher
from cloud.feeds.snapshots import SnapshotShelf
from cloud.ingest.committer import Committer
from cloud.ingest.inbox import Inbox, Incoming
from cloud.ingest.opened import OpenedBatch, open_incoming
from cloud.pricing import service as pricing
from cloud.pricing.domain import WantedPrice
from cloud.pricing.store import Author
from cloud.staff import store as staff_rows
from cloud.staff.store import StaffRecord
from cloud.stock.service import move_watermarks
from cloud.stores import service as stores
from cloud.stores.domain import StoreSettings
from cloud.telemetry.service import prepare
from protocols.clock import Clock, RandomSource
from protocols.contract.feed_rows import ZoneRow, encode_row, staff_feed
from protocols.contract.values import TaxMode
from protocols.sync.messages import DownMessage
from protocols.sync.topics import StoreTopic, parse_topic
from tests.sim.day.goods import STAFF, STORE_ID, STYLES, TAX_CLASSES, ZONE, Item, barcodes
from tests.support.hq_ground import GroundDatabase

T = TypeVar("T")

DWELL_SECONDS = 60
SERIAL = "1"
PROJECTED_AT_ONCE = 256


class Room:
    """The thread HQ lives in."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="hq", daemon=True)
        self._thread.start()

    def call(self, job: Coroutine[object, object, T]) -> T:
        """Do it there and wait for it, whatever time it takes."""
        return asyncio.run_coroutine_threadsafe(job, self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


Publish = Callable[[str, bytes, bool], None]
"""topic, payload, retain"""


class Hq:
    """The processes of HQ over one database. `restart` is a new ingest process; `close` ends all."""

    def __init__(self, ground: GroundDatabase, clock: Clock, rng: RandomSource, publish: Publish, shards: int) -> None:
        self.ground = ground
        self.room = Room()
        self._clock = clock
        self._rng = rng
        self._publish = publish
        self._shards = shards
        self.inbox = Inbox()
        self.said: list[tuple[Incoming, Sequence[DownMessage]]] = []
        self.turned_away = 0
        self._stack = contextlib.AsyncExitStack()

    def open(self) -> None:
        """Connect, and start the processes."""
        self.room.call(self._open())
        self.restart()

    async def _open(self) -> None:
        enter = self._stack.enter_async_context
        self._ingest = await enter(self.ground.open_ingest(size_max=3))
        self._app = await enter(self.ground.open(size_max=2))
        await prepare(self._ingest, self._clock.now_ms())
        self._shelf = SnapshotShelf(self.ground.ingest_url)
        self._stack.callback(self._shelf.close)
        inbox = Inbox()
        committer = Committer(
            self._ingest, inbox, lambda _incoming, _answers: None, clock=self._clock, rng=self._rng, group_seconds=0
        )
        running = asyncio.create_task(committer.run())
        self._stack.push_async_callback(_ended, running)
        parts = EdgeParts(self._ingest, inbox, self._shelf, self._clock)
        app = with_peer(create_app(parts), Peer(STORE_ID, SERIAL))  # type: ignore[arg-type]
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        self._web = await enter(httpx.AsyncClient(transport=transport, base_url="https://hq"))

    def close(self) -> None:
        self.room.call(self._stack.aclose())
        self.room.close()

    def restart(self) -> None:
        """A new ingest process: what waited in the old one is gone, heads are published again."""
        self.inbox = Inbox()
        self.said = []
        self.committer = Committer(self._ingest, self.inbox, self._say, clock=self._clock, rng=self._rng)
        self.publisher = Publisher(self._ingest, self._publish, self._clock, self._shards)
        self.publisher.line_is_up()

    def _say(self, incoming: Incoming, answers: Sequence[DownMessage]) -> None:
        self.said.append((incoming, answers))

    def hear(self, topic: str, payload: bytes) -> None:
        """The broker brings a message of a store."""
        parsed = parse_topic(topic)
        assert isinstance(parsed, StoreTopic)
        self.turned_away += not self.inbox.offer(Incoming(parsed.store_id, parsed.channel, payload, self._clock.now_ms()))

    def take(self, messages: Sequence[Incoming]) -> list[tuple[Incoming, Sequence[DownMessage]]]:
        """One group commit; the answers, to be said after it."""
        opened = [open_incoming(message) for message in messages]
        for each in opened:
            while isinstance(each, OpenedBatch) and len(each.projected) < len(each.batch.facts):
                each.project_some(PROJECTED_AT_ONCE)
        self.said = []
        self.room.call(self.committer.take(opened))
        said, self.said = self.said, []
        return said

    def publish(self) -> None:
        """Whatever the publisher was told of goes out."""
        self.room.call(self.publisher.publish_now())

    def request(self, method: str, target: str, body: bytes) -> httpx.Response:
        """A request of the store to the edge API."""
        return self.room.call(self._web.request(method, target, content=body))

    # What people at HQ do.

    def look(self, job: Callable[[Connection], Awaitable[T]]) -> T:
        """One transaction that looks at all HQ holds."""

        async def run() -> T:
            async with self._ingest.transaction(Scope.everything()) as tx:
                return await job(tx)

        return self.room.call(run())

    def within(self, job: Callable[[Connection], Awaitable[T]]) -> T:
        """One transaction of the people's API."""

        async def run() -> T:
            async with self._app.transaction(Scope.everything()) as tx:
                return await job(tx)

        return self.room.call(run())

    def set_up(self, items: list[Item]) -> None:
        """A chain of one store with goods, prices and people."""
        author = Author("replay", self._clock.now_ms())

        async def run(tx: Connection) -> None:
            now_ms = self._clock.now_ms()
            zone = ZoneRow(zone=ZONE, currency="EUR", tax_mode=TaxMode.INCLUSIVE, cash_rounding_minor=1)
            await pricing.put_zone(tx, zone, now_ms=now_ms)
            settings = StoreSettings(
                STORE_ID, "Replayed", ZONE, "UTC", label_dwell_seconds=DWELL_SECONDS, label_task_hours=1
            )
            await stores.add_store(tx, settings, now_ms=now_ms)
            await catalogue.load(tx, TAX_CLASSES, STYLES, [item.row for item in items], barcodes(items), now_ms=now_ms)
            await pricing.load_first_prices(tx, ZONE, [(item.item_id, item.price_minor) for item in items], author)
            for row in STAFF:
                record = StaffRecord(row.staff_id, row.name, list(row.rights), row.language, row.active, row.pin_hash)
                await staff_rows.put_staff(tx, STORE_ID, record)
                await put_row(tx, staff_feed(STORE_ID), row.key(), encode_row(row))
            await commit_feed(tx, staff_feed(STORE_ID), now_ms)
            await tx.execute(
                b"INSERT INTO store_certificate (serial, store_id, issued_at_ms, expires_at_ms) VALUES (%s, %s, 0, 1)",
                (SERIAL, STORE_ID),
            )

        self.within(run)

    def change_price(self, item_id: str, price_minor: int) -> int | None:
        """A new price from now on; the feed version it became."""
        wanted = [WantedPrice(item_id, price_minor, reason="replay")]
        author = Author("replay", self._clock.now_ms())
        result = self.within(lambda tx: pricing.change_prices(tx, ZONE, wanted, author))
        return result.feed_version

    def move_watermarks(self) -> int:
        """The background job of stock."""
        return self.room.call(move_watermarks(self._ingest, least=5))


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def same_epochs(ground: GroundDatabase, seed: int) -> None:
    """What a database draws when it is made is drawn from the seed: feeds and acks then name the same epochs."""
    with ground.owner() as owner:
        owner.execute("UPDATE hq_state SET feed_epoch = %s, restore_id = %s", (f"feed{seed:012x}", f"data{seed:012x}"))
        owner.execute(
            "CREATE OR REPLACE FUNCTION hq_server_identity() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER"
            " SET search_path = pg_catalog AS $$ SELECT 'replay.1' $$"
        )


@contextlib.contextmanager
def running_hq(ground: GroundDatabase, clock: Clock, rng: RandomSource, publish: Publish, shards: int) -> Iterator[Hq]:
    """An opened HQ, closed at the end."""
    hq = Hq(ground, clock, rng, publish, shards)
    try:
        hq.open()
        yield hq
    finally:
        hq.close()
