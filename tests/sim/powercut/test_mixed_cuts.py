"""Power cuts around everything a till does with money at once: sales with promotions, card, gift card and points, returns
and exchanges, on a disk that drops what was not synced. No money is lost or doubled, and no unit comes back twice.

The disk, the terminal and the ways to cut them are those of `test_payment_cuts`. Headquarters cannot be asked: gift cards
and points are taken within the store's allowance, of which the box keeps its own account.
"""

from __future__ import annotations

import random
from collections import Counter as Count
from dataclasses import replace

import pytest

from edge.catalogue.apply import Applied, put_row
from edge.checkout import attempt_store
from edge.checkout.asking import MoneyTaker, PaymentNews, Way
from edge.checkout.attempts import under_way
from edge.checkout.ports import NoHeadquarters
from edge.checkout.stored_value import StoredValue
from edge.members import cache
from edge.store_db import journal
from edge.store_db.database import Tx, Writer
from protocols.clock import FakeClock
from protocols.contract.facts import decode_body, decode_envelope
from protocols.contract.feed_members import MemberPolicyRow, MemberRow, ValueAllowance, member_key
from protocols.contract.feed_rows import encode_row, member_feed
from protocols.contract.questions import ValueKind
from protocols.contract.till import LastSale
from protocols.contract.till_basket import DeclineOffer, Scan, SetQuantity, VoidLine
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_facts import GoodsReturned, PaymentAsked, PaymentEnded, SaleClosed
from protocols.contract.till_member import SellGiftCard, SetMember
from protocols.contract.till_payment import MethodView, Pay, PayCash, Refund, ReverseTender
from protocols.contract.till_returns import FindReceipt, ReturnLines, ReturnWanted
from protocols.contract.values import Stream
from protocols.payment.port import Order
from protocols.promotions.kinds.n_for_m import NForM
from protocols.promotions.kinds.percent_off import PercentOff
from protocols.promotions.kinds.threshold import Threshold
from protocols.promotions.rules import Scope, Tier
from simulators.payment_terminal.terminal import Terminal, TerminalFaults
from tests.sim.powercut.test_payment_cuts import STORE, TERMINAL, Box, Collected, Counter
from tests.support.counter import BenchOffers, first_start
from tests.support.goods import ANN, BREAD, BREAD_CODE, MILK, MILK_CODE, PIN, STORE_ID, assortment
from tests.support.lossy_disk import Disk, connect_lossy, connect_to

SALES_PER_RUN = 5
CUTS_PER_RUN = 60
RUNS = 2
SOAK_RUNS = 170
"""Times 60: more than ten thousand cuts."""
SALT, MEMBER_CODE, CARD = "salt", "C-1", "GC-0000-0001"
LI = MemberRow(
    member_id="M1", name="Ms Li", keys=(member_key(SALT, MEMBER_CODE),), points=50_000, points_as_of_ms=5, groups=("gold",)
)
MOST = 1_000_000
ALLOWANCES = tuple(
    ValueAllowance(value_kind=kind, per_transaction=MOST, per_account_day=MOST, per_outage=MOST)
    for kind in ("gift_card", "points")
)
POLICY = MemberPolicyRow(salt=SALT, believe_seconds=10**6, points_per_unit=100, allowances=ALLOWANCES)
OFFERS = (
    NForM(promotion_id="P1", revision=1, name="3 for 2", starts_ms=0, scope=Scope(items=(MILK,)), take=3, pay=2),
    PercentOff(promotion_id="P2", revision=1, name="10 % off", starts_ms=0, scope=Scope(items=(BREAD,)), off_bp=1_000),
    Threshold(promotion_id="P3", revision=1, name="10 - 1", starts_ms=0, tiers=(Tier(reach_minor=1_000, off_minor=100),)),
)


