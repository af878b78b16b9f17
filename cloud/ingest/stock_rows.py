"""Rows of goods on the move: places, transfers, write-offs, reservations, comparisons, gates and fitting rooms.

What no box of ours would say (a quantity below zero, a reason nobody knows) is refused here and waits in quarantine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cloud.ingest import tables
from cloud.ingest.goods_rows import goods_lines, lines_problem
from cloud.ingest.rows import Event, Move, Origin, Projected, Unprojectable, bad_date, move_row, row_of
from protocols.contract.rfid_facts import FittingEnded, GateAlarmRaised
from protocols.contract.stock_facts import (
    WRITE_OFF_REASONS,
    BookCompared,
    GoodsLine,
    GoodsRelocated,
    MarkdownProposed,
    ReservationAnswered,
    StockWrittenOff,
    TransferSent,
)

RESERVATION_STATES = frozenset({"confirmed", "partial", "refused", "picked", "handed_over", "released"})


def relocated(origin: Origin, seq: int, event: Event, body: GoodsRelocated) -> Projected | Unprojectable:
    """Two moves a line: `{id}/{line}/from` and `{id}/{line}/to`."""
    if body.from_place is body.to_place:
        return Unprojectable(event.kind, f"to_place: {body.to_place.value} is where the goods were")
    if why := lines_problem(event, body.lines):
        return why
    document = body.relocation_id
    head = (
        origin.store_id, document, event.event_id, event.at_ms, body.from_place.value, body.to_place.value, body.how,
        body.reference, body.staff_id, body.device_id, len(body.lines), event.business_date,
    )  # fmt: skip
    moves = []
    for what, place, sign in (("from", body.from_place, -1), ("to", body.to_place, 1)):
        pattern = Move("", "", place.value, sign, "relocation", document, staff_id=body.staff_id)
        moves.append(_moves(origin, seq, event, body.lines, (document, what), pattern))
    texts = (
        (tables.RELOCATION, row_of(len(head)) % head),
        (tables.GOODS_LINE, goods_lines(origin, event, "relocation", document, body.lines)),
        (tables.STOCK_MOVE, "".join(moves)),
    )
    return Projected(tables.RELOCATION, document, event.event_id, texts)


def transfer_sent(origin: Origin, seq: int, event: Event, body: TransferSent) -> Projected | Unprojectable:
    """A transfer's head, its lines, and what it took off the shelf."""
    if body.to_store_id in ("", origin.store_id):
        return Unprojectable(event.kind, f"to_store_id: {body.to_store_id[:40]!r} is no other store")
    if why := lines_problem(event, body.lines):
        return why
    document = body.transfer_id
    head = (
        origin.store_id, document, event.event_id, event.at_ms, body.to_store_id, body.place.value, body.reference,
        body.staff_id, len(body.lines), event.business_date,
    )  # fmt: skip
    pattern = Move("", "", body.place.value, -1, "transfer_out", body.to_store_id, staff_id=body.staff_id)
    texts = (
        (tables.TRANSFER, row_of(len(head)) % head),
        (tables.GOODS_LINE, goods_lines(origin, event, "transfer", document, body.lines)),
        (tables.STOCK_MOVE, _moves(origin, seq, event, body.lines, (document, "out"), pattern)),
    )
    return Projected(tables.TRANSFER, document, event.event_id, texts)


def written_off(origin: Origin, seq: int, event: Event, body: StockWrittenOff) -> Projected | Unprojectable:
    """A write-off's head and its moves, whose reference is the reason: shrink is counted by it."""
    if body.reason not in WRITE_OFF_REASONS:
        return Unprojectable(event.kind, f"reason: {body.reason[:40]!r} is none of {', '.join(WRITE_OFF_REASONS)}")
    if why := lines_problem(event, body.lines):
        return why
    document = body.write_off_id
    head = (
        origin.store_id, document, event.event_id, event.at_ms, body.place.value, body.reason, body.staff_id,
        body.approver_id, body.note, len(body.lines), event.business_date,
    )  # fmt: skip
    pattern = Move(
        "", "", body.place.value, -1, "write_off", body.reason, staff_id=body.staff_id, approver_id=body.approver_id
    )
    texts = (
        (tables.WRITE_OFF, row_of(len(head)) % head),
        (tables.GOODS_LINE, goods_lines(origin, event, "write_off", document, body.lines)),
        (tables.STOCK_MOVE, _moves(origin, seq, event, body.lines, (document, "off"), pattern)),
    )
    return Projected(tables.WRITE_OFF, document, event.event_id, texts)


def reservation_answered(origin: Origin, seq: int, event: Event, body: ReservationAnswered) -> Projected | Unprojectable:
    """One row a line: the newest answer of a reservation says how it stands."""
    if body.state not in RESERVATION_STATES:
        return Unprojectable(event.kind, f"state: {body.state[:40]!r} is none of {', '.join(sorted(RESERVATION_STATES))}")
    rows = []
    for number, line in enumerate(body.lines, start=1):
        if line.held_thousandths < 0 or line.wanted_thousandths < 0:
            return Unprojectable(event.kind, "lines: a quantity below zero")
        values = (
            origin.store_id, body.reservation_id, event.event_id, event.at_ms, body.order_id, number, origin.incarnation,
            seq, body.state, body.why, body.staff_id, line.item_id, line.wanted_thousandths, line.held_thousandths,
            event.business_date,
        )  # fmt: skip
        rows.append(row_of(len(values)) % values)
    text = ((tables.RESERVATION_ANSWER, "".join(rows)),)
    return Projected(tables.RESERVATION_ANSWER, event.event_id, event.event_id, text)


def markdown_proposed(origin: Origin, seq: int, event: Event, body: MarkdownProposed) -> Projected | Unprojectable:  # noqa: ARG001 - as all
    """A proposal as a row."""
    if not 0 < body.off_bp < 10_000:
        return Unprojectable(event.kind, f"off_bp: {body.off_bp} is not between 1 and 9999")
    if bad_date(body.expires):
        return Unprojectable(event.kind, f"expires: {body.expires[:40]!r} is no date")
    values = (
        origin.store_id, body.proposal_id, event.event_id, event.at_ms, body.item_id, body.place.value, body.batch,
        body.expires, body.quantity_thousandths, body.off_bp, event.business_date,
    )  # fmt: skip
    text = ((tables.MARKDOWN_PROPOSAL, row_of(len(values)) % values),)
    return Projected(tables.MARKDOWN_PROPOSAL, body.proposal_id, event.event_id, text)


def book_compared(origin: Origin, seq: int, event: Event, body: BookCompared) -> Projected | Unprojectable:  # noqa: ARG001 - as all
    """A comparison's figures, and the items that differ most."""
    if not 0 <= body.equal <= body.items:
        return Unprojectable(event.kind, f"equal: {body.equal} is not between 0 and items ({body.items})")
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


def _moves(origin: Origin, seq: int, event: Event, lines: Iterable[GoodsLine], name: tuple[str, str], pattern: Move) -> str:
    """A move a line, under `{id}/{line}/{what}`; the pattern's quantity is the sign."""
    document, what = name
    return "".join(
        move_row(
            origin,
            seq,
            event,
            replace(
                pattern,
                move_id=f"{document}/{line.line_no}/{what}",
                item_id=line.item_id,
                quantity_thousandths=pattern.quantity_thousandths * line.quantity_thousandths,
                batch=line.batch,
                expires=line.expires,
            ),
        )
        for line in lines
    )
