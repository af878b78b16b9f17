"""Rows of goods that came, went and were counted, and of single stock moves."""

from __future__ import annotations

from collections.abc import Iterable

from cloud.ingest import tables
from cloud.ingest.rows import (
    Event,
    Move,
    Origin,
    Projected,
    Unprojectable,
    bad_date,
    details,
    move_row,
    or_null,
    row_of,
)
from protocols.contract.facts import CountedLine, GoodsLeft, GoodsReceived, ReceivedLine, StockCounted, StockMoved
from protocols.contract.stock_facts import GoodsLine


def stock_moved(origin: Origin, seq: int, event: Event, body: StockMoved) -> Projected | Unprojectable:
    """A move as a row, even one of nothing: a store answers opening stock with its id."""
    if bad_date(body.expires):
        return Unprojectable(event.kind, f"expires: {body.expires[:40]!r} is no date")
    values = (
        origin.store_id, body.move_id, origin.incarnation, seq, event.event_id, body.item_id, body.place.value,
        body.quantity_thousandths, body.reason, body.reference, event.at_ms, event.business_date, body.batch, body.expires,
        body.serial, body.staff_id, body.approver_id,
    )  # fmt: skip
    return Projected(tables.STOCK_MOVE, body.move_id, event.event_id, ((tables.STOCK_MOVE, row_of(len(values)) % values),))


def received(origin: Origin, seq: int, event: Event, body: GoodsReceived) -> Projected | Unprojectable:
    """A receipt, its lines, and a move for each line that came."""
    if why := lines_problem(event, body.lines, least=0):
        return why
    head = (
        origin.store_id, body.receipt_id, event.event_id, event.at_ms, body.place.value, body.how, body.reference,
        body.staff_id, body.device_id, len(body.lines), event.business_date, body.asn_id, body.transfer_id,
    )  # fmt: skip
    moves = [
        move_row(
            origin, seq, event,
            Move(
                f"{body.receipt_id}/{line.line_no}", line.item_id, body.place.value, line.quantity_thousandths, "receipt",
                body.reference, line.batch, line.expires, body.staff_id,
            ),
        )
        for line in body.lines
    ]  # fmt: skip
    texts = (
        (tables.GOODS_RECEIPT, row_of(len(head)) % head),
        (tables.GOODS_LINE, goods_lines(origin, event, "receipt", body.receipt_id, body.lines)),
        (tables.STOCK_MOVE, "".join(moves)),
    )
    return Projected(tables.GOODS_RECEIPT, body.receipt_id, event.event_id, texts)


def left(origin: Origin, seq: int, event: Event, body: GoodsLeft) -> Projected:  # noqa: ARG001 - one shape for all
    """A row a tag."""
    rows = []
    for line in body.lines:
        values = (
            origin.store_id, body.passage_id, event.event_id, event.at_ms, body.device_id, line.epc, line.gtin,
            line.item_id, event.business_date,
        )  # fmt: skip
        rows.append(row_of(len(values)) % values)
    return Projected(tables.GOODS_LEFT, body.passage_id, event.event_id, ((tables.GOODS_LEFT, "".join(rows)),))


def counted(origin: Origin, seq: int, event: Event, body: StockCounted) -> Projected | Unprojectable:
    """A row a line, and a move where shelf and book differ."""
    rows, moves = [], []
    for line in body.lines:
        if bad_date(line.expires):
            return Unprojectable(event.kind, f"lines.expires: {line.expires[:40]!r} is no date")
        rows.append(_counted_line(origin, event, body, line))
        move = Move(
            f"{body.count_id}/{line.line_no}", line.item_id, body.place.value,
            line.counted_thousandths - line.expected_thousandths, "count", body.count_id, line.batch, line.expires,
            body.staff_id, body.approver_id,
        )  # fmt: skip
        moves.append(move_row(origin, seq, event, move))
    texts = ((tables.STOCK_COUNT, "".join(rows)), (tables.STOCK_MOVE, "".join(moves)))
    return Projected(tables.STOCK_COUNT, body.count_id, event.event_id, texts)


def _counted_line(origin: Origin, event: Event, body: StockCounted, line: CountedLine) -> str:
    values = (
        origin.store_id, body.count_id, line.line_no, event.event_id, event.at_ms, body.place.value, body.staff_id,
        line.item_id, line.expected_thousandths, line.counted_thousandths, event.business_date, line.batch, line.expires,
        details(line.missing_epcs), details(line.found_epcs), body.how, body.blind, body.whole, body.approver_id,
    )  # fmt: skip
    return row_of(len(values)) % values


def goods_lines(
    origin: Origin, event: Event, kind: str, document_id: str, lines: Iterable[GoodsLine] | Iterable[ReceivedLine]
) -> str:
    """The lines of a document, with the tags that were read."""
    rows = []
    for line in lines:
        gtin, expected = (line.gtin, line.expected_thousandths) if isinstance(line, ReceivedLine) else ("", None)
        values = (
            origin.store_id, kind, document_id, line.line_no, event.event_id, event.at_ms, line.item_id, gtin,
            line.quantity_thousandths, or_null(expected), line.batch, line.expires, details(line.epcs),
            details(line.serials), event.business_date,
        )  # fmt: skip
        rows.append(row_of(len(values)) % values)
    return "".join(rows)


def lines_problem(
    event: Event, lines: Iterable[GoodsLine] | Iterable[ReceivedLine], *, least: int = 1
) -> Unprojectable | None:
    """What no box of ours would say: quantities below `least`, dates that are none, a line number twice."""
    seen: set[int] = set()
    for line in lines:
        if line.quantity_thousandths < least:
            return Unprojectable(event.kind, f"lines.quantity_thousandths: {line.quantity_thousandths} is below {least}")
        if bad_date(line.expires):
            return Unprojectable(event.kind, f"lines.expires: {line.expires[:40]!r} is no date")
        if line.line_no in seen:
            return Unprojectable(event.kind, f"lines.line_no: {line.line_no} stands twice")
        seen.add(line.line_no)
    return None
