"""Some percent off each unit."""

from __future__ import annotations

from collections.abc import Iterator

from protocols.promotions.goods import Goods
from protocols.promotions.model import Part, Role, percent_of
from protocols.promotions.rules import Promotion
from protocols.promotions.shapes import per_unit_offer, share_faults


class PercentOff(Promotion, frozen=True, kw_only=True, tag="percent_off"):
    """Each unit of the scope costs `off_bp` less, rounded half up per unit."""

    off_bp: int

    def faults(self) -> Iterator[str]:
        yield from share_faults("off_bp", self.off_bp)

    def parts(self, goods: Goods) -> Iterator[Part]:
        price = goods.base(self.base)
        nets = {at: price[at] - percent_of(price[at], self.off_bp) for at in goods.members(self.scope)}
        yield from per_unit_offer(self, goods, {at: (Role(0, net),) for at, net in nets.items()})
