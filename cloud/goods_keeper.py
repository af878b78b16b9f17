"""The job that tells stores of goods on their way, forgets what is over, and makes EPCIS events of what stores reported.

Runs in the process of the people API. Several may run: each step is taken by one of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import structlog

from cloud.clock import SystemClock
from cloud.db.pool import Connection, Database, Scope
from cloud.deliveries import service as deliveries
from cloud.epcis.happenings import make_events
from cloud.reservations import service as reservations
from cloud.settings import HqSettings
from cloud.shelf_rules import service as shelf_rules
from protocols.clock import Clock

log = structlog.get_logger("cloud.goods")

REST_SECONDS = 1.0
ROUNDS_MAX = 20
"""Of one job before the others have their turn."""

Job = Callable[..., Awaitable[int]]
JOBS: tuple[Job, ...] = (deliveries.follow, shelf_rules.tell, reservations.forget, make_events)
"""Each does a little in a transaction over the whole chain and says how much; 0: there is nothing to do."""


async def run(settings: HqSettings, stop: asyncio.Event) -> None:
    """Work until `stop`. Raises `psycopg_pool.PoolTimeout` without a database at the start."""
    async with Database(settings.app_conninfo(), size_max=1, application="tallystick-goods") as database:
        await keep(database, SystemClock(), stop)


async def keep(database: Database, clock: Clock, stop: asyncio.Event) -> None:
    """Round after round until `stop`."""
    while not stop.is_set():
        try:
            await once(database, clock)
        except psycopg.OperationalError as error:
            log.warning("goods wait", error=str(error))
        try:
            await asyncio.wait_for(stop.wait(), REST_SECONDS)
        except TimeoutError:
            continue


async def once(database: Database, clock: Clock) -> int:
    """Do what there is to do; how much it was."""
    done = 0
    for job in JOBS:
        for _ in range(ROUNDS_MAX):
            async with database.transaction(Scope.everything()) as tx:
                count = await _one(job, tx, clock)
            done += count
            if count == 0:
                break
    return done


async def _one(job: Job, tx: Connection, clock: Clock) -> int:
    return await job(tx, now_ms=clock.now_ms())
