"""Payment terminals on makers' wires on the bench: a real box finds them by the bench's own settings, a scanned payment code
pays, outcomes are scripted over REST, and every ledger is what the box believes.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from deploy.processes import free_port
from protocols.contract.till import TillCommand, TillState
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_facts import PaymentEnded, SaleClosed
from protocols.contract.till_payment import Pay
from simulators.bench_client import BenchRefused
from simulators.edge_config import edge_config
from simulators.payment_plans import Plan
from tests.integration.test_payment_kills import facts_of
from tests.support.bench_ground import running_bench
from tests.support.box_process import BoxProcess
from tests.support.goods import ANN, BREAD_CODE, PIN
from tests.support.till_client import TillClient


def bench_toml() -> str:
    ports = [free_port() for _ in range(3)]
    return (
        "seed = 7\nport = 0\n"
        '[[tills]]\nid = "1"\nterminal = "zvt-1"\ncodes = "codes-1"\n[[tills]]\nid = "2"\nterminal = "nexo-1"\n'
        f'[[terminals]]\nid = "zvt-1"\nport = {ports[0]}\nslow_ms = 5\n'
        f'[[terminals]]\nid = "nexo-1"\nkind = "nexo_json"\nport = {ports[1]}\nslow_ms = 5\n'
        f'[[terminals]]\nid = "codes-1"\nkind = "payment_codes"\nport = {ports[2]}\nslow_ms = 0\nkeys = "keys"\n'
    )


class Till:
    """A till of the box, from outside."""

    def __init__(self, client: TillClient) -> None:
        self.client = client

    async def do(self, command: TillCommand) -> TillState:
        return (await self.client.send(command, give_up_seconds=60)).state

    async def sell(self, method: str, code: str = "") -> TillState:
        """One loaf; again until it is paid."""
        await self.do(Scan(code=BREAD_CODE))
        while (state := await self.settled(method)).sale_id is not None:
            due = state.remaining_minor
            await self.do(Pay(method=method, amount_minor=due, expected_due_minor=due, code=code))
        return state

    async def settled(self, method: str) -> TillState:
        while True:
            state = await self.do(Scan(code="", quantity=1))  # refused: it only asks for the state
            busy = state.payment is not None and state.payment.state in {"asking", "unknown", "reversing"}
            if not busy and (state.sale_id is None or any(x.method == method and x.usable for x in state.methods)):
                return state
            await asyncio.sleep(0.05)


async def test_a_box_pays_on_every_wire_of_the_bench(tmp_path: Path) -> None:
    async with running_bench(tmp_path, bench_toml()) as here:
        box = BoxProcess(tmp_path, tills=(), more_toml=edge_config(here.settings, "bench.toml"))
        box.start()
        await box.ready()
        hands = {name: here.client.terminal(name) for name in ("zvt-1", "nexo-1", "codes-1")}
        await asyncio.to_thread(hands["zvt-1"].script, "decline", "approve", "reply_lost")
        await asyncio.to_thread(hands["nexo-1"].script, "customer_abort", "approve")
        with pytest.raises(BenchRefused, match="none of"):
            await asyncio.to_thread(hands["zvt-1"].script, "explode")
        with pytest.raises(BenchRefused, match="percent"):
            await asyncio.to_thread(hands["zvt-1"].plan, Plan(percent=0))

        first, second = Till(TillClient(box.url, "1")), Till(TillClient(box.url, "2"))
        for till in (first, second):
            await till.do(Login(staff_id=ANN, pin=PIN))
            await till.do(OpenShift(float_minor=0))
        state = await first.settled("card")
        assert {each.method for each in state.methods} >= {"cash", "card", "code"}
        await first.sell("card")
        await first.sell("card")
        await second.sell("card")
        await first.sell("code", code="134567890123456780")
        early = await first.client.send(Scan(code="134567890123456789"), give_up_seconds=10)
        assert early.reason is not None
        assert early.reason.code == "payment_code_early"

        told = await asyncio.to_thread(here.client.state)
        assert "terminals" in told.more
        await first.client.close()
        await second.client.close()
        assert await box.stop() == 0, box.log()
        facts = facts_of(tmp_path)
        ended = [fact for fact in facts if isinstance(fact, PaymentEnded)]
        assert sorted(fact.outcome for fact in ended) == ["approved"] * 4 + ["cancelled", "declined"]
        ledgers = {name: await asyncio.to_thread(each.ledger) for name, each in hands.items()}
        booked = sorted(entry.reference for ledger in ledgers.values() for entry in ledger.entries)
        assert sorted(fact.reference for fact in ended if fact.outcome == "approved") == booked
        assert sum(isinstance(fact, SaleClosed) for fact in facts) == 4
        assert "4111" not in box.log()
        assert "134567890123456780" not in box.log() + repr(facts)
