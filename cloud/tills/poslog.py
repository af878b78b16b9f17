"""A day of a store in the shape of ARTS POSLog (6.0, as JSON): a transaction for every sale, return, shift and event. Pure.

The names are POSLog's, the values the facts'. Amounts are decimal texts in the store's currency, never floats.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from protocols.contract.event_codes import EventCode
from protocols.contract.facts import FactBody, FactEnvelope
from protocols.contract.sale_parts import SaleLine, Tender
from protocols.contract.till_facts import (
    CashMoved,
    DrawerOpened,
    GoodsReturned,
    LineVoided,
    ReturnedLine,
    SaleAbandoned,
    SaleClosed,
    ShiftClosed,
    ShiftOpened,
    TillEvent,
)
from protocols.contract.values import ClockQuality, TaxMode

VERSION = "6.0.0"


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    Currency: str
    Value: str


class PriceModifier(msgspec.Struct, frozen=True, kw_only=True):
    SequenceNumber: int
    Amount: str
    PromotionID: str
    Description: str
    ReasonCode: str


class Tax(msgspec.Struct, frozen=True, kw_only=True):
    TaxType: str
    TaxGroupID: str
    Percent: str
    Amount: str
    IncludedInPriceFlag: bool


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    ItemID: str
    POSIdentity: str = ""
    Description: str = ""
    Quantity: str = "1"
    UnitOfMeasureCode: str = "EA"
    RegularSalesUnitPrice: str = ""
    ActualSalesUnitPrice: str = ""
    ExtendedAmount: str = ""
    SerialNumber: str = ""
    BatchID: str = ""
    Disposal: str = ""
    """Of a return: where the goods went, or why they came back."""
    RetailPriceModifier: tuple[PriceModifier, ...] = ()
    Tax: tuple[Tax, ...] = ()


class TenderItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    TenderType: str
    Amount: str
    ChangeAmount: str = ""
    AuthorizationCode: str = ""


class LineItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    SequenceNumber: int
    Sale: Item | None = None
    Return: Item | None = None
    Tender: TenderItem | None = None


class Total(msgspec.Struct, frozen=True, kw_only=True):
    TotalType: str
    Amount: str


class RetailTransaction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    ReceiptNumber: str
    LineItem: tuple[LineItem, ...]
    Total: tuple[Total, ...]
    CustomerID: str = ""
    TransactionLink: str = ""
    """Of a return: the sale; of an exchange: its other half."""
    PriceBundle: str = ""


class ControlTransaction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    EventType: str
    EventCode: int = 0
    """Of the SAF-T cash register list, when it has one."""
    Amount: str = ""
    Reason: str = ""
    ApproverID: str = ""
    Reference: str = ""
    Before: str = ""
    After: str = ""


class Transaction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    RetailStoreID: str
    WorkstationID: str
    SequenceNumber: int
    """The journal's: gapless per store, box and stream."""
    BusinessDayDate: str
    EndDateTime: str
    OperatorID: str
    CurrencyCode: str
    TransactionID: str
    BeginDateTime: str = ""
    TillID: str = ""
    CancelFlag: bool = False
    TrainingModeFlag: bool = False
    OfflineFlag: bool = False
    ClockUntrustedFlag: bool = False
    RetailTransaction: RetailTransaction | None = None
    ControlTransaction: ControlTransaction | None = None


class PosLog(msgspec.Struct, frozen=True, kw_only=True):
    Version: str
    RetailStoreID: str
    BusinessDayDate: str
    Transaction: tuple[Transaction, ...]


