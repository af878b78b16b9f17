"""The job that keeps campaigns: looks at stores that said something new, opens rings that may open, marks what is complete.

Runs in the process of the people API. Of several processes one works at a time (an advisory lock); each step is one short
transaction, so a process that dies leaves nothing half done. A database that is away is tried again.
"""

from __future__ import annotations

import asyncio

import psycopg
import structlog
from psycopg_pool import PoolTimeout, TooManyRequests

from cloud.audit import store as audit
from cloud.audit.domain import Actor, Entry, Via
from cloud.campaigns import domain, landing, publishing, store
from cloud.campaigns.domain import Landing, RingState, State, Tick
from cloud.campaigns.store import Author
from cloud.clock import SystemClock
from cloud.db.pool import Connection, Database, Scope
from cloud.refusals import Refused
from cloud.settings import HqSettings
from protocols.clock import Clock

log = structlog.get_logger("cloud.campaigns")

STEP_SECONDS = 1.0
REST_SECONDS = 5.0
"""Between two steps when nothing is on its way."""
STORES_AT_ONCE = 50
ITSELF = Actor("", "by itself", Via.COMMAND)
AWAY = (psycopg.OperationalError, PoolTimeout, TooManyRequests)


async def run(settings: HqSettings, stop: asyncio.Event) -> None:
    """Keep campaigns until `stop`. Raises `psycopg_pool.PoolTimeout` without a database at the start."""
    async with Database(settings.app_conninfo(), size_max=2, application="tallystick-campaigns") as database:
        await keep(database, SystemClock(), stop)


async def keep(database: Database, clock: Clock, stop: asyncio.Event) -> None:
    """Step after step until `stop`."""
    while not stop.is_set():
        wait_seconds = REST_SECONDS
        try:
            if await step(database, clock.now_ms()):
                wait_seconds = STEP_SECONDS
        except AWAY as error:
            log.warning("campaigns wait", error=str(error))
        try:
            await asyncio.wait_for(stop.wait(), wait_seconds)
        except TimeoutError:
            continue


async def step(database: Database, now_ms: int) -> bool:
    """One look at everything; whether any campaign is on its way (or was just looked at)."""
    looked = await _look(database, now_ms)
    async with database.transaction(Scope.everything(), reading=True) as tx:
        on_their_way = await landing.active(tx)
    for campaign_id in on_their_way:
        await _advance(database, campaign_id, now_ms)
    return bool(looked or on_their_way)


async def _look(database: Database, now_ms: int) -> int:
    """Look at stores that may have moved; how many."""
    async with database.transaction(Scope.everything()) as tx:
        if not await landing.turn(tx):
            return 0
        rows = await landing.stale(tx, now_ms - domain.WATCHED_MS, STORES_AT_ONCE)
        for row in rows:
            await landing.look(tx, row, now_ms)
        for campaign_id in dict.fromkeys(row.campaign_id for row in rows):
            await _note_tick(tx, campaign_id, now_ms)
    return len(rows)


async def _note_tick(tx: Connection, campaign_id: str, now_ms: int) -> None:
    counts = await landing.counts(tx, campaign_id)
    ring_no = max((ring.ring_no for ring in await store.rings(tx, campaign_id) if ring.opened_at_ms is not None), default=0)
    tick = Tick(now_ms, ring_no, counts.store_count, counts.applied_count, counts.label_count, counts.shown_count)
    await landing.note_tick(tx, campaign_id, tick)


async def _advance(database: Database, campaign_id: str, now_ms: int) -> None:
    """Start it, open its next ring or mark it complete, if it is time. What refuses to open is tried again and said."""
    try:
        async with database.transaction(Scope.everything()) as tx:
            if await landing.turn(tx):
                await advance(tx, campaign_id, now_ms)
    except Refused as refused:
        log.warning("a ring does not open", campaign_id=campaign_id, code=refused.code, detail=refused.detail)
        async with database.transaction(Scope.everything()) as tx:
            await _say_why_not(tx, campaign_id, refused.detail)


async def _say_why_not(tx: Connection, campaign_id: str, detail: str) -> None:
    waiting = next((ring for ring in await store.rings(tx, campaign_id) if ring.opened_at_ms is None), None)
    if waiting is not None:
        await store.note_waits(tx, campaign_id, _with_waits(waiting, detail))


def _with_waits(ring: RingState, detail: str) -> RingState:
    return RingState(ring.ring_no, ring.name, ring.reach, ring.opens, ring.percent, ring.minutes, waits=detail)


async def advance(tx: Connection, campaign_id: str, now_ms: int) -> None:
    """The same for one campaign, in the caller's transaction. Raises `Refused` when its next ring cannot be opened."""
    await store.lock(tx, campaign_id)
    row = await store.get(tx, campaign_id)
    if row is None or row.state not in {State.SCHEDULED, State.RUNNING}:
        return
    if row.starts_at_ms is not None and row.starts_at_ms > now_ms:
        return
    if row.state is State.SCHEDULED:
        await store.set_state(tx, campaign_id, State.RUNNING, now_ms)
    there = await landing.landing(tx, campaign_id)
    rings = await store.rings(tx, campaign_id)
    waiting = next((ring for ring in rings if ring.opened_at_ms is None), None)
    if waiting is None:
        await _complete(tx, campaign_id, there, now_ms)
        return
    seen = domain.watch(waiting, there, now_ms)
    if seen.ring != waiting:
        await store.note_waits(tx, campaign_id, seen.ring)
    if seen.open_now:
        author = Author(row.published_by, now_ms)
        done = await publishing.open_ring(tx, campaign_id, waiting.ring_no, author)
        entry = Entry("campaign.ring_opened", campaign_id, after={"ring": waiting.ring_no, "landed_percent": there.percent})
        await audit.add(tx, ITSELF, entry, now_ms)
        log.info("a ring opened by itself", campaign_id=campaign_id, ring_no=waiting.ring_no, stores=len(done.stores))


async def _complete(tx: Connection, campaign_id: str, there: Landing, now_ms: int) -> None:
    """Every ring is open: complete once every store has it and every label shows it."""
    if not there.failures and there.percent == 100:
        await store.set_state(tx, campaign_id, State.COMPLETE, now_ms)
        await audit.add(tx, ITSELF, Entry("campaign.completed", campaign_id), now_ms)
