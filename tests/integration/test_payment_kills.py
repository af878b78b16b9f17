"""SIGKILLs of a real box while customers pay by card at a simulated terminal: nobody is charged twice, no charge is lost.

The terminal is slow, cuts its line and loses answers at random. After all kills its ledger, the box's attempts and the
journal must tell of the same money.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from pathlib import Path

import pytest

from deploy.processes import free_port
from protocols.contract.facts import decode_body, decode_envelope
from protocols.contract.till import TillAnswer, TillCommand, TillState
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_facts import PaymentAsked, PaymentEnded, SaleClosed
from protocols.contract.till_payment import Pay
from simulators.edge_config import edge_config
from simulators.payment_terminal.server import PaymentTerminalSimulator
from simulators.payment_terminal.terminal import TerminalFaults
from tests.support.bench_ground import running_bench
from tests.support.box_process import BoxProcess
from tests.support.goods import ANN, BREAD_CODE, MILK_CODE, PIN
from tests.support.till_client import TillClient
from tests.support.waiting import until

ONE_KILL_SECONDS = 300.0
"""From one kill to the next: a start of the box, an enquiry or two, a payment or two, on a machine that has much else to do.
The whole has no limit of its own: a run that goes on is not stuck."""


class Customer:
    """Buys and pays by card until told to stop; what the screen showed is remembered."""

    def __init__(self, client: TillClient, rng: random.Random) -> None:
        self.client = client
        self.rng = rng
        self.paid: set[str] = set()
        self.payments = 0

    async def work(self, stop: asyncio.Event) -> None:
        await self._send(Login(staff_id=ANN, pin=PIN))
        await self._send(OpenShift(float_minor=0))
        while not stop.is_set():
            await self._send(Scan(code=self.rng.choice((MILK_CODE, BREAD_CODE))))
            while not await self._pay():
                pass
        await self.client.close()

    async def _pay(self) -> bool:
        """One payment; True once the sale is closed."""
        state = await self._settled()
        if state.sale_id is None:
            return True
        part = state.remaining_minor if self.rng.random() < 0.7 else max(1, state.remaining_minor // 2)
        due = state.remaining_minor
        answer = await self._send(Pay(method="card", amount_minor=part, expected_due_minor=due))
        self.payments += answer.ok
        return (await self._settled()).sale_id is None

    async def _send(self, command: TillCommand) -> TillAnswer:
        return await self.client.send(command, give_up_seconds=ONE_KILL_SECONDS)

    async def _settled(self) -> TillState:
        """The state once no payment is under way; a closed sale is noted."""
        while True:
            answer = await self._send(Scan(code="", quantity=1))  # refused: it only asks for the state
            state = answer.state
            if state.last_sale is not None:
                self.paid.add(state.last_sale.sale_id)
            under_way = state.payment is not None and state.payment.state in {"asking", "unknown", "reversing"}
            if not under_way and (state.sale_id is None or any(x.method == "card" and x.usable for x in state.methods)):
                return state
            await asyncio.sleep(0.02)


def facts_of(folder: Path) -> list[object]:
    """Everything journalled, in order."""
    connection = sqlite3.connect(folder / "data" / "store.db")
    try:
        rows = connection.execute("SELECT fact FROM journal ORDER BY position").fetchall()
    finally:
        connection.close()
    return [decode_body(decode_envelope(row[0])) for row in rows]


def check_money(facts: list[object], simulator: PaymentTerminalSimulator) -> None:
    """The terminal's ledger is the truth."""
    terminal = simulator.terminal
    assert len(terminal.asked) == len(set(terminal.asked)), "an order was asked for twice"
    asked = {fact.attempt_id for fact in facts if isinstance(fact, PaymentAsked)}
    ended = [fact for fact in facts if isinstance(fact, PaymentEnded)]
    assert len({fact.attempt_id for fact in ended}) == len(ended), "an attempt has one end"
    assert set(terminal.asked) <= asked, "on record before the first byte"
    assert {fact.attempt_id for fact in ended} == asked, "every attempt has an end"
    approved = {fact.attempt_id: fact.amount_minor for fact in ended if fact.outcome == "approved"}
    charged = {each.attempt_id: each.amount_minor for each in terminal.ledger.entries}
    assert approved == charged, "what counts as paid is what was charged"
    sales = [fact for fact in facts if isinstance(fact, SaleClosed)]
    tendered = [tender.attempt_id for sale in sales for tender in sale.tenders]
    assert len(tendered) == len(set(tendered)), "a payment pays for one sale"
    assert set(tendered) <= set(approved)
    for sale in sales:
        assert sum(tender.amount_minor for tender in sale.tenders) == sale.total_minor


async def kill_around_payments(tmp_path: Path, kills: int, seed: int) -> None:
    rng = random.Random(seed)
    toml = (
        f'seed = 7\nport = 0\n[[tills]]\nid = "1"\nterminal = "terminal-1"\n'
        f'[[payment_terminals]]\nid = "terminal-1"\nport = {free_port()}\nslow_ms = 5\n'
    )
    async with running_bench(tmp_path, toml) as here:
        simulator = here.bench.payment_terminals["terminal-1"]
        box = BoxProcess(tmp_path, tills=(), more_toml=edge_config(here.settings, "bench.toml"))
        box.start()
        await box.ready()
        stop = asyncio.Event()
        customer = Customer(TillClient(box.url, "1"), rng)
        async with asyncio.TaskGroup() as tasks:
            working = tasks.create_task(customer.work(stop))
            for _ in range(kills):
                simulator.terminal.faults = TerminalFaults(
                    slow_ms=rng.choice((0, 5, 60)),
                    cut_after=rng.random() < 0.2,
                    cut_before=rng.random() < 0.1,
                    partial_percent=rng.choice((0, 0, 60)),
                )
                goal = customer.payments + rng.randint(0, 2)  # begun: one that is cut off before it is asked counts too
                await until(lambda goal=goal: customer.payments >= goal or working.done(), seconds=ONE_KILL_SECONDS)  # type: ignore[misc]
                await asyncio.sleep(rng.random() * 0.08)
                box.kill()
                box.start()
            simulator.heal()
            stop.set()
            await until(working.done, seconds=ONE_KILL_SECONDS)
        assert await box.stop() == 0, box.log()
        facts = facts_of(tmp_path)
        check_money(facts, simulator)
        closed = {fact.sale_id for fact in facts if isinstance(fact, SaleClosed)}
        assert customer.paid <= closed, "shown as paid, and stored"
        assert closed


async def test_kills_around_payments_charge_nobody_twice(tmp_path: Path) -> None:
    await kill_around_payments(tmp_path, kills=6, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 6))
async def test_two_hundred_kills_around_payments(tmp_path: Path, seed: int) -> None:
    await kill_around_payments(tmp_path, kills=50, seed=seed)
