"""Which promotions can touch a basket at all, found by its goods: a chain has thousands, a basket meets a few."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from protocols.promotions.rules import Promotion
from protocols.promotions.values import Unit


@dataclass(frozen=True, slots=True)
class ScopeIndex:
    """Places of promotions by item, style, brand and category, and those that cover everything."""

    everything: set[int] = field(default_factory=set)
    items: dict[str, set[int]] = field(default_factory=dict)
    styles: dict[str, set[int]] = field(default_factory=dict)
    brands: dict[str, set[int]] = field(default_factory=dict)
    categories: dict[str, set[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, promotions: Sequence[Promotion]) -> ScopeIndex:
        """Of promotions in their canonical order."""
        index = cls()
        for place, promotion in enumerate(promotions):
            for scope in promotion.scopes():
                lists = (scope.items, scope.styles, scope.brands, scope.categories)
                if not any(lists):
                    index.everything.add(place)
                for names, known in zip(lists, (index.items, index.styles, index.brands, index.categories), strict=True):
                    for name in names:
                        known.setdefault(name, set()).add(place)
        return index

    def near(self, units: Iterable[Unit]) -> list[int]:
        """Places of the promotions that name something of these goods, or everything; in order."""
        found = set(self.everything)
        for item, style, brand, category in {(unit.item_id, unit.style_id, unit.brand, unit.category) for unit in units}:
            found |= self.items.get(item, set()) | self.styles.get(style, set()) | self.brands.get(brand, set())
            top = category
            while True:
                found |= self.categories.get(top, set())
                if "/" not in top:
                    break
                top = top.rpartition("/")[0]
        return sorted(found)
