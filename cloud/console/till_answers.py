"""What the API answers of tills, as the console reads it: fields it shows, tolerant of others."""

from __future__ import annotations

import msgspec


class ShiftRow(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    shift_id: str
    till_id: str
    cashier_id: str
    opened_at_ms: int | None = None
    closed_at_ms: int
    sale_count: int
    expected_minor: int
    counted_minor: int
    difference_minor: int
    approver_id: str = ""
    why: str = ""
    z_number: int = 0
    currency: str


class OpenShift(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    shift_id: str
    till_id: str
    cashier_id: str
    opened_at_ms: int
    float_minor: int
    currency: str


class Shifts(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[ShiftRow]
    open: list[OpenShift] = []
    complete: bool = True


class ShiftTax(msgspec.Struct, frozen=True, kw_only=True):
    tax_class: str
    rate_bp: int
    net_minor: int
    tax_minor: int
    gross_minor: int


class ShiftTender(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    expected_minor: int
    counted_minor: int | None = None
    sales: int = 0
    refunds_minor: int = 0


class ShiftOffer(msgspec.Struct, frozen=True, kw_only=True):
    promotion_id: str
    name: str
    lines: int
    saved_minor: int


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    shift_id: str
    till_id: str
    cashier_id: str
    opened_at_ms: int
    closed_at_ms: int | None = None
    z_number: int = 0
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
    counted_minor: int | None = None
    difference_minor: int | None = None
    void_count: int = 0
    abandoned_count: int = 0
    drawer_count: int = 0
    copy_count: int = 0
    price_change_count: int = 0
    override_count: int = 0
    suspended_count: int = 0
    exchange_count: int = 0
    approver_id: str = ""
    why: str = ""
    tax: list[ShiftTax] = []
    tenders: list[ShiftTender] = []
    offers: list[ShiftOffer] = []
    agrees: bool = True


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    attempt_id: str
    sale_id: str
    till_id: str
    method: str
    amount_minor: int
    at_ms: int
    reference: str = ""
    card_tail: str = ""
    booked: bool = True


class AcquirerLine(msgspec.Struct, frozen=True, kw_only=True):
    line_no: int
    reference: str
    amount_minor: int
    at_ms: int
    card_tail: str = ""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    finding: str
    difference_minor: int
    ours: Movement | None = None
    theirs: AcquirerLine | None = None


class AcquirerFile(msgspec.Struct, frozen=True, kw_only=True):
    file_id: str
    name: str
    line_count: int
    added_at_ms: int
    added_by: str


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    currency: str
    counts: dict[str, int]
    ours_minor: int
    theirs_minor: int
    pairs: list[Pair]
    files: list[AcquirerFile] = []
    complete: bool = True
