"""Baskets put aside and taken up, on any till of the store; deposits on goods that come later; two tills of one box."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.checkout import basket_store
from edge.checkout.held import HELD_HOURS, HELD_MAX
from edge.checkout.ports import Quiet
from edge.checkout.session import TillSetup
from edge.checkout.store import receipt_text
from edge.checkout.till import Till, restore
from edge.stock import service as stock
from protocols.contract.event_codes import EventCode
from protocols.contract.feed_rows import OrderLine, OrderRow
from protocols.contract.till import TillAnswer, TillCommand, TillRequest
from protocols.contract.till_basket import (
    AbandonSale,
    AddItem,
    HoldSale,
    KeepDeposit,
    PickUpOrder,
    RecallSale,
    Scan,
    SellDeposit,
    SetQuantity,
    SettlePresale,
    VoidLine,
)
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_facts import GoodsReturned, PresaleEnded, PresaleTaken, SaleAbandoned, SaleClosed, TillEvent
from protocols.contract.till_payment import PayCash, Refund
from protocols.contract.till_returns import FindReceipt, ReturnLines, ReturnWanted
from protocols.promotions.kinds.deposit import DepositEnlargement
from protocols.promotions.rules import Scope
from tests.support.counter import Counter
from tests.support.goods import ANN, BREAD, BREAD_CODE, MILK_CODE, PIN, price
from tests.support.till_goods import PHONE_GTIN, RED_M, goods
from tests.unit.edge.checkout.test_by_hand import TEN_PERCENT


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Counter]:
    counter = Counter(tmp_path, rows=goods())
    await counter.start()
    await counter.open()
    yield counter
    counter.stop()


async def second_till(shop: Counter) -> Till:
    """Another till of the same box."""
    setup = TillSetup(till_id="2")
    return Till(shop.desk, await restore(shop.desk, setup), Quiet(), boot_number=shop.boots)


async def do(till: Till, command: TillCommand) -> TillAnswer:
    return await till.handle(TillRequest(id=str(uuid.uuid4()), command=command))


async def opened(till: Till) -> Till:
    assert (await do(till, Login(staff_id=ANN, pin=PIN))).ok
    assert (await do(till, OpenShift(float_minor=0))).ok
    return till


async def test_a_basket_is_taken_up_at_another_till_and_only_once(shop: Counter) -> None:
    await shop.ok(Scan(code=MILK_CODE))
    await shop.ok(Scan(code=BREAD_CODE))
    sale_id = shop.till.state().sale_id
    assert sale_id is not None
    await shop.ok(HoldSale(note="forgot the purse"))
    assert shop.till.state().sale_id is None
    two = await opened(await second_till(shop))
    (held,) = two.state().held
    assert (held.sale_id, held.till_id, held.note, held.units, held.total_minor) == (
        sale_id,
        "1",
        "forgot the purse",
        2,
        479,
    )
    assert (await do(two, RecallSale(sale_id=sale_id))).ok
    assert await shop.refused(RecallSale(sale_id=sale_id)) == "not_held"
    assert [line.item_id for line in two.state().lines] == ["i-milk", "i-bread"]
    assert (await do(two, PayCash(tendered_minor=479))).ok
    assert [sale.sale_id for sale in shop.sales()] == [sale_id]
    events = [(fact.code, fact.till_id) for fact in shop.facts() if isinstance(fact, TillEvent)]
    suspended = [event for event in events if event[0] in {EventCode.SUSPENDED, EventCode.RESUMED}]
    assert suspended == [(13010, "1"), (13011, "2")]
    await shop.restart()
    assert shop.till.state().held == ()


async def test_a_held_basket_survives_a_restart_and_the_loss_of_the_basket_file(shop: Counter) -> None:
    await shop.ok(Scan(code=MILK_CODE))
    sale_id = shop.till.state().sale_id
    assert sale_id is not None
    former = shop.till._session.basket
    assert former is not None
    await shop.ok(HoldSale())
    # A power cut brings back an older basket file, in which the basket still lies open.
    await shop.baskets.write(lambda tx: basket_store.put_basket(tx, "1", former), durable=False)
    await shop.restart()
    assert (shop.till.state().sale_id, len(shop.till.state().held)) == (None, 1)
    await shop.ok(RecallSale(sale_id=sale_id))
    # And one after the recall loses it altogether.
    await shop.baskets.write(lambda tx: basket_store.drop_basket(tx, "1"), durable=False)
    await shop.restart()
    assert shop.till.state().sale_id == sale_id
    await shop.ok(PayCash(tendered_minor=129))
    await shop.restart()
    assert shop.till.state().sale_id is None
    assert len(shop.sales()) == 1


async def test_a_recalled_basket_is_priced_anew_and_says_so(shop: Counter) -> None:
    await shop.ok(Scan(code=MILK_CODE))
    await shop.ok(Scan(code=BREAD_CODE))
    sale_id = shop.till.state().sale_id
    assert sale_id is not None
    await shop.ok(HoldSale())
    await shop.feed(price("i-milk", 2, 119))
    shop.offers.put(TEN_PERCENT)
    await shop.ok(RecallSale(sale_id=sale_id))
    state = shop.till.state()
    assert [(each.line_no, each.was_minor, each.is_minor) for each in state.repriced] == [(1, 129, 119), (2, 350, 315)]
    assert state.total_minor == 434
    await shop.ok(SetQuantity(line_no=1, quantity=2))
    assert shop.till.state().repriced == ()


async def test_there_is_room_for_fifty_and_old_ones_are_abandoned(shop: Counter) -> None:
    assert await shop.refused(HoldSale()) == "no_sale"
    for _ in range(HELD_MAX):
        await shop.ok(Scan(code=MILK_CODE))
        await shop.ok(HoldSale())
    await shop.ok(Scan(code=BREAD_CODE))
    assert await shop.refused(HoldSale()) == "held_full"
    assert await shop.refused(RecallSale(sale_id=shop.till.state().held[0].sale_id)) == "sale_open"
    await shop.ok(PayCash(tendered_minor=350))
    shop.clock.advance(HELD_HOURS * 3_600_000 + 1)
    await shop.ok(RecallSale(sale_id=shop.till.state().held[0].sale_id))
    abandoned = [fact for fact in shop.facts() if isinstance(fact, SaleAbandoned)]
    assert len(abandoned) == HELD_MAX - 1
    assert {(fact.total_minor, fact.line_count) for fact in abandoned} == {(129, 1)}
    assert shop.till.state().held == ()


async def test_a_deposit_is_taken_and_settled_once(shop: Counter) -> None:
    await shop.ok(SellDeposit(item_id=RED_M, quantity=2, deposit_minor=1_000, note="Ms Li"))
    assert await shop.refused(SellDeposit(item_id=RED_M, quantity=1, deposit_minor=2_000)) == "amount_invalid"
    await shop.ok(PayCash(tendered_minor=1_000))
    taken = next(fact for fact in shop.facts() if isinstance(fact, PresaleTaken))
    line = shop.sales()[0].lines[0]
    assert (line.line_kind, line.net_minor, line.tax_minor, line.stock_thousandths) == ("presale", 1_000, 0, 0)
    assert (taken.quantity, taken.deposit_minor, line.reference) == (2, 1_000, taken.presale_id)
    await shop.restart()
    assert await shop.refused(SettlePresale(presale_id="none")) == "no_presale"
    await shop.ok(SettlePresale(presale_id=taken.presale_id))
    state = shop.till.state()
    assert (state.total_minor, state.remaining_minor, state.due_minor) == (3_998, 2_998, 2_998)
    await shop.ok(VoidLine(line_no=1))
    assert shop.till.state().remaining_minor == 0, "without the goods the deposit is as it was"
    await shop.ok(SettlePresale(presale_id=taken.presale_id))
    await shop.ok(PayCash(tendered_minor=2_998))
    settled = shop.sales()[1]
    assert [(tender.kind, tender.amount_minor) for tender in settled.tenders] == [
        ("deposit", 500), ("deposit", 500), ("cash", 2_998),
    ]  # fmt: skip
    assert settled.total_minor == sum(tender.amount_minor - tender.change_minor for tender in settled.tenders)
    assert await shop.refused(SettlePresale(presale_id=taken.presale_id)) == "presale_settled"


def receipt_of(sale: SaleClosed) -> str:
    return receipt_text(sale.receipt.till_id, sale.receipt.incarnation, sale.receipt.number)


async def refused_at(till: Till, command: TillCommand) -> str:
    answer = await do(till, command)
    assert answer.reason is not None
    return answer.reason.code


async def deposit(shop: Counter) -> PresaleTaken:
    """Ten taken on a red shirt."""
    await shop.ok(SellDeposit(item_id=RED_M, quantity=1, deposit_minor=1_000))
    await shop.ok(PayCash(tendered_minor=1_000))
    return next(fact for fact in reversed(shop.facts()) if isinstance(fact, PresaleTaken))


def ended(shop: Counter) -> list[PresaleEnded]:
    return [fact for fact in shop.facts() if isinstance(fact, PresaleEnded)]


async def test_a_deposit_is_given_back_by_its_receipt_and_then_settles_nothing(shop: Counter) -> None:
    taken = await deposit(shop)
    sale = shop.sales()[-1]
    await shop.ok(FindReceipt(receipt=receipt_of(sale)))
    await shop.ok(ReturnLines(sale_id=sale.sale_id, lines=(ReturnWanted(line_no=1, quantity=1, reason="unwanted"),)))
    await shop.ok(Refund(expected_refund_minor=1_000))
    (fact,) = ended(shop)
    assert (fact.presale_id, fact.how, fact.amount_minor) == (taken.presale_id, "returned", 1_000)
    back = next(fact for fact in shop.facts() if isinstance(fact, GoodsReturned))
    assert [(tender.kind, tender.amount_minor) for tender in back.tenders] == [("cash", 1_000)]
    assert await shop.refused(SettlePresale(presale_id=taken.presale_id)) == "presale_ended"
    await shop.ok(FindReceipt(receipt=receipt_of(sale)))
    again = ReturnLines(sale_id=sale.sale_id, lines=(ReturnWanted(line_no=1, quantity=1, reason="unwanted"),))
    assert await shop.refused(again) == "presale_ended"


async def test_a_settled_deposit_is_not_given_back(shop: Counter) -> None:
    taken = await deposit(shop)
    sale = shop.sales()[-1]
    await shop.ok(SettlePresale(presale_id=taken.presale_id))
    await shop.ok(PayCash(tendered_minor=999))
    await shop.ok(FindReceipt(receipt=receipt_of(sale)))
    back = ReturnLines(sale_id=sale.sale_id, lines=(ReturnWanted(line_no=1, quantity=1, reason="unwanted"),))
    assert await shop.refused(back) == "presale_settled"


async def test_one_basket_has_a_deposit_at_a_time(shop: Counter) -> None:
    taken = await deposit(shop)
    sale = shop.sales()[-1]
    two = await opened(await second_till(shop))
    await shop.ok(SettlePresale(presale_id=taken.presale_id))
    settle = SettlePresale(presale_id=taken.presale_id)
    assert await refused_at(two, settle) == "presale_elsewhere"
    assert (await do(two, FindReceipt(receipt=receipt_of(sale)))).ok
    back = ReturnLines(sale_id=sale.sale_id, lines=(ReturnWanted(line_no=1, quantity=1, reason="unwanted"),))
    assert await refused_at(two, back) == "presale_elsewhere"
    await shop.ok(HoldSale())
    assert await refused_at(two, settle) == "presale_elsewhere", "also while that basket is put aside"


async def test_a_store_keeps_the_deposit_of_who_never_came(shop: Counter) -> None:
    taken = await deposit(shop)
    assert await shop.refused(KeepDeposit(presale_id=taken.presale_id, why=" ")) == "why_missing"
    assert await shop.refused(KeepDeposit(presale_id="none", why="not_collected")) == "no_presale"
    await shop.ok(KeepDeposit(presale_id=taken.presale_id, why="not_collected"))
    (fact,) = ended(shop)
    assert (fact.how, fact.amount_minor, fact.why, fact.approver_id) == ("kept", 1_000, "not_collected", "")
    await shop.restart()
    assert await shop.refused(KeepDeposit(presale_id=taken.presale_id, why="not_collected")) == "presale_ended"
    assert await shop.refused(SettlePresale(presale_id=taken.presale_id)) == "presale_ended"


async def test_a_deposit_may_count_for_more(shop: Counter) -> None:
    twice = DepositEnlargement(
        promotion_id="p-d", revision=1, name="Deposit counts twice", starts_ms=0, scope=Scope(items=(RED_M,)), fold_bp=20_000
    )
    await shop.ok(SellDeposit(item_id=RED_M, quantity=1, deposit_minor=300))
    await shop.ok(PayCash(tendered_minor=300))
    taken = next(fact for fact in shop.facts() if isinstance(fact, PresaleTaken))
    shop.offers.put(twice)
    await shop.ok(SettlePresale(presale_id=taken.presale_id))
    state = shop.till.state()
    assert (state.total_minor, state.remaining_minor) == (1_999 - 300, 1_999 - 600)


async def test_an_order_is_handed_over_once_as_the_sale_it_always_was(shop: Counter) -> None:
    order = OrderRow(
        order_id="o-1",
        sale_id="sale-of-o-1",
        lines=(OrderLine(item_id=RED_M, quantity=2, unit_minor=1_800),),
        paid_minor=3_000,
    )
    await shop.feed(order)
    two = await opened(await second_till(shop))
    assert await shop.refused(PickUpOrder(order_id="o-2")) == "no_order"
    await shop.ok(PickUpOrder(order_id="o-1"))
    state = shop.till.state()
    assert (state.sale_id, state.total_minor, state.remaining_minor) == ("sale-of-o-1", 3_600, 600)
    answer = await do(two, PickUpOrder(order_id="o-1"))
    assert answer.reason is not None
    assert answer.reason.code == "order_taken"
    assert await shop.refused(HoldSale()) == "hold_paid"
    await shop.ok(AbandonSale())
    assert (await do(two, PickUpOrder(order_id="o-1"))).ok, "given up by the first till"
    assert (await do(two, PayCash(tendered_minor=600))).ok
    (sale,) = shop.sales()
    assert (sale.sale_id, sale.order_id) == ("sale-of-o-1", "o-1")
    assert [(tender.kind, tender.amount_minor) for tender in sale.tenders] == [("order", 3_000), ("cash", 600)]
    assert stock.balances(shop.store.reader(), RED_M)[0].on_hand_thousandths == -2_000
    assert await shop.refused(PickUpOrder(order_id="o-1")) == "order_done"


async def test_two_tills_sell_the_last_unit_and_both_sales_stand(shop: Counter) -> None:
    """Both customers hold a piece in their hands: the stock was wrong, and says so below zero (design invariant 8)."""
    two = await opened(await second_till(shop))
    await shop.ok(Scan(code=BREAD_CODE))
    assert (await do(two, Scan(code=BREAD_CODE))).ok
    await shop.ok(PayCash(tendered_minor=350))
    assert (await do(two, PayCash(tendered_minor=350))).ok
    (balance,) = stock.balances(shop.store.reader(), BREAD)
    assert balance.on_hand_thousandths == -2_000
    assert [(sale.till_id, sale.receipt.number) for sale in shop.sales()] == [("1", 1), ("2", 1)]


async def test_a_serial_number_sold_at_one_till_is_refused_at_the_other(shop: Counter) -> None:
    two = await opened(await second_till(shop))
    code = f"]d201{PHONE_GTIN}21S1"
    await shop.ok(Scan(code=code))
    await shop.ok(PayCash(tendered_minor=29_900))
    answer = await do(two, Scan(code=code))
    assert answer.reason is not None
    assert answer.reason.code == "serial_sold"
    assert (await do(two, AddItem(item_id=RED_M))).ok
