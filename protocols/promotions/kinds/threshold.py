"""Spend x, save y (满减)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from protocols.promotions.goods import Goods
from protocols.promotions.model import Part, Programme, Step
from protocols.promotions.rules import Layer, Promotion, Reach, Tier
from protocols.promotions.shapes import between_faults, positive_faults

TIERS_MAX = 12
REPEATS_MAX = 200


class Threshold(Promotion, frozen=True, kw_only=True, tag="threshold"):
    """The highest tier reached by the nets of the scope after offers on units (rule R5); a lower one where that is cheaper.

    `repeating`: the single tier counts again for each full multiple (每满), at most `times_max` times (0: no cap).
    """

    layer: ClassVar[Layer] = Layer.BASKET

    tiers: tuple[Tier, ...]
    repeating: bool = False
    times_max: int = 0

    def faults(self) -> Iterator[str]:
        yield from between_faults("tiers", len(self.tiers), 1, TIERS_MAX)
        yield from between_faults("times_max", self.times_max, 0, REPEATS_MAX)
        for tier in self.tiers:
            yield from positive_faults("reach_minor", tier.reach_minor)
            yield from between_faults("off_minor", tier.off_minor, 1, tier.reach_minor)
        if len({tier.reach_minor for tier in self.tiers}) < len(self.tiers):
            yield "two tiers have the same reach_minor"
        if self.repeating and len(self.tiers) != 1:
            yield "a repeating threshold has exactly one tier"

    def reaches(self) -> tuple[Reach, ...]:
        return tuple(
            Reach(tier.reach_minor, tier.off_minor) for tier in sorted(self.tiers, key=lambda tier: tier.reach_minor)
        )

    def next_step(self, goods: Goods, amount_minor: int) -> Step | None:
        """The first step above what is reached, if the limits allow it."""
        if not self.repeating:
            tiers = sorted(self.tiers, key=lambda tier: tier.reach_minor)
            return next(
                (Step(each.reach_minor, each.off_minor, 1) for each in tiers if each.reach_minor > amount_minor), None
            )
        tier = self.tiers[0]
        times = amount_minor // tier.reach_minor + 1
        if times > goods.limit(self, self.times_max or REPEATS_MAX):
            return None
        return Step(tier.reach_minor * times, tier.off_minor * times, times)

    def parts(self, goods: Goods) -> Iterator[Part]:
        members = frozenset(goods.members(self.scope))
        # No application raises the price, so nothing can count for more than everything costs without offers.
        most = sum(price for price, unit in zip(goods.own, goods.units, strict=True) if unit.open_to_offers)
        times = goods.limit(self, self.times_max or REPEATS_MAX) if self.repeating else min(1, goods.limit(self, 1))
        if not members or not times:
            return
        if self.repeating:
            tier = self.tiers[0]
            reached = min(times, most // tier.reach_minor)
            steps = [Step(tier.reach_minor * count, tier.off_minor * count, count) for count in range(1, reached + 1)]
        else:
            steps = [Step(tier.reach_minor, tier.off_minor, 1) for tier in self.tiers if tier.reach_minor <= most]
        if steps:
            yield Programme(self, members, tuple(sorted(steps, key=lambda step: step.reach_minor)))
