"""Power cuts around payments, through the real use cases on a disk that drops what was not synced: nobody pays twice.

A terminal without a wire stands in for the line: it is the simulator's own honest terminal, and its ledger does not lose
power with the box. Each run pays on a disk that records every operation; at each sync that matters the terminal's ledger is
what it was then. Power is cut at random points of the record, the box comes up on what such a disk may hold, enquires, and
every book must tell of the same money.
"""

from __future__ import annotations

import copy
import random
import uuid
from dataclasses import dataclass, field, replace

import pytest

from edge.checkout import attempt_store
from edge.checkout.asking import MoneyTaker, PaymentNews, Payments, Way
from edge.checkout.attempts import under_way
from edge.checkout.ports import Quiet
from edge.checkout.session import TillSetup
from edge.checkout.till import Till, restore
from edge.store_db import journal
from edge.store_db.database import Writer
from protocols.clock import FakeClock, SeededRandom
from protocols.contract.facts import decode_body, decode_envelope
from protocols.contract.till import TillCommand, TillRequest
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_facts import PaymentAsked, PaymentEnded, SaleClosed
from protocols.contract.till_payment import MethodView, Pay, PayCash, ReverseTender
from protocols.contract.values import Stream
from protocols.payment import wire
from protocols.payment.port import Approved, Declined, NotFound, Order, Outcome, Unknown
from simulators.payment_terminal.terminal import Terminal, TerminalFaults
from tests.sim.powercut.test_power_cuts import BASKETS, STORE, Direct
from tests.support.counter import first_start, make_desk
from tests.support.goods import ANN, BREAD_CODE, MILK_CODE, PIN
from tests.support.lossy_disk import Disk, connect_lossy, connect_to
from tests.support.paying import rows_with_rights

TERMINAL = "terminal-1"
SETUP = TillSetup(till_id="1", printer_id="printer-1", terminal_id=TERMINAL)
SALES_PER_RUN = 5
CUTS_PER_RUN = 60
RUNS = 6
SOAK_RUNS = 170
"""Times 60: more than ten thousand cuts."""


@dataclass
class Counter:
    """The terminal on the counter: what it did with money by each operation of the disk."""

    terminal: Terminal = field(default_factory=lambda: Terminal(TERMINAL, SeededRandom(3)))
    log: list[tuple[int, Terminal]] = field(default_factory=list)

    def note(self, done: int) -> None:
        """After so many operations of the disk it was like this."""
        self.log.append((done, copy.deepcopy(self.terminal)))

    def at(self, cut: int) -> Terminal:
        """As it was when the disk had done no more than `cut` operations. An order may have left and been carried out."""
        states = [terminal for done, terminal in self.log if done <= cut]
        return copy.deepcopy(states[-1]) if states else Terminal(TERMINAL, SeededRandom(3))


class Line:
    """The payment port over a terminal that answers at once, or never."""

    def __init__(self, counter: Counter, disk: Disk) -> None:
        self._counter = counter
        self._disk = disk

    async def ask(self, order: Order) -> Outcome:
        if order.amount_minor > 0:
            message: wire.ToTerminal = wire.PayRequest(
                attempt_id=order.attempt_id, method="card", amount_minor=order.amount_minor, currency="EUR"
            )
        else:
            message = wire.GiveBackRequest(
                attempt_id=order.attempt_id,
                method="card",
                amount_minor=-order.amount_minor,
                currency="EUR",
                of_id=order.reverses_id,
            )
        answers = self._counter.terminal.hear(message, 0, 0)
        self._counter.note(len(self._disk.log))
        if answers[0].fate != "told":
            return Unknown("no answer")
        return self._outcome(order, answers[0].message)

    async def enquire(self, order: Order) -> Outcome:
        (answer,) = self._counter.terminal.hear(wire.Enquiry(attempt_id=order.attempt_id), 0, 0)
        self._counter.note(len(self._disk.log))
        return self._outcome(order, answer.message)

    async def cancel(self, _attempt_id: str) -> None:
        """Too late."""

    def _outcome(self, order: Order, message: wire.ToTill) -> Outcome:
        assert isinstance(message, wire.Result)
        if message.outcome == "approved":
            sign = 1 if order.amount_minor > 0 else -1
            return Approved(sign * message.amount_minor, message.reference, message.card_tail)
        return Declined(message.why) if message.outcome == "declined" else NotFound()


