"""Tells HQ when a loss rule is passed: watches the journal, and puts an alarm into it. Nothing is shown at the till."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import structlog

from edge.checkout.loss import LossAlert, LossWatch
from edge.checkout.shifts import rules
from edge.store_db import journal
from edge.store_db.database import StoreFile, Tx
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.journal import Journal
from protocols.clock import Clock
from protocols.contract.facts import FactBody, StoreAlarm, UnknownFactKind, decode_body, decode_envelope
from protocols.contract.values import Stream

log = structlog.get_logger("tallystick.edge.loss")

ALERTS_WAITING_MAX = 100
"""Policy when reached: further ones are logged and dropped; the facts they come from are at HQ anyway."""
FACTS_LOOKED_BACK = 2_000
"""After a start the newest facts are counted anew, so that a restart hides nothing."""
AGAIN_SECONDS = 5.0


class LossGuard:
    """Run it as a task of the box."""

    def __init__(self, store: StoreFile, facts: Journal, clock: Clock) -> None:
        self._store = store
        self._facts = facts
        self._clock = clock
        self._watch = LossWatch()
        self._waiting: asyncio.Queue[LossAlert] = asyncio.Queue(ALERTS_WAITING_MAX)
        self._look_back()
        facts.watch(self._noted)

    def _look_back(self) -> None:
        source = self._store.reader()
        mine = journal.identity(source).incarnation
        last = journal.stream_head(source, mine, Stream.TXN).last_seq
        rows = journal.read_after(source, mine, Stream.TXN, max(0, last - FACTS_LOOKED_BACK), limit_rows=FACTS_LOOKED_BACK)
        held = rules(source).loss
        for row in rows:
            with contextlib.suppress(UnknownFactKind):  # made by newer software before a step back
                self._watch.note(row.at_ms, (decode_body(decode_envelope(row.fact)),), held)

    def _noted(self, facts: Sequence[FactBody]) -> None:
        for alert in self._watch.note(self._clock.now_ms(), facts, rules(self._store.reader()).loss):
            try:
                self._waiting.put_nowait(alert)
            except asyncio.QueueFull:
                log.warning("loss alert dropped", detail=alert.detail)

    async def run(self) -> None:
        """For ever."""
        while True:
            alert = await self._waiting.get()
            await self._tell(StoreAlarm(alarm="loss_rule", detail=alert.detail))

    async def _tell(self, alarm: StoreAlarm) -> None:
        def run(tx: Tx) -> None:
            self._facts.append(tx, alarm)

        while True:
            try:
                await self._store.write(run)
            except (StoreBusy, StoreFull):
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return
