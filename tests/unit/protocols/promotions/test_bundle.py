"""Bundles: strict reading, one canonical form and hash, refusals by id, warnings for the person who writes."""

from __future__ import annotations

import json

from protocols.promotions.bundle import Bundle, encode_promotion
from protocols.promotions.kinds.bundle_price import BundlePrice
from protocols.promotions.kinds.n_for_m import NForM
from protocols.promotions.kinds.percent_off import PercentOff
from protocols.promotions.kinds.threshold import Threshold
from protocols.promotions.rules import Hours, Scope, Slot, Tier
from protocols.promotions.values import Unit
from tests.support.basket_cases import random_case


def percent(promotion_id: str = "p", revision: int = 1, off_bp: int = 1000) -> PercentOff:
    return PercentOff(promotion_id=promotion_id, revision=revision, name="Ten", starts_ms=0, off_bp=off_bp)


def row(**fields: object) -> bytes:
    return json.dumps({"revision": 1, "name": "offer", "starts_ms": 0, **fields}).encode()


def test_a_promotion_survives_its_json() -> None:
    for seed in range(60):
        bundle = random_case(seed).bundle
        again = Bundle.of(encode_promotion(each) for each in bundle.promotions)
        assert again.promotions == bundle.promotions
        assert again.hash == bundle.hash


def test_the_hash_names_the_content_not_the_way_it_came() -> None:
    one, two = percent("a"), percent("b", off_bp=2000)
    assert Bundle.of([one, two]).hash == Bundle.of([two, one]).hash == Bundle.of([two, encode_promotion(one)]).hash
    assert Bundle.of([one]).hash != Bundle.of([percent("a", revision=2)]).hash
    assert Bundle.of([]).hash == ""
    assert len(Bundle.of([one]).hash) == 64


def test_the_pinned_bytes_make_the_same_bundle_again() -> None:
    bundle = Bundle.of([percent("a"), percent("b")])
    assert Bundle.from_canonical(bundle.canonical) == bundle


def test_of_several_revisions_the_highest_stays() -> None:
    assert Bundle.of([percent(revision=3), percent(revision=2)]).promotions == (percent(revision=3),)


def test_unknown_and_invalid_rows_are_refused_by_id_and_the_rest_stays() -> None:
    bundle = Bundle.of(
        [
            percent("good"),
            row(kind="moon_phase", promotion_id="new"),
            row(kind="percent_off", promotion_id="extra", off_bp=1000, only_left_handed=True),
            row(kind="percent_off", promotion_id="much", off_bp=10_001),
            row(kind="threshold", promotion_id="steep", tiers=[{"reach_minor": 100, "off_minor": 101}]),
            row(kind="n_for_m", promotion_id="backwards", take=2, pay=2),
            row(kind="coupon", promotion_id="both", off_minor=5, off_bp=5),
            b"\xff not json",
        ]
    )
    assert [each.promotion_id for each in bundle.promotions] == ["good"]
    reasons = {each.promotion_id: each.reason for each in bundle.refused}
    assert set(reasons) == {"new", "extra", "much", "steep", "backwards", "both", ""}
    assert "moon_phase" in reasons["new"]
    assert "only_left_handed" in reasons["extra"]
    assert "off_bp" in reasons["much"]
    assert "off_minor" in reasons["steep"]
    assert "pay" in reasons["backwards"]


def test_common_fields_are_checked() -> None:
    wrong = PercentOff(
        promotion_id="", revision=0, name="x", starts_ms=10, ends_ms=10, weekdays=(0,),
        hours=(Hours(from_minute=5, to_minute=2000),), limit_per_sale=-1, off_bp=1000,
    )  # fmt: skip
    (refused,) = Bundle.of([wrong]).refused
    for field in ("promotion_id", "revision", "ends_ms", "weekdays", "hours", "limit_per_sale"):
        assert field in refused.reason


def goods(*named: tuple[str, int]) -> list[Unit]:
    return [Unit(line, 1, item, item, "", "", price, price) for line, (item, price) in enumerate(named)]


def test_a_bundle_dearer_than_its_parts_is_pointed_out() -> None:
    slots = (Slot(scope=Scope(items=("a",)), share_minor=300), Slot(scope=Scope(items=("b",)), share_minor=200))
    dear = BundlePrice(promotion_id="b", revision=1, name="b", starts_ms=0, slots=slots)
    (warned,) = Bundle.of([dear], goods(("a", 200), ("b", 300))).warned
    assert (warned.promotion_id, warned.code) == ("b", "dearer_than_parts")
    assert not Bundle.of([dear], goods(("a", 400), ("b", 300))).warned


def test_a_programme_that_cuts_an_offer_and_many_overlapping_offers_are_pointed_out() -> None:
    offer = NForM(promotion_id="n", revision=1, name="n", starts_ms=0, take=3, pay=2)
    tiers = (Tier(reach_minor=100, off_minor=10),)
    cutting = Threshold(promotion_id="t", revision=1, name="t", starts_ms=0, tiers=tiers, scope=Scope(items=("a",)))
    (warned,) = Bundle.of([offer, cutting], goods(("a", 200), ("b", 300))).warned
    assert (warned.promotion_id, warned.code) == ("t", "scope_cuts_offer")
    crowd = Bundle.of([percent(f"p{number}") for number in range(9)], goods(("a", 200)))
    assert {each.code for each in crowd.warned} == {"many_overlapping"}
    assert not Bundle.of([percent(f"p{number}") for number in range(8)], goods(("a", 200))).warned
