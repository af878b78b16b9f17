"""The publisher: every new version of a feed goes out as its delta, then as the retained head.

Whatever is lost on the way is pulled by the stores: the head tells them the version, so nothing here is repeated for them.
After each connection to the broker and to the database all heads are published again. A store that HQ moved to another zone
is told its new list of feeds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
import structlog
from psycopg_pool import PoolTimeout, TooManyRequests

from cloud.db.pool import Connection, Database, Scope
from cloud.feeds import store
from cloud.stores.domain import feeds_of
from protocols.clock import Clock
from protocols.sync import limits
from protocols.sync.delta import published_form
from protocols.sync.messages import FeedHead, FeedList, encode_message
from protocols.sync.topics import Channel, FeedChannel, feed_topic, store_topic

log = structlog.get_logger("cloud.feeds")

LOOK_SECONDS = 60.0
"""How often all heads are compared, in case a notice was lost."""
RETRY_SECONDS = 1.0
DELTAS_AT_ONCE_MAX = 32
"""Who is more versions behind than this (a broken line to the broker) is told the head alone and pulls."""
DELTA_BYTES_AT_ONCE = 4 * limits.DELTA_PLAIN_BYTES_MAX
COMPACT_EVERY_MS = 3_600_000
DELTAS_KEPT_MS = 14 * 86_400_000
DELTAS_KEPT = 64
"""Deltas younger than `DELTAS_KEPT_MS`, and in any case the newest `DELTAS_KEPT`, can be pulled; older: a snapshot."""

Publish = Callable[[str, bytes, bool], None]
"""topic, payload, retain. Must not wait."""


@dataclass
class _Wanted:
    """What to look at next."""

    heads_again: bool = False
    compare: bool = False
    feeds: set[str] = field(default_factory=set)
    stores: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.heads_again or self.compare or self.feeds or self.stores)


class Publisher:
    """Tell it what changed (`feed_changed`, `store_changed`, `line_is_up`, `notices_are_fresh`); `run` does the rest."""

    def __init__(self, database: Database, publish: Publish, clock: Clock, shards: int) -> None:
        self._database = database
        self._publish = publish
        self._clock = clock
        self._shards = shards
        self._wanted = _Wanted()
        self._some = asyncio.Event()
        self._published: dict[str, FeedHead] = {}
        self._compact_ms = clock.monotonic_ms()

    def feed_changed(self, feed_id: str) -> None:
        """A new version is committed."""
        self._wanted.feeds.add(feed_id)
        self._some.set()

    def store_changed(self, store_id: str) -> None:
        """A store's zone may be another one now."""
        self._wanted.stores.add(store_id)
        self._some.set()

    def line_is_up(self) -> None:
        """The broker may have forgotten everything."""
        self._wanted.heads_again = True
        self._some.set()

    def notices_are_fresh(self) -> None:
        """Notices may have been missed."""
        self._wanted.compare = True
        self._some.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._some.wait()
            except TimeoutError:
                self._wanted.compare = True
            try:
                await self.publish_now()
                await self._compact_sometimes()
            except (psycopg.OperationalError, PoolTimeout, TooManyRequests, OSError) as error:
                log.warning("feeds cannot be published", error=str(error))
                self.line_is_up()
                await asyncio.sleep(RETRY_SECONDS)

    async def publish_now(self) -> None:
        """Publish what it was told of; what fails is still wanted. Raises `psycopg.Error`, `PoolTimeout`, OSError."""
        self._some.clear()
        wanted, self._wanted = self._wanted, _Wanted()
        published = False
        try:
            async with self._database.transaction(Scope.everything()) as tx:
                await self._look(tx, wanted)
            published = True
        finally:
            if not published:
                self._wanted.stores |= wanted.stores

    async def _look(self, tx: Connection, wanted: _Wanted) -> None:
        epoch = await store.db_epoch(tx)
        if wanted.heads_again or wanted.compare:
            heads = await store.all_heads(tx, epoch)
        else:
            heads = await store.heads_of(tx, sorted(wanted.feeds), epoch)
        for feed_id, head in heads.items():
            before = self._published.get(feed_id)
            if before is not None and head != before:
                await self._publish_deltas(tx, before, head)
            if head != before or wanted.heads_again:
                self._publish(feed_topic(feed_id, FeedChannel.HEAD), encode_message(head), True)
                self._published[feed_id] = head
        for store_id in sorted(wanted.stores):
            await self._tell_feeds(tx, store_id, epoch)

    async def _publish_deltas(self, tx: Connection, before: FeedHead, head: FeedHead) -> None:
        if before.epoch != head.epoch or not 0 < head.version - before.version <= DELTAS_AT_ONCE_MAX:
            return
        found = await store.deltas(tx, head.feed_id, before.version, head.version, DELTA_BYTES_AT_ONCE)
        for _, delta in found:
            self._publish(feed_topic(head.feed_id, FeedChannel.DELTA), published_form(delta), False)

    async def _tell_feeds(self, tx: Connection, store_id: str, epoch: str) -> None:
        zone = await store.zone_of(tx, store_id)
        if zone is None:
            return
        followed = feeds_of(store_id, zone)
        heads = await store.heads_of(tx, followed, epoch)
        message = FeedList(feeds=tuple(heads[feed_id] for feed_id in followed if feed_id in heads))
        self._publish(store_topic(store_id, Channel.DOWN, self._shards), encode_message(message), False)

    async def _compact_sometimes(self) -> None:
        if self._clock.monotonic_ms() < self._compact_ms:
            return
        self._compact_ms = self._clock.monotonic_ms() + COMPACT_EVERY_MS
        before_ms = self._clock.now_ms() - DELTAS_KEPT_MS
        async with self._database.transaction(Scope.everything()) as tx:
            feed_ids = await store.feeds_with_old_deltas(tx, before_ms=before_ms, keep=DELTAS_KEPT)
        for feed_id in feed_ids:
            async with self._database.transaction(Scope.everything()) as tx:
                await store.compact(tx, feed_id, before_ms=before_ms, keep=DELTAS_KEPT)
