"""A scale of any protocol on its port: asks for the weight again and again, or listens, and hands on what it says."""

from __future__ import annotations

import asyncio
from typing import Protocol, TypeVar

from firmware_bridges.links import ByteLink, OpenPort, open_port
from firmware_bridges.supervise import Emit
from protocols.clock import Clock
from protocols.device_events import DeviceState, DeviceStateEvent, WeightRead, WeightState
from protocols.scales.session import AskingSession, Ordered, OrderSession, ScaleOrder, ScaleProtocol, Unanswered

KIND = "scale"
BAUD = 9_600
INTERVAL_MS = 200

_NO_ANSWER = {
    Unanswered.SILENT: "the scale does not answer",
    Unanswered.UNREADABLE: "the scale's answer cannot be read: check its protocol, its unit (kg) and the line settings",
    Unanswered.NOT_TRUSTED: "the scale refuses the till's proof: check_polynomial must be the one the scale's maker gave",
}
ORDER_WAITS_MS = 3_000
"""So long an order waits to be sent and answered; after that whether it was done is not known."""
Ended_co = TypeVar("Ended_co", covariant=True)


class _Exchange(Protocol[Ended_co]):
    """What a question and an order have in common."""

    deadline_ms: int | None

    def receive(self, data: bytes) -> Ended_co | None:
        """See `session.AskingSession`."""

    def to_send(self) -> bytes:
        """See `session.AskingSession`."""

    def expire(self, now_ms: int) -> Ended_co | None:
        """See `session.AskingSession`."""


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
        minimum_grams: int = 0,
        open_port: OpenPort = open_port,
    ) -> None:
        """`place`: see `links.open_port`; `interval_ms` the time from one question to the next.

        `minimum_grams` is only kept here, for whoever sells what is weighed.
        """
        self.device_id = device_id
        self.minimum_grams = minimum_grams
        self._protocol = protocol
        self._place = place
        self._baud = baud
        self._interval_ms = interval_ms
        self._clock = clock
        self._open_port = open_port
        self._session: AskingSession | None = None
        self._orders: asyncio.Queue[tuple[ScaleOrder, asyncio.Future[Ordered]]] = asyncio.Queue(maxsize=1)

    @property
    def orders(self) -> frozenset[ScaleOrder]:
        """What the scale's protocol can be told to do."""
        return self._protocol.orders

    async def order(self, order: ScaleOrder) -> Ordered:
        """Tell the scale, between two questions. One order at a time: another one waits, and at most three seconds in all.

        Never raises; a scale that is not connected is UNANSWERED at once.
        """
        if order not in self._protocol.orders:
            return Ordered.NOT_KNOWN
        if self._session is None:
            return Ordered.UNANSWERED
        done: asyncio.Future[Ordered] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(ORDER_WAITS_MS / 1000):
                await self._orders.put((order, done))
                return await done
        except TimeoutError:
            return Ordered.UNANSWERED

    async def run(self, emit: Emit) -> None:
        """Poll until the port is gone. Raises LinkBroken."""
        link = await self._open_port(self._place, self._baud, self._protocol.line)
        self._session = self._protocol.asking(self.device_id)
        try:
            await self._poll(link, self._session, emit)
        finally:
            self._session = None
            self._drop_orders()
            await link.close()

    async def _poll(self, link: ByteLink, session: AskingSession, emit: Emit) -> None:
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
            if isinstance(answer, WeightRead):
                emit(answer)
            await self._carry_out(link, session)
            await self._rest(link, asked_ms + self._interval_ms)

    async def _ask(self, link: ByteLink, session: AskingSession) -> WeightRead | Unanswered:
        if question := session.ask(self._clock.monotonic_ms()):
            await link.write(question)
        return await self._to_its_end(link, session)

    async def _carry_out(self, link: ByteLink, session: AskingSession) -> None:
        """The order that waits, if one does."""
        if self._orders.empty():
            return
        order, done = self._orders.get_nowait()
        if done.cancelled():  # whoever gave it waited long enough: it must not happen behind their back
            return
        ended = Ordered.UNANSWERED
        try:
            ordering = self._protocol.order(session, order)
            ended = Ordered.NOT_KNOWN if ordering is None else await self._give(link, ordering)
        finally:
            if not done.done():
                done.set_result(ended)

    async def _give(self, link: ByteLink, ordering: OrderSession) -> Ordered:
        if data := ordering.start(self._clock.monotonic_ms()):
            await link.write(data)
        ended = ordering.receive(b"")
        return ended if ended is not None else await self._to_its_end(link, ordering)

    def _drop_orders(self) -> None:
        while not self._orders.empty():
            _, done = self._orders.get_nowait()
            if not done.done():
                done.set_result(Ordered.UNANSWERED)

    async def _to_its_end(self, link: ByteLink, session: _Exchange[Ended_co]) -> Ended_co:
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
