"""A barcode scanner on a serial port: hands on what is scanned."""

from __future__ import annotations

import asyncio

from firmware_bridges.links import ByteLink, OpenPort, Port, open_serial
from firmware_bridges.supervise import Emit
from protocols.clock import Clock
from protocols.device_events import CodeScanned, CodeUnreadable, DeviceState, DeviceStateEvent
from protocols.scanners.serial_codes import ReceivingSession, ScanFormat, ScannerEvent

KIND = "scanner"
BAUD = 9_600
UNREADABLE_TOLD_MAX = 5
"""So many unreadable scans in a row are a scanner that is set otherwise: that is told once, as its state."""
UNREADABLE = "what the scanner sends cannot be read: check its speed, prefix and suffix"


class ScannerDriver:
    """One scanner. Emits CodeScanned and CodeUnreadable.

    A scanner answers nothing, so it is READY while its port is there. DEGRADED when nothing it sends can be read.
    """

    device_kind = KIND

    def __init__(
        self,
        device_id: str,
        place: str,
        form: ScanFormat,
        clock: Clock,
        *,
        duplicate_ms: int,
        baud: int = BAUD,
        open_port: OpenPort = open_serial,
    ) -> None:
        """`place` is a device path or `tcp://host:port`."""
        self.device_id = device_id
        self._port = Port(place, baud, "8N1", open_port)
        self._form = form
        self._duplicate_ms = duplicate_ms
        self._clock = clock
        self._unreadable = 0

    async def run(self, emit: Emit) -> None:
        """Listen until the port is gone. Raises LinkBroken."""
        link = await self._port.open()
        try:
            self._unreadable = 0
            self._tell(emit, DeviceState.READY)
            await self._listen(link, emit)
        finally:
            await link.close()

    async def _listen(self, link: ByteLink, emit: Emit) -> None:
        session = ReceivingSession(self.device_id, self._form, self._duplicate_ms)
        while True:
            now_ms = self._clock.monotonic_ms()
            left_seconds = None if session.deadline_ms is None else max(0, session.deadline_ms - now_ms) / 1000
            try:
                async with asyncio.timeout(left_seconds):
                    data = await link.read()
            except TimeoutError:
                data = b""
            now_ms = self._clock.monotonic_ms()
            heard = session.receive(data, now_ms) if data else session.expire(now_ms)
            for event in heard:
                self._hand_on(event, emit)

    def _hand_on(self, event: ScannerEvent, emit: Emit) -> None:
        match event:
            case CodeScanned():
                if self._unreadable >= UNREADABLE_TOLD_MAX:
                    self._tell(emit, DeviceState.READY)
                self._unreadable = 0
            case CodeUnreadable():
                self._unreadable += 1
                if self._unreadable == UNREADABLE_TOLD_MAX:
                    self._tell(emit, DeviceState.DEGRADED, UNREADABLE)
                if self._unreadable > UNREADABLE_TOLD_MAX:
                    return
        emit(event)

    def _tell(self, emit: Emit, state: DeviceState, reason: str = "") -> None:
        emit(DeviceStateEvent(device_id=self.device_id, device_kind=KIND, state=state, reason=reason))
