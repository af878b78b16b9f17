"""Payments of the weeks: orders are asked for one after the other, and a card terminal keeps a ledger of its own."""

from __future__ import annotations

import random
from collections import Counter

from edge.checkout.asking import MoneyTaker, PaymentNews, Payments, Way
from edge.checkout.till import Till
from protocols.contract.till_payment import MethodView
from protocols.payment.port import Approved, Declined, Order, Outcome

TERMINAL = "terminal-1"
DECLINES = 0.03


class LedgerTerminal:
    """Approves nearly everything, and knows what it took. An order that came twice would count twice."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.moved_minor: Counter[str] = Counter()
        self.declined = 0

    async def ask(self, order: Order) -> Outcome:
        if order.amount_minor > 0 and self._rng.random() < DECLINES:
            self.declined += 1
            return Declined("not enough cover")
        self.moved_minor[order.attempt_id] += order.amount_minor
        return Approved(order.amount_minor, f"T{len(self.moved_minor):08d}", "1234")

    async def enquire(self, order: Order) -> Outcome:
        raise AssertionError(f"nothing was in doubt, {order.attempt_id} neither")

    async def cancel(self, _attempt_id: str) -> None:
        """Too late."""


class Counter1(Payments):
    """The payments of a box with one till; orders wait until the story has them asked."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self.terminal = LedgerTerminal(rng)
        self._waiting: list[tuple[MoneyTaker, Order]] = []
        self.add("1", Way("card", TERMINAL, self.terminal, lambda: MethodView(method="card")))

    def begin(self, taker: MoneyTaker, order: Order) -> None:
        self._waiting.append((taker, order))

    async def serve(self, till: Till) -> None:
        """Until nobody waits."""
        while self._waiting:
            taker, order = self._waiting.pop(0)
            told = await till.take_news(PaymentNews(order, await taker.ask(order), "answer"))
            assert told == "stored", told
