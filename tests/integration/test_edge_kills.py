"""Real SIGKILLs of a real box while cashiers work: no input is lost, none is applied twice, every paid sale is there.

Ten here, a hundred under `make soak`. The client keeps each input until it is answered and asks again by its id, as the
till page does. So after all kills, what the box has stored must be exactly what was answered: scan for scan, sale for sale.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.store_db.journal import SEQ_MAX
from protocols.contract.facts import decode_body, decode_envelope
from protocols.contract.till import LastSale, TillCommand
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_facts import SaleClosed
from protocols.contract.till_payment import PayCash
from protocols.sync.chain import genesis, link
from tests.support.box_process import BoxProcess
from tests.support.goods import ANN, BREAD, BREAD_CODE, MILK, MILK_CODE, PIN, STORE_ID
from tests.support.till_client import TillClient
from tests.support.waiting import until

KILLS, SOAK_KILLS = 10, 50
SOAK_ROUNDS = 2
ITEM_OF = {MILK_CODE: MILK, BREAD_CODE: BREAD}


@dataclass
class Cashier:
    """Serves customers until told to stop, and remembers what the box answered."""

    client: TillClient
    rng: random.Random
    answers: int = 0
    paid: dict[str, tuple[LastSale, Counter[str]]] = field(default_factory=dict)

    async def do(self, command: TillCommand) -> LastSale | None:
        answer = await self.client.send(command)
        self.answers += 1
        assert answer.ok, answer.reason
        return answer.sale

    async def work(self, stop: asyncio.Event) -> None:
        await self.do(Login(staff_id=ANN, pin=PIN))
        await self.do(OpenShift(float_minor=0))
        while not stop.is_set():
            goods: Counter[str] = Counter()
            for _ in range(self.rng.randint(1, 5)):
                code = self.rng.choice((MILK_CODE, BREAD_CODE))
                await self.do(Scan(code=code))
                goods[ITEM_OF[code]] += 1
            sale = await self.do(PayCash(tendered_minor=10_000))
            assert sale is not None
            assert sale.sale_id not in self.paid, "one payment, one sale"
            self.paid[sale.sale_id] = (sale, goods)
        await self.client.close()


def stored(folder: Path) -> tuple[list[SaleClosed], int]:
    """The journalled sales, with the chain proven; and how many sale rows there are."""
    connection = sqlite3.connect(folder / "data" / "store.db")
    try:
        rows = connection.execute(
            "SELECT position, hash, fact FROM journal WHERE kind != 'StoreAlarm' ORDER BY position"
        ).fetchall()
        (count,) = connection.execute("SELECT count(*) FROM sale").fetchone()
    finally:
        connection.close()
    previous = genesis(STORE_ID, 0, "txn")
    for seq, (position, digest, fact) in enumerate(rows, start=1):
        previous = link(previous, fact)
        assert (position & SEQ_MAX, digest) == (seq, previous)
    bodies = [decode_body(decode_envelope(fact)) for _, _, fact in rows]
    return [body for body in bodies if isinstance(body, SaleClosed)], count


async def test_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    await _kill_again_and_again(tmp_path, 0, KILLS)


@pytest.mark.soak
@pytest.mark.parametrize("round_no", range(1, 1 + SOAK_ROUNDS))
async def test_nor_do_many_kills(tmp_path: Path, round_no: int) -> None:
    await _kill_again_and_again(tmp_path, round_no, SOAK_KILLS)


async def _kill_again_and_again(tmp_path: Path, round_no: int, kills: int) -> None:
    rng = random.Random(round_no)
    box = BoxProcess(tmp_path, tills=("1", "2"))
    box.start()
    await box.ready()
    stop = asyncio.Event()
    cashiers = [Cashier(TillClient(box.url, till), random.Random(f"{round_no} {till}")) for till in ("1", "2")]
    async with asyncio.timeout(240), asyncio.TaskGroup() as tasks:
        for cashier in cashiers:
            tasks.create_task(cashier.work(stop))
        for _ in range(kills):
            goal = sum(cashier.answers for cashier in cashiers) + rng.randint(1, 12)
            await until(lambda goal=goal: sum(cashier.answers for cashier in cashiers) >= goal, seconds=60)  # type: ignore[misc]
            await asyncio.sleep(rng.random() * 0.004)
            box.kill()
            box.start()
        stop.set()
    await box.ready()
    assert await box.stop() == 0, box.log()

    sales, rows = stored(tmp_path)
    assert rows == len(sales)
    answered = {sale_id: entry for cashier in cashiers for sale_id, entry in cashier.paid.items()}
    assert {sale.sale_id for sale in sales} == set(answered), "stored and shown paid are the same sales"
    for sale in sales:
        shown, goods = answered[sale.sale_id]
        sold: Counter[str] = Counter()
        for line in sale.lines:
            sold[line.item_id] += line.quantity
        assert sold == goods, "each scan counts once"
        assert shown.receipt == f"{sale.till_id}-0-{sale.receipt.number:06d}"
    for till in ("1", "2"):
        numbers = [sale.receipt.number for sale in sales if sale.till_id == till]
        assert numbers == list(range(1, len(numbers) + 1)), "no gap"
    assert sum(cashier.client.resent for cashier in cashiers) > 0, "the kills met commands on their way"
