"""A bundle: a main dish, a drink and a dessert for one price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from protocols.promotions.goods import Goods
from protocols.promotions.machine import free_of, slots
from protocols.promotions.model import Part, Role, UnitOffer
from protocols.promotions.rules import GROUP_UNITS_MAX, Promotion, Scope, Slot
from protocols.promotions.shapes import between_faults, not_negative_faults

SLOTS_MAX = 6
STATES_MAX = 1_500
"""Of one bundle's machine. Above, fewer bundles are tried than the goods would make, and the answer is not called proved."""


class BundlePrice(Promotion, frozen=True, kw_only=True, tag="bundle"):
    """All `slots` filled cost the sum of their shares, never more than apart. The promotion's own `scope` is not used."""

    slots: tuple[Slot, ...]

    def faults(self) -> Iterator[str]:
        yield from between_faults("slots", len(self.slots), 1, SLOTS_MAX)
        for slot in self.slots:
            yield from between_faults("quantity", slot.quantity, 1, GROUP_UNITS_MAX)
            yield from not_negative_faults("share_minor", slot.share_minor)
        if sum(slot.quantity for slot in self.slots) > GROUP_UNITS_MAX:
            yield f"the slots hold more than {GROUP_UNITS_MAX} units together"

    def group_units(self) -> int:
        return sum(slot.quantity for slot in self.slots)

    def scopes(self) -> tuple[Scope, ...]:
        return tuple(slot.scope for slot in self.slots)

    def touches(self, goods: Goods) -> bool:
        return any(goods.members(slot.scope) for slot in self.slots)

    def missing_units(self, goods: Goods) -> tuple[int, int]:
        missing = sum(max(0, slot.quantity - len(goods.members(slot.scope))) for slot in self.slots)
        return missing, self.group_units()

    def _worth(self, goods: Goods) -> list[list[int]]:
        """By slot, members that can be part of a bundle that does not raise the price."""
        members = [goods.members(slot.scope) for slot in self.slots]
        price = sum(slot.share_minor * slot.quantity for slot in self.slots)
        dearest = [
            sorted((goods.own[at] for at in units), reverse=True)[: slot.quantity]
            for units, slot in zip(members, self.slots, strict=True)
        ]
        whole = sum(sum(each) for each in dearest)
        return [
            [at for at in units if whole - best[-1] + min(goods.own[at], best[-1]) >= price] if best else []
            for units, best in zip(members, dearest, strict=True)
        ]

    def parts(self, goods: Goods) -> Iterator[Part]:
        members = self._worth(goods)
        quantities = tuple(slot.quantity for slot in self.slots)
        apart = len(set().union(*members)) // sum(quantities)
        possible = min(apart, *(len(each) // slot.quantity for each, slot in zip(members, self.slots, strict=True)))
        bundles = goods.limit(self, possible)
        if not bundles:
            return
        roles: dict[int, tuple[Role, ...]] = {}
        for code, (slot, units) in enumerate(zip(self.slots, members, strict=True)):
            for at in units:
                more = (Role(code, slot.share_minor),) if code or slot.quantity > 1 else ()
                begin = (Role(len(self.slots), slot.share_minor),) if code == 0 else ()
                roles[at] = (*roles.get(at, ()), *more, *begin)
        tried = bundles
        while tried > 1 and _states(quantities, tried) > STATES_MAX:
            tried -= 1
        machine = slots(quantities, tried)
        relaxed = free_of(machine) if tried < bundles else None
        yield from _limited(
            UnitOffer(self, self.base, machine, roles, group=quantities, relaxed=relaxed, most=bundles), bundles, possible
        )


def _limited(offer: UnitOffer, bundles: int, possible: int) -> Iterator[UnitOffer]:
    if bundles < possible and offer.relaxed is None:
        limited = offer.machine.limited(bundles)
        yield replace(offer, machine=limited)
    else:
        yield offer


def _states(quantities: tuple[int, ...], bundles: int) -> int:
    count = len(quantities)
    size = 1
    for quantity in quantities:
        size *= quantity * bundles + 1
    return count * size // max(quantity * bundles + 1 for quantity in quantities)
