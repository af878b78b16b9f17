"""Rows of what happens at tills beside the sale itself."""

from __future__ import annotations

from cloud.ingest import tables
from cloud.ingest.rows import Event, Origin, Projected, or_null, row_of
from protocols.contract.till_facts import SaleClosed, ShiftClosed

COUPON_ROW = row_of(len(tables.SALE_COUPON.columns) - 1)


def coupons(origin: Origin, event: Event, sale: SaleClosed) -> str:
    """A row per coupon the sale used up."""
    return "".join(
        COUPON_ROW % (
            origin.store_id, sale.sale_id, coupon.coupon_id, coupon.promotion_id, coupon.saved_minor, coupon.reservation_id,
            event.at_ms, event.business_date,
        )
        for coupon in sale.coupons
    )  # fmt: skip


def shift_closed(origin: Origin, seq: int, event: Event, body: ShiftClosed) -> Projected:  # noqa: ARG001 - one shape for all
    """The end of a shift, and a row per tender."""
    closing = (
        origin.store_id, event.event_id, event.at_ms, body.shift_id, body.till_id, body.cashier_id, body.sale_count,
        body.expected_minor, body.counted_minor, body.difference_minor, body.cash_in_minor, body.cash_out_minor, body.why,
        body.approver_id, body.z_number, event.business_date,
    )  # fmt: skip
    rows = []
    for tender in body.tenders:
        values = (
            origin.store_id, body.shift_id, tender.kind, event.event_id, tender.expected_minor,
            or_null(tender.counted_minor), tender.sales, tender.refunds_minor,
        )  # fmt: skip
        rows.append(row_of(len(values)) % values)
    texts = ((tables.SHIFT_CLOSING, row_of(len(closing)) % closing), (tables.SHIFT_TENDER, "".join(rows)))
    return Projected(tables.SHIFT_CLOSING, event.event_id, event.event_id, texts)
