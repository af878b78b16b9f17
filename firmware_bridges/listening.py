"""Devices that only talk: open, listen, hand on what their session makes of the bytes. Scanners of every wire are such."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from firmware_bridges.links import ByteLink
from firmware_bridges.supervise import Emit
from protocols.clock import Clock
from protocols.device_events import CodeScanned, CodeUnreadable, DeviceState, DeviceStateEvent
from protocols.scanners.codes import ScannerEvent

KIND = "scanner"
UNREADABLE_TOLD_MAX = 5
"""So many unreadable scans in a row are a scanner that is set otherwise: that is told once, as its state."""


class ListeningSession(Protocol):
    """What makes codes of bytes; see `protocols.scanners.serial_codes.ReceivingSession`."""

    deadline_ms: int | None

    def receive(self, data: bytes, now_ms: int) -> list[ScannerEvent]:
        """Take what came."""

    def expire(self, now_ms: int) -> list[ScannerEvent]:
        """The deadline has come."""


class ListeningDriver:
    """One scanner. Emits CodeScanned and CodeUnreadable.

    A scanner answers nothing, so it is READY while its port is there. DEGRADED when nothing it sends can be read:
    `unreadable` says then what to check.
    """

    device_kind = KIND

    def __init__(
        self,
        device_id: str,
        open_link: Callable[[], Awaitable[ByteLink]],
        new_session: Callable[[], ListeningSession],
        clock: Clock,
        unreadable: str,
    ) -> None:
        self.device_id = device_id
        self._open_link = open_link
        self._new_session = new_session
        self._clock = clock
        self._why_unreadable = unreadable
        self._unreadable = 0

    async def run(self, emit: Emit) -> None:
        """Listen until the port is gone. Raises LinkBroken."""
        link = await self._open_link()
        try:
            self._unreadable = 0
            self._tell(emit, DeviceState.READY)
            await self._listen(link, emit)
        finally:
            await link.close()

    async def _listen(self, link: ByteLink, emit: Emit) -> None:
        session = self._new_session()
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
                    self._tell(emit, DeviceState.DEGRADED, self._why_unreadable)
                if self._unreadable > UNREADABLE_TOLD_MAX:
                    return
        emit(event)

    def _tell(self, emit: Emit, state: DeviceState, reason: str = "") -> None:
        emit(DeviceStateEvent(device_id=self.device_id, device_kind=KIND, state=state, reason=reason))
