"""Use cases of telemetry: keep the tables ready, roll up what arrived, read a series.

Rollups are right whatever the order of arrival: ingest marks each five-minute bucket that got a value, in the transaction
that brought it; a pass takes marks off the list and aggregates exactly those buckets, hours and days from what is there
then. One pass works at a time, or an older view could overwrite a newer one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from cloud.db.pool import Connection, Database, Scope
from cloud.settings import TelemetryDays
from cloud.telemetry import store
from cloud.telemetry.domain import DAY_MS, RESOLUTION_OF, Point, SeriesName, Span
from cloud.web.in_scope import need_store
from protocols.clock import Clock

log = structlog.get_logger("cloud.telemetry")

MARKS_AT_ONCE = 5_000
"""Of one transaction: at most so many buckets are aggregated together."""
ROLL_SECONDS = 20.0
KEEP_SECONDS = 3_600.0
SEEN_MS = 2 * DAY_MS
"""A series nothing came of for so long is not offered."""
TIMESCALE = "timescale"


async def prepare(database: Database, now_ms: int) -> None:
    """Make ready for what may arrive in the next two weeks. Before ingest takes its first batch, and now and then."""
    async with database.transaction(Scope.everything()) as tx:
        made = await store.prepare(tx, now_ms)
        tier, offered = await store.tiers(tx)
    if made:
        log.info("partitions were made", count=made)
    if tier != offered:
        log.warning("telemetry was set up for another database tier", tier=tier, offered=offered)


async def keep(database: Database, now_ms: int, days: TelemetryDays) -> list[str]:
    """Let go of what is older than its setting; the statements that did it."""
    async with database.transaction(Scope.everything()) as tx:
        return await store.keep(tx, now_ms, days)


async def roll_up(database: Database, *, marks_at_once: int = MARKS_AT_ONCE) -> int:
    """Aggregate everything marked by now; how many marks that were. 0 when another process is at it."""
    done = 0
    while taken := await _step(database, marks_at_once):
        done += taken
        if taken < marks_at_once:
            break
    return done


async def _step(database: Database, limit: int) -> int:
    async with database.transaction(Scope.everything()) as tx:
        if not await store.alone(tx):
            return 0
        touched = await store.take_dirty(tx, limit)
        if not touched:
            return 0
        await store.note_latest(tx, touched)
        tier, _ = await store.tiers(tx)
        if tier != TIMESCALE:  # there the server's own continuous aggregates bear the same names
            await store.roll_up(tx, touched)
        return len(touched)


async def keep_rolling(database: Database, clock: Clock, days: TelemetryDays, away: tuple[type[Exception], ...]) -> None:
    """For ever: roll up, make ready, let go. A database that raises one of `away` is simply tried again later."""
    next_ms = clock.monotonic_ms()
    while True:
        try:
            done = await roll_up(database)
            if done:
                log.debug("rolled up", marks=done)
            if clock.monotonic_ms() >= next_ms:
                await prepare(database, clock.now_ms())
                for statement in await keep(database, clock.now_ms(), days):
                    log.info("telemetry was let go of", statement=statement)
                next_ms = clock.monotonic_ms() + int(KEEP_SECONDS * 1000)
        except away as error:
            log.warning("telemetry waits", error=str(error))
        await asyncio.sleep(ROLL_SECONDS)


async def names(tx: Connection, store_id: str, *, now_ms: int) -> list[SeriesName]:
    """What a store measures. Raises `Missing`."""
    await need_store(tx, store_id)
    return await store.names(tx, store_id, now_ms - SEEN_MS)


async def series(tx: Connection, store_id: str, name: SeriesName, span: Span, *, now_ms: int) -> Sequence[Point]:
    """One series of a store, oldest first. Raises `Missing` for a store outside the caller's scope."""
    await need_store(tx, store_id)
    resolution = RESOLUTION_OF[span]
    from_ms = (now_ms - resolution.length_ms) // resolution.step_ms * resolution.step_ms
    return await store.points(tx, store_id, name, resolution, from_ms, now_ms + resolution.step_ms)
