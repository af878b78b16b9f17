"""What moves stock at HQ, and the page position of a reader. Pure."""

from __future__ import annotations

from collections.abc import Mapping
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
    batch: str = ""
    expires: str = ""
    staff_id: str = ""


@dataclass(frozen=True)
class Batch:
    """Stock of one batch of an item at one place; an empty batch: pieces whose batch nobody told."""

    store_id: str
    item_id: str
    name: str
    place: str
    batch: str
    expires: str
    on_hand_thousandths: int


@dataclass(frozen=True)
class ItemByPlace:
    """An item of a store: thousandths by place."""

    item_id: str
    name: str
    places: Mapping[str, int]
    total_thousandths: int


@dataclass(frozen=True)
class Held:
    """What a region or a store holds: thousandths by place over all items; `coming`: sent by other stores."""

    id: str
    name: str
    stores: int
    places: Mapping[str, int]
    coming_thousandths: int


@dataclass(frozen=True)
class GoodsReceipt:
    """Goods that came into a store. `how`: `scan` or `portal`; what came is in the stock moves of its id."""

    store_id: str
    receipt_id: str
    at_ms: int
    place: str
    how: str
    reference: str
    staff_id: str
    device_id: str
    line_count: int


@dataclass(frozen=True)
class GoodsGone:
    """A tag that went out through a door; `item_id` empty: no item had its GTIN."""

    store_id: str
    passage_id: str
    at_ms: int
    device_id: str
    epc: str
    gtin: str
    item_id: str


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


LAST = "\U0010ffff"
"""Sorts after every id."""


def read_gone(text: str) -> tuple[str, str]:
    """The (passage, EPC) a page of goods that left continues after; the newest end for empty text. Raises `Invalid`."""
    if not text:
        return LAST, ""
    passage_id, _, epc = text.partition(" ")
    if not epc:
        raise Invalid.field("after", "belongs to another list", "Use `next` of the answer before, or leave it out.")
    return passage_id, epc
