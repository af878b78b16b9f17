"""What a notice says, how it travels in parts, and what is wrong with one. Pure."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cloud.refusals import FieldProblem
from protocols.contract.feed_stock import ASN_PART_LINES_MAX, AsnLine, AsnRow
from protocols.contract.values import Place

LINES_MAX = 5_000
TAGS_MAX = 20_000
QUANTITY_THOUSANDTHS_MAX = 10_000_000_000
AHEAD_MAX_MS = 400 * 24 * 3600 * 1000

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True)
class Notice:
    """What is on its way to a store. `transfer_id`: another store's transfer; empty: a supplier's delivery."""

    store_id: str
    asn_id: str
    reference: str
    sender: str
    expected_ms: int
    lines: tuple[AsnLine, ...]
    place: Place = Place.BACK_ROOM
    transfer_id: str = ""


def rows_of(notice: Notice) -> list[AsnRow]:
    """The notice as rows of the store's feed: parts of at most `ASN_PART_LINES_MAX` lines, and as many tags."""
    parts = list(_parts(notice.lines))
    return [
        AsnRow(
            asn_id=notice.asn_id,
            reference=notice.reference,
            sender=notice.sender,
            expected_ms=notice.expected_ms,
            place=notice.place,
            part=number,
            parts=len(parts),
            transfer_id=notice.transfer_id,
            lines=tuple(lines),
        )
        for number, lines in enumerate(parts, start=1)
    ]


def _parts(lines: Sequence[AsnLine]) -> Iterator[list[AsnLine]]:
    part: list[AsnLine] = []
    tags = 0
    for line in lines:
        if part and (len(part) == ASN_PART_LINES_MAX or tags + len(line.epcs) > ASN_PART_LINES_MAX):
            yield part
            part, tags = [], 0
        part.append(line)
        tags += len(line.epcs)
    yield part


def check_notice(notice: Notice, known_items: frozenset[str], now_ms: int) -> list[FieldProblem]:
    """Everything that is wrong with a notice a person or a supplier's system sends."""
    problems: list[FieldProblem] = []
    if not _ID.fullmatch(notice.asn_id):
        problems.append(FieldProblem("asn_id", "not 1 to 64 letters, digits, . _ or -", "Use the number of the notice."))
    if not 1 <= len(notice.lines) <= LINES_MAX:
        problems.append(FieldProblem("lines", f"not 1 to {LINES_MAX}", "Send a longer delivery as several notices."))
    if not 0 < notice.expected_ms <= now_ms + AHEAD_MAX_MS:
        problems.append(FieldProblem("expected_ms", "not within the coming year", "Give the instant in milliseconds."))
    if notice.place in (Place.FITTING_ROOM, Place.TRANSIT):
        problems.append(FieldProblem("place", "nothing is unpacked there", "Choose back room, sales floor or quarantine."))
    if sum(len(line.epcs) for line in notice.lines) > TAGS_MAX:
        problems.append(FieldProblem("lines", f"more than {TAGS_MAX} tags", "Send it as several notices."))
    seen: set[int] = set()
    for number, line in enumerate(notice.lines):
        problems += _line_problems(f"lines/{number}", line, known_items)
        if line.line_no in seen:
            problems.append(FieldProblem(f"lines/{number}/line_no", f"{line.line_no} stands twice", "Number the lines."))
        seen.add(line.line_no)
    return problems


def _line_problems(at: str, line: AsnLine, known_items: frozenset[str]) -> list[FieldProblem]:
    problems = []
    if line.item_id not in known_items:
        problems.append(FieldProblem(f"{at}/item_id", f"there is no item '{line.item_id[:40]}'", "Look the item up first."))
    if not 0 < line.quantity_thousandths <= QUANTITY_THOUSANDTHS_MAX:
        problems.append(FieldProblem(f"{at}/quantity_thousandths", "not a quantity", "Thousandths of a piece or kilogram."))
    if line.expires and not is_date(line.expires):
        problems.append(FieldProblem(f"{at}/expires", "no date", "Write it as 2026-12-24."))
    if line.sscc and not (len(line.sscc) == 18 and line.sscc.isdigit()):
        problems.append(FieldProblem(f"{at}/sscc", "not 18 digits", "Leave it out when the goods are on no pallet."))
    if len(line.epcs) > ASN_PART_LINES_MAX:
        remedy = "Send the same item in several lines."
        problems.append(FieldProblem(f"{at}/epcs", f"more than {ASN_PART_LINES_MAX} tags in a line", remedy))
    return problems


def is_date(text: str) -> bool:
    """Whether a text is an ISO date."""
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
