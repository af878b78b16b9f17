"""Book against tags: for every tagged item what the book says and how many of its tags are here; nothing is changed by it.

Confidence of an item, in basis points: how far book and tags agree (the smaller of the two over the larger), less 1 % for
each day since anybody counted it or heard a tag of it, down to a half. An item without tags has the second part alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.stock.rules import SELLABLE, Source
from edge.store_db.database import Tx
from edge.store_db.journal import Journal
from edge.store_db.queries import load
from protocols.contract.stock_facts import COMPARED_LINES_MAX, BookCompared, ComparedLine
from protocols.contract.values import THOUSANDTHS, Place

queries = load("edge.stock", "comparing.sql")

WHOLE_BP = 10_000
DAY_MS = 86_400_000
LOSS_BP_A_DAY = 100
LEAST_FRESH_BP = 5_000


@dataclass(frozen=True, slots=True)
class Compared:
    """An item's book and tags at the places goods are sold from."""

    item_id: str
    name: str
    name_zh: str
    tagged: bool
    book_thousandths: int
    seen_thousandths: int
    confidence_bp: int


def compare_item(source: Source, item_id: str, now_ms: int) -> Compared | None:
    """One item; None when the catalogue lacks it."""
    asked = (item_id, *(place.value for place in SELLABLE))
    row = source.execute(queries["one"], asked).fetchone()
    if row is None:
        return None
    name, name_zh, tagged, book, counted_ms = row
    ((tags, heard_ms),) = source.execute(queries["tags_of"], asked).fetchall()
    newest_ms = max(counted_ms or 0, heard_ms or 0)
    fresh = freshness_bp(newest_ms, now_ms)
    seen = int(tags) * THOUSANDTHS
    agree = agreement_bp(int(book), seen) if tagged else WHOLE_BP
    return Compared(item_id, name, name_zh, bool(tagged), int(book), seen, agree * fresh // WHOLE_BP)


def compare(source: Source, place: Place) -> list[ComparedLine]:
    """All tagged items that have stock or tags at a place."""
    rows = source.execute(queries["all"], (place.value,)).fetchall()
    return [
        ComparedLine(item_id=item_id, book_thousandths=int(book), seen_thousandths=int(tags) * THOUSANDTHS)
        for item_id, book, tags in rows
    ]


def agreement_bp(book_thousandths: int, seen_thousandths: int) -> int:
    """How far two figures agree: 10,000 when they are equal, 0 when one of them has nothing (or less)."""
    if book_thousandths == seen_thousandths:
        return WHOLE_BP
    smaller, larger = sorted((book_thousandths, seen_thousandths))
    return 0 if smaller <= 0 else smaller * WHOLE_BP // larger


def freshness_bp(newest_ms: int, now_ms: int) -> int:
    """What the age of the newest evidence leaves of it."""
    days = max(0, now_ms - newest_ms) // DAY_MS
    return max(LEAST_FRESH_BP, WHOLE_BP - days * LOSS_BP_A_DAY)


def is_told(source: Source, comparison_id: str) -> bool:
    """Whether this comparison was journalled."""
    return source.execute(queries["told"], (comparison_id,)).fetchone() is not None


def tell(tx: Tx, journal: Journal, comparison_id: str, place: Place, lines: Sequence[ComparedLine], at_ms: int) -> bool:
    """Journal what `compare` found, once by its id. False: it was told before, or no item there is tagged."""
    if not lines or is_told(tx, comparison_id):
        return False
    gaps = [(line.seen_thousandths - line.book_thousandths) // THOUSANDTHS for line in lines]
    differing = sorted(
        (line for line in lines if line.book_thousandths != line.seen_thousandths),
        key=lambda line: (-abs(line.seen_thousandths - line.book_thousandths), line.item_id),
    )
    fact = BookCompared(
        comparison_id=comparison_id,
        place=place,
        items=len(lines),
        equal=len(lines) - len(differing),
        pieces_missing=sum(-gap for gap in gaps if gap < 0),
        pieces_extra=sum(gap for gap in gaps if gap > 0),
        lines=tuple(differing[:COMPARED_LINES_MAX]),
    )
    figures = (fact.items, fact.equal, fact.pieces_missing, fact.pieces_extra)
    tx.execute(queries["put"], (comparison_id, fact.place.value, at_ms, *figures))
    journal.append(tx, fact)
    return True


def prune(tx: Tx, before_ms: int) -> None:
    """Forget comparisons made before this."""
    tx.execute(queries["prune"], (before_ms,))
