"""What every promotion says, whatever its kind: who, when, which goods, and what it may be combined with.

A promotion is data that headquarters writes, versions and publishes. Kinds add their own numbers (`kinds/`).
Reading is strict: a field this software does not know may change a price, so such a row is refused, never guessed.

Money in minor units, shares in basis points (10,000 = 100 %), times in milliseconds since 1970 UTC, `starts_ms` included,
`ends_ms` excluded: two tills with the same clock agree at the edge.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import msgspec

if TYPE_CHECKING:
    from protocols.promotions.goods import Goods
    from protocols.promotions.model import Part

WHOLE_BP = 10_000
IDS_MAX = 5_000
"""In one list of a scope."""
GROUP_UNITS_MAX = 24
"""Units of one application: of a group, or of all slots of a bundle."""


class Layer(enum.StrEnum):
    """Where a promotion works (rules R3 to R6): prices first, then units, then the basket, coupons last."""

    PRICE = "price"
    UNIT = "unit"
    BASKET = "basket"
    COUPON = "coupon"


class Base(enum.StrEnum):
    """The price an offer on units works on (rule R3)."""

    OWN = "own"
    """What the unit costs this customer anyway: the lowest of list, member, markdown and flash price."""
    LIST = "list"
    """The list price instead, when the offer is not meant to stack with a member's or a marked-down price."""


class Scope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which goods. The four positive lists are alternatives; all four empty: everything. A category covers those below it,
    written with slashes: `fresh` covers `fresh/dairy`."""

    items: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    excluded_items: tuple[str, ...] = ()
    excluded_categories: tuple[str, ...] = ()


class Hours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Part of a local day, in minutes after midnight, the end excluded. A start after the end runs over midnight."""

    from_minute: int
    to_minute: int


class Promotion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every kind has. `promotion_id` orders ties (rule R10)."""

    layer: ClassVar[Layer] = Layer.UNIT

    promotion_id: str
    revision: int
    name: str
    name_zh: str = ""
    starts_ms: int
    ends_ms: int | None = None
    """None: until it is withdrawn."""
    weekdays: tuple[int, ...] = ()
    """1 Monday to 7 Sunday, of the store's local day; empty: every day."""
    hours: tuple[Hours, ...] = ()
    customer_groups: tuple[str, ...] = ()
    """The shopper must be in one of them; empty: everybody."""
    scope: Scope = Scope()
    base: Base = Base.OWN
    priority: int = 0
    """Order of coupons taken in declared order: lower first, then by id."""
    exclusive: bool = False
    """Allows no other promotion of the layers unit, basket and coupon in the sale."""
    exclusive_with: tuple[str, ...] = ()
    """Promotions it is never combined with in one sale; saying it on one side is enough."""
    limit_per_sale: int = 0
    """Applications in one sale (an offer on single units: units; coupons: how many); 0: no limit."""
    limit_per_member: int = 0
    """Applications over all sales of a member; an unknown shopper cannot have it. 0: no limit."""

    def faults(self) -> Iterator[str]:
        """What is wrong with the numbers of this kind, in words; nothing when all is well."""
        raise NotImplementedError

    def parts(self, goods: Goods) -> Iterator[Part]:
        """What the promotion means for these goods, in the engine's shapes; nothing when it cannot fire."""
        raise NotImplementedError

    def scopes(self) -> tuple[Scope, ...]:
        """All goods it names."""
        return (self.scope,)

    def touches(self, goods: Goods) -> bool:
        """Whether it concerns these goods at all."""
        return bool(goods.members(self.scope))

    def missing_units(self, goods: Goods) -> tuple[int, int]:
        """How many units one application lacks, and how many it needs."""
        return max(0, self.group_units() - len(goods.members(self.scope))), self.group_units()

    def group_units(self) -> int:
        """Units of one application."""
        return 1

    def reaches(self) -> tuple[Reach, ...]:
        """The amounts it asks for, least first."""
        return ()


class Tier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Spend `reach_minor`, save `off_minor`."""

    reach_minor: int
    off_minor: int


@dataclass(frozen=True, slots=True)
class Reach:
    """An amount that has to be reached, and what it brings (one of the two, or neither)."""

    reach_minor: int
    off_minor: int = 0
    off_bp: int = 0


class Slot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One place of a bundle: `quantity` units of `scope`, each paid with `share_minor` of the bundle's price."""

    scope: Scope
    quantity: int = 1
    share_minor: int


class CouponOrder(enum.StrEnum):
    """How several coupons follow each other (rule R6)."""

    BEST = "best"
    """In the order that is best for the customer."""
    DECLARED = "declared"
    """By priority, then id."""
