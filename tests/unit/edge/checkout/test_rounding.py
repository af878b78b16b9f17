"""Cash rounding: drop the fen, drop the jiao, round to the jiao; the cash part or the document; mirrored on refunds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.catalogue.lookup import Zone
from edge.checkout.rounding import cash_due_minor, remaining_minor, rounded
from protocols.contract.feed_rows import FeedRow, ZoneRow
from protocols.contract.till_basket import Scan
from protocols.contract.till_payment import Pay, PayCash
from protocols.contract.values import RoundingMethod, RoundingScope, TaxMode
from tests.support.goods import MILK_CODE, assortment
from tests.support.paying import PayingCounter, books_agree

AMOUNTS = st.integers(-10_000_000, 10_000_000)
STEPS = st.sampled_from((1, 5, 10, 50, 100))
METHODS = st.sampled_from(tuple(RoundingMethod))


@pytest.mark.parametrize(
    ("amount", "step", "method", "due"),
    [
        (758, 10, RoundingMethod.DOWN, 750),  # drop the fen
        (758, 100, RoundingMethod.DOWN, 700),  # drop the jiao
        (758, 10, RoundingMethod.HALF_UP, 760),  # round to the jiao
        (755, 10, RoundingMethod.HALF_UP, 760),  # a tie goes up
        (754, 10, RoundingMethod.HALF_UP, 750),
        (751, 10, RoundingMethod.UP, 760),
        (750, 10, RoundingMethod.UP, 750),
        (-758, 100, RoundingMethod.DOWN, -700),  # what was sold for 7.00 comes back for 7.00
        (-755, 10, RoundingMethod.HALF_UP, -760),
        (999, 1, RoundingMethod.DOWN, 999),
        (0, 100, RoundingMethod.UP, 0),
    ],
)
def test_golden(amount: int, step: int, method: RoundingMethod, due: int) -> None:
    assert rounded(amount, step, method) == due


@given(AMOUNTS, STEPS, METHODS)
def test_a_refund_mirrors_the_sale(amount: int, step: int, method: RoundingMethod) -> None:
    assert rounded(-amount, step, method) == -rounded(amount, step, method)


@given(st.integers(0, 10_000_000), STEPS)
def test_less_than_a_coin_is_given_or_taken(amount: int, step: int) -> None:
    down, nearest, up = (
        rounded(amount, step, method) for method in (RoundingMethod.DOWN, RoundingMethod.HALF_UP, RoundingMethod.UP)
    )
    assert amount - step < down <= amount <= up < amount + step
    assert nearest in {down, up}
    assert 2 * abs(nearest - amount) <= step


@given(AMOUNTS, st.integers(0, 1_000_000), STEPS, METHODS)
def test_rounding_twice_is_rounding_once(total: int, paid: int, step: int, method: RoundingMethod) -> None:
    zone = Zone(
        "z", "CNY", 2, TaxMode.INCLUSIVE, step, cash_rounding_method=method, cash_rounding_scope=RoundingScope.DOCUMENT
    )
    whole = remaining_minor(total, 0, zone)
    assert cash_due_minor(whole, zone) == whole, "a rounded document is paid in cash as it stands"
    assert remaining_minor(total, paid, zone) == whole - paid


def rows(step: int, method: RoundingMethod, scope: RoundingScope) -> list[FeedRow]:
    found = assortment(cash_rounding_minor=step)
    (zone,) = [row for row in found if isinstance(row, ZoneRow)]
    found[found.index(zone)] = msgspec.structs.replace(zone, cash_rounding_method=method, cash_rounding_scope=scope)
    return found


@pytest.fixture
async def counters(tmp_path: Path) -> AsyncIterator[list[PayingCounter]]:
    made: list[PayingCounter] = []
    yield made
    for counter in made:
        books_agree(counter)
        await counter.end()


async def selling(counters: list[PayingCounter], folder: Path, scope: RoundingScope) -> PayingCounter:
    counter = PayingCounter(folder, rows=rows(10, RoundingMethod.DOWN, scope))
    counters.append(counter)
    await counter.start()
    await counter.open()
    await counter.ok(Scan(code=MILK_CODE))  # 1.29
    return counter


async def test_only_the_cash_part_is_rounded(counters: list[PayingCounter], tmp_path: Path) -> None:
    till = await selling(counters, tmp_path, RoundingScope.CASH)
    state = till.till.state()
    assert (state.total_minor, state.remaining_minor, state.due_minor) == (129, 129, 120)
    await till.pay("card", 100)
    state = await till.until_state(lambda state: state.tenders)
    assert (state.remaining_minor, state.due_minor) == (29, 20)
    assert await till.refused(Pay(method="cash", amount_minor=15, expected_due_minor=29)) == "cash_not_payable"
    answer = await till.ok(PayCash(tendered_minor=50, expected_due_minor=20))
    assert answer.sale is not None
    assert (answer.sale.due_minor, answer.sale.change_minor) == (120, 30)
    assert till.sales()[0].rounding_minor == -9, "booked apart from the total"


async def test_a_card_pays_every_fen_when_only_cash_is_rounded(counters: list[PayingCounter], tmp_path: Path) -> None:
    till = await selling(counters, tmp_path, RoundingScope.CASH)
    await till.pay("card", 129)
    await till.until_state(lambda state: state.last_sale)
    assert till.sales()[0].rounding_minor == 0


async def test_the_document_is_rounded_whatever_pays_it(counters: list[PayingCounter], tmp_path: Path) -> None:
    till = await selling(counters, tmp_path, RoundingScope.DOCUMENT)
    assert till.till.state().remaining_minor == 120
    await till.pay("card", 120)
    await till.until_state(lambda state: state.last_sale)
    (sale,) = till.sales()
    assert (sale.total_minor, sale.rounding_minor, sale.tenders[0].amount_minor) == (129, -9, 120)