class Ledger:
    """Turns one store's facts into transactions. `minor_digits` of its currency."""

    def __init__(self, store_id: str, currency: str, minor_digits: int) -> None:
        self._store_id = store_id
        self._currency = currency
        self._digits = minor_digits

    def transaction(self, seq: int, envelope: FactEnvelope, fact: FactBody) -> Transaction | None:
        """What a fact is to an auditor; None when it concerns no till."""
        match fact:
            case SaleClosed():
                return self._sale(seq, envelope, fact)
            case GoodsReturned():
                return self._return(seq, envelope, fact)
            case _:
                control = self._control(fact)
                if control is None:
                    return None
                till_id, cashier_id = str(getattr(fact, "till_id", "")), str(getattr(fact, "cashier_id", ""))
                head = self._head(seq, envelope, till_id, cashier_id, envelope.event_id)
                return msgspec.structs.replace(head, CancelFlag=isinstance(fact, SaleAbandoned), ControlTransaction=control)

    def _head(self, seq: int, envelope: FactEnvelope, till_id: str, cashier_id: str, transaction_id: str) -> Transaction:
        return Transaction(
            RetailStoreID=self._store_id,
            WorkstationID=till_id,
            TillID=till_id,
            SequenceNumber=seq,
            BusinessDayDate=envelope.business_date,
            EndDateTime=instant(envelope.at_ms),
            OperatorID=cashier_id,
            CurrencyCode=self._currency,
            TransactionID=transaction_id,
            ClockUntrustedFlag=envelope.clock is ClockQuality.UNSYNCED,
        )

    def _sale(self, seq: int, envelope: FactEnvelope, sale: SaleClosed) -> Transaction:
        lines = [LineItem(SequenceNumber=line.line_no, Sale=self._sold(line, sale.tax_mode)) for line in sale.lines]
        tenders = self._tenders(len(lines), sale.tenders)
        totals = (
            Total(TotalType="TransactionGrossAmount", Amount=self.text(sale.total_minor)),
            Total(TotalType="TransactionTaxAmount", Amount=self.text(sale.tax_minor)),
            Total(TotalType="TransactionNetAmount", Amount=self.text(sale.total_minor - sale.tax_minor)),
            Total(TotalType="TransactionRoundingAmount", Amount=self.text(sale.rounding_minor)),
        )
        head = self._head(seq, envelope, sale.till_id, sale.cashier_id, sale.sale_id)
        return msgspec.structs.replace(
            head,
            BeginDateTime=instant(sale.opened_at_ms),
            TrainingModeFlag=sale.training,
            RetailTransaction=RetailTransaction(
                ReceiptNumber=f"{sale.receipt.till_id}-{sale.receipt.incarnation}-{sale.receipt.number:06d}",
                LineItem=(*lines, *tenders),
                Total=totals,
                CustomerID=sale.member_id or "",
                TransactionLink=sale.return_id,
                PriceBundle=sale.promotion_bundle,
            ),
        )

    def _return(self, seq: int, envelope: FactEnvelope, back: GoodsReturned) -> Transaction:
        lines = [LineItem(SequenceNumber=line.return_no, Return=self._returned(line, back.tax_mode)) for line in back.lines]
        tenders = self._tenders(len(lines), back.tenders, sign=-1)
        totals = (
            Total(TotalType="TransactionGrossAmount", Amount=self.text(-back.total_minor)),
            Total(TotalType="TransactionTaxAmount", Amount=self.text(-back.tax_minor)),
            Total(TotalType="TransactionRoundingAmount", Amount=self.text(-back.rounding_minor)),
        )
        head = self._head(seq, envelope, back.till_id, back.cashier_id, back.return_id)
        return msgspec.structs.replace(
            head,
            OfflineFlag=back.unverified,
            RetailTransaction=RetailTransaction(
                ReceiptNumber=f"{back.receipt.till_id}-{back.receipt.incarnation}-{back.receipt.number:06d}",
                LineItem=(*lines, *tenders),
                Total=totals,
                CustomerID=back.member_id or "",
                TransactionLink=back.sale_id,
            ),
        )

    def _sold(self, line: SaleLine, mode: TaxMode) -> Item:
        weighed = line.grams is not None
        return Item(
            ItemID=line.item_id,
            POSIdentity=line.gtin,
            Description=line.name,
            Quantity=_thousandths(line.grams) if line.grams is not None else str(line.quantity),
            UnitOfMeasureCode="KGM" if weighed else "EA",
            RegularSalesUnitPrice=self.text(line.list_price_minor),
            ActualSalesUnitPrice=self.text(line.unit_price_minor),
            ExtendedAmount=self.text(line.net_minor),
            SerialNumber=line.serial or "",
            BatchID=line.batch or "",
            RetailPriceModifier=tuple(
                PriceModifier(
                    SequenceNumber=number,
                    Amount=self.text(-sum(discount.shares_minor)),
                    PromotionID=discount.promotion_id,
                    Description=discount.name,
                    ReasonCode=discount.layer,
                )
                for number, discount in enumerate(line.discounts, start=1)
            ),
            Tax=(self._tax(line.tax_class, line.tax_rate_bp, line.tax_minor, mode),),
        )

    def _returned(self, line: ReturnedLine, mode: TaxMode) -> Item:
        weighed = line.grams is not None
        return Item(
            ItemID=line.item_id,
            POSIdentity=line.gtin,
            Description=line.name,
            Quantity=_thousandths(line.grams) if line.grams is not None else str(line.quantity),
            UnitOfMeasureCode="KGM" if weighed else "EA",
            ExtendedAmount=self.text(-line.refund_minor),
            SerialNumber=line.serial or "",
            BatchID=line.batch or "",
            Disposal=f"{line.reason} {'' if line.place is None else line.place.value}".strip(),
            Tax=(self._tax(line.tax_class, line.tax_rate_bp, -line.tax_minor, mode),),
        )

    def _tax(self, tax_class: str, rate_bp: int, tax_minor: int, mode: TaxMode) -> Tax:
        return Tax(
            TaxType="VAT",
            TaxGroupID=tax_class,
            Percent=f"{rate_bp // 100}.{rate_bp % 100:02d}",
            Amount=self.text(tax_minor),
            IncludedInPriceFlag=mode is TaxMode.INCLUSIVE,
        )

    def _tenders(self, after: int, tenders: Iterable[Tender], sign: int = 1) -> list[LineItem]:
        return [
            LineItem(
                SequenceNumber=after + number,
                Tender=TenderItem(
                    TenderType=tender.kind,
                    Amount=self.text(sign * tender.amount_minor),
                    ChangeAmount=self.text(tender.change_minor) if tender.change_minor else "",
                    AuthorizationCode=tender.reference,
                ),
            )
            for number, tender in enumerate(tenders, start=1)
        ]

    def _control(self, fact: FactBody) -> ControlTransaction | None:
        match fact:
            case LineVoided():
                return ControlTransaction(
                    EventType="Void", EventCode=EventCode.VOID, Amount=self.text(fact.net_minor), Reference=fact.sale_id
                )
            case SaleAbandoned():
                return ControlTransaction(
                    EventType="Abandoned",
                    EventCode=EventCode.VOID,
                    Amount=self.text(fact.total_minor),
                    Reference=fact.sale_id,
                )
            case ShiftOpened():
                return ControlTransaction(
                    EventType="ShiftOpened", Amount=self.text(fact.float_minor), Reference=fact.shift_id
                )
            case ShiftClosed():
                return ControlTransaction(
                    EventType="ShiftClosed",
                    EventCode=EventCode.Z_REPORT,
                    Amount=self.text(fact.difference_minor),
                    Reason=fact.why,
                    ApproverID=fact.approver_id,
                    Reference=fact.shift_id,
                )
            case CashMoved():
                code = EventCode.CASH_PUT_IN if fact.amount_minor > 0 else EventCode.CASH_WITHDRAWN
                return ControlTransaction(
                    EventType="CashMoved",
                    EventCode=code,
                    Amount=self.text(fact.amount_minor),
                    Reason=fact.why,
                    ApproverID=fact.approver_id,
                )
            case DrawerOpened():
                return ControlTransaction(
                    EventType="DrawerOpened",
                    EventCode=EventCode.DRAWER_OPENED,
                    Reason=fact.reason,
                    ApproverID=fact.approver_id,
                )
            case TillEvent():
                return self._event(fact)
            case _:
                return None

    def _event(self, fact: TillEvent) -> ControlTransaction:
        known = {int(code): code.name.title().replace("_", "") for code in EventCode}
        return ControlTransaction(
            EventType=known.get(fact.code, "Other"),
            EventCode=fact.code,
            Amount=self.text(fact.amount_minor) if fact.amount_minor else "",
            Reason=fact.detail,
            ApproverID=fact.approver_id,
            Reference=fact.sale_id or fact.shift_id or fact.item_id,
            Before=fact.before,
            After=fact.after,
        )

    def text(self, amount_minor: int) -> str:
        """Minor units as a decimal text: -129 with two digits is `-1.29`."""
        return format(Decimal(amount_minor).scaleb(-self._digits), "f")


def instant(at_ms: int) -> str:
    """ISO 8601, UTC, to the millisecond; empty for an instant no calendar has."""
    try:
        return datetime.datetime.fromtimestamp(at_ms / 1000, datetime.UTC).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError, OSError):
        return ""


def _thousandths(grams: int | None) -> str:
    return format(Decimal(grams or 0).scaleb(-3), "f")
