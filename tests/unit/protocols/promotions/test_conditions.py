"""Who, when, how often: what keeps an offer from a basket, and what the answer says about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from protocols.promotions.bundle import Bundle
from protocols.promotions.evaluate import price
from protocols.promotions.kinds.coupon import Coupon
from protocols.promotions.kinds.n_for_m import NForM
from protocols.promotions.kinds.percent_off import PercentOff
from protocols.promotions.kinds.threshold import Threshold
from protocols.promotions.rules import Hours, Promotion, Scope, Tier
from protocols.promotions.values import Basket, HeldCoupon, Hint, Priced, Shopper, Unit

SATURDAY_NOON_MS = 1_000_000_000_000 // 86_400_000 * 86_400_000 + 6 * 86_400_000 + 12 * 3_600_000
"""15 September 2001, 12:00 UTC."""
COMMON = {"revision": 1, "name": "offer", "starts_ms": 0}


def tea(*prices: int) -> tuple[Unit, ...]:
    return tuple(Unit(line + 1, 1, "tea", "tea", "drinks/hot", "leaf", each, each) for line, each in enumerate(prices))


def ten_percent(**fields: object) -> PercentOff:
    return PercentOff(**{**COMMON, "promotion_id": "p", "off_bp": 1000, **fields})


def ask(*promotions: Promotion, basket: Basket | None = None, **fields: object) -> Priced:
    asked = replace(basket or Basket(tea(1000), now_ms=SATURDAY_NOON_MS), **fields)
    return price(asked, Bundle.of(promotions))


def why(answer: Priced) -> dict[str, tuple[str, dict[str, int | str]]]:
    return {each.promotion_id: (str(each.code), dict(each.params)) for each in answer.considered}


def test_start_and_end_hold_to_the_millisecond() -> None:
    offer = ten_percent(starts_ms=1_000, ends_ms=2_000)
    totals = [ask(offer, now_ms=at).total_minor for at in (999, 1_000, 1_999, 2_000)]
    assert totals == [1000, 900, 900, 1000]
    assert why(ask(offer, now_ms=999)) == {"p": ("not_started", {"starts_ms": 1_000})}
    assert why(ask(offer, now_ms=2_000)) == {"p": ("ended", {"ends_ms": 2_000})}


def test_weekdays_and_hours_are_those_of_the_store() -> None:
    assert ask(ten_percent(weekdays=(6,))).total_minor == 900
    assert why(ask(ten_percent(weekdays=(7,)))) == {"p": ("not_today", {})}
    assert ask(ten_percent(weekdays=(7,)), utc_offset_minutes=12 * 60).total_minor == 900
    lunch = ten_percent(hours=(Hours(from_minute=720, to_minute=780),))
    assert ask(lunch).total_minor == 900
    assert why(ask(lunch, utc_offset_minutes=60)) == {"p": ("not_now", {})}
    night = ten_percent(hours=(Hours(from_minute=22 * 60, to_minute=2 * 60),))
    assert ask(night).total_minor == 1000
    assert ask(night, utc_offset_minutes=11 * 60).total_minor == 900
    assert ask(night, utc_offset_minutes=13 * 60).total_minor == 900
    assert ask(night, utc_offset_minutes=14 * 60).total_minor == 1000


def test_customer_groups() -> None:
    offer = ten_percent(customer_groups=("gold", "staff"))
    assert why(ask(offer)) == {"p": ("other_customers", {})}
    assert ask(offer, shopper=Shopper("m", frozenset({"staff"}))).total_minor == 900


def test_limits_of_a_member() -> None:
    offer = NForM(**COMMON, promotion_id="n", take=2, pay=1, limit_per_member=2)
    four = Basket(tea(100, 100, 100, 100))
    assert why(ask(offer, basket=four)) == {"n": ("member_needed", {})}
    assert ask(offer, basket=four, shopper=Shopper("m")).total_minor == 200
    assert ask(offer, basket=four, shopper=Shopper("m", used={"n": 1})).total_minor == 300
    used_up = ask(offer, basket=four, shopper=Shopper("m", used={"n": 2}))
    assert (used_up.total_minor, why(used_up)) == (400, {"n": ("limit_used", {"limit": 2})})


def test_a_declined_offer_is_left_alone() -> None:
    assert why(ask(ten_percent(), declined=frozenset({"p"}))) == {"p": ("declined", {})}


@pytest.mark.parametrize(
    ("scope", "inside"),
    [
        (Scope(categories=("drinks",)), True),
        (Scope(categories=("drink",)), False),
        (Scope(categories=("drinks/hot",)), True),
        (Scope(brands=("leaf",)), True),
        (Scope(styles=("tea",), excluded_items=("tea",)), False),
        (Scope(excluded_categories=("drinks",)), False),
        (Scope(items=("cup",), brands=("leaf",)), True),
    ],
)
def test_scopes(scope: Scope, inside: bool) -> None:
    answer = ask(ten_percent(scope=scope))
    assert answer.total_minor == (900 if inside else 1000)
    assert inside or not answer.considered


def test_too_few_units_and_too_small_an_amount_are_told_in_numbers() -> None:
    three_for_two = NForM(**COMMON, promotion_id="n", take=3, pay=2)
    programme = Threshold(**COMMON, promotion_id="t", tiers=(Tier(reach_minor=30_000, off_minor=4_000),))
    coupon = Coupon(**COMMON, promotion_id="v", off_bp=500, reach_minor=50_000)
    shopper = Shopper("m", coupons=(HeldCoupon("c1", "v"),))
    answer = ask(three_for_two, programme, coupon, basket=Basket(tea(20_000, 9_290), shopper))
    assert why(answer) == {
        "n": ("short_units", {"missing_units": 1, "needed_units": 3}),
        "t": ("short_amount", {"missing_minor": 710, "reach_minor": 30_000, "off_minor": 4_000}),
        "v": ("short_amount", {"missing_minor": 20_710, "reach_minor": 50_000, "off_bp": 500}),
    }


def test_what_could_apply_and_does_not_help_is_named() -> None:
    answer = ask(ten_percent(), ten_percent(promotion_id="weak", off_bp=500))
    assert why(answer) == {"weak": ("not_better", {})}


def test_a_hint_keeps_its_word() -> None:
    """Add goods for so much, pay so much less for them: priced again with just that much more in the basket."""
    programme = Threshold(
        **COMMON,
        promotion_id="t",
        tiers=(Tier(reach_minor=30_000, off_minor=4_000), Tier(reach_minor=50_000, off_minor=9_000)),
    )
    coupon = Coupon(**COMMON, promotion_id="v", off_bp=1000)
    shopper = Shopper("m", coupons=(HeldCoupon("c1", "v"),))
    for prices in ((20_000, 9_290), (31_000,), (49_999,), (12_345, 678)):
        basket = Basket(tea(*prices), shopper)
        answer = ask(programme, coupon, ten_percent(off_bp=300), basket=basket)
        assert answer.hints
        for hint in answer.hints:
            more = (*basket.units, Unit(99, 1, "tea", "tea", "drinks/hot", "leaf", hint.add_minor, hint.add_minor))
            extended = ask(programme, coupon, ten_percent(off_bp=300), basket=replace(basket, units=more))
            assert extended.total_minor <= answer.total_minor + hint.add_minor - hint.save_minor


def test_the_hint_of_the_issue() -> None:
    programme = Threshold(**COMMON, promotion_id="t", tiers=(Tier(reach_minor=30_000, off_minor=4_000),))
    assert ask(programme, basket=Basket(tea(20_000, 9_290))).hints == (Hint("t", 4_000, add_minor=710),)


def test_an_empty_basket_and_an_empty_bundle() -> None:
    assert ask(ten_percent(), basket=Basket(())).total_minor == 0
    plain = ask()
    assert (plain.total_minor, plain.proved, plain.bundle_hash) == (1000, True, "")
