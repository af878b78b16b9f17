"""Any so many of a scope, reduced together."""

from __future__ import annotations

from collections.abc import Iterator

from protocols.promotions.goods import Goods
from protocols.promotions.machine import at_least
from protocols.promotions.model import Part, Role, UnitOffer, percent_of
from protocols.promotions.rules import GROUP_UNITS_MAX, WHOLE_BP, Promotion
from protocols.promotions.shapes import between_faults, group_offer


class MixAndMatch(Promotion, frozen=True, kw_only=True, tag="mix_and_match"):
    """Any `count` units of the scope: `off_bp` off each, or `off_minor` off together (one of the two is not 0).

    An amount is shared equally, cents that do not divide to the first of each `count`, from the dearest down; units that
    cost less than their share do not take part.
    `or_more`: `count` units or any number above get the percentage, instead of full groups only.
    """

    count: int
    off_bp: int = 0
    off_minor: int = 0
    or_more: bool = False

    def faults(self) -> Iterator[str]:
        yield from between_faults("count", self.count, 2, GROUP_UNITS_MAX)
        yield from between_faults("off_bp", self.off_bp, 0, WHOLE_BP)
        if self.off_minor < 0 or (self.off_minor > 0) == (self.off_bp > 0):
            yield "one of off_bp and off_minor must be above 0, the other 0"
        if self.or_more and self.off_minor:
            yield "or_more goes with off_bp only"

    def group_units(self) -> int:
        return self.count

    def parts(self, goods: Goods) -> Iterator[Part]:
        price = goods.base(self.base)
        members = goods.members(self.scope)
        if self.off_minor:
            each, extra = divmod(self.off_minor, self.count)
            members = [at for at in members if price[at] >= each + (extra > 0)]
            more = {at: price[at] - each - 1 for at in members}
            less = {at: price[at] - each for at in members}
            yield from group_offer(self, goods, self.count, extra, more, less)
            return
        nets = {at: price[at] - percent_of(price[at], self.off_bp) for at in members}
        if not self.or_more:
            yield from group_offer(self, goods, self.count, 0, nets, nets)
        elif len(members) >= self.count and goods.limit(self, 1):
            roles = {at: (Role(0, net), Role(1, net)) for at, net in nets.items()}
            yield UnitOffer(self, self.base, at_least(self.count), roles, group=(0,))
