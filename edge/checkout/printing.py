"""The print queue: what tills want printed, and what became of it. The till never waits for it.

A job is `queued`, then `sent` (noted durably before the first byte leaves), then `confirmed` or `unknown`. So no receipt is
printed as an original twice, whatever is cut off when. An original that ended `unknown` is followed by one copy, marked as
such; a copy is not.

The pulse on the drawer leaves before and apart from the paper, so that a printer without paper opens it too. It is noted
durably before it leaves, so it is given at most once; when nothing left it is due again, for a minute: a drawer that opens
by itself later helps nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from edge.checkout.documents import ReceiptDocument
from edge.checkout.store import queries
from edge.store_db.connection import Row
from edge.store_db.database import StoreFile, Tx
from protocols.clock import Clock, IdSource
from protocols.contract.values import ClockQuality

PRINT_WITHIN_MS = 15 * 60_000
"""A job that waited longer is not printed any more (state `unknown`): its customer has gone. Bounds the queue."""

KICK_WITHIN_MS = 60_000

Outcome = Literal["confirmed", "unknown", "not_sent"]

_documents = msgspec.json.Decoder(ReceiptDocument)


@dataclass(frozen=True, slots=True)
class PrintJob:
    """One thing to print; `document` None: only the drawer is kicked."""

    job_id: str
    till_id: str
    sale_id: str | None
    made_at_ms: int
    copy: bool
    kick_drawer: bool
    document: ReceiptDocument | None


def put_job(
    tx: Tx,
    *,
    job_id: str,
    till_id: str,
    sale_id: str | None,
    made_at_ms: int,
    kick_drawer: bool,
    document: ReceiptDocument | None,
) -> None:
    """Queue a job in the caller's transaction."""
    copy = document is not None and document.copy
    body = b"" if document is None else msgspec.json.encode(document)
    tx.execute(queries["put_job"], (job_id, till_id, sale_id, made_at_ms, int(copy), int(kick_drawer), body))


class PrintQueue:
    """What a print worker uses: look for the next job of a till, note that it leaves, note what became of it."""

    def __init__(self, store: StoreFile, clock: Clock, ids: IdSource) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._listeners: list[Callable[[str], None]] = []

    def listen(self, listener: Callable[[str], None]) -> None:
        """Call `listener(till_id)` whenever a job was queued or changed state."""
        self._listeners.append(listener)

    def unlisten(self, listener: Callable[[str], None]) -> None:
        """No longer."""
        self._listeners.remove(listener)

    def changed(self, till_id: str) -> None:
        """Tell the listeners."""
        for listener in self._listeners:
            listener(till_id)

    def next_job(self, till_id: str) -> PrintJob | None:
        """The oldest queued job of a till whose drawer, if it opens one, was seen to."""
        row = self._store.reader().execute(queries["next_job"], (till_id,)).fetchone()
        return None if row is None else _job(row)

    def next_kick(self, till_id: str) -> PrintJob | None:
        """The oldest job of a till that still has to open the drawer."""
        row = self._store.reader().execute(queries["next_kick"], (till_id,)).fetchone()
        return None if row is None else _job(row)

    def kick_is_late(self, job: PrintJob) -> bool:
        """Whether the drawer must not open for it any more."""
        return abs(self._clock.now_ms() - job.made_at_ms) > KICK_WITHIN_MS

    async def mark_kick(self, job_id: str, what: Literal["leaves", "is_due", "is_late"]) -> None:
        """The pulse is about to leave (durable when this returns); or nothing of it left; or it is given up."""
        await self._store.write(lambda tx: self._mark_kick(tx, job_id, what))

    async def mark_sent(self, job_id: str) -> None:
        """The job is about to leave. Durable when this returns; only then may the first byte be written."""
        await self._set_state(job_id, "sent")

    async def mark_outcome(self, job_id: str, outcome: Outcome) -> None:
        """`confirmed`: printed to its end. `unknown`: it may be. `not_sent`: no byte left, it stays queued."""
        if outcome == "unknown":
            await self._store.write(lambda tx: self._doubt(tx, job_id))
        else:
            await self._set_state(job_id, "queued" if outcome == "not_sent" else outcome)

    def recover(self, tx: Tx) -> None:
        """At start: jobs that were on their way when the box stopped are in doubt."""
        for (job_id,) in tx.execute(queries["jobs_in_doubt"]).fetchall():
            self._doubt(tx, job_id)

    def expire(self, tx: Tx) -> None:
        """Give up on jobs that waited too long. Does nothing while the clock cannot be trusted."""
        if self._clock.quality() is not ClockQuality.UNSYNCED:
            now_ms = self._clock.now_ms()
            tx.execute(queries["expire_jobs"], (now_ms - PRINT_WITHIN_MS, now_ms + PRINT_WITHIN_MS))

    async def _set_state(self, job_id: str, state: str) -> None:
        def run(tx: Tx) -> None:
            tx.execute(queries["set_job_state"], (state, job_id))
            self._tell_after(tx, job_id)

        await self._store.write(run)

    def _mark_kick(self, tx: Tx, job_id: str, what: str) -> None:
        tx.execute(queries[f"kick_{what}"], (job_id,))
        self._tell_after(tx, job_id)

    def _doubt(self, tx: Tx, job_id: str) -> None:
        tx.execute(queries["set_job_state"], ("unknown", job_id))
        job = self._tell_after(tx, job_id)
        if job is None or job.copy or job.document is None:
            return
        put_job(
            tx,
            job_id=self._ids.new(),
            till_id=job.till_id,
            sale_id=job.sale_id,
            made_at_ms=self._clock.now_ms(),
            kick_drawer=False,
            document=as_copy(job.document),
        )

    def _tell_after(self, tx: Tx, job_id: str) -> PrintJob | None:
        row = tx.execute(queries["job"], (job_id,)).fetchone()
        if row is None:
            return None
        job = _job(row)
        tx.after_commit(lambda: self.changed(job.till_id))
        return job


def as_copy(document: ReceiptDocument) -> ReceiptDocument:
    """The same receipt, marked as a copy by whoever prints it."""
    return msgspec.structs.replace(document, copy=True)


def _job(row: Row) -> PrintJob:
    job_id, till_id, sale_id, made_at_ms, copy, kick_drawer, body = row
    document = _documents.decode(body) if body else None
    return PrintJob(job_id, till_id, sale_id, made_at_ms, bool(copy), bool(kick_drawer), document)
