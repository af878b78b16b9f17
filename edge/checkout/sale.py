"""A basket, its totals and the money given become one `SaleClosed`; what else a basket that ends tells. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from edge.checkout.basket import Basket
from edge.checkout.pricing import PricedBasket, PricedLine
from edge.checkout.reasons import Refusal
from protocols.contract.sale_parts import ReceiptNumber, SaleLine, Tender
from protocols.contract.till_facts import LineVoided, SaleAbandoned, SaleClosed
from protocols.contract.values import TaxMode, weighed_price_minor

TENDERED_OVER_MAX_MINOR = 1_000_000
"""More than this above what is due is taken for a slip of the finger (10,000.00 in a currency with cents)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every sale of the store at this moment."""

    store_id: str
    currency: str
    tax_mode: TaxMode
    price_feed_version: int


@dataclass(frozen=True, slots=True)
class Seat:
    """Who sells, where."""

    till_id: str
    cashier_id: str
    shift_id: str


def check_expected(expected_due_minor: int | None, due_minor: int) -> None:
    """Raise `Refusal` when the cashier saw another amount due than the basket has."""
    if expected_due_minor is not None and expected_due_minor != due_minor:
        raise Refusal("total_changed", was=expected_due_minor, due=due_minor)


def check_tendered(tendered_minor: int, due_minor: int) -> int:
    """The change to give. Raises `Refusal` when the money is not enough or not plausible."""
    if tendered_minor < due_minor:
        raise Refusal("tendered_too_little", missing=due_minor - max(0, tendered_minor))
    if tendered_minor > due_minor + TENDERED_OVER_MAX_MINOR:
        raise Refusal("tendered_too_much")
    return tendered_minor - due_minor


def closed(
    basket: Basket,
    priced: PricedBasket,
    terms: Terms,
    seat: Seat,
    *,
    command_id: str,
    receipt: ReceiptNumber,
    tenders: tuple[Tender, ...],
    rounding_minor: int = 0,
    return_id: str = "",
) -> SaleClosed:
    """The fact of a paid sale. Total + rounding = what the tenders come to, change taken off."""
    member = basket.member
    return SaleClosed(
        sale_id=basket.sale_id,
        command_id=command_id,
        store_id=terms.store_id,
        till_id=seat.till_id,
        cashier_id=seat.cashier_id,
        shift_id=seat.shift_id,
        receipt=receipt,
        currency=terms.currency,
        tax_mode=terms.tax_mode,
        lines=sold_lines(priced),
        total_minor=priced.total_minor,
        tax_minor=priced.tax_minor,
        rounding_minor=rounding_minor,
        tenders=tenders,
        promotion_bundle=priced.bundle_hash,
        price_feed_version=terms.price_feed_version,
        member_id=None if member is None else member.member_id,
        opened_at_ms=basket.opened_at_ms,
        priced_at_ms=basket.priced_at_ms or basket.opened_at_ms,
        proved=priced.proved,
        lower_bound_minor=None if priced.proved else priced.lower_bound_minor,
        coupons=priced.coupons,
        points_earned=priced.points_to_earn,
        member_fresh=member is None or member.fresh,
        order_id=basket.order_id,
        presale_id=basket.presale_id,
        return_id=return_id,
    )


def voids(basket: Basket, seat: Seat) -> list[LineVoided]:
    """One fact per voided line, told when the sale ends."""
    return [
        LineVoided(
            sale_id=basket.sale_id,
            till_id=seat.till_id,
            cashier_id=seat.cashier_id,
            item_id=line.item_id,
            quantity=line.quantity,
            net_minor=line.own_minor,
        )
        for line in basket.lines
        if line.voided
    ]


def abandoned(basket: Basket, priced: PricedBasket, seat: Seat) -> SaleAbandoned:
    """The fact of a basket thrown away."""
    return SaleAbandoned(
        sale_id=basket.sale_id,
        till_id=seat.till_id,
        cashier_id=seat.cashier_id,
        total_minor=priced.total_minor,
        line_count=len(basket.live_lines),
    )


def sold_lines(priced: PricedBasket) -> tuple[SaleLine, ...]:
    """The lines of the fact, numbered anew without the voided ones. Net = sum of bases - all shares."""
    return tuple(_line(number, line) for number, line in enumerate(priced.lines, start=1))


def _line(number: int, priced: PricedLine) -> SaleLine:
    line, bases = priced.line, priced.bases_minor
    plain_minor = line.unit_price_minor if line.grams is None else weighed_price_minor(line.grams, line.unit_price_minor)
    plain = all(base == plain_minor for base in bases)
    return SaleLine(
        line_no=number,
        item_id=line.item_id,
        name=line.name,
        name_zh=line.name_zh,
        gtin=line.gtin,
        quantity=line.quantity,
        grams=line.grams,
        stock_thousandths=line.stock_thousandths,
        unit_price_minor=line.unit_price_minor,
        price_revision=line.price_revision,
        list_price_minor=line.list_price_minor,
        price_reason=line.price_reason,
        label_revision=line.label_revision,
        net_minor=priced.net_minor,
        tax_class=line.tax_class,
        tax_rate_bp=line.tax_rate_bp,
        tax_minor=priced.tax_minor,
        discounts=priced.discounts,
        overrides=line.overrides,
        batch=line.batch or None,
        serial=line.serial or None,
        expires=line.expires or None,
        line_kind=line.line_kind,
        base_unit_minor=None if plain or len(set(bases)) > 1 else bases[0],
        bases_minor=() if plain else bases,
        tare_grams=line.tare_grams,
        reference=line.reference,
        epcs=line.epcs,
    )
