"""How each device is, for screens at once and for HQ as facts; a flapping device must not fill the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from protocols.clock import Clock
from protocols.contract.facts import DeviceStateChanged
from protocols.contract.till import DeviceView
from protocols.device_events import DeviceState, DeviceStateEvent

SETTLE_MS = 3_000
"""A state is told to HQ once it has stood this long."""


@dataclass(slots=True)
class _Known:
    view: DeviceView
    since_mono_ms: int
    told: tuple[str, str] = ("", "")


class Board:
    """Every device of the settings, with its newest state. `kinds` maps device ids to `scale`, `printer` or `labels`."""

    def __init__(self, kinds: Mapping[str, str], clock: Clock) -> None:
        self._clock = clock
        now_ms = clock.monotonic_ms()
        self._known = {
            device_id: _Known(DeviceView(device_id=device_id, device_kind=kind, state=DeviceState.STARTING.value), now_ms)
            for device_id, kind in kinds.items()
        }
        self._listeners: list[Callable[[str], None]] = []

    def listen(self, listener: Callable[[str], None]) -> None:
        """Call `listener(device_id)` when a state or its reason changed."""
        self._listeners.append(listener)

    def views(self) -> tuple[DeviceView, ...]:
        """Every device with its state and the reason for it, in the order of the settings."""
        return tuple(known.view for known in self._known.values())

    def is_ready(self, device_id: str) -> bool:
        """Whether the device works without reservation."""
        known = self._known.get(device_id)
        return known is not None and known.view.state == DeviceState.READY.value

    def is_reachable(self, device_id: str) -> bool:
        """Whether the device answers, even when it cannot work."""
        known = self._known.get(device_id)
        return known is not None and known.view.state in {DeviceState.READY.value, DeviceState.DEGRADED.value}

    def take(self, event: DeviceStateEvent) -> None:
        """A driver told its state."""
        known = self._known.get(event.device_id)
        if known is None or (known.view.state, known.view.reason) == (event.state.value, event.reason):
            return
        kind = known.view.device_kind
        known.view = DeviceView(device_id=event.device_id, device_kind=kind, state=event.state.value, reason=event.reason)
        known.since_mono_ms = self._clock.monotonic_ms()
        for listener in self._listeners:
            listener(event.device_id)

    def news(self) -> list[DeviceStateChanged]:
        """States that have stood long enough and differ from what was told last; they count as told from now on."""
        now_ms = self._clock.monotonic_ms()
        found: list[DeviceStateChanged] = []
        for device_id, known in self._known.items():
            view = known.view
            word = (view.state, view.reason)
            if word == known.told or now_ms - known.since_mono_ms < SETTLE_MS:
                continue
            known.told = word
            found.append(
                DeviceStateChanged(device_id=device_id, device_kind=view.device_kind, state=view.state, reason=view.reason)
            )
        return found
