"""Checks running beside the requests of the people API: one file at a time, because a large one takes memory.

A check that dies with its process is begun anew by whoever asks for the import next (`service.waits_for_check`).
"""

from __future__ import annotations

import asyncio

import psycopg
import structlog
from psycopg_pool import PoolTimeout, TooManyRequests

from cloud.imports import service
from cloud.imports.service import Progress, Stopped
from cloud.web.access import Hq

log = structlog.get_logger("cloud.imports")

AT_ONCE = 1
WAITING_MAX = 100
"""Checks begun and not done; the next one is left to whoever asks for it later."""


class Checks:
    """Begin checks and forget about them; the database tells how they go."""

    def __init__(self, hq: Hq) -> None:
        self._hq = hq
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._running: dict[str, asyncio.Task[None]] = {}

    def begin(self, import_id: str) -> None:
        """Check an import soon; nothing happens when that is under way already."""
        if import_id in self._running or len(self._running) >= WAITING_MAX or self._hq.stopping.is_set():
            return
        task = asyncio.create_task(self._check(import_id), name=f"check {import_id}")
        self._running[import_id] = task
        task.add_done_callback(lambda _: self._running.pop(import_id, None))

    async def _check(self, import_id: str) -> None:
        hq = self._hq
        async with self._turn:
            try:
                await service.check(hq.database, import_id, hq.clock, hq.ids, Progress(stopping=hq.stopping.is_set))
            except Stopped:
                log.info("a check stops with the process", import_id=import_id)
            except (psycopg.OperationalError, PoolTimeout, TooManyRequests) as error:
                log.warning("a check could not be done", import_id=import_id, error=str(error))