class Collected(Payments):
    """Orders wait here until the test has them asked."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[Order] = []

    def begin(self, _taker: MoneyTaker, order: Order) -> None:
        self.orders.append(order)


class Box:
    """A box on whatever disk is in the machine. Orders are asked for when `serve` is called, as their own tasks would."""

    def __init__(self, disk: Disk, counter: Counter, *, seed: int, checkpoint_pages: int = 2_000) -> None:
        connect_to(disk)
        self.disk = disk
        self.clock = FakeClock()
        self.store = Direct(STORE, "store", checkpoint_pages)
        self.baskets = Direct(BASKETS, "basket", checkpoint_pages)
        self.line = Line(counter, disk)
        self.payments = Collected()
        self.payments.add("1", Way("card", TERMINAL, self.line, lambda: MethodView(method="card")))
        desk = make_desk(self.store, self.baskets, self.clock, seed=seed)
        self.desk = replace(desk, payments=self.payments)
        self.seed = seed

    async def start(self) -> None:
        self.till = Till(self.desk, await restore(self.desk, SETUP), Quiet(), boot_number=self.seed)

    async def serve(self) -> None:
        """Ask what is to be asked; enquire for what is in doubt."""
        while self.payments.orders:
            order = self.payments.orders.pop(0)
            await self.till.take_news(PaymentNews(order, await self.line.ask(order), "answer"))
        for attempt in attempt_store.in_doubt(self.store.reader()):
            order = attempt.order("EUR")
            await self.till.take_news(PaymentNews(order, await self.line.enquire(order), "enquiry"))
        if self.payments.orders:
            await self.serve()

    async def do(self, rng: random.Random, command: TillCommand) -> bool:
        request = TillRequest(id=str(uuid.UUID(int=rng.getrandbits(128))), command=command)
        return (await self.till.handle(request)).ok


async def shop(box: Box, counter: Counter, rng: random.Random, sales: int) -> None:
    """Customers pay by card, in parts, in cash and card; some give a payment back; answers get lost."""
    await box.start()
    for command in (Login(staff_id=ANN, pin=PIN), OpenShift(float_minor=0)):
        await box.do(rng, command)
    for _ in range(sales):
        await buy(box, counter, rng)


async def buy(box: Box, counter: Counter, rng: random.Random) -> None:
    for _ in range(rng.randint(1, 3)):
        await box.do(rng, Scan(code=rng.choice((MILK_CODE, BREAD_CODE))))
    for _ in range(12):
        state = box.till.state()
        if state.sale_id is None:
            return
        counter.terminal.faults = TerminalFaults(
            cut_after=rng.random() < 0.25, decline=rng.random() < 0.1, wrong_amount=rng.random() < 0.1
        )
        due = state.remaining_minor
        dice = rng.random()
        if dice < 0.15 and state.tenders:
            await box.do(rng, ReverseTender(tender_no=len(state.tenders)))
        elif dice < 0.3:
            await box.do(rng, PayCash(tendered_minor=max(0, due) + 50))
        else:
            part = due if rng.random() < 0.6 else max(1, due // 2)
            method = "cash" if rng.random() < 0.2 else "card"
            await box.do(rng, Pay(method=method, amount_minor=part, expected_due_minor=due))
        await box.serve()
    await box.do(rng, PayCash(tendered_minor=max(0, box.till.state().due_minor)))


def check_money(box: Box, terminal: Terminal) -> None:
    """The terminal's ledger is the truth; every other book says the same."""
    rows = journal.read_after(box.store.reader(), 0, Stream.TXN, 0, limit_rows=100_000)
    facts = [decode_body(decode_envelope(row.fact)) for row in rows]
    asked = {fact.attempt_id: fact for fact in facts if isinstance(fact, PaymentAsked)}
    ended = [fact for fact in facts if isinstance(fact, PaymentEnded)]
    sales = [fact for fact in facts if isinstance(fact, SaleClosed)]
    assert len(terminal.asked) == len(set(terminal.asked)), "an order was asked for twice"
    assert set(terminal.asked) <= set(asked), "on record before the first byte"
    assert len({fact.attempt_id for fact in ended}) == len(ended), "an attempt has one end"
    approved = {fact.attempt_id: fact.amount_minor for fact in ended if fact.outcome in {"approved", "reversed"}}
    moved = {
        each.attempt_id: each.amount_minor if each.kind == "charge" else -each.amount_minor
        for each in terminal.ledger.entries
    }
    assert {key: value for key, value in approved.items() if asked[key].terminal_id} == moved
    tendered = [tender.attempt_id for sale in sales for tender in sale.tenders if tender.attempt_id]
    assert len(tendered) == len(set(tendered)), "a payment pays for one sale"
    gone_back = {fact.reverses_id for key, fact in asked.items() if key in approved and fact.reverses_id}
    assert not gone_back & set(tendered), "what was given back pays for nothing"
    held = {key for key, value in approved.items() if value > 0 and key not in gone_back} - set(tendered)
    session = box.till._session
    assert held == {tender.attempt_id for tender in (session.basket.tenders if session.basket else ())}
    for sale in sales:
        paid = sum(tender.amount_minor - tender.change_minor for tender in sale.tenders)
        assert sale.total_minor + sale.rounding_minor == paid
    assert under_way(session.attempts) is None


