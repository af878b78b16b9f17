"""A new box begins with what the former one had: balances, batches and dates, whatever it has booked itself meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.stock import batches, taking_over
from edge.stock.batches import NO_LOT, Lot
from protocols.contract.handover import Handover, HeldLot, decode_handover, encode_handover
from protocols.contract.values import Place
from tests.support.goods import BREAD, MILK
from tests.support.stock_shop import BACK, FLOOR, Shop

EARLY, LATE = ("L1", "2031-05-01"), ("L2", "2031-06-01")


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    shop = Shop(tmp_path)
    await shop.start()
    yield shop
    shop.counter.stop()


def held(lot: tuple[str, str], pieces: int, item_id: str = MILK, place: Place = FLOOR) -> HeldLot:
    return HeldLot(item_id=item_id, place=place, batch=lot[0], expires=lot[1], on_hand_thousandths=pieces * 1000)


async def take(shop: Shop, right: dict[tuple[str, Place], int], lots: list[HeldLot] | None, number: int = 1) -> int:
    thousandths = {key: pieces * 1000 for key, pieces in right.items()}
    return await shop.store.write(lambda tx: taking_over.take_over(tx, f"handover/2/{number}", thousandths, lots, number))


def sums(shop: Shop) -> None:
    """The breakdown sums to the balances, and both are the sum of their moves."""
    source = shop.store.reader()
    rows = source.execute(batches.queries["breakdown"]).fetchall()
    recount = source.execute(batches.queries["recount"]).fetchall()
    assert {row[:4]: row[4] for row in rows if row[4]} == {row[:4]: row[4] for row in recount if row[4]}


async def test_batches_and_dates_come_along(shop: Shop) -> None:
    lots = [held(EARLY, 2), held(LATE, 3), held(EARLY, 4, BREAD, BACK)]
    await take(shop, {(MILK, FLOOR): 6, (BREAD, BACK): 4}, lots)
    assert shop.lots(MILK) == {EARLY: 2, LATE: 3, ("", ""): 1}
    assert shop.lots(BREAD) == {EARLY: 4}
    assert [each.days_left >= 0 for each in batches.expiring(shop.store.reader(), "2031-04-30", 5)] == [True, True]
    assert await take(shop, {(MILK, FLOOR): 6, (BREAD, BACK): 4}, lots, 2) == 0, "told again: nothing more"
    sums(shop)


async def test_what_was_sold_without_its_batch_comes_off_what_goes_first(shop: Shop) -> None:
    await take(shop, {(MILK, FLOOR): 2}, [held(EARLY, 2), held(LATE, 3)])
    assert shop.lots(MILK) == {LATE: 2}
    sums(shop)


async def test_what_the_new_box_sold_before_it_was_told_counts(shop: Shop) -> None:
    await shop.sell()
    assert shop.lots(MILK) == {("", ""): -1}
    await take(shop, {(MILK, FLOOR): 4}, [held(EARLY, 2), held(LATE, 3)])
    assert (shop.on_hand(MILK), shop.lots(MILK)) == (4, {EARLY: 1, LATE: 3})
    sums(shop)


async def test_a_headquarters_that_tells_no_batches_leaves_the_boxs_own(shop: Shop) -> None:
    await shop.put(MILK, 2, FLOOR, *EARLY)
    await take(shop, {(MILK, FLOOR): 5}, None)
    assert shop.lots(MILK) == {EARLY: 2, ("", ""): 3}
    old = b'{"store_id":"s","incarnation":2,"txn_upto":0,"stock":[],"labels":[]}'
    assert decode_handover(old).lots is None
    told = Handover(store_id="s", incarnation=2, txn_upto=0, stock=(), labels=(), lots=(held(EARLY, 1),))
    assert decode_handover(encode_handover(told)) == told
    sums(shop)


async def test_goods_that_are_gone_and_lots_nobody_can_read_leave_nothing_behind(shop: Shop) -> None:
    await shop.put(MILK, 3, FLOOR, *EARLY)
    await take(shop, {}, [held(("L" * 99, ""), 1), held(("L3", "someday"), -2)])
    assert (shop.on_hand(MILK), shop.lots(MILK)) == (0, {})
    sums(shop)


some_lots = st.dictionaries(
    st.builds(Lot, st.sampled_from(["A", "B", "C"]), st.sampled_from(["", "2031-01-01", "2032-01-01"])),
    st.integers(-5, 9),
    max_size=5,
)


@given(st.integers(-9, 30), some_lots)
def test_what_is_shared_out_is_the_balance_and_no_lot_below_zero(total: int, lots: dict[Lot, int]) -> None:
    found = taking_over.shared(total, lots)
    assert sum(found.values()) == total
    assert all(quantity > 0 for lot, quantity in found.items() if lot != NO_LOT)
    assert all(quantity <= lots[lot] for lot, quantity in found.items() if lot != NO_LOT)
