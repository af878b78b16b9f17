"""Goods of the catalogue for templates to be drawn with: those that are hard to draw, and the one somebody looks at.

Pure, but for the look-ups at the end.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from protocols.labels.content import LabelContent, UnitPrice
from protocols.labels.lint import Sample
from protocols.labels.template import Purpose

Q = load_queries(__file__, "samples.sql")

EACH_MAX = 3
"""Goods taken for each thing that is hard: long names, high prices."""
PRODUCTS_ON_ONE = 3
"""On a label of several products: what the smallest of those built in has room for."""
PROMOTION_DAYS = 14
WIDEST_DIGIT = "8"
NOBODY_KNOWS = LabelContent(
    name="Sample product 500 g",
    name_zh="示例商品",
    price_minor=1299,
    currency="EUR",
    gtin="04006381333931",
    item_id="SAMPLE",
)
"""For a catalogue that is still empty."""


@dataclass(frozen=True)
class Good:
    """An item with its price in a zone."""

    item_id: str
    name: str
    name_zh: str
    weighed: bool
    code: str
    zone: str
    currency: str
    minor_digits: int
    price_minor: int


def content_of(good: Good) -> LabelContent:
    """The item at its price, with nothing else to say."""
    return LabelContent(
        name=good.name,
        name_zh=good.name_zh,
        price_minor=good.price_minor,
        currency=good.currency,
        minor_digits=good.minor_digits,
        per_kg=good.weighed,
        gtin=good.code,
        item_id=good.item_id,
    )


def widest(content: LabelContent) -> LabelContent:
    """The same with the widest price of as many digits."""
    return replace(content, price_minor=int(WIDEST_DIGIT * len(str(content.price_minor))))


def dressed(content: LabelContent, purpose: Purpose, today: datetime.date) -> LabelContent:
    """With all that a label of this purpose can say of it."""
    price = content.price_minor
    shown = replace(
        content,
        unit_price=None if content.per_kg else UnitPrice(price * 2, "kg"),
        content_text="" if content.per_kg else "500 g",
    )
    match purpose:
        case Purpose.PROMOTION:
            until = today + datetime.timedelta(PROMOTION_DAYS)
            return replace(shown, was_minor=price * 4 // 3 + 1, until=until.isoformat())
        case Purpose.MEMBER:
            return replace(shown, member_price_minor=max(price * 9 // 10, 1))
        case Purpose.OUT_OF_STOCK:
            return replace(shown, out_of_stock=True)
        case Purpose.MULTI:
            return replace(shown, products=(shown,) * PRODUCTS_ON_ONE)
        case Purpose.REGULAR | Purpose.UNIT:
            return shown


def samples_of(goods: Sequence[Good], purpose: Purpose, today: datetime.date) -> list[Sample]:
    """Each of these goods with all there is to say, at the widest price of as many digits as it has."""
    contents = [content_of(good) for good in goods]
    return [Sample(content.item_id, dressed(widest(content), purpose, today)) for content in contents]


def preview_content(goods: Sequence[Good], purpose: Purpose, today: datetime.date) -> LabelContent:
    """The first of these goods with all there is to say of it; on a label of several products the others beside it."""
    contents = [content_of(good) for good in goods] or [NOBODY_KNOWS]
    shown = dressed(contents[0], purpose, today)
    if purpose is not Purpose.MULTI:
        return shown
    return replace(shown, products=tuple(dressed(each, Purpose.REGULAR, today) for each in contents))


async def characters(tx: Connection) -> str:
    """Every character the names of goods are written with."""
    return "".join(str(row[0]) for row in await (await tx.execute(Q["characters"])).fetchall())


async def hard_goods(tx: Connection, missing: str) -> list[Good]:
    """Goods with the longest names, the highest prices, and names with characters the fonts are missing."""
    async with tx.cursor(row_factory=class_row(Good)) as cursor:
        await cursor.execute(Q["hard_goods"], {"each": EACH_MAX, "missing": list(missing)})
        return await cursor.fetchall()


async def goods_from(tx: Connection, item_id: str, zone: str, limit: int) -> list[Good]:
    """An item (empty: the first) at its price in a zone (empty: the first it has one in), and those that follow it."""
    async with tx.cursor(row_factory=class_row(Good)) as cursor:
        await cursor.execute(Q["goods_from"], {"item_id": item_id, "zone": zone, "limit": limit})
        return await cursor.fetchall()
