"""What the evaluator is asked and what it answers. Money in minor units; a unit is one piece, or one weighed line.

Everything is a frozen value: the same basket and bundle give the same answer on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from protocols.promotions.rules import Layer

LIST_PRICE = "list"


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of the basket. `own_minor` is the lowest of list, member and marked-down price (R3), `own_reason` which."""

    line_no: int
    unit_no: int
    item_id: str
    style_id: str
    category: str
    brand: str
    list_minor: int
    own_minor: int
    own_reason: str = LIST_PRICE
    open_to_offers: bool = True
    """False (a bag, a deposit, a price changed by hand): it pays its own price and counts toward nothing."""


@dataclass(frozen=True, slots=True)
class HeldCoupon:
    """A coupon the shopper showed, or has in the account."""

    coupon_id: str
    promotion_id: str


@dataclass(frozen=True, slots=True)
class PaidDeposit:
    """A deposit paid for one unit of an item before this sale."""

    deposit_id: str
    promotion_id: str
    item_id: str
    paid_minor: int


@dataclass(frozen=True, slots=True)
class Shopper:
    """Who buys. `used` counts earlier applications per promotion; with no `member_id` the shopper is unknown."""

    member_id: str | None = None
    groups: frozenset[str] = frozenset()
    coupons: tuple[HeldCoupon, ...] = ()
    used: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Basket:
    """What is to be priced, at one instant. The offset of the store's time zone is for weekdays and hours alone."""

    units: tuple[Unit, ...]
    shopper: Shopper = Shopper()
    now_ms: int = 0
    declined: frozenset[str] = frozenset()
    """Promotions the customer does not want."""
    deposits: tuple[PaidDeposit, ...] = ()
    utc_offset_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """What one promotion takes off one unit."""

    promotion_id: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PricedUnit:
    """A unit with its price. `net_minor` = `base_minor` less the sum of its shares, never below 0 (rules R7, R8).

    The base is the unit's own price, or its list price (reason `list`) where the offer it takes works on that.
    """

    line_no: int
    unit_no: int
    base_minor: int
    base_reason: str
    shares: tuple[Share, ...]
    net_minor: int


@dataclass(frozen=True, slots=True)
class AppliedOffer:
    """A promotion that took part. `times` counts applications, `saved_minor` is the sum of its shares."""

    promotion_id: str
    revision: int
    name: str
    name_zh: str
    layer: Layer
    times: int
    saved_minor: int


@dataclass(frozen=True, slots=True)
class NotApplied:
    """A promotion that touches this basket and did not apply: a code of `trace.CODES` and its numbers, `dict(params)`."""

    promotion_id: str
    code: str
    params: tuple[tuple[str, int | str], ...] = ()


@dataclass(frozen=True, slots=True)
class Hint:
    """Add goods for `add_minor` (or `add_units` pieces) of the promotion's scope and save at least `save_minor`."""

    promotion_id: str
    save_minor: int
    add_minor: int = 0
    add_units: int = 0


@dataclass(frozen=True, slots=True)
class GiftUnit:
    """A unit that is free as a gift."""

    promotion_id: str
    line_no: int
    unit_no: int


@dataclass(frozen=True, slots=True)
class Priced:
    """The answer: units in the basket's order, the total and how far it is from the least possible.

    `lower_bound_minor` <= the least total <= `total_minor`; `proved` when the two ends meet. `nodes`: the effort spent.
    """

    units: tuple[PricedUnit, ...]
    total_minor: int
    lower_bound_minor: int
    proved: bool
    applied: tuple[AppliedOffer, ...] = ()
    considered: tuple[NotApplied, ...] = ()
    hints: tuple[Hint, ...] = ()
    coupons_used: tuple[str, ...] = ()
    gifts: tuple[GiftUnit, ...] = ()
    nodes: int = 0
    bundle_hash: str = ""
