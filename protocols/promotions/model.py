"""What kinds give the engine: offers on units as machines with roles, programmes, coupons, prices and gift conditions.

The engine knows these five shapes and no kind. Units are numbers: places in the canonical order of the basket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from protocols.contract.values import divide_half_up
from protocols.promotions.machine import Machine
from protocols.promotions.rules import WHOLE_BP, Base, Promotion


class Role(NamedTuple):
    """One way to use a unit in an offer: the machine's code and what the unit then counts for, in minor units."""

    code: int
    net_minor: int


@dataclass(frozen=True, slots=True)
class Cheapest:
    """That an offer reduces the cheapest of each group: exact only when units are walked through by falling `price`."""

    take: int
    pay: int
    price: Mapping[int, int]
    off: Mapping[int, int]
    """The reduction of each unit when it is the cheap one; not growing as prices fall."""
    anyhow: Machine
    """The same codes with groups formed at will."""
    counted: Machine
    """The same codes, with numbers checked and no order: a relaxation for any order of walking."""


@dataclass(frozen=True, slots=True)
class UnitOffer:
    """An offer on units: each unit takes a role in at most one of them (rule R4)."""

    promotion: Promotion
    base: Base
    machine: Machine
    roles: Mapping[int, tuple[Role, ...]]
    cheapest: Cheapest | None = None
    group: tuple[int, ...] = ()
    """Units of one application, by slot (one slot: a plain group); empty: every unit is an application of its own."""
    extra: int = 0
    """Of a plain group: how many of its units count a cent differently, because an amount does not divide."""
    relaxed: Machine | None = None
    """When `machine` forbids something the rule allows (it would have too many states): one that allows at least that."""
    gift: bool = False
    most: int = 1 << 30
    """Applications allowed; the machines know, too."""


@dataclass(frozen=True, slots=True)
class Step:
    """One tier of a programme: reach, save, and how many applications it is."""

    reach_minor: int
    off_minor: int
    times: int


@dataclass(frozen=True, slots=True)
class Programme:
    """Spend x, save y: at most one step is taken (rule R5)."""

    promotion: Promotion
    members: frozenset[int]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class CouponUse:
    """One coupon that could be used (rule R6)."""

    promotion: Promotion
    coupon_id: str
    members: frozenset[int]
    off_minor: int
    off_bp: int
    cap_minor: int
    reach_minor: int
    declared: bool

    def saving(self, running_minor: int) -> int:
        """What it takes off a running amount that reaches its threshold."""
        if not self.off_bp:
            return min(self.off_minor, running_minor)
        off = divide_half_up(running_minor * self.off_bp, WHOLE_BP)
        return min(off, self.cap_minor) if self.cap_minor else off


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """A price some units may have (a flash price): the own price of those units while it is taken (rule R3)."""

    promotion: Promotion
    prices: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class GiftCondition:
    """Gifts that are free once an amount is reached."""

    promotion: Promotion
    members: frozenset[int]
    reach_minor: int
    offer: UnitOffer


Part = UnitOffer | Programme | CouponUse | OwnPrice | GiftCondition


def percent_of(amount_minor: int, share_bp: int) -> int:
    """A share of an amount, rounded half up (rule R1)."""
    return divide_half_up(amount_minor * share_bp, WHOLE_BP)
