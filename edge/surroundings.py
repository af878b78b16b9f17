"""What stands around the tills, gathered for screens: devices, headquarters, alarms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from edge.checkout.alarms import AlarmBoard
from edge.checkout.reasons import reason
from edge.promotions.service import StoreOffers
from edge.store_db import journal
from edge.store_db.database import StoreFile
from protocols.clock import Clock
from protocols.contract.reason import Reason
from protocols.contract.till import DeviceView

AGE_REFRESH_MS = 500


class DeviceBoard(Protocol):
    """The supervised devices of the store."""

    def views(self) -> tuple[DeviceView, ...]:
        """Every device with its state and the reason for it."""


class HqLink(Protocol):
    """The line to headquarters."""

    @property
    def online(self) -> bool:
        """Whether headquarters answers."""

    def status(self) -> str:
        """In words, for the health page."""


class NoDevices:
    """A box without devices."""

    def views(self) -> tuple[DeviceView, ...]:
        """None."""
        return ()


class NoHq:
    """A box that stands alone."""

    online = False

    def status(self) -> str:
        """Nobody to talk to."""
        return "no headquarters in the settings"


class BoxSurroundings:
    """See `edge.checkout.ports.Surroundings`. `talks_to_hq` False: nothing ever waits to be acknowledged."""

    def __init__(
        self, *, store: StoreFile, clock: Clock, alarms: AlarmBoard, devices: DeviceBoard, hq: HqLink, talks_to_hq: bool
    ) -> None:
        self._store = store
        self._clock = clock
        self._alarms = alarms
        self._devices = devices
        self._hq = hq
        self._talks_to_hq = talks_to_hq
        self._age_at_ms: int | None = None
        self._age_seconds = 0

    def devices(self, device_ids: Sequence[str]) -> tuple[DeviceView, ...]:
        """The states of these devices, and of the label access points, which concern every till."""
        wanted = frozenset(device_ids)
        return tuple(view for view in self._devices.views() if view.device_id in wanted or view.device_kind == "labels")

    def hq_online(self) -> bool:
        """Whether headquarters answers."""
        return self._hq.online

    def oldest_unacked_seconds(self) -> int:
        """Age of the oldest fact headquarters does not hold, at most `AGE_REFRESH_MS` old."""
        if not self._talks_to_hq:
            return 0
        mono_ms = self._clock.monotonic_ms()
        if self._age_at_ms is None or mono_ms - self._age_at_ms >= AGE_REFRESH_MS:
            oldest_ms = journal.oldest_unacked_at_ms(self._store.reader())
            self._age_seconds = 0 if oldest_ms is None else max(0, self._clock.now_ms() - oldest_ms) // 1000
            self._age_at_ms = mono_ms
        return self._age_seconds

    def alarms(self) -> tuple[Reason, ...]:
        """What a person must know now."""
        return self._alarms.standing()


def keep_promotion_alarm(alarms: AlarmBoard, offers: StoreOffers) -> None:
    """Say which promotions of headquarters cannot be used; said anew, and so told to headquarters, when they are others."""
    told = offers.told()
    alarm = reason("promotion_refused", promotions=told)
    if any(each.code == alarm.code and each != alarm for each in alarms.standing()):
        alarms.clear(alarm.code)
    alarms.keep(alarm, standing=bool(told))
