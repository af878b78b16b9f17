"""Carries print jobs to a printer, one after the other, and pulses to its drawer beside them. The till never waits for it.

"Sent" is noted durably before the first byte leaves, so that a killed box never prints an original twice and never opens a
drawer twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from edge.checkout.printing import Outcome, PrintJob, PrintQueue
from edge.store_db.errors import StoreBusy, StoreFull

log = structlog.get_logger("tallystick.edge.print")

RETRY_SECONDS = 2.0


class Printer(Protocol):
    """A printer as the worker sees it. Neither raises for what a device or line can do."""

    async def print(self, data: bytes) -> Outcome:
        """Print and say what became of it."""

    async def kick(self) -> Outcome:
        """One pulse on the drawer, also without paper."""


class PrintWorker:
    """The jobs of the tills that share one printer. `ready` tells whether the printer can take a job now, `reachable`
    whether it hears at all: a printer without paper still opens its drawer."""

    def __init__(
        self,
        queue: PrintQueue,
        printer: Printer,
        till_ids: tuple[str, ...],
        encode: Callable[[PrintJob], bytes],
        ready: Callable[[], bool],
        reachable: Callable[[], bool] | None = None,
    ) -> None:
        self._queue = queue
        self._printer = printer
        self._till_ids = till_ids
        self._encode = encode
        self._ready = ready
        self._reachable = reachable or ready
        self._for_paper, self._for_drawer = asyncio.Event(), asyncio.Event()

    def wake(self) -> None:
        """The printer's state changed."""
        self._for_paper.set()
        self._for_drawer.set()

    async def run(self) -> None:
        """Until cancelled. A receipt that waits for paper does not hold up the drawer."""
        self._queue.listen(self._till_changed)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep(self._for_drawer, self._reachable, self._queue.next_kick, self._kick))
                tasks.create_task(self._keep(self._for_paper, self._ready, self._queue.next_job, self._print))
        finally:
            self._queue.unlisten(self._till_changed)

    async def _keep(
        self,
        wake: asyncio.Event,
        able: Callable[[], bool],
        next_of: Callable[[str], PrintJob | None],
        act: Callable[[PrintJob], Awaitable[None]],
    ) -> None:
        while True:
            wake.clear()
            job = self._oldest(next_of) if able() else None
            if job is None:
                await wake.wait()
                continue
            try:
                await act(job)
            except (StoreFull, StoreBusy) as error:
                # The outcome could not be noted: at the next start the job counts as in doubt and a marked copy follows.
                log.error("a print job could not be noted", job=job.job_id, error=str(error))
                await asyncio.sleep(RETRY_SECONDS)

    def _till_changed(self, till_id: str) -> None:
        if till_id in self._till_ids:
            self.wake()

    def _oldest(self, next_of: Callable[[str], PrintJob | None]) -> PrintJob | None:
        jobs = [job for till_id in self._till_ids if (job := next_of(till_id)) is not None]
        return min(jobs, key=lambda job: (job.made_at_ms, job.job_id), default=None)

    async def _kick(self, job: PrintJob) -> None:
        if self._queue.kick_is_late(job):
            await self._queue.mark_kick(job.job_id, "is_late")
            return
        await self._queue.mark_kick(job.job_id, "leaves")
        outcome: Outcome = "unknown"
        try:
            outcome = await self._printer.kick()
        finally:
            if outcome == "not_sent":
                await self._queue.mark_kick(job.job_id, "is_due")
            elif job.document is None:
                await self._queue.mark_outcome(job.job_id, outcome)
        if outcome == "not_sent":
            await asyncio.sleep(RETRY_SECONDS)

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
