"""What the session finds wrong, told to people: the lasting ones stand on the till screens, all become facts for HQ."""

from __future__ import annotations

import structlog

from edge.checkout.alarms import AlarmBoard
from edge.checkout.reasons import reason
from edge.store_db.database import Database
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.journal import Journal
from protocols.clock import Clock
from protocols.contract.facts import StoreAlarm
from protocols.sync.effects import RaiseAlarm

log = structlog.get_logger("tallystick.edge.sync")

FACT_EVERY_MS = 60_000
"""A fact per code at most this often: a hostile line must not fill the journal."""
STANDING = {
    "clone_suspected": "hq_clone_suspected",
    "refused": "hq_refused",
    "journal_damaged": "journal_damaged",
    "facts_missing": "facts_missing",
}
"""Session codes that a person in the store must see, and the reason shown."""


class SyncAlarms:
    """Tells alarms of the session. `welcomed` takes down those that HQ's welcome proves over."""

    def __init__(self, board: AlarmBoard, store: Database, facts: Journal, clock: Clock) -> None:
        self._board = board
        self._store = store
        self._facts = facts
        self._clock = clock
        self._told_ms: dict[str, int] = {}

    async def tell(self, alarm: RaiseAlarm) -> None:
        """Log it, show it when it lasts, write the fact."""
        log.warning("sync alarm", code=alarm.code, detail=alarm.detail)
        shown = STANDING.get(alarm.code)
        if shown is not None:
            # A new alarm on the board becomes a fact by itself.
            self._board.raise_alarm(reason(shown, detail=alarm.detail[:200]))
            return
        now_ms = self._clock.monotonic_ms()
        if now_ms - self._told_ms.get(alarm.code, -FACT_EVERY_MS) < FACT_EVERY_MS:
            return
        self._told_ms[alarm.code] = now_ms
        fact = StoreAlarm(alarm=alarm.code, detail=alarm.detail[:500])
        try:
            await self._store.write(lambda tx: self._facts.append(tx, fact))
        except (StoreFull, StoreBusy) as error:
            log.error("the alarm could not be journalled", code=alarm.code, error=str(error))

    def welcomed(self) -> None:
        """HQ takes our facts again."""
        self._board.clear(STANDING["clone_suspected"])
        self._board.clear(STANDING["refused"])

    def line(self, problem: str) -> None:
        """A line that was refused needs a person; an empty text takes the alarm down."""
        self._board.keep(reason("hq_line_refused", detail=problem[:200]), standing=bool(problem))
