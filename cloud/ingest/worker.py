"""Ingest worker `shard` of `shards`: hears the stores of its share of the topics, takes what they say, answers.

Worker k of n hears the topic shards s with s mod n = k (topics have TALLYSTICK_SHARDS shards, the same at every store). The
first worker also publishes feeds, carries out orders, moves the stock watermarks and drops old deltas.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

import structlog

from cloud.clock import SystemClock, SystemRandom
from cloud.db.feed_changes import CHANNEL as FEED_CHANNEL
from cloud.db.pool import Database, Scope
from cloud.feeds.notices import Notices
from cloud.feeds.publisher import Publisher
from cloud.ingest import store
from cloud.ingest.committer import AWAY, Committer
from cloud.ingest.inbox import Inbox, Incoming
from cloud.ingest.mqtt import HqLine, LineBroken, Saying, hq_tls
from cloud.ingest.orders import Orders
from cloud.settings import HqSettings
from cloud.stock.opening import retire_answered
from cloud.stock.service import move_watermarks
from cloud.stores.service import STORE_CHANNEL
from cloud.telemetry.service import keep_rolling, prepare
from protocols.clock import Clock, RandomSource
from protocols.sync.backoff import retry_wait
from protocols.sync.messages import DownMessage, encode_message
from protocols.sync.topics import Channel, store_topic

log = structlog.get_logger("cloud.ingest")

LINE_RETRY_FIRST_MS = 200
LINE_RETRY_CAP_MS = 5_000
COUNT_SECONDS = 60.0
CANCEL_AGAIN_SECONDS = 1.0
WATERMARK_SECONDS = 60.0
LINE_STEADY_MS = 10_000
"""A line that held this long is counted as new when it breaks."""


async def run(settings: HqSettings, stop: asyncio.Event, *, shard: int, shards: int) -> None:
    """Work until `stop` is set.

    Raises `SettingsError` or OSError before `init`, ValueError for a shard that does not exist, `psycopg_pool.PoolTimeout`
    when the database does not answer at the start.
    """
    if not 0 <= shard < shards:
        raise ValueError(f"shard {shard} of {shards}: shards count from 0 to {shards - 1}")
    if shards > settings.shards:
        raise ValueError(
            f"{shards} workers for {settings.shards} topic shards: at most as many workers as TALLYSTICK_SHARDS"
        )
    tls = hq_tls(settings.folder)
    async with Database(settings.ingest_conninfo(), size_max=6, application=f"tallystick-ingest-{shard}") as database:
        clock, rng = SystemClock(), SystemRandom()
        inbox = Inbox()
        topic_shards = [number for number in range(settings.shards) if number % shards == shard]
        identifier = f"hq-ingest-{shard}-{rng.bytes(6).hex()}"  # who can guess it could push us off the broker
        line = HqLine(settings.mqtt_url, tls, identifier, topic_shards, inbox, clock)

        def say(incoming: Incoming, answers: Sequence[DownMessage]) -> None:
            topic = store_topic(incoming.store_id, Channel.DOWN, settings.shards)
            for answer in answers:
                line.say(Saying(topic, encode_message(answer)))

        committer = Committer(database, inbox, say, clock=clock, rng=rng, durable=settings.durable)
        jobs = [_keep_line(line, rng, clock), committer.run(), _count(committer, inbox, line)]
        if settings.metrics is not None:
            from cloud.ingest.metrics import Watched, serve_metrics  # noqa: PLC0415 - a web server, only where it is wanted

            watched = Watched(
                database,
                clock,
                committer.counters,
                inbox,
                ignored=lambda: line.ignored,
                published=lambda: line.published,
                connected=lambda: line.connected,
            )
            jobs.append(serve_metrics(settings, settings.metrics, shard, watched))
        if shard == 0:
            async with database.transaction(Scope.everything()) as tx:
                await store.mend_arrivals(tx)
            await prepare(database, clock.now_ms())
            jobs += _chores_of_the_first(settings, database, line, rng, clock)
        await run_until(stop, jobs)


def _chores_of_the_first(
    settings: HqSettings, database: Database, line: HqLine, rng: RandomSource, clock: Clock
) -> list[Coroutine[object, object, None]]:
    """What one worker does for all."""

    def publish(topic: str, payload: bytes, retain: bool) -> None:
        line.say(Saying(topic, payload, retain))

    publisher = Publisher(database, publish, clock, settings.shards)
    orders = Orders(database, clock)
    line.on_up = publisher.line_is_up

    def heard(channel: str, payload: str) -> None:
        if channel == FEED_CHANNEL:
            publisher.feed_changed(payload)
        else:
            publisher.store_changed(payload)
            orders.look()

    def fresh() -> None:
        publisher.notices_are_fresh()
        orders.look()

    channels = (FEED_CHANNEL, STORE_CHANNEL)
    notices = Notices(settings.ingest_conninfo(), channels, heard=heard, fresh=fresh, rng=rng)
    rolling = keep_rolling(database, clock, settings.telemetry_days, AWAY)
    return [publisher.run(), orders.run(), notices.run(), _keep_tails_short(database, clock), rolling]


async def _keep_tails_short(database: Database, clock: Clock) -> None:
    """Move the stock watermarks and clear answered opening stock now and then; a database that is away is tried later."""
    while True:
        await asyncio.sleep(WATERMARK_SECONDS)
        try:
            folded = await move_watermarks(database)
            await retire_answered(database, clock.now_ms())
        except AWAY as error:
            log.warning("stock watermarks stay", error=str(error))
        else:
            log.debug("stock watermarks moved", stores=folded)


async def run_until(stop: asyncio.Event, jobs: Sequence[Coroutine[object, object, None]]) -> None:
    """Run jobs that never end, until `stop` is set or one raises; then none of them runs any more."""
    tasks = [asyncio.create_task(job) for job in jobs]
    stopping = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _end(frozenset((*tasks, stopping)))
    for task in done:
        task.result()


async def _end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks until they are over: `asyncio.wait_for` of Python 3.11 can swallow a cancellation that comes just as what
    it waits for is done (as while a connection is made), and the task would go on for ever."""
    running = list(tasks)
    while running:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=CANCEL_AGAIN_SECONDS)
        running = [task for task in running if not task.done()]


async def _count(committer: Committer, inbox: Inbox, line: HqLine) -> None:
    """A line of figures in the log now and then, while anything happens."""
    told = 0
    while True:
        await asyncio.sleep(COUNT_SECONDS)
        counters = committer.counters
        if counters.messages == told and inbox.turned_away == 0:
            continue
        told = counters.messages
        log.info(
            "ingest",
            messages=counters.messages,
            facts=counters.facts,
            groups=counters.groups,
            retries=counters.retries,
            dropped=counters.dropped,
            waiting=len(inbox),
            turned_away=inbox.turned_away,
            ignored=line.ignored,
        )


async def _keep_line(line: HqLine, rng: RandomSource, clock: Clock) -> None:
    """Connect again and again, later and later while it fails."""
    tries = 0
    while True:
        begun_ms = clock.monotonic_ms()
        try:
            await line.run()
        except LineBroken as error:
            if clock.monotonic_ms() - begun_ms > LINE_STEADY_MS:
                tries = 0
            wait_ms = retry_wait(rng, tries, LINE_RETRY_FIRST_MS, LINE_RETRY_CAP_MS)
            tries += 1
            log.warning("the line to the broker broke", error=str(error), again_in_ms=wait_ms)
            await asyncio.sleep(wait_ms / 1000)
