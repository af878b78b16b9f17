"""A flash price: a price for some time, for so many units of a sale or a member."""

from __future__ import annotations

from typing import ClassVar

from protocols.promotions.rules import Layer, Promotion


class FlashPrice(Promotion, frozen=True, kw_only=True, tag="flash_price"):
    """Units of the scope cost `price_minor` where that is lower. It is an own price (R3): other offers work on it."""

    layer: ClassVar[Layer] = Layer.PRICE

    price_minor: int
