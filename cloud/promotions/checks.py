"""Check a promotion: can it be, who must see it first, what is probably not meant. Pure; prices come from the same engine.

Errors forbid publishing. What the zone's guard rails catch (more off than they allow, below cost) asks for a second person.
Warnings are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from cloud.promotions.domain import Finding, Severity
from cloud.promotions.ground import Good, ZoneRules
from cloud.promotions.probes import Part, Probe, may_meet, probes
from protocols.contract.values import PriceLaw
from protocols.promotions.bundle import Bundle
from protocols.promotions.kinds.amount_off import AmountOff
from protocols.promotions.kinds.flash_price import FlashPrice
from protocols.promotions.kinds.percent_off import PercentOff
from protocols.promotions.rules import Promotion
from protocols.promotions.values import AppliedOffer

OVERLAPS_NAMED = 5
_WAS = re.compile(r"\bwas\b|\binstead of\b|\bstatt\b|原价|[€$£¥]\s*\d+.*[→>]", re.IGNORECASE)
"""Names that claim a former price."""


def check(
    promotion: Promotion,
    rules: ZoneRules,
    parts: Sequence[Part],
    live: Sequence[Promotion],
    now_ms: int,
    catalogue: Sequence[Good] = (),
) -> list[Finding]:
    """Everything there is to say. `live`: what stands in the zone's stores, without this one. `catalogue`: for the lint."""
    others = [each for each in live if may_meet(promotion, each)]
    if found := impossible(promotion, now_ms):
        return found
    found = list(_claims(promotion, rules))
    if any(not part.goods for part in parts):
        found.append(_warning("no_goods", "No goods with a price in this zone are part of it."))
    else:
        found += _money(list(probes(promotion, parts, others)), rules, promotion)
    return found + list(_lint(promotion, others, catalogue))


def unknown(items: Sequence[str], words: Sequence[tuple[str, str]]) -> list[Finding]:
    """Findings for goods a scope names that are not there."""
    found = [Finding(Severity.ERROR, "unknown_item", f"There is no item '{item}'.", {"item": item}) for item in items]
    return found + [_warning(f"unknown_{what}", f"No item has the {what} '{name}'.", name=name) for what, name in words]


def impossible(promotion: Promotion, now_ms: int) -> list[Finding]:
    """Why no till would take it, or it could never be given: then nothing else needs to be looked at."""
    if found := list(_period(promotion, now_ms)):
        return found
    reasons = [each.reason for each in Bundle.of([promotion]).refused]
    return [Finding(Severity.ERROR, "refused", reason, {"reason": reason}) for reason in reasons]


def _lint(promotion: Promotion, others: Sequence[Promotion], catalogue: Sequence[Good]) -> Iterator[Finding]:
    """What the engine warns of once this one is there, of it and of what it meets."""
    units = [good.unit(number, 1) for number, good in enumerate(catalogue, 1)]
    known = {(each.promotion_id, each.code) for each in Bundle.of(others, units).warned}
    for each in Bundle.of([promotion, *others], units).warned:
        if (each.promotion_id, each.code) not in known:
            yield _warning(f"lint_{each.code}", f"{each.promotion_id}: {each.text}", promotion=each.promotion_id)


def _period(promotion: Promotion, now_ms: int) -> Iterator[Finding]:
    ends_ms = promotion.ends_ms
    if ends_ms is not None and ends_ms <= promotion.starts_ms:
        yield Finding(Severity.ERROR, "ends_before_start", "It ends before it starts.")
    elif ends_ms is not None and ends_ms <= now_ms:
        yield Finding(Severity.ERROR, "over", "It is over already.")


def _claims(promotion: Promotion, rules: ZoneRules) -> Iterator[Finding]:
    """A former price may only be claimed by a price book, which computes the one the law allows."""
    if rules.price_law is not PriceLaw.EU or not isinstance(promotion, PercentOff | AmountOff | FlashPrice):
        return
    if _WAS.search(f"{promotion.name} {promotion.name_zh}"):
        detail = "Its name claims a former price, which a promotion cannot prove here. Use a price book of promotions."
        yield Finding(Severity.ERROR, "claims_was", detail)


