"""What a basket comes to: the one place a total is made. Pure: the same basket, zone, bundle and budget, the same answer.

Order: something off a line by hand, then the promotions (rules R3 to R6), then something off the whole basket by hand,
shared by net (rule R7), then tax, rounded once per rate (rule R13). Per line: net = sum of bases - all shares.

Policy on effort: every change of the basket is priced with `SCAN_NODE_BUDGET`, so that a scan never waits; when that was not
enough for the proof, the `total` command prices once more with the full budget before anybody pays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.catalogue.lookup import Zone
from edge.checkout.basket import Basket, BasketLine
from edge.checkout.engine_question import Working, question, used_coupons
from edge.checkout.offer_words import hint_views, not_applied_views, offer_views
from edge.checkout.rounding import cash_due_minor, remaining_minor
from protocols.contract.sale_parts import Tender, UnitDiscount, UsedCoupon
from protocols.contract.till_basket import HintView, NotAppliedView, OfferView
from protocols.contract.values import (
    TaxMode,
    divide_half_up,
    exclusive_tax_minor,
    inclusive_tax_minor,
    share_largest_remainder,
)
from protocols.promotions import evaluate
from protocols.promotions import values as engine
from protocols.promotions.bundle import Bundle
from protocols.promotions.rules import Layer

SCAN_NODE_BUDGET = 2_000
"""While goods are scanned: some milliseconds on a server core at the most, and enough to prove nearly every usual basket."""
TOTAL_NODE_BUDGET = evaluate.TILL_NODE_BUDGET

BY_HAND_LINE = "manual:line"
BY_HAND_BASKET = "manual:basket"
NOT_DISCOUNTED = frozenset({"gift_card", "presale", "container"})
"""Kinds of line that a discount on the basket passes by, and that earn no points: money changes its form only."""

_LAYERS = {Layer.PRICE: "price", Layer.UNIT: "unit", Layer.BASKET: "threshold", Layer.COUPON: "coupon"}
_RANKS = {layer: rank for rank, layer in enumerate(_LAYERS.values())}


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line that will be sold, with its price. A weighed line is one unit."""

    line: BasketLine
    gross_minor: int
    """At the list price."""
    bases_minor: tuple[int, ...]
    """What each unit starts from, in unit order."""
    discounts: tuple[UnitDiscount, ...]
    """In the order they were taken off."""
    net_minor: int
    tax_minor: int

    @property
    def unit_nets_minor(self) -> tuple[int, ...]:
        """What each unit comes to, in unit order."""
        nets = list(self.bases_minor)
        for discount in self.discounts:
            for unit, share in enumerate(discount.shares_minor):
                nets[unit] -= share
        return tuple(nets)


@dataclass(frozen=True, slots=True)
class PricedBasket:
    """Everything a basket comes to. Money in minor units."""

    lines: tuple[PricedLine, ...] = ()
    """The live lines, in order."""
    gross_minor: int = 0
    """Goods going out at list prices."""
    saved_minor: int = 0
    total_minor: int = 0
    """What goods going out cost, tax included."""
    tax_minor: int = 0
    refund_minor: int = 0
    """What goods coming back pay."""
    paid_minor: int = 0
    """Tenders so far, change taken off."""
    remaining_minor: int = 0
    """total - refund - paid; negative: to be paid back."""
    due_minor: int = 0
    """The same as it would be paid in cash."""
    points_to_earn: int = 0
    """Of a member (rule R12)."""
    proved: bool = True
    lower_bound_minor: int = 0
    """No basket under the rules costs less; equals the total when it is proved."""
    offers: tuple[OfferView, ...] = ()
    hints: tuple[HintView, ...] = ()
    not_applied: tuple[NotAppliedView, ...] = ()
    coupons: tuple[UsedCoupon, ...] = ()
    """The coupons that the best basket uses."""
    bundle_hash: str = ""
    searched: bool = True
    """Nothing better is found with the full effort: it is proved, or the full budget was spent."""

    def line(self, line_no: int) -> PricedLine | None:
        """A live line by its number."""
        return next((each for each in self.lines if each.line.line_no == line_no), None)


NOTHING = PricedBasket()


