"""Goods coming back: what is found, what it pays, where goods and money go, and that nothing comes back twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from edge.checkout import documents
from edge.checkout.ports import Quiet
from edge.checkout.session import TillSetup
from edge.checkout.sold_sales import receipt_name
from edge.checkout.till import Till, restore
from edge.stock import service as stock
from protocols.contract.questions import QuestionRefused
from protocols.contract.returns import (
    EarlierReturn,
    ReserveReturn,
    ReturnReserved,
    SaleFound,
    UnitsBack,
    UnitsGranted,
)
from protocols.contract.till import TillRequest
from protocols.contract.till_basket import AbandonSale, Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_payment import PayCash, Refund
from protocols.contract.till_returns import DropReturn, FindReceipt, ReturnItem, ReturnLines, ReturnWanted
from protocols.contract.values import Place
from tests.support.counter import Counter
from tests.support.goods import ANN, APPLES, APPLES_CODE, BOB, BREAD, BREAD_CODE, MILK, MILK_CODE, PIN, STORE_ID, price
from tests.support.returning import (
    APPROVED,
    SUPERVISOR,
    ToldHeadquarters,
    counter_with_returns,
    found,
    paid_back,
    put_back,
    returns_of,
    sold,
)


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Counter]:
    counter = await counter_with_returns(tmp_path)
    yield counter
    counter.stop()


def on_hand(counter: Counter, item_id: str) -> dict[Place, int]:
    return {each.place: each.on_hand_thousandths for each in stock.balances(counter.store.reader(), item_id)}


async def test_a_receipt_is_found_by_number_by_barcode_and_by_the_scanner(till: Counter) -> None:
    receipt = await sold(till, MILK_CODE, MILK_CODE, BREAD_CODE)
    for text in (receipt, f" {receipt} ", f"{STORE_ID}/{receipt}", f"]C1{STORE_ID}/{receipt}"):
        sale = await found(till, text)
        assert [(line.name, line.quantity, line.returnable) for line in sale.lines] == [("Milk 1 l", 2, 2), ("Bread", 1, 1)]
    assert sale.lines[0].refund_each_minor == (129, 129)
    assert sale.offline, "there is no headquarters to ask"
    assert sale.window_ends_ms == sale.closed_at_ms + 30 * 86_400_000
    scanned = await till.ok(Scan(code=f"{STORE_ID}/{receipt}"))
    assert scanned.state.found_sale == sale
    assert (await till.ok(FindReceipt(receipt=""))).state.found_sale is None


@pytest.mark.parametrize(
    "text", ["", "4006381333931", "1-0", "1-x-000001", "https://id.gs1.org/01/09506000134352/10/A-1-000001"]
)
def test_other_codes_are_no_receipt_numbers(text: str) -> None:
    assert receipt_name(text) is None


async def test_unknown_receipts_are_refused_with_the_reason(till: Counter) -> None:
    assert await till.refused(FindReceipt(receipt="what")) == "receipt_unreadable"
    assert await till.refused(FindReceipt(receipt="1-0-000099")) == "receipt_not_here"
    hq = ToldHeadquarters([QuestionRefused(code="sale_unknown")])
    ask_headquarters(till, hq)
    assert await till.refused(FindReceipt(receipt="1-0-000099")) == "receipt_unknown"
    assert await till.refused(ReturnLines(sale_id="s", lines=(ReturnWanted(line_no=1),))) == "find_receipt_first"


async def test_a_return_pays_cash_back_puts_goods_on_the_shelf_and_leaves_the_rest(till: Counter) -> None:
    receipt = await sold(till, MILK_CODE, MILK_CODE, BREAD_CODE)
    in_basket = (await put_back(till, receipt, (1, 1))).state
    assert [(each.name, each.refund_minor, each.receipt) for each in in_basket.returns] == [("Milk 1 l", 129, receipt)]
    assert (in_basket.remaining_minor, in_basket.due_minor, in_basket.found_sale) == (-129, -129, None)
    done = await paid_back(till)
    assert done.sale is not None
    assert (done.sale.receipt, done.sale.refunded_minor) == ("1-0-000002", 129)
    [fact] = returns_of(till)
    [sale] = till.sales()
    assert (fact.sale_id, fact.sold_store_id, fact.sold_receipt) == (sale.sale_id, STORE_ID, receipt)
    assert (fact.total_minor, fact.tax_minor, fact.rounding_minor, fact.policy) == (129, 9, 0, "prorate")  # tax 17 = 9 + 8
    assert [(tender.kind, tender.amount_minor) for tender in fact.tenders] == [("cash", 129)]
    assert [(line.first_unit, line.quantity, line.place) for line in fact.lines] == [(0, 1, Place.SALES_FLOOR)]
    assert fact.unverified
    assert on_hand(till, MILK) == {Place.SALES_FLOOR: -1_000}
    assert done.state.shift is not None
    assert done.state.shift.expected_minor == 10_000 + 608 - 129
    again = await found(till, receipt)
    assert [line.returnable for line in again.lines] == [1, 1]


async def test_the_reason_decides_where_the_goods_go(till: Counter) -> None:
    receipt = await sold(till, *[MILK_CODE] * 3)
    for reason in ("damaged", "faulty", "wrong_item"):
        await put_back(till, receipt, (1, 1), reason=reason)
        await paid_back(till)
    assert on_hand(till, MILK) == {Place.SALES_FLOOR: -2_000, Place.BACK_ROOM: 1_000}
    assert [fact.lines[0].place for fact in returns_of(till)] == [None, Place.BACK_ROOM, Place.SALES_FLOOR]
    sale = await found(till, receipt)
    refused = ReturnLines(sale_id=sale.sale_id, lines=(ReturnWanted(line_no=1, reason="bored"),))
    assert await till.refused(refused) == "return_reason"


async def test_never_more_than_sold(till: Counter) -> None:
    receipt = await sold(till, MILK_CODE, MILK_CODE)
    sale = await found(till, receipt)
    assert await till.refused(ReturnLines(sale_id=sale.sale_id, lines=(ReturnWanted(line_no=1, quantity=3),))) == (
        "return_more_than_sold"
    )
    twice = (ReturnWanted(line_no=1, quantity=2), ReturnWanted(line_no=1, quantity=1))
    assert await till.refused(ReturnLines(sale_id=sale.sale_id, lines=twice)) == "return_more_than_sold"
    await put_back(till, receipt, (1, 2))
    await paid_back(till)
    assert [line.returnable for line in (await found(till, receipt)).lines] == [0]
    assert await till.refused(ReturnLines(sale_id=sale.sale_id, lines=(ReturnWanted(line_no=1),))) == "return_more_than_sold"


async def second_till(counter: Counter) -> Till:
    """Another till of the same box, with Ann at it."""
    other = Till(counter.desk, await restore(counter.desk, TillSetup(till_id="2")), Quiet(), boot_number=counter.boots)
    for number, command in enumerate((Login(staff_id=ANN, pin=PIN), OpenShift(float_minor=5_000))):
        assert (await other.handle(TillRequest(id=f"second-{number}", command=command))).ok
    return other


async def test_what_lies_in_one_tills_basket_cannot_be_taken_at_another(till: Counter) -> None:
    receipt = await sold(till, MILK_CODE, MILK_CODE)
    other = await second_till(till)
    await put_back(till, receipt, (1, 1))
    sale = (await other.handle(TillRequest(id="f", command=FindReceipt(receipt=receipt)))).state.found_sale
    assert sale is not None
    assert sale.lines[0].returnable == 1
    wanted = ReturnLines(sale_id=sale.sale_id, lines=(ReturnWanted(line_no=1, quantity=1),))
    assert (await other.handle(TillRequest(id="r1", command=wanted))).ok
    assert returned_units(till) == {(1, 0), (1, 1)}
    await till.ok(FindReceipt(receipt=receipt))
    assert await till.refused(ReturnLines(sale_id=sale.sale_id, lines=(ReturnWanted(line_no=1),))) == "return_more_than_sold"
    # The first till lets go of unit 0: the second may have it, though its own unit is number 1.
    await till.ok(DropReturn(return_no=1))
    await other.handle(TillRequest(id="f2", command=FindReceipt(receipt=receipt)))
    more = await other.handle(TillRequest(id="r2", command=wanted))
    assert more.ok
    assert more.state.remaining_minor == -258
    paid = await other.handle(TillRequest(id="p", command=Refund(expected_refund_minor=258)))
    assert paid.ok
    [fact] = returns_of(till)
    assert sorted((line.first_unit, line.quantity) for line in fact.lines) == [(0, 1), (1, 1)]


def returned_units(counter: Counter) -> set[tuple[int, int]]:
    return set(counter.store.reader().execute("SELECT line_no, unit_no FROM returned_unit").fetchall())


async def test_an_abandoned_or_lost_basket_gives_its_units_free(till: Counter) -> None:
    receipt = await sold(till, MILK_CODE)
    await put_back(till, receipt, (1, 1))
    await till.ok(AbandonSale())
    assert (await found(till, receipt)).lines[0].returnable == 1
    await put_back(till, receipt, (1, 1))
    await till.baskets.write(
        lambda tx: tx.execute("DELETE FROM basket"), durable=False
    )  # a power cut takes what is not synced
    await till.restart()
    assert returned_units(till) == set()
    await put_back(till, receipt, (1, 1))
    await till.restart()
    assert returned_units(till) == {(1, 0)}, "the basket is still there"
    await paid_back(till)
    await till.restart()
    assert returned_units(till) == {(1, 0)}
    assert till.till.state().sale_id is None, "a basket that became a return does not come back"


async def test_the_same_refund_asked_for_again_pays_once(till: Counter) -> None:
    receipt = await sold(till, MILK_CODE)
    await put_back(till, receipt, (1, 1))
    first = await till.do(Refund(expected_refund_minor=129), "again-and-again")
    await till.restart()
    second = await till.do(Refund(expected_refund_minor=129), "again-and-again")
    assert first.sale == second.sale
    assert len(returns_of(till)) == 1


async def test_a_weighed_line_comes_back_as_one_unit(till: Counter) -> None:
    till.scale.put(1_239)
    receipt = await sold(till, APPLES_CODE)
    assert [(line.returnable, line.refund_each_minor) for line in (await found(till, receipt)).lines] == [(1, (369,))]
    await put_back(till, receipt, (1, 1))
    await paid_back(till)
    assert on_hand(till, APPLES) == {Place.SALES_FLOOR: 0}
    assert (returns_of(till)[0].lines[0].grams, returns_of(till)[0].lines[0].quantity) == (1_234, 1)


async def test_a_refund_beyond_the_cashiers_limit_needs_a_second_person(tmp_path: Path) -> None:
    till = await counter_with_returns(tmp_path, staff_id=BOB)
    receipt = await sold(till, MILK_CODE, MILK_CODE, BREAD_CODE)
    sale = await found(till, receipt)
    await till.ok(ReturnLines(sale_id=sale.sale_id, lines=(ReturnWanted(line_no=1, quantity=2),)))  # 2.58 of 3.00
    await till.ok(FindReceipt(receipt=receipt))
    bread = (ReturnWanted(line_no=2),)
    assert await till.refused(ReturnLines(sale_id=sale.sale_id, lines=bread)) == "approval_needed"
    await till.ok(ReturnLines(sale_id=sale.sale_id, lines=bread, approval=APPROVED))
    assert till.till.state().remaining_minor == -608
    till.stop()


async def test_after_the_window_a_second_person_must_allow_it_on_record(till: Counter) -> None:
    receipt = await sold(till, MILK_CODE)
    till.clock.advance(30 * 86_400_000 + 1)
    sale = await found(till, receipt)
    wanted = (ReturnWanted(line_no=1),)
    assert await till.refused(ReturnLines(sale_id=sale.sale_id, lines=wanted)) == "return_too_late"
    await till.ok(ReturnLines(sale_id=sale.sale_id, lines=wanted, why="was ill", approval=APPROVED))
    await paid_back(till)
    [override] = returns_of(till)[0].lines[0].overrides
    assert (override.what, override.approver_id, override.reason) == ("return_window", SUPERVISOR, "was ill")


async def test_goods_without_a_receipt_pay_the_lowest_price_of_the_last_days(till: Counter) -> None:
    now_ms, day_ms = till.clock.now_ms(), 86_400_000
    await till.feed(
        price(MILK, 2, 89, from_ms=now_ms - 40 * day_ms, to_ms=now_ms - 31 * day_ms),
        price(MILK, 3, 99, from_ms=now_ms - 20 * day_ms, to_ms=now_ms - 10 * day_ms),
    )
    state = (await till.ok(ReturnItem(code=MILK_CODE, quantity=2, reason="unwanted", why="no receipt"))).state
    assert [(each.refund_minor, each.receipt, each.policy) for each in state.returns] == [(198, "", "no_receipt")]
    assert await till.refused(Refund(expected_refund_minor=200)) == "refund_changed"
    await paid_back(till)
    [fact] = returns_of(till)
    assert (fact.sale_id, fact.policy, fact.lines[0].sold_line_no, fact.total_minor) == ("", "no_receipt", 0, 198)
    assert [override.what for override in fact.lines[0].overrides] == ["no_receipt"]
    assert await till.refused(ReturnItem(code=APPLES_CODE)) == "return_weighed"


async def test_goods_without_a_receipt_need_the_right_up_to_its_limit(tmp_path: Path) -> None:
    till = await counter_with_returns(tmp_path, staff_id=BOB)
    assert await till.refused(ReturnItem(code=MILK_CODE)) == "approval_needed"
    await till.ok(ReturnItem(code=MILK_CODE, approval=APPROVED))
    till.stop()


async def test_an_exchange_is_one_transaction_with_one_receipt(till: Counter) -> None:
    receipt = await sold(till, MILK_CODE)
    await put_back(till, receipt, (1, 1))
    state = (await till.ok(Scan(code=BREAD_CODE))).state
    assert (state.total_minor, state.remaining_minor, state.due_minor) == (350, 221, 221)
    assert await till.refused(Refund(expected_refund_minor=0)) == "refund_pay_first"
    done = await till.ok(PayCash(tendered_minor=300))
    assert done.sale is not None
    assert (done.sale.receipt, done.sale.change_minor) == ("1-0-000002", 79)
    [back], sale = returns_of(till), till.sales()[1]
    assert (back.receipt, back.exchange_sale_id, sale.return_id) == (sale.receipt, sale.sale_id, back.return_id)
    assert [(tender.kind, tender.amount_minor) for tender in back.tenders] == [("return_credit", 129)]
    assert [(tender.kind, tender.amount_minor - tender.change_minor) for tender in sale.tenders] == [
        ("return_credit", 129),
        ("cash", 221),
    ]
    assert done.state.shift is not None
    assert done.state.shift.expected_minor == 10_000 + 129 + 221
    assert (on_hand(till, MILK), on_hand(till, BREAD)) == ({Place.SALES_FLOOR: 0}, {Place.SALES_FLOOR: -1_000})


async def test_an_exchange_for_less_pays_the_difference_back(till: Counter) -> None:
    receipt = await sold(till, BREAD_CODE)
    await put_back(till, receipt, (1, 1))
    await till.ok(Scan(code=MILK_CODE))
    assert await till.refused(PayCash(tendered_minor=0)) == "refund_instead"
    done = await paid_back(till)
    assert done.sale is not None
    assert done.sale.refunded_minor == 221
    [back], sale = returns_of(till), till.sales()[1]
    assert [(tender.kind, tender.amount_minor) for tender in back.tenders] == [("return_credit", 129), ("cash", 221)]
    assert (sale.total_minor, [tender.kind for tender in sale.tenders]) == (129, ["return_credit"])
    await put_back(till, done.sale.receipt, (1, 1))
    await paid_back(till)
    assert [tender.kind for tender in returns_of(till)[1].tenders] == ["cash"]


async def test_cash_rounding_is_mirrored_whatever_the_order(tmp_path: Path) -> None:
    till = await counter_with_returns(tmp_path, cash_rounding_minor=50)
    receipt = await sold(till, MILK_CODE, MILK_CODE, BREAD_CODE)  # 6.08, paid 6.00
    for wanted in ((2, 1), (1, 1), (1, 1)):
        await put_back(till, receipt, wanted)
        await paid_back(till)
    facts = returns_of(till)
    assert sum(fact.total_minor for fact in facts) == 608
    assert sum(tender.amount_minor for fact in facts for tender in fact.tenders) == 600
    assert sum(fact.rounding_minor for fact in facts) == -8
    assert all(tender.amount_minor % 50 == 0 for fact in facts for tender in fact.tenders)
    till.stop()


async def test_more_cash_than_the_store_allows_needs_a_second_person(tmp_path: Path) -> None:
    till = await counter_with_returns(tmp_path, refund_cash_max_minor=300)
    receipt = await sold(till, BREAD_CODE)
    await put_back(till, receipt, (1, 1))
    assert await till.refused(Refund(expected_refund_minor=350)) == "approval_needed"
    await till.ok(Refund(expected_refund_minor=350, approval=APPROVED))
    till.stop()


async def test_one_sale_at_a_time_and_lines_go_out_again(till: Counter) -> None:
    first, second = await sold(till, MILK_CODE, MILK_CODE), await sold(till, BREAD_CODE)
    await put_back(till, first, (1, 1))
    sale = await found(till, second)
    assert await till.refused(ReturnLines(sale_id=sale.sale_id, lines=(ReturnWanted(line_no=1),))) == "return_one_sale"
    assert await till.refused(ReturnItem(code=MILK_CODE)) == "return_one_sale"
    assert await till.refused(DropReturn(return_no=9)) == "no_such_return"
    assert (await till.ok(DropReturn(return_no=1))).state.returns == ()
    await put_back(till, second, (1, 1))


def ask_headquarters(counter: Counter, hq: ToldHeadquarters) -> None:
    object.__setattr__(counter.desk, "headquarters", hq)


async def test_headquarters_sets_units_aside_and_knows_what_came_back_elsewhere(till: Counter) -> None:
    receipt = await sold(till, *[MILK_CODE] * 3)
    [sale] = till.sales()
    elsewhere = EarlierReturn(
        return_id="r-else",
        store_id="s-0002",
        policy="prorate",
        lines=(UnitsBack(line_no=1, first_unit=0, quantity=1, refund_minor=129),),
    )
    hq = ToldHeadquarters([SaleFound(sale=sale, at_ms=1, returns=(elsewhere,))])
    ask_headquarters(till, hq)
    shown = await found(till, receipt)
    assert (shown.offline, shown.lines[0].returnable) == (False, 2)
    # Another store is at it right now with unit 1: headquarters gives unit 2.
    hq.answers.append(ReturnReserved(lines=(UnitsGranted(line_no=1, units=(2,)),)))
    await till.ok(ReturnLines(sale_id=sale.sale_id, lines=(ReturnWanted(line_no=1),)))
    asked = hq.asked[-1]
    assert isinstance(asked, ReserveReturn)
    assert [(line.line_no, line.quantity, line.sold, line.taken) for line in asked.lines] == [(1, 1, 3, (0,))]
    await paid_back(till)
    [fact] = returns_of(till)
    assert (fact.unverified, fact.lines[0].first_unit) == (False, 2)


async def test_headquarters_refuses_what_came_back_in_another_store(till: Counter) -> None:
    receipt = await sold(till, MILK_CODE)
    [sale] = till.sales()
    hq = ToldHeadquarters([SaleFound(sale=sale, at_ms=1)])
    ask_headquarters(till, hq)
    await found(till, receipt)
    hq.answers.append(QuestionRefused(code="returned_elsewhere", params={"left": "0"}))
    assert await till.refused(ReturnLines(sale_id=sale.sale_id, lines=(ReturnWanted(line_no=1),))) == "returned_elsewhere"
    assert returned_units(till) == set()


async def test_a_sale_of_another_store_comes_back_with_what_headquarters_tells(till: Counter) -> None:
    await sold(till, MILK_CODE, BREAD_CODE)
    other = msgspec.structs.replace(till.sales()[0], store_id="s-0002", sale_id="sale-elsewhere")
    hq = ToldHeadquarters([SaleFound(sale=other, at_ms=till.clock.now_ms())])
    ask_headquarters(till, hq)
    shown = await found(till, "s-0002/7-3-000012")
    assert (shown.store_id, shown.receipt) == ("s-0002", "7-3-000012")
    hq.answers.append(ReturnReserved(lines=(UnitsGranted(line_no=2, units=(0,)),)))
    await till.ok(ReturnLines(sale_id="sale-elsewhere", lines=(ReturnWanted(line_no=2),)))
    await till.restart()
    await paid_back(till)
    [fact] = returns_of(till)
    assert (fact.sold_store_id, fact.sold_receipt, fact.total_minor) == ("s-0002", "7-3-000012", 350)


async def test_the_return_receipt_says_what_came_back_and_how_it_was_paid(till: Counter) -> None:
    receipt = await sold(till, MILK_CODE, MILK_CODE)
    await put_back(till, receipt, (1, 2), reason="damaged")
    await paid_back(till)
    jobs = till.store.reader().execute("SELECT document FROM print_job ORDER BY made_at_ms, job_id").fetchall()
    texts = [documents.as_text(msgspec.json.decode(body, type=documents.ReceiptDocument)) for (body,) in jobs]
    [text] = [text for text in texts if "RETURN" in text]
    expected = (
        f"Of receipt {receipt}", "Milk 1 l", "-2.58", "2 x damaged", "REFUND EUR", "2.58", "Paid back: Cash",
        "Not checked with headquarters", "Signature of the customer", "Receipt 1-0-000002",
    )  # fmt: skip
    assert [words for words in expected if words not in text] == []
    assert max(documents.width(line) for line in text.splitlines()) <= documents.COLUMNS
