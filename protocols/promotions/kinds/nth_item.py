"""The nth item at a reduced price."""

from __future__ import annotations

from collections.abc import Iterator

from protocols.promotions.goods import Goods
from protocols.promotions.model import Part, percent_of
from protocols.promotions.rules import GROUP_UNITS_MAX, Promotion
from protocols.promotions.shapes import between_faults, cheapest_offer, share_faults


class NthItem(Promotion, frozen=True, kw_only=True, tag="nth_item"):
    """Of each `nth` units of the scope the cheapest costs `off_bp` less: second at half price is nth 2, off 5,000."""

    nth: int
    off_bp: int

    def faults(self) -> Iterator[str]:
        yield from between_faults("nth", self.nth, 2, GROUP_UNITS_MAX)
        yield from share_faults("off_bp", self.off_bp)

    def group_units(self) -> int:
        return self.nth

    def parts(self, goods: Goods) -> Iterator[Part]:
        price = goods.base(self.base)
        off = {at: percent_of(price[at], self.off_bp) for at in goods.members(self.scope)}
        yield from cheapest_offer(self, goods, self.nth, self.nth - 1, off)
