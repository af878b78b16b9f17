"""What an online order asks of a store, and what is wrong with a question. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cloud.refusals import FieldProblem
from protocols.contract.feed_stock import ReservationLine, ReservationRow

LINES_MAX = 200
HELD_MAX_MS = 60 * 24 * 3600 * 1000
KEPT_AFTER_MS = 24 * 3600 * 1000
"""How long a reservation whose time is over stays in the store's feed."""

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True)
class Question:
    """Hold these goods for an order until then."""

    store_id: str
    reservation_id: str
    order_id: str
    lines: tuple[ReservationLine, ...]
    due_ms: int
    until_ms: int
    name: str = ""


def row_of(asked: Question, *, cancelled: bool = False) -> ReservationRow:
    """The question as a row of the store's feed."""
    return ReservationRow(
        reservation_id=asked.reservation_id,
        order_id=asked.order_id,
        lines=asked.lines,
        due_ms=asked.due_ms,
        until_ms=asked.until_ms,
        name=asked.name,
        cancelled=cancelled,
    )


def check_question(asked: Question, known_items: frozenset[str], now_ms: int) -> list[FieldProblem]:
    """Everything that is wrong with it."""
    problems: list[FieldProblem] = []
    if not _ID.fullmatch(asked.reservation_id):
        remedy = "Use the number of the order."
        problems.append(FieldProblem("reservation_id", "not 1 to 64 letters, digits, . _ or -", remedy))
    if not 1 <= len(asked.lines) <= LINES_MAX:
        problems.append(FieldProblem("lines", f"not 1 to {LINES_MAX}", "Reserve something."))
    if asked.until_ms <= now_ms or asked.until_ms > now_ms + HELD_MAX_MS:
        problems.append(FieldProblem("until_ms", "not within the coming 60 days", "Say until when the goods are held."))
    if not 0 < asked.due_ms <= asked.until_ms:
        problems.append(FieldProblem("due_ms", "after the end", "Say when the customer comes, at the latest at the end."))
    seen: set[str] = set()
    for number, line in enumerate(asked.lines):
        at = f"lines/{number}"
        if line.item_id not in known_items:
            problem = f"there is no item '{line.item_id[:40]}'"
            problems.append(FieldProblem(f"{at}/item_id", problem, "Look the item up first."))
        if line.item_id in seen:
            problems.append(FieldProblem(f"{at}/item_id", f"'{line.item_id}' is named twice", "One line per item."))
        seen.add(line.item_id)
        if not 0 < line.quantity_thousandths <= 1_000_000_000:
            remedy = "Thousandths of a piece or kilogram."
            problems.append(FieldProblem(f"{at}/quantity_thousandths", "not a quantity", remedy))
    return problems
