"""The policy of the second medium: a sale waits a moment for it, never longer; when it fails, selling goes on, alarmed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from edge.store_db.database import Database
from edge.store_db.second_medium import FAILURES, SecondMedium
from protocols.clock import Clock

WAIT_SECONDS_MAX = 1.0
RETRY_SECONDS = 30


class SecureCopy(Protocol):
    """Where facts are kept twice before a sale is answered."""

    async def secure(self) -> None:
        """Return when every committed fact is on the second medium, or when that is not possible now."""

    @property
    def problem(self) -> str:
        """Why copying does not work; empty while it does (or is not wanted)."""

    def close(self) -> None:
        """Stop copying."""


class NoSecondMedium:
    """The store has no second medium."""

    problem = ""

    async def secure(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to stop."""


class SecondCopy:
    """Copies committed facts on a thread of its own, so that a hanging stick hangs nobody else."""

    def __init__(self, database: Database, folder: Path, *, store_id: str, bytes_max: int, clock: Clock) -> None:
        self._database = database
        self._make: Callable[[], SecondMedium] = lambda: SecondMedium(folder, store_id=store_id, bytes_max=bytes_max)
        self._clock = clock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="second-medium")
        self._medium: SecondMedium | None = None
        self._running: set[asyncio.Future[str]] = set()
        self._retry_at_ms = 0
        self.problem = ""

    async def secure(self) -> None:
        """Wait at most `WAIT_SECONDS_MAX` for the copy; after a failure try again only every `RETRY_SECONDS`."""
        stuck = bool(self.problem) and bool(self._running)
        if stuck or (self.problem and self._clock.monotonic_ms() < self._retry_at_ms):
            return
        job = asyncio.get_running_loop().run_in_executor(self._thread, self._copy)
        self._running.add(job)
        job.add_done_callback(self._finished)
        await asyncio.wait({job}, timeout=WAIT_SECONDS_MAX)
        if not job.done():
            self._failed(f"the second medium does not answer within {WAIT_SECONDS_MAX:.0f} s")

    def close(self) -> None:
        """Stop. Does not wait for a hanging medium."""
        self._thread.shutdown(wait=not self._running, cancel_futures=True)
        if self._medium is not None and not self._running:
            self._medium.close()

    def _copy(self) -> str:
        """Runs on the thread; returns the problem or an empty text."""
        try:
            if self._medium is None:
                self._medium = self._make()
            self._medium.copy_from(self._database.reader())
        except FAILURES as error:
            if self._medium is not None:
                self._medium.close()
                self._medium = None
            return str(error) or type(error).__name__
        return ""

    def _finished(self, job: asyncio.Future[str]) -> None:
        self._running.discard(job)
        if job.cancelled():
            return
        if problem := job.result():
            self._failed(problem)
        elif not self._running:
            self.problem = ""

    def _failed(self, problem: str) -> None:
        self.problem = problem
        self._retry_at_ms = self._clock.monotonic_ms() + RETRY_SECONDS * 1000
