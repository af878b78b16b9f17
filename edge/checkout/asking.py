"""Asks whoever takes the money, beside the till's worker: a customer at a terminal takes minutes, and no till waits.

An order is asked for at most once. When its outcome is not known, it is enquired for, with growing pauses, until somebody
knows: also after a restart of the box, and of this part of it. Outcomes are handed to the till of the order, to be stored.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from edge.checkout.attempts import How
from edge.checkout.reasons import reason
from protocols.clock import RandomSource, SeededRandom
from protocols.contract.till_payment import MethodView
from protocols.payment.port import Order, Outcome, Pending, Unknown
from protocols.sync.backoff import retry_wait

ENQUIRE_FIRST_MS = 1_000
ENQUIRE_CAP_MS = 30_000
STORE_RETRY_SECONDS = 1.0


class MoneyTaker(Protocol):
    """An adapter of the payment port (`protocols.payment.port` has its promises)."""

    async def ask(self, order: Order) -> Outcome:
        """Take the amount, or give it back. Called once for an attempt; never raises for what the other side can do."""

    async def enquire(self, order: Order) -> Outcome:
        """What became of it."""

    async def cancel(self, attempt_id: str) -> None:
        """Wish that it stops; its outcome tells whether it did."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to pay at a till. `view` says whether it can be used now, and why not."""

    method: str
    terminal_id: str
    taker: MoneyTaker
    view: Callable[[], MethodView]


@dataclass(frozen=True, slots=True)
class PaymentNews:
    """What became of an order, for the till to store."""

    order: Order
    outcome: Outcome
    how: How


Told = Literal["stored", "over", "later"]
"""`over`: the attempt has ended before, nobody needs more news of it. `later`: the disk is full or busy, tell it again."""
Tell = Callable[[PaymentNews], Awaitable[Told]]
"""Hands news to the till of the order."""


async def _nobody(_news: PaymentNews) -> Told:
    return "over"


@dataclass(slots=True)
class Payments:
    """Every way to pay of the store, and the orders under way."""

    random: RandomSource = field(default_factory=lambda: SeededRandom(1))
    orders_in_doubt: Callable[[], list[tuple[str, Order]]] = list
    """(terminal id, order) of every attempt in the store database whose outcome is not known."""
    tell: Tell = _nobody
    ways: dict[str, tuple[Way, ...]] = field(default_factory=dict)
    """By till."""
    _todo: asyncio.Queue[Callable[[], Awaitable[None]]] = field(default_factory=asyncio.Queue)
    """Needs no limit of its own: a till puts at most one order and one wish in for each of its commands, and gives the next
    command only when the last was answered; each leaves at once for a task, of which an attempt has one."""
    _nudges: dict[str, asyncio.Event] = field(default_factory=dict)

    def add(self, till_id: str, way: Way) -> None:
        """A till may use this way."""
        self.ways[till_id] = (*self.ways.get(till_id, ()), way)

    def methods(self, till_id: str) -> tuple[MethodView, ...]:
        """The ways of a till beside cash, usable or with the reason why not."""
        return tuple(way.view() for way in self.ways.get(till_id, ()))

    def way(self, till_id: str, method: str) -> Way | None:
        """A way by its method."""
        return next((way for way in self.ways.get(till_id, ()) if way.method == method), None)

    def begin(self, taker: MoneyTaker, order: Order) -> None:
        """Ask. The attempt must be on the disk. Returns at once; the outcome comes as news."""
        self._todo.put_nowait(lambda: self._ask(taker, order))

    def give_back(self, terminal_id: str, order: Order) -> None:
        """Ask for money to go back. Like `begin`; without such a terminal the order stays in doubt."""
        taker = self._taker(terminal_id)
        if taker is not None:
            self.begin(taker, order)
        else:
            self.look_into(terminal_id, order)

    def look_into(self, terminal_id: str, order: Order) -> None:
        """Enquire now, and from then on until the outcome is known."""
        if (nudge := self._nudges.get(order.attempt_id)) is not None:
            nudge.set()
        else:
            self._todo.put_nowait(lambda: self._enquire(terminal_id, order))

    def cancel(self, terminal_id: str, attempt_id: str) -> None:
        """Wish that an order stops."""
        taker = self._taker(terminal_id)
        if taker is not None:
            self._todo.put_nowait(lambda: taker.cancel(attempt_id))

    async def run(self) -> None:
        """Carry out what was begun, for ever. Orders in doubt from before are enquired for, never asked for again."""
        while not self._todo.empty():
            self._todo.get_nowait()  # begun for a run that failed: its order is in doubt and comes from the store
        self._nudges.clear()
        async with asyncio.TaskGroup() as tasks:
            for terminal_id, order in self.orders_in_doubt():
                tasks.create_task(self._enquire(terminal_id, order))
            while True:
                job = await self._todo.get()
                tasks.create_task(_carried_out(job))

    async def _ask(self, taker: MoneyTaker, order: Order) -> None:
        outcome = await taker.ask(order)
        await self._hand_over(PaymentNews(order, outcome, "answer"))
        if isinstance(outcome, Unknown | Pending):
            await self._enquire_of(taker, order)

    async def _enquire(self, terminal_id: str, order: Order) -> None:
        taker = self._taker(terminal_id)
        if taker is None:
            why = f"there is no terminal {terminal_id} in this store"
            await self._hand_over(PaymentNews(order, Unknown(why), "enquiry"))
            return
        await self._enquire_of(taker, order)

    async def _enquire_of(self, taker: MoneyTaker, order: Order) -> None:
        if order.attempt_id in self._nudges:
            return
        nudge = self._nudges[order.attempt_id] = asyncio.Event()
        try:
            tries = 0
            while True:
                nudge.clear()
                outcome = await taker.enquire(order)
                if await self._hand_over(PaymentNews(order, outcome, "enquiry")) == "over":
                    return
                if not isinstance(outcome, Unknown | Pending):
                    return
                wait_ms = retry_wait(self.random, tries, ENQUIRE_FIRST_MS, ENQUIRE_CAP_MS)
                tries += 1
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(nudge.wait(), wait_ms / 1000)
        finally:
            self._nudges.pop(order.attempt_id, None)

    def _taker(self, terminal_id: str) -> MoneyTaker | None:
        every = (way for ways in self.ways.values() for way in ways)
        return next((way.taker for way in every if way.terminal_id == terminal_id), None)

    async def _hand_over(self, news: PaymentNews) -> Told:
        """Until the till has taken it."""
        while True:
            told = await self.tell(news)
            if told != "later":
                return told
            await asyncio.sleep(STORE_RETRY_SECONDS)


async def _carried_out(job: Callable[[], Awaitable[None]]) -> None:
    await job()


def offline(method: str, why: str) -> MethodView:
    """A way that cannot be used now."""
    return MethodView(method=method, usable=False, reason=reason("terminal_offline", detail=why))
