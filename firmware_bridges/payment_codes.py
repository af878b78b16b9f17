"""Payment codes of WeChat Pay and Alipay as an adapter of the payment port.

An order's number at the provider is the attempt's id: a question about it always means this one payment. What is in doubt is
asked about, and, when the customer has had his time, taken back, until the provider says that it is (`codes.flow`). That it
is to be taken back is written down first (`payment_memory`): a box that restarts goes on with that, and never calls the
order paid.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from firmware_bridges.code_providers import CodeProvider
from firmware_bridges.payment_memory import MemoryLost, Note, PaymentMemory, asked_before
from firmware_bridges.payment_notes import ended_note, outcome_in
from firmware_bridges.payment_web import NoAnswer
from firmware_bridges.supervise import Emit, LinkBroken
from protocols.clock import Clock
from protocols.device_events import DeviceState, DeviceStateEvent
from protocols.payment.codes.flow import CodeFlow, Step
from protocols.payment.codes.kinds import provider_of
from protocols.payment.codes.replies import Doubt, Failed, Gone, Paid, Reply
from protocols.payment.port import (
    Approved,
    Declined,
    Ended,
    NotFound,
    NotSent,
    Order,
    Outcome,
    Pending,
    Unknown,
)

PROBE_EVERY_SECONDS = 60.0
PROBE_ORDER = "tallystick0probe"
UNDO_TRIES = 3
"""Within one `ask`; from then on the till's enquiries go on with it."""
REFUND_DOOR_MS = 15_000
"""A refund that the provider does not know so long after its connection ended will not come any more."""
TAKING_BACK = "it is being taken back: do not charge again"

Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class _Running:
    flow: CodeFlow
    provider: CodeProvider
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    asking: bool = False


