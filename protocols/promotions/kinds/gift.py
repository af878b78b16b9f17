"""A gift with the purchase."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from protocols.promotions.goods import Goods
from protocols.promotions.machine import balance
from protocols.promotions.model import GiftCondition, Part, Role, UnitOffer
from protocols.promotions.rules import GROUP_UNITS_MAX, Layer, Promotion, Reach, Scope
from protocols.promotions.shapes import between_faults, not_negative_faults, per_unit_offer


class Gift(Promotion, frozen=True, kw_only=True, tag="gift"):
    """A unit of `gift_items` in the basket is free when the scope reaches `reach_minor`, or for each `buy_units` of it.

    One of the two is not 0. `gift_units` is how many are free when the amount is reached. What is given does not count
    toward its own condition; bought units that earn a gift take no other offer on units. When the condition is met and no
    gift lies in the basket, the answer has a hint.
    """

    layer: ClassVar[Layer] = Layer.UNIT

    gift_items: tuple[str, ...]
    reach_minor: int = 0
    buy_units: int = 0
    gift_units: int = 1

    def faults(self) -> Iterator[str]:
        if not self.gift_items:
            yield "gift_items names no item"
        yield from not_negative_faults("reach_minor", self.reach_minor)
        yield from between_faults("buy_units", self.buy_units, 0, GROUP_UNITS_MAX)
        yield from between_faults("gift_units", self.gift_units, 1, GROUP_UNITS_MAX)
        if (self.reach_minor > 0) == (self.buy_units > 0):
            yield "one of reach_minor and buy_units must be above 0, the other 0"

    def gifts(self, goods: Goods) -> list[int]:
        """Units of the basket that may be given."""
        items = frozenset(self.gift_items)
        return [at for at, unit in enumerate(goods.units) if unit.open_to_offers and unit.item_id in items]

    def group_units(self) -> int:
        return self.buy_units or 1

    def scopes(self) -> tuple[Scope, ...]:
        return self.scope, Scope(items=self.gift_items)

    def touches(self, goods: Goods) -> bool:
        return bool(goods.members(self.scope) or self.gifts(goods))

    def reaches(self) -> tuple[Reach, ...]:
        return (Reach(self.reach_minor),) if self.reach_minor else ()

    def parts(self, goods: Goods) -> Iterator[Part]:
        given = self.gifts(goods)
        members = goods.members(self.scope)
        if not given or not members:
            return
        if self.reach_minor:
            free = {at: (Role(0, 0),) for at in given if goods.own[at] > 0}
            for offer in per_unit_offer(self, goods, free, most=self.gift_units, gift=True):
                yield GiftCondition(self, frozenset(members), self.reach_minor, offer)
            return
        uses = goods.limit(self, min(len(given), len(members) // self.buy_units))
        if uses:
            roles = {at: (Role(0, goods.own[at]),) for at in members}
            for at in given:
                roles[at] = (*roles.get(at, ()), Role(1, 0))
            machine = balance(1, self.buy_units, uses)
            machine = machine.limited(uses) if uses < len(given) else machine
            yield UnitOffer(self, self.base, machine, roles, group=(self.buy_units, 1), gift=True, most=uses)
