"""The evening: what a till booked, held against the file of the simulated acquirer: every line has its other."""

from __future__ import annotations

import zoneinfo
from pathlib import Path

from cloud.tills.acquirer_file import Place, read_lines
from cloud.tills.reconcile import Finding, Movement, reconcile
from protocols.contract.till_basket import AbandonSale, Scan
from protocols.contract.till_facts import PaymentEnded
from protocols.contract.till_payment import ReverseTender
from tests.support.goods import BREAD_CODE, MILK_CODE
from tests.support.paying import PayingCounter, books_agree

HERE = Place("EUR", 2, zoneinfo.ZoneInfo("Europe/Berlin"))


async def test_every_line_of_the_acquirer_agrees_with_the_till(tmp_path: Path) -> None:
    till = PayingCounter(tmp_path, answer_seconds=0.3)
    await till.start()
    await till.open()
    for fault in ({}, {"cut_after": True}, {"wrong_amount": True}, {"decline": True}):
        await till.ok(Scan(code=BREAD_CODE))
        till.fault(**fault)
        await till.pay("card", 350)
        await till.until_state(
            lambda state: state.last_sale or (state.payment is None or state.payment.state in {"declined", "cancelled"})
        )
        if till.till.state().sale_id is not None:
            await till.ok(AbandonSale())
    till.fault()
    await till.ok(Scan(code=MILK_CODE))
    await till.pay("card", 29)
    await till.until_state(lambda state: state.tenders)
    await till.ok(ReverseTender(tender_no=1))
    await till.until_state(lambda state: not state.tenders and state.payment is None)

    moved = [fact for fact in till.facts() if isinstance(fact, PaymentEnded) and fact.outcome in {"approved", "reversed"}]
    ours = [
        Movement(
            attempt_id=fact.attempt_id,
            sale_id=fact.sale_id,
            till_id=fact.till_id,
            method=fact.method,
            amount_minor=fact.amount_minor,
            at_ms=0,
            reference=fact.reference,
            card_tail=fact.card_tail,
        )
        for fact in moved
    ]
    file = till.simulator.terminal.ledger.acquirer_file()
    pairs = reconcile(ours, read_lines(file.encode(), HERE))
    assert [pair.finding for pair in pairs] == [Finding.AGREES] * 6
    assert sum(pair.difference_minor for pair in pairs) == 0
    books_agree(till)
    await till.end()
