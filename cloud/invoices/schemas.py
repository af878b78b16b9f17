"""Invoices as they cross HTTP."""

from __future__ import annotations

import datetime
from typing import Literal

from pydantic import BaseModel, Field

from cloud.invoices.service import Standing
from cloud.invoices.store import DocumentRow, PendingRow


class InvoiceBody(BaseModel):
    """Whose invoice. One of `sale_id` and `receipt` names the sale."""

    sale_id: str = Field("", description="As in the receipt's QR code; works before the sale has arrived")
    receipt: str = Field("", description="As printed: till-incarnation-number")
    buyer_name: str
    buyer_tax_number: str = ""
    deliver_to: str = ""


class DocumentView(BaseModel):
    """An invoice, or a red letter that takes a part of it back. Amounts are positive."""

    document_id: str
    store_id: str
    sale_id: str
    return_id: str
    kind: str = Field(description="invoice, red_letter")
    state: str = Field(description="pending, issued, failed")
    currency: str
    amount_minor: int
    tax_minor: int
    number: str
    detail: str
    made_at_ms: int

    @classmethod
    def of(cls, row: DocumentRow) -> DocumentView:
        """One paper."""
        return cls(**vars(row))


class InvoiceView(BaseModel):
    """How the invoice of a sale stands."""

    store_id: str
    sale_id: str
    buyer_name: str
    asked_at_ms: int
    state: str = Field(description="waiting: the sale has not arrived; else of the invoice")
    documents: list[DocumentView]

    @classmethod
    def of(cls, standing: Standing) -> InvoiceView:
        """A request with its papers."""
        invoice = next((row for row in standing.documents if row.kind == "invoice"), None)
        return cls(
            store_id=standing.request.store_id,
            sale_id=standing.request.sale_id,
            buyer_name=standing.request.buyer_name,
            asked_at_ms=standing.request.asked_at_ms,
            state="waiting" if invoice is None else invoice.state,
            documents=[DocumentView.of(row) for row in standing.documents],
        )


class RequestedView(BaseModel):
    """An invoice that was asked for."""

    store_id: str
    sale_id: str
    buyer_name: str
    asked_at_ms: int
    state: str = Field(description="waiting (the sale has not arrived), pending, issued, failed")
    currency: str
    amount_minor: int | None
    number: str
    detail: str = Field(description="Why it could not be issued")
    red_letters: int


class Requested(BaseModel):
    rows: list[RequestedView]
    cut: bool = Field(description="There are more: ask for one store or one state")


class InvoiceEventData(BaseModel):
    document_id: str
    store_id: str
    sale_id: str
    return_id: str
    currency: str
    amount_minor: int
    tax_minor: int
    buyer_name: str
    buyer_tax_number: str
    deliver_to: str
    invoice_number: str = Field(description="Of the invoice that a red letter takes back")


class InvoiceEvent(BaseModel):
    """A paper to be issued, shaped as a Standard Webhooks payload; its `webhook-id` is the document id."""

    type: Literal["invoice.requested", "invoice.red_letter_requested"]
    timestamp: datetime.datetime
    data: InvoiceEventData

    @classmethod
    def of(cls, row: PendingRow) -> InvoiceEvent:
        """One paper."""
        fields = {name: value for name, value in vars(row).items() if name not in {"kind", "made_at_ms"}}
        return cls(
            type="invoice.requested" if row.kind == "invoice" else "invoice.red_letter_requested",
            timestamp=datetime.datetime.fromtimestamp(row.made_at_ms / 1000, datetime.UTC),
            data=InvoiceEventData(**fields),
        )


class InvoiceEvents(BaseModel):
    rows: list[InvoiceEvent]
    next: str | None


class EndBody(BaseModel):
    """How issuing a paper ended: a number, or why not."""

    number: str = ""
    failed: str = Field("", description="Why it could not be issued; it may still be told a number later")
