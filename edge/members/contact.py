"""When headquarters was heard last: kept in the store database, a minute behind at most, so that it outlives a restart."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from edge.members import cache
from edge.store_db.database import StoreFile, Tx
from edge.store_db.errors import StoreDbError
from protocols.clock import Clock

EVERY_SECONDS = 20.0


class HqContact:
    """`heard` is called with every answer; `online` says whether the line stands. Run `run` beside."""

    def __init__(self, store: StoreFile, clock: Clock, online: Callable[[], bool]) -> None:
        self._store = store
        self._clock = clock
        self._online = online
        self._heard = False

    def heard(self) -> None:
        """Headquarters answered just now."""
        self._heard = True

    async def run(self) -> None:
        """Keep it, for ever."""
        while True:
            if self._heard or self._online():
                self._heard = False
                with contextlib.suppress(StoreDbError):
                    await self._store.write(self._hear, durable=False)
            await asyncio.sleep(EVERY_SECONDS)

    def _hear(self, tx: Tx) -> None:
        cache.hear(tx, self._clock.now_ms())
