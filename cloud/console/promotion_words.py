"""A promotion, a finding and a trace in plain words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cloud.console import formats
from cloud.console.promotion_answers import Finding, Hint, NotApplied
from cloud.locale.catalogue import Words
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
from protocols.promotions.rules import WHOLE_BP, Promotion, Scope

NAMED_MAX = 3


@dataclass(frozen=True)
class Money:
    """How amounts of a zone are shown."""

    currency: str
    digits: int
    words: Words

    def __call__(self, minor: int) -> str:
        return formats.money(minor, self.currency, self.digits, self.words)


def sentence(promotion: Promotion, money: Money) -> str:
    """What it gives, as a shopper would say it: "Take 3, pay 2: the cheapest are free"."""
    match promotion:
        case PercentOff() | AmountOff() | FlashPrice() | DepositEnlargement():
            return _single(promotion, money)
        case NthItem() | NForM() | GroupPrice() | BundlePrice() | MixAndMatch():
            return _several(promotion, money)
        case Threshold():
            return _threshold(promotion, money)
        case Gift():
            return _gift(promotion, money)
        case Coupon():
            return _coupon(promotion, money)
    return promotion.name


def _single(promotion: PercentOff | AmountOff | FlashPrice | DepositEnlargement, money: Money) -> str:
    say = money.words.say
    match promotion:
        case PercentOff():
            return say("{percent} off each piece", percent=_percent(promotion.off_bp, money))
        case AmountOff():
            return say("{amount} off each piece", amount=money(promotion.off_minor))
        case FlashPrice():
            return say("Each piece for {price}", price=money(promotion.price_minor))
        case DepositEnlargement():
            return say("A deposit of {one} counts as {more}", one=money(1_000), more=money(promotion.fold_bp // 10))


def _several(promotion: NthItem | NForM | GroupPrice | BundlePrice | MixAndMatch, money: Money) -> str:
    say = money.words.say
    match promotion:
        case NthItem() if promotion.off_bp == WHOLE_BP:
            return say("Of {n} pieces the cheapest is free", n=promotion.nth)
        case NthItem():
            percent = _percent(promotion.off_bp, money)
            return say("Of {n} pieces the cheapest is {percent} off", n=promotion.nth, percent=percent)
        case NForM():
            return say("Take {take}, pay {pay}: the cheapest are free", take=promotion.take, pay=promotion.pay)
        case GroupPrice():
            return say("Any {n} pieces for {price} together", n=promotion.count, price=money(promotion.price_minor))
        case BundlePrice():
            price = sum(slot.share_minor * slot.quantity for slot in promotion.slots)
            pieces = sum(slot.quantity for slot in promotion.slots)
            return say("A bundle of {n} pieces for {price}", n=pieces, price=money(price))
        case MixAndMatch():
            return _mix(promotion, money)


def _percent(bp: int, money: Money) -> str:
    return formats.share(bp, money.words)


def _mix(promotion: MixAndMatch, money: Money) -> str:
    say = money.words.say
    if promotion.off_minor:
        return say("Any {n} pieces: {amount} off together", n=promotion.count, amount=money(promotion.off_minor))
    percent = _percent(promotion.off_bp, money)
    if promotion.or_more:
        return say("From {n} pieces on: {percent} off each", n=promotion.count, percent=percent)
    return say("Any {n} pieces: {percent} off each", n=promotion.count, percent=percent)


def _threshold(promotion: Threshold, money: Money) -> str:
    say = money.words.say
    if promotion.repeating and promotion.tiers:
        tier = promotion.tiers[0]
        return say("For every {reach}, save {off}", reach=money(tier.reach_minor), off=money(tier.off_minor))
    tiers = (say("spend {reach}, save {off}", reach=money(t.reach_minor), off=money(t.off_minor)) for t in promotion.tiers)
    told = "; ".join(tiers)
    return told[:1].upper() + told[1:]


def _gift(promotion: Gift, money: Money) -> str:
    words = money.words
    if promotion.buy_units:
        return words.say_many("Buy {n} piece: a gift is free", "Buy {n} pieces: a gift is free", promotion.buy_units)
    return words.say("Spend {reach}: {n} gift free", reach=money(promotion.reach_minor), n=promotion.gift_units)


def _coupon(promotion: Coupon, money: Money) -> str:
    say = money.words.say
    off = money(promotion.off_minor) if promotion.off_minor else _percent(promotion.off_bp, money)
    told = say("Coupon: {off} off", off=off)
    if promotion.cap_minor:
        told += say(", at most {cap}", cap=money(promotion.cap_minor))
    if promotion.reach_minor:
        told += say(", from {reach} on", reach=money(promotion.reach_minor))
    return told


def scope_words(scope: Scope, words: Words, names: Mapping[str, str]) -> str:
    """Which goods, in words. `names`: of items and styles, by id."""
    parts = [names.get(each, each) for each in (*scope.items, *scope.styles, *scope.categories, *scope.brands)]
    if not parts:
        told = words.say("all goods")
    else:
        told = ", ".join(parts[:NAMED_MAX])
        if len(parts) > NAMED_MAX:
            told += words.say(" and {n} more", n=len(parts) - NAMED_MAX)
    if out := len(scope.excluded_items) + len(scope.excluded_categories):
        told += words.say_many(", {n} exception", ", {n} exceptions", out)
    return told


def finding_words(finding: Finding, money: Money) -> str:
    """A finding in the reader's language; the API's own words for a code nobody translated."""
    template = _finding_templates(money.words.say).get(finding.code)
    if finding.code == "refused":
        reasons = (money.words.api(part) for part in finding.detail.split("; "))
        return money.words.say("The rule cannot be: {reason}", reason="; ".join(reasons))
    if template is not None:
        return _filled(template, finding.params, money) or finding.detail
    told = money.words.name("promotion_finding", finding.code)
    return finding.detail if told == finding.code else told


def _finding_templates(say: Callable[..., str]) -> dict[str, str]:
    """Findings that name something; their fields stay to be filled in."""
    cost = _kept("units", "item", "paid_minor", "cost_minor", "count")
    return {
        "unknown_item": say("There is no item {item}.", item="{item}"),
        "unknown_style": say("No item has the style {name}.", name="{name}"),
        "unknown_brand": say("No item has the brand {name}.", name="{name}"),
        "unknown_category": say("No item has the category {name}.", name="{name}"),
        "saves_nothing": say("None of {count} sample baskets becomes cheaper.", count="{count}"),
        "deep": say(
            "Up to {percent} % off (item {item}, {count} samples); the guard rail is {limit} %.",
            **_kept("percent", "item", "count", "limit"),
        ),
        "below_cost": say(
            "Below cost: {units} pieces around item {item}, paid {paid_minor}, cost {cost_minor} ({count} samples).", **cost
        ),
        "below_cost_together": say(
            "Below cost with what is live: {units} pieces around item {item}, paid {paid_minor}, cost {cost_minor}"
            " ({count} samples).",
            **cost,
        ),
        "stacks": say("Given together with: {names}", names="{names}"),
        "beaten": say("Some baskets take another promotion instead: {names}", names="{names}"),
    }


def _kept(*names: str) -> dict[str, str]:
    return {name: "{" + name + "}" for name in names}


def reason_words(found: NotApplied, money: Money) -> str:
    """Why a promotion did not apply."""
    say = money.words.say
    template = {
        "short_amount": say("{missing_minor} short of {reach_minor}", **_kept("missing_minor", "reach_minor")),
        "short_units": say("{missing_units} of {needed_units} pieces missing", **_kept("missing_units", "needed_units")),
        "excluded": say("not together with {by}", by="{by}"),
    }.get(found.code)
    if template is not None:
        return _filled(template, found.params, money) or found.code
    return money.words.name("promotion_reason", found.code)


def hint_words(hint: Hint, money: Money) -> str:
    """Add x, save y."""
    say = money.words.say
    if hint.add_units:
        return say("Add {n} more and save at least {amount}", n=hint.add_units, amount=money(hint.save_minor))
    return say("Add goods for {add} and save at least {amount}", add=money(hint.add_minor), amount=money(hint.save_minor))


def _filled(template: str, params: Mapping[str, int | str], money: Money) -> str:
    """The template with its numbers; empty when an older or newer headquarters names others."""
    try:
        return template.format(**{name: _shown(name, value, money) for name, value in params.items()})
    except KeyError:
        return ""


def _shown(name: str, value: int | str, money: Money) -> str:
    return money(value) if name.endswith("_minor") and isinstance(value, int) else str(value)
