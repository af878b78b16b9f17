"""A payment terminal that speaks Tallystick's own wire (`protocols.payment.wire`), as an adapter of the payment port.

`run` under a supervisor keeps the link. A payment is asked for once: whatever happens to the link afterwards, its outcome is
`Unknown` and only an enquiry tells. Nothing here repeats an order.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from firmware_bridges.links import ByteLink, open_tcp
from firmware_bridges.supervise import Emit, LinkBroken
from protocols.device_events import DeviceState, DeviceStateEvent
from protocols.payment import wire
from protocols.payment.port import Approved, Cancelled, Declined, NotFound, NotSent, Order, Outcome, Pending, Unknown

HELLO_SECONDS = 3.0
HELLO_EVERY_SECONDS = 5.0
ENQUIRY_SECONDS = 5.0
ANSWER_SECONDS = 180.0
"""A customer looks for a card, types a PIN, the bank takes its time. Then the outcome is unknown, and is enquired for."""

Answered = wire.Result | wire.Busy
Open = Callable[[str, int], Awaitable[ByteLink]]
"""Opens a connection to host and port. Raises `LinkBroken`."""


class PaymentTerminalDriver:
    """One terminal. `ask`, `enquire`, `cancel` and `totals` may be called at any time, by any task."""

    device_kind = "payment_terminal"

    def __init__(
        self, device_id: str, host: str, port: int, *, answer_seconds: float = ANSWER_SECONDS, open_link: Open = open_tcp
    ) -> None:
        self.device_id = device_id
        self._host = host
        self._port = port
        self._answer_seconds = answer_seconds
        self._open = open_link
        self._link: _Link | None = None
        self._trouble = ""

    async def run(self, emit: Emit) -> None:
        """Connect, greet again and again, and hand answers to whoever waits, until the link breaks. Raises LinkBroken."""
        link = _Link(await self._open(self._host, self._port))
        reading = asyncio.create_task(link.read())
        told: str | None = None
        try:
            while True:
                here = await link.greet()
                self._link, self._trouble = link, here.trouble
                if here.trouble != told:
                    told = here.trouble
                    state = DeviceState.DEGRADED if told else DeviceState.READY
                    emit(DeviceStateEvent(device_id=self.device_id, device_kind=self.device_kind, state=state, reason=told))
                await asyncio.wait({reading}, timeout=HELLO_EVERY_SECONDS)
                if reading.done():
                    raise LinkBroken(link.why)
        finally:
            self._link = None
            reading.cancel()
            await asyncio.wait({reading})
            link.give_up()
            await link.close()

    @property
    def trouble(self) -> str:
        """Why it cannot take payments now; empty: it can."""
        return "the terminal is not connected" if self._link is None else self._trouble

    async def ask(self, order: Order) -> Outcome:
        """Take the amount, or give it back. Waits for the customer; never raises for what a terminal or a line can do."""
        link = self._link
        if link is None:
            return NotSent("the terminal is not connected")
        if order.amount_minor >= 0:
            message: wire.ToTerminal = wire.PayRequest(
                attempt_id=order.attempt_id,
                method=order.method,
                amount_minor=order.amount_minor,
                currency=order.currency,
                code=order.code,
            )
        else:
            message = wire.GiveBackRequest(
                attempt_id=order.attempt_id,
                method=order.method,
                amount_minor=-order.amount_minor,
                currency=order.currency,
                of_id=order.reverses_id,
                reference=order.reference,
            )
        if link.broken:
            return NotSent(link.why)
        answer = await link.question(order.attempt_id, message, self._answer_seconds)
        return _outcome(answer, sign=1 if order.amount_minor >= 0 else -1)

    async def enquire(self, order: Order) -> Outcome:
        """What became of it. `Unknown` when the terminal cannot be asked."""
        link = self._link
        if link is None:
            return Unknown("the terminal is not connected")
        answer = await link.question(order.attempt_id, wire.Enquiry(attempt_id=order.attempt_id), ENQUIRY_SECONDS)
        return _outcome(answer, sign=1 if order.amount_minor >= 0 else -1)

    async def cancel(self, attempt_id: str) -> None:
        """Wish that it stops; its outcome tells whether it did."""
        if self._link is not None:
            with contextlib.suppress(LinkBroken):
                await self._link.send(wire.CancelRequest(attempt_id=attempt_id))

    async def totals(self) -> wire.Totals | None:
        """End of day. None when the terminal does not answer: the sums are in the next one."""
        return None if self._link is None else await self._link.ask_totals()


def _outcome(answer: Answered | str, sign: int) -> Outcome:
    match answer:
        case str():
            return Unknown(answer)
        case wire.Busy():
            return NotSent("another customer is at the terminal")
        case wire.Result(outcome="approved"):
            return Approved(
                amount_minor=sign * answer.amount_minor, reference=answer.reference[:64], card_tail=answer.card_tail[-4:]
            )
        case wire.Result(outcome="declined"):
            return Declined(answer.why[:80])
        case wire.Result(outcome="cancelled"):
            return Cancelled()
        case wire.Result(outcome="pending"):
            return Pending()
        case _:
            return NotFound()


class _Link:
    """One connection: who waits for what."""

    def __init__(self, link: ByteLink) -> None:
        self._link = link
        self._session = wire.TillSession()
        self._results: dict[str, list[tuple[bool, asyncio.Future[Answered | None]]]] = {}
        """By attempt, who waits, and whether with an enquiry."""
        self._greeted: asyncio.Future[wire.Here | None] | None = None
        self._summed: asyncio.Future[wire.Totals | None] | None = None
        self.broken = False
        self.why = "the terminal closed the connection"

    async def read(self) -> None:
        """Hand answers on until the connection ends."""
        try:
            while True:
                for message in self._session.receive(await self._link.read()):
                    self._take(message)
        except LinkBroken as broken:
            self.why = str(broken)
        except wire.WireError as error:
            self.why = f"the terminal says something else than it should ({error})"
        finally:
            self.give_up()

    async def greet(self) -> wire.Here:
        """Raises LinkBroken when nobody is there."""
        self._greeted = asyncio.get_running_loop().create_future()
        await self.send(wire.Hello())
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                here = await self._greeted
        except TimeoutError as error:
            raise LinkBroken("the terminal does not answer") from error
        if here is None:
            raise LinkBroken(self.why)
        return here

    async def question(self, attempt_id: str, message: wire.ToTerminal, seconds: float) -> Answered | str:
        """The result of an attempt; why there is none as text."""
        future: asyncio.Future[Answered | None] = asyncio.get_running_loop().create_future()
        mine = (isinstance(message, wire.Enquiry), future)
        waiting = self._results.setdefault(attempt_id, [])
        waiting.append(mine)
        try:
            async with asyncio.timeout(seconds):
                await self.send(message)
                return await future or self.why
        except LinkBroken as broken:
            return str(broken)
        except TimeoutError:
            return "the terminal did not answer in time"
        finally:
            waiting.remove(mine)
            if not waiting:
                self._results.pop(attempt_id, None)

    async def ask_totals(self) -> wire.Totals | None:
        self._summed = asyncio.get_running_loop().create_future()
        try:
            await self.send(wire.TotalsRequest())
            async with asyncio.timeout(ENQUIRY_SECONDS):
                return await self._summed
        except (LinkBroken, TimeoutError):
            return None

    async def send(self, message: wire.ToTerminal) -> None:
        """Raises LinkBroken."""
        if self.broken:
            raise LinkBroken(self.why)
        await self._link.write(wire.encode(message))

    def give_up(self) -> None:
        """The connection has ended: everybody who waits hears it."""
        self.broken = True
        for waiting in self._results.values():
            for _, future in waiting:
                if not future.done():
                    future.set_result(None)
        for ended in (self._greeted, self._summed):
            if ended is not None and not ended.done():
                ended.set_result(None)

    async def close(self) -> None:
        await self._link.close()

    def _take(self, message: wire.ToTill) -> None:
        match message:
            case wire.Here():
                if self._greeted is not None and not self._greeted.done():
                    self._greeted.set_result(message)
            case wire.Totals():
                if self._summed is not None and not self._summed.done():
                    self._summed.set_result(message)
            case wire.Result() | wire.Busy():
                # A repeated answer finds nobody who waits for it: it says nothing new.
                pending = isinstance(message, wire.Result) and message.outcome == "pending"
                for enquiring, future in self._results.get(message.attempt_id, ()):
                    if not future.done() and (enquiring or not pending):
                        future.set_result(message)
