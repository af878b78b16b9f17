"""A till counter with a simulated payment terminal on a real TCP line, and the real driver, asker and till worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from edge.checkout import attempt_store
from edge.checkout.asking import PaymentNews, Payments, Told, Way, offline
from edge.checkout.ports import Quiet
from edge.checkout.till import Till, restore
from firmware_bridges.payment_terminal import PaymentTerminalDriver
from firmware_bridges.supervise import LinkBroken
from protocols.clock import SeededRandom
from protocols.contract.feed_rows import FeedRow, StaffRow
from protocols.contract.till import TillAnswer, TillCommand, TillRequest, TillState
from protocols.contract.till_facts import PaymentAsked, PaymentEnded
from protocols.contract.till_payment import MethodView, Pay
from protocols.payment.port import Order
from simulators.clock import SystemClock
from simulators.payment_terminal.server import PaymentTerminalSimulator
from simulators.payment_terminal.terminal import TerminalFaults
from tests.support.counter import Counter
from tests.support.goods import ANN, PIN_HASH, assortment
from tests.support.waiting import until

TERMINAL = "terminal-1"
RETRY_SECONDS = 0.02


def rows_with_rights(rows: list[FeedRow] | None = None) -> list[FeedRow]:
    """The assortment; Ann may give payments back."""
    rights = ("till", "void", "drawer", "labels", "stock", "reverse", "report")
    found = assortment() if rows is None else rows
    kept = [row for row in found if not (isinstance(row, StaffRow) and row.staff_id == ANN)]
    return [*kept, StaffRow(staff_id=ANN, name="Ann", pin_hash=PIN_HASH, rights=rights)]


class PayingCounter(Counter):
    """A counter whose till takes cards. `restart` is a new box; the terminal and its ledger stay."""

    methods: tuple[str, ...] = ("card", "code")

    def __init__(self, folder: Path, *, rows: list[FeedRow] | None = None, answer_seconds: float = 30.0) -> None:
        super().__init__(folder, rows=rows_with_rights(rows))
        self.setup = replace(self.setup, terminal_id=TERMINAL)
        self.simulator = PaymentTerminalSimulator(TERMINAL, 0, SystemClock(), SeededRandom(7))
        self.answer_seconds = answer_seconds
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def ledger(self) -> list[tuple[str, int]]:
        """(kind, amount) of every movement at the terminal."""
        return [(each.kind, each.amount_minor) for each in self.simulator.terminal.ledger.entries]

    def fault(self, **faults: object) -> None:
        """Something is wrong at the terminal from now on; nothing named: it is in order."""
        self.simulator.terminal.faults = TerminalFaults(**faults)  # type: ignore[arg-type]

    def make_driver(self) -> PaymentTerminalDriver:
        """Of a new box."""
        return PaymentTerminalDriver(TERMINAL, "127.0.0.1", self.simulator.port, answer_seconds=self.answer_seconds)

    async def start(self) -> None:
        """The box comes up; its terminal is connected when this returns."""
        if not self.simulator.plugged_in:
            await self.simulator.start()
        await super().start()
        self.driver = self.make_driver()
        self.payments = Payments(random=_AtOnce(), orders_in_doubt=self._in_doubt, tell=self._tell)
        for method in self.methods:
            self.payments.add("1", Way(method, TERMINAL, self.driver, self._view(method)))
        self.desk = replace(self.desk, payments=self.payments)
        self.till = Till(self.desk, await restore(self.desk, self.setup), Quiet(), boot_number=self.boots)
        await self._switch_on()

    async def _switch_on(self) -> None:
        loops = (self._keep_connected(), self.payments.run(), self.till.run())
        self._tasks = [asyncio.create_task(loop) for loop in loops]
        await until(lambda: not self.driver.trouble or not self.simulator.plugged_in)

    async def power_off(self) -> None:
        """Everything of the box ends where it stands; nothing is told to anybody."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self.stop()

    async def restart(self) -> None:
        """A new process on the same files."""
        await self.power_off()
        await self.start()

    async def end(self) -> None:
        """The test is over. A task that failed is a failed test."""
        failed = [task.exception() for task in self._tasks if task.done() and not task.cancelled()]
        await self.power_off()
        await self.simulator.stop()
        assert not any(failed), failed

    async def do(self, command: TillCommand, command_id: str | None = None) -> TillAnswer:
        """One command through the till's worker."""
        return await self.till.ask(TillRequest(id=command_id or self.desk.ids.new(), command=command))

    async def refused(self, command: TillCommand) -> str:
        """One command that must be refused; the reason's code. The line to the terminal may come and go meanwhile."""
        before = self.till.state()
        answer = await self.do(command)
        assert not answer.ok
        assert answer.reason is not None
        after = answer.state
        assert (after.lines, after.tenders, after.due_minor) == (before.lines, before.tenders, before.due_minor)
        return answer.reason.code

    async def pay(self, method: str, amount_minor: int, *, code: str = "") -> TillAnswer:
        """Begin a payment; the answer says only that it is under way."""
        due = self.till.state().remaining_minor
        return await self.ok(Pay(method=method, amount_minor=amount_minor, expected_due_minor=due, code=code))

    async def until_state(self, happened: Callable[[TillState], object], *, seconds: float = 10.0) -> TillState:
        """Wait until the screen shows it."""
        await until(lambda: happened(self.till.state()), seconds=seconds)
        return self.till.state()

    def asked_and_ended(self) -> tuple[list[PaymentAsked], list[PaymentEnded]]:
        """What the journal tells of payments."""
        facts = self.facts()
        asked = [fact for fact in facts if isinstance(fact, PaymentAsked)]
        return asked, [fact for fact in facts if isinstance(fact, PaymentEnded)]

    def _in_doubt(self) -> list[tuple[str, Order]]:
        return [(each.terminal_id, each.order("EUR")) for each in attempt_store.in_doubt(self.store.reader())]

    async def _tell(self, news: PaymentNews) -> Told:
        return await self.till.tell(news)

    def _view(self, method: str) -> Callable[[], MethodView]:
        return lambda: offline(method, self.driver.trouble) if self.driver.trouble else MethodView(method=method)

    async def _keep_connected(self) -> None:
        """What the supervisor does, without its long pauses."""
        while True:
            try:
                await self.driver.run(lambda _event: self.till.touch())
            except LinkBroken:
                self.till.touch()
            await asyncio.sleep(RETRY_SECONDS)


