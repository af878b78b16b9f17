"""Sales as they cross HTTP. Money in minor units of the currency, instants in milliseconds since 1970 UTC."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Receipt(BaseModel):
    """Gap-free per till and incarnation."""

    till_id: str
    incarnation: int
    number: int


class SaleSummary(BaseModel):
    store_id: str
    sale_id: str
    till_id: str
    cashier_id: str
    receipt: Receipt
    currency: str
    total_minor: int
    line_count: int
    closed_at_ms: int = Field(description="By the store's clock")
    clock: str = Field(description="How good that clock was: synced, holdover, unsynced")
    business_date: str
    arrived_ms: int = Field(description="By headquarters' clock")


class SalePage(BaseModel):
    rows: list[SaleSummary]
    next: str | None = Field(description="Pass as `after` for older sales")


class LiveSales(BaseModel):
    rows: list[SaleSummary] = Field(description="Oldest first")
    next: str = Field(description="Pass as `after` to go on without a gap")


class SaleLineView(BaseModel):
    line_no: int
    item_id: str
    name: str
    gtin: str
    quantity: int
    grams: int | None
    stock_thousandths: int
    unit_price_minor: int
    price_revision: int
    list_price_minor: int
    price_reason: str
    label_revision: int | None
    net_minor: int
    tax_class: str
    tax_rate_bp: int
    tax_minor: int
    batch: str | None
    serial: str | None
    discounts: list[dict[str, object]]
    overrides: list[dict[str, object]]


class TenderView(BaseModel):
    tender_no: int
    kind: str
    amount_minor: int
    change_minor: int
    reference: str


class ReturnedLineView(BaseModel):
    """Units of a line that came back, at whichever store."""

    store_id: str
    return_id: str
    policy: str
    unverified: bool = Field(description="Taken back without asking headquarters what came back before")
    at_ms: int
    line_no: int
    item_id: str
    name: str
    quantity: int
    grams: int | None
    reason: str
    refund_minor: int


class SaleView(BaseModel):
    store_id: str
    sale_id: str
    incarnation: int
    seq: int
    event_id: str
    command_id: str
    till_id: str
    cashier_id: str
    shift_id: str
    receipt: Receipt
    currency: str
    tax_mode: str
    place: str
    total_minor: int
    tax_minor: int
    rounding_minor: int
    promotion_bundle: str
    price_feed_version: int
    member_id: str | None
    opened_at_ms: int
    closed_at_ms: int
    clock: str
    business_date: str
    lines: list[SaleLineView]
    tenders: list[TenderView]
    returns: list[ReturnedLineView]


class MinuteView(BaseModel):
    store_id: str
    minute_ms: int
    sales: int


class DayView(BaseModel):
    store_id: str
    currency: str
    business_date: str
    sales: int
    total_minor: int


class Counts(BaseModel):
    minutes: list[MinuteView] = Field(description="By the minute of arrival, oldest first")
    days: list[DayView] = Field(description="By business date, newest first")
