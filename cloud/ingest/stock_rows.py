"""Rows of goods on the move: places, transfers, write-offs, reservations, comparisons, gates and fitting rooms."""

from __future__ import annotations

from collections.abc import Iterable

from cloud.ingest import tables
from cloud.ingest.rows import Event, Origin, Projected, move_row, row_of
from protocols.contract.rfid_facts import FittingEnded, GateAlarmRaised
from protocols.contract.stock_facts import (
    BookCompared,
    GoodsLine,
    GoodsRelocated,
    MarkdownProposed,
    ReservationAnswered,
    StockWrittenOff,
    TransferSent,
)
from protocols.contract.values import Place


def relocated(origin: Origin, seq: int, event: Event, body: GoodsRelocated) -> Projected:
    """Two moves a line: `{id}/{line}/from` and `{id}/{line}/to`."""
    head = (
        origin.store_id, body.relocation_id, event.event_id, event.at_ms, body.from_place.value, body.to_place.value,
        body.how, body.reference, body.staff_id, body.device_id, len(body.lines), event.business_date,
    )  # fmt: skip
    reference = body.relocation_id
    moves = [
        _moves(origin, seq, event, body.lines, (body.relocation_id, "from"), body.from_place, -1, "relocation", reference),
        _moves(origin, seq, event, body.lines, (body.relocation_id, "to"), body.to_place, 1, "relocation", reference),
    ]
    texts = ((tables.RELOCATION, row_of(len(head)) % head), (tables.STOCK_MOVE, "".join(moves)))
    return Projected(tables.RELOCATION, body.relocation_id, event.event_id, texts)


def transfer_sent(origin: Origin, seq: int, event: Event, body: TransferSent) -> Projected:
    """A transfer's head, its lines, and what it took off the shelf."""
    head = (
        origin.store_id, body.transfer_id, event.event_id, event.at_ms, body.to_store_id, body.place.value, body.reference,
        body.staff_id, len(body.lines), event.business_date,
    )  # fmt: skip
    lines = []
    for line in body.lines:
        values = (
            origin.store_id, body.transfer_id, line.line_no, line.item_id, line.quantity_thousandths, line.batch,
            line.expires,
        )  # fmt: skip
        lines.append(row_of(len(values)) % values)
    moves = _moves(
        origin, seq, event, body.lines, (body.transfer_id, "out"), body.place, -1, "transfer_out", body.to_store_id
    )
    texts = (
        (tables.TRANSFER, row_of(len(head)) % head),
        (tables.TRANSFER_LINE, "".join(lines)),
        (tables.STOCK_MOVE, moves),
    )
    return Projected(tables.TRANSFER, body.transfer_id, event.event_id, texts)


def written_off(origin: Origin, seq: int, event: Event, body: StockWrittenOff) -> Projected:
    """A write-off's head and its moves; the head's reason is what shrink is counted by."""
    head = (
        origin.store_id, body.write_off_id, event.event_id, event.at_ms, body.place.value, body.reason, body.staff_id,
        body.approver_id, body.note, len(body.lines), event.business_date,
    )  # fmt: skip
    moves = _moves(origin, seq, event, body.lines, (body.write_off_id, "off"), body.place, -1, "write_off", body.reason)
    texts = ((tables.WRITE_OFF, row_of(len(head)) % head), (tables.STOCK_MOVE, moves))
    return Projected(tables.WRITE_OFF, body.write_off_id, event.event_id, texts)


def reservation_answered(origin: Origin, seq: int, event: Event, body: ReservationAnswered) -> Projected:  # noqa: ARG001 - as all
    """One row a line: the newest of a reservation and item says how it stands."""
    rows = []
    for line in body.lines:
        values = (
            origin.store_id, body.reservation_id, event.event_id, event.at_ms, body.order_id, body.state, body.why,
            body.staff_id, line.item_id, line.wanted_thousandths, line.held_thousandths, event.business_date,
        )  # fmt: skip
        rows.append(row_of(len(values)) % values)
    text = ((tables.RESERVATION_ANSWER, "".join(rows)),)
    return Projected(tables.RESERVATION_ANSWER, event.event_id, event.event_id, text)


def markdown_proposed(origin: Origin, seq: int, event: Event, body: MarkdownProposed) -> Projected:  # noqa: ARG001 - as all
    """A proposal as a row."""
    values = (
        origin.store_id, body.proposal_id, event.event_id, event.at_ms, body.item_id, body.place.value, body.batch,
        body.expires, body.quantity_thousandths, body.off_bp, event.business_date,
    )  # fmt: skip
    text = ((tables.MARKDOWN_PROPOSAL, row_of(len(values)) % values),)
    return Projected(tables.MARKDOWN_PROPOSAL, body.proposal_id, event.event_id, text)


def book_compared(origin: Origin, seq: int, event: Event, body: BookCompared) -> Projected:  # noqa: ARG001 - as all
    """A comparison's figures, and the items that differ most."""
    head = (
        origin.store_id, body.comparison_id, event.event_id, event.at_ms, body.place.value, body.items, body.equal,
        body.pieces_missing, body.pieces_extra, event.business_date,
    )  # fmt: skip
    lines = []
    for line in body.lines:
        values = (origin.store_id, body.comparison_id, line.item_id, line.book_thousandths, line.seen_thousandths)
        lines.append(row_of(len(values)) % values)
    texts = ((tables.BOOK_COMPARISON, row_of(len(head)) % head), (tables.BOOK_COMPARISON_LINE, "".join(lines)))
    return Projected(tables.BOOK_COMPARISON, body.comparison_id, event.event_id, texts)


def gate_alarm(origin: Origin, seq: int, event: Event, body: GateAlarmRaised) -> Projected:  # noqa: ARG001 - as all
    """One row a tag."""
    rows = []
    for line in body.lines:
        values = (
            origin.store_id, body.alarm_id, event.event_id, event.at_ms, body.device_id, line.epc, line.gtin, line.item_id,
            body.siren, event.business_date,
        )  # fmt: skip
        rows.append(row_of(len(values)) % values)
    text = ((tables.GATE_ALARM, "".join(rows)),)
    return Projected(tables.GATE_ALARM, body.alarm_id, event.event_id, text)


def fitting(origin: Origin, seq: int, event: Event, body: FittingEnded) -> Projected:  # noqa: ARG001 - one shape for all
    """One row a piece."""
    rows = []
    for line in body.lines:
        values = (
            origin.store_id, body.session_id, event.event_id, event.at_ms, body.device_id, body.room, line.epc, line.gtin,
            line.item_id, line.entered_ms, line.left_ms, line.tried_on, line.outcome, event.business_date,
        )  # fmt: skip
        rows.append(row_of(len(values)) % values)
    text = ((tables.FITTING, "".join(rows)),)
    return Projected(tables.FITTING, body.session_id, event.event_id, text)


def _moves(
    origin: Origin,
    seq: int,
    event: Event,
    lines: Iterable[GoodsLine],
    name: tuple[str, str],
    place: Place,
    sign: int,
    reason: str,
    reference: str,
) -> str:
    """A move a line, under `{id}/{line}/{what}`."""
    move_id, what = name
    return "".join(
        move_row(
            origin,
            seq,
            event,
            (f"{move_id}/{line.line_no}/{what}", line.item_id, place.value, sign * line.quantity_thousandths),
            reason,
            reference,
        )
        for line in lines
    )