def new_store() -> dict[str, bytes]:
    """The disk of a store that was set up; everything on it is synced."""
    disk = Disk()
    connect_to(disk)
    writer = Writer(STORE, kind="store", connect=connect_lossy)
    writer.transact(lambda tx: first_start(tx, rows_with_rights()), durable=True)
    writer.close()
    return {"/store.db": disk.image()["/store.db"]}


async def cut_around_payments(seed: int) -> int:
    """One run and its cuts; returns how many cuts found money at the terminal that the box did not know of yet."""
    rng = random.Random(f"payment cuts {seed}")
    disk, counter = Disk.of(new_store()), Counter()
    box = Box(disk, counter, seed=1, checkpoint_pages=rng.choice((6, 40, 2_000)))
    await shop(box, counter, rng, SALES_PER_RUN)
    check_money(box, counter.terminal)
    cuts = sorted(rng.randrange(len(disk.log) + 1) for _ in range(CUTS_PER_RUN))
    surprises = 0
    for cut, after in disk.images_at(cuts, rng):
        there = Counter(counter.at(cut))
        there.terminal.faults = TerminalFaults()
        again = Box(after, there, seed=2)
        await again.start()
        surprises += any(each.state == "unknown" for each in again.till._session.attempts)
        await again.serve()
        check_money(again, there.terminal)
        if again.till.state().mode == "sale":
            await buy(again, there, rng)
            check_money(again, there.terminal)
    return surprises


@pytest.mark.parametrize("seed", range(RUNS))
async def test_power_cuts_around_payments(seed: int) -> None:
    await cut_around_payments(seed)


async def test_some_cuts_hit_between_charge_and_record() -> None:
    assert await cut_around_payments(0) > 0, "otherwise these tests prove nothing"


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(RUNS, RUNS + SOAK_RUNS))
async def test_ten_thousand_power_cuts_around_payments(seed: int) -> None:
    await cut_around_payments(seed)
