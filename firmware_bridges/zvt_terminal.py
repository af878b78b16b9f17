"""A ZVT payment terminal as an adapter of the payment port.

ZVT has no name for a payment. The terminal can be asked only for its last transaction, so this adapter keeps a list of those
it knows, and writes an order down before its first byte (`payment_memory`). After a cut, a restart or a time-out:

* never an order again; register, then *repeat receipt*; no other order before this one's outcome is known;
* the terminal tells a transaction that is not on the list, of our amount: it is this order, and what it says holds;
* it is idle and tells a known one, on a connection made after the order's ended and older than `door_seconds`: the order
  never began, and cannot begin any more;
* anything else: unknown, until a person looks.

This needs the till alone to begin payments at the terminal: the registration demands it of the terminal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from firmware_bridges.payment_memory import MemoryLost, Note, PaymentMemory, asked_before
from firmware_bridges.payment_notes import ended_note, outcome_in
from firmware_bridges.supervise import Emit, LinkBroken
from firmware_bridges.zvt_line import ZvtLine
from firmware_bridges.zvt_link import ZvtLink
from protocols.clock import Clock
from protocols.device_events import DeviceState, DeviceStateEvent
from protocols.payment.port import Approved, Ended, NotFound, NotSent, Order, Outcome, Pending, Unknown
from protocols.payment.zvt import messages, results
from protocols.payment.zvt.apdu import Apdu
from protocols.payment.zvt.ecr import ACK_SECONDS, COMMAND_SECONDS, Exchange, mark_of, outcome_of, receipt_of

DOOR_SECONDS = 5.0
"""As long as a message may wait for its answer (T3): what was under way before has arrived by then, or never will."""
QUESTION_SECONDS = 30.0
ALIVE_EVERY_SECONDS = 20.0

OpenLine = Callable[[], Awaitable[ZvtLine]]


@dataclass(frozen=True, slots=True)
class ZvtOptions:
    """How a terminal is spoken to. `prints`: where receipts come from."""

    password: int = 0
    currency: str = "EUR"
    prints: Literal["till", "terminal"] = "till"
    answer_seconds: float = COMMAND_SECONDS
    ack_seconds: float = ACK_SECONDS
    door_seconds: float = DOOR_SECONDS


class ZvtDriver:
    """One terminal. `ask`, `enquire`, `cancel` and `end_of_day` may be called at any time, by any task."""

    device_kind = "payment_terminal"

    def __init__(
        self, device_id: str, open_line: OpenLine, memory: PaymentMemory, clock: Clock, options: ZvtOptions
    ) -> None:
        self.device_id = device_id
        self._open = open_line
        self._memory = memory
        self._clock = clock
        self._options = options
        self._link: ZvtLink | None = None
        self._asking = ""
        """The attempt at the terminal now."""
        self._learnt = False
        """Whether the terminal has told its last transaction since this box started."""
        self._lock = asyncio.Lock()
        self._trouble = "the terminal is not connected"

    @property
    def trouble(self) -> str:
        """Why it cannot take payments now; empty: it can."""
        return self._trouble

    async def run(self, emit: Emit) -> None:
        """Connect, register, learn the last transaction, and keep the connection until it breaks. Raises LinkBroken."""
        try:
            await asyncio.to_thread(self._memory.open)
        except MemoryLost as lost:
            raise LinkBroken(f"the notes of the terminal cannot be kept ({lost})") from lost
        link = ZvtLink(await self._open(), self._options.ack_seconds, self._clock)
        reading = asyncio.create_task(link.read())
        try:
            await self._greet(link)
            self._link, self._trouble = link, ""
            emit(DeviceStateEvent(device_id=self.device_id, device_kind=self.device_kind, state=DeviceState.READY))
            while not await link.ended(ALIVE_EVERY_SECONDS):
                await self._look(link)
            raise LinkBroken(link.why)
        finally:
            self._link, self._trouble = None, "the terminal is not connected"
            reading.cancel()
            await asyncio.wait({reading})
            await link.close()

    async def ask(self, order: Order) -> Outcome:
        """Take the amount, or give it back. Waits for the customer; never raises for what a terminal or a line can do."""
        async with self._lock:
            link = self._link
            if link is None or link.broken:
                return NotSent(self._trouble or "the terminal is not connected")
            if not self._learnt or not self._memory.marks:
                return NotSent("the terminal has not said yet what its last payment was")
            if self._memory.open_notes():
                return NotSent("what became of the last payment at the terminal is not known yet")
            note = Note(attempt_id=order.attempt_id, step="asked")
            try:
                command = self._command(order)
                await asyncio.to_thread(self._memory.put, note)
            except (MemoryLost, ValueError) as error:
                return NotSent(str(error))
            self._asking = order.attempt_id
            try:
                return await self._carry_out(link, command, order)
            finally:
                self._asking = ""

    async def enquire(self, order: Order) -> Outcome:
        """What became of it. `Unknown` when the terminal cannot be asked, or nobody can be certain yet."""
        if self._asking == order.attempt_id:
            return Pending()
        async with self._lock:
            note = self._memory.find(order.attempt_id)
            if note is not None and note.step == "ended":
                return outcome_in(note)
            link = self._link
            if link is None or link.broken:
                return Unknown(self._trouble or "the terminal is not connected")
            if note is not None and note.step == "doubt":
                return Unknown("the terminal cannot say any more: look at its receipts")
            if note is None:
                if asked_before(order.attempt_id, self._memory.since_ms):
                    return Unknown("the notes about this payment are lost: look at the terminal's receipts")
                return await self._end(order, NotFound())  # nothing of it ever left
            return await self._look_up(link, order, note)

    async def cancel(self, attempt_id: str) -> None:
        """Wish that it stops; its outcome tells whether it did."""
        link = self._link
        if link is not None and self._asking == attempt_id:
            await link.wish(Apdu(messages.ABORT))

    async def end_of_day(self) -> str:
        """Close the terminal's batch. Empty when done; else why not."""
        async with self._lock:
            link = self._link
            if link is None:
                return self._trouble
            exchange = await link.command(messages.end_of_day(self._options.password), self._options.answer_seconds)
            if isinstance(exchange, str):
                return exchange
            return "" if exchange.phase == "completed" else results.words(exchange.code)

    async def _greet(self, link: ZvtLink) -> None:
        """Register; and learn the last transaction, where it costs no paper or is needed."""
        options = self._options
        config = messages.PRINTS_AT_TILL if options.prints == "till" else messages.PRINTS_ITSELF
        try:
            hello = messages.register(options.password, config, options.currency)
        except ValueError as error:
            raise LinkBroken(str(error)) from error
        answer = await link.command(hello, QUESTION_SECONDS)
        if isinstance(answer, str):
            raise LinkBroken(answer)
        if answer.phase != "completed":
            raise LinkBroken(f"the terminal does not let the till register: {results.words(answer.code)}")
        # A terminal that prints itself spends paper on this: once after a start (the notes may be old), and in doubt.
        if options.prints == "till" or not self._learnt or self._memory.open_notes():
            mark, _ = await self._last(link)
            self._learnt = self._learnt or bool(mark)
        if not self._learnt:
            raise LinkBroken("the terminal does not tell its last payment")

    async def _look(self, link: ZvtLink) -> None:
        """Is it still there? Not while a customer is."""
        if link.broken or self._lock.locked():
            return
        async with self._lock:
            answer = await link.command(messages.status_enquiry(self._options.password), QUESTION_SECONDS)
        if isinstance(answer, str):
            raise LinkBroken(answer)

    async def _last(self, link: ZvtLink) -> tuple[str, Exchange | None]:
        """(mark, what was said) of the last transaction; an empty mark: the terminal did not say. Never asks for money."""
        exchange = await link.command(messages.repeat_receipt(self._options.password), QUESTION_SECONDS)
        if isinstance(exchange, str) or (exchange.phase == "refused" and exchange.code == results.NOT_READY):
            return "", None
        if exchange.phase == "completed" and exchange.status is None:
            return "", None
        mark = mark_of(exchange.status) if exchange.phase == "completed" else f"none ({exchange.code:02X})"
        if not self._memory.open_notes():
            await self._keep(lambda: self._memory.know(mark))
        return mark, exchange

    def _command(self, order: Order) -> Apdu:
        """Raises ValueError for a currency that ZVT has no number for."""
        options = self._options
        if order.amount_minor >= 0:
            return messages.authorise(order.amount_minor, order.currency)
        receipt = receipt_of(order.reference)
        taken = self._memory.find(order.reverses_id)
        if receipt is not None and taken is not None and taken.amount_minor == -order.amount_minor:
            return messages.reversal(options.password, receipt)
        return messages.refund(options.password, -order.amount_minor, order.currency)

    async def _carry_out(self, link: ZvtLink, command: Apdu, order: Order) -> Outcome:
        exchange = await link.command(command, self._options.answer_seconds)
        if isinstance(exchange, str):
            link.give_up(exchange)  # whatever comes now belongs to a connection that is over
            return Unknown(exchange)
        if exchange.code == results.REVERSAL_IMPOSSIBLE and command.command == messages.REVERSAL:
            # Refused, so nothing moved: pay it to the card instead, which the customer presents.
            refund = messages.refund(self._options.password, -order.amount_minor, order.currency)
            return await self._carry_out(link, refund, order)
        return await self._decided(link, order, exchange)

    async def _decided(self, link: ZvtLink, order: Order, exchange: Exchange) -> Outcome:
        outcome = exchange.outcome(_sign(order), abs(order.amount_minor))
        status = exchange.status
        if isinstance(outcome, Unknown | Pending):
            link.give_up("what the terminal said is not clear: asking it again")
            return outcome
        return await self._end(order, outcome, exchange, mark_of(status) if status is not None else "")

    async def _look_up(self, link: ZvtLink, order: Order, note: Note) -> Outcome:
        mark, exchange = await self._last(link)
        if exchange is None:
            return Pending() if not link.broken else Unknown(link.why)
        if mark in self._memory.marks:
            if link.age_seconds() < self._options.door_seconds:
                return Unknown("the terminal knows of no such payment; making sure")
            return await self._end(order, NotFound())
        status = exchange.status
        if status is None or exchange.phase != "completed":
            return Unknown("the terminal does not tell its last receipt any more")
        outcome = outcome_of(status, _sign(order), abs(order.amount_minor))
        if isinstance(outcome, Approved) and abs(outcome.amount_minor) > abs(order.amount_minor):
            # Somebody else's: nothing will ever tell of ours. It must not hold up the next customer.
            await self._keep(lambda: self._memory.put(msgspec.structs.replace(note, step="doubt", mark=mark)))
            return Unknown("the terminal's last receipt is another payment's: look at its receipts")
        if isinstance(outcome, Unknown | Pending):
            return outcome
        return await self._end(order, outcome, exchange, mark)

    async def _end(self, order: Order, outcome: Ended, exchange: Exchange | None = None, mark: str = "") -> Outcome:
        """Write the end and its transaction down, in one line."""
        await self._keep(lambda: self._memory.put(ended_note(order.attempt_id, outcome, mark)))
        if isinstance(outcome, Approved) and exchange is not None:
            return replace(outcome, slip=exchange.customer_slip())
        return outcome

    async def _keep(self, write: Callable[[], None]) -> None:
        """A full disk does not change what came of a payment; the till writes it down as well."""
        try:
            await asyncio.to_thread(write)
        except MemoryLost as lost:
            self._trouble = f"the notes of the terminal cannot be kept ({lost})"


def _sign(order: Order) -> int:
    return 1 if order.amount_minor >= 0 else -1
