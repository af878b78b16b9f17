"""`/metrics` of an ingest worker: what it took, what waits, how far behind it is. A listener of its own, off by default."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client.core import Metric
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cloud.db.pool import Database, Scope
from cloud.ingest.committer import AWAY, Counters
from cloud.ingest.inbox import Inbox
from cloud.ingest.store import Q
from cloud.settings import Address, HqSettings
from cloud.telemetry import store as telemetry
from cloud.web.scrape import MEDIA_TYPE, ScrapeDoor, counter, gauge, pool_families, scrape_token, text_of
from cloud.web.server import Tls, listen, serve
from protocols.clock import Clock


@dataclass(frozen=True)
class Watched:
    """What is told of a worker. `ignored`: messages of unknown topics; `published`: messages handed to the broker."""

    database: Database
    clock: Clock
    counters: Counters
    inbox: Inbox
    ignored: Callable[[], int]
    published: Callable[[], int]
    connected: Callable[[], bool]


async def serve_metrics(settings: HqSettings, first: Address, shard: int, watched: Watched) -> None:
    """Until cancelled; the port is the first one's plus `shard`. Raises `CannotListen`, `SettingsError`."""
    address = Address(first.host, first.port + shard)
    open_to_all = address.loopback and not settings.metrics_token_always
    door = ScrapeDoor("" if open_to_all else scrape_token(settings))
    listening = listen(address.host, address.port, "metrics listener")
    try:
        tls = None if address.loopback else Tls.of(settings.tls_cert, settings.tls_key)
        await serve(metrics_app(watched, door), listening, asyncio.Event(), tls=tls)
    finally:
        listening.close()


def metrics_app(watched: Watched, door: ScrapeDoor) -> Starlette:
    """One route."""

    async def metrics(request: Request) -> Response:
        if not door.opens(request.headers.get("authorization", "")):
            return PlainTextResponse("metrics need their token\n", 401, {"WWW-Authenticate": "Bearer"})
        try:
            stored = await _stored(watched)
        except AWAY:
            stored = [gauge("tallystick_ingest_database_up", "The database answers", 0)]
        return Response(text_of([*_own(watched), *pool_families(watched.database), *stored]), media_type=MEDIA_TYPE)

    return Starlette(routes=[Route("/metrics", metrics)])


def _own(watched: Watched) -> Iterator[Metric]:
    counters, inbox = watched.counters, watched.inbox
    yield counter("tallystick_ingest_messages", "Messages taken", counters.messages)
    yield counter("tallystick_ingest_batches", "Journal batches committed", counters.batches)
    yield counter("tallystick_ingest_facts", "Facts committed", counters.facts)
    yield counter("tallystick_ingest_groups", "Group commits", counters.groups)
    yield counter("tallystick_ingest_retries", "Commits tried again while the database was away", counters.retries)
    yield counter("tallystick_ingest_dropped", "Messages dropped because nothing could be made of them", counters.dropped)
    yield counter("tallystick_ingest_turned_away", "Batches turned away because the inbox was full", inbox.turned_away)
    yield counter("tallystick_ingest_ignored", "Messages on topics nobody knows", watched.ignored())
    yield counter("tallystick_feed_messages", "Messages handed to the broker", watched.published())
    yield gauge("tallystick_inbox_depth", "Messages that wait", len(inbox))
    yield gauge("tallystick_inbox_fill", "Share of the inbox's room that is taken, in thousandths of it", inbox.fill())
    yield gauge("tallystick_broker_connected", "The line to the broker is up", int(watched.connected()))


async def _stored(watched: Watched) -> list[Metric]:
    async with watched.database.transaction(Scope.everything()) as tx:
        dirty = await telemetry.dirty_count(tx)
        row = await (await tx.execute(Q["progress"])).fetchone()
    quarantined, last_ms = (0, None) if row is None else row
    found = [
        gauge("tallystick_ingest_database_up", "The database answers", 1),
        gauge("tallystick_facts_quarantined", "Facts that could not be made into rows", int(quarantined)),
        gauge("tallystick_telemetry_marks", "Marks of buckets that wait to be rolled up", dirty),
    ]
    if last_ms is not None:
        age = max(0, watched.clock.now_ms() - int(last_ms)) / 1000
        found.append(gauge("tallystick_ingest_last_sale_age_seconds", "Since the newest sale was taken", age))
    return found
