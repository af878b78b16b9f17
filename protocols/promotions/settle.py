"""From uses of units to applications, from applications to every unit's shares: the one place that decides real money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocols.contract.values import share_largest_remainder
from protocols.promotions.machine import CREDIT
from protocols.promotions.model import Cheapest, CouponUse, Programme, Step, UnitOffer


@dataclass(frozen=True, slots=True)
class Application:
    """One application of an offer: its units, what each counts for toward amounts (a fixed share per slot, rule R4), and
    what they cost together."""

    offer: UnitOffer
    units: tuple[int, ...]
    nets_minor: tuple[int, ...]
    total_minor: int


Uses = Mapping[int, tuple[int, int]]
"""By unit, the offer's number and the code."""


def applications(offers: Sequence[UnitOffer], uses: Uses, order: Sequence[int], own: Sequence[int]) -> list[Application]:
    """Group the uses, in walking order. What forms no full application, or raises the price, is undone (rule R4)."""
    by_offer: dict[int, list[tuple[int, int]]] = {}
    for at in order:
        if at in uses:
            number, code = uses[at]
            by_offer.setdefault(number, []).append((at, code))
    found: list[Application] = []
    for number in sorted(by_offer):
        offer = offers[number]
        saving = [
            (_total(offer, group) - sum(own[at] for at, _ in group), place, group)
            for place, group in enumerate(_groups(offer, by_offer[number], own))
        ]
        kept = sorted(each for each in saving if each[0] <= 0)[: offer.most]
        found.extend(
            Application(offer, tuple(at for at, _ in group), tuple(net for _, net in group), _total(offer, group))
            for _, _, group in kept
        )
    return found


Group = list[tuple[int, int]]
"""Units with what they count for."""


def _groups(offer: UnitOffer, used: list[tuple[int, int]], own: Sequence[int]) -> list[Group]:
    if offer.cheapest is not None:
        matched = _matched(offer.cheapest, used)
        return _by_price(offer.cheapest, [at for at, _ in used]) if matched is None else matched
    if not offer.group:
        return [[(at, _net(offer, at, code))] for at, code in used]
    if offer.gift:
        return _gift_groups(offer, used, own)
    if len(offer.group) == 1:
        count = offer.group[0] or len(used)
        return _plain_groups(offer, used, count, own)
    return _slot_groups(offer, used)


def _net(offer: UnitOffer, at: int, code: int) -> int:
    return next(role.net_minor for role in offer.roles[at] if role.code == code)


def _matched(rule: Cheapest, used: list[tuple[int, int]]) -> list[Group] | None:
    """Reduced units with the paid ones before them; None when a reduced one comes too early."""
    free = rule.take - rule.pay
    open_units: list[int] = []
    groups: list[Group] = []
    due = 0
    for at, code in used:
        if code == CREDIT:
            open_units.append(at)
            continue
        if not due:
            if len(open_units) < rule.pay:
                return None
            groups.append([(paid, rule.price[paid]) for paid in open_units[: rule.pay]])
            del open_units[: rule.pay]
            due = free
        groups[-1].append((at, rule.price[at] - rule.off[at]))
        due -= 1
    if due or any(_dearer_free(rule, group) for group in groups):
        return None
    return groups


def _dearer_free(rule: Cheapest, group: Group) -> bool:
    """A walk in another order than by price may have put a dear unit where a cheap one belongs."""
    prices = [rule.price[at] for at, _ in group]
    return min(prices[: rule.pay]) < max(prices[rule.pay :])


def _by_price(rule: Cheapest, units: list[int]) -> list[Group]:
    """The same units in consecutive groups from the dearest."""
    ordered = sorted(units, key=lambda at: (-rule.price[at], at))
    groups = []
    for start in range(0, len(ordered) - rule.take + 1, rule.take):
        group = ordered[start : start + rule.take]
        paid = [(at, rule.price[at]) for at in group[: rule.pay]]
        groups.append([*paid, *((at, rule.price[at] - rule.off[at]) for at in group[rule.pay :])])
    return groups


def _total(offer: UnitOffer, group: Group) -> int:
    """What the units of one application cost together. Cents that do not divide are counted to the dearest units of the
    offer; here every group has its own."""
    if not offer.extra:
        return sum(net for _, net in group)
    first, other = (_net(offer, group[0][0], code) for code in (0, 2))
    return sum(_net(offer, at, 2) for at, _ in group) + offer.extra * (first - other)


def _plain_groups(offer: UnitOffer, used: list[tuple[int, int]], count: int, own: Sequence[int]) -> list[Group]:
    """Groups of `count`, from the dearest down; where one would raise the price, dear and cheap units are spread over
    them, if that helps: what is counted is the same."""
    priced = [(at, _net(offer, at, code)) for at, code in used]
    groups = [priced[start : start + count] for start in range(0, len(priced) - count + 1, count)]
    if not any(_raises(offer, group, own) for group in groups):
        return groups
    spread: list[Group] = [[] for _ in groups]
    for each in sorted(priced[: count * len(groups)], key=lambda each: (-own[each[0]], each[0])):
        open_groups = [group for group in spread if len(group) < count]
        min(open_groups, key=lambda group: sum(own[at] for at, _ in group)).append(each)
    return groups if any(_raises(offer, group, own) for group in spread) else spread


