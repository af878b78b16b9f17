"""Scan, weigh, quantity, void, pay: what a cashier sees, and what is on record."""

import pytest

from protocols.contract.till_basket import AbandonSale, Scan, SetQuantity, VoidLine
from protocols.contract.till_facts import LineVoided, SaleAbandoned
from protocols.contract.till_payment import PayCash
from protocols.contract.values import ClockQuality, TaxMode
from protocols.device_events import WeightState
from protocols.gs1.gtin import with_check_digit
from tests.support.counter import Counter, Shown
from tests.support.goods import (
    APPLES,
    APPLES_CODE,
    BREAD,
    BREAD_CODE,
    MILK,
    MILK_CODE,
    OLD_CODE,
    SIX_PACK_CODE,
    UNPRICED_CODE,
    assortment,
    price,
)


async def test_a_sale_of_pieces_packs_and_weight(selling: Counter) -> None:
    await selling.ok(Scan(code=MILK_CODE))
    await selling.ok(Scan(code=MILK_CODE))
    await selling.ok(Scan(code=SIX_PACK_CODE))
    selling.scale.put(1_239)
    answer = await selling.ok(Scan(code=APPLES_CODE))
    assert [(line.quantity, line.grams, line.net_minor) for line in answer.state.lines] == [
        (2, None, 258),
        (6, None, 774),
        (1, 1_234, 369),  # 1234 g net of 5 g tare x 2.99 = 3.68966, rounded once
    ]
    assert answer.state.total_minor == 258 + 774 + 369
    paid = await selling.ok(PayCash(tendered_minor=2_000))
    assert paid.sale is not None
    assert (paid.sale.receipt, paid.sale.change_minor) == ("1-0-000001", 2_000 - 1_401)
    [sale] = selling.sales()
    assert [(line.item_id, line.stock_thousandths) for line in sale.lines] == [(MILK, 2_000), (MILK, 6_000), (APPLES, 1_234)]
    assert sale.lines[0].gtin == MILK_CODE.rjust(14, "0")
    assert (sale.total_minor, sale.tax_minor) == (1_401, sum(line.tax_minor for line in sale.lines))
    assert sale.tenders[0].amount_minor - sale.tenders[0].change_minor == 1_401
    assert paid.state.shift is not None
    assert (paid.state.shift.sale_count, paid.state.shift.expected_minor) == (1, 10_000 + 1_401)


async def test_inclusive_tax_is_rounded_once_per_rate(selling: Counter) -> None:
    for _ in range(3):
        await selling.ok(Scan(code=MILK_CODE))
    answer = await selling.ok(Scan(code=BREAD_CODE))
    food, standard = round(387 * 7 / 107), round(350 * 19 / 119)
    assert answer.state.tax_minor == food + standard


async def test_exclusive_tax_is_added_and_cash_is_rounded(tmp_path) -> None:  # type: ignore[no-untyped-def]
    counter = Counter(tmp_path, rows=assortment(tax_mode=TaxMode.EXCLUSIVE, cash_rounding_minor=5))
    await counter.start()
    await counter.open()
    answer = await counter.ok(Scan(code=BREAD_CODE))
    assert (answer.state.total_minor, answer.state.due_minor) == (417, 415)  # 3.50 + 19 % = 4.165
    await counter.ok(PayCash(tendered_minor=415))
    [sale] = counter.sales()
    assert (sale.total_minor, sale.rounding_minor, sale.tax_minor) == (417, -2, 67)
    counter.stop()


async def test_a_price_change_during_a_sale_leaves_the_lines_in_the_basket_alone(selling: Counter) -> None:
    await selling.ok(Scan(code=MILK_CODE))
    await selling.feed(price(MILK, 2, 99))
    answer = await selling.ok(Scan(code=MILK_CODE))
    assert [(line.quantity, line.unit_price_minor) for line in answer.state.lines] == [(1, 129), (1, 99)]
    await selling.ok(PayCash(tendered_minor=1_000))
    assert [line.price_revision for line in selling.sales()[0].lines] == [1, 2]


async def test_prices_begin_and_end_at_their_instants(selling: Counter) -> None:
    now_ms = selling.clock.now_ms()
    await selling.feed(price(MILK, 2, 99, from_ms=now_ms + 1_000, to_ms=now_ms + 2_000))

    async def scanned() -> int:
        return (await selling.ok(Scan(code=MILK_CODE))).state.lines[-1].unit_price_minor

    assert await scanned() == 129
    selling.clock.advance(1_000)
    assert await scanned() == 99
    selling.clock.advance(1_000)
    assert await scanned() == 129


async def test_a_clock_ten_years_off_flips_no_price_and_selling_goes_on(selling: Counter) -> None:
    from edge.catalogue import lookup

    now_ms = selling.clock.now_ms()
    await selling.feed(price(MILK, 2, 999, from_ms=now_ms + 1_000))
    await selling.store.write(lambda tx: lookup.remember_trusted_clock(tx, selling.clock))
    selling.clock.step_wall(10 * 365 * 86_400_000, ClockQuality.UNSYNCED)
    answer = await selling.ok(Scan(code=MILK_CODE))
    assert answer.state.lines[0].unit_price_minor == 129
    await selling.ok(PayCash(tendered_minor=129))
    assert len(selling.sales()) == 1