class Taken(Collected):
    """Orders with whoever is to be asked, until the test has them asked."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[tuple[MoneyTaker, Order]] = []

    def begin(self, taker: MoneyTaker, order: Order) -> None:
        self.waiting.append((taker, order))


class MixedBox(Box):
    """A box that takes cards, gift cards and points, and has offers; notes what it answered as closed."""

    def __init__(self, disk: Disk, counter: Counter, *, seed: int, checkpoint_pages: int = 2_000) -> None:
        super().__init__(disk, counter, seed=seed, checkpoint_pages=checkpoint_pages)
        self.taken = Taken()
        self.taken.add("1", Way("card", TERMINAL, self.line, lambda: MethodView(method="card")))
        for kind in (ValueKind.GIFT_CARD, ValueKind.POINTS):
            value = StoredValue(kind, STORE_ID, self.store, NoHeadquarters(), self.clock, self.desk.ids)
            self.taken.add("1", Way(kind.value, kind.value, value, value.view))
        offers = BenchOffers()
        offers.put(*OFFERS)
        self.desk = replace(self.desk, payments=self.taken, offers=offers)
        self.closed: list[tuple[int, LastSale]] = []

    async def serve(self) -> None:
        """Ask what is to be asked; enquire for what is in doubt."""
        while self.taken.waiting:
            taker, order = self.taken.waiting.pop(0)
            await self.till.take_news(PaymentNews(order, await taker.ask(order), "answer"))
        takers = {way.terminal_id: way.taker for way in self.taken.ways["1"]}
        for attempt in attempt_store.in_doubt(self.store.reader()):
            order = attempt.order("EUR")
            await self.till.take_news(PaymentNews(order, await takers[attempt.terminal_id].enquire(order), "enquiry"))
        self.note()
        if self.taken.waiting:
            await self.serve()

    def note(self) -> None:
        """What the screen shows as paid, with the count of disk operations by then."""
        last = self.till.state().last_sale
        if last is not None and (not self.closed or self.closed[-1][1].receipt != last.receipt):
            self.closed.append((len(self.disk.log), last))


@pytest.fixture(scope="module")
def new_store() -> dict[str, bytes]:
    """The disk of a store with members; everything on it is synced."""
    disk = Disk()
    connect_to(disk)
    writer = Writer(STORE, kind="store", connect=connect_lossy)
    writer.transact(lambda tx: first_start(tx, assortment()), durable=True)

    def members(tx: Tx) -> None:
        for row in (LI, POLICY):
            put_row(tx, member_feed(STORE_ID), row.key(), encode_row(row), Applied())
        cache.hear(tx, FakeClock().now_ms())

    writer.transact(members, durable=True)
    writer.close()
    return {"/store.db": disk.image()["/store.db"]}


async def trade(box: MixedBox, counter: Counter, rng: random.Random) -> None:
    """Customers buy, pay this way and that, and bring things back."""
    await box.start()
    for command in (Login(staff_id=ANN, pin=PIN), OpenShift(float_minor=0)):
        await box.do(rng, command)
    for _ in range(SALES_PER_RUN):
        await buy(box, counter, rng)
        if box.closed and rng.random() < 0.7:
            await bring_back(box, counter, rng, rng.choice(box.closed)[1].receipt)


async def buy(box: MixedBox, counter: Counter, rng: random.Random) -> None:
    for _ in range(rng.randint(1, 4)):
        await box.do(rng, Scan(code=rng.choice((MILK_CODE, BREAD_CODE))))
    if rng.random() < 0.4:
        await box.do(rng, SetQuantity(line_no=1, quantity=rng.randint(2, 6)))
    if rng.random() < 0.3:
        await box.do(rng, SetMember(code=MEMBER_CODE))
    if rng.random() < 0.1:
        await box.do(rng, DeclineOffer(promotion_id=rng.choice(("P1", "P2", "P3"))))
    if rng.random() < 0.1:
        await box.do(rng, VoidLine(line_no=1))
    if rng.random() < 0.15:
        await box.do(rng, SellGiftCard(code=f"GC-NEW-{rng.getrandbits(40)}", amount_minor=1_000))
    await pay(box, counter, rng)


async def pay(box: MixedBox, counter: Counter, rng: random.Random) -> None:
    """Until nothing is due, or nothing can be done about it."""
    for _ in range(14):
        state = box.till.state()
        due = state.remaining_minor
        if state.sale_id is None or (due <= 0 and state.returns):
            return
        counter.terminal.faults = TerminalFaults(cut_after=rng.random() < 0.25, decline=rng.random() < 0.1)
        if state.tenders and rng.random() < 0.15:
            await box.do(rng, ReverseTender(tender_no=len(state.tenders)))
        elif rng.random() < 0.2:
            await box.do(rng, PayCash(tendered_minor=max(0, due) + 50))
        else:
            part = due if rng.random() < 0.6 else max(1, due // 2)
            method = rng.choice(("card", "card", "gift_card", "points", "cash"))
            code = CARD if method == "gift_card" else ""
            await box.do(rng, Pay(method=method, amount_minor=part, expected_due_minor=due, code=code))
        await box.serve()
    await box.do(rng, PayCash(tendered_minor=max(0, box.till.state().due_minor)))
    await box.serve()


async def bring_back(box: MixedBox, counter: Counter, rng: random.Random, receipt: str) -> None:
    await box.do(rng, FindReceipt(receipt=receipt))
    found = box.till.state().found_sale
    lines = [] if found is None else [line for line in found.lines if line.returnable]
    if found is None or not lines:
        return
    line = rng.choice(lines)
    wanted = ReturnWanted(line_no=line.line_no, quantity=rng.randint(1, line.returnable))
    policy = rng.choice(("prorate", "reprice"))
    await box.do(rng, ReturnLines(sale_id=found.sale_id, lines=(wanted,), policy=policy))
    if rng.random() < 0.3:
        await box.do(rng, Scan(code=BREAD_CODE))
    await settle(box, counter, rng)


async def settle(box: MixedBox, counter: Counter, rng: random.Random) -> None:
    """Pay the difference back, or take it."""
    for _ in range(8):
        state = box.till.state()
        if state.sale_id is None or not state.returns:
            return
        counter.terminal.faults = TerminalFaults(cut_after=rng.random() < 0.25)
        if state.remaining_minor > 0:
            await pay(box, counter, rng)
        else:
            await box.do(rng, Refund(expected_refund_minor=-state.remaining_minor))
            await box.serve()


def check_books(box: MixedBox, terminal: Terminal, closed: list[tuple[int, LastSale]], cut: int) -> None:
    """Terminal, allowance, journal and till tell of the same money; what was shown as closed is there."""
    rows = journal.read_after(box.store.reader(), 0, Stream.TXN, 0, limit_rows=100_000)
    facts = [decode_body(decode_envelope(row.fact)) for row in rows]
    sales = [fact for fact in facts if isinstance(fact, SaleClosed)]
    returns = [fact for fact in facts if isinstance(fact, GoodsReturned)]
    numbers = sorted({fact.receipt.number for fact in (*sales, *returns)})
    assert numbers == list(range(1, len(numbers) + 1)), "receipt numbers have no gap"
    shown = {last.receipt for at, last in closed if at <= cut}
    assert shown <= {f"1-0-{number:06d}" for number in numbers}, "shown as closed, and stored"
    _check_attempts(box, terminal, facts, sales, returns)
    _check_sums(sales, returns)


def _check_attempts(
    box: MixedBox, terminal: Terminal, facts: list[object], sales: list[SaleClosed], returns: list[GoodsReturned]
) -> None:
    asked = {fact.attempt_id: fact for fact in facts if isinstance(fact, PaymentAsked)}
    ends = [fact for fact in facts if isinstance(fact, PaymentEnded)]
    assert len(terminal.asked) == len(set(terminal.asked)), "an order was asked for twice"
    assert set(terminal.asked) <= set(asked), "on record before the first byte"
    assert len({fact.attempt_id for fact in ends}) == len(ends), "an attempt has one end"
    approved = {fact.attempt_id: fact.amount_minor for fact in ends if fact.outcome in {"approved", "reversed"}}
    moved = {each.attempt_id: each.amount_minor * (1 if each.kind == "charge" else -1) for each in terminal.ledger.entries}
    assert {key: value for key, value in approved.items() if asked[key].terminal_id == TERMINAL} == moved
    undone = {
        asked[key].reverses_id
        for key in approved
        if asked[key].reverses_id and asked[key].sale_id == asked[asked[key].reverses_id].sale_id
    }
    taken = {key for key, value in approved.items() if value > 0} - undone
    alone = box.store.reader().execute("SELECT attempt_id FROM value_offline").fetchall()
    by_value = {key for key in taken if asked[key].terminal_id in {"gift_card", "points"}}
    assert {row[0] for row in alone} == by_value, "what was taken without asking, and not given back"
    tendered = [tender.attempt_id for sale in sales for tender in sale.tenders if tender.attempt_id]
    assert len(tendered) == len(set(tendered)), "a payment pays for one sale"
    session = box.till._session
    held = {tender.attempt_id for tender in (session.basket.tenders if session.basket else ()) if tender.amount_minor > 0}
    assert taken == set(tendered) | held, "every payment pays for something, or lies in the open basket"
    assert under_way(session.attempts) is None
    refunds = [tender for back in returns for tender in back.tenders if tender.attempt_id]
    by_device = [tender.attempt_id for tender in refunds if asked[tender.attempt_id].amount_minor < 0]
    assert len(by_device) == len(set(by_device)), "a refund at the terminal pays for one return"
    restored: Count[str] = Count()
    for tender in refunds:
        if asked[tender.attempt_id].amount_minor > 0:  # headquarters restores it to the payment it came from
            restored[tender.attempt_id] += tender.amount_minor
    assert all(minor <= approved[key] for key, minor in restored.items()), "never more than that payment brought"


def _check_sums(sales: list[SaleClosed], returns: list[GoodsReturned]) -> None:
    for sale in sales:
        assert sum(line.net_minor for line in sale.lines) == sale.total_minor
        for line in sale.lines:
            shares = sum(sum(discount.shares_minor) for discount in line.discounts)
            whole = (
                sum(line.bases_minor)
                if line.bases_minor
                else line.quantity * (line.base_unit_minor or line.unit_price_minor)
            )
            assert whole - shares == line.net_minor, "bases less all shares"
        paid = sum(tender.amount_minor - tender.change_minor for tender in sale.tenders)
        assert sale.total_minor + sale.rounding_minor == paid, "total + rounding = tenders less change"
    units: Count[tuple[str, int, int]] = Count()
    refunded: Count[str] = Count()
    for back in returns:
        assert back.total_minor + back.rounding_minor == sum(tender.amount_minor for tender in back.tenders)
        refunded[back.sale_id] += back.total_minor
        units.update((back.sale_id, x.sold_line_no, x.first_unit + n) for x in back.lines for n in range(x.quantity))
    assert all(count == 1 for count in units.values()), "no unit comes back twice"
    totals = {sale.sale_id: sale.total_minor for sale in sales}
    assert all(minor <= totals[sale_id] for sale_id, minor in refunded.items()), "never more than was paid"


async def cut_around_everything(new_store: dict[str, bytes], seed: int) -> Count[str]:
    """One run and its cuts; what happened in it."""
    rng = random.Random(f"mixed cuts {seed}")
    disk, counter = Disk.of(new_store), Counter()
    box = MixedBox(disk, counter, seed=1, checkpoint_pages=rng.choice((6, 40, 2_000)))
    await trade(box, counter, rng)
    check_books(box, counter.terminal, box.closed, len(disk.log))
    seen = what_happened(box)
    cuts = sorted(rng.randrange(len(disk.log) + 1) for _ in range(CUTS_PER_RUN))
    for cut, after in disk.images_at(cuts, rng):
        there = Counter(counter.at(cut))
        there.terminal.faults = TerminalFaults()
        again = MixedBox(after, there, seed=2)
        await again.start()
        seen["in doubt"] += any(each.state == "unknown" for each in again.till._session.attempts)
        await again.serve()
        check_books(again, there.terminal, box.closed, cut)
        if again.till.state().mode == "sale":
            await finish(again, there, rng)
            check_books(again, there.terminal, box.closed, cut)
    return seen


async def finish(box: MixedBox, counter: Counter, rng: random.Random) -> None:
    """What lies there is paid or paid back; then one more customer."""
    if box.till.state().returns:
        await settle(box, counter, rng)
    else:
        await buy(box, counter, rng)


def what_happened(box: MixedBox) -> Count[str]:
    rows = journal.read_after(box.store.reader(), 0, Stream.TXN, 0, limit_rows=100_000)
    facts = [decode_body(decode_envelope(row.fact)) for row in rows]
    seen: Count[str] = Count()
    for fact in facts:
        if isinstance(fact, SaleClosed):
            seen["sale"] += 1
            seen["offer"] += any(line.discounts for line in fact.lines)
            seen.update(tender.kind for tender in fact.tenders)
        elif isinstance(fact, GoodsReturned):
            seen["return"] += 1
            seen.update(f"back {tender.kind}" for tender in fact.tenders)
    return seen


@pytest.mark.parametrize("seed", range(RUNS))
async def test_power_cuts_around_everything(new_store: dict[str, bytes], seed: int) -> None:
    seen = await cut_around_everything(new_store, seed)
    assert seen["in doubt"], "otherwise no cut fell between a charge and its record"


async def test_the_runs_do_all_of_it(new_store: dict[str, bytes]) -> None:
    seen: Count[str] = Count()
    for seed in range(12):
        rng = random.Random(f"mixed cuts {seed}")
        counter = Counter()
        box = MixedBox(Disk.of(new_store), counter, seed=1, checkpoint_pages=rng.choice((6, 40, 2_000)))
        await trade(box, counter, rng)
        seen += what_happened(box)
    wanted = {"sale", "offer", "return", "card", "gift_card", "points", "cash", "back card", "back cash", "back gift_card"}
    assert not wanted - {name for name, count in seen.items() if count}, "otherwise these cuts prove little"


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(RUNS, RUNS + SOAK_RUNS))
async def test_ten_thousand_power_cuts_around_everything(new_store: dict[str, bytes], seed: int) -> None:
    await cut_around_everything(new_store, seed)
