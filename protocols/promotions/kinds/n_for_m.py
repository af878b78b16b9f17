"""Take n, pay m."""

from __future__ import annotations

from collections.abc import Iterator

from protocols.promotions.goods import Goods
from protocols.promotions.model import Part
from protocols.promotions.rules import GROUP_UNITS_MAX, Promotion
from protocols.promotions.shapes import between_faults, cheapest_offer


class NForM(Promotion, frozen=True, kw_only=True, tag="n_for_m"):
    """Of each `take` units of the scope the cheapest are free; `pay` are paid."""

    take: int
    pay: int

    def faults(self) -> Iterator[str]:
        yield from between_faults("take", self.take, 2, GROUP_UNITS_MAX)
        yield from between_faults("pay", self.pay, 1, self.take - 1)

    def group_units(self) -> int:
        return self.take

    def parts(self, goods: Goods) -> Iterator[Part]:
        price = goods.base(self.base)
        yield from cheapest_offer(self, goods, self.take, self.pay, {at: price[at] for at in goods.members(self.scope)})