def price_basket(
    basket: Basket, zone: Zone, bundle: Bundle, *, utc_offset_minutes: int = 0, node_budget: int = SCAN_NODE_BUDGET
) -> PricedBasket:
    """Price a basket with the bundle and the instant it has pinned. The offset is for weekdays and hours alone."""
    work = [_by_hand(line) for line in basket.live_lines]
    answer = None
    if bundle.promotions:
        answer = evaluate.price(question(basket, work, utc_offset_minutes), bundle, node_budget)
        _take_answer(work, answer)
    _off_basket(basket, work)
    taxes = _taxes(work, zone.tax_mode)
    lines = tuple(_priced(each, tax) for each, tax in zip(work, taxes, strict=True))
    return _sum_up(basket, zone, bundle, lines, answer, full_effort=node_budget >= TOTAL_NODE_BUDGET)


def with_tenders(priced: PricedBasket, basket: Basket, zone: Zone) -> PricedBasket:
    """The same goods at the same prices after its tenders changed: nothing is priced anew while people pay."""
    paid_minor = _paid_minor(basket)
    left_minor = remaining_minor(priced.total_minor - priced.refund_minor, paid_minor, zone)
    due_minor = cash_due_minor(left_minor, zone)
    return replace(priced, paid_minor=paid_minor, remaining_minor=left_minor, due_minor=due_minor)


def _paid_minor(basket: Basket) -> int:
    tenders = (*given_tenders(basket), *basket.tenders)
    return sum(tender.amount_minor - tender.change_minor for tender in tenders)


def given_tenders(basket: Basket) -> tuple[Tender, ...]:
    """Money received before this sale: deposits on its goods, and what an order was paid with online."""
    deposits = tuple(
        Tender(kind="deposit", amount_minor=each.paid_minor, reference=each.deposit_id) for each in basket.deposits
    )
    if not basket.order_paid_minor:
        return deposits
    return (*deposits, Tender(kind="order", amount_minor=basket.order_paid_minor, reference=basket.order_id))


def points_of(net_paid_minor: int, minor_digits: int) -> int:
    """One point for each whole unit of the currency (rule R12)."""
    return max(0, net_paid_minor) // int(10**minor_digits)


def _by_hand(line: BasketLine) -> Working:
    """The units of a line at their own prices, less what was taken off by hand."""
    units = 1 if line.grams is not None else line.quantity
    own = line.own_minor // units
    working = Working(line, [own] * units, [own] * units, [])
    if line.manual is not None:
        whole = own * units
        off = divide_half_up(whole * line.manual.percent_bp, 10_000) + line.manual.amount_minor
        shares = share_largest_remainder(max(0, min(off, whole)), working.nets)
        working.take_off(UnitDiscount(promotion_id=BY_HAND_LINE, shares_minor=tuple(shares), layer="manual"))
    return working


def _take_answer(work: list[Working], answer: engine.Priced) -> None:
    """Bases and shares of the engine's units, back to the lines."""
    by_line = {each.line.line_no: each for each in work}
    named = {offer.promotion_id: offer for offer in answer.applied}
    shares: dict[tuple[int, str], list[int]] = {}
    for unit in answer.units:
        each = by_line[unit.line_no]
        by_hand = each.bases[unit.unit_no] - each.nets[unit.unit_no]
        each.bases[unit.unit_no] = unit.base_minor + by_hand
        each.nets[unit.unit_no] = unit.base_minor
        for share in unit.shares:
            of_units = shares.setdefault((unit.line_no, share.promotion_id), [0] * len(each.bases))
            of_units[unit.unit_no] += share.amount_minor
    found = []
    for (line_no, promotion_id), of_units in shares.items():
        offer = named[promotion_id]
        discount = UnitDiscount(
            promotion_id=promotion_id,
            shares_minor=tuple(of_units),
            name=offer.name,
            name_zh=offer.name_zh,
            layer=_LAYERS[offer.layer],
        )
        found.append((by_line[line_no], discount))
    for each, discount in sorted(found, key=lambda pair: _RANKS[pair[1].layer]):
        each.take_off(discount)


