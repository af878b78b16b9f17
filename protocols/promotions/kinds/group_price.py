"""Any so many of a scope for one price."""

from __future__ import annotations

from collections.abc import Iterator

from protocols.promotions.goods import Goods
from protocols.promotions.model import Part
from protocols.promotions.rules import GROUP_UNITS_MAX, Promotion
from protocols.promotions.shapes import between_faults, group_offer, not_negative_faults


class GroupPrice(Promotion, frozen=True, kw_only=True, tag="group_price"):
    """Any `count` units of the scope cost `price_minor` together, never more than apart.

    Each unit counts for an equal share; cents that do not divide count to the first of each `count`, from the dearest down.
    """

    count: int
    price_minor: int

    def faults(self) -> Iterator[str]:
        yield from between_faults("count", self.count, 1, GROUP_UNITS_MAX)
        yield from not_negative_faults("price_minor", self.price_minor)

    def group_units(self) -> int:
        return self.count

    def _worth(self, goods: Goods) -> list[int]:
        """Members that can be part of a group that does not raise the price: with the dearest others they cost enough."""
        members = goods.members(self.scope)
        dearest = sorted((goods.own[at] for at in members), reverse=True)[: self.count]
        if len(dearest) < self.count:
            return []
        others, last = sum(dearest[: self.count - 1]), dearest[-1]
        return [at for at in members if others + min(goods.own[at], last) >= self.price_minor]

    def parts(self, goods: Goods) -> Iterator[Part]:
        each, extra = divmod(self.price_minor, self.count)
        members = self._worth(goods)
        more, less = dict.fromkeys(members, each + 1), dict.fromkeys(members, each)
        yield from group_offer(self, goods, self.count, extra, more, less)
