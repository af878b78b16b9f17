"""What a check says: sample baskets priced by the till's engine, guard rails, what is probably not meant."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from cloud.promotions import checks
from cloud.promotions.domain import Finding, Severity
from cloud.promotions.ground import Good, ZoneRules
from cloud.promotions.probes import Part, sample_basket, wanted_of
from protocols.contract.values import PriceLaw, TaxMode
from protocols.promotions.kinds import KINDS
from protocols.promotions.kinds.amount_off import AmountOff
from protocols.promotions.kinds.bundle_price import BundlePrice
from protocols.promotions.kinds.coupon import Coupon
from protocols.promotions.kinds.deposit import DepositEnlargement
from protocols.promotions.kinds.flash_price import FlashPrice
from protocols.promotions.kinds.gift import Gift
from protocols.promotions.kinds.group_price import GroupPrice
from protocols.promotions.kinds.mix_and_match import MixAndMatch
from protocols.promotions.kinds.n_for_m import NForM
from protocols.promotions.kinds.nth_item import NthItem
from protocols.promotions.kinds.percent_off import PercentOff
from protocols.promotions.kinds.threshold import Threshold
from protocols.promotions.rules import Promotion, Scope, Slot, Tier

RULES = ZoneRules("north", "EUR", 2, TaxMode.INCLUSIVE, PriceLaw.NONE, off_percent=50, below_cost=True)
NOW_MS = 1_000


def good(item_id: str = "A", price_minor: int = 1_000, cost_minor: int | None = None, rate_bp: int = 0) -> Good:
    return Good(item_id, f"S-{item_id}", "fresh", "Hof", item_id, "", False, price_minor, cost_minor, rate_bp)


def rule(kind: type[Promotion], promotion_id: str = "p", **numbers: object) -> Promotion:
    return kind(promotion_id=promotion_id, revision=1, name=promotion_id, starts_ms=0, **numbers)  # type: ignore[arg-type]


def found(promotion: Promotion, *goods: Good, live: tuple[Promotion, ...] = (), rules: ZoneRules = RULES) -> list[Finding]:
    parts = [Part(scope, goods, units, reach) for scope, units, reach in wanted_of(promotion)]
    return checks.check(promotion, rules, parts, live, NOW_MS)


def codes(findings: list[Finding], severity: Severity | None = None) -> list[str]:
    return [each.code for each in findings if severity is None or each.severity is severity]


# What the smallest basket of each kind costs: three pieces of 10.00, the gift and the deposit as told.
SMALLEST = [
    (rule(PercentOff, off_bp=2_500), 1_000, 750),
    (rule(AmountOff, off_minor=300), 1_000, 700),
    (rule(FlashPrice, price_minor=800), 1_000, 800),
    (rule(NthItem, nth=2, off_bp=5_000), 2_000, 1_500),
    (rule(NForM, take=3, pay=2), 3_000, 2_000),
    (rule(MixAndMatch, count=3, off_minor=500), 3_000, 2_500),
    (rule(GroupPrice, count=3, price_minor=2_400), 3_000, 2_400),
    (rule(BundlePrice, slots=(Slot(scope=Scope(), share_minor=900), Slot(scope=Scope(), share_minor=700))), 2_000, 1_600),
    (rule(Threshold, tiers=(Tier(reach_minor=2_500, off_minor=400),)), 3_000, 2_600),
    (rule(Gift, gift_items=("A",), reach_minor=2_000), 3_000, 2_000),
    (rule(Coupon, off_minor=500, reach_minor=1_500), 2_000, 1_500),
    (rule(DepositEnlargement, fold_bp=20_000), 1_000, 800),
]


def test_every_kind_has_a_smallest_basket() -> None:
    assert {type(promotion) for promotion, _, _ in SMALLEST} == set(KINDS)


@pytest.mark.parametrize(("promotion", "listed", "paid"), SMALLEST, ids=lambda value: type(value).__name__)
def test_the_smallest_basket_shows_the_most_a_promotion_takes_off(promotion: Promotion, listed: int, paid: int) -> None:
    percent = -(-(listed - paid) * 100 // listed)
    at_the_rail = found(promotion, good(), rules=replace(RULES, off_percent=percent))
    assert "deep" not in codes(at_the_rail)
    assert "saves_nothing" not in codes(at_the_rail)
    (deep,) = [
        each for each in found(promotion, good(), rules=replace(RULES, off_percent=percent - 1)) if each.code == "deep"
    ]
    assert deep.severity is Severity.APPROVE
    assert deep.params == {"percent": percent, "limit": percent - 1, "item": "A", "count": 1}


def test_half_and_a_little_more_is_more_than_half() -> None:
    assert "deep" not in codes(found(rule(PercentOff, off_bp=5_000), good()))
    assert "deep" in codes(found(rule(PercentOff, off_bp=5_010), good()))


def test_below_cost_counts_the_tax_in_the_price() -> None:
    # 10.00 with 25 % tax is 8.00; a cost of 6.00 is 7.50 at the till.
    item = good(cost_minor=600, rate_bp=2_500)
    assert "below_cost" not in codes(found(rule(PercentOff, off_bp=2_500), item))
    (below,) = [each for each in found(rule(PercentOff, off_bp=2_510), item) if each.code == "below_cost"]
    assert (below.params["paid_minor"], below.params["cost_minor"]) == (749, 750)
    net = replace(RULES, tax_mode=TaxMode.EXCLUSIVE)
    assert "below_cost" not in codes(found(rule(PercentOff, off_bp=4_000), item, rules=net))


def test_what_was_sold_below_cost_before_is_not_the_promotions_doing() -> None:
    assert "below_cost" not in codes(found(rule(PercentOff, off_bp=1_000), good(cost_minor=1_100)))


def test_two_promotions_that_are_fine_alone_may_be_below_cost_together() -> None:
    live = rule(Threshold, "full", tiers=(Tier(reach_minor=500, off_minor=200),))
    findings = found(rule(PercentOff, off_bp=2_000), good(cost_minor=700), live=(live,))
    assert codes(findings, Severity.APPROVE) == ["below_cost_together"]
    assert [each.params["names"] for each in findings if each.code == "stacks"] == ["full"]


def test_promotions_that_never_meet_do_not_count_together() -> None:
    over = structs.replace(rule(Threshold, "full", tiers=(Tier(reach_minor=500, off_minor=200),)), ends_ms=5_000)
    later = structs.replace(rule(PercentOff, off_bp=2_000), starts_ms=5_000)
    assert codes(found(later, good(cost_minor=700), live=(over,))) == []


def test_another_promotion_that_is_always_better_is_named() -> None:
    better = rule(PercentOff, "better", off_bp=4_000)
    assert [
        each.params["names"]
        for each in found(rule(PercentOff, off_bp=1_000), good(), live=(better,))
        if each.code == "beaten"
    ] == ["better"]


def test_a_group_price_dearer_than_its_goods_saves_nothing() -> None:
    assert "saves_nothing" in codes(found(rule(GroupPrice, count=3, price_minor=3_000), good()))


def test_what_the_engine_warns_of_is_passed_on_when_this_promotion_brings_it() -> None:
    catalogue = [good("A"), good("B")]
    programme = rule(Threshold, "full", scope=Scope(items=("A",)), tiers=(Tier(reach_minor=2_000, off_minor=100),))
    offer = rule(NForM, take=2, pay=1)
    parts = [Part(Scope(), catalogue, 2)]
    found_now = checks.check(offer, RULES, parts, (programme,), NOW_MS, catalogue)
    assert [each.params for each in found_now if each.code == "lint_scope_cuts_offer"] == [{"promotion": "full"}]
    again = checks.check(offer, RULES, parts, (programme, rule(NForM, "there", take=2, pay=1)), NOW_MS, catalogue)
    assert "lint_scope_cuts_offer" not in codes(again), "it stood before"
    dear = rule(GroupPrice, count=2, price_minor=5_000)
    assert "lint_dearer_than_parts" in codes(checks.check(dear, RULES, parts, (), NOW_MS, catalogue))


def test_without_goods_there_is_nothing_to_sell() -> None:
    assert codes(found(rule(PercentOff, off_bp=1_000))) == ["no_goods"]
    assert codes(found(rule(Threshold, tiers=(Tier(reach_minor=100_000, off_minor=1),)), good(price_minor=10))) == [
        "not_probed"
    ]


def test_a_period_that_cannot_be_is_an_error() -> None:
    backwards = structs.replace(rule(PercentOff, off_bp=1_000), starts_ms=9_000, ends_ms=8_000)
    over = structs.replace(rule(PercentOff, off_bp=1_000), ends_ms=NOW_MS)
    assert codes(found(backwards, good()), Severity.ERROR) == ["ends_before_start"]
    assert codes(found(over, good()), Severity.ERROR) == ["over"]


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("Was 3.00, now 2.00", True),
        ("原价3元，现价2元", True),
        ("2.00 instead of 3.00", True),
        ("Washing day", False),
        ("3 for 2", False),
    ],
)
def test_a_former_price_is_claimed_by_a_price_book_or_not_at_all(name: str, claims: bool) -> None:
    promotion = structs.replace(rule(PercentOff, off_bp=1_000), name=name)
    eu = replace(RULES, price_law=PriceLaw.EU)
    assert ("claims_was" in codes(found(promotion, good(), rules=eu))) is claims
    assert "claims_was" not in codes(found(promotion, good()))


def test_a_sample_takes_no_more_pieces_than_a_till_can_look_through_quickly() -> None:
    parts = [Part(Scope(), (good(price_minor=1),), 1, 61)]
    assert sample_basket(parts) is None
    assert len(sample_basket([Part(Scope(), (good(price_minor=1),), 1, 60)]) or ()) == 60
