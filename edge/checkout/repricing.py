"""REPRICE (rule R9): the rest of a sale priced anew with the bundle it pinned. Pure.

What the sale's fact does not tell (the customer's groups, a promotion's limits) could make the engine's answer another one
than at the sale. So it first prices the whole sale: only when that gives what was paid does its answer for the rest count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.checkout.return_sums import Back, Standing
from edge.checkout.sold_units import SoldLine
from protocols.contract.till_facts import SaleClosed
from protocols.contract.values import TaxMode
from protocols.promotions import evaluate
from protocols.promotions import values as engine
from protocols.promotions.bundle import Bundle
from protocols.promotions.returns import repriced

NODE_BUDGET = 100_000
"""Some tens of milliseconds: a return may wait that long, and the whole sale is priced twice."""


class NotRepriceable(ValueError):
    """The sale cannot be priced again as it was; `code` says why. The return pays its stored shares instead."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Kind:
    """What promotions know an item by."""

    style_id: str
    category: str
    brand: str


@dataclass(frozen=True, slots=True)
class AsSold:
    """The conditions the sale was priced under."""

    sale: SaleClosed
    bundle: Bundle
    at_ms: int
    kind_of: Callable[[str], Kind | None]
    groups: frozenset[str] = frozenset()
    utc_offset_minutes: int = 0


def repriced_sums(as_sold: AsSold, standing: Standing, backs: Sequence[Back]) -> list[int]:
    """What each of `backs` pays. Raises `NotRepriceable`."""
    sale, bundle = as_sold.sale, as_sold.bundle
    if sale.tax_mode is not TaxMode.INCLUSIVE:
        raise NotRepriceable("tax_exclusive")
    if any(discount.layer == "manual" for line in sale.lines for discount in line.discounts):
        raise NotRepriceable("by_hand")
    lines = [each for each in standing.lines if each.returnable_units]
    paid_minor = standing.paid_minor
    whole = _basket(as_sold, lines, {})
    if evaluate.price(whole, bundle, NODE_BUDGET).total_minor != paid_minor:
        raise NotRepriceable("priced_otherwise")
    gone: dict[int, set[int]] = {each.line.line_no: set(standing.history.units_back(each.line.line_no)) for each in lines}
    for back in backs:
        gone[back.sold.line.line_no] |= set(back.units)
    stored = [sum(back.sold.pays_minor[unit] for unit in back.units) for back in backs]
    answer = repriced(
        _basket(as_sold, lines, gone),
        bundle,
        paid_minor=paid_minor,
        refunded_minor=standing.history.refunded_minor,
        returned_nets_minor=stored,
        node_budget=NODE_BUDGET,
    )
    return list(answer.unit_refunds_minor)


def _basket(as_sold: AsSold, lines: Sequence[SoldLine], gone: dict[int, set[int]]) -> engine.Basket:
    units = [
        _unit(as_sold, each, unit)
        for each in lines
        for unit in range(each.units)
        if unit not in gone.get(each.line.line_no, ())
    ]
    sale = as_sold.sale
    coupons = tuple(engine.HeldCoupon(coupon.coupon_id, coupon.promotion_id) for coupon in sale.coupons)
    shopper = engine.Shopper(member_id=sale.member_id, groups=as_sold.groups, coupons=coupons)
    return engine.Basket(
        units=tuple(units), shopper=shopper, now_ms=as_sold.at_ms, utc_offset_minutes=as_sold.utc_offset_minutes
    )


def _unit(as_sold: AsSold, each: SoldLine, unit_no: int) -> engine.Unit:
    line = each.line
    kind = as_sold.kind_of(line.item_id)
    if kind is None:
        raise NotRepriceable("item_unknown")
    whole = each.nets_minor[unit_no] + sum(discount.shares_minor[unit_no] for discount in line.discounts)
    own = whole if line.grams is not None else line.unit_price_minor
    anybody = own if line.price_reason == "lower_label" or line.grams is not None else max(own, line.list_price_minor)
    return engine.Unit(
        line_no=line.line_no,
        unit_no=unit_no,
        item_id=line.item_id,
        style_id=kind.style_id,
        category=kind.category,
        brand=kind.brand,
        list_minor=anybody,
        own_minor=own,
        own_reason=line.price_reason,
        open_to_offers=line.line_kind == "goods" and not any(each.what == "price" for each in line.overrides),
    )