def _money(found: Sequence[Probe], rules: ZoneRules, promotion: Promotion) -> Iterator[Finding]:
    if not found:
        yield _warning("not_probed", "No sample basket is small enough to look at: mind the margin yourself.")
        return
    if all(probe.alone.total_minor >= probe.list_minor for probe in found):
        yield _warning("saves_nothing", f"None of {len(found)} sample baskets becomes cheaper.", count=len(found))
    deep = [probe for probe in found if _off_percent(probe) > rules.off_percent]
    if deep:
        worst = max(deep, key=_off_percent)
        percent, item = _off_percent(worst), worst.goods[0].item_id
        detail = f"Up to {percent} % off ({item}); the guard rail is {rules.off_percent} %."
        numbers: dict[str, int | str] = {"percent": percent, "limit": rules.off_percent, "item": item, "count": len(deep)}
        yield Finding(Severity.APPROVE, "deep", detail, numbers)
    if rules.below_cost:
        yield from _below_cost(found, rules, promotion)
    yield from _meets(found, promotion)


def _off_percent(probe: Probe) -> int:
    """Whole percent a basket becomes cheaper, rounded up: 50.01 is more than 50."""
    listed = probe.list_minor
    return -(-(listed - probe.alone.total_minor) * 100 // listed) if listed else 0


def _below_cost(found: Sequence[Probe], rules: ZoneRules, promotion: Promotion) -> Iterator[Finding]:
    for code, totals in (("below_cost", [p.alone for p in found]), ("below_cost_together", [p.together for p in found])):
        below = [
            (probe, priced.total_minor, cost)
            for probe, priced in zip(found, totals, strict=True)
            if (cost := _cost(probe.goods, rules)) is not None
            and priced.total_minor < cost <= probe.list_minor
            and _has(priced.applied, promotion)
        ]
        if below:
            probe, paid, cost = min(below, key=lambda each: each[1] - each[2])
            item, units = probe.goods[0].item_id, len(probe.goods)
            detail = f"{units} of {item} and what goes with it: {paid} paid, {cost} their cost (minor units)."
            numbers: dict[str, int | str] = {"item": item, "units": units, "paid_minor": paid, "cost_minor": cost}
            yield Finding(Severity.APPROVE, code, detail, {**numbers, "count": len(below)})
            return


def _has(applied: Iterable[AppliedOffer], promotion: Promotion) -> bool:
    return any(each.promotion_id == promotion.promotion_id for each in applied)


def _cost(goods: Sequence[Good], rules: ZoneRules) -> int | None:
    """What the goods cost, tax as in the price; None when one is not known."""
    total = 0
    for good in goods:
        cost = good.cost_at_the_till(rules.tax_mode)
        if cost is None:
            return None
        total += cost
    return total


def _meets(found: Sequence[Probe], promotion: Promotion) -> Iterator[Finding]:
    """Who else takes part in the same baskets."""
    beside: dict[str, str] = {}
    instead: dict[str, str] = {}
    for probe in found:
        mine = _has(probe.together.applied, promotion)
        for each in probe.together.applied:
            if each.promotion_id != promotion.promotion_id:
                (beside if mine else instead)[each.promotion_id] = each.name
    if beside:
        yield _warning("stacks", "Given together with: " + _names(beside), names=_names(beside))
    if only := {key: name for key, name in instead.items() if key not in beside}:
        yield _warning("beaten", "Some baskets take another promotion instead: " + _names(only), names=_names(only))


def _names(found: dict[str, str]) -> str:
    names = sorted(found.values())
    more = f" (+{len(names) - OVERLAPS_NAMED})" if len(names) > OVERLAPS_NAMED else ""
    return ", ".join(names[:OVERLAPS_NAMED]) + more


def _warning(code: str, detail: str, **params: int | str) -> Finding:
    return Finding(Severity.WARNING, code, detail, params)
