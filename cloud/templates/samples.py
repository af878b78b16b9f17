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
from protocols.contract.values import ContentUnit
from protocols.labels.content import LabelContent, UnitPrice
from protocols.labels.lint import Sample
from protocols.labels.quantity import content_text, printed_unit_price
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
    content_quantity: int = 0
    content_unit: ContentUnit = ContentUnit.NONE


def content_of(good: Good) -> LabelContent:
    """The item at its price."""
    return LabelContent(
        name=good.name,
        name_zh=good.name_zh,
        price_minor=good.price_minor,
        currency=good.currency,
        minor_digits=good.minor_digits,
        per_kg=good.weighed,
        gtin=good.code,
        item_id=good.item_id,
        unit_price=None if good.weighed else printed_unit_price(good.price_minor, good.content_quantity, good.content_unit),
        content_text=content_text(good.content_quantity, good.content_unit),
    )


def widest(content: LabelContent) -> LabelContent:
    """The same with the widest prices of as many digits."""
    unit = content.unit_price
    return replace(
        content,
        price_minor=_widest(content.price_minor),
        unit_price=None if unit is None else UnitPrice(_widest(unit.price_minor), unit.unit),
    )


def _widest(price_minor: int) -> int:
    return int(WIDEST_DIGIT * len(str(price_minor)))


def dressed(content: LabelContent, purpose: Purpose, today: datetime.date) -> LabelContent:
    """With all that a label of this purpose can say of it."""
    price = content.price_minor
    match purpose:
        case Purpose.PROMOTION:
            until = today + datetime.timedelta(PROMOTION_DAYS)
            return replace(content, was_minor=price * 4 // 3 + 1, until=until.isoformat())
        case Purpose.MEMBER:
            return replace(content, member_price_minor=max(price * 9 // 10, 1))
        case Purpose.OUT_OF_STOCK:
            return replace(content, out_of_stock=True)
        case Purpose.MULTI:
            return replace(content, products=(content,) * PRODUCTS_ON_ONE)
        case Purpose.UNIT if content.unit_price is None and not content.per_kg:
            return replace(content, unit_price=UnitPrice(price, "kg"))
        case Purpose.REGULAR | Purpose.UNIT:
            return content


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
    return await _goods(tx, "hard_goods", {"each": EACH_MAX, "missing": list(missing)})


async def goods_from(tx: Connection, item_id: str, zone: str, limit: int) -> list[Good]:
    """An item (empty: the first) at its price in a zone (empty: the first it has one in), and those that follow it."""
    return await _goods(tx, "goods_from", {"item_id": item_id, "zone": zone, "limit": limit})


async def _goods(tx: Connection, query: str, values: dict[str, object]) -> list[Good]:
    async with tx.cursor(row_factory=class_row(Good)) as cursor:
        await cursor.execute(Q[query], values)
        return [replace(row, content_unit=ContentUnit(row.content_unit)) for row in await cursor.fetchall()]
