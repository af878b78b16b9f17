"""Prices and discounts by hand, and offers beside them: who may, how far, and that every sum can be traced to its shares."""

from __future__ import annotations

import itertools
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.catalogue.lookup import Zone
from edge.checkout import basket as baskets
from edge.checkout.basket import Basket, BasketLine, ManualDiscount
from edge.checkout.pricing import PricedBasket, price_basket
from edge.checkout.sale import sold_lines
from protocols.contract.event_codes import EventCode
from protocols.contract.feed_rows import StaffRow
from protocols.contract.till_basket import (
    Approval,
    DeclineOffer,
    DiscountBasket,
    DiscountLine,
    Scan,
    SetPrice,
    SetQuantity,
    ShowTotal,
)
from protocols.contract.till_facts import TillEvent
from protocols.contract.till_payment import PayCash
from protocols.contract.values import TaxMode
from protocols.promotions.bundle import Bundle
from protocols.promotions.kinds.n_for_m import NForM
from protocols.promotions.kinds.percent_off import PercentOff
from protocols.promotions.kinds.threshold import Threshold
from protocols.promotions.rules import Scope, Tier
from tests.support.counter import Counter
from tests.support.goods import ANN, BREAD_CODE, MILK_CODE, PIN, PIN_HASH
from tests.support.till_goods import WATER_GTIN, goods

CARL = "12"
TEN_PERCENT = PercentOff(
    promotion_id="p-10",
    revision=1,
    name="Bread week",
    name_zh="面包周",
    starts_ms=0,
    scope=Scope(items=("i-bread",)),
    off_bp=1_000,
)
THREE_FOR_TWO = NForM(
    promotion_id="p-3", revision=1, name="3 for 2", starts_ms=0, scope=Scope(items=("i-milk",)), take=3, pay=2
)
SPEND_TEN = Threshold(
    promotion_id="p-s", revision=1, name="10 - 1", starts_ms=0, tiers=(Tier(reach_minor=1_000, off_minor=100),)
)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Counter]:
    carl = StaffRow(
        staff_id=CARL,
        name="Carl",
        pin_hash=PIN_HASH,
        rights=("till", "price", "discount"),
        limits={"price": 2_000, "discount": 1_000},
    )
    counter = Counter(tmp_path, rows=[*goods(), carl])
    await counter.start()
    yield counter
    counter.stop()


async def test_another_price_within_the_limit_and_beyond(shop: Counter) -> None:
    await shop.open(CARL)
    await shop.ok(Scan(code=BREAD_CODE))
    assert await shop.refused(SetPrice(line_no=1, price_minor=300, why=" ")) == "why_missing"
    assert await shop.refused(SetPrice(line_no=1, price_minor=200, why="torn")) == "approval_needed"
    await shop.ok(SetPrice(line_no=1, price_minor=300, why="torn"))
    await shop.ok(SetPrice(line_no=1, price_minor=100, why="torn", approval=Approval(staff_id=ANN, pin=PIN)))
    assert shop.till.state().total_minor == 100
    await shop.ok(PayCash(tendered_minor=100))
    line = shop.sales()[0].lines[0]
    assert (line.unit_price_minor, line.list_price_minor, line.price_reason) == (100, 350, "manual")
    assert [(each.approver_id, each.before, each.after) for each in line.overrides] == [
        (CARL, "350", "300"),
        (ANN, "300", "100"),
    ]
    told = [fact for fact in shop.facts() if isinstance(fact, TillEvent) and fact.code == EventCode.PRICE_CHANGED]
    assert [event.approver_id for event in told] == [CARL, ANN]


async def test_a_hand_priced_line_takes_part_in_no_offer(shop: Counter) -> None:
    shop.offers.put(TEN_PERCENT)
    await shop.open()
    await shop.ok(Scan(code=BREAD_CODE))
    assert shop.till.state().total_minor == 315
    await shop.ok(SetPrice(line_no=1, price_minor=340, why="torn"))
    assert shop.till.state().total_minor == 340


async def test_discounts_by_hand_beside_an_offer(shop: Counter) -> None:
    shop.offers.put(TEN_PERCENT)
    await shop.open()
    await shop.ok(Scan(code=BREAD_CODE))
    await shop.ok(Scan(code=MILK_CODE))
    assert await shop.refused(DiscountLine(line_no=1, percent_bp=100, amount_minor=1, why="x")) == "discount_one_way"
    await shop.ok(DiscountLine(line_no=1, amount_minor=50, why="dent"))
    assert shop.till.state().lines[0].net_minor == 270, "first by hand, then ten per cent: 350 - 50 - 30"
    await shop.ok(DiscountBasket(percent_bp=1_000, why="regular"))
    state = shop.till.state()
    assert [line.net_minor for line in state.lines] == [243, 116]
    assert (state.total_minor, state.gross_minor, state.saved_minor) == (359, 479, 120)
    assert (state.lines[0].offers, state.lines[0].offers_zh) == (("Bread week",), ("面包周",))
    await shop.ok(PayCash(tendered_minor=359))
    bread = shop.sales()[0].lines[0]
    assert [(each.promotion_id, each.layer, each.shares_minor) for each in bread.discounts] == [
        ("manual:line", "manual", (50,)),
        ("p-10", "unit", (30,)),
        ("manual:basket", "manual", (27,)),
    ]


async def test_a_container_is_not_discounted(shop: Counter) -> None:
    await shop.open()
    await shop.ok(Scan(code=WATER_GTIN))
    assert await shop.refused(SetPrice(line_no=2, price_minor=1, why="x")) == "price_fixed"
    await shop.ok(DiscountBasket(percent_bp=10_000, why="gift"))
    assert shop.till.state().total_minor == 150


