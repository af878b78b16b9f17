"""What a set of price changes would have done to a day's baskets: a look back, not a forecast of what people would buy."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.pricing.domain import WantedPrice
from cloud.pricing.ground import need_book, need_rules
from cloud.pricing.price_books import Book

Q = load_queries(__file__, "effect.sql")
ITEMS_SHOWN = 50


@dataclass(frozen=True)
class StoreEffect:
    """One store's day: baskets and lines with a changed item, what they came to, what they would have come to."""

    store_id: str
    name: str
    basket_count: int
    line_count: int
    before_minor: int
    after_minor: int


@dataclass(frozen=True)
class ItemEffect:
    """One item's day over all stores of the book."""

    item_id: str
    name: str
    name_zh: str
    line_count: int
    before_minor: int
    after_minor: int


@dataclass(frozen=True)
class Effect:
    """The whole. `stores` within the caller's scope; `items` those that move the most."""

    book: Book
    currency: str
    minor_digits: int
    day: datetime.date
    stores: tuple[StoreEffect, ...]
    items: tuple[ItemEffect, ...]


async def effect(tx: Connection, book_id: str, wanted: Sequence[WantedPrice], day: datetime.date) -> Effect:
    """Reprice the sale lines of a business day in the stores of a book. Raises `Missing`.

    Starts and ends of the wanted prices do not matter: the whole day is taken at each (the last named, for an item named
    twice). A book of a customer group counts baskets of members alone.
    """
    book = await need_book(tx, book_id)
    rules = await need_rules(tx, book)
    prices = {row.item_id: row.price_minor for row in wanted}
    values = {
        "item_ids": list(prices),
        "prices": list(prices.values()),
        "day": day,
        "zone": rules.zone,
        "store_id": book.store_id,
        "members": bool(book.customer_group),
        "limit": ITEMS_SHOWN,
    }
    async with tx.cursor(row_factory=class_row(StoreEffect)) as cursor:
        stores = await (await cursor.execute(Q["effect_by_store"], values)).fetchall()
    async with tx.cursor(row_factory=class_row(ItemEffect)) as cursor:
        items = await (await cursor.execute(Q["effect_by_item"], values)).fetchall()
    return Effect(book, rules.currency, rules.minor_digits, day, tuple(stores), tuple(items))