async def test_the_lower_of_price_in_force_and_label_is_charged(selling: Counter) -> None:
    selling.labels.lowest[MILK] = Shown(price_minor=119, revision=7)
    selling.labels.lowest[BREAD] = Shown(price_minor=400, revision=8)
    await selling.ok(Scan(code=MILK_CODE))
    await selling.ok(Scan(code=BREAD_CODE))
    await selling.ok(PayCash(tendered_minor=1_000))
    milk, bread = selling.sales()[0].lines
    assert (milk.unit_price_minor, milk.list_price_minor, milk.price_reason, milk.label_revision) == (
        119,
        129,
        "lower_label",
        7,
    )
    assert (bread.unit_price_minor, bread.price_reason, bread.label_revision) == (350, "list", None)


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        (with_check_digit("999999999999"), "unknown_code"),
        (MILK_CODE[:-1] + str((int(MILK_CODE[-1]) + 1) % 10), "check_digit"),
        ("4000000", "code_length"),
        ("https://example.org", "link_no_product"),
        ("  ", "code_empty"),
        ("999", "unknown_code"),
        (OLD_CODE, "item_inactive"),
        (UNPRICED_CODE, "no_price"),
    ],
)
async def test_a_code_that_cannot_be_sold_says_why(selling: Counter, code: str, refusal: str) -> None:
    assert await selling.refused(Scan(code=code)) == refusal


@pytest.mark.parametrize(
    ("state", "grams", "refusal"),
    [
        (WeightState.MOTION, 500, "weight_motion"),
        (WeightState.ZERO, 0, "weight_zero"),
        (WeightState.STABLE, 0, "weight_zero"),
        (WeightState.STABLE, 5, "weight_zero"),  # the tare alone
        (WeightState.STABLE, None, "scale_fault"),
        (WeightState.UNDER_ZERO, None, "weight_under_zero"),
        (WeightState.OVER_CAPACITY, None, "weight_over_capacity"),
        (WeightState.FAULT, None, "scale_fault"),
    ],
)
async def test_only_a_resting_weight_is_sold(selling: Counter, state: WeightState, grams: int | None, refusal: str) -> None:
    selling.scale.put(grams, state)
    assert await selling.refused(Scan(code=APPLES_CODE)) == refusal


async def test_an_old_weight_is_not_sold(selling: Counter) -> None:
    assert await selling.refused(Scan(code=APPLES_CODE)) == "scale_silent"
    selling.scale.put(500)
    selling.clock.advance(1_000)
    await selling.ok(Scan(code=APPLES_CODE))
    selling.clock.advance(1)
    assert await selling.refused(Scan(code=APPLES_CODE)) == "scale_silent"


async def test_a_net_weight_is_not_reduced_by_the_tare_again(selling: Counter) -> None:
    selling.scale.put(500, net=True)
    answer = await selling.ok(Scan(code=APPLES_CODE))
    assert answer.state.lines[0].grams == 500


async def test_quantity_and_void(selling: Counter) -> None:
    await selling.ok(Scan(code=MILK_CODE))
    await selling.ok(SetQuantity(line_no=1, quantity=5))
    await selling.ok(Scan(code=BREAD_CODE))
    answer = await selling.ok(VoidLine(line_no=2))
    assert answer.state.total_minor == 645
    assert [line.voided for line in answer.state.lines] == [False, True]
    assert await selling.refused(VoidLine(line_no=2)) == "no_such_line"
    assert await selling.refused(SetQuantity(line_no=1, quantity=0)) == "quantity_invalid"
    assert await selling.refused(SetQuantity(line_no=1, quantity=1_000)) == "quantity_invalid"
    assert await selling.refused(SetQuantity(line_no=9, quantity=1)) == "no_such_line"
    await selling.ok(PayCash(tendered_minor=645))
    *_, void, sale = selling.facts()
    assert isinstance(void, LineVoided)
    assert (void.item_id, void.quantity, void.net_minor) == (BREAD, 1, 350)
    assert selling.sales() == [sale]
    assert [line.line_no for line in selling.sales()[0].lines] == [1]


async def test_a_weighed_line_has_no_quantity(selling: Counter) -> None:
    selling.scale.put(500)
    await selling.ok(Scan(code=APPLES_CODE))
    assert await selling.refused(SetQuantity(line_no=1, quantity=2)) == "weighed_quantity"


async def test_an_abandoned_sale_is_on_record_and_gone(selling: Counter) -> None:
    await selling.ok(Scan(code=MILK_CODE))
    answer = await selling.ok(AbandonSale())
    assert answer.state.lines == ()
    fact = selling.facts()[-1]
    assert isinstance(fact, SaleAbandoned)
    assert (fact.total_minor, fact.line_count) == (129, 1)
    await selling.restart()
    assert selling.till.state().lines == ()
    assert await selling.refused(AbandonSale()) == "no_sale"


async def test_money_that_is_not_enough_or_not_plausible_closes_nothing(selling: Counter) -> None:
    assert await selling.refused(PayCash(tendered_minor=100)) == "no_sale"
    await selling.ok(Scan(code=MILK_CODE))
    assert await selling.refused(PayCash(tendered_minor=128)) == "tendered_too_little"
    assert await selling.refused(PayCash(tendered_minor=-5)) == "tendered_too_little"
    assert await selling.refused(PayCash(tendered_minor=99_000_000)) == "tendered_too_much"
    assert await selling.refused(PayCash(tendered_minor=258, expected_due_minor=258)) == "total_changed"
    assert selling.sales() == []


async def test_a_basket_of_voided_lines_cannot_be_paid(selling: Counter) -> None:
    await selling.ok(Scan(code=MILK_CODE))
    await selling.ok(VoidLine(line_no=1))
    assert await selling.refused(PayCash(tendered_minor=100)) == "no_sale"


async def test_baskets_have_limits(selling: Counter) -> None:
    await selling.feed(price(BREAD, 2, 90_000_000))
    await selling.ok(Scan(code=BREAD_CODE))
    assert await selling.refused(Scan(code=BREAD_CODE)) == "total_too_high"
