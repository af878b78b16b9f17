"""What moves stock at HQ, and the page position of a reader. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.refusals import Invalid


@dataclass(frozen=True)
class OnHand:
    """Stock of an item at one place of a store, in thousandths of its stock unit. May be negative (design invariant 8)."""

    store_id: str
    item_id: str
    place: str
    on_hand_thousandths: int


@dataclass(frozen=True)
class Move:
    """One change: a sale's line (`sale`, negative) or a stock move (`receipt`, `count` …)."""

    ingest_rev: int
    seq: int
    line_no: int
    reason: str
    reference: str
    place: str
    quantity_thousandths: int
    at_ms: int


@dataclass(frozen=True, order=True)
class MovePlace:
    """Where a move stands in the store's order."""

    ingest_rev: int
    seq: int
    line_no: int

    def __str__(self) -> str:
        return f"{self.ingest_rev} {self.seq} {self.line_no}"


NEWEST = MovePlace(2**62, 0, 0)


def read_place(text: str) -> MovePlace:
    """Read what `str` wrote; the newest end for empty text. Raises `Invalid`."""
    if not text:
        return NEWEST
    try:
        ingest_rev, seq, line_no = map(int, text.split(" "))
    except ValueError:
        raise Invalid.field(
            "after", "belongs to another list", "Use `next` of the answer before, or leave it out."
        ) from None
    return MovePlace(ingest_rev, seq, line_no)


def read_item(text: str) -> tuple[str, str]:
    """The (item, place) a page of on-hand continues after. Raises `Invalid`."""
    if not text:
        return "", ""
    item_id, _, place = text.rpartition(" ")
    if not item_id:
        raise Invalid.field("after", "belongs to another list", "Use `next` of the answer before, or leave it out.")
    return item_id, place
