"""SIGKILLs of a real box while customers pay at a ZVT terminal, which has no name for a payment: nobody pays twice, no
charge is lost. The terminal is slow, cuts its line and loses requests; afterwards its ledger and the journal tell of the
same money, receipt by receipt.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from deploy.processes import free_port
from protocols.contract.till_facts import PaymentAsked, PaymentEnded, SaleClosed
from simulators.edge_config import edge_config
from simulators.payment_plans import Plan
from simulators.wire_terminals import WIRE_TERMINALS
from simulators.zvt_terminal.server import ZvtSimulator
from tests.integration.test_payment_kills import ONE_KILL_SECONDS, Customer, facts_of
from tests.support.bench_ground import running_bench
from tests.support.box_process import BoxProcess
from tests.support.till_client import TillClient
from tests.support.waiting import until


def check_money(facts: list[object], simulator: ZvtSimulator) -> None:
    """The terminal's ledger is the truth."""
    asked = {fact.attempt_id for fact in facts if isinstance(fact, PaymentAsked)}
    ended = [fact for fact in facts if isinstance(fact, PaymentEnded)]
    assert len({fact.attempt_id for fact in ended}) == len(ended), "an attempt has one end"
    assert {fact.attempt_id for fact in ended} == asked, "every attempt has an end"
    believed = sorted((fact.reference, fact.amount_minor) for fact in ended if fact.outcome == "approved")
    booked = sorted((entry.reference, entry.amount_minor) for entry in simulator.terminal.ledger.entries)
    assert believed == booked, "what counts as paid is what was charged, receipt by receipt"
    sales = [fact for fact in facts if isinstance(fact, SaleClosed)]
    tendered = [tender.attempt_id for sale in sales for tender in sale.tenders]
    assert len(tendered) == len(set(tendered)), "a payment pays for one sale"
    for sale in sales:
        assert sum(tender.amount_minor for tender in sale.tenders) == sale.total_minor


async def kill_around_payments(tmp_path: Path, kills: int, seed: int) -> None:
    rng = random.Random(seed)
    toml = (
        f'seed = 7\nport = 0\n[[tills]]\nid = "1"\nterminal = "terminal-1"\n'
        f'[[terminals]]\nid = "terminal-1"\nport = {free_port()}\nslow_ms = 5\n'
    )
    async with running_bench(tmp_path, toml) as here:
        simulator = here.bench.of(WIRE_TERMINALS)["terminal-1"]
        assert isinstance(simulator, ZvtSimulator)
        box = BoxProcess(tmp_path, tills=(), more_toml=edge_config(here.settings, "bench.toml"))
        box.start()
        await box.ready()
        stop = asyncio.Event()
        customer = Customer(TillClient(box.url, "1"), rng)
        async with asyncio.TaskGroup() as tasks:
            working = tasks.create_task(customer.work(stop))
            for _ in range(kills):
                simulator.plans.standing = Plan(
                    slow_ms=rng.choice((0, 5, 60)),
                    reply=rng.choice(("told", "told", "told", "cut", "dropped")),
                    percent=rng.choice((100, 100, 60)),
                )
                goal = customer.payments + rng.randint(0, 1)
                await until(lambda goal=goal: customer.payments >= goal or working.done(), seconds=ONE_KILL_SECONDS)  # type: ignore[misc]
                await asyncio.sleep(rng.random() * 0.2)
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


async def test_kills_around_zvt_payments_charge_nobody_twice(tmp_path: Path) -> None:
    await kill_around_payments(tmp_path, kills=2, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 6))
async def test_a_hundred_kills_around_zvt_payments(tmp_path: Path, seed: int) -> None:
    await kill_around_payments(tmp_path, kills=25, seed=seed)
