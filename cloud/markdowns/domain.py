"""What a proposed markdown comes to. Pure."""

from __future__ import annotations

import datetime
import hashlib
import zoneinfo
from dataclasses import dataclass

from cloud.pricing.price_books import Book
from protocols.contract.feed_rows import store_price_feed
from protocols.contract.values import PriceKind, divide_half_up

BOOK_PRIORITY = 900
"""A markdown wins over the promotions and zone prices of a store."""


@dataclass(frozen=True)
class Proposal:
    """What a store proposed. `state`: open, over (its day has passed), accepted or declined."""

    store_id: str
    proposal_id: str
    at_ms: int
    item_id: str
    name: str
    place: str
    batch: str
    expires: str
    quantity_thousandths: int
    off_bp: int
    currency: str
    list_price_minor: int | None
    state: str
    decided_minor: int | None
    until_ms: int | None
    reason: str
    decided_by: str
    decided_ms: int | None

    @property
    def proposed_minor(self) -> int | None:
        """The price it comes to; None without a price today."""
        if self.list_price_minor is None:
            return None
        return max(1, divide_half_up(self.list_price_minor * (10_000 - self.off_bp), 10_000))


def markdown_book(store_id: str) -> Book:
    """The book of a store's markdowns."""
    book_id = "markdown-" + hashlib.sha256(store_id.encode()).hexdigest()[:16]
    feed_id = store_price_feed(store_id)
    return Book(book_id, feed_id, f"Markdowns of {store_id}", None, price_kind=PriceKind.MARKDOWN, priority=BOOK_PRIORITY)


def end_of_day_ms(expires: str, time_zone: str) -> int | None:
    """The instant after the last on which goods of a date may be sold; None for goods without a date."""
    if not expires:
        return None
    after = datetime.date.fromisoformat(expires) + datetime.timedelta(days=1)
    midnight = datetime.datetime.combine(after, datetime.time(), zoneinfo.ZoneInfo(time_zone))
    return int(midnight.timestamp() * 1000)
