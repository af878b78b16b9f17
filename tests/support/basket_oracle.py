"""What a small basket costs at least, by trying everything: written from the rulebook, not from the engine.

Every application of every offer is a column; every set of columns that covers each unit at most once is tried with every
choice of programme steps and every order of every set of coupons. Only the sharing out of money (rule R7) is the product's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, permutations, product

from protocols.contract.values import divide_half_up
from protocols.promotions.bundle import Bundle
from protocols.promotions.goods import Goods
from protocols.promotions.kinds.amount_off import AmountOff
from protocols.promotions.kinds.bundle_price import BundlePrice
from protocols.promotions.kinds.coupon import Coupon
from protocols.promotions.kinds.deposit import DepositEnlargement
from protocols.promotions.kinds.flash_price import FlashPrice
from protocols.promotions.kinds.gift import Gift
from protocols.promotions.kinds.group_price import GroupPrice
from protocols.promotions.kinds.mix_and_match import MixAndMatch
from protocols.promotions.kinds.n_for_m import NForM
from protocols.promotions.kinds.nth_item import NthItem
from protocols.promotions.kinds.percent_off import PercentOff
from protocols.promotions.kinds.threshold import Threshold
from protocols.promotions.machine import per_unit
from protocols.promotions.model import CouponUse, Programme, Step, UnitOffer
from protocols.promotions.rules import Base, CouponOrder, Promotion
from protocols.promotions.settle import Application, share_out
from protocols.promotions.values import Basket

EFFORT_MAX = 15_000


class TooLarge(Exception):
    """Trying everything would take too long."""


@dataclass(frozen=True)
class Column:
    promotion: Promotion
    units: tuple[int, ...]
    nets: tuple[int, ...]
    deposit: str = ""

    @property
    def mask(self) -> int:
        return sum(1 << at for at in self.units)


def least_total(basket: Basket, bundle: Bundle) -> int:
    """The optimum. Every promotion of the bundle is taken to be in time and for this customer. Raises `TooLarge`."""
    goods = Goods.of(basket.units, basket.shopper, basket.deposits)
    promotions = [each for each in bundle.promotions if each.promotion_id not in basket.declined]
    flash = [each for each in promotions if isinstance(each, FlashPrice)]
    best = 1 << 60
    for count in range(len(flash) + 1):
        for chosen in combinations(flash, count):
            best = min(best, _least_with(goods, promotions, chosen, best))
    return best + sum(unit.own_minor for unit in goods.units if not unit.open_to_offers)


def _limit(goods: Goods, promotion: Promotion) -> int:
    return goods.limit(promotion, 1 << 30)


def _least_with(goods: Goods, promotions: list[Promotion], flash: tuple[FlashPrice, ...], best: int) -> int:
    own = [unit.own_minor for unit in goods.units]
    for each in flash:
        cheaper = [at for at in goods.members(each.scope) if each.price_minor < goods.own[at]]
        cheaper.sort(key=lambda at: (-goods.own[at], at))
        for at in cheaper[: _limit(goods, each)]:
            own[at] = min(own[at], each.price_minor)
    at_prices = goods.at(own)
    search = _Search(at_prices, promotions, {each.promotion_id for each in flash}, best)
    search.cover(0, 0, [])
    return search.best


class _Search:
    def __init__(self, goods: Goods, promotions: list[Promotion], flash: set[str], best: int) -> None:
        self.goods, self.best, self.flash = goods, best, flash
        self.own = list(goods.own)
        self.lists = [unit.list_minor for unit in goods.units]
        self.open = [at for at, unit in enumerate(goods.units) if unit.open_to_offers]
        self.by_id = {each.promotion_id: each for each in promotions}
        columns = [column for each in promotions for column in _columns(goods, each)]
        self.columns = [column for column in columns if sum(column.nets) <= sum(self.own[at] for at in column.units)]
        self.by_first: dict[int, list[Column]] = {}
        for column in self.columns:
            self.by_first.setdefault(min(column.units), []).append(column)
        self.thresholds = [each for each in promotions if isinstance(each, Threshold)]
        self.programmes = [Programme(each, frozenset(goods.members(each.scope)), ()) for each in self.thresholds]
        self.sequences = list(_sequences(goods, [each for each in promotions if isinstance(each, Coupon)]))
        self.receipt = sorted(self.open, key=lambda at: (goods.units[at].line_no, goods.units[at].unit_no))
        self.seen: set[tuple[object, ...]] = set()
        self.effort = 0

    def cover(self, at: int, mask: int, taken: list[Column]) -> None:
        self.effort += 1
        if self.effort > EFFORT_MAX:
            raise TooLarge
        while at < len(self.own) and mask >> at & 1:
            at += 1
        if at == len(self.own):
            self.leaf(taken)
            return
        self.cover(at + 1, mask, taken)
        for column in self.by_first.get(at, ()):
            if not column.mask & mask and self.allowed(column, taken):
                self.cover(at + 1, mask | column.mask, [*taken, column])

    def allowed(self, column: Column, taken: list[Column]) -> bool:
        if column.deposit and any(each.deposit == column.deposit for each in taken):
            return False
        same = sum(each.promotion is column.promotion for each in taken)
        promotion = column.promotion
        limit = _limit(self.goods, promotion)
        if isinstance(promotion, Gift) and promotion.reach_minor:
            limit = min(limit, promotion.gift_units)
        if isinstance(promotion, MixAndMatch) and promotion.or_more:
            limit = min(limit, 1)
        return same < limit

    def counted(self, taken: list[Column]) -> list[Column]:
        """What units of groups count for: cents that do not divide go to the first of each `count`, dearest down."""
        counts: dict[str, dict[int, int]] = {}
        for promotion in {each.promotion.promotion_id: each.promotion for each in taken}.values():
            if not isinstance(promotion, GroupPrice | MixAndMatch) or getattr(promotion, "or_more", False):
                continue
            units = [at for each in taken if each.promotion is promotion for at in each.units]
            price = self.own if promotion.base is Base.OWN else self.lists
            counts[promotion.promotion_id] = _dearest_down(promotion, units, self.own, price)
        return [
            replace(each, nets=tuple(counts[each.promotion.promotion_id][at] for at in each.units))
            if each.promotion.promotion_id in counts
            else each
            for each in taken
        ]

    def leaf(self, taken: list[Column]) -> None:
        nets = {at: self.own[at] for at in self.open}
        for column in self.counted(taken):
            nets.update(zip(column.units, column.nets, strict=True))
        amount = sum(nets.values())
        for column in taken:
            if isinstance(column.promotion, Gift) and column.promotion.reach_minor:
                members = self.goods.members(column.promotion.scope)
                if sum(nets[at] for at in members) < column.promotion.reach_minor:
                    return
        used = {column.promotion.promotion_id for column in taken} | self.flash
        amounts = tuple(sum(nets[at] for at in each.members) for each in self.programmes)
        key = (frozenset(used), amount, amounts, tuple(sorted((c.units, c.nets) for c in taken)) if self.delicate() else ())
        if key in self.seen:
            return
        self.seen.add(key)
        options = [[None, *self.steps(each, reached)] for each, reached in zip(self.thresholds, amounts, strict=True)]
        for choice in product(*options):
            steps = [(each, step) for each, step in zip(self.programmes, choice, strict=True) if step is not None]
            self.effort += 1
            if amount - sum(step.off_minor for _, step in steps) - self.most_coupons(amount) >= self.best:
                continue
            for sequence in self.sequences:
                ids = used | {each.promotion.promotion_id for each, _ in steps}
                ids |= {each.promotion.promotion_id for each in sequence}
                if self.compatible(ids):
                    self.price(taken, steps, sequence)

    def delicate(self) -> bool:
        return (
            len(self.thresholds) > 1
            or any(len(each.members) < len(self.open) for sequence in self.sequences for each in sequence)
            or any(len(each.members) < len(self.open) for each in self.programmes)
        )

    def most_coupons(self, amount: int) -> int:
        return max((sum(each.saving(amount) for each in sequence) for sequence in self.sequences), default=0)

    def steps(self, promotion: Threshold, reached: int) -> list[Step]:
        limit = _limit(self.goods, promotion)
        if not limit:
            return []
        if promotion.repeating:
            tier = promotion.tiers[0]
            times = min(limit, promotion.times_max or 1 << 30, reached // tier.reach_minor)
            return [Step(tier.reach_minor * n, tier.off_minor * n, n) for n in range(1, times + 1)]
        return [Step(tier.reach_minor, tier.off_minor, 1) for tier in promotion.tiers if tier.reach_minor <= reached]

    def compatible(self, ids: set[str]) -> bool:
        for one, other in combinations(sorted(ids), 2):
            first, second = self.by_id[one], self.by_id[other]
            if other in first.exclusive_with or one in second.exclusive_with:
                return False
            if (
                (first.exclusive or second.exclusive)
                and not isinstance(first, FlashPrice)
                and not isinstance(second, FlashPrice)
            ):
                return False
        return True

    def price(self, taken: list[Column], steps: list[tuple[Programme, Step]], sequence: tuple[CouponUse, ...]) -> None:
        self.effort += 20
        groups = [
            Application(
                UnitOffer(each.promotion, each.promotion.base, per_unit(), {}, gift=isinstance(each.promotion, Gift)),
                each.units,
                counted.nets,
                sum(each.nets),
            )
            for each, counted in zip(taken, self.counted(taken), strict=True)
        ]
        layered = share_out(self.own, self.lists, groups, steps, list(sequence), self.receipt)
        if layered is not None:
            self.best = min(self.best, sum(layered.nets_minor[at] for at in self.open))


def _dearest_down(promotion: GroupPrice | MixAndMatch, units: list[int], own: list[int], price: list[int]) -> dict[int, int]:
    ordered = sorted(units, key=lambda at: (-own[at], at))
    if isinstance(promotion, MixAndMatch) and promotion.off_bp:
        return {at: price[at] - _percent(price[at], promotion.off_bp) for at in ordered}
    amount = promotion.price_minor if isinstance(promotion, GroupPrice) else promotion.off_minor
    share, extra = divmod(amount, promotion.count)
    shares = {at: share + (place % promotion.count < extra) for place, at in enumerate(ordered)}
    return shares if isinstance(promotion, GroupPrice) else {at: price[at] - shares[at] for at in ordered}


def _percent(amount: int, share_bp: int) -> int:
    return divide_half_up(amount * share_bp, 10_000)


def _columns(goods: Goods, each: Promotion) -> Iterator[Column]:
    price = goods.own if each.base is Base.OWN else [unit.list_minor for unit in goods.units]
    members = goods.members(each.scope)
    match each:
        case PercentOff():
            yield from (Column(each, (at,), (price[at] - _percent(price[at], each.off_bp),)) for at in members)
        case AmountOff():
            yield from (Column(each, (at,), (max(0, price[at] - each.off_minor),)) for at in members)
        case NthItem():
            for units in combinations(members, each.nth):
                yield _cheap(each, units, price, 1, each.off_bp)
        case NForM():
            for units in combinations(members, each.take):
                yield _cheap(each, units, price, each.take - each.pay, 10_000)
        case MixAndMatch():
            yield from _mixes(goods, each, members, price)
        case GroupPrice():
            for units in combinations(members, each.count):
                share, extra = divmod(each.price_minor, each.count)
                ordered = sorted(units, key=lambda at: (-goods.own[at], at))
                yield Column(each, tuple(ordered), tuple(share + (n < extra) for n in range(each.count)))
        case BundlePrice():
            yield from _bundles(goods, each)
        case Gift():
            yield from _gifts(goods, each, members)
        case DepositEnlargement():
            for paid in goods.deposits:
                if paid.promotion_id == each.promotion_id:
                    off = _percent(paid.paid_minor, each.fold_bp - 10_000)
                    for at in members:
                        if goods.units[at].item_id == paid.item_id:
                            yield Column(each, (at,), (max(0, price[at] - off),), paid.deposit_id)
        case _:
            return


def _cheap(each: Promotion, units: tuple[int, ...], price: list[int], free: int, off_bp: int) -> Column:
    ordered = sorted(units, key=lambda at: (-price[at], at))
    paid = [price[at] for at in ordered[: len(ordered) - free]]
    reduced = [price[at] - _percent(price[at], off_bp) for at in ordered[len(ordered) - free :]]
    return Column(each, tuple(ordered), (*paid, *reduced))


def _mixes(goods: Goods, each: MixAndMatch, members: list[int], price: list[int]) -> Iterator[Column]:
    counts = range(each.count, len(members) + 1) if each.or_more else [each.count]
    for count in counts:
        for units in combinations(members, count):
            ordered = tuple(sorted(units, key=lambda at: (-goods.own[at], at)))
            if each.off_minor:
                share, extra = divmod(each.off_minor, each.count)
                if any(price[at] < share + (extra > 0) for at in ordered):
                    continue
                nets = tuple(price[at] - share - (n < extra) for n, at in enumerate(ordered))
            else:
                nets = tuple(price[at] - _percent(price[at], each.off_bp) for at in ordered)
            yield Column(each, ordered, nets)


def _bundles(goods: Goods, each: BundlePrice) -> Iterator[Column]:
    seen = set()
    choices = [list(combinations(goods.members(slot.scope), slot.quantity)) for slot in each.slots]
    for chosen in product(*choices):
        units = tuple(at for part in chosen for at in part)
        nets = tuple(slot.share_minor for slot, part in zip(each.slots, chosen, strict=True) for _ in part)
        key = tuple(sorted(zip(units, nets, strict=True)))
        if len(set(units)) == len(units) and key not in seen:
            seen.add(key)
            yield Column(each, units, nets)


def _gifts(goods: Goods, each: Gift, members: list[int]) -> Iterator[Column]:
    for gift in each.gifts(goods):
        if each.reach_minor:
            yield Column(each, (gift,), (0,))
            continue
        for bought in combinations([at for at in members if at != gift], each.buy_units):
            yield Column(each, (*bought, gift), (*(goods.own[at] for at in bought), 0))


def _sequences(goods: Goods, coupons: list[Coupon]) -> Iterator[tuple[CouponUse, ...]]:
    held = []
    for each in coupons:
        members = frozenset(goods.members(each.scope))
        count = min(_limit(goods, each), 1) if each.exclusive else _limit(goods, each)
        if members:
            held += [
                CouponUse(
                    each, coupon.coupon_id, members, each.off_minor, each.off_bp, each.cap_minor, each.reach_minor,
                    each.order is CouponOrder.DECLARED,
                )
                for coupon in goods.coupons(each.promotion_id)[:count]
            ]  # fmt: skip
    for count in range(len(held) + 1):
        for sequence in permutations(held, count):
            declared = [(each.promotion.priority, each.promotion.promotion_id) for each in sequence if each.declared]
            if declared == sorted(declared):
                yield sequence


__all__ = ["TooLarge", "least_total"]
