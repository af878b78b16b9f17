"""Larger baskets for measurements: a supermarket's, and the hardest we can think of. Eight overlapping offers, one or two
programmes, up to three coupons."""

from __future__ import annotations

import random

from protocols.promotions.bundle import Bundle
from protocols.promotions.kinds.amount_off import AmountOff
from protocols.promotions.kinds.bundle_price import BundlePrice
from protocols.promotions.kinds.coupon import Coupon
from protocols.promotions.kinds.group_price import GroupPrice
from protocols.promotions.kinds.n_for_m import NForM
from protocols.promotions.kinds.nth_item import NthItem
from protocols.promotions.kinds.percent_off import PercentOff
from protocols.promotions.kinds.threshold import Threshold
from protocols.promotions.rules import Promotion, Scope, Slot, Tier
from protocols.promotions.values import Basket, HeldCoupon, Shopper, Unit
from tests.support.basket_cases import Case

CATEGORIES = 12


def realistic(seed: int, units: int) -> Case:
    """Goods bought several times, retail prices, twelve categories; offers cover one or two of them."""
    rng = random.Random(f"realistic-{seed}-{units}")
    goods = []
    for number in range(60):
        price = rng.choice((99, 149, 199, 249, 299, 399, 499, 599, 799, 999, 1290, 1490, 1990, 2990))
        goods.append((f"i{number}", f"c{number % CATEGORIES}", price))
    basket: list[Unit] = []
    line = 0
    while len(basket) < units:
        line += 1
        item, category, price = rng.choice(goods)
        for copy in range(min(rng.choice((1, 1, 1, 2, 2, 3, 4)), units - len(basket))):
            basket.append(Unit(line, copy + 1, item, item, category, "", price, price))

    def some(count: int) -> Scope:
        return Scope(categories=tuple(f"c{number}" for number in rng.sample(range(CATEGORIES), count)))

    return _case(rng, basket, [some(rng.choice((1, 2))) for _ in range(8)], [some(1), some(1)], some(4))


def adversarial(seed: int, units: int) -> Case:
    """All prices different, every unit in every offer, bundle slots at random; a programme may cut the basket."""
    rng = random.Random(f"adversarial-{seed}-{units}")
    prices = rng.sample(range(150, 5000), units)
    basket = [
        Unit(line + 1, 1, f"i{line}", f"i{line}", f"c{rng.randrange(2)}", f"b{rng.randrange(2)}", price, price)
        for line, price in enumerate(prices)
    ]
    slots = [Scope(brands=("b0",)), Scope(brands=("b1",))]
    return _case(rng, basket, [Scope()] * 8, slots, Scope(categories=("c0",)))


def _case(rng: random.Random, basket: list[Unit], scopes: list[Scope], slots: list[Scope], cutting: Scope) -> Case:
    def common(name: str, scope: Scope) -> dict[str, object]:
        return {"promotion_id": name, "revision": 1, "name": name, "starts_ms": 0, "scope": scope}

    mean = sum(unit.own_minor for unit in basket) // len(basket)
    whole = mean * len(basket)
    promotions: list[Promotion] = [
        NForM(**common("o1", scopes[0]), take=3, pay=2),
        NForM(**common("o2", scopes[1]), take=rng.choice((2, 4, 5)), pay=rng.choice((1, 1))),
        NthItem(**common("o3", scopes[2]), nth=2, off_bp=5000),
        NthItem(**common("o4", scopes[3]), nth=rng.choice((2, 3)), off_bp=rng.choice((3000, 4000))),
        GroupPrice(**common("o5", scopes[4]), count=3, price_minor=int(3 * mean * rng.uniform(0.6, 0.8))),
        BundlePrice(
            **common("o6", Scope()),
            slots=tuple(Slot(scope=each, share_minor=int(mean * rng.uniform(0.5, 0.8))) for each in slots),
        ),
        PercentOff(**common("o7", scopes[6]), off_bp=rng.choice((1000, 1500, 2000))),
        AmountOff(**common("o8", scopes[7]), off_minor=max(10, mean // 8)),
    ]
    for number in range(rng.choice((1, 2))):
        scope = Scope() if rng.random() < 0.5 else cutting
        share = 1.0 if scope == Scope() else 0.4
        first = max(100, int(whole * share * rng.uniform(0.3, 0.8)) // 100 * 100)
        tiers = tuple(
            Tier(reach_minor=first * step // 2, off_minor=max(1, first * step // 20))
            for step in range(2, 2 + rng.choice((1, 2, 3)))
        )
        promotions.append(Threshold(**common(f"t{number}", scope), tiers=tiers))
    coupons = []
    for number in range(rng.choice((0, 1, 2, 3))):
        reach = max(0, int(whole * rng.uniform(0, 0.7)) // 100 * 100)
        if rng.random() < 0.5:
            promotions.append(Coupon(**common(f"v{number}", Scope()), off_minor=max(100, whole // 40), reach_minor=reach))
        else:
            promotions.append(Coupon(**common(f"v{number}", Scope()), off_bp=500, cap_minor=2000, reach_minor=reach))
        coupons.append(HeldCoupon(f"h{number}", f"v{number}"))
    return Case(Basket(tuple(basket), Shopper("m", frozenset(), tuple(coupons))), Bundle.of(promotions))
