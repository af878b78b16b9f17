"""A shift added up from its facts: what the X and the Z report say, at the till and at headquarters alike. Pure.

Nothing here is a counter that could drift: the report is a fold over the journal from `ShiftOpened` on, so whoever holds the
facts gets the same report. Amounts are minor units of the zone's currency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from protocols.contract.event_codes import EventCode
from protocols.contract.till_facts import (
    CashMoved,
    DrawerOpened,
    GoodsReturned,
    LineVoided,
    SaleAbandoned,
    SaleClosed,
    ShiftClosed,
    ShiftOpened,
    ShiftTender,
    TillEvent,
)
from protocols.contract.values import TaxMode

ShiftFact = (
    SaleClosed
    | GoodsReturned
    | LineVoided
    | SaleAbandoned
    | ShiftOpened
    | ShiftClosed
    | CashMoved
    | DrawerOpened
    | TillEvent
)
SHIFT_FACTS: tuple[type, ...] = (
    SaleClosed,
    GoodsReturned,
    LineVoided,
    SaleAbandoned,
    ShiftOpened,
    ShiftClosed,
    CashMoved,
    DrawerOpened,
    TillEvent,
)
"""Kinds that concern a shift."""

CASH = "cash"


class TaxRow(msgspec.Struct, frozen=True, kw_only=True):
    """One tax rate over the shift, returns taken off. gross = net + tax."""

    tax_class: str
    rate_bp: int
    net_minor: int
    tax_minor: int
    gross_minor: int


class TenderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One tender over the shift. `received_minor` is what stayed (change taken off), `refunded_minor` what was paid back."""

    kind: str
    sales: int
    received_minor: int
    refunded_minor: int

    @property
    def total_minor(self) -> int:
        """What it brought."""
        return self.received_minor - self.refunded_minor


class OfferRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one promotion took off."""

    promotion_id: str
    name: str
    lines: int
    saved_minor: int


class ShiftReport(msgspec.Struct, frozen=True, kw_only=True):
    """A shift as the X or Z report prints it."""

    shift_id: str
    till_id: str
    cashier_id: str
    opened_at_ms: int
    closed_at_ms: int | None = None
    z_number: int = 0
    float_minor: int = 0
    sale_count: int = 0
    unit_count: int = 0
    """Pieces sold; a weighed line is one."""
    sales_minor: int = 0
    """Totals of sales, tax included, before cash rounding."""
    return_count: int = 0
    returns_minor: int = 0
    discounts_minor: int = 0
    rounding_minor: int = 0
    tax: tuple[TaxRow, ...] = ()
    tenders: tuple[TenderRow, ...] = ()
    offers: tuple[OfferRow, ...] = ()
    cash_in_minor: int = 0
    cash_out_minor: int = 0
    """Taken out outside sales: positive."""
    void_count: int = 0
    voids_minor: int = 0
    abandoned_count: int = 0
    abandoned_minor: int = 0
    drawer_count: int = 0
    """Drawer openings without a sale."""
    copy_count: int = 0
    price_change_count: int = 0
    override_count: int = 0
    suspended_count: int = 0
    exchange_count: int = 0
    first_receipt: int = 0
    last_receipt: int = 0
    counted_minor: int | None = None
    difference_minor: int | None = None
    approver_id: str = ""
    why: str = ""

    @property
    def cash_expected_minor(self) -> int:
        """What should be in the drawer."""
        cash = next((tender.total_minor for tender in self.tenders if tender.kind == CASH), 0)
        return self.float_minor + cash + self.cash_in_minor - self.cash_out_minor

    def shift_tenders(self, counted: dict[str, int]) -> tuple[ShiftTender, ...]:
        """Every tender with what was expected and counted. `counted`: by kind; a kind that is not in it was not counted."""
        kinds = {tender.kind: tender for tender in self.tenders}
        names = [CASH, *sorted(set(kinds) - {CASH}), *sorted(set(counted) - set(kinds) - {CASH})]
        return tuple(self._shift_tender(name, kinds.get(name), counted.get(name)) for name in names)

    def _shift_tender(self, kind: str, row: TenderRow | None, counted_minor: int | None) -> ShiftTender:
        total_minor = 0 if row is None else row.total_minor
        return ShiftTender(
            kind=kind,
            expected_minor=self.cash_expected_minor if kind == CASH else total_minor,
            counted_minor=counted_minor,
            sales=0 if row is None else row.sales,
            refunds_minor=0 if row is None else row.refunded_minor,
        )


@dataclass(slots=True)
class _Sums:
    sales: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    refunded: Counter[str] = field(default_factory=Counter)
    tax: Counter[tuple[str, int]] = field(default_factory=Counter)
    gross: Counter[tuple[str, int]] = field(default_factory=Counter)
    offer_lines: Counter[str] = field(default_factory=Counter)
    offer_saved: Counter[str] = field(default_factory=Counter)
    offer_names: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    receipts: list[int] = field(default_factory=list)


def add_up(shift_id: str, facts: Iterable[tuple[int, ShiftFact]]) -> ShiftReport | None:
    """The report of a shift from (instant, fact) in journal order; None when its opening is not among them.

    Facts of the same till between the opening and the closing belong to it; those that name another shift do not. A training
    sale counts nowhere.
    """
    opened: tuple[int, ShiftOpened] | None = None
    closed: tuple[int, ShiftClosed] | None = None
    sums = _Sums()
    for at_ms, fact in facts:
        if isinstance(fact, ShiftOpened) and fact.shift_id == shift_id:
            opened = (at_ms, fact)
        elif opened is None or fact.till_id != opened[1].till_id:
            continue
        elif isinstance(fact, ShiftClosed) and fact.shift_id == shift_id:
            closed = (at_ms, fact)
            break
        else:
            _count(sums, fact, shift_id)
    return None if opened is None else _report(sums, opened, closed)


def _count(sums: _Sums, fact: ShiftFact, shift_id: str) -> None:
    match fact:
        case SaleClosed() if fact.shift_id == shift_id and not fact.training:
            _sale(sums, fact)
        case GoodsReturned() if fact.shift_id == shift_id:
            _return(sums, fact)
        case CashMoved() if fact.shift_id == shift_id:
            sums.counts["cash_in" if fact.amount_minor >= 0 else "cash_out"] += abs(fact.amount_minor)
        case LineVoided():
            sums.counts["voids"] += 1
            sums.counts["voids_minor"] += fact.net_minor
        case SaleAbandoned():
            sums.counts["abandoned"] += 1
            sums.counts["abandoned_minor"] += fact.total_minor
        case DrawerOpened():
            sums.counts["drawer"] += 1
        case TillEvent():
            sums.counts[f"event/{fact.code}"] += 1
        case _:
            return


def _sale(sums: _Sums, sale: SaleClosed) -> None:
    sums.counts["sales"] += 1
    sums.counts["sales_minor"] += sale.total_minor
    sums.counts["rounding"] += sale.rounding_minor
    sums.counts["exchanges"] += bool(sale.return_id)
    sums.receipts.append(sale.receipt.number)
    for line in sale.lines:
        sums.counts["units"] += line.quantity
        sums.counts["overrides"] += len(line.overrides)
        gross_minor = line.net_minor + (line.tax_minor if sale.tax_mode is TaxMode.EXCLUSIVE else 0)
        sums.gross[line.tax_class, line.tax_rate_bp] += gross_minor
        sums.tax[line.tax_class, line.tax_rate_bp] += line.tax_minor
        for discount in line.discounts:
            sums.offer_lines[discount.promotion_id] += 1
            sums.offer_saved[discount.promotion_id] += sum(discount.shares_minor)
            sums.offer_names.setdefault(discount.promotion_id, discount.name)
    for kind in {tender.kind for tender in sale.tenders}:
        sums.sales[kind] += 1
    for tender in sale.tenders:
        sums.received[tender.kind] += tender.amount_minor - tender.change_minor


def _return(sums: _Sums, back: GoodsReturned) -> None:
    sums.counts["returns"] += 1
    sums.counts["returns_minor"] += back.total_minor
    sums.counts["rounding"] -= back.rounding_minor
    sums.receipts.append(back.receipt.number)
    for line in back.lines:
        sums.counts["overrides"] += len(line.overrides)
        sums.gross[line.tax_class, line.tax_rate_bp] -= line.refund_minor
        sums.tax[line.tax_class, line.tax_rate_bp] -= line.tax_minor
    for tender in back.tenders:
        sums.refunded[tender.kind] += tender.amount_minor


def _report(sums: _Sums, opened: tuple[int, ShiftOpened], closed: tuple[int, ShiftClosed] | None) -> ShiftReport:
    opened_at_ms, opening = opened
    closing = None if closed is None else closed[1]
    counts = sums.counts
    return ShiftReport(
        shift_id=opening.shift_id,
        till_id=opening.till_id,
        cashier_id=opening.cashier_id,
        opened_at_ms=opened_at_ms,
        closed_at_ms=None if closed is None else closed[0],
        z_number=0 if closing is None else closing.z_number,
        float_minor=opening.float_minor,
        sale_count=counts["sales"],
        unit_count=counts["units"],
        sales_minor=counts["sales_minor"],
        return_count=counts["returns"],
        returns_minor=counts["returns_minor"],
        discounts_minor=sum(sums.offer_saved.values()),
        rounding_minor=counts["rounding"],
        tax=_tax_rows(sums),
        tenders=_tender_rows(sums),
        offers=_offer_rows(sums),
        cash_in_minor=counts["cash_in"],
        cash_out_minor=counts["cash_out"],
        void_count=counts["voids"],
        voids_minor=counts["voids_minor"],
        abandoned_count=counts["abandoned"],
        abandoned_minor=counts["abandoned_minor"],
        drawer_count=counts["drawer"],
        copy_count=counts[f"event/{int(EventCode.COPY)}"],
        price_change_count=counts[f"event/{int(EventCode.PRICE_CHANGED)}"],
        override_count=counts["overrides"],
        suspended_count=counts[f"event/{int(EventCode.SUSPENDED)}"],
        exchange_count=counts["exchanges"],
        first_receipt=min(sums.receipts, default=0),
        last_receipt=max(sums.receipts, default=0),
        counted_minor=None if closing is None else closing.counted_minor,
        difference_minor=None if closing is None else closing.difference_minor,
        approver_id="" if closing is None else closing.approver_id,
        why="" if closing is None else closing.why,
    )


def _tax_rows(sums: _Sums) -> tuple[TaxRow, ...]:
    return tuple(
        TaxRow(
            tax_class=tax_class,
            rate_bp=rate_bp,
            net_minor=gross_minor - sums.tax[tax_class, rate_bp],
            tax_minor=sums.tax[tax_class, rate_bp],
            gross_minor=gross_minor,
        )
        for (tax_class, rate_bp), gross_minor in sorted(sums.gross.items(), key=lambda row: (row[0][1], row[0][0]))
    )


def _tender_rows(sums: _Sums) -> tuple[TenderRow, ...]:
    kinds = sorted(set(sums.received) | set(sums.refunded), key=lambda kind: (kind != CASH, kind))
    return tuple(
        TenderRow(kind=kind, sales=sums.sales[kind], received_minor=sums.received[kind], refunded_minor=sums.refunded[kind])
        for kind in kinds
    )


def _offer_rows(sums: _Sums) -> tuple[OfferRow, ...]:
    return tuple(
        OfferRow(
            promotion_id=promotion_id,
            name=sums.offer_names[promotion_id],
            lines=sums.offer_lines[promotion_id],
            saved_minor=saved_minor,
        )
        for promotion_id, saved_minor in sorted(sums.offer_saved.items())
    )
