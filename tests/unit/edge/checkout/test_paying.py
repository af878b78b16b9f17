"""Paying by terminal, through the real driver and asker over a real line: every outcome, and what the till does with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.checkout.asking import PaymentNews
from edge.store_db.database import Tx
from protocols.contract.facts import StoreAlarm
from protocols.contract.till_basket import AbandonSale, Scan, SetQuantity, VoidLine
from protocols.contract.till_control import Logout
from protocols.contract.till_payment import CancelPayment, Pay, PayCash, ResolvePayment, ReverseTender, SettlePayment
from protocols.contract.values import Stream
from protocols.payment.port import Declined
from tests.support.goods import BREAD_CODE, MILK_CODE
from tests.support.paying import PayingCounter, books_agree

BREAD_MINOR = 350
CODE = "134567890123456789"


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[PayingCounter]:
    counter = PayingCounter(tmp_path)
    await counter.start()
    await counter.open()
    await counter.ok(Scan(code=BREAD_CODE))
    yield counter
    books_agree(counter)
    await counter.end()


async def test_a_card_closes_the_sale_by_itself(till: PayingCounter) -> None:
    answer = await till.pay("card", BREAD_MINOR)
    assert answer.sale is None, "under way"
    state = await till.until_state(lambda state: state.last_sale)
    assert state.last_sale is not None
    assert (state.last_sale.total_minor, state.last_sale.tendered_minor, state.last_sale.change_minor) == (350, 350, 0)
    assert (state.lines, state.tenders, state.payment) == ((), (), None)
    (sale,) = till.sales()
    (tender,) = sale.tenders
    (asked,), (ended,) = till.asked_and_ended()
    assert (tender.kind, tender.amount_minor, tender.attempt_id) == ("card", 350, asked.attempt_id)
    assert (ended.outcome, ended.how, ended.reference) == ("approved", "answer", tender.reference)
    assert len(ended.card_tail) == 4
    kinds = [type(fact).__name__ for fact in till.facts()][-3:]
    assert kinds == ["PaymentAsked", "PaymentEnded", "SaleClosed"]
    assert state.shift is not None
    assert (state.shift.sale_count, state.shift.expected_minor) == (1, 10_000), "a card leaves the drawer as it was"


async def test_a_payment_code_scanned_as_goods_is_told_apart_and_not_shown(till: PayingCounter) -> None:
    assert await till.refused(Scan(code=CODE)) == "payment_code_early"
    assert await till.refused(Scan(code="994567890123456789")) == "code_length"
    assert CODE not in str(till.facts())


async def test_a_payment_under_way_holds_the_till_and_nothing_else(till: PayingCounter) -> None:
    till.fault(slow_ms=60_000)
    await till.pay("card", BREAD_MINOR)
    state = await till.until_state(lambda state: state.payment and till.simulator.terminal.under_way)
    assert state.payment is not None
    assert (state.payment.state, state.payment.amount_minor) == ("asking", 350)
    for command in (
        Scan(code=MILK_CODE), VoidLine(line_no=1), AbandonSale(), Logout(), PayCash(tendered_minor=400),
        Pay(method="card", amount_minor=350, expected_due_minor=350), ReverseTender(tender_no=1),
        ResolvePayment(attempt_id=state.payment.attempt_id),
        SettlePayment(attempt_id=state.payment.attempt_id, approved=True, why="impatient"),
    ):  # fmt: skip
        assert await till.refused(command) == "payment_under_way"
    await till.ok(CancelPayment(attempt_id=state.payment.attempt_id))
    state = await till.until_state(lambda state: state.payment and state.payment.state == "cancelled")
    assert state.payment is not None
    assert state.payment.reason is not None
    assert state.payment.reason.code == "payment_cancelled"
    await till.ok(Scan(code=MILK_CODE))
    assert till.till.state().payment is None, "told until the next command"
    assert till.ledger == []


async def test_declined_leaves_everything_as_it_was(till: PayingCounter) -> None:
    till.fault(decline=True)
    await till.pay("card", BREAD_MINOR)
    state = await till.until_state(lambda state: state.payment and state.payment.state == "declined")
    assert state.payment is not None
    assert state.payment.reason is not None
    assert state.payment.reason.params == {"detail": "declined by the bank"}
    assert (state.remaining_minor, len(state.lines)) == (350, 1)
    await till.ok(SetQuantity(line_no=1, quantity=2))
    till.fault()
    await till.pay("card", 700)
    await till.until_state(lambda state: state.last_sale)


async def test_several_tenders_change_from_cash_alone(till: PayingCounter) -> None:
    await till.ok(Scan(code=MILK_CODE))
    await till.pay("cash", 100)
    await till.pay("card", 200)
    state = await till.until_state(lambda state: len(state.tenders) == 2)
    assert [(each.tender_no, each.method, each.amount_minor) for each in state.tenders] == [
        (1, "cash", 100),
        (2, "card", 200),
    ]
    assert state.remaining_minor == 479 - 300
    answer = await till.ok(PayCash(tendered_minor=200, expected_due_minor=179))
    assert answer.sale is not None
    assert (answer.sale.tendered_minor, answer.sale.change_minor) == (500, 21)
    (sale,) = till.sales()
    assert [(each.kind, each.amount_minor, each.change_minor) for each in sale.tenders] == [
        ("card", 200, 0),
        ("cash", 100, 0),
        ("cash", 200, 21),
    ]
    assert answer.state.shift is not None
    assert answer.state.shift.expected_minor == 10_000 + 279


async def test_amounts_that_make_no_sense_are_refused(till: PayingCounter) -> None:
    async def pay(method: str, amount: int, due: int = 350) -> str:
        return await till.refused(Pay(method=method, amount_minor=amount, expected_due_minor=due))

    assert await pay("card", 351) == "amount_over_due"
    assert await pay("card", 0) == "amount_invalid"
    assert await pay("card", 350, due=300) == "total_changed"
    assert await pay("cheque", 350) == "no_such_method"
    assert till.simulator.terminal.asked == []


async def test_a_paid_basket_keeps_its_lines_until_the_payment_is_given_back(till: PayingCounter) -> None:
    await till.pay("card", 100)
    await till.until_state(lambda state: state.tenders)
    for command in (Scan(code=MILK_CODE), VoidLine(line_no=1), AbandonSale(), Logout()):
        assert await till.refused(command) == "basket_paid"
    await till.pay("cash", 50)
    assert await till.refused(ReverseTender(tender_no=1)) == "reverse_last_first"
    assert await till.refused(ReverseTender(tender_no=3)) == "no_such_tender"
    await till.ok(ReverseTender(tender_no=2))
    assert [each.method for each in till.till.state().tenders] == ["card"]
    await till.ok(ReverseTender(tender_no=1))
    state = await till.until_state(lambda state: not state.tenders)
    assert (state.remaining_minor, state.payment) == (350, None)
    assert till.ledger == [("charge", 100), ("give_back", 100)]
    outcomes = [each.outcome for each in till.asked_and_ended()[1]]
    assert outcomes == ["approved", "approved", "reversed", "reversed"]
    await till.ok(AbandonSale())


async def test_a_partial_approval_is_a_tender_and_the_rest_is_due(till: PayingCounter) -> None:
    till.fault(partial_percent=50)
    await till.pay("card", BREAD_MINOR)
    state = await till.until_state(lambda state: state.tenders)
    assert (state.tenders[0].amount_minor, state.remaining_minor) == (175, 175)
    assert state.payment is not None
    assert state.payment.state == "partial"
    answer = await till.ok(PayCash(tendered_minor=175))
    assert answer.sale is not None


async def test_a_terminal_that_took_too_much_gives_all_of_it_back(till: PayingCounter) -> None:
    till.fault(wrong_amount=True)
    await till.pay("card", BREAD_MINOR)
    await till.until_state(lambda state: state.payment is None and till.ledger == [("charge", 450), ("give_back", 450)])
    state = till.till.state()
    assert (state.tenders, state.remaining_minor, state.last_sale) == ((), 350, None)


async def test_busy_and_offline_are_refusals_in_words(till: PayingCounter) -> None:
    till.fault(occupied=True)
    await till.pay("card", BREAD_MINOR)
    state = await till.until_state(lambda state: state.payment and state.payment.state == "not_found")
    assert state.payment is not None
    assert state.payment.reason is not None
    assert state.payment.reason.params == {"detail": "another customer is at the terminal"}
    await till.simulator.unplug()
    state = await till.until_state(lambda state: not state.methods[1].usable)
    assert [(each.method, each.usable) for each in state.methods] == [("cash", True), ("card", False), ("code", False)]
    assert await till.refused(Pay(method="card", amount_minor=350, expected_due_minor=350)) == "terminal_offline"
    await till.ok(PayCash(tendered_minor=350))


async def test_a_code_shown_by_the_customer(till: PayingCounter) -> None:
    await till.pay("code", BREAD_MINOR, code="4711")
    await till.until_state(lambda state: state.payment and state.payment.state == "declined")
    await till.pay("code", BREAD_MINOR, code=CODE)
    await till.until_state(lambda state: state.last_sale)
    disk = b"".join(path.read_bytes() for path in till.folder.iterdir())
    assert CODE.encode() not in disk, "a payment code is kept nowhere"
    assert till.sales()[0].tenders[0].kind == "code"


@pytest.mark.parametrize("fault", ["cut_after", "reply_lost"])
async def test_an_answer_that_never_came_is_enquired_for(tmp_path: Path, fault: str) -> None:
    till = PayingCounter(tmp_path, answer_seconds=0.2)
    await till.start()
    await till.open()
    await till.ok(Scan(code=BREAD_CODE))
    till.fault(**{fault: True})
    await till.pay("card", BREAD_MINOR)
    await till.until_state(lambda state: state.last_sale)
    assert till.ledger == [("charge", 350)]
    assert till.asked_and_ended()[1][0].how == "enquiry"
    books_agree(till)
    await till.end()


async def test_a_payment_the_terminal_never_saw_was_not_made(till: PayingCounter) -> None:
    till.fault(cut_before=True)
    await till.pay("card", BREAD_MINOR)
    state = await till.until_state(lambda state: state.payment and state.payment.state == "not_found")
    assert state.remaining_minor == 350
    assert till.ledger == []


async def test_answers_that_come_twice_or_late_change_nothing(till: PayingCounter) -> None:
    till.fault(duplicate=True)
    await till.pay("card", BREAD_MINOR)
    await till.until_state(lambda state: state.last_sale)
    till.simulator.call_back()
    await till.ok(Scan(code=BREAD_CODE))
    await till.pay("card", BREAD_MINOR)
    till.simulator.call_back()
    await till.until_state(lambda state: state.last_sale)
    assert till.ledger == [("charge", 350), ("charge", 350)]
    assert len(till.sales()) == 2


async def test_nobody_knows_until_a_person_with_the_slip_says(till: PayingCounter) -> None:
    till.fault(cut_after=True, enquiry_lost=True)
    await till.pay("card", BREAD_MINOR)
    state = await till.until_state(lambda state: state.payment and state.payment.state == "unknown")
    assert state.payment is not None
    attempt_id = state.payment.attempt_id
    for command in (Scan(code=MILK_CODE), PayCash(tendered_minor=400), CancelPayment(attempt_id=attempt_id)):
        assert await till.refused(command) == "payment_unknown"
    assert await till.refused(SettlePayment(attempt_id=attempt_id, approved=True, why=" ")) == "settle_why_missing"
    command_id = "0190-settle"
    answer = await till.do(SettlePayment(attempt_id=attempt_id, approved=True, why="slip 000001"), command_id)
    assert answer.ok
    assert answer.sale is not None
    again = await till.do(SettlePayment(attempt_id=attempt_id, approved=True, why="slip 000001"), command_id)
    assert again.sale == answer.sale, "the same proof again"
    ended = till.asked_and_ended()[1][0]
    assert (ended.how, ended.reason, ended.approver_id) == ("person", "slip 000001", "7")


async def test_settling_needs_the_right(till: PayingCounter) -> None:
    till.fault(cut_after=True, enquiry_lost=True)
    await till.pay("card", BREAD_MINOR)
    state = await till.until_state(lambda state: state.payment and state.payment.state == "unknown")
    assert state.payment is not None

    def demote(tx: Tx) -> None:
        tx.execute("UPDATE staff SET rights = 'till' WHERE staff_id = '7'")

    await till.store.write(demote)
    await till.restart()
    command = SettlePayment(attempt_id=state.payment.attempt_id, approved=False, why="no slip")
    assert await till.refused(command) == "approval_needed"
    till.fault()
    await till.ok(ResolvePayment(attempt_id=state.payment.attempt_id))
    await till.until_state(lambda state: state.last_sale)


async def test_a_restart_in_the_middle_of_a_payment(till: PayingCounter) -> None:
    till.fault(slow_ms=60_000)
    await till.pay("card", BREAD_MINOR)
    await till.until_state(lambda _state: till.simulator.terminal.under_way)
    await till.power_off()
    (till.folder / "basket.db").unlink()
    await till.start()
    state = till.till.state()
    assert state.payment is not None
    assert (state.payment.state, len(state.lines)) == ("unknown", 1), "the basket lies beside its payment"
    attempt = state.payment.attempt_id
    till.simulator.terminal.power_lost()
    await till.until_state(lambda state: state.payment and state.payment.state == "declined")
    assert till.simulator.terminal.asked == [attempt]
    till.fault()
    await till.pay("card", BREAD_MINOR)
    await till.until_state(lambda state: state.last_sale)


async def test_a_basket_no_software_can_read_is_entered_again(till: PayingCounter) -> None:
    await till.pay("card", 300)
    await till.until_state(lambda state: state.tenders)
    sale_id = till.till.state().sale_id
    await till.store.write(lambda tx: tx.execute("UPDATE payment_basket SET body = x'7b7d'"))
    await till.power_off()
    (till.folder / "basket.db").unlink()
    await till.start()
    state = till.till.state()
    assert (state.sale_id, state.lines, state.remaining_minor) == (sale_id, (), -300)
    assert state.tenders[0].amount_minor == 300
    assert await till.refused(AbandonSale()) == "basket_paid"
    await till.ok(Scan(code=MILK_CODE))
    assert await till.refused(PayCash(tendered_minor=0)) == "overpaid"
    await till.ok(SetQuantity(line_no=1, quantity=3))
    answer = await till.ok(PayCash(tendered_minor=100, expected_due_minor=87))
    assert answer.sale is not None
    assert answer.sale.sale_id == sale_id


async def test_a_lost_basket_that_comes_to_just_what_was_paid(till: PayingCounter) -> None:
    await till.pay("card", 129)
    await till.until_state(lambda state: state.tenders)
    await till.store.write(lambda tx: tx.execute("UPDATE payment_basket SET body = x'7b7d'"))
    await till.power_off()
    (till.folder / "basket.db").unlink()
    await till.start()
    await till.ok(Scan(code=MILK_CODE))
    answer = await till.ok(PayCash(tendered_minor=0, expected_due_minor=0))
    assert answer.sale is not None
    assert [each.kind for each in till.sales()[0].tenders] == ["card"]


async def test_a_payment_given_back_in_parts(till: PayingCounter) -> None:
    await till.pay("card", 200)
    await till.until_state(lambda state: state.tenders)
    till.fault(partial_percent=25)
    await till.ok(ReverseTender(tender_no=1))
    state = await till.until_state(lambda state: state.payment and state.payment.state == "partial")
    assert (state.tenders[0].amount_minor, state.remaining_minor) == (150, 200)
    till.fault()
    await till.restart()
    assert till.till.state().tenders == state.tenders
    await till.ok(ReverseTender(tender_no=1))
    state = await till.until_state(lambda state: not state.tenders and state.payment is None)
    assert till.ledger == [("charge", 200), ("give_back", 50), ("give_back", 150)]
    await till.ok(AbandonSale())


async def test_a_person_who_was_wrong_is_told_and_headquarters_hears_of_it(tmp_path: Path) -> None:
    till = PayingCounter(tmp_path)
    await till.start()
    await till.open()
    await till.ok(Scan(code=BREAD_CODE))
    till.fault(cut_after=True, enquiry_lost=True)
    await till.pay("card", BREAD_MINOR)
    state = await till.until_state(lambda state: state.payment and state.payment.state == "unknown")
    assert state.payment is not None
    till.fault()
    await till.simulator.unplug()
    await till.ok(SettlePayment(attempt_id=state.payment.attempt_id, approved=False, why="no slip came out"))
    await till.simulator.plug_in()
    state = await till.until_state(
        lambda state: state.payment and state.payment.reason and state.payment.reason.code == "payment_disagrees", seconds=20
    )
    assert state.remaining_minor == 350, "the word of the person stands; the money is given back at the terminal"
    alarms = [fact for fact in till.facts(Stream.OPS) + till.facts() if isinstance(fact, StoreAlarm)]
    assert [alarm.alarm for alarm in alarms] == ["payment_disagrees"]
    await till.end()


async def test_an_outcome_that_comes_while_the_zone_is_replaced_waits(till: PayingCounter) -> None:
    till.fault(slow_ms=60_000)
    await till.pay("card", BREAD_MINOR)
    await till.until_state(lambda _state: till.simulator.terminal.under_way)
    zone = till.store.reader().execute("SELECT * FROM zone").fetchone()
    await till.store.write(lambda tx: tx.execute("DELETE FROM zone"))
    attempt = till.till._session.attempts[0]
    news = PaymentNews(attempt.order("EUR"), Declined("no"), "answer")
    assert await till.till.take_news(news) == "later"

    def back(tx: Tx) -> None:
        tx.execute(f"INSERT INTO zone VALUES ({', '.join('?' * len(zone))})", zone)

    await till.store.write(back)
    assert await till.till.take_news(news) == "stored"
    assert till.till.state().remaining_minor == 350
    till.simulator.terminal.power_lost()