class _AtOnce:
    """The shortest pauses that chance may draw."""

    def bytes(self, count: int) -> bytes:
        return bytes(count)


def books_agree(counter: PayingCounter) -> None:
    """Nobody was charged twice, and what the box counts as paid is what the terminal took and did not give back."""
    terminal = counter.simulator.terminal
    assert len(terminal.asked) == len(set(terminal.asked)), "an order was asked for twice"
    asked, ended = counter.asked_and_ended()
    ends = [each.attempt_id for each in ended]
    assert len(ends) == len(set(ends)), "an attempt has one end"
    assert set(terminal.asked) <= {each.attempt_id for each in asked}, "on record before the first byte"
    approved = {each.attempt_id: each.amount_minor for each in ended if each.outcome in {"approved", "reversed"}}
    moved: dict[str, int] = {}
    for entry in terminal.ledger.entries:
        sign = 1 if entry.kind == "charge" else -1
        moved[entry.attempt_id] = moved.get(entry.attempt_id, 0) + sign * entry.amount_minor
    by_machine = {each.attempt_id for each in asked if each.terminal_id}
    assert {key: value for key, value in approved.items() if key in by_machine} == moved
    tendered = {tender.attempt_id: tender.amount_minor for sale in counter.sales() for tender in sale.tenders}
    for sale in counter.sales():
        paid = sum(tender.amount_minor - tender.change_minor for tender in sale.tenders)
        assert sale.total_minor + sale.rounding_minor == paid, "total + rounding = tenders less change"
    assert all(approved.get(key) == value for key, value in tendered.items() if key), "a tender is an approved payment"
