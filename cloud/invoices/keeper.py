"""The job that makes invoices of sales that arrived after they were asked for, and red letters of goods that came back.

Runs in the process of the people API. Several may run: a paper is unique per sale and return.
"""

from __future__ import annotations

import asyncio

import psycopg
import structlog

from cloud.clock import SystemClock, SystemRandom
from cloud.db.pool import Database, Scope
from cloud.invoices.service import AT_ONCE, make_due
from cloud.settings import HqSettings
from protocols.clock import Clock, IdSource

log = structlog.get_logger("cloud.invoices")

REST_SECONDS = 5.0


async def run(settings: HqSettings, stop: asyncio.Event) -> None:
    """Make what is due until `stop`. Raises `psycopg_pool.PoolTimeout` without a database at the start."""
    clock = SystemClock()
    async with Database(settings.app_conninfo(), size_max=1, application="tallystick-invoices") as database:
        await keep(database, clock, IdSource(clock, SystemRandom()), stop)


async def keep(database: Database, clock: Clock, ids: IdSource, stop: asyncio.Event) -> None:
    """Step after step until `stop`."""
    while not stop.is_set():
        made = 0
        try:
            async with database.transaction(Scope.everything()) as tx:
                made = await make_due(tx, clock.now_ms(), ids)
        except psycopg.OperationalError as error:
            log.warning("invoices wait", error=str(error))
        if made >= AT_ONCE:
            continue
        try:
            await asyncio.wait_for(stop.wait(), REST_SECONDS)
        except TimeoutError:
            continue
