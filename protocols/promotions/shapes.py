"""What several kinds share: the usual shapes of an offer, and the checks of their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from protocols.promotions.goods import Goods
from protocols.promotions.machine import CREDIT, FREE, LAST_FREE, balance, cheapest, cheapest_any, group, per_unit
from protocols.promotions.model import Cheapest, Role, UnitOffer
from protocols.promotions.rules import WHOLE_BP, Promotion


def per_unit_offer(
    promotion: Promotion, goods: Goods, roles: Mapping[int, tuple[Role, ...]], *, most: int | None = None, gift: bool = False
) -> Iterator[UnitOffer]:
    """An offer on single units; roles that save nothing are left out. `most`: applications, beside the limits."""
    useful = {at: each for at, each in roles.items() if each[0].net_minor < goods.own[at]}
    allowed = goods.limit(promotion, len(useful) if most is None else min(most, len(useful)))
    if allowed:
        machine = per_unit() if allowed >= len(useful) else per_unit().limited(allowed)
        yield UnitOffer(promotion, promotion.base, machine, useful, gift=gift, most=allowed)


def cheapest_offer(promotion: Promotion, goods: Goods, take: int, pay: int, off: Mapping[int, int]) -> Iterator[UnitOffer]:
    """An offer that reduces the cheapest units of each group of `take`, each by `off`."""
    possible = len(off) // take
    allowed = goods.limit(promotion, possible)
    if not allowed:
        return
    price = goods.base(promotion.base)
    free = take - pay
    codes = (LAST_FREE,) if free == 1 else (FREE, LAST_FREE)
    roles = {
        at: (Role(CREDIT, price[at]), *(Role(code, price[at] - reduction) for code in codes))
        for at, reduction in off.items()
    }
    ordered, anyhow = cheapest(take, pay), cheapest_any(take, pay, len(off))
    counting = balance(free, pay, free * possible)
    counted = type(counting)(
        counting.size, (counting.steps[0], counting.steps[1], counting.steps[1]), counting.final, (False, False, True)
    )
    if allowed < possible:
        ordered, anyhow, counted = ordered.limited(allowed), anyhow.limited(allowed), counted.limited(allowed)
    details = Cheapest(take, pay, {at: price[at] for at in off}, dict(off), anyhow, counted)
    yield UnitOffer(promotion, promotion.base, ordered, roles, cheapest=details, group=(take,), most=allowed)


def group_offer(
    promotion: Promotion, goods: Goods, count: int, extra: int, first: Mapping[int, int], other: Mapping[int, int]
) -> Iterator[UnitOffer]:
    """An offer on full groups of `count`: the first `extra` units by price count for `first`, the rest for `other`."""
    possible = len(other) // count
    allowed = goods.limit(promotion, possible)
    if not allowed:
        return
    machine = group(count, extra)
    roles = {}
    for at, net in other.items():
        begin = Role(0, first[at] if extra else net)
        among = (Role(1, first[at]),) if extra > 1 else ()
        roles[at] = (begin, *among, Role(2, net)) if count > 1 else (begin,)
    if allowed < possible:
        machine = machine.limited(allowed)
    yield UnitOffer(promotion, promotion.base, machine, roles, group=(count,), extra=extra, most=allowed)


def between_faults(field: str, value: int, least: int, most: int) -> Iterator[str]:
    """Say so when a number is outside its range."""
    if not least <= value <= most:
        yield f"{field} is {value}, it must be {least} to {most}"


def share_faults(field: str, value: int) -> Iterator[str]:
    """A share of a price: above 0, at most all of it."""
    yield from between_faults(field, value, 1, WHOLE_BP)


def positive_faults(field: str, value: int) -> Iterator[str]:
    """An amount above 0."""
    if value <= 0:
        yield f"{field} is {value}, it must be above 0"


def not_negative_faults(field: str, value: int) -> Iterator[str]:
    """An amount of at least 0."""
    if value < 0:
        yield f"{field} is {value}, it must not be negative"
