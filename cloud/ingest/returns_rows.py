"""Rows of goods that came back: the return, its lines, how it was paid, and the stock it moved."""

from __future__ import annotations

from cloud.ingest import tables
from cloud.ingest.rows import Event, Move, Origin, Projected, details, move_row, or_null, row_of
from protocols.contract.till_facts import GoodsReturned, ReturnedLine


def returned(origin: Origin, seq: int, event: Event, body: GoodsReturned) -> Projected:
    """A return. The move of a line is `{return id}/{return no}`."""
    head = (
        origin.store_id, body.return_id, origin.incarnation, seq, event.event_id, body.command_id, body.till_id,
        body.cashier_id, body.shift_id, body.receipt.till_id, body.receipt.incarnation, body.receipt.number, body.currency,
        body.tax_mode.value, body.sale_id, body.sold_store_id, body.sold_receipt, body.policy, body.total_minor,
        body.tax_minor, body.rounding_minor, or_null(body.member_id), body.points_taken_back, body.points_given_back,
        body.unverified, body.exchange_sale_id, event.at_ms, event.business_date, len(body.lines),
    )  # fmt: skip
    moves = [
        move_row(
            origin, seq, event,
            Move(
                f"{body.return_id}/{line.return_no}", line.item_id, line.place.value, line.stock_thousandths, "return",
                body.return_id, line.batch or "", staff_id=body.cashier_id, serial=line.serial or "",
            ),
        )
        for line in body.lines
        if line.place is not None
    ]  # fmt: skip
    tenders = []
    for number, tender in enumerate(body.tenders, start=1):
        values = (
            origin.store_id, body.return_id, number, tender.kind, tender.amount_minor, tender.reference, tender.attempt_id,
            tender.units, event.at_ms,
        )  # fmt: skip
        tenders.append(row_of(len(values)) % values)
    texts = (
        (tables.GOODS_RETURN, row_of(len(head)) % head),
        (tables.GOODS_RETURN_LINE, "".join(_line(origin, event, body, line) for line in body.lines)),
        (tables.RETURN_TENDER, "".join(tenders)),
        (tables.STOCK_MOVE, "".join(moves)),
    )
    return Projected(tables.GOODS_RETURN, body.return_id, event.event_id, texts)


def _line(origin: Origin, event: Event, body: GoodsReturned, line: ReturnedLine) -> str:
    values = (
        origin.store_id, body.return_id, line.return_no, body.sale_id, body.sold_store_id, line.sold_line_no, line.item_id,
        line.name, line.gtin, line.quantity, or_null(line.grams), line.stock_thousandths,
        "" if line.place is None else line.place.value, line.reason, line.refund_minor, line.tax_class, line.tax_rate_bp,
        line.tax_minor, line.first_unit, details(line.shares), details(line.overrides), or_null(line.batch),
        or_null(line.serial), details(line.epcs), event.at_ms, event.business_date,
    )  # fmt: skip
    return row_of(len(values)) % values
