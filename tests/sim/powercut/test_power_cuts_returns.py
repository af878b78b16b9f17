"""Power cuts around returns: what was answered as paid back is there once, its units cannot come back again, and a basket
that was lost gives its units free. The disk and the ways to cut it are those of `test_power_cuts`."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from edge.checkout.ports import Quiet
from edge.checkout.session import TillSetup
from edge.checkout.till import Till, restore
from edge.stock import service as stock
from edge.store_db import journal
from edge.store_db.connection import Connection
from edge.store_db.database import Tx, Writer
from protocols.clock import FakeClock
from protocols.contract.facts import decode_body, decode_envelope
from protocols.contract.till import LastSale, TillAnswer, TillCommand, TillRequest
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_facts import GoodsReturned, SaleClosed
from protocols.contract.till_payment import PayCash, Refund
from protocols.contract.till_returns import DropReturn, FindReceipt, ReturnLines, ReturnWanted
from protocols.contract.values import Stream
from tests.support.counter import first_start, make_desk
from tests.support.goods import ANN, BREAD, BREAD_CODE, MILK, MILK_CODE, PIN
from tests.support.lossy_disk import Disk, connect_lossy, connect_to
from tests.support.returning import rows_of_store

T = TypeVar("T")
STORE, BASKETS = Path("/store.db"), Path("/basket.db")
SETUP = TillSetup(till_id="1", printer_id="printer-1")
RUNS, CUTS = 4, 60


class Direct:
    """A database file without a thread."""

    def __init__(self, path: Path, kind: str) -> None:
        self._writer = Writer(path, kind=kind, connect=connect_lossy)

    async def write(self, run: Callable[[Tx], T], *, durable: bool = True, brief: bool = False) -> T:  # noqa: ARG002 - nothing waits here
        result, callbacks = self._writer.transact(run, durable=durable)
        for callback in callbacks:
            callback()
        return result

    def reader(self) -> Connection:
        return self._writer.reader()


class Box:
    """A box on whatever disk is in the machine; notes what it paid back, with the count of disk operations by then."""

    def __init__(self, disk: Disk, seed: int) -> None:
        connect_to(disk)
        self.disk, self.seed = disk, seed
        self.clock = FakeClock()
        self.store = Direct(STORE, "store")
        self.desk = make_desk(self.store, Direct(BASKETS, "basket"), self.clock, seed=seed)
        self.paid_back: list[tuple[int, LastSale]] = []

    async def start(self) -> None:
        self.till = Till(self.desk, await restore(self.desk, SETUP), Quiet(), boot_number=self.seed)

    async def do(self, rng: random.Random, command: TillCommand) -> TillAnswer:
        request = TillRequest(id=str(uuid.UUID(int=rng.getrandbits(128))), command=command)
        answer = await self.till.handle(request)
        if rng.random() < 0.15:
            again = await self.till.handle(request)
            assert (again.ok, again.sale) == (answer.ok, answer.sale), "asked twice, answered once"
        if answer.sale is not None and answer.sale.refunded_minor:
            self.paid_back.append((len(self.disk.log), answer.sale))
        self.clock.advance(500)
        return answer


@pytest.fixture(scope="module")
def new_store() -> dict[str, bytes]:
    disk = Disk()
    connect_to(disk)
    writer = Writer(STORE, kind="store", connect=connect_lossy)
    writer.transact(lambda tx: first_start(tx, rows_of_store()), durable=True)
    writer.close()
    return {"/store.db": disk.image()["/store.db"]}


async def trade(box: Box, rng: random.Random) -> None:
    """Sell, and take parts of it back, some with goods going out."""
    await box.start()
    for command in (Login(staff_id=ANN, pin=PIN), OpenShift(float_minor=0)):
        await box.do(rng, command)
    for _ in range(3):
        for _ in range(rng.randint(1, 3)):
            await box.do(rng, Scan(code=rng.choice((MILK_CODE, BREAD_CODE))))
        sold = (await box.do(rng, PayCash(tendered_minor=10_000))).sale
        assert sold is not None
        for _ in range(2):
            await bring_back(box, rng, sold.receipt)


async def bring_back(box: Box, rng: random.Random, receipt: str) -> None:
    found = (await box.do(rng, FindReceipt(receipt=receipt))).state.found_sale
    assert found is not None
    lines = [line for line in found.lines if line.returnable]
    if not lines:
        return
    line = rng.choice(lines)
    wanted = ReturnWanted(line_no=line.line_no, quantity=rng.randint(1, line.returnable))
    state = (await box.do(rng, ReturnLines(sale_id=found.sale_id, lines=(wanted,)))).state
    if rng.random() < 0.2:
        await box.do(rng, DropReturn(return_no=1))
        state = (await box.do(rng, ReturnLines(sale_id=found.sale_id, lines=(wanted,)))).state
    if not state.returns:
        return
    if rng.random() < 0.3:
        state = (await box.do(rng, Scan(code=BREAD_CODE))).state
    command = (
        PayCash(tendered_minor=10_000) if state.remaining_minor > 0 else Refund(expected_refund_minor=-state.remaining_minor)
    )
    assert (await box.do(rng, command)).sale is not None


def check_books(box: Box, paid_back: list[tuple[int, LastSale]], cut: int) -> None:
    """Facts, rows, units, stock and drawer tell of the same returns."""
    source = box.store.reader()
    bodies = [
        decode_body(decode_envelope(row.fact)) for row in journal.read_after(source, 0, Stream.TXN, 0, limit_rows=10_000)
    ]
    returns = [body for body in bodies if isinstance(body, GoodsReturned)]
    sales = [body for body in bodies if isinstance(body, SaleClosed)]
    assert {row[0] for row in source.execute("SELECT return_id FROM goods_return")} == {fact.return_id for fact in returns}
    told = [
        (fact.sale_id, line.sold_line_no, unit, fact.return_id)
        for fact in returns
        for line in fact.lines
        for unit in range(line.first_unit, line.first_unit + line.quantity)
    ]
    assert len({unit[:3] for unit in told}) == len(told), "no unit comes back twice"
    kept = source.execute("SELECT sale_id, line_no, unit_no, return_id FROM returned_unit WHERE return_id != ''").fetchall()
    assert sorted(kept) == sorted(told)
    numbers = sorted({fact.receipt.number for fact in (*sales, *returns)})
    assert numbers == list(range(1, len(numbers) + 1)), "receipt numbers have no gap"
    answered = {sale.receipt for at, sale in paid_back if at <= cut}
    assert answered <= {f"1-0-{fact.receipt.number:06d}" for fact in returns}, "paid back and stored"
    left = dict.fromkeys((MILK, BREAD), 0)
    for sale in sales:
        for line in sale.lines:
            left[line.item_id] -= line.stock_thousandths
    for fact in returns:
        for back in fact.lines:
            left[back.item_id] += back.stock_thousandths
    for item_id, thousandths in left.items():
        found = stock.balances(source, item_id)
        assert [each.on_hand_thousandths for each in found] == ([thousandths] if found else [])
    cash = sum(
        tender.amount_minor - tender.change_minor for sale in sales for tender in sale.tenders if tender.kind == "cash"
    )
    cash -= sum(tender.amount_minor for fact in returns for tender in fact.tenders if tender.kind == "cash")
    shift = source.execute("SELECT cash_minor FROM shift").fetchone()
    assert shift == (cash,) if shift is not None else not sales


@pytest.mark.parametrize("run", range(RUNS))
async def test_power_cuts_around_returns(new_store: dict[str, bytes], run: int) -> None:
    rng = random.Random(f"power cuts around returns {run}")
    disk = Disk.of(new_store)
    box = Box(disk, 1)
    await trade(box, rng)
    assert box.paid_back
    check_books(box, box.paid_back, len(disk.log))
    cuts = sorted(rng.randrange(len(disk.log) + 1) for _ in range(CUTS))
    for cut, after in disk.images_at(cuts, rng):
        again = Box(after, 2)
        check_books(again, box.paid_back, cut)
        await again.start()
        basket = again.till.state()
        held = again.store.reader().execute("SELECT count(*) FROM returned_unit WHERE return_id = ''").fetchone()
        assert held == (sum(each.quantity for each in basket.returns),), "units lie in a basket, or may come back"
