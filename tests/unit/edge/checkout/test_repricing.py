"""REPRICE at the till: what is kept is priced with the offers the sale was priced with, the rest of the money goes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from protocols.contract.till import TillState
from protocols.contract.till_returns import ReturnLines, ReturnWanted
from protocols.promotions.bundle import Bundle
from protocols.promotions.kinds.n_for_m import NForM
from protocols.promotions.rules import Scope
from tests.support.counter import Counter
from tests.support.goods import BREAD_CODE, MILK, MILK_CODE
from tests.support.returning import counter_with_returns, found, paid_back, returns_of, sold

THREE_FOR_TWO = NForM(
    promotion_id="p-milk",
    revision=1,
    name="3 for 2",
    name_zh="三件付二",
    starts_ms=0,
    scope=Scope(items=(MILK,)),
    take=3,
    pay=2,
)


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Counter]:
    counter = await counter_with_returns(tmp_path)
    counter.offers.bundle = Bundle.of([THREE_FOR_TWO])
    yield counter
    counter.stop()


async def bring_back(till: Counter, receipt: str, line_no: int, quantity: int, policy: str) -> TillState:
    sale = await found(till, receipt)
    wanted = (ReturnWanted(line_no=line_no, quantity=quantity),)
    return (await till.ok(ReturnLines(sale_id=sale.sale_id, lines=wanted, policy=policy))).state


async def test_one_of_three_for_two_pays_its_share_or_nothing(till: Counter) -> None:
    # Three of 1.29 for 2.58: each share is 0.86. Who keeps two owes 2.58 for them, so the third was free.
    receipt = await sold(till, MILK_CODE, MILK_CODE, MILK_CODE)
    assert till.sales()[0].total_minor == 258
    prorated = await bring_back(till, receipt, 1, 1, "prorate")
    assert prorated.remaining_minor == -86
    await paid_back(till)
    other = await sold(till, MILK_CODE, MILK_CODE, MILK_CODE)
    repriced = await bring_back(till, other, 1, 1, "reprice")
    assert (repriced.remaining_minor, repriced.returns[0].policy) == (0, "reprice")
    await paid_back(till)
    rest = await bring_back(till, other, 1, 2, "reprice")
    assert rest.remaining_minor == -258, "in the end all of it comes back"
    await paid_back(till)
    assert [fact.policy for fact in returns_of(till)] == ["prorate", "reprice", "reprice"]


async def test_another_item_is_not_touched_by_the_offer(till: Counter) -> None:
    receipt = await sold(till, MILK_CODE, MILK_CODE, MILK_CODE, BREAD_CODE)
    state = await bring_back(till, receipt, 2, 1, "reprice")
    assert (state.remaining_minor, state.returns[0].policy) == (-350, "reprice")


async def test_without_the_bundle_of_the_sale_the_stored_shares_are_paid_and_it_is_said(till: Counter) -> None:
    receipt = await sold(till, MILK_CODE, MILK_CODE, MILK_CODE)
    till.offers.bundle = Bundle()
    state = await bring_back(till, receipt, 1, 1, "reprice")
    [line] = state.returns
    assert (line.refund_minor, line.policy, line.not_repriced) == (86, "prorate", "bundle_missing")
