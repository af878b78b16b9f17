"""Log lines about devices: one when a device is lost, one when it is back, and few of them for one that flaps."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import structlog

from protocols.clock import Clock
from protocols.contract.till import DeviceView
from protocols.device_events import DeviceState

LOSSES_AN_HOUR_MAX = 6
"""Policy beyond: nothing is said of further losses of the device until fewer lie within an hour; then how many were."""
HOUR_MS = 3_600_000

log = structlog.get_logger("tallystick.edge.devices")

_LOST = {DeviceState.RETRYING.value, DeviceState.FAILED.value, DeviceState.DEGRADED.value}


@dataclass(slots=True)
class _Told:
    lost_since_mono_ms: int | None = None
    said: bool = False
    kept_back: int = 0
    losses_mono_ms: deque[int] = field(default_factory=lambda: deque(maxlen=LOSSES_AN_HOUR_MAX))


class DeviceLog:
    """Hears every change of state."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: dict[str, _Told] = {}

    def forget(self, device_id: str) -> None:
        """The device is no longer in the settings."""
        self._told.pop(device_id, None)

    def state(self, view: DeviceView) -> None:
        """A device is in this state now. Another reason for the same loss is no news."""
        told = self._told.setdefault(view.device_id, _Told())
        if view.state in _LOST and told.lost_since_mono_ms is None:
            self._lost(told, view)
        elif view.state == DeviceState.READY.value and told.lost_since_mono_ms is not None:
            self._back(told, view)

    def _lost(self, told: _Told, view: DeviceView) -> None:
        now_ms = self._clock.monotonic_ms()
        told.lost_since_mono_ms = now_ms
        losses = told.losses_mono_ms
        told.said = len(losses) < LOSSES_AN_HOUR_MAX or now_ms - losses[0] >= HOUR_MS
        if not told.said:
            told.kept_back += 1
            return
        losses.append(now_ms)
        kept_back, told.kept_back = told.kept_back, 0
        log.warning(
            "device lost",
            device_id=view.device_id,
            device_kind=view.device_kind,
            state=view.state,
            reason=view.reason,
            losses_kept_back=kept_back,
        )

    def _back(self, told: _Told, view: DeviceView) -> None:
        lost_ms = self._clock.monotonic_ms() - (told.lost_since_mono_ms or 0)
        told.lost_since_mono_ms = None
        if told.said:
            log.info("device back", device_id=view.device_id, device_kind=view.device_kind, after_seconds=lost_ms // 1000)
