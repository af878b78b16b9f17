"""Money that came by card goes back by card: each refund an attempt of its own, never twice, closing with the return."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from protocols.contract.feed_rows import StaffRow
from protocols.contract.till_basket import Scan
from protocols.contract.till_payment import Pay, PayCash, Refund
from protocols.contract.till_returns import FindReceipt, ReturnLines, ReturnWanted
from tests.support.goods import ANN, BREAD_CODE, MILK_CODE
from tests.support.paying import PayingCounter
from tests.support.returning import APPROVED, returns_of, rows_of_store


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[PayingCounter]:
    counter = PayingCounter(tmp_path)
    counter._rows = [  # people who may take goods back and give payments back
        msgspec.structs.replace(row, rights=(*row.rights, "reverse"))
        if isinstance(row, StaffRow) and row.staff_id == ANN
        else row
        for row in rows_of_store()
    ]
    await counter.start()
    await counter.open()
    yield counter
    await counter.end()


async def paid_by_card(till: PayingCounter, *codes: str, card_minor: int | None = None) -> str:
    """Sell; the card pays all of it, or `card_minor` and the rest is cash. The receipt number."""
    for code in codes:
        await till.ok(Scan(code=code))
    due = till.till.state().remaining_minor
    await till.pay("card", due if card_minor is None else card_minor)
    if card_minor is not None:
        await till.until_state(lambda state: state.tenders)
        await till.ok(PayCash(tendered_minor=due - card_minor))
    state = await till.until_state(lambda state: state.last_sale)
    assert state.last_sale is not None
    return state.last_sale.receipt


async def bring_back(till: PayingCounter, receipt: str, *lines: tuple[int, int]) -> int:
    """Put lines into the basket; what is to be paid back."""
    sale = (await till.ok(FindReceipt(receipt=receipt))).state.found_sale
    assert sale is not None
    wanted = tuple(ReturnWanted(line_no=line_no, quantity=quantity) for line_no, quantity in lines)
    return -(await till.ok(ReturnLines(sale_id=sale.sale_id, lines=wanted))).state.remaining_minor


async def test_a_part_of_a_card_payment_goes_back_to_the_card_and_the_return_closes_by_itself(till: PayingCounter) -> None:
    receipt = await paid_by_card(till, MILK_CODE, BREAD_CODE)
    owed = await bring_back(till, receipt, (1, 1))
    answer = await till.ok(Refund(expected_refund_minor=owed))
    assert answer.sale is None, "under way"
    state = await till.until_state(lambda state: state.last_sale)
    assert state.last_sale is not None
    assert state.last_sale.refunded_minor == 129
    assert till.ledger == [("charge", 479), ("give_back", 129)]
    [fact], [sale] = returns_of(till), till.sales()
    assert [(tender.kind, tender.amount_minor) for tender in fact.tenders] == [("card", 129)]
    asked, ended = till.asked_and_ended()
    assert (asked[1].amount_minor, asked[1].reverses_id) == (-129, sale.tenders[0].attempt_id)
    assert ended[1].outcome == "reversed"
    assert state.shift is not None
    assert (state.shift.sale_count, state.shift.expected_minor) == (1, 10_000)
    # The rest of the card payment is still there to go back to.
    await till.ok(Refund(expected_refund_minor=await bring_back(till, receipt, (2, 1))))
    await till.until_state(lambda _state: len(returns_of(till)) == 2)
    assert till.ledger[-1] == ("give_back", 350)


async def test_card_and_cash_go_back_one_after_the_other(till: PayingCounter) -> None:
    receipt = await paid_by_card(till, MILK_CODE, BREAD_CODE, card_minor=300)
    owed = await bring_back(till, receipt, (1, 1), (2, 1))
    await till.ok(Refund(expected_refund_minor=owed))
    state = await till.until_state(lambda state: state.tenders and not state.payment)
    assert (state.remaining_minor, [tender.amount_minor for tender in state.tenders]) == (-179, [-300])
    done = await till.ok(Refund(expected_refund_minor=179))
    assert done.sale is not None
    [fact] = returns_of(till)
    assert sorted((tender.kind, tender.amount_minor) for tender in fact.tenders) == [("card", 300), ("cash", 179)]
    assert done.state.shift is not None
    assert done.state.shift.expected_minor == 10_000


async def test_a_box_that_stops_during_the_refund_finds_out_and_pays_once(till: PayingCounter) -> None:
    receipt = await paid_by_card(till, BREAD_CODE)
    owed = await bring_back(till, receipt, (1, 1))
    till.fault(reply_lost=True)
    await till.ok(Refund(expected_refund_minor=owed))
    await till.until_state(lambda _state: ("give_back", 350) in till.ledger)
    till.fault()
    await till.restart()
    await till.until_state(lambda state: not state.returns)
    assert till.ledger == [("charge", 350), ("give_back", 350)]
    [fact] = returns_of(till)
    assert fact.total_minor == 350


async def test_without_its_terminal_a_second_person_lets_cash_go_out_instead(till: PayingCounter) -> None:
    receipt = await paid_by_card(till, BREAD_CODE)
    owed = await bring_back(till, receipt, (1, 1))
    await till.simulator.unplug()
    await till.until_state(lambda state: not all(way.usable for way in state.methods))
    assert await till.refused(Refund(expected_refund_minor=owed)) == "terminal_offline"
    await till.ok(Refund(expected_refund_minor=owed, method="cash", approval=APPROVED))
    [fact] = returns_of(till)
    assert [(tender.kind, tender.amount_minor) for tender in fact.tenders] == [("cash", 350)]


async def test_an_exchange_whose_difference_a_card_pays_closes_by_itself(till: PayingCounter) -> None:
    receipt = await paid_by_card(till, MILK_CODE)
    await bring_back(till, receipt, (1, 1))
    due = (await till.ok(Scan(code=BREAD_CODE))).state.remaining_minor
    await till.ok(Pay(method="card", amount_minor=due, expected_due_minor=due))
    await till.until_state(lambda _state: returns_of(till))
    [back], sale = returns_of(till), till.sales()[1]
    assert [(tender.kind, tender.amount_minor) for tender in sale.tenders] == [("card", 221), ("return_credit", 129)]
    assert (back.exchange_sale_id, sale.return_id) == (sale.sale_id, back.return_id)
    assert till.ledger == [("charge", 129), ("charge", 221)]
