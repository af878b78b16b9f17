"""A list becomes its fact: what it books, what it changes, what else it touches. All in the caller's one transaction."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from edge.stock import notices, reservations, service, tags_here
from edge.stock.batches import Lot, picked
from edge.stock.counting import value_minor as goods_value_minor
from edge.stock.draft_rows import Draft, Kind, Piece, pieces_of
from edge.stock.notices import Notice
from edge.stock.receiving import ReceiptLine, receipt_lines
from edge.stock.refusals import StockRefused
from edge.stock.rules import Source, rules
from edge.store_db.database import Tx
from edge.store_db.journal import Journal
from protocols.contract.facts import GoodsReceived, ReceivedLine
from protocols.contract.stock_facts import GoodsLine, GoodsRelocated, StockWrittenOff, TransferSent
from protocols.contract.values import Place

__all__ = ["Poster", "ReceiptLine", "post", "receipt_lines", "second_person", "value_minor"]

GOODS_LINES_MAX = 2_000
"""Lines of one fact of goods, batch by batch; a list with more is refused at posting."""
RECEIPT_LINES_MAX = 1_500
"""Lines of one fact of a receipt; more make several, of which the last one ends the notice."""

Codes = tuple[tuple[str, ...], tuple[str, ...]]
"""Tags (EPC URIs) and serial numbers."""
NO_CODES: Codes = ((), ())


@dataclass(frozen=True, slots=True)
class Poster:
    """Who posts. `approver_id`: the second person, whose PIN and right were checked; `write_off_minor`: how much of goods'
    worth the person may write off alone (-1: nothing). `rest_comes`: of a receipt, the notice stays open."""

    staff_id: str
    approver_id: str = ""
    write_off_minor: int = -1
    rest_comes: bool = False


def post(tx: Tx, journal: Journal, draft: Draft, by: Poster, at_ms: int) -> None:
    """Book it; a count is booked by `edge.stock.count_booking`. Raises `StockRefused`: nothing changed."""
    match draft.kind:
        case Kind.RECEIPT:
            _post_receipt(tx, journal, draft, by, at_ms)
        case Kind.MOVE:
            _post_move(tx, journal, draft, by, at_ms)
        case Kind.TRANSFER:
            _post_transfer(tx, journal, draft, by, at_ms)
        case Kind.WRITE_OFF:
            _post_write_off(tx, journal, draft, by, at_ms)


def value_minor(source: Source, draft: Draft, at_ms: int) -> int:
    """What the goods of a list are worth at the list price, in minor units."""
    return sum(goods_value_minor(source, line.item_id, line.quantity_thousandths, at_ms) for line in draft.lines)


def _post_receipt(tx: Tx, journal: Journal, draft: Draft, by: Poster, at_ms: int) -> None:
    notice = notices.find(tx, draft.asn_id) if draft.asn_id else None
    if draft.asn_id and notices.is_over(tx, draft.asn_id):
        raise StockRefused("notice_unknown")  # another list ended it; one that was withdrawn leaves a plain receipt
    partly = notice is not None and by.rest_comes
    lines = [line for line in receipt_lines(draft, notice) if line.quantity_thousandths or not (partly or notice is None)]
    if not lines:
        raise StockRefused("draft_empty")
    pieces = _codes(tx, draft.draft_id)
    received = [_received_line(line, pieces, told=notice is not None and not partly) for line in lines]
    for start in range(0, len(received), RECEIPT_LINES_MAX):
        chunk = tuple(received[start : start + RECEIPT_LINES_MAX])
        ends = notice is not None and not partly and start + len(chunk) == len(received)
        fact = GoodsReceived(
            receipt_id=draft.draft_id if not start else f"{draft.draft_id}/{start}",
            place=draft.place,
            how="scan",
            lines=chunk,
            reference=draft.reference if notice is None else notice.reference,
            staff_id=by.staff_id,
            asn_id=notice.asn_id if notice is not None and ends else "",
            transfer_id=notice.transfer_id if notice is not None and ends else "",
        )
        if service.received(tx, fact, at_ms):
            journal.append(tx, fact)
            tags_here.received(tx, fact, at_ms)
            if partly and notice is not None:
                _note_part(tx, notice, fact)


def _note_part(tx: Tx, notice: Notice, fact: GoodsReceived) -> None:
    for line in fact.lines:
        notices.add(tx, notice.asn_id, line.item_id, line.quantity_thousandths)


def _post_move(tx: Tx, journal: Journal, draft: Draft, by: Poster, at_ms: int) -> None:
    fact = GoodsRelocated(
        relocation_id=draft.draft_id,
        from_place=draft.place,
        to_place=Place(draft.target),
        how="scan",
        lines=goods_lines(tx, draft),
        reference=draft.reference,
        staff_id=by.staff_id,
    )
    if service.relocated(tx, fact, at_ms):
        journal.append(tx, fact)
        tags_here.relocated(tx, fact)
        reservations.give_way(tx, journal, {line.item_id for line in fact.lines}, "short", at_ms)


def _post_transfer(tx: Tx, journal: Journal, draft: Draft, by: Poster, at_ms: int) -> None:
    fact = TransferSent(
        transfer_id=draft.draft_id,
        to_store_id=draft.target,
        place=draft.place,
        lines=goods_lines(tx, draft),
        staff_id=by.staff_id,
        reference=draft.reference,
    )
    if service.sent(tx, fact, at_ms):
        journal.append(tx, fact)
        tags_here.gone(tx, fact.lines, fact.transfer_id, at_ms)
        reservations.give_way(tx, journal, {line.item_id for line in fact.lines}, "short", at_ms)


def _post_write_off(tx: Tx, journal: Journal, draft: Draft, by: Poster, at_ms: int) -> None:
    worth_minor = value_minor(tx, draft, at_ms)
    alone_minor = min(by.write_off_minor, rules(tx).write_off_minor_max)
    approver_id = second_person(by, "write_off_needs_approval") if worth_minor > alone_minor else ""
    fact = StockWrittenOff(
        write_off_id=draft.draft_id,
        place=draft.place,
        reason=draft.target,
        lines=goods_lines(tx, draft),
        staff_id=by.staff_id,
        approver_id=approver_id,
        note=draft.note,
    )
    if service.written_off(tx, fact, at_ms):
        journal.append(tx, fact)
        tags_here.gone(tx, fact.lines, fact.write_off_id, at_ms)
        reservations.give_way(tx, journal, {line.item_id for line in fact.lines}, "short", at_ms)


def second_person(by: Poster, code: str) -> str:
    """Who allows it. Raises `StockRefused` (with `code`) while nobody does, or the person themselves would."""
    if not by.approver_id:
        raise StockRefused(code)
    if by.approver_id == by.staff_id:
        raise StockRefused("approval_self")
    return by.approver_id


def goods_lines(tx: Tx, draft: Draft) -> tuple[GoodsLine, ...]:
    """The lines of a list of goods that leave a place, with the lots they come from. Raises `StockRefused`."""
    pieces = _codes(tx, draft.draft_id)
    lines: list[GoodsLine] = []
    for line in sorted(draft.lines, key=lambda each: each.line_no):
        if not line.quantity_thousandths:
            continue
        epcs, serials = pieces.get((line.item_id, line.lot), NO_CODES)
        for lot, quantity in picked(tx, line.item_id, draft.place, line.quantity_thousandths, line.lot):
            lines.append(
                GoodsLine(
                    line_no=len(lines) + 1,
                    item_id=line.item_id,
                    quantity_thousandths=quantity,
                    batch=lot.batch,
                    expires=lot.expires,
                    epcs=epcs,
                    serials=serials,
                )
            )
            epcs, serials = (), ()
    if not lines:
        raise StockRefused("draft_empty")
    if len(lines) > GOODS_LINES_MAX:
        raise StockRefused("draft_full", most=GOODS_LINES_MAX)
    return tuple(lines)


def _received_line(line: ReceiptLine, pieces: Mapping[tuple[str, Lot], Codes], *, told: bool) -> ReceivedLine:
    epcs, serials = pieces.get((line.item_id, line.scanned_as), NO_CODES) if line.first else NO_CODES
    return ReceivedLine(
        line_no=line.line_no,
        item_id=line.item_id,
        gtin=line.gtin,
        quantity_thousandths=line.quantity_thousandths,
        epcs=epcs,
        batch=line.lot.batch,
        expires=line.lot.expires,
        serials=serials,
        expected_thousandths=line.expected_thousandths if told else None,
    )


def _codes(tx: Tx, draft_id: str) -> dict[tuple[str, Lot], Codes]:
    """The tags and serial numbers of a list, by item and lot."""
    found: dict[tuple[str, Lot], Codes] = {}
    for (item_id, lot), pieces in itertools.groupby(
        sorted(pieces_of(tx, draft_id), key=_lot_of), key=lambda piece: (piece.item_id, piece.lot)
    ):
        mine = list(pieces)
        epcs = tuple(piece.code for piece in mine if not piece.serial)
        found[item_id, lot] = epcs, tuple(piece.serial for piece in mine if piece.serial)
    return found


def _lot_of(piece: Piece) -> tuple[str, str, str]:
    return piece.item_id, piece.lot.batch, piece.lot.expires
