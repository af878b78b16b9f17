"""A list becomes its fact: what it books, what it changes, what else it touches. All in the caller's one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.stock import counting, notices, reservations, service, tags_here
from edge.stock.batches import Lot, picked
from edge.stock.counting import value_minor as goods_value_minor
from edge.stock.draft_rows import Draft, Kind, Piece, pieces_of
from edge.stock.notices import Notice
from edge.stock.receiving import ReceiptLine, receipt_lines
from edge.stock.refusals import StockRefused
from edge.stock.rules import Source, rules
from edge.store_db.database import Tx
from edge.store_db.journal import Journal
from protocols.contract.facts import COUNTED_EPCS_MAX, CountedLine, GoodsReceived, ReceivedLine, StockCounted
from protocols.contract.stock_facts import GoodsLine, GoodsRelocated, StockWrittenOff, TransferSent
from protocols.contract.values import Place

__all__ = ["CountPreview", "Poster", "ReceiptLine", "count_lines", "post", "receipt_lines", "value_minor"]

GOODS_LINES_MAX = 2_000
"""Lines of one fact of goods, batch by batch; a list with more is refused at posting."""
RECEIPT_LINES_MAX = 1_500
"""Lines of one fact of a receipt; more make several, of which the last one ends the notice."""


@dataclass(frozen=True, slots=True)
class Poster:
    """Who posts. `approver_id`: the second person, whose PIN and right were checked; `write_off_minor`: how much of goods'
    worth the person may write off alone (-1: nothing). `rest_comes`: of a receipt, the notice stays open."""

    staff_id: str
    approver_id: str = ""
    write_off_minor: int = -1
    rest_comes: bool = False


@dataclass(frozen=True, slots=True)
class CountPreview:
    """What a count would correct."""

    lines: list[CountedLine]
    needs_approval: bool


def post(tx: Tx, journal: Journal, draft: Draft, by: Poster, at_ms: int) -> None:
    """Book it. Raises `StockRefused`: nothing changed."""
    match draft.kind:
        case Kind.RECEIPT:
            _post_receipt(tx, journal, draft, by, at_ms)
        case Kind.COUNT:
            _post_count(tx, journal, draft, by, at_ms)
        case Kind.MOVE:
            _post_move(tx, journal, draft, by, at_ms)
        case Kind.TRANSFER:
            _post_transfer(tx, journal, draft, by, at_ms)
        case Kind.WRITE_OFF:
            _post_write_off(tx, journal, draft, by, at_ms)


def count_lines(source: Source, draft: Draft) -> list[CountedLine]:
    """What a count would post now. Raises `StockRefused` when nothing was counted."""
    if not draft.lines and not draft.whole:
        raise StockRefused("draft_empty")
    tallies = [line.tally() for line in sorted(draft.lines, key=lambda line: line.line_no)]
    lines = counting.lines_of(source, draft.place, tallies, whole=draft.whole)
    return _with_tags(source, draft, lines) if draft.swept else lines


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
    pieces = pieces_of(tx, draft.draft_id)
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


def _post_count(tx: Tx, journal: Journal, draft: Draft, by: Poster, at_ms: int) -> None:
    lines = count_lines(tx, draft)
    if not lines:
        raise StockRefused("draft_empty")
    approver_id = _second_person(by, "count_needs_approval") if counting.needs_approval(tx, lines, at_ms) else ""
    whole_count = StockCounted(
        count_id=draft.draft_id,
        place=draft.place,
        staff_id=by.staff_id,
        lines=tuple(lines),
        how="tag" if draft.swept else "scan",
        blind=rules(tx).blind_counts,
        whole=draft.whole,
        approver_id=approver_id,
    )
    facts = list(counting.facts_of(whole_count))
    new = [fact for fact in facts if counting.counted(tx, fact, at_ms)]
    if new:
        journal.append_many(tx, new)
        fewer = {each.item_id for each in lines if each.counted_thousandths < each.expected_thousandths}
        reservations.give_way(tx, journal, fewer, "short", at_ms)


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
    approver_id = _second_person(by, "write_off_needs_approval") if worth_minor > alone_minor else ""
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


def _second_person(by: Poster, code: str) -> str:
    """Who allows it. Raises `StockRefused` (with `code`) while nobody does, or the person themselves would."""
    if not by.approver_id:
        raise StockRefused(code)
    if by.approver_id == by.staff_id:
        raise StockRefused("approval_self")
    return by.approver_id


def goods_lines(tx: Tx, draft: Draft) -> tuple[GoodsLine, ...]:
    """The lines of a list of goods that leave a place, with the lots they come from. Raises `StockRefused`."""
    pieces = pieces_of(tx, draft.draft_id)
    lines: list[GoodsLine] = []
    for line in sorted(draft.lines, key=lambda each: each.line_no):
        if not line.quantity_thousandths:
            continue
        epcs, serials = _codes_of(pieces, line.item_id, line.lot)
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


def _received_line(line: ReceiptLine, pieces: Iterable[Piece], *, told: bool) -> ReceivedLine:
    epcs, serials = _codes_of(pieces, line.item_id, line.scanned_as) if line.first else ((), ())
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


def _codes_of(pieces: Iterable[Piece], item_id: str, lot: Lot) -> tuple[tuple[str, ...], tuple[str, ...]]:
    mine = [piece for piece in pieces if (piece.item_id, piece.lot) == (item_id, lot)]
    return (
        tuple(piece.code for piece in mine if not piece.serial),
        tuple(piece.serial for piece in mine if piece.serial),
    )


def _with_tags(source: Source, draft: Draft, lines: list[CountedLine]) -> list[CountedLine]:
    """The tags that make the difference: those the table has there and nobody heard, and those nobody knew to be there."""
    heard: dict[str, set[str]] = {}
    for piece in pieces_of(source, draft.draft_id):
        if not piece.serial:
            heard.setdefault(piece.item_id, set()).add(piece.code)
    known = tags_here.by_item(source, draft.place)
    found = []
    seen: set[str] = set()
    for line in lines:
        if line.item_id in seen:
            found.append(line)
            continue
        seen.add(line.item_id)
        here, now = known.get(line.item_id, set()), heard.get(line.item_id, set())
        found.append(
            CountedLine(
                line_no=line.line_no,
                item_id=line.item_id,
                expected_thousandths=line.expected_thousandths,
                counted_thousandths=line.counted_thousandths,
                batch=line.batch,
                expires=line.expires,
                missing_epcs=tuple(sorted(here - now)[:COUNTED_EPCS_MAX]),
                found_epcs=tuple(sorted(now - here)[:COUNTED_EPCS_MAX]),
            )
        )
    return found
