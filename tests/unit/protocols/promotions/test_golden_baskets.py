"""Golden baskets: every case says in words why it comes out so. Written `item:list/own`, `!` closes a unit to offers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from protocols.promotions.bundle import Bundle
from protocols.promotions.evaluate import price
from protocols.promotions.kinds import KINDS
from protocols.promotions.values import Basket, HeldCoupon, PaidDeposit, Shopper, Unit

FOLDER = Path(__file__).resolve().parents[3] / "golden" / "baskets"
CASES = [
    pytest.param(case, id=f"{path.stem}-{number}")
    for path in sorted(FOLDER.glob("*.json"))
    for number, case in enumerate(json.loads(path.read_text()))
]


def unit(line: int, text: str) -> Unit:
    item, _, prices = text.rstrip("!").partition(":")
    listed, _, own = prices.partition("/")
    return Unit(
        line, 1, item, item, "", "", int(listed), int(own or listed), "member" if own else "list", not text.endswith("!")
    )


def bundle_of(case: dict[str, Any]) -> Bundle:
    common = {"revision": 1, "name": "offer", "starts_ms": 0}
    return Bundle.of(json.dumps({**common, **each}).encode() for each in case["offers"])


@pytest.mark.parametrize("case", CASES)
def test_golden(case: dict[str, Any]) -> None:
    bundle = bundle_of(case)
    assert not bundle.refused
    coupons = tuple(HeldCoupon(f"{each}-{number}", each) for number, each in enumerate(case.get("coupons", ())))
    deposits = tuple(
        PaidDeposit(f"d{number}", promotion, item, paid)
        for number, (promotion, item, paid) in enumerate(case.get("deposits", ()))
    )
    units = tuple(unit(line + 1, text) for line, text in enumerate(case["units"].split()))
    answer = price(Basket(units, Shopper("m", frozenset(), coupons), deposits=deposits), bundle)
    assert answer.total_minor == case["total"], case["why"]
    assert answer.proved
    if case["nets"] is not None:
        assert [each.net_minor for each in answer.units] == case["nets"], case["why"]
    if "applied" in case:
        assert [each.promotion_id for each in answer.applied] == case["applied"]
    for promotion_id, code, params in case.get("considered", ()):
        assert [(each.code, dict(each.params)) for each in answer.considered if each.promotion_id == promotion_id] == [
            (code, params)
        ]


def test_every_kind_has_three_of_its_own_and_twenty_have_several() -> None:
    own = {path.stem: len(json.loads(path.read_text())) for path in FOLDER.glob("*.json")}
    assert own.pop("together") >= 20
    assert set(own) == {str(kind.__struct_config__.tag) for kind in KINDS}
    assert all(count >= 3 for count in own.values())
