"""A scale of any protocol on its port: asks for the weight again and again and hands on what it says."""

from __future__ import annotations

import asyncio

from firmware_bridges.life import Heartbeat
from firmware_bridges.links import ByteLink, OpenPort, open_port
from firmware_bridges.supervise import Emit
from protocols.clock import Clock
from protocols.device_events import DeviceState, DeviceStateEvent, WeightRead, WeightState
from protocols.scales.session import AskingSession, ScaleProtocol, Unanswered

KIND = "scale"
BAUD = 9_600
INTERVAL_MS = 200
SILENCE_MAX_MS = 10_000
"""Beside ten questions; opening the port and one answer that does not come take three and one seconds."""

_NO_ANSWER = {
    Unanswered.SILENT: "the scale does not answer",
    Unanswered.UNREADABLE: "the scale's answer cannot be read: check its protocol, its unit (kg) and the line settings",
}


class ScaleDriver:
    """One scale. Emits a WeightRead per answer, READY at the first one, DEGRADED after a second without.

    READY also ends a DEGRADED. With no answer a WeightRead with state FAULT says that the last weight no longer holds.
    """

    device_kind = KIND

    def __init__(
        self,
        device_id: str,
        protocol: ScaleProtocol,
        place: str,
        clock: Clock,
        *,
        baud: int = BAUD,
        interval_ms: int = INTERVAL_MS,
        open_port: OpenPort = open_port,
    ) -> None:
        """`place` is a device path or `tcp://host:port`; `interval_ms` the time from one question to the next."""
        self.device_id = device_id
        self._protocol = protocol
        self._place = place
        self._baud = baud
        self._interval_ms = interval_ms
        self._clock = clock
        self._open_port = open_port
        self.silence_max_ms = SILENCE_MAX_MS + 10 * interval_ms

    async def run(self, emit: Emit) -> None:
        """Poll until the port is gone. Raises LinkBroken."""
        link = await self._open_port(self._place, self._baud, self._protocol.line)
        try:
            await self._poll(link, emit)
        finally:
            await link.close()

    async def _poll(self, link: ByteLink, emit: Emit) -> None:
        session = self._protocol.asking(self.device_id)
        told: DeviceState | None = None
        reason = ""
        while True:
            asked_ms = self._clock.monotonic_ms()
            answer = await self._ask(link, session)
            if isinstance(answer, WeightRead):
                state, words = DeviceState.READY, ""
            else:
                state, words = DeviceState.DEGRADED, _NO_ANSWER[answer]
            if (state, words) != (told, reason):
                told, reason = state, words
                emit(DeviceStateEvent(device_id=self.device_id, device_kind=KIND, state=state, reason=words))
                if not isinstance(answer, WeightRead):
                    emit(WeightRead(device_id=self.device_id, state=WeightState.FAULT))
            emit(answer if isinstance(answer, WeightRead) else Heartbeat(device_id=self.device_id))
            await self._rest(link, asked_ms + self._interval_ms)

    async def _ask(self, link: ByteLink, session: AskingSession) -> WeightRead | Unanswered:
        await link.write(session.ask(self._clock.monotonic_ms()))
        while True:
            now_ms = self._clock.monotonic_ms()
            given_up = session.expire(now_ms)
            if given_up is not None:
                return given_up
            try:
                async with asyncio.timeout(((session.deadline_ms or now_ms) - now_ms) / 1000):
                    heard = session.receive(await link.read())
            except TimeoutError:
                continue
            if heard is not None:
                return heard
            if more := session.to_send():
                await link.write(more)

    async def _rest(self, link: ByteLink, until_ms: int) -> None:
        """Wait for the next question's time, throw away what nobody asked for, notice a link that ends meanwhile."""
        while (left_ms := until_ms - self._clock.monotonic_ms()) > 0:
            try:
                async with asyncio.timeout(left_ms / 1000):
                    await link.read()
            except TimeoutError:
                return
