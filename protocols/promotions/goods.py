"""The basket as kinds see it: units in canonical order, which of them a scope covers, and what limits are left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from protocols.promotions.rules import Base, Promotion, Scope
from protocols.promotions.values import HeldCoupon, PaidDeposit, Shopper, Unit


def canonical(units: Sequence[Unit]) -> list[Unit]:
    """The order in which everything is computed, whatever the order of scanning."""
    return sorted(
        units,
        key=lambda unit: (
            -unit.own_minor, -unit.list_minor, unit.item_id, unit.style_id, unit.category, unit.brand, unit.own_reason,
            not unit.open_to_offers, unit.line_no, unit.unit_no,
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Goods:
    """`own[i]` is unit i's own price, flash prices included where they are taken."""

    units: tuple[Unit, ...]
    own: tuple[int, ...]
    shopper: Shopper
    deposits: tuple[PaidDeposit, ...]
    _members: dict[int, list[int]] = field(default_factory=dict, repr=False, compare=False)
    """By scope, what it covers: own prices do not change it."""

    @classmethod
    def of(cls, units: Sequence[Unit], shopper: Shopper, deposits: Sequence[PaidDeposit]) -> Goods:
        """In canonical order."""
        ordered = tuple(canonical(units))
        known = tuple(sorted(deposits, key=lambda each: (-each.paid_minor, each.deposit_id)))
        return cls(ordered, tuple(unit.own_minor for unit in ordered), shopper, known)

    def at(self, own: Sequence[int]) -> Goods:
        """The same goods at other own prices."""
        return replace(self, own=tuple(own))

    def members(self, scope: Scope) -> list[int]:
        """Units open to offers that the scope covers."""
        known = self._members.get(id(scope))
        if known is None:
            known = self._members[id(scope)] = self._covered(scope)
        return known

    def _covered(self, scope: Scope) -> list[int]:
        covers = _Covers(scope)
        seen: dict[tuple[str, str, str, str], bool] = {}
        found = []
        for at, unit in enumerate(self.units):
            if not unit.open_to_offers:
                continue
            key = (unit.item_id, unit.style_id, unit.category, unit.brand)
            inside = seen.get(key)
            if inside is None:
                inside = seen[key] = covers.goods(*key)
            if inside:
                found.append(at)
        return found

    def base(self, base: Base) -> Sequence[int]:
        """The price per unit an offer works on."""
        return self.own if base is Base.OWN else [unit.list_minor for unit in self.units]

    def limit(self, promotion: Promotion, natural: int) -> int:
        """Applications allowed now, at most `natural` (what the goods make possible)."""
        if promotion.limit_per_sale:
            natural = min(natural, promotion.limit_per_sale)
        if promotion.limit_per_member:
            natural = min(natural, promotion.limit_per_member - self.shopper.used.get(promotion.promotion_id, 0))
        return max(0, natural)

    def coupons(self, promotion_id: str) -> list[HeldCoupon]:
        """Those held of one promotion, by id; each id once."""
        held = {each.coupon_id: each for each in self.shopper.coupons if each.promotion_id == promotion_id}
        return [held[each] for each in sorted(held)]


class _Covers:
    """A scope made ready for many questions."""

    def __init__(self, scope: Scope) -> None:
        self._items = frozenset(scope.items)
        self._styles = frozenset(scope.styles)
        self._categories = scope.categories
        self._brands = frozenset(scope.brands)
        self._no_items = frozenset(scope.excluded_items)
        self._no_categories = scope.excluded_categories
        self._all = not (scope.items or scope.styles or scope.categories or scope.brands)

    def goods(self, item: str, style: str, category: str, brand: str) -> bool:
        """Whether goods with these four names are inside."""
        if item in self._no_items or _below(category, self._no_categories):
            return False
        return (
            self._all
            or item in self._items
            or style in self._styles
            or brand in self._brands
            or _below(category, self._categories)
        )


def _below(category: str, tops: Sequence[str]) -> bool:
    return any(category == top or category.startswith(f"{top}/") for top in tops)
