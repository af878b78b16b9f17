"""Ten thousand power cuts around sales, through the real use cases: what was answered as paid is there, nothing half done.

Each run sells on a disk that records every operation. Power is then cut at random points of that record, the box comes up
on what such a disk may hold, and its books must be right. `SEED` in the test id repeats a chunk exactly.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from edge.checkout import basket_store, store
from edge.checkout.ports import Quiet
from edge.checkout.session import TillSetup
from edge.checkout.store import queries
from edge.checkout.till import Till, restore
from edge.stock import service as stock
from edge.store_db import journal
from edge.store_db.connection import Connection
from edge.store_db.database import Tx, Writer
from protocols.clock import FakeClock
from protocols.contract.facts import StockMoved, decode_body, decode_envelope
from protocols.contract.till import LastSale, TillCommand, TillRequest
from protocols.contract.till_basket import AbandonSale, Scan, SetQuantity, VoidLine
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_facts import SaleClosed
from protocols.contract.till_payment import PayCash
from protocols.contract.values import Place, Stream
from protocols.sync.chain import genesis, link
from tests.support.counter import BenchScale, first_start, make_desk
from tests.support.goods import ANN, APPLES_CODE, BREAD, BREAD_CODE, MILK, MILK_CODE, PIN, STORE_ID, assortment
from tests.support.lossy_disk import Disk, connect_lossy, connect_to

T = TypeVar("T")

CUTS = 10_000
CHUNKS = 20
RUNS_PER_CHUNK = 5
CUTS_PER_RUN = CUTS // CHUNKS // RUNS_PER_CHUNK
SALES_PER_RUN = 6
OPENING_THOUSANDTHS = 1_000_000
STORE, BASKETS = Path("/store.db"), Path("/basket.db")
SETUP = TillSetup(till_id="1", scale_id="scale-1", printer_id="printer-1")


class Direct:
    """A database file without a thread: transactions run where they are asked for."""

    def __init__(self, path: Path, kind: str, checkpoint_pages: int) -> None:
        self._writer = Writer(path, kind=kind, connect=connect_lossy)
        self.reader().execute(f"PRAGMA wal_autocheckpoint = {checkpoint_pages}")

    async def write(self, run: Callable[[Tx], T], *, durable: bool = True, brief: bool = False) -> T:  # noqa: ARG002 - nothing waits here
        result, callbacks = self._writer.transact(run, durable=durable)
        for callback in callbacks:
            callback()
        return result

    def reader(self) -> Connection:
        return self._writer.reader()


@dataclass
class Answered:
    """What the cashier saw, each with the count of disk operations done by then."""

    paid: list[tuple[int, str, LastSale]] = field(default_factory=list)
    asked: list[tuple[int, TillRequest]] = field(default_factory=list)


class Box:
    """A box on whatever disk is in the machine."""

    def __init__(self, disk: Disk, *, seed: int, checkpoint_pages: int = 2_000) -> None:
        connect_to(disk)
        self.disk = disk
        self.seed = seed
        self.clock = FakeClock()
        self.store = Direct(STORE, "store", checkpoint_pages)
        self.baskets = Direct(BASKETS, "basket", checkpoint_pages)
        self.desk = make_desk(self.store, self.baskets, self.clock, seed=seed)

    async def start(self) -> None:
        self.till = Till(self.desk, await restore(self.desk, SETUP), Quiet(), boot_number=self.seed)

    async def ask(self, request: TillRequest, answered: Answered) -> None:
        answered.asked.append((len(self.disk.log), request))
        answer = await self.till.handle(request)
        if answer.sale is not None:
            answered.paid.append((len(self.disk.log), request.id, answer.sale))


@pytest.fixture(scope="module")
def new_store() -> dict[str, bytes]:
    """The disk of a store that was set up and has opening stock; everything on it is synced."""
    disk = Disk()
    connect_to(disk)
    writer = Writer(STORE, kind="store", connect=connect_lossy)
    writer.transact(lambda tx: first_start(tx, assortment()), durable=True)

    def opening(tx: Tx) -> None:
        clock = FakeClock()
        facts = [
            StockMoved(
                move_id=f"m-{item}",
                item_id=item,
                place=Place.SALES_FLOOR,
                quantity_thousandths=OPENING_THOUSANDTHS,
                reason="opening",
            )
            for item in (MILK, BREAD)
        ]
        make_desk(Direct(STORE, "store", 100), Direct(BASKETS, "basket", 100), clock).journal.append_many(tx, facts)
        for fact in facts:
            tx.execute(stock.queries["add"], (fact.item_id, fact.place.value, fact.quantity_thousandths))

    writer.transact(opening, durable=True)
    writer.close()
    return {"/store.db": disk.image()["/store.db"]}


def shopping(rng: random.Random) -> list[TillCommand]:
    """What a cashier does for one customer."""
    commands: list[TillCommand] = [Scan(code=rng.choice((MILK_CODE, BREAD_CODE))) for _ in range(rng.randint(1, 4))]
    if rng.random() < 0.3:
        commands.append(SetQuantity(line_no=1, quantity=rng.randint(1, 4)))
    if rng.random() < 0.2:
        commands.append(Scan(code=APPLES_CODE))
    if rng.random() < 0.2:
        commands += [VoidLine(line_no=1), Scan(code=MILK_CODE)]
    commands.append(AbandonSale() if rng.random() < 0.1 else PayCash(tendered_minor=10_000))
    return commands


def new_request(rng: random.Random, command: TillCommand) -> TillRequest:
    return TillRequest(id=str(uuid.UUID(int=rng.getrandbits(128))), command=command)


async def sell(box: Box, rng: random.Random, sales: int) -> Answered:
    """Open the till and serve customers, now and then asking twice."""
    answered = Answered()
    await box.start()
    assert isinstance(box.desk.scales, BenchScale)
    for command in (Login(staff_id=ANN, pin=PIN), OpenShift(float_minor=0)):
        await box.ask(new_request(rng, command), answered)
    for _ in range(sales):
        for command in shopping(rng):
            box.desk.scales.put(rng.randint(100, 900))
            request = new_request(rng, command)
            await box.ask(request, answered)
            if rng.random() < 0.1:
                await box.ask(request, answered)
            box.clock.advance(500)
    return answered


def check_books(box: Box, answered: Answered, cut: int) -> None:
    """Everything answered as paid before the cut is there, and the books are right as a whole."""
    source = box.store.reader()
    rows = journal.read_after(source, 0, Stream.TXN, 0, limit_rows=10_000)
    previous = genesis(STORE_ID, 0, "txn")
    for seq, row in enumerate(rows, start=1):
        previous = link(previous, row.fact)
        assert (row.seq, row.hash) == (seq, previous), "the chain is whole"
    head = journal.stream_head(source, 0, Stream.TXN)
    assert (head.last_seq, head.last_hash) == (len(rows), previous), "the chain's end is where it says"

    facts = [decode_body(decode_envelope(row.fact)) for row in rows]
    sales = {fact.sale_id: fact for fact in facts if isinstance(fact, SaleClosed)}
    numbers = [fact.receipt.number for fact in sales.values()]
    assert numbers == list(range(1, len(sales) + 1)), "receipt numbers have no gap"

    by_command = {command_id: sale for at, command_id, sale in answered.paid if at <= cut}
    for command_id, shown in by_command.items():
        stored = store.read_sale(source, shown.sale_id)
        assert stored is not None, "paid and stored"
        assert (stored.receipt, stored.total_minor, stored.change_minor) == (
            shown.receipt,
            shown.total_minor,
            shown.change_minor,
        )
        kept = store.find_answer(source, command_id)
        assert kept is not None
        assert kept.sale == shown, "the same proof again"
        assert shown.sale_id in sales, "in the journal"
    in_flight = set(sales) - {shown.sale_id for shown in by_command.values()}
    assert len(in_flight) <= 1, "at most the one sale that was on its way"
    check_nothing_half_done(source, sales)


def check_nothing_half_done(source: Connection, sales: dict[str, SaleClosed]) -> None:
    """Sale rows, stock, shift and print jobs tell of the same sales as the journal."""
    assert {row[0] for row in source.execute("SELECT sale_id FROM sale")} == set(sales)
    assert {row[0] for row in source.execute("SELECT sale_id FROM print_job")} == set(sales)
    left = {MILK: OPENING_THOUSANDTHS, BREAD: OPENING_THOUSANDTHS, "i-apples": 0}
    for sale in sales.values():
        for line in sale.lines:
            left[line.item_id] -= line.stock_thousandths
    for item_id, thousandths in left.items():
        found = stock.balances(source, item_id)
        assert [each.on_hand_thousandths for each in found] == ([thousandths] if found else [])
    shift = source.execute("SELECT sale_count, cash_minor FROM shift").fetchone()
    total_minor = sum(sale.total_minor for sale in sales.values())
    assert shift == (len(sales), total_minor) if shift is not None else not sales


async def check_it_goes_on(box: Box, answered: Answered, cut: int, rng: random.Random) -> None:
    """The box comes up; the screen asks its last command again; the next customer is served."""
    await box.start()
    basket = basket_store.read_basket(box.baskets.reader(), SETUP.till_id)
    assert basket is None or not store.is_ended(box.store.reader(), basket.sale_id), "a closed basket is not back"
    asked = [request for at, request in answered.asked if at <= cut]
    again = Answered(paid=[entry for entry in answered.paid if entry[0] <= cut])
    if asked:
        await box.ask(asked[-1], again)
    state = box.till.state()
    if state.mode != "sale":
        return
    for command in (Scan(code=MILK_CODE), PayCash(tendered_minor=50_000)):
        await box.ask(new_request(rng, command), again)
    check_books(box, Answered(paid=[(0, command_id, sale) for _, command_id, sale in again.paid]), 0)


@pytest.mark.parametrize("chunk", range(CHUNKS))
async def test_power_cuts_around_sales(new_store: dict[str, bytes], chunk: int) -> None:
    rng = random.Random(f"power cuts {chunk}")
    for run in range(RUNS_PER_CHUNK):
        disk = Disk.of(new_store)
        box = Box(disk, seed=1, checkpoint_pages=rng.choice((6, 40, 2_000)))
        answered = await sell(box, rng, SALES_PER_RUN)
        assert answered.paid
        cuts = sorted(rng.randrange(len(disk.log) + 1) for _ in range(CUTS_PER_RUN))
        for number, (cut, after) in enumerate(disk.images_at(cuts, rng)):
            again = Box(after, seed=2)
            check_books(again, answered, cut)
            if number % 10 == run % 10:
                await check_it_goes_on(again, answered, cut, rng)


def test_the_statements_above_name_real_tables() -> None:
    """Guards the raw SQL of this file against a silent rename: the same tables stand in the module's own statements."""
    assert "FROM sale" in queries["sale"]
    assert "FROM print_job" in queries["next_job"]


async def test_a_disk_that_forgets_synced_writes_is_noticed(new_store: dict[str, bytes]) -> None:
    """The check itself bites: a disk that comes up as it was before the sales lacks what was answered as paid."""
    disk = Disk.of(new_store)
    answered = await sell(Box(disk, seed=1), random.Random("a forgetful disk"), SALES_PER_RUN)
    with pytest.raises(AssertionError, match="paid and stored"):
        check_books(Box(Disk.of(new_store), seed=2), answered, len(disk.log))
