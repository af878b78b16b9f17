"""What to send to which label, and in which order: pure decisions over the ledger.

Newest wins: only the content a label should show now is ever planned. Unchanged content never transmits. A rise goes
first, because the till charges the old, lower price until the labels have followed; then labels that name the wrong item
or nothing; then cuts; looks last.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from edge.labels.ledger import ItemPrice, LabelBook, price_set


class Urgency(enum.IntEnum):
    """Lower goes first."""

    RISE = 0
    NEW = 1
    CUT = 2
    LOOKS = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a label should show now. `item_id` None: a blank image."""

    label_id: str
    item_id: str | None
    price_minor: int | None
    price_revision: int
    content_hash: str
    more: tuple[ItemPrice, ...] = ()
    """Prices of further items on the same label."""

    @property
    def prices(self) -> tuple[ItemPrice, ...]:
        """Every price it should show."""
        if self.item_id is None or self.price_minor is None:
            return self.more
        return (ItemPrice(self.item_id, self.price_minor, self.price_revision), *self.more)


@dataclass(frozen=True, slots=True)
class Send:
    """One image to send. `clear_first`: the access point may still hold an older one, take it out of its queue."""

    label_id: str
    urgency: Urgency
    wanted: Wanted
    clear_first: bool


def plan_one(book: LabelBook, wanted: Wanted) -> Send | None:
    """What to send to one label; None when the newest image already says what is wanted, or nothing was ever bound."""
    if book.removed or (book.item_id is None and not book.images):
        return None
    latest = book.latest
    if latest is not None and latest.content_hash == wanted.content_hash:
        return None
    outstanding = latest is not None and not latest.confirmed
    return Send(book.label_id, urgency(book, wanted), wanted, clear_first=outstanding)


def plan(books: Iterable[tuple[LabelBook, Wanted]]) -> list[Send]:
    """What to send, most urgent first; equal urgency keeps the given order."""
    sends = [send for book, wanted in books if (send := plan_one(book, wanted)) is not None]
    return sorted(sends, key=lambda send: send.urgency)


def urgency(book: LabelBook, wanted: Wanted) -> Urgency:
    """How much a customer or the shop loses while the label waits: of several items the one that loses most."""
    shown = price_set(book)
    return min((_urgency_of(price, shown) for price in wanted.prices), default=Urgency.NEW)


def _urgency_of(wanted: ItemPrice, shown: frozenset[tuple[str, int]]) -> Urgency:
    prices = [price for item_id, price in shown if item_id == wanted.item_id]
    if not prices:
        return Urgency.NEW
    if min(prices) < wanted.price_minor:
        return Urgency.RISE
    return Urgency.CUT if max(prices) > wanted.price_minor else Urgency.LOOKS


def is_settled(book: LabelBook, wanted: Wanted) -> bool:
    """Whether the label was proven to show what is wanted, and nothing else can come any more."""
    latest = book.latest
    if latest is None:
        return wanted.item_id is None and not book.strays
    return latest.confirmed and latest.content_hash == wanted.content_hash and not book.strays
