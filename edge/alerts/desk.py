"""Gathers the alerts of the running box and tells at once when the list changes.

A sale that takes an item under its minimum wakes the desk after its commit; devices, alarms and the line are looked at every
second, labels every ten.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from edge.alerts.cold import cold_alerts
from edge.alerts.domain import (
    NOTABLE,
    Alert,
    LateLabel,
    Noted,
    Since,
    box_alert,
    count_alert,
    device_alert,
    hq_alert,
    label_alerts,
    low_stock_alert,
    with_notes,
)
from edge.alerts.goods import goods_alerts
from edge.checkout.alarms import AlarmBoard
from edge.labels.places import place_of
from edge.labels.service import LabelService, LabelView
from edge.sensors.cold_chain import ColdChain
from edge.stock import last_unit, low
from edge.store_db.database import StoreFile, Tx
from edge.store_db.journal import Journal
from edge.store_db.queries import load
from edge.surroundings import DeviceBoard, HqLink
from protocols.clock import Clock
from protocols.contract.values import Stream

queries = load("edge.alerts", "alerts.sql")

LOOK_SECONDS = 1.0
COLD_CHAIN = "cold_chain"
PAUSE_SECONDS = 0.1
"""Sales in a burst are looked at together: the tills share this thread."""
WAITING_MAX = 50
"""Askers that wait at once. Policy when reached: further ones are answered at once."""
LABELS_LOOK_MS = 10_000
NOTE_LASTS_MS = 30 * 86_400_000


class UnknownAlert(LookupError):
    """There is no such alert now, or nobody can take note of it."""


@dataclass(frozen=True, slots=True)
class AlertSources:
    """What the desk looks at. `labels` None: a store without them; `talks_to_hq` False: a box that stands alone."""

    store: StoreFile
    journal: Journal
    clock: Clock
    alarms: AlarmBoard
    devices: DeviceBoard
    labels: LabelService | None
    hq: HqLink
    talks_to_hq: bool
    cold: ColdChain | None = None


class AlertDesk:
    """The list of alerts. `run` it as a task; `revision` changes with the list."""

    def __init__(self, sources: AlertSources) -> None:
        self._from = sources
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        self._devices_since, self._alarms_since, self._hq_since = Since(), Since(), Since()
        self._device_ages_ms: dict[str, int] = {}
        self._labels: list[Alert] = []
        self._labels_due_mono_ms = 0
        self._alerts: tuple[Alert, ...] = ()
        self._running = False
        self._waiting = 0
        self.revision = 0
        sources.journal.listen(lambda row: self.touch() if row.stream is Stream.TXN else None)
        sources.alarms.listen(lambda _alarm: self.touch())

    def touch(self) -> None:
        """Something changed: look now."""
        self._wake.set()

    def alerts(self) -> tuple[Alert, ...]:
        """The list as it was found last, the newest trouble first."""
        return self._alerts

    def device_ages_ms(self) -> dict[str, int]:
        """For every device how long it has been in its state."""
        return dict(self._device_ages_ms)

    async def changed_since(self, revision: int, *, seconds: float) -> None:
        """Return when the list is another than that of `revision`, after `seconds`, or when the box ends.

        With `WAITING_MAX` waiting already it returns at once.
        """
        if self._waiting >= WAITING_MAX:
            return
        self._waiting += 1
        try:
            async with asyncio.timeout(seconds):
                while self._running and self.revision == revision:
                    await self._changed.wait()
        except TimeoutError:
            return
        finally:
            self._waiting -= 1

    async def note(self, alert_id: str, staff_id: str) -> None:
        """A person takes note. Raises `UnknownAlert`, `StoreDbError`."""
        alert = next((each for each in self._alerts if each.alert_id == alert_id and each.kind in NOTABLE), None)
        if alert is None:
            raise UnknownAlert(alert_id)
        now_ms = self._from.clock.now_ms()

        def run(tx: Tx) -> None:
            tx.execute(queries["prune_noted"], (now_ms - NOTE_LASTS_MS,))
            tx.execute(queries["put_noted"], (alert.alert_id, alert.since_ms, staff_id, now_ms))

        await self._from.store.write(run, durable=False)
        self.look()

    async def run(self) -> None:
        """Look for ever."""
        self._running = True
        try:
            while True:
                self._wake.clear()
                self.look()
                await asyncio.sleep(PAUSE_SECONDS)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._wake.wait()
        finally:
            self._running = False
            self._tell()

    def look(self) -> None:
        """Find the alerts of this moment."""
        found = [
            *self._low_stock(),
            *self._to_count(),
            *self._devices(),
            *self._late_labels(),
            *self._box(),
            *self._line(),
            *self._goods(),
            *cold_alerts(self._from.cold),
        ]
        noted = self._noted()
        alerts = with_notes(sorted(found, key=lambda alert: (-alert.since_ms, alert.alert_id)), noted)
        if tuple(alerts) != self._alerts:
            self._alerts = tuple(alerts)
            self.revision += 1
            self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _noted(self) -> Callable[[str], Noted | None]:
        rows = self._from.store.reader().execute(queries["all_noted"])
        noted = {alert_id: Noted(since_ms, staff_id, at_ms) for alert_id, since_ms, staff_id, at_ms in rows}
        return noted.get

    def _low_stock(self) -> list[Alert]:
        return [low_stock_alert(each) for each in low.low_items(self._from.store.reader())]

    def _goods(self) -> list[Alert]:
        return goods_alerts(self._from.store.reader(), self._from.clock.now_ms())

    def _to_count(self) -> list[Alert]:
        return [count_alert(each) for each in last_unit.count_tasks(self._from.store.reader())]

    def _devices(self) -> list[Alert]:
        now_ms, mono_ms = self._from.clock.now_ms(), self._from.clock.monotonic_ms()
        views = self._from.devices.views()
        self._device_ages_ms = self._devices_since.ages_ms({view.device_id: view.state for view in views}, mono_ms)
        found = (device_alert(view, self._device_ages_ms[view.device_id], now_ms) for view in views)
        return [self._steady(alert) for alert in found if alert is not None]

    def _late_labels(self) -> list[Alert]:
        labels, mono_ms = self._from.labels, self._from.clock.monotonic_ms()
        if labels is not None and mono_ms >= self._labels_due_mono_ms:
            self._labels_due_mono_ms = mono_ms + LABELS_LOOK_MS
            self._labels = label_alerts(labels.late(), lambda label_id: self._late_label(labels.view(label_id)))
        return self._labels

    def _late_label(self, view: LabelView) -> LateLabel:
        where = place_of(self._from.store.reader(), view.label_id)
        name = view.item_name or view.item_id or ""
        return LateLabel(view.label_id, name, view.item_name_zh, view.reason, "" if where is None else str(where))

    def _box(self) -> list[Alert]:
        now_ms, mono_ms = self._from.clock.now_ms(), self._from.clock.monotonic_ms()
        standing = [
            alarm for alarm in self._from.alarms.standing() if alarm.code != COLD_CHAIN
        ]  # each has an alert of its own
        ages_ms = self._alarms_since.ages_ms({alarm.code: "" for alarm in standing}, mono_ms)
        return [self._steady(box_alert(alarm, ages_ms[alarm.code], now_ms)) for alarm in standing]

    def _line(self) -> list[Alert]:
        now_ms, mono_ms = self._from.clock.now_ms(), self._from.clock.monotonic_ms()
        away = {"hq": ""} if self._from.talks_to_hq and not self._from.hq.online else {}
        ages_ms = self._hq_since.ages_ms(away, mono_ms)
        alert = hq_alert(ages_ms["hq"], now_ms) if away else None
        return [] if alert is None else [self._steady(alert)]

    def _steady(self, alert: Alert) -> Alert:
        """The same alert keeps the instant it was first told with, whatever the wall clock does meanwhile."""
        known = next((each for each in self._alerts if each.alert_id == alert.alert_id), None)
        if known is None or abs(known.since_ms - alert.since_ms) > LABELS_LOOK_MS:
            return alert
        return Alert(alert.alert_id, alert.kind, alert.code, alert.subject_id, known.since_ms, alert.params)