def _raises(offer: UnitOffer, group: Group, own: Sequence[int]) -> bool:
    return _total(offer, group) > sum(own[at] for at, _ in group)


def _slot_groups(offer: UnitOffer, used: list[tuple[int, int]]) -> list[Group]:
    filled: list[Group] = [[] for _ in offer.group]
    for at, code in used:
        slot = 0 if code == len(offer.group) else code
        filled[slot].append((at, _net(offer, at, code)))
    whole = min(len(each) // quantity for each, quantity in zip(filled, offer.group, strict=True))
    return [
        [each for slot, quantity in enumerate(offer.group) for each in filled[slot][done * quantity : (done + 1) * quantity]]
        for done in range(whole)
    ]


def _gift_groups(offer: UnitOffer, used: list[tuple[int, int]], own: Sequence[int]) -> list[Group]:
    bought = [(at, own[at]) for at, code in used if code == 0]
    given = [(at, 0) for at, code in used if code == 1]
    buy = offer.group[0]
    whole = min(len(given), len(bought) // buy)
    return [[*bought[done * buy : (done + 1) * buy], given[done]] for done in range(whole)]


@dataclass(frozen=True, slots=True)
class Layered:
    """Every unit's way from base to net: what was taken by which promotion, in the order of layers."""

    bases_minor: list[int]
    list_based: frozenset[int]
    shares: list[list[tuple[str, int]]]
    nets_minor: list[int]


def share_out(
    own: Sequence[int],
    list_minor: Sequence[int],
    taken: Sequence[Application],
    steps: Sequence[tuple[Programme, Step]],
    coupons: Sequence[CouponUse],
    receipt_order: Sequence[int],
) -> Layered | None:
    """Rule R7: each saving in proportion to the nets before its layer, largest remainder, ties to the earlier line, no net
    below 0. None when a coupon does not reach its threshold. `receipt_order` is the order of lines.

    A coupon's running amount is what its units count for (rule R4: fixed shares per slot), less what programmes and earlier
    coupons took off them.
    """
    place = {at: number for number, at in enumerate(receipt_order)}
    bases = list(own)
    nets = list(own)
    counts = list(own)
    shares: list[list[tuple[str, int]]] = [[] for _ in own]
    listed: set[int] = set()
    for each in taken:
        units = sorted(each.units, key=place.__getitem__)
        if each.offer.base == "list":
            listed.update(units)
            for at in units:
                bases[at] = nets[at] = list_minor[at]
        for at, net in zip(each.units, each.nets_minor, strict=True):
            counts[at] = net
        saving = sum(nets[at] for at in units) - each.total_minor
        if each.offer.gift:
            units = [at for at, net in zip(each.units, each.nets_minor, strict=True) if net == 0]
        _take(each.offer.promotion.promotion_id, saving, units, [nets[at] for at in units], nets, shares)
    before = list(nets)
    for programme, step in steps:
        units = sorted(programme.members, key=place.__getitem__)
        _take(programme.promotion.promotion_id, step.off_minor, units, [before[at] for at in units], nets, shares)
    granted: dict[frozenset[int], int] = {}
    """By scope, what coupons saved beyond what its units could bear: it does not come back for the next one."""
    for coupon in coupons:
        units = sorted(coupon.members, key=place.__getitem__)
        running = max(0, sum(counts[at] - before[at] + nets[at] for at in units) - granted.get(coupon.members, 0))
        if running < coupon.reach_minor:
            return None
        saving = coupon.saving(running)
        borne = _take(coupon.promotion.promotion_id, saving, units, [nets[at] for at in units], nets, shares)
        granted[coupon.members] = granted.get(coupon.members, 0) + saving - borne
    return Layered(bases, frozenset(listed), shares, nets)


def _take(
    promotion_id: str,
    saving: int,
    units: Sequence[int],
    weights: list[int],
    nets: list[int],
    shares: list[list[tuple[str, int]]],
) -> int:
    """Share `saving` out; what a unit cannot bear (it has reached 0) falls on the others. Returns what was borne."""
    left = min(saving, sum(nets[at] for at in units))
    open_units = list(zip(units, weights, strict=True))
    totals = dict.fromkeys(units, 0)
    while left > 0:
        open_units = [each for each in open_units if nets[each[0]] > 0]
        parts = share_largest_remainder(left, [weight for _, weight in open_units])
        for (at, _), part in zip(open_units, parts, strict=True):
            borne = min(part, nets[at])
            nets[at] -= borne
            totals[at] += borne
            left -= borne
        if not any(weight for _, weight in open_units):
            break
    for at in units:
        if totals[at]:
            shares[at].append((promotion_id, totals[at]))
    return sum(totals.values())
