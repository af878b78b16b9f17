"""A flash price: a price for some time, for so many units of a sale or a member."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from protocols.promotions.goods import Goods
from protocols.promotions.model import OwnPrice, Part
from protocols.promotions.rules import Layer, Promotion
from protocols.promotions.shapes import not_negative_faults


class FlashPrice(Promotion, frozen=True, kw_only=True, tag="flash_price"):
    """Units of the scope cost `price_minor` where that is lower. It is an own price (R3): other offers work on it.

    With a limit the units that save most have it. It is taken as a whole, or declined as a whole where that is cheaper.
    """

    layer: ClassVar[Layer] = Layer.PRICE

    price_minor: int

    def faults(self) -> Iterator[str]:
        yield from not_negative_faults("price_minor", self.price_minor)

    def parts(self, goods: Goods) -> Iterator[Part]:
        cheaper = [at for at in goods.members(self.scope) if self.price_minor < goods.own[at]]
        cheaper.sort(key=lambda at: (-goods.own[at], at))
        taken = cheaper[: goods.limit(self, len(cheaper))]
        if taken:
            yield OwnPrice(self, dict.fromkeys(taken, self.price_minor))