async def test_a_discount_within_the_right(shop: Counter) -> None:
    await shop.open(CARL)
    await shop.ok(Scan(code=BREAD_CODE))
    assert await shop.refused(DiscountLine(line_no=1, percent_bp=1_001, why="x")) == "approval_needed"
    assert await shop.refused(DiscountLine(line_no=1, amount_minor=36, why="x")) == "approval_needed"
    await shop.ok(DiscountLine(line_no=1, amount_minor=35, why="x"))
    await shop.ok(DiscountLine(line_no=1))
    assert shop.till.state().total_minor == 350


async def test_an_open_sale_keeps_its_offers_and_the_next_has_the_new_ones(shop: Counter) -> None:
    shop.offers.put(THREE_FOR_TWO)
    await shop.open()
    await shop.ok(Scan(code=MILK_CODE))
    first = shop.offers.bundle.hash
    shop.offers.put(TEN_PERCENT)
    await shop.ok(SetQuantity(line_no=1, quantity=3))
    await shop.restart()
    await shop.ok(Scan(code=BREAD_CODE))
    assert shop.till.state().total_minor == 2 * 129 + 350
    await shop.ok(PayCash(tendered_minor=608))
    assert shop.sales()[0].promotion_bundle == first
    await shop.ok(Scan(code=BREAD_CODE))
    assert shop.till.state().total_minor == 315


async def test_hints_reasons_and_declining(shop: Counter) -> None:
    shop.offers.put(SPEND_TEN)
    await shop.open()
    await shop.ok(Scan(code=BREAD_CODE))
    (why,) = shop.till.state().not_applied
    assert why.reason.text == "6.50 short of 10.00 - 1.00."
    await shop.ok(SetQuantity(line_no=1, quantity=3))
    await shop.ok(ShowTotal())
    state = shop.till.state()
    assert (state.total_minor, state.proved, state.searched, state.offers[0].saved_minor) == (950, True, True, 100)
    assert await shop.refused(DeclineOffer(promotion_id="none")) == "no_such_offer"
    await shop.ok(DeclineOffer(promotion_id="p-s"))
    state = shop.till.state()
    assert (state.total_minor, state.offers[0].declined) == (1_050, True)
    await shop.ok(DeclineOffer(promotion_id="p-s", declined=False))
    assert shop.till.state().total_minor == 950


ZONE = Zone("z", "EUR", 2, TaxMode.INCLUSIVE, 1)
BUNDLE = Bundle.of([TEN_PERCENT, THREE_FOR_TWO, SPEND_TEN])


def line(
    item: str, quantity: int, grams: int | None, price_minor: int, manual: ManualDiscount | None, kind: str
) -> BasketLine:
    return BasketLine(
        line_no=0, item_id=item if grams is None else f"w-{item}", name=item, name_zh="", gtin="", weighed=grams is not None,
        tax_class="t", tax_rate_bp=700 if item == "i-milk" else 1900, quantity=quantity if grams is None else 1, grams=grams,
        unit_price_minor=price_minor, list_price_minor=price_minor + 5, price_revision=1, price_reason="list",
        label_revision=None, manual=manual, line_kind=kind, open_to_offers=kind == "goods",
    )  # fmt: skip


MANUAL = st.none() | st.builds(
    ManualDiscount, percent_bp=st.integers(0, 10_000), amount_minor=st.integers(0, 500), why=st.just("x")
)
LINES = st.lists(
    st.builds(
        line,
        item=st.sampled_from(["i-milk", "i-bread", "i-tea"]),
        quantity=st.integers(1, 4),
        grams=st.none() | st.integers(1, 3_000),
        price_minor=st.integers(1, 900),
        manual=MANUAL,
        kind=st.sampled_from(["goods", "goods", "goods", "container"]),
    ),
    min_size=1,
    max_size=6,
)


def priced(lines: list[BasketLine], manual: ManualDiscount | None, promotions: Bundle = BUNDLE) -> PricedBasket:
    basket = Basket(sale_id="s", opened_at_ms=1_790_000_000_000, manual=manual)
    for each in lines:
        basket = baskets.add(basket, each)
    return price_basket(basket, ZONE, promotions, node_budget=20_000)


def test_a_line_with_something_off_by_hand_joins_no_other() -> None:
    """Found by the test below: the one off was lost on the way, and the order of scanning told."""
    one_off = ManualDiscount(amount_minor=1, why="x")
    lines = [line("i-milk", 1, None, price, by_hand, "goods") for price, by_hand in ((1, None), (2, None), (2, one_off))]
    assert {priced(list(order), None).total_minor for order in itertools.permutations(lines)} == {3}


@settings(max_examples=60, deadline=None)
@given(LINES, MANUAL, st.randoms(use_true_random=False))
def test_net_is_bases_less_shares_and_the_order_of_scanning_is_nothing(
    lines: list[BasketLine], manual: ManualDiscount | None, shuffle: random.Random
) -> None:
    found = priced(lines, manual)
    for each, sold in zip(found.lines, sold_lines(found), strict=True):
        units = 1 if sold.grams is not None else sold.quantity
        plain = each.line.own_minor // units
        bases = sold.bases_minor or (plain,) * units
        assert sold.net_minor == sum(bases) - sum(sum(discount.shares_minor) for discount in sold.discounts)
        assert all(len(discount.shares_minor) == units for discount in sold.discounts)
        assert min(each.unit_nets_minor) >= 0
        assert sum(each.unit_nets_minor) == each.net_minor
    assert found.total_minor == sum(each.net_minor for each in found.lines)
    assert found.lower_bound_minor <= found.total_minor <= priced(lines, manual, Bundle()).total_minor
    other = list(lines)
    shuffle.shuffle(other)
    if found.proved and manual is None:
        again = priced(other, manual)
        assert again.total_minor == found.total_minor