def _off_basket(basket: Basket, work: list[Working]) -> None:
    """Something off the whole basket by hand: shared over the lines by net, then over each line's units by net (rule R7)."""
    if basket.manual is None:
        return
    open_lines = [each for each in work if each.line.line_kind not in NOT_DISCOUNTED]
    nets = [sum(each.nets) for each in open_lines]
    off = divide_half_up(sum(nets) * basket.manual.percent_bp, 10_000) + basket.manual.amount_minor
    of_lines = share_largest_remainder(max(0, min(off, sum(nets))), nets)
    for each, of_line in zip(open_lines, of_lines, strict=True):
        shares = tuple(share_largest_remainder(of_line, each.nets))
        each.take_off(UnitDiscount(promotion_id=BY_HAND_BASKET, shares_minor=shares, layer="manual"))


def _taxes(work: list[Working], mode: TaxMode) -> list[int]:
    """Tax per line: rounded once per rate, shared by largest remainder (rule R13)."""
    taxes = [0] * len(work)
    tax_of = inclusive_tax_minor if mode is TaxMode.INCLUSIVE else exclusive_tax_minor
    for rate_bp in {each.line.tax_rate_bp for each in work}:
        places = [place for place, each in enumerate(work) if each.line.tax_rate_bp == rate_bp]
        nets = [sum(work[place].nets) for place in places]
        for place, share in zip(places, share_largest_remainder(tax_of(sum(nets), rate_bp), nets), strict=True):
            taxes[place] = share
    return taxes


def _priced(each: Working, tax_minor: int) -> PricedLine:
    return PricedLine(
        line=each.line,
        gross_minor=each.line.gross_minor,
        bases_minor=tuple(each.bases),
        discounts=tuple(each.discounts),
        net_minor=sum(each.nets),
        tax_minor=tax_minor,
    )


def _sum_up(
    basket: Basket,
    zone: Zone,
    bundle: Bundle,
    lines: tuple[PricedLine, ...],
    answer: engine.Priced | None,
    *,
    full_effort: bool,
) -> PricedBasket:
    net_minor = sum(line.net_minor for line in lines)
    gross_minor = sum(line.gross_minor for line in lines)
    tax_minor = sum(line.tax_minor for line in lines)
    added = tax_minor if zone.tax_mode is TaxMode.EXCLUSIVE else 0
    total_minor = net_minor + added
    refund_minor = sum(each.line.refund_minor for each in basket.returns)
    paid_minor = _paid_minor(basket)
    left_minor = remaining_minor(total_minor - refund_minor, paid_minor, zone)
    return PricedBasket(
        lines=lines,
        gross_minor=gross_minor,
        saved_minor=gross_minor - net_minor,
        total_minor=total_minor,
        tax_minor=tax_minor,
        refund_minor=refund_minor,
        paid_minor=paid_minor,
        remaining_minor=left_minor,
        due_minor=cash_due_minor(left_minor, zone),
        points_to_earn=0 if basket.member is None else points_of(_earning_minor(lines, zone), zone.minor_digits),
        proved=answer is None or answer.proved,
        lower_bound_minor=total_minor if answer is None else _lower_bound(total_minor, lines, zone, answer),
        offers=() if answer is None else offer_views(answer, basket.declined, bundle),
        hints=() if answer is None else hint_views(answer, bundle),
        not_applied=() if answer is None else not_applied_views(answer, bundle, zone.minor_digits),
        coupons=() if answer is None else used_coupons(basket, answer),
        bundle_hash=bundle.hash,
        searched=answer is None or answer.proved or full_effort,
    )


def _earning_minor(lines: tuple[PricedLine, ...], zone: Zone) -> int:
    earning = [line for line in lines if line.line.line_kind not in NOT_DISCOUNTED]
    added = sum(line.tax_minor for line in earning) if zone.tax_mode is TaxMode.EXCLUSIVE else 0
    return sum(line.net_minor for line in earning) + added


def _lower_bound(total_minor: int, lines: tuple[PricedLine, ...], zone: Zone, answer: engine.Priced) -> int:
    """The engine's bound is on nets; tax on top of them widens the gap by its rate and a rounding at most."""
    gap = answer.total_minor - answer.lower_bound_minor
    if gap and zone.tax_mode is TaxMode.EXCLUSIVE:
        rates = {line.line.tax_rate_bp for line in lines}
        gap += gap * max(rates, default=0) // 10_000 + 1 + len(rates)
    return max(0, total_minor - gap)
