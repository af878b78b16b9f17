"""Counts by batch, of a whole place, by a sweep of tags; differences a second person must allow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.rfid import store as tags
from edge.stock import counting
from edge.stock.batches import Lot
from edge.stock.drafts import Kind
from edge.stock.posting import Poster
from edge.stock.sweeps import Swept
from protocols.contract.facts import CountedLine, GoodsReceived, StockCounted
from protocols.contract.feed_stock import StockRulesRow
from protocols.contract.values import Place
from tests.support.goods import ANN, BREAD, EVE, MILK, MILK_CODE
from tests.support.stock_shop import BACK, FLOOR, Shop, refused

L1, L2 = ("L1", "2026-12-01"), ("L2", "2026-12-09")


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    shop = Shop(tmp_path)
    await shop.start()
    yield shop
    shop.check_sums()
    shop.counter.stop()


async def count(shop: Shop, count_id: str, *, whole: bool = False) -> None:
    await shop.drafts.open(count_id, Kind.COUNT, FLOOR, "", ANN, whole=whole)


def epc(serial: int) -> str:
    """A tag of a single carton of milk."""
    return f"urn:epc:id:sgtin:4000000.000001.{serial}"


async def test_an_item_counted_as_a_whole_loses_the_batch_that_goes_first(shop: Shop) -> None:
    await shop.put(MILK, 2, FLOOR, *L1)
    await shop.put(MILK, 5, FLOOR, *L2)
    await count(shop, "c-1")
    await shop.set("c-1", MILK, 4)
    await shop.drafts.post("c-1", ANN)
    assert shop.lots(MILK) == {L2: 4}
    await count(shop, "c-2")
    await shop.set("c-2", MILK, 6)
    await shop.drafts.post("c-2", ANN)
    assert shop.lots(MILK) == {L2: 4, ("", ""): 2}, "what is too many is of no batch anybody named"


async def test_an_item_counted_by_batch_has_what_was_found_of_each(shop: Shop) -> None:
    await shop.put(MILK, 4, FLOOR, *L1)
    await shop.put(MILK, 2, FLOOR, *L2)
    await shop.put(MILK, 1)
    await count(shop, "c-1")
    await shop.set("c-1", MILK, 3, Lot(*L1))
    await shop.sell()
    await shop.kill()
    await shop.drafts.post("c-1", ANN)
    (fact,) = shop.facts(StockCounted)
    found = [(line.batch, line.expected_thousandths, line.counted_thousandths) for line in fact.lines]
    assert found == [("L1", 4_000, 3_000), ("L2", 2_000, 0), ("", 1_000, 0)]
    assert shop.lots(MILK) == {L1: 2}, "one was missing, one was sold since; nobody found the others"


async def test_two_counts_of_one_batch_at_once_correct_it_once(shop: Shop) -> None:
    await shop.put(MILK, 5, FLOOR, *L1)
    for count_id in ("c-1", "c-2"):
        await count(shop, count_id)
        await shop.set(count_id, MILK, 3, Lot(*L1))
    await shop.drafts.post("c-1", ANN)
    await shop.drafts.post("c-2", ANN)
    assert shop.lots(MILK) == {L1: 3}


async def test_a_whole_place_count_finds_what_nobody_found(shop: Shop) -> None:
    await shop.put(MILK, 3)
    await shop.put(BREAD, 2)
    await shop.put(BREAD, 4, BACK)
    await count(shop, "c-1", whole=True)
    await shop.set("c-1", MILK, 3)
    await shop.drafts.post("c-1", ANN)
    (fact,) = shop.facts(StockCounted)
    assert fact.whole
    found = [(line.item_id, line.expected_thousandths, line.counted_thousandths) for line in fact.lines]
    assert found == [(MILK, 3_000, 3_000), (BREAD, 2_000, 0)]
    assert (shop.on_hand(BREAD), shop.on_hand(BREAD, BACK)) == (0, 4), "the back room was not counted"


async def test_a_long_count_is_several_facts_and_one_item_is_never_split(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "FACT_LINES_MAX", 1)
    await shop.put(MILK, 1, FLOOR, *L1)
    await shop.put(MILK, 1, FLOOR, *L2)
    await shop.put(BREAD, 2)
    await count(shop, "c-1", whole=True)
    await shop.set("c-1", MILK, 1, Lot(*L1))
    await shop.drafts.post("c-1", ANN)
    await shop.drafts.post("c-1", ANN)
    first, second = shop.facts(StockCounted)
    assert [(fact.count_id, {line.item_id for line in fact.lines}) for fact in (first, second)] == [
        ("c-1", {MILK}),
        ("c-1/2", {BREAD}),
    ]


@pytest.mark.parametrize(
    ("rules", "counted", "needs"),
    [
        (StockRulesRow(), 5, False),
        (StockRulesRow(), 4, True),
        (StockRulesRow(variance_pieces_max=0), 9, True),
        (StockRulesRow(variance_pieces_max=0), 10, False),
        (StockRulesRow(variance_minor_max=128), 9, True),
        (StockRulesRow(variance_minor_max=129), 9, False),
    ],
)
async def test_large_differences_need_a_second_person(shop: Shop, rules: StockRulesRow, counted: int, needs: bool) -> None:
    await shop.put(MILK, 10)
    await shop.hq(rules)
    await count(shop, "c-1")
    await shop.set("c-1", MILK, counted)
    assert shop.drafts.variance("c-1").needs_approval is needs
    if not needs:
        await shop.drafts.post("c-1", ANN)
        assert shop.facts(StockCounted)[0].approver_id == ""
        return
    assert await refused(shop.drafts.post("c-1", ANN)) == "count_needs_approval"
    assert await refused(shop.drafts.post("c-1", ANN, Poster(ANN, approver_id=ANN))) == "approval_self"
    assert shop.on_hand(MILK) == 10
    await shop.drafts.post("c-1", ANN, Poster(ANN, approver_id=EVE))
    assert (shop.facts(StockCounted)[0].approver_id, shop.on_hand(MILK)) == (EVE, counted)


async def test_a_sweep_counts_each_tag_once_and_tells_which_are_missing(shop: Shop) -> None:
    await shop.drafts.open("r-1", Kind.RECEIPT, FLOOR, "", ANN)
    _, came = await shop.drafts.sweep("r-1", [epc(serial) for serial in range(5)])
    assert came == Swept(new=5)
    await shop.drafts.post("r-1", ANN)
    (receipt,) = shop.facts(GoodsReceived)
    assert receipt.lines[0].epcs == tuple(epc(serial) for serial in range(5))
    await count(shop, "c-1", whole=True)
    heard = [epc(1), epc(2), epc(2), epc(7), "urn:epc:raw:96.xE2003411B802011383258566", "urn:epc:id:sgtin:4999999.000001.1"]
    draft, swept = await shop.drafts.sweep("c-1", heard)
    assert (swept, draft.lines[0].quantity_thousandths) == (Swept(new=3, again=1, unknown=2), 3_000)
    await shop.kill()
    _, again = await shop.drafts.sweep("c-1", heard)
    assert again == Swept(again=4, unknown=2), "the same sweep once more changes nothing"
    await shop.drafts.post("c-1", ANN)
    (fact,) = shop.facts(StockCounted)
    assert (fact.how, fact.whole) == ("tag", True)
    assert fact.lines == (
        CountedLine(
            line_no=1,
            item_id=MILK,
            expected_thousandths=5_000,
            counted_thousandths=3_000,
            missing_epcs=(epc(0), epc(3), epc(4)),
            found_epcs=(epc(7),),
        ),
    )


async def test_a_tag_that_is_here_is_not_received_again(shop: Shop) -> None:
    await shop.drafts.open("r-1", Kind.RECEIPT, BACK, "", ANN)
    await shop.drafts.sweep("r-1", [epc(1)])
    await shop.drafts.post("r-1", ANN)
    known = tags.tag(shop.store.reader(), epc(1))
    assert known is not None
    assert (known.state.value, known.fact_id, known.gtin) == ("received", "r-1", MILK_CODE.rjust(14, "0"))
    await shop.drafts.open("r-2", Kind.RECEIPT, BACK, "", ANN)
    _, swept = await shop.drafts.sweep("r-2", [epc(1), epc(2)])
    assert swept == Swept(new=1, here=1)
    await shop.drafts.post("r-2", ANN)
    assert shop.on_hand(MILK, Place.BACK_ROOM) == 2
