"""The till over every real wire: what the box journals is what the other side booked, through lost answers and restarts.

The last tests look at everything the box wrote for a card number or a payment code.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.checkout import attempt_store
from edge.checkout.attempts import SLIP_CHARACTERS_MAX, end_of
from protocols.contract.till_basket import Scan
from protocols.contract.till_payment import CancelPayment, ReverseTender
from protocols.payment.port import Approved
from simulators.payment_plans import PLANS, Plan
from tests.support.goods import BREAD_CODE, MILK_CODE
from tests.support.waiting import until
from tests.support.wire_paying import WIRES, Wire, WirePayingCounter, books_agree

BREAD_MINOR = 350


@pytest.fixture(params=WIRES)
async def till(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[WirePayingCounter]:
    wire: Wire = request.param
    counter = WirePayingCounter(tmp_path, wire)
    await counter.start()
    await counter.open()
    await counter.ok(Scan(code=BREAD_CODE))
    yield counter
    books_agree(counter)
    await counter.end()


async def settled(till: WirePayingCounter) -> None:
    """Until nothing is under way."""
    busy = {"asking", "unknown", "reversing"}
    await till.until_state(lambda state: state.payment is None or state.payment.state not in busy, seconds=60)


async def pay_all(till: WirePayingCounter) -> None:
    """Pay what is left, again if it was refused."""
    while till.till.state().sale_id is not None:
        await until(lambda: not till.driver.trouble)
        await till.pay(till.methods[0], till.till.state().remaining_minor, code=till.code())
        await settled(till)


async def test_a_payment_closes_the_sale_and_can_be_followed_by_another(till: WirePayingCounter) -> None:
    await pay_all(till)
    await till.ok(Scan(code=MILK_CODE))
    await pay_all(till)
    assert till.sales()[0].total_minor == BREAD_MINOR
    (first, *_), ended = till.asked_and_ended()
    assert ended[0].reference
    slip = attempt_store.slips(till.store.reader(), first.sale_id)
    assert bool(slip) == (till.wire in {"zvt", "nexo"}), "what the terminal prints stands on the receipt"


async def test_a_tender_is_given_back(till: WirePayingCounter) -> None:
    await till.pay(till.methods[0], 100, code=till.code())
    await till.until_state(lambda state: state.tenders)
    await till.ok(ReverseTender(tender_no=1))
    await till.until_state(lambda state: not state.tenders)
    await settled(till)
    await pay_all(till)


async def test_an_answer_that_is_lost_is_found_after_a_restart(till: WirePayingCounter) -> None:
    till.plans.script(PLANS["reply_lost"])
    await till.pay(till.methods[0], BREAD_MINOR, code=till.code())
    await till.restart()
    await settled(till)
    await pay_all(till)


@pytest.mark.parametrize("till", ["zvt"], indirect=True)
async def test_a_customer_who_says_no_and_then_pays(till: WirePayingCounter) -> None:
    till.plans.script(PLANS["decline"], PLANS["approve"])
    await pay_all(till)
    outcomes = [each.outcome for each in till.asked_and_ended()[1]]
    assert outcomes == ["declined", "approved"]


@pytest.mark.parametrize("till", ["zvt", "nexo"], indirect=True)
async def test_a_part_is_approved_or_all_of_it(till: WirePayingCounter) -> None:
    till.plans.script(PLANS["partial"])
    await pay_all(till)
    assert till.sales()[0].total_minor == BREAD_MINOR


@pytest.mark.parametrize("till", ["zvt", "nexo"], indirect=True)
async def test_a_payment_is_stopped_at_the_till(till: WirePayingCounter) -> None:
    till.plans.script(Plan(slow_ms=60_000))
    await till.pay("card", BREAD_MINOR)
    await until(lambda: till.simulator.terminal.under_way)
    payment = till.till.state().payment
    assert payment is not None
    await till.ok(CancelPayment(attempt_id=payment.attempt_id))
    await settled(till)
    assert till.asked_and_ended()[1][-1].outcome == "cancelled"
    await pay_all(till)


async def test_nothing_the_box_wrote_holds_a_card_number_or_a_payment_code(
    till: WirePayingCounter, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    codes = [till.code() for _ in range(2)]
    till._codes = iter(codes + [till.code() for _ in range(20)])
    till.plans.script(PLANS["decline"], PLANS["reply_lost"])
    if till.wire in {"zvt", "nexo"}:
        till.simulator.terminal.careless = True  # type: ignore[attr-defined]
    await pay_all(till)
    sinks = {path.name: path.read_bytes() for path in till.folder.rglob("*") if path.is_file()}
    out, err = capfd.readouterr()
    sinks |= {"facts": repr(till.facts()).encode(), "log": caplog.text.encode(), "out": out.encode(), "err": err.encode()}
    sinks["state"] = repr(till.till.state()).encode()
    assert len(sinks) > 5
    for name, data in sinks.items():
        for secret in (*filter(None, codes), "4111", "k" * 32, "correct horse"):
            assert secret.encode() not in data, f"{name} holds a secret"


def test_a_slip_is_kept_within_its_limit() -> None:
    end = end_of(Approved(1, slip=("x" * 80,) * 200))
    assert len(end.slip) == SLIP_CHARACTERS_MAX
