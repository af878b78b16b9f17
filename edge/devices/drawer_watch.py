"""Watches the cash drawers: one that does not open when told to, one left open, and one that opens with nobody's leave.

A drawer says how it stands through its printer, so nothing is concluded while the printer does not speak.
"""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from edge.checkout.alarms import AlarmBoard
from edge.checkout.reasons import reason
from edge.settings import Settings
from edge.settings.devices.printers import PrinterTable
from edge.store_db.database import Database, Tx
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.journal import Journal
from protocols.clock import Clock
from protocols.contract.event_codes import EventCode
from protocols.contract.till_facts import TillEvent
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent, DrawerKicked, PrinterStatus

log = structlog.get_logger("tallystick.edge.drawers")

MUST_OPEN_MS = 1_000
ORDER_LASTS_MS = 10_000
"""A drawer that opens this soon after an order opens because of it: some printers give the pulse late."""
FORCED_KEPT = 100
"""Openings without leave not yet written; when there are more, the oldest are dropped and logged."""
FORCED_WORDS = "opened without an order of the till: by key, or by force"
_GONE = {DeviceState.RETRYING, DeviceState.FAILED, DeviceState.STOPPED}


@dataclass(frozen=True, slots=True)
class DrawerRule:
    """One drawer: the tills it serves, and how long it may stand open; 0: as long as it likes."""

    till_ids: tuple[str, ...]
    open_seconds: int = 60


def drawer_rule(settings: Settings, printer_id: str) -> DrawerRule | None:
    """The rule of the drawer at a printer; None: no till has it, or nobody can see how it stands."""
    till_ids = tuple(till.id for till in settings.tills if till.printer == printer_id)
    device = next((each for each in settings.devices if each.id == printer_id), None)
    if not till_ids or not isinstance(device, PrinterTable) or device.drawer_sense == "none":
        return None
    return DrawerRule(till_ids, device.drawer_open_seconds)


@dataclass(slots=True)
class _Drawer:
    rule: DrawerRule
    is_open: bool | None = None
    open_since_ms: int = 0
    ordered_ms: int | None = None
    """The last order; None: none yet."""
    waited_for: bool = False
    """That order has not been seen to open it yet."""
    stuck: bool = False
    left_open: bool = False


def _append(journal: Journal, fact: TillEvent, tx: Tx) -> None:
    journal.append_many(tx, [fact])


class DrawerWatch:
    """`rule_of`: the rule of a drawer by the device id of its printer, as the settings have it now; None: it is not watched.
    `take` is called on the event loop and returns at once."""

    def __init__(
        self,
        rule_of: Callable[[str], DrawerRule | None],
        store: Database,
        journal: Journal,
        alarms: AlarmBoard,
        clock: Clock,
    ) -> None:
        self._rule_of = rule_of
        self._drawers: dict[str, _Drawer] = {}
        self._store = store
        self._journal = journal
        self._alarms = alarms
        self._clock = clock
        self._forced: deque[TillEvent] = deque()
        self._written = asyncio.Event()

    def take(self, event: DeviceEvent) -> None:
        """Something a printer said."""
        rule = self._rule_of(event.device_id)
        if rule is None:
            return
        drawer = self._drawers.setdefault(event.device_id, _Drawer(rule))
        drawer.rule = rule
        now_ms = self._clock.monotonic_ms()
        match event:
            case DrawerKicked():
                drawer.ordered_ms, drawer.waited_for = now_ms, True
            case PrinterStatus(drawer_open=bool(is_open)):
                self._sensed(drawer, is_open, now_ms)
            case DeviceStateEvent(state=state) if state in _GONE:
                drawer.is_open = None  # what happens meanwhile, nobody sees
        self._show()

    def look(self) -> None:
        """Once a second: how long drawers stand open."""
        now_ms = self._clock.monotonic_ms()
        for device_id in [each for each in self._drawers if self._rule_of(each) is None]:
            del self._drawers[device_id]
        for drawer in self._drawers.values():
            limit_ms = drawer.rule.open_seconds * 1_000
            drawer.left_open = bool(drawer.is_open and limit_ms and now_ms - drawer.open_since_ms >= limit_ms)
        self._show()

    async def run(self) -> None:
        """Write down openings without leave, for ever."""
        while True:
            await self._written.wait()
            self._written.clear()
            while self._forced:
                fact = self._forced[0]
                try:
                    await self._store.write(functools.partial(_append, self._journal, fact))
                except (StoreFull, StoreBusy) as error:
                    log.warning("an opened drawer could not be journalled", till=fact.till_id, error=str(error))
                    await asyncio.sleep(1)
                    continue
                self._forced.popleft()

    def _sensed(self, drawer: _Drawer, is_open: bool, now_ms: int) -> None:
        was_open, drawer.is_open = drawer.is_open, is_open
        ordered_ms = drawer.ordered_ms
        since_order_ms = None if ordered_ms is None else now_ms - ordered_ms
        if is_open:
            drawer.waited_for = drawer.stuck = False
            if was_open is not True:
                drawer.open_since_ms = now_ms
            if was_open is False and (since_order_ms is None or since_order_ms > ORDER_LASTS_MS):
                self._opened_by_itself(drawer)
            return
        drawer.left_open = False
        if drawer.waited_for and since_order_ms is not None and since_order_ms >= MUST_OPEN_MS:
            drawer.waited_for, drawer.stuck = False, True

    def _opened_by_itself(self, drawer: _Drawer) -> None:
        if len(self._forced) >= FORCED_KEPT:
            log.warning("too many openings of drawers wait to be journalled; the oldest is dropped")
            self._forced.popleft()
        till_id = drawer.rule.till_ids[0]
        self._forced.append(TillEvent(code=EventCode.DRAWER_OPENED, till_id=till_id, detail=FORCED_WORDS))
        self._written.set()

    def _show(self) -> None:
        stuck = self._tills(lambda drawer: drawer.stuck)
        self._alarms.keep(reason("drawer_stuck", tills=stuck), standing=bool(stuck))
        left_open = self._tills(lambda drawer: drawer.left_open)
        self._alarms.keep(reason("drawer_left_open", tills=left_open), standing=bool(left_open))

    def _tills(self, wanted: Callable[[_Drawer], bool]) -> str:
        tills = (till_id for drawer in self._drawers.values() if wanted(drawer) for till_id in drawer.rule.till_ids)
        return ", ".join(tills)
