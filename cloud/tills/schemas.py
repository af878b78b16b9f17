"""Shapes of tills at the API."""

from __future__ import annotations

from pydantic import BaseModel, Field

from cloud.tills.reconcile import Finding


class ShiftRowView(BaseModel):
    """A closed shift."""

    store_id: str
    shift_id: str
    till_id: str
    cashier_id: str
    opened_at_ms: int | None
    closed_at_ms: int
    sale_count: int
    expected_minor: int
    counted_minor: int
    difference_minor: int = Field(description="Counted less expected")
    cash_in_minor: int
    cash_out_minor: int
    why: str
    approver_id: str
    z_number: int
    business_date: str
    currency: str


class OpenShiftView(BaseModel):
    """A shift that runs, as far as HQ has heard."""

    store_id: str
    shift_id: str
    till_id: str
    cashier_id: str
    opened_at_ms: int
    float_minor: int
    currency: str


class Shifts(BaseModel):
    rows: list[ShiftRowView]
    open: list[OpenShiftView]
    complete: bool = Field(description="False: there are more; ask for fewer days or one store")


class TaxView(BaseModel):
    tax_class: str
    rate_bp: int
    net_minor: int
    tax_minor: int
    gross_minor: int


class ShiftTenderView(BaseModel):
    kind: str
    expected_minor: int
    counted_minor: int | None
    sales: int
    refunds_minor: int


class OfferView(BaseModel):
    promotion_id: str
    name: str
    lines: int
    saved_minor: int


class ShiftView(BaseModel):
    """A shift added up from its facts: the X report while it runs, the Z report once it is closed."""

    store_id: str
    shift_id: str
    till_id: str
    cashier_id: str
    opened_at_ms: int
    closed_at_ms: int | None
    z_number: int
    currency: str
    float_minor: int
    sale_count: int
    unit_count: int
    sales_minor: int
    return_count: int
    returns_minor: int
    discounts_minor: int
    rounding_minor: int
    cash_in_minor: int
    cash_out_minor: int
    cash_expected_minor: int
    counted_minor: int | None
    difference_minor: int | None
    void_count: int
    voids_minor: int
    abandoned_count: int
    abandoned_minor: int
    drawer_count: int
    copy_count: int
    price_change_count: int
    override_count: int
    suspended_count: int
    exchange_count: int
    first_receipt: int
    last_receipt: int
    approver_id: str
    why: str
    tax: list[TaxView]
    tenders: list[ShiftTenderView]
    offers: list[OfferView]
    agrees: bool = Field(description="What the till said at its end is what its facts add up to")


class MovementView(BaseModel):
    """Money a terminal moved, as the till recorded it."""

    attempt_id: str
    sale_id: str
    till_id: str
    method: str
    amount_minor: int
    at_ms: int
    reference: str
    card_tail: str
    booked: bool


class AcquirerLineView(BaseModel):
    """A line of the acquirer's file."""

    line_no: int
    reference: str
    attempt_id: str
    method: str
    amount_minor: int
    at_ms: int
    card_tail: str
    terminal_id: str


class PairView(BaseModel):
    finding: Finding
    difference_minor: int
    ours: MovementView | None
    theirs: AcquirerLineView | None


class FileView(BaseModel):
    file_id: str
    name: str
    line_count: int
    added_at_ms: int
    added_by: str


class Reconciliation(BaseModel):
    """Lines that do not agree come first."""

    store_id: str
    day: str
    currency: str
    counts: dict[Finding, int]
    ours_minor: int
    theirs_minor: int
    pairs: list[PairView]
    files: list[FileView]
    complete: bool
