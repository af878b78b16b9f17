"""A fixed amount off each unit."""

from __future__ import annotations

from collections.abc import Iterator

from protocols.promotions.goods import Goods
from protocols.promotions.model import Part, Role
from protocols.promotions.rules import Promotion
from protocols.promotions.shapes import per_unit_offer, positive_faults


class AmountOff(Promotion, frozen=True, kw_only=True, tag="amount_off"):
    """Each unit of the scope costs `off_minor` less, never below 0."""

    off_minor: int

    def faults(self) -> Iterator[str]:
        yield from positive_faults("off_minor", self.off_minor)

    def parts(self, goods: Goods) -> Iterator[Part]:
        price = goods.base(self.base)
        members = goods.members(self.scope)
        yield from per_unit_offer(self, goods, {at: (Role(0, max(0, price[at] - self.off_minor)),) for at in members})
