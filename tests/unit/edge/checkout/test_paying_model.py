"""Any order of payments, faults, reversals and restarts, through the real driver and a real line, against a simple model:
what is left to pay is the total less what the terminal holds of the customer's money, and less the cash in the drawer."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from protocols.contract.till import TillState
from protocols.contract.till_basket import AbandonSale, Scan
from protocols.contract.till_payment import Pay, PayCash, ResolvePayment, ReverseTender
from tests.support.goods import BREAD_CODE, MILK_CODE
from tests.support.memory import MEMORY
from tests.support.paying import PayingCounter, books_agree

Result = TypeVar("Result")

FAULTS: tuple[dict[str, object], ...] = (
    {}, {}, {}, {"decline": True}, {"partial_percent": 40}, {"wrong_amount": True}, {"cut_after": True},
    {"cut_before": True},
    {"duplicate": True}, {"occupied": True}, {"reply_lost": True}, {"slow_ms": 30}, {"cut_after": True, "duplicate": True},
)  # fmt: skip
UNDER_WAY = {"asking", "unknown", "reversing"}


class Paying(RuleBasedStateMachine):
    """One till, one terminal."""

    @initialize()
    def open(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY))
        self.counter = PayingCounter(self.folder, answer_seconds=0.25)
        self.cash_minor = 0
        self.run(self.counter.start())
        self.run(self.counter.open())

    def run(self, what: Coroutine[object, object, Result]) -> Result:
        return self.loop.run_until_complete(what)

    @property
    def state(self) -> TillState:
        return self.counter.till.state()

    async def settled(self) -> None:
        """Until nobody waits for an outcome."""
        await self.counter.until_state(lambda state: state.payment is None or state.payment.state not in UNDER_WAY)
        await self.counter.until_state(lambda state: state.methods[1].usable)

    def basket(self) -> None:
        """Somebody wants something."""
        if not self.state.lines:
            for code in (MILK_CODE, BREAD_CODE, MILK_CODE):
                self.run(self.counter.ok(Scan(code=code)))

    @precondition(lambda self: self.state.remaining_minor >= 0)
    @rule(share=st.sampled_from((100, 60, 30)), fault=st.sampled_from(FAULTS), restart=st.sampled_from((False, False, True)))
    def pay_by_card(self, share: int, fault: dict[str, object], restart: bool) -> None:
        self.basket()
        due = self.state.remaining_minor
        self.counter.fault(**fault)
        sale_id = self.state.sale_id
        amount = due * share // 100
        answer = self.run(self.counter.do(Pay(method="card", amount_minor=amount, expected_due_minor=due)))
        assert answer.ok or amount < 1, answer.reason
        if restart:
            self.run(self.counter.restart())
        elif answer.state.payment is not None and answer.state.payment.state == "unknown":
            self.run(self.counter.do(ResolvePayment(attempt_id=answer.state.payment.attempt_id)))
        self.run(self.settled())
        if self.state.sale_id != sale_id:
            self.cash_minor = 0

    @precondition(lambda self: self.state.remaining_minor >= 0)
    @rule(share=st.sampled_from((10, 50)))
    def pay_a_part_in_cash(self, share: int) -> None:
        self.basket()
        due = self.state.remaining_minor
        amount = due * share // 100
        if amount < 1:
            return
        self.run(self.counter.ok(Pay(method="cash", amount_minor=amount, expected_due_minor=due)))
        self.cash_minor += amount

    @precondition(lambda self: self.state.lines and self.state.remaining_minor >= 0)
    @rule(more=st.integers(0, 50))
    def pay_the_rest_in_cash(self, more: int) -> None:
        due = self.state.due_minor
        answer = self.run(self.counter.ok(PayCash(tendered_minor=due + more, expected_due_minor=due)))
        assert answer.sale is not None
        assert answer.sale.change_minor == more
        self.cash_minor = 0

    @precondition(lambda self: self.state.tenders)
    @rule(fault=st.sampled_from(FAULTS))
    def give_the_last_back(self, fault: dict[str, object]) -> None:
        last = self.state.tenders[-1]
        self.counter.fault(**fault)
        self.run(self.counter.ok(ReverseTender(tender_no=last.tender_no)))
        self.run(self.settled())
        if last.method == "cash":
            self.cash_minor -= last.amount_minor

    @rule()
    def abandon(self) -> None:
        before = self.state
        answer = self.run(self.counter.do(AbandonSale()))
        assert answer.ok == (before.sale_id is not None and not before.tenders), "money is never thrown away with a basket"

    @rule()
    def restart_the_terminal(self) -> None:
        self.run(self.counter.simulator.restart(1))
        self.run(self.counter.until_state(lambda _state: self.counter.simulator.connected))
        self.run(self.settled())

    @rule()
    def the_terminal_calls_back(self) -> None:
        self.counter.simulator.call_back()

    @invariant()
    def the_books_agree(self) -> None:
        if not hasattr(self, "counter"):
            return
        books_agree(self.counter)
        state = self.state
        closed = {tender.attempt_id for sale in self.counter.sales() for tender in sale.tenders}
        ledger = self.counter.simulator.terminal.ledger
        charges = {entry.attempt_id for entry in ledger.entries if entry.kind == "charge"} - closed
        held_minor = sum(ledger.left_minor(attempt_id) for attempt_id in charges)
        assert sum(tender.amount_minor for tender in state.tenders) == held_minor + self.cash_minor
        if state.sale_id is not None:
            assert state.remaining_minor == state.total_minor - held_minor - self.cash_minor

    def teardown(self) -> None:
        if hasattr(self, "counter"):
            self.run(self.counter.end())
            self.loop.close()
            shutil.rmtree(self.folder)


def run_model(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Paying,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )


def test_any_order_of_payments_and_faults() -> None:
    run_model(14, 12)


@pytest.mark.soak
def test_any_order_of_payments_and_faults_for_long() -> None:
    run_model(400, 25)
