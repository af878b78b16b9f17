"""What a kilogram costs when a pack costs so much."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.contract.values import ContentUnit
from protocols.prices.unit_price import UnitBase, UnitPrice, unit_price

G, ML, CM, PC = ContentUnit.GRAM, ContentUnit.MILLILITRE, ContentUnit.CENTIMETRE, ContentUnit.PIECE


@pytest.mark.parametrize(
    ("price_minor", "quantity", "unit", "told"),
    [
        (199, 250, G, UnitPrice(796, UnitBase.KILOGRAM)),
        (129, 1500, ML, UnitPrice(86, UnitBase.LITRE)),
        (299, 300, CM, UnitPrice(100, UnitBase.METRE)),
        (249, 10, PC, UnitPrice(25, UnitBase.PIECE)),
        (100, 3000, G, UnitPrice(33, UnitBase.KILOGRAM)),
        (200, 3000, G, UnitPrice(67, UnitBase.KILOGRAM)),
    ],
)
def test_a_pack_is_told_per_its_base(price_minor: int, quantity: int, unit: ContentUnit, told: UnitPrice) -> None:
    assert unit_price(price_minor, quantity, unit) == told


def test_a_tie_is_rounded_up() -> None:
    assert unit_price(249, 10, PC) == UnitPrice(25, UnitBase.PIECE), "24.9 cents"
    assert unit_price(245, 10, PC) == UnitPrice(25, UnitBase.PIECE), "24.5 cents"
    assert unit_price(244, 10, PC) == UnitPrice(24, UnitBase.PIECE), "24.4 cents"


def test_it_is_left_out_when_it_is_the_price_itself() -> None:
    for quantity, unit in ((1000, G), (1000, ML), (100, CM), (1, PC)):
        assert unit_price(199, quantity, unit) is None
    assert unit_price(199, 100, G, per_hundred_upto=250) is None


def test_without_a_content_there_is_none() -> None:
    assert unit_price(199, 0, G) is None
    assert unit_price(199, 0, ContentUnit.NONE) is None


def test_small_packs_may_be_told_per_hundred() -> None:
    assert unit_price(199, 250, G, per_hundred_upto=250) == UnitPrice(80, UnitBase.HUNDRED_GRAMS)
    assert unit_price(199, 251, G, per_hundred_upto=250) == UnitPrice(793, UnitBase.KILOGRAM)
    assert unit_price(199, 50, ML, per_hundred_upto=250) == UnitPrice(398, UnitBase.HUNDRED_MILLILITRES)
    assert unit_price(199, 50, CM, per_hundred_upto=250) == UnitPrice(398, UnitBase.METRE)


@pytest.mark.parametrize(("price_minor", "quantity"), [(-1, 5), (5, -1)])
def test_nothing_negative(price_minor: int, quantity: int) -> None:
    with pytest.raises(ValueError, match="never negative"):
        unit_price(price_minor, quantity, G)


@given(st.integers(0, 10**7), st.integers(1, 10**5), st.sampled_from([G, ML, CM, PC]), st.integers(0, 500))
def test_the_pack_costs_its_share_of_the_unit_price(price_minor: int, quantity: int, unit: ContentUnit, upto: int) -> None:
    told = unit_price(price_minor, quantity, unit, per_hundred_upto=upto)
    if told is None:
        return
    base = {"kg": 1000, "l": 1000, "100 g": 100, "100 ml": 100, "m": 100, "pc": 1}[told.base]
    assert abs(told.price_minor * quantity - price_minor * base) * 2 <= quantity, "off by half a minor unit at most"
