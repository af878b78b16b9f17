"""What a price book is: whose prices it holds, for whom, and which of several books wins. Pure.

Of all prices of an item that cover an instant in a store, everybody pays the one with the highest (priority, revision); the
books of the store's zone and of the store itself are weighed together (`protocols.contract.feed_rows.PriceRow`). Scope,
group, kind and priority of a book never change: every price that was ever published in it says them again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cloud.refusals import FieldProblem, Invalid
from protocols.contract.feed_rows import PriceRow, price_feed
from protocols.contract.values import PriceKind

PRIORITY_MAX = 1000
NAME_LENGTH_MAX = 80
OWN_PREFIX = "zone."
"""The zone's own book is named after it; other books cannot be, they have no dot."""
_ID = re.compile(r"[a-z0-9-]{1,32}")


@dataclass(frozen=True)
class Book:
    """A price book. `zone` None: of the one store its feed names. `own`: the usual prices of a zone."""

    book_id: str
    feed_id: str
    name: str
    zone: str | None
    customer_group: str = ""
    """Who pays its prices; empty: everybody."""
    price_kind: PriceKind = PriceKind.REGULAR
    priority: int = 0
    own: bool = False

    @property
    def store_id(self) -> str | None:
        """The store, for a book of one store."""
        return None if self.zone is not None else self.feed_id.split("/")[1]

    @property
    def row_book_id(self) -> str:
        """How feed rows name it."""
        return "" if self.own else self.book_id


def own_book_id(zone: str) -> str:
    """The id of a zone's own book."""
    return OWN_PREFIX + zone


def own_book(zone: str) -> Book:
    """A zone's own book."""
    return Book(own_book_id(zone), price_feed(zone), zone, zone, own=True)


def check_book(book: Book) -> None:
    """Raise `Invalid` with every problem of a book somebody wants to add."""
    problems: list[FieldProblem] = []
    if not _ID.fullmatch(book.book_id):
        problems.append(FieldProblem("book_id", "not 1 to 32 small letters, digits or -", "For example 'summer-sale'."))
    if not book.name.strip() or len(book.name) > NAME_LENGTH_MAX:
        problems.append(FieldProblem("name", f"empty or longer than {NAME_LENGTH_MAX}", "Say what the book is for."))
    if book.customer_group and not _ID.fullmatch(book.customer_group):
        problems.append(FieldProblem("customer_group", "not 1 to 32 small letters, digits or -", "For example 'member'."))
    if not 1 <= book.priority <= PRIORITY_MAX:
        remedy = "Usual prices of the zone have 0; the highest wins."
        problems.append(FieldProblem("priority", f"not between 1 and {PRIORITY_MAX}", remedy))
    if problems:
        raise Invalid.fields(problems)


def price_key(item_id: str, revision: int) -> str:
    """The key of a price's feed row."""
    return PriceRow(item_id=item_id, revision=revision, price_minor=0, effective_from_ms=0).key()
