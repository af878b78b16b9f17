"""A Terminal API terminal over real HTTP: every honest outcome, and afterwards both books are the same."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from firmware_bridges.nexo_terminal import NexoDriver, NexoOptions
from firmware_bridges.payment_web import HttpPaymentWeb, WebPlace
from protocols.clock import IdSource, SeededRandom
from protocols.payment.nexo.messages import service_id
from protocols.payment.nexo.sealing import SharedKey, derive
from protocols.payment.port import Approved, Cancelled, Declined, Ended, NotFound, NotSent, Order, Outcome, Pending, Unknown
from simulators.clock import SystemClock
from simulators.nexo_terminal.server import NexoSimulator
from simulators.payment_plans import PLANS, Plan
from tests.support.waiting import until

KEY = derive("correct horse", "key-1", 1)


@dataclass
class Ground:
    simulator: NexoSimulator
    driver: NexoDriver
    key: SharedKey | None
    seconds: float
    outcomes: dict[str, Ended] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ids = IdSource(SystemClock(), SeededRandom(5))

    async def ask(self, amount_minor: int, reverses: str = "") -> tuple[Order, Outcome]:
        before = self.outcomes.get(reverses)
        reference = before.reference if isinstance(before, Approved) else ""
        order = Order(self.ids.new(), "card", amount_minor, "EUR", reverses_id=reverses, reference=reference)
        return order, await self.driver.ask(order)

    async def pay(self, amount_minor: int, reverses: str = "") -> str:
        order, outcome = await self.ask(amount_minor, reverses)
        await self.settle(order, outcome)
        return order.attempt_id

    async def settle(self, order: Order, outcome: Outcome) -> Ended:
        while isinstance(outcome, Unknown | Pending):
            await asyncio.sleep(0.02)
            outcome = await self.driver.enquire(order)
        self.outcomes[order.attempt_id] = outcome
        return outcome

    def restart(self) -> None:
        self.driver = driver_of(self.simulator, self.key, self.seconds)

    def books_agree(self) -> None:
        believed = {
            service_id(attempt): each.amount_minor for attempt, each in self.outcomes.items() if isinstance(each, Approved)
        }
        entries = self.simulator.terminal.ledger.entries
        booked = {each.attempt_id: each.amount_minor if each.kind == "charge" else -each.amount_minor for each in entries}
        assert len(booked) == len(entries), "nobody is charged twice"
        assert believed == booked
        asked = self.simulator.terminal.asked
        assert len(asked) == len(set(asked))


def driver_of(simulator: NexoSimulator, key: SharedKey | None, seconds: float) -> NexoDriver:
    web = HttpPaymentWeb(WebPlace(f"http://127.0.0.1:{simulator.port}"))
    options = NexoOptions("till-1", "SIM-1", key=key, answer_seconds=seconds, door_seconds=0.2)
    return NexoDriver("terminal-1", web, SystemClock(), SeededRandom(9), options)


@contextlib.asynccontextmanager
async def ground_of(*, key: SharedKey | None = None, seconds: float = 0.6) -> AsyncIterator[Ground]:
    simulator = NexoSimulator("terminal-1", 0, SystemClock(), SeededRandom(7), key=key)
    await simulator.start()
    try:
        yield Ground(simulator, driver_of(simulator, key, seconds), key, seconds)
    finally:
        await simulator.stop()


async def test_a_payment_and_its_reversal_sealed() -> None:
    async with ground_of(key=KEY) as ground:
        taken = await ground.pay(1_099)
        outcome = ground.outcomes[taken]
        assert isinstance(outcome, Approved)
        assert outcome.slip[:2] == ("KUNDENBELEG", "Total EUR 10.99")
        assert isinstance(ground.outcomes[await ground.pay(-600, taken)], Approved)
        assert isinstance(ground.outcomes[await ground.pay(-600, taken)], Declined), "more than is left"
        assert isinstance(ground.outcomes[await ground.pay(-499, taken)], Approved)
        ground.books_agree()


async def test_another_passphrase_is_no_answer_and_charges_nobody() -> None:
    async with ground_of(key=KEY) as ground:
        ground.driver = driver_of(ground.simulator, derive("wrong", "key-1", 1), 0.6)
        order, outcome = await ground.ask(500)
        assert isinstance(outcome, Unknown)
        ground.restart()
        assert await ground.settle(order, outcome) == NotFound()
        ground.books_agree()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("approve", Approved),
        ("decline", Declined),
        ("partial", Approved),
        ("customer_abort", Cancelled),
        ("no_reply_taken", Approved),
        ("no_reply_not_taken", NotFound),
        ("reply_lost", Approved),
        ("decline_then_approve", Approved),
        ("busy", NotSent),
        ("printer_out", Approved),
        ("end_of_day_required", Declined),
    ],
)
async def test_every_outcome_leaves_the_books_the_same(name: str, expected: type) -> None:
    async with ground_of() as ground:
        ground.simulator.terminal.plans.script(PLANS[name])
        order, outcome = await ground.ask(500)
        if isinstance(outcome, Unknown):
            ground.restart()
        assert isinstance(await ground.settle(order, outcome), expected)
        ground.simulator.terminal.close_day()
        assert isinstance(ground.outcomes[await ground.pay(500)], Approved)
        ground.books_agree()


async def test_an_approval_that_comes_after_the_time_out_is_found() -> None:
    async with ground_of(seconds=0.1) as ground:
        ground.simulator.terminal.plans.script(Plan(slow_ms=500))
        assert isinstance(ground.outcomes[await ground.pay(800)], Approved)
        ground.books_agree()


async def test_a_payment_can_be_stopped_and_a_reboot_charges_nobody() -> None:
    async with ground_of(seconds=5.0) as ground:
        ground.simulator.terminal.plans.script(Plan(slow_ms=60_000), Plan(slow_ms=60_000, reboot_ms=100))
        asking = asyncio.create_task(ground.ask(800))
        await until(lambda: ground.simulator.terminal.under_way)
        (attempt_id,) = ground.driver.under_way
        await ground.driver.cancel(attempt_id)
        order, outcome = await asking
        assert await ground.settle(order, outcome) == Cancelled()
        assert ground.outcomes[await ground.pay(800)] == Cancelled()
        ground.books_agree()


async def test_the_same_request_again_gets_the_first_answer() -> None:
    async with ground_of() as ground:
        order, outcome = await ground.ask(500)
        again = await ground.driver.ask(order)
        assert again == outcome
        ground.outcomes[order.attempt_id] = outcome  # type: ignore[assignment]
        ground.books_agree()


async def test_nobody_there() -> None:
    async with ground_of() as ground:
        await ground.simulator.unplug()
        assert isinstance(ground.outcomes[await ground.pay(500)], NotSent)
        ground.books_agree()
