"""What a label shall say as data, for label systems that draw it themselves: the picture of an order is then this.

A ledger knows images by their hashes; of data the hash is taken from these bytes, so that nothing else of the ledger
changes. The kind of label is `DATA_HARDWARE_TYPE`: no panel of ours, so nothing is drawn here.
"""

from __future__ import annotations

import hashlib

import msgspec

DATA_HARDWARE_TYPE = 0x10000
"""Beyond the 8 bits of real panels."""
HASH_DIGITS = 32


class ArticleRefused(ValueError):
    """The bytes are no article."""


class ShelfArticle(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An item as data; all zero and empty: a blank label. Prices in minor units, per piece or (`per_kg`) per kilogram."""

    item_id: str = ""
    name: str = ""
    name_zh: str = ""
    price_minor: int | None = None
    minor_digits: int = 2
    currency: str = ""
    per_kg: bool = False
    gtin: str = ""
    was_minor: int | None = None
    """What a reduced price is compared with."""
    until: str = ""
    """The last day of a reduction, ISO."""
    member_price_minor: int | None = None
    unit_price: str = ""
    """As it is to be printed: "3.20 / 100 g"."""
    out_of_stock: bool = False


BLANK = ShelfArticle()


def write_article(article: ShelfArticle) -> bytes:
    """The bytes an order carries: JSON in the order of the fields."""
    return msgspec.json.encode(article)


def read_article(data: bytes) -> ShelfArticle:
    """The article an order carries. Raises `ArticleRefused`."""
    try:
        return msgspec.json.decode(data, type=ShelfArticle)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise ArticleRefused(f"no article: {error}") from error


def article_hash(data: bytes) -> str:
    """32 lower hex digits that name these bytes in a ledger; never all zeros."""
    return hashlib.sha256(data).hexdigest()[:HASH_DIGITS]


def printed_price(price_minor: int | None, minor_digits: int) -> str:
    """A price as text with a point: "12.50"; empty for None."""
    if price_minor is None:
        return ""
    if minor_digits == 0:
        return str(price_minor)
    whole, part = divmod(price_minor, 10**minor_digits)
    return f"{whole}.{part:0{minor_digits}d}"
