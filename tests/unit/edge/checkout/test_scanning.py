"""What a scan puts into the basket, and what it refuses until a person allows it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from protocols.contract.event_codes import EventCode
from protocols.contract.feed_rows import RecallRow
from protocols.contract.till import TillRequest
from protocols.contract.till_basket import AddItem, AddUnknown, Approval, Scan, SetQuantity, SetTare, VoidLine
from protocols.contract.till_facts import TillEvent
from protocols.contract.till_payment import PayCash
from protocols.device_events import CodeScanned, Symbology
from tests.support.counter import Counter
from tests.support.goods import ANN, APPLES_CODE, BOB, BREAD_CODE, MILK_CODE, PIN
from tests.support.till_goods import (
    BAG,
    BLUE_M,
    CRATE,
    HAM,
    HAM_KEY,
    PHONE_GTIN,
    RED_L,
    RED_M,
    SHIRT_STYLE,
    WATER,
    WATER_GTIN,
    WINE_GTIN,
    goods,
    ham_label,
)

MILK_GTIN = MILK_CODE.rjust(14, "0")
ANN_ALLOWS = Approval(staff_id=ANN, pin=PIN)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Counter]:
    counter = Counter(tmp_path, rows=goods())
    await counter.start()
    await counter.open()
    yield counter
    counter.stop()


def lines(counter: Counter) -> list[tuple[str, int, int]]:
    return [(line.item_id, line.quantity, line.net_minor) for line in counter.till.state().lines if not line.voided]


async def test_a_price_label_wins_over_the_shelf(shop: Counter) -> None:
    await shop.ok(Scan(code=ham_label(735)))
    line = shop.till.state().lines[0]
    assert (line.item_id, line.net_minor, line.price_reason, line.grams) == (HAM, 735, "label_code", 369)
    assert await shop.refused(Scan(code=ham_label(735)[:-1] + "0")) in {"check_digit", "verifier"}
    await shop.ok(PayCash(tendered_minor=735))
    sold = shop.sales()[0].lines[0]
    assert (sold.net_minor, sold.bases_minor, sold.base_unit_minor, sold.stock_thousandths) == (735, (735,), 735, 369)


async def test_a_weight_inside_the_code_is_priced_per_kilogram(shop: Counter) -> None:
    await shop.ok(Scan(code=f"]C101{HAM_KEY}3103000500"))
    line = shop.till.state().lines[0]
    assert (line.grams, line.net_minor) == (500, 995)


async def test_tare_is_for_one_weighing_and_never_less_than_the_items_own(shop: Counter) -> None:
    await shop.ok(SetTare(grams=20))
    assert shop.till.state().tare_grams == 20
    shop.scale.put(520)
    await shop.ok(Scan(code=APPLES_CODE))
    assert [(line.grams, line.tare_grams) for line in shop.till.state().lines] == [(500, 20)]
    assert shop.till.state().tare_grams == 0
    await shop.ok(SetTare(grams=2))
    await shop.ok(Scan(code=APPLES_CODE))
    assert shop.till.state().lines[-1].grams == 515, "the item's own tare is 5 g"
    shop.scale.put(400, net=True)
    await shop.ok(Scan(code=APPLES_CODE))
    assert (shop.till.state().lines[-1].grams, shop.till.state().lines[-1].tare_grams) == (400, 0)
    assert await shop.refused(SetTare(grams=-1)) == "tare_invalid"


async def test_expired_goods_need_a_reason_and_a_right(shop: Counter) -> None:
    code = f"]d201{MILK_GTIN}17200101" + "10B7"
    assert await shop.refused(Scan(code=code)) == "expired", "also for a person who may allow it"
    await shop.ok(Scan(code=code, why="sold to staff, half price"))
    line = shop.till.state().lines[0]
    assert (line.batch, line.expires, line.overrides) == ("B7", "2020-01-01", ("expired",))
    await shop.ok(PayCash(tendered_minor=129))
    event = next(fact for fact in shop.facts() if isinstance(fact, TillEvent) and fact.code == EventCode.CORRECTION)
    assert (event.approver_id, event.before, event.detail) == (ANN, "2020-01-01", "expired: sold to staff, half price")


async def test_a_cashier_without_the_right_asks_a_second_person(tmp_path: Path) -> None:
    counter = Counter(tmp_path, rows=goods())
    await counter.start()
    await counter.open(BOB)
    code = f"]d201{MILK_GTIN}17200101"
    assert await counter.refused(Scan(code=code, why="x")) == "approval_needed"
    assert await counter.refused(Scan(code=code, why="x", approval=Approval(staff_id=ANN, pin="0000"))) == "wrong_pin"
    await counter.ok(Scan(code=code, why="x", approval=ANN_ALLOWS))
    basket = counter.till._session.basket
    assert basket is not None
    assert basket.lines[0].overrides[0].approver_id == ANN
    counter.stop()


async def test_a_recalled_batch_is_held_back_and_others_are_not(shop: Counter) -> None:
    await shop.feed(RecallRow(recall_id="r-1", item_id="i-milk", batch="B7", reason="glass", from_ms=0))
    assert await shop.refused(Scan(code=f"]d201{MILK_GTIN}10B7")) == "recalled"
    await shop.ok(Scan(code=f"]d201{MILK_GTIN}10B8"))
    await shop.ok(Scan(code=MILK_CODE))
    await shop.feed(RecallRow(recall_id="r-2", item_id="i-milk", reason="all of it", from_ms=0))
    assert await shop.refused(Scan(code=MILK_CODE)) == "recalled"


async def test_a_serial_number_is_sold_once(shop: Counter) -> None:
    code = f"]d201{PHONE_GTIN}21S1"
    assert await shop.refused(Scan(code=PHONE_GTIN)) == "serial_missing"
    await shop.ok(Scan(code=code))
    assert await shop.refused(Scan(code=code)) == "serial_in_basket"
    assert await shop.refused(SetQuantity(line_no=1, quantity=2)) == "quantity_fixed"
    await shop.ok(Scan(code=f"]d201{PHONE_GTIN}21S2"))
    await shop.ok(PayCash(tendered_minor=60_000))
    assert [line.serial for line in shop.sales()[0].lines] == ["S1", "S2"]
    assert await shop.refused(Scan(code=code)) == "serial_sold"
    await shop.ok(Scan(code=code, why="came back without a receipt"))


async def test_two_symbols_of_one_pack_are_one_item(shop: Counter) -> None:
    await shop.ok(Scan(code=MILK_CODE))
    shop.clock.advance(1_500)
    await shop.ok(Scan(code=f"]d201{MILK_GTIN}10B8"))
    assert lines(shop) == [("i-milk", 1, 129)]
    assert shop.till.state().lines[0].batch == "B8"
    shop.clock.advance(1_500)
    await shop.ok(Scan(code=f"]d201{MILK_GTIN}10B9"))
    await shop.ok(Scan(code=MILK_CODE))
    assert lines(shop) == [("i-milk", 1, 129), ("i-milk", 1, 129)], "another pack, whose bar code came second"
    shop.clock.advance(2_500)
    await shop.ok(Scan(code=f"]d201{MILK_GTIN}"))
    assert sum(quantity for _item, quantity, _net in lines(shop)) == 3, "after two seconds it is another pack"


async def test_the_second_symbol_may_take_the_pack_out_again(shop: Counter) -> None:
    await shop.ok(Scan(code=MILK_CODE))
    await shop.ok(Scan(code=MILK_CODE))
    answer = await shop.do(Scan(code=f"]d201{MILK_GTIN}17200101"))
    assert answer.reason is not None
    assert (answer.ok, answer.reason.code) == (False, "expired")
    assert lines(shop) == [("i-milk", 1, 129)]
    await shop.ok(Scan(code=f"]d201{MILK_GTIN}17200101", why="agreed"))
    assert [net for _item, _quantity, net in lines(shop)] == [129, 129]


async def test_age_is_asked_once_per_sale(shop: Counter) -> None:
    answer = await shop.do(Scan(code=WINE_GTIN))
    assert answer.reason is not None
    assert (answer.reason.code, answer.reason.params["age"]) == ("age_check", "18")
    await shop.ok(Scan(code=WINE_GTIN, age_confirmed=True))
    await shop.ok(Scan(code=WINE_GTIN))
    assert lines(shop) == [("i-wine", 2, 1798)]
    assert shop.till.state().lines[0].overrides == ("age_checked",)


async def test_a_container_follows_its_bottle(shop: Counter) -> None:
    await shop.ok(Scan(code=WATER_GTIN))
    await shop.ok(Scan(code=WATER_GTIN))
    assert lines(shop) == [(WATER, 2, 998), (CRATE, 2, 300)]
    assert shop.till.state().lines[1].line_kind == "container"
    await shop.ok(SetQuantity(line_no=1, quantity=3))
    assert lines(shop) == [(WATER, 3, 1497), (CRATE, 3, 450)]
    await shop.ok(VoidLine(line_no=1))
    assert lines(shop) == []


async def test_a_style_is_picked_by_colour_and_size(shop: Counter) -> None:
    await shop.ok(Scan(code=SHIRT_STYLE))
    choices = shop.till.state().choices
    assert [(each.item_id, each.colour, each.size, each.price_minor) for each in choices] == [
        (BLUE_M, "blue", "M", 2499),
        (RED_L, "red", "L", 1999),
        (RED_M, "red", "M", 1999),
    ]
    await shop.ok(AddItem(item_id=RED_L, quantity=2))
    assert lines(shop) == [(RED_L, 2, 3998)]
    assert shop.till.state().choices == ()
    assert await shop.refused(AddItem(item_id="none")) == "unknown_code"


async def test_a_bag_is_one_touch_and_no_goods(shop: Counter) -> None:
    state = shop.till.state()
    assert state.bag_item_id == BAG
    await shop.ok(AddItem(item_id=state.bag_item_id))
    assert shop.till.state().lines[0].line_kind == "bag"


async def test_an_unknown_item_is_sold_on_record_and_moves_no_stock(shop: Counter) -> None:
    assert await shop.refused(AddUnknown(code="4999999999997", price_minor=500, tax_class="none")) == "unknown_tax_class"
    await shop.ok(AddUnknown(code="4999999999997", price_minor=500, tax_class="std"))
    await shop.ok(PayCash(tendered_minor=500))
    sold = shop.sales()[0].lines[0]
    assert (sold.item_id, sold.line_kind, sold.stock_thousandths, sold.overrides[0].what) == (
        "unknown",
        "unknown",
        0,
        "price",
    )
    assert any(isinstance(fact, TillEvent) and fact.code == EventCode.PRICE_CHANGED for fact in shop.facts())


async def test_twenty_scans_a_second_for_a_minute(shop: Counter) -> None:
    """No scan is lost, doubled or reordered: the till's own scanner sends faster than anybody scans."""
    worker = asyncio.ensure_future(shop.till.run())
    codes = [MILK_CODE if number // 3 % 2 else BREAD_CODE for number in range(1_200)]
    for second in range(60):
        for code in codes[second * 20 : second * 20 + 20]:
            shop.till.scanned(CodeScanned(device_id="s", code=code, symbology=Symbology.EAN_UPC))
            shop.clock.advance(50)
        done = await shop.till.ask(TillRequest(id=f"second-{second}", command=SetTare(grams=0)))
        assert sum(line.quantity for line in done.state.lines) == second * 20 + 20
    worker.cancel()
    seen = [(line.item_id, line.quantity) for line in shop.till.state().lines]
    assert seen == [("i-milk" if group % 2 else "i-bread", 3) for group in range(400)]
