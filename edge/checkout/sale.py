"""Closing a sale: a basket, its totals and the money given become one `SaleClosed`. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from edge.checkout.basket import Basket, BasketLine, Totals
from edge.checkout.reasons import Refusal
from protocols.contract.sale_parts import ReceiptNumber, SaleLine, Tender
from protocols.contract.till_facts import LineVoided, SaleAbandoned, SaleClosed
from protocols.contract.values import TaxMode

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
    basket: Basket, totals: Totals, terms: Terms, seat: Seat, *, command_id: str, receipt: ReceiptNumber, tendered_minor: int
) -> SaleClosed:
    """The fact of a paid sale."""
    lines = tuple(
        _line(number, line, tax_minor)
        for number, (line, tax_minor) in enumerate(zip(basket.live_lines, totals.line_tax_minor, strict=True), start=1)
    )
    cash = Tender(kind="cash", amount_minor=tendered_minor, change_minor=tendered_minor - totals.due_minor)
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
        lines=lines,
        total_minor=totals.total_minor,
        tax_minor=totals.tax_minor,
        rounding_minor=totals.due_minor - totals.total_minor,
        tenders=(cash,),
        price_feed_version=terms.price_feed_version,
        opened_at_ms=basket.opened_at_ms,
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
            net_minor=line.net_unless_voided_minor,
        )
        for line in basket.lines
        if line.voided
    ]


def abandoned(basket: Basket, totals: Totals, seat: Seat) -> SaleAbandoned:
    """The fact of a basket thrown away."""
    return SaleAbandoned(
        sale_id=basket.sale_id,
        till_id=seat.till_id,
        cashier_id=seat.cashier_id,
        total_minor=totals.total_minor,
        line_count=len(basket.live_lines),
    )


def _line(number: int, line: BasketLine, tax_minor: int) -> SaleLine:
    return SaleLine(
        line_no=number,
        item_id=line.item_id,
        name=line.name,
        gtin=line.gtin,
        quantity=line.quantity,
        grams=line.grams,
        stock_thousandths=line.stock_thousandths,
        unit_price_minor=line.unit_price_minor,
        price_revision=line.price_revision,
        list_price_minor=line.list_price_minor,
        price_reason=line.price_reason,
        label_revision=line.label_revision,
        net_minor=line.net_minor,
        tax_class=line.tax_class,
        tax_rate_bp=line.tax_rate_bp,
        tax_minor=tax_minor,
    )