class CodesDriver:
    """The providers of one store. `ask`, `enquire` and `cancel` may be called at any time, by any task."""

    device_kind = "payment_terminal"

    def __init__(
        self,
        device_id: str,
        providers: Mapping[str, CodeProvider],
        memory: PaymentMemory,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.device_id = device_id
        self._providers = providers
        self._memory = memory
        self._clock = clock
        self._sleep = sleep
        self._running: dict[str, _Running] = {}
        """Payments without an outcome: at most one a till."""
        self._refunded_ms: dict[str, int] = {}
        """When the connection of a refund without an outcome ended."""
        self._trouble = "the provider has not answered yet"

    @property
    def trouble(self) -> str:
        """Why no code can be taken now; empty: it can."""
        return self._trouble

    async def run(self, emit: Emit) -> None:
        """Look now and then whether a provider answers. Raises LinkBroken when none does, or notes cannot be kept."""
        try:
            await asyncio.to_thread(self._memory.open)
        except MemoryLost as lost:
            raise LinkBroken(f"the notes of the payments cannot be kept ({lost})") from lost
        told: str | None = None
        try:
            while True:
                silent = [name for name, each in self._providers.items() if isinstance(await each.query(PROBE_ORDER), Doubt)]
                if len(silent) == len(self._providers):
                    raise LinkBroken("the payment provider does not answer")
                self._trouble = ""
                reason = f"{', '.join(silent)} does not answer" if silent else ""
                if reason != told:
                    told = reason
                    state = DeviceState.DEGRADED if reason else DeviceState.READY
                    emit(
                        DeviceStateEvent(device_id=self.device_id, device_kind=self.device_kind, state=state, reason=reason)
                    )
                await self._sleep(PROBE_EVERY_SECONDS)
        finally:
            self._trouble = "the payment provider does not answer"

    async def ask(self, order: Order) -> Outcome:
        """Take the amount from whoever showed the code, or give it back; never raises for what a provider can do."""
        if order.amount_minor < 0:
            return await self._refund(order)
        provider = self._providers.get(provider_of(order.code) or "")
        if provider is None:
            return Declined("not a payment code that this store takes")
        try:
            await self._note(Note(attempt_id=order.attempt_id, step="asked", mark=provider.name))
        except MemoryLost as lost:
            return NotSent(f"the notes of the payments cannot be kept ({lost})")
        flow = CodeFlow(provider.rules, self._clock.monotonic_ms())
        running = self._running[order.attempt_id] = _Running(flow, provider, asking=True)
        try:
            reply = await provider.pay(_number(order.attempt_id), order.amount_minor, order.currency, order.code)
            flow.heard(reply, self._clock.monotonic_ms())
            return await self._follow(order, running)
        except NoAnswer as unsent:
            return await self._end(order, NotSent(str(unsent)))
        finally:
            running.asking = False
            if flow.phase == "asking":  # this task was ended while the provider was asked
                flow.heard(Doubt("cut off"), self._clock.monotonic_ms())

    async def enquire(self, order: Order) -> Outcome:
        """What became of it; at most one question to the provider, when its rules allow one."""
        note = self._memory.find(order.attempt_id)
        if note is not None and note.step == "ended":
            return outcome_in(note)
        if note is None and not asked_before(order.attempt_id, self._memory.since_ms):
            return await self._end(order, NotFound())  # nothing of it ever left
        if order.amount_minor < 0:
            return await self._refund_enquiry(order)
        running = self._running.get(order.attempt_id)
        if running is None:
            provider = await self._provider_of(order, note)
            if provider is None:
                return Unknown("no provider of this store knows the payment")
            undoing = note is not None and note.step == "undo"
            flow = CodeFlow(provider.rules, self._clock.monotonic_ms(), resumed=True, undoing=undoing)
            running = self._running[order.attempt_id] = _Running(flow, provider)
        if running.asking:
            return Pending()
        return await self._one_step(order, running)

    async def cancel(self, attempt_id: str) -> None:
        """Wish that it stops: it is taken back as soon as the provider allows."""
        running = self._running.get(attempt_id)
        if running is not None:
            running.flow.wish_to_stop()
            running.woken.set()

    async def _follow(self, order: Order, running: _Running) -> Outcome:
        tries = 0
        while tries < UNDO_TRIES and (step := running.flow.next()) is not None:
            if await self._too_early(step, running):
                continue
            if not await self._do(order, running, step):
                return Unknown("the disk of the box is full: it is asked about again")
            tries += step.question == "undo"
        return await self._end(order, running.flow.outcome)

    async def _one_step(self, order: Order, running: _Running) -> Outcome:
        step = running.flow.next()
        undoing = running.flow.phase == "undoing"
        if step is not None and step.at_ms <= self._clock.monotonic_ms():
            running.asking = True
            try:
                await self._do(order, running, step)
            finally:
                running.asking = False
            undoing = running.flow.phase == "undoing"
        outcome = await self._end(order, running.flow.outcome)
        return Unknown(TAKING_BACK) if undoing and isinstance(outcome, Pending) else outcome

    async def _too_early(self, step: Step, running: _Running) -> bool:
        """Sleep until its time; True: something else may be due now."""
        wait_ms = step.at_ms - self._clock.monotonic_ms()
        if wait_ms <= 0:
            return False
        running.woken.clear()
        sleeping = asyncio.ensure_future(self._sleep(wait_ms / 1000))
        waking = asyncio.ensure_future(running.woken.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sleeping, waking):
                task.cancel()
        return True

    async def _do(self, order: Order, running: _Running, step: Step) -> bool:
        """One question. False: it could not be written down first."""
        number = _number(order.attempt_id)
        flow, provider = running.flow, running.provider
        if step.question == "query":
            flow.heard(await provider.query(number), self._clock.monotonic_ms())
            return True
        if flow.phase != "undoing":
            try:
                await self._note(Note(attempt_id=order.attempt_id, step="undo", mark=provider.name))
            except MemoryLost:
                return False
            flow.begin_undo()
        flow.heard(await provider.undo(number), self._clock.monotonic_ms())
        return True

    async def _provider_of(self, order: Order, note: Note | None) -> CodeProvider | None:
        if note is not None:
            return self._providers.get(note.mark)
        for provider in self._providers.values():  # the notes are lost: the providers' own lists are not
            if not isinstance(await provider.query(_number(order.attempt_id)), Gone | Doubt):
                return provider
        return None

    async def _refund(self, order: Order) -> Outcome:
        taken = self._memory.find(order.reverses_id)
        found = await self._paid_at(order.reverses_id, taken)
        if isinstance(found, str):
            return NotSent(found)
        provider, total_minor = found
        try:
            await self._note(Note(attempt_id=order.attempt_id, step="asked", mark=provider.name))
        except MemoryLost as lost:
            return NotSent(f"the notes of the payments cannot be kept ({lost})")
        back_minor = -order.amount_minor
        try:
            reply = await provider.refund(_number(order.attempt_id), _number(order.reverses_id), back_minor, total_minor)
        except NoAnswer as unsent:
            return await self._end(order, NotSent(str(unsent)))
        return await self._refunded(order, reply)

    async def _refund_enquiry(self, order: Order) -> Outcome:
        note = self._memory.find(order.attempt_id)
        provider = self._providers.get(note.mark if note is not None else "")
        if provider is None:
            return Unknown("nobody knows which provider was asked: look at the providers' lists")
        reply = await provider.refund_query(_number(order.attempt_id), _number(order.reverses_id), -order.amount_minor)
        return await self._refunded(order, reply)

    async def _refunded(self, order: Order, reply: Reply) -> Outcome:
        now_ms = self._clock.monotonic_ms()
        since_ms = self._refunded_ms.setdefault(order.attempt_id, now_ms)
        match reply:
            case Paid(amount, reference):
                return await self._end(order, Approved(-amount, reference))
            case Failed(why):
                return await self._end(order, Declined(why))
            case Gone() if now_ms - since_ms >= REFUND_DOOR_MS:
                return await self._end(order, NotFound())
            case _:
                return Unknown("the provider has not said yet whether it gave the money back")

    async def _paid_at(self, attempt_id: str, note: Note | None) -> tuple[CodeProvider, int] | str:
        """(provider, amount) of a payment, asked of the provider itself; a text when nobody knows it."""
        named = self._providers.get(note.mark) if note is not None else None
        for provider in [named] if named is not None else self._providers.values():
            reply = await provider.query(_number(attempt_id))
            if isinstance(reply, Paid):
                return provider, reply.amount_minor
        return "no provider of this store knows the payment that is to be given back"

    async def _end(self, order: Order, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Unknown | Pending):
            return Unknown(TAKING_BACK) if isinstance(outcome, Pending) and self._undoing(order) else outcome
        note = self._memory.find(order.attempt_id)
        ended: Ended = outcome
        with contextlib.suppress(MemoryLost):  # the till writes it down as well
            await self._note(ended_note(order.attempt_id, ended, "" if note is None else note.mark))
        self._running.pop(order.attempt_id, None)
        self._refunded_ms.pop(order.attempt_id, None)
        return ended

    def _undoing(self, order: Order) -> bool:
        running = self._running.get(order.attempt_id)
        return running is not None and running.flow.phase == "undoing"

    async def _note(self, note: Note) -> None:
        await asyncio.to_thread(self._memory.put, note)


def _number(attempt_id: str) -> str:
    """The order's number at the provider: 32 characters at most, letters and digits."""
    return attempt_id.replace("-", "")[:32]
