"""How each device is, for screens at once and for HQ as facts; a flapping device must not fill the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from edge.devices.log_lines import DeviceLog
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
    leaving: bool = False


class Board:
    """Every device of the settings, with its newest state. `kinds` maps device ids to `scale`, `printer` or `labels`."""

    def __init__(self, kinds: Mapping[str, str], clock: Clock) -> None:
        self._clock = clock
        self._log = DeviceLog(clock)
        self._known: dict[str, _Known] = {}
        for device_id, kind in kinds.items():
            self.enter(device_id, kind)
        self._listeners: list[Callable[[str], None]] = []

    def enter(self, device_id: str, device_kind: str) -> None:
        """A device of the settings: it is starting until it speaks. One that is known keeps its state."""
        known = self._known.get(device_id)
        if known is not None and known.view.device_kind == device_kind and not known.leaving:
            return
        view = DeviceView(
            device_id=device_id,
            device_kind=device_kind,
            state=DeviceState.STARTING.value,
            since_ms=self._clock.now_ms(),
        )
        self._known[device_id] = _Known(view, self._clock.monotonic_ms())

    def leave(self, device_id: str) -> None:
        """A device that is no longer in the settings; HQ hears once more of it, that it is stopped."""
        known = self._known.get(device_id)
        if known is None:
            return
        state = DeviceState.STOPPED
        known.view = msgspec.structs.replace(
            known.view, state=state.value, reason="it was taken out of the settings", since_ms=self._clock.now_ms()
        )
        known.since_mono_ms = self._clock.monotonic_ms() - SETTLE_MS
        known.leaving = True
        self._log.forget(device_id)
        self._tell(device_id)

    def listen(self, listener: Callable[[str], None]) -> None:
        """Call `listener(device_id)` when a state or its reason changed."""
        self._listeners.append(listener)

    def views(self) -> tuple[DeviceView, ...]:
        """Every device with its state, the reason for it and since when, in the order of the settings."""
        return tuple(known.view for known in self._known.values() if not known.leaving)

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
        if known is None or known.leaving or (known.view.state, known.view.reason) == (event.state.value, event.reason):
            return
        same = known.view.state == event.state.value
        since_ms = known.view.since_ms if same else self._clock.now_ms()
        known.view = msgspec.structs.replace(known.view, state=event.state.value, reason=event.reason, since_ms=since_ms)
        known.since_mono_ms = self._clock.monotonic_ms()
        self._log.state(known.view)
        self._tell(event.device_id)

    def news(self) -> list[DeviceStateChanged]:
        """States that have stood long enough and differ from what was told last; they count as told from now on."""
        now_ms = self._clock.monotonic_ms()
        found: list[DeviceStateChanged] = []
        for device_id, known in list(self._known.items()):
            view = known.view
            word = (view.state, view.reason)
            if word == known.told or now_ms - known.since_mono_ms < SETTLE_MS:
                continue
            known.told = word
            found.append(
                DeviceStateChanged(device_id=device_id, device_kind=view.device_kind, state=view.state, reason=view.reason)
            )
            if known.leaving:
                del self._known[device_id]
        return found

    def _tell(self, device_id: str) -> None:
        for listener in self._listeners:
            listener(device_id)
