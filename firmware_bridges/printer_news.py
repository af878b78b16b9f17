"""What a printer's driver tells of its sensors: each change once, all of it after each connection."""

from __future__ import annotations

from collections.abc import Callable

from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent, PrinterSensorChanged, PrinterStatus
from protocols.escpos import status
from protocols.escpos.status import PrinterCondition

Emit = Callable[[DeviceEvent], None]


class PrinterNews:
    """`drawer_open_when_high`: as `PrinterTraits` has it. `told`: what was told last on this connection; None: nothing."""

    def __init__(self, device_id: str, drawer_open_when_high: bool | None) -> None:
        self._device_id = device_id
        self._open_when_high = drawer_open_when_high
        self._emit: Emit | None = None
        self.told: PrinterCondition | None = None

    def begin(self, emit: Emit) -> None:
        """A new connection."""
        self._emit, self.told = emit, None

    def end(self) -> None:
        """The connection is gone."""
        self._emit = None

    def tell(self, event: DeviceEvent) -> None:
        """Anything else, while there is a connection."""
        if self._emit is not None:
            self._emit(event)

    def note(self, condition: PrinterCondition, *, always: bool = False) -> None:
        """The sensors say this now. `always`: tell the status, also when nothing changed."""
        emit, before = self._emit, self.told
        if emit is None:
            return
        if condition == before:
            if always:
                emit(self._status(condition))
            return
        self.told = condition
        for sensor, active in status.changes(before, condition) if before is not None else ():
            emit(PrinterSensorChanged(device_id=self._device_id, sensor=sensor, active=active))
        emit(self._status(condition))
        fault = condition.fault
        state = DeviceState.DEGRADED if fault else DeviceState.READY
        reason = fault or ("the paper is nearly out" if condition.paper_near_end else "")
        emit(DeviceStateEvent(device_id=self._device_id, device_kind="printer", state=state, reason=reason))

    def _status(self, condition: PrinterCondition) -> PrinterStatus:
        return PrinterStatus(
            device_id=self._device_id,
            online=not condition.offline,
            paper_out=condition.paper_out,
            paper_near_end=condition.paper_near_end,
            cover_open=condition.cover_open,
            drawer_open=None if self._open_when_high is None else condition.drawer_pin_high == self._open_when_high,
            error=condition.fault,
        )
