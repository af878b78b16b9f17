"""The unit price: what a kilogram, a litre, a metre or a piece costs, beside the price of the pack.

Directive 98/6/EC, article 3: both prices are shown, the unit price may be left out when it is the same as the selling price,
and goods sold by weight have only it (their price is per kilogram already). Rounded half up, once, in minor units.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from protocols.contract.values import ContentUnit, divide_half_up


class UnitBase(enum.StrEnum):
    """What a unit price is for; the value is how it is written behind the price."""

    KILOGRAM = "kg"
    LITRE = "l"
    HUNDRED_GRAMS = "100 g"
    HUNDRED_MILLILITRES = "100 ml"
    METRE = "m"
    PIECE = "pc"


_WHOLE = {
    ContentUnit.GRAM: (UnitBase.KILOGRAM, 1000),
    ContentUnit.MILLILITRE: (UnitBase.LITRE, 1000),
    ContentUnit.CENTIMETRE: (UnitBase.METRE, 100),
    ContentUnit.PIECE: (UnitBase.PIECE, 1),
}
_SMALL = {ContentUnit.GRAM: (UnitBase.HUNDRED_GRAMS, 100), ContentUnit.MILLILITRE: (UnitBase.HUNDRED_MILLILITRES, 100)}


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """Minor units for one base."""

    price_minor: int
    base: UnitBase


def unit_price(
    price_minor: int, content_quantity: int, content_unit: ContentUnit, *, per_hundred_upto: int = 0
) -> UnitPrice | None:
    """The unit price of a pack, None when there is none to show: the content is not told, or it is the price itself.

    `per_hundred_upto`: packs of at most this many grams or millilitres are told per 100 g or 100 ml, as trades with small
    packs do; 0: always per kilogram and litre. Raises `ValueError` for a negative price or content.
    """
    if price_minor < 0 or content_quantity < 0:
        raise ValueError("price and content are never negative")
    if content_unit is ContentUnit.NONE or content_quantity == 0:
        return None
    small = content_quantity <= per_hundred_upto and content_unit in _SMALL
    base, quantity = (_SMALL if small else _WHOLE)[content_unit]
    if content_quantity == quantity:
        return None
    return UnitPrice(divide_half_up(price_minor * quantity, content_quantity), base)
