"""The job that keeps stored value: books what facts say, lets go of reservations and takes out lots whose time is over.

Runs in the process of the people API. Several may run: each booking claims its row. A database that is away is tried again.
"""

from __future__ import annotations

import asyncio

import psycopg
import structlog

from cloud.clock import SystemClock
from cloud.db.pool import Database, Scope
from cloud.settings import HqSettings
from cloud.stored_value import ledger
from cloud.stored_value.settle import AT_ONCE, settle_some
from protocols.clock import Clock

log = structlog.get_logger("cloud.stored_value")

REST_SECONDS = 1.0
TIDY_AT_ONCE = 50


async def run(settings: HqSettings, stop: asyncio.Event) -> None:
    """Keep stored value until `stop`. Raises `psycopg_pool.PoolTimeout` without a database at the start."""
    async with Database(settings.app_conninfo(), size_max=2, application="tallystick-value") as database:
        await keep(database, SystemClock(), stop)


async def keep(database: Database, clock: Clock, stop: asyncio.Event) -> None:
    """Step after step until `stop`."""
    while not stop.is_set():
        more = False
        try:
            more = await step(database, clock.now_ms()) >= AT_ONCE
        except psycopg.OperationalError as error:
            log.warning("stored value waits", error=str(error))
        if more:
            continue
        try:
            await asyncio.wait_for(stop.wait(), REST_SECONDS)
        except TimeoutError:
            continue


async def step(database: Database, now_ms: int) -> int:
    """Book what is due, tidy what has ended; how many were due."""
    booked = await settle_some(database, now_ms)
    async with database.transaction(Scope.everything(), reading=True) as tx:
        waiting = await ledger.accounts_to_tidy(tx, now_ms, TIDY_AT_ONCE)
    for account_id in waiting:
        async with database.transaction(Scope.everything()) as tx:
            account = await ledger.lock_id(tx, account_id)
            if account is not None:
                await ledger.expire(tx, account, now_ms)
    return booked
