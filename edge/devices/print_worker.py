"""Carries print jobs to a printer, one after the other. The till never waits for it.

"Sent" is noted durably before the first byte leaves, so that a killed box never prints an original twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from edge.checkout.printing import Outcome, PrintJob, PrintQueue
from edge.store_db.errors import StoreBusy, StoreFull

log = structlog.get_logger("tallystick.edge.print")

RETRY_SECONDS = 2.0


class Printer(Protocol):
    """A printer as the worker sees it."""

    async def print(self, data: bytes) -> Outcome:
        """Print and say what became of it; never raises for what a device or line can do."""


class PrintWorker:
    """The jobs of the tills that share one printer. `ready` tells whether the printer can take a job now."""

    def __init__(
        self,
        queue: PrintQueue,
        printer: Printer,
        till_ids: tuple[str, ...],
        encode: Callable[[PrintJob], bytes],
        ready: Callable[[], bool],
    ) -> None:
        self._queue = queue
        self._printer = printer
        self._till_ids = till_ids
        self._encode = encode
        self._ready = ready
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """The printer's state changed."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        self._queue.listen(self._till_changed)
        try:
            await self._print_all()
        finally:
            self._queue.unlisten(self._till_changed)

    async def _print_all(self) -> None:
        while True:
            self._wake.clear()
            job = self._next() if self._ready() else None
            if job is None:
                await self._wake.wait()
                continue
            try:
                await self._print(job)
            except (StoreFull, StoreBusy) as error:
                # The outcome could not be noted: at the next start the job counts as in doubt and a marked copy follows.
                log.error("a print job could not be noted", job=job.job_id, error=str(error))
                await asyncio.sleep(RETRY_SECONDS)

    def _till_changed(self, till_id: str) -> None:
        if till_id in self._till_ids:
            self._wake.set()

    def _next(self) -> PrintJob | None:
        jobs = [job for till_id in self._till_ids if (job := self._queue.next_job(till_id)) is not None]
        return min(jobs, key=lambda job: (job.made_at_ms, job.job_id), default=None)

    async def _print(self, job: PrintJob) -> None:
        data = self._encode(job)
        await self._queue.mark_sent(job.job_id)
        outcome: Outcome = "unknown"
        try:
            outcome = await self._printer.print(data)
        finally:
            await self._queue.mark_outcome(job.job_id, outcome)
        if outcome == "not_sent":
            await asyncio.sleep(RETRY_SECONDS)
