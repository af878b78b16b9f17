"""Notices of the database (LISTEN): who changed what, heard by a connection of its own that comes back by itself.

A notice can be missed while the connection is away; after each connection `fresh` is called, so that all is looked at anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import psycopg
import structlog
from psycopg import sql

from cloud.db.queries import load_queries
from protocols.clock import RandomSource
from protocols.sync.backoff import retry_wait

log = structlog.get_logger("cloud.feeds")
Q = load_queries(__file__, "notices.sql")

RETRY_FIRST_MS = 200
RETRY_CAP_MS = 10_000
LOOK_SECONDS = 30.0
"""How often a silent connection is tried."""


class Notices:
    """Calls `heard(channel, payload)` for each notice. Neither callable may wait."""

    def __init__(
        self,
        conninfo: str,
        channels: Sequence[str],
        *,
        heard: Callable[[str, str], None],
        fresh: Callable[[], None],
        rng: RandomSource,
    ) -> None:
        self._conninfo = conninfo
        self._channels = channels
        self._heard = heard
        self._fresh = fresh
        self._rng = rng

    async def run(self) -> None:
        """Listen until cancelled."""
        tries = 0
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._conninfo, autocommit=True, application_name="tallystick-notices"
                ) as connection:
                    for channel in self._channels:
                        await connection.execute(Q["listen"].format(channel=sql.Identifier(channel)))
                    self._fresh()
                    tries = 0
                    await self._hear(connection)
            except (psycopg.OperationalError, OSError) as error:
                wait_ms = retry_wait(self._rng, tries, RETRY_FIRST_MS, RETRY_CAP_MS)
                tries += 1
                log.warning("notices of the database are not heard", error=str(error), again_in_ms=wait_ms)
                await asyncio.sleep(wait_ms / 1000)

    async def _hear(self, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
        while True:
            async for notice in connection.notifies(timeout=LOOK_SECONDS):
                self._heard(notice.channel, notice.payload)
            await connection.execute(Q["look"])
