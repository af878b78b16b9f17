"""Orders held, minima, broken sizes, dates, recalls, book against tags: what the store answers, proposes and asks for."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.stock import batches, comparing, expiry, low, sizes
from edge.stock.drafts import Kind
from edge.stock.watch import StockWatch
from protocols.contract.feed_rows import FeedRow, ItemRow, RecallRow, StyleRow
from protocols.contract.feed_stock import (
    MarkdownStep,
    MinimumRow,
    NegativeStock,
    ReservationLine,
    ReservationRow,
    StockRulesRow,
)
from protocols.contract.stock_facts import (
    BookCompared,
    ComparedLine,
    GoodsRelocated,
    MarkdownProposed,
    ReservationAnswered,
)
from protocols.contract.till_basket import Scan
from protocols.contract.values import Stream
from tests.support.goods import ANN, BREAD, BREAD_CODE, MILK, assortment
from tests.support.stock_shop import BACK, FLOOR, QUARANTINE, Shop, refused

HOUR_MS = 3_600_000
SHIRTS = {size: f"i-shirt-{size}" for size in ("S", "M", "L")}


def rows() -> list[FeedRow]:
    """The assortment, a shirt in three sizes, and milk that should carry tags."""
    milk = ItemRow(item_id=MILK, style_id="st-1", name="Milk 1 l", name_zh="牛奶 1 升", tax_class="food", tagged=True)
    shirts: list[FeedRow] = [StyleRow(style_id="st-shirt", name="Shirt", name_zh="衬衫")]
    for size, item_id in SHIRTS.items():
        shirts.append(
            ItemRow(item_id=item_id, style_id="st-shirt", name=f"Shirt {size}", tax_class="std", colour="blue", size=size)
        )
    return [row for row in assortment() if not (isinstance(row, ItemRow) and row.item_id == MILK)] + [milk, *shirts]


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    shop = Shop(tmp_path, rows())
    await shop.start()
    yield shop
    shop.check_sums()
    shop.counter.stop()


def order(number: int, **pieces: int) -> ReservationRow:
    names = {"milk": MILK, "bread": BREAD}
    lines = tuple(ReservationLine(item_id=names[name], quantity_thousandths=n * 1000) for name, n in pieces.items())
    return ReservationRow(
        reservation_id=f"res-{number}", order_id=f"o-{number}", lines=lines, due_ms=10**13, until_ms=10**13, name="Ms. Li"
    )


def answers(shop: Shop) -> list[tuple[str, str, str, list[int]]]:
    """Reservation, state, why, pieces held by line."""
    return [
        (fact.reservation_id, fact.state, fact.why, [line.held_thousandths // 1000 for line in fact.lines])
        for fact in shop.facts(ReservationAnswered)
    ]


async def test_an_order_is_answered_at_once_by_what_is_there_less_what_is_held(shop: Shop) -> None:
    await shop.put(MILK, 3)
    await shop.put(MILK, 2, BACK)
    await shop.put(MILK, 9, QUARANTINE)
    await shop.hq(order(1, milk=4))
    await shop.hq(order(2, milk=4, bread=1))
    await shop.hq(order(3, milk=1))
    await shop.hq(order(1, milk=4))
    assert answers(shop) == [
        ("res-1", "confirmed", "", [4]),
        ("res-2", "partial", "short", [0, 1]),
        ("res-3", "refused", "short", [0]),
    ], "asked again: not answered again"


async def test_a_sale_beats_the_newest_reservation_and_headquarters_hears_it_with_the_sale(shop: Shop) -> None:
    await shop.put(BREAD, 3)
    await shop.hq(order(1, bread=1), order(2, bread=2))
    await shop.sell(BREAD_CODE)
    assert answers(shop)[2:] == [("res-2", "partial", "sold", [1])]
    await shop.orders.pick("res-1", {BREAD: 1_000}, ANN)
    await shop.sell(BREAD_CODE)
    await shop.kill()
    assert answers(shop)[3:] == [("res-1", "picked", "", [1]), ("res-2", "refused", "sold", [0])]
    await shop.sell(BREAD_CODE)
    assert len(answers(shop)) == 5, "what was picked stands aside"


async def test_an_order_is_picked_once_and_what_was_not_found_is_given_up(shop: Shop) -> None:
    await shop.put(MILK, 2)
    await shop.put(BREAD, 2)
    await shop.hq(order(1, milk=2, bread=1))
    assert await refused(shop.orders.hand_over("res-1", ANN)) == "reservation_not_picked"
    assert await refused(shop.orders.pick("res-1", {MILK: 3_000}, ANN)) == "reservation_quantity"
    for _ in range(2):
        await shop.orders.pick("res-1", {MILK: 2_000}, ANN)
    await shop.orders.hand_over("res-1", ANN)
    await shop.orders.hand_over("res-1", ANN)
    assert answers(shop)[1:] == [("res-1", "picked", "short", [0, 2]), ("res-1", "handed_over", "", [0, 2])]
    assert shop.orders.standing() == []
    assert await refused(shop.orders.pick("res-1", {}, ANN)) == "reservation_over"
    assert await refused(shop.orders.pick("res-9", {}, ANN)) == "reservation_unknown"


async def test_what_nobody_fetches_or_wants_is_free_again(shop: Shop) -> None:
    await shop.put(MILK, 2)
    soon = ReservationRow(
        reservation_id="res-1",
        order_id="o-1",
        lines=(ReservationLine(item_id=MILK, quantity_thousandths=2_000),),
        due_ms=shop.clock.now_ms() + HOUR_MS,
        until_ms=shop.clock.now_ms() + 2 * HOUR_MS,
    )
    await shop.hq(soon)
    watch = StockWatch(shop.store, shop.journal, shop.clock)
    await watch.look()
    assert len(shop.orders.standing()) == 1
    shop.clock.advance(2 * HOUR_MS)
    await watch.look()
    await watch.look()
    assert answers(shop)[1:] == [("res-1", "released", "overdue", [2])]
    await shop.hq(order(2, milk=1))
    await shop.hq(gone=("reservation/res-2",))
    await shop.hq(order(3, milk=2))
    assert answers(shop)[2:] == [
        ("res-2", "confirmed", "", [1]),
        ("res-2", "released", "cancelled", [1]),
        ("res-3", "confirmed", "", [2]),
    ]


async def test_the_chains_minimum_holds_until_staff_set_one(shop: Shop) -> None:
    await shop.put(MILK, 3)
    await shop.put(MILK, 50, QUARANTINE)
    await shop.hq(MinimumRow(item_id=MILK, minimum_thousandths=4_000))
    (found,) = low.low_items(shop.store.reader())
    assert (found.item_id, found.minimum_thousandths, found.on_hand_thousandths) == (MILK, 4_000, 3_000)
    await shop.store.write(lambda tx: low.set_minimum(tx, MILK, 2_000, staff_id=ANN, at_ms=1))
    assert low.low_items(shop.store.reader()) == [], "one set by hand wins"
    await shop.sell()
    await shop.sell()
    assert [each.minimum_thousandths for each in low.low_items(shop.store.reader())] == [2_000]
    await shop.store.write(lambda tx: low.set_minimum(tx, MILK, 0, staff_id=ANN, at_ms=1))
    assert low.low_items(shop.store.reader()) == [], "nobody watches it, whatever the chain says"
    await shop.hq(MinimumRow(item_id=BREAD, minimum_thousandths=1_000))
    assert [each.item_id for each in low.low_items(shop.store.reader())] == [BREAD]
    await shop.hq(gone=(f"minimum/{BREAD}",))
    assert low.low_items(shop.store.reader()) == []


async def test_a_style_is_broken_while_a_size_that_was_here_is_gone(shop: Shop) -> None:
    for size in ("S", "M"):
        await shop.put(SHIRTS[size], 1)
    assert sizes.gaps(shop.store.reader()) == [], "a size that was never here is no gap"
    await shop.put(SHIRTS["M"], -1)
    (gap,) = sizes.gaps(shop.store.reader())
    assert (gap.name, gap.name_zh, gap.colour, gap.missing, gap.left) == ("Shirt", "衬衫", "blue", ("M",), (("S", 1_000),))
    await shop.hq(StockRulesRow(size_gap_keys=("L",)))
    assert sizes.gaps(shop.store.reader()) == [], "only the sizes that matter"
    await shop.hq(StockRulesRow(size_gap_keys=("L", "M")))
    assert [each.missing for each in sizes.gaps(shop.store.reader())] == [("M",)]
    await shop.put(SHIRTS["S"], -1)
    assert sizes.gaps(shop.store.reader()) == [], "nothing is left: sold out, not broken"


async def test_a_batch_near_its_date_is_proposed_once_for_each_step(shop: Shop) -> None:
    today = datetime.datetime.fromtimestamp(shop.clock.now_ms() / 1000, datetime.UTC).date()
    soon, later = (today + datetime.timedelta(days=2)).isoformat(), (today + datetime.timedelta(days=9)).isoformat()
    await shop.put(MILK, 5, FLOOR, "L1", soon)
    await shop.put(MILK, 5, BACK, "L2", later)
    await shop.put(MILK, 5, QUARANTINE, "L1", soon)
    steps = (MarkdownStep(days_left=2, off_bp=2_000), MarkdownStep(days_left=1, off_bp=5_000))
    await shop.hq(StockRulesRow(markdown_steps=steps))
    listed = expiry.expiring(shop.store.reader(), today.isoformat())
    assert [(each.standing.lot.batch, each.days_left) for each in listed] == [("L1", 2)]
    for _ in range(3):
        await StockWatch(shop.store, shop.journal, shop.clock).look()
    shop.clock.advance(24 * HOUR_MS)
    await StockWatch(shop.store, shop.journal, shop.clock).look()
    found = shop.facts(MarkdownProposed, Stream.OPS)
    assert [(fact.batch, fact.expires, fact.quantity_thousandths, fact.off_bp) for fact in found] == [
        ("L1", soon, 5_000, 2_000),
        ("L1", soon, 5_000, 5_000),
    ]
    assert expiry.step_of(-1, steps) is None, "past its date nothing is sold, however cheap"
    assert batches.expiring(shop.store.reader(), later, 0)[-1].days_left == 0


async def test_recalled_goods_are_a_task_until_they_are_in_quarantine(shop: Shop) -> None:
    await shop.put(MILK, 2, FLOOR, "L1", "2026-12-01")
    await shop.put(MILK, 3, BACK, "L1", "2026-12-01")
    await shop.put(MILK, 4, FLOOR, "L2", "2026-12-09")
    await shop.put(MILK, 1)
    await shop.counter.feed(RecallRow(recall_id="rc-1", item_id=MILK, batch="L1", reason="glass", from_ms=0))
    (task,) = shop.quarantine.tasks()
    assert (task.on_hand_thousandths, task.unnamed_thousandths) == (5_000, 1_000)
    for _ in range(2):
        await shop.quarantine.take_away("q-1", "rc-1", ANN)
    assert await refused(shop.quarantine.take_away("q-2", "rc-1", ANN)) == "recall_done"
    facts = shop.facts(GoodsRelocated)
    assert [(fact.relocation_id, fact.reference, fact.to_place) for fact in facts] == [
        ("q-1/sales_floor", "rc-1", QUARANTINE),
        ("q-1/back_room", "rc-1", QUARANTINE),
    ]
    assert (shop.on_hand(MILK, QUARANTINE), shop.on_hand(MILK), shop.on_hand(MILK, BACK)) == (5, 5, 0)
    (left,) = shop.quarantine.tasks()
    assert (left.lots, left.unnamed_thousandths) == ((), 1_000), "a person must look at what has no batch"


async def test_book_and_tags_are_compared_once_a_day_and_nothing_is_changed(shop: Shop) -> None:
    await shop.drafts.open("r-1", Kind.RECEIPT, FLOOR, "", ANN)
    await shop.drafts.sweep("r-1", [f"urn:epc:id:sgtin:4000000.000001.{serial}" for serial in range(3)])
    await shop.drafts.post("r-1", ANN)
    await shop.put(MILK, 1)
    watch = StockWatch(shop.store, shop.journal, shop.clock)
    for _ in range(3):
        await watch.look()
    (fact,) = shop.facts(BookCompared, Stream.OPS)
    assert (fact.items, fact.equal, fact.pieces_missing, fact.pieces_extra) == (1, 0, 1, 0)
    assert fact.lines == (ComparedLine(item_id=MILK, book_thousandths=4_000, seen_thousandths=3_000),)
    item = comparing.compare_item(shop.store.reader(), MILK, shop.clock.now_ms())
    assert item is not None
    assert item.confidence_bp == 7_500
    shop.clock.advance(20 * 24 * HOUR_MS)
    item = comparing.compare_item(shop.store.reader(), MILK, shop.clock.now_ms())
    assert item is not None
    assert item.confidence_bp == 7_500 * 8_000 // 10_000, "1 % less for each day without evidence"


async def test_the_rules_of_stock_decide_whether_a_till_may_sell_what_the_book_lacks(shop: Shop) -> None:
    await shop.put(BREAD, 1)
    await shop.counter.open()
    await shop.counter.ok(Scan(code=BREAD_CODE))
    await shop.counter.ok(Scan(code=BREAD_CODE))
    await shop.hq(StockRulesRow(negative_stock=NegativeStock.REFUSE))
    assert await shop.counter.refused(Scan(code=BREAD_CODE)) == "not_on_hand"
