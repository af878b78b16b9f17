"""Random small baskets with offers of every kind, overlapping at will."""

from __future__ import annotations

import random
from dataclasses import dataclass

from protocols.promotions.bundle import Bundle
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
from protocols.promotions.rules import Base, CouponOrder, Promotion, Scope, Slot, Tier
from protocols.promotions.values import Basket, HeldCoupon, PaidDeposit, Shopper, Unit

ITEMS = 6
UNIT_KINDS = ("percent", "amount", "nth", "n_for_m", "mix", "group", "bundle")


@dataclass(frozen=True)
class Case:
    basket: Basket
    bundle: Bundle


def item(number: int) -> str:
    return f"i{number}"


def random_case(seed: int, *, units_max: int = 8, rich: bool = True) -> Case:
    """`rich`: also gifts, flash prices, deposits, limits, list bases and exclusions; else the core of rules R4 to R6."""
    rng = random.Random(seed)
    count = rng.randint(2, units_max)
    prices = {
        number: rng.choice((rng.randint(3, 60), rng.randint(50, 400), 10 * rng.randint(1, 30))) for number in range(ITEMS)
    }
    units = []
    for line in range(count):
        number = rng.randrange(ITEMS)
        list_minor = prices[number] if rng.random() < 0.5 else rng.randint(3, 400)
        member = rich and rng.random() < 0.2
        own = list_minor - rng.randint(0, list_minor // 2) if member else list_minor
        closed = rich and rng.random() < 0.04
        units.append(
            Unit(line + 1, 1, item(number), f"s{number // 2}", f"c{number % 3}", f"b{number % 2}", list_minor, own,
                 "member" if own < list_minor else "list", not closed)
        )  # fmt: skip
    whole = sum(unit.own_minor for unit in units)
    promotions: list[Promotion] = []
    coupons: list[HeldCoupon] = []
    deposits: list[PaidDeposit] = []
    for number in range(rng.randint(1, 5)):
        promotions.append(_unit_offer(rng, f"u{number}", rng.choice(UNIT_KINDS), rich=rich))
    for number in range(rng.choice((0, 1, 1, 2))):
        promotions.append(_threshold(rng, f"t{number}", whole))
    for number in range(rng.choice((0, 0, 1, 2, 3))):
        coupon = _coupon(rng, f"v{number}", whole, rich=rich)
        promotions.append(coupon)
        coupons += [
            HeldCoupon(f"{coupon.promotion_id}-{copy}", coupon.promotion_id) for copy in range(rng.choice((1, 1, 2)))
        ]
    if rich:
        _extras(rng, promotions, deposits, whole)
    shopper = Shopper("m1", frozenset(), tuple(coupons[:4]))
    return Case(Basket(tuple(units), shopper, deposits=tuple(deposits)), Bundle.of(promotions))


def _scope(rng: random.Random) -> Scope:
    if rng.random() < 0.35:
        return Scope()
    return Scope(items=tuple(item(number) for number in range(ITEMS) if rng.random() < 0.55) or (item(0),))


def _extras(rng: random.Random, promotions: list[Promotion], deposits: list[PaidDeposit], whole: int) -> None:
    if rng.random() < 0.2:
        limit = rng.choice((0, 1, 2))
        promotions.append(
            FlashPrice(promotion_id="f0", revision=1, name="flash", starts_ms=0, scope=_scope(rng),
                       price_minor=rng.randint(1, 120), limit_per_sale=limit)
        )  # fmt: skip
    if rng.random() < 0.25:
        buy = rng.choice((0, 1, 2))
        promotions.append(
            Gift(promotion_id="g0", revision=1, name="gift", starts_ms=0, scope=_scope(rng),
                 gift_items=(item(rng.randrange(ITEMS)), item(0)), buy_units=buy,
                 reach_minor=0 if buy else rng.randint(1, max(2, whole)), gift_units=rng.choice((1, 2)))
        )  # fmt: skip
    if rng.random() < 0.15:
        promotions.append(DepositEnlargement(promotion_id="d0", revision=1, name="deposit", starts_ms=0, fold_bp=20_000))
        for number in range(rng.choice((1, 2))):
            deposits.append(PaidDeposit(f"dep{number}", "d0", item(rng.randrange(ITEMS)), rng.choice((10, 50))))
    if len(promotions) > 2 and rng.random() < 0.15:
        one, other = rng.sample(range(len(promotions)), 2)
        changed = {"exclusive_with": (promotions[other].promotion_id,)}
        promotions[one] = _with(promotions[one], **changed)


def _with(promotion: Promotion, **changes: object) -> Promotion:
    fields = {name: getattr(promotion, name) for name in promotion.__struct_fields__}
    return type(promotion)(**{**fields, **changes})


def _unit_offer(rng: random.Random, name: str, kind: str, *, rich: bool) -> Promotion:
    base = {"promotion_id": name, "revision": 1, "name": name, "starts_ms": 0, "scope": _scope(rng)}
    if rich:
        base["base"] = Base.LIST if rng.random() < 0.15 else Base.OWN
        base["limit_per_sale"] = rng.choice((0, 0, 0, 0, 1, 2))
    match kind:
        case "percent":
            return PercentOff(**base, off_bp=rng.choice((500, 1000, 1250, 3300)))
        case "amount":
            return AmountOff(**base, off_minor=rng.randint(1, 60))
        case "nth":
            return NthItem(**base, nth=rng.choice((2, 2, 3)), off_bp=rng.choice((3000, 5000, 10_000)))
        case "n_for_m":
            take = rng.choice((2, 3, 3, 4))
            return NForM(**base, take=take, pay=rng.randint(1, take - 1))
        case "mix":
            if rng.random() < 0.5:
                return MixAndMatch(**base, count=rng.choice((2, 3)), off_bp=2000, or_more=rng.random() < 0.4)
            return MixAndMatch(**base, count=rng.choice((2, 3)), off_minor=rng.randint(1, 100))
        case "group":
            return GroupPrice(**base, count=rng.choice((2, 3)), price_minor=rng.randint(20, 500))
        case _:
            slots = tuple(
                Slot(scope=_scope(rng), quantity=rng.choice((1, 1, 1, 2)), share_minor=rng.randint(5, 150))
                for _ in range(rng.choice((2, 2, 3)))
            )
            del base["scope"]
            return BundlePrice(**base, slots=slots)


def _threshold(rng: random.Random, name: str, whole: int) -> Promotion:
    base = {"promotion_id": name, "revision": 1, "name": name, "starts_ms": 0}
    base["scope"] = Scope() if rng.random() < 0.6 else _scope(rng)
    near = max(2, int(whole * rng.uniform(0.3, 1.05)))
    if rng.random() < 0.3:
        near = max(2, near // 3)
        return Threshold(
            **base,
            tiers=(Tier(reach_minor=near, off_minor=max(1, near // 8)),),
            repeating=True,
            times_max=rng.choice((0, 2)),
        )
    tiers = (Tier(reach_minor=near, off_minor=max(1, near // 6)),)
    if rng.random() < 0.5:
        tiers += (Tier(reach_minor=near + near // 3 + 1, off_minor=max(1, near // 3)),)
    return Threshold(**base, tiers=tiers)


def _coupon(rng: random.Random, name: str, whole: int, *, rich: bool) -> Promotion:
    base = {"promotion_id": name, "revision": 1, "name": name, "starts_ms": 0, "priority": rng.randint(0, 2)}
    base["scope"] = _scope(rng) if rich and rng.random() < 0.25 else Scope()
    base["order"] = CouponOrder.DECLARED if rng.random() < 0.3 else CouponOrder.BEST
    base["limit_per_sale"] = rng.choice((0, 1))
    base["exclusive"] = rng.random() < 0.12
    reach = int(whole * rng.uniform(0, 1)) if rng.random() < 0.7 else 0
    if rng.random() < 0.5:
        return Coupon(**base, off_minor=rng.randint(1, max(2, whole // 4)), reach_minor=reach)
    return Coupon(**base, off_bp=rng.choice((500, 1000, 2000)), cap_minor=rng.choice((0, 40)), reach_minor=reach)
