"""The payment terminal on the bench: its faults and ledger over REST and from Python, through a bad line."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path

import pytest

from deploy.processes import free_port
from firmware_bridges.payment_terminal import PaymentTerminalDriver
from firmware_bridges.supervise import LinkBroken
from protocols.payment.port import Approved, Declined, NotSent, Order, Unknown
from simulators import control_shapes as shapes
from simulators.bench_client import BenchRefused
from simulators.payment_terminal.terminal import TerminalFaults
from tests.support.bench_ground import running_bench
from tests.support.waiting import until


async def keep_connected(driver: PaymentTerminalDriver) -> None:
    while True:
        try:
            await driver.run(lambda _event: None)
        except LinkBroken:
            await asyncio.sleep(0.02)


async def test_a_terminal_of_the_bench(tmp_path: Path) -> None:
    port, bad = free_port(), free_port()
    toml = (
        'seed = 7\nport = 0\n[[tills]]\nid = "1"\nterminal = "terminal-1"\n'
        f'[[payment_terminals]]\nid = "terminal-1"\nport = {port}\nslow_ms = 0\nproxy_port = {bad}\n'
    )
    async with running_bench(tmp_path, toml) as here:
        driver = PaymentTerminalDriver("terminal-1", "127.0.0.1", bad, answer_seconds=0.5)
        task = asyncio.create_task(keep_connected(driver))
        hands = here.client.payment_terminal("terminal-1")
        await until(lambda: not driver.trouble)

        order = Order("a-1", "card", 1_000, "CNY")
        outcome = await driver.ask(order)
        assert isinstance(outcome, Approved)
        assert outcome.amount_minor == 1_000
        again = await driver.enquire(order)
        assert again == outcome
        back = await driver.ask(Order("a-2", "card", -400, "CNY", reverses_id="a-1", reference=outcome.reference))
        assert isinstance(back, Approved)
        assert back.amount_minor == -400
        too_much = await driver.ask(Order("a-3", "card", -700, "CNY", reverses_id="a-1"))
        assert too_much == Declined("more than was paid")

        await asyncio.to_thread(hands.spoil, TerminalFaults(reply_lost=True))
        assert isinstance(await driver.ask(Order("a-4", "card", 5, "CNY")), Unknown)
        assert isinstance(await driver.enquire(Order("a-4", "card", 5, "CNY")), Approved)
        state = await asyncio.to_thread(here.client.state)
        assert [(fault.id, fault.fault) for fault in state.faults] == [("terminal-1", "reply_lost")]

        book = await asyncio.to_thread(hands.ledger)
        assert [(each.kind, each.amount_minor) for each in book.entries] == [
            ("charge", 1_000),
            ("give_back", 400),
            ("charge", 5),
        ]
        lines = list(csv.DictReader((await asyncio.to_thread(hands.acquirer_file)).splitlines()))
        assert [(line["attempt_id"], line["amount_minor"], line["of_attempt_id"]) for line in lines] == [
            ("a-1", "1000", ""),
            ("a-2", "-400", "a-1"),
            ("a-4", "5", ""),
        ]
        totals = await driver.totals()
        assert totals is not None
        assert (totals.payments, totals.paid_minor, totals.given_back_minor) == (2, 1_005, 400)

        with pytest.raises(BenchRefused, match="partial_percent"):
            await asyncio.to_thread(hands.spoil, TerminalFaults(partial_percent=100))
        await asyncio.to_thread(hands.plug, plugged_in=False)
        await until(lambda: driver.trouble)
        assert isinstance(await driver.ask(Order("a-5", "card", 5, "CNY")), NotSent)
        await asyncio.to_thread(here.client.heal)
        await until(lambda: not driver.trouble)
        await asyncio.to_thread(hands.restart, down_ms=10)
        await asyncio.to_thread(here.client.line("terminal-1").spoil, shapes.LineFaults(split=True, delay_ms=1))
        await until(lambda: not driver.trouble)
        assert isinstance(await driver.ask(Order("a-6", "card", 7, "CNY")), Approved)
        task.cancel()
        await asyncio.wait({task})
