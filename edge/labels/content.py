"""What a label should say: an item's shelf facts, and the hash that tells whether it says it already."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

import msgspec

from edge.labels.ledger import LabelBook
from edge.labels.plan import Wanted

LOOKS_VERSION = 2
"""Grows when labels shall look different: every label is then sent once more."""


@dataclass(frozen=True, slots=True)
class ShelfItem:
    """An item as its label shows it: the price in force, per piece or (weighed) per kilogram."""

    item_id: str
    name: str
    price_minor: int
    price_revision: int
    currency: str
    minor_digits: int
    name_zh: str = ""
    gtin: str = ""
    weighed: bool = False


class Shelf(Protocol):
    """Where labels learn what to say."""

    def shelf_item(self, item_id: str) -> ShelfItem | None:
        """None: unknown, inactive or without a price; its labels stay as they are."""


@dataclass(frozen=True, slots=True)
class RenderedLabel:
    """Bytes for the access point (JPEG) and the hash it will report once the tag holds the image."""

    picture: bytes
    image_hash: str


class LabelUnrenderable(ValueError):
    """The item cannot be put on this kind of label; the text says why. Nothing is sent."""


class Renderer(Protocol):
    """Turns content into a picture; runs in a worker thread."""

    def render(self, item: ShelfItem | None, label_id: str, hardware_type: int) -> RenderedLabel:
        """`item` None: a blank label. Raises `LabelUnrenderable`."""


def wanted_on(book: LabelBook, item: ShelfItem | None) -> Wanted:
    """What a label should show now. The price revision is not part of the content: an unchanged price is not sent again."""
    if item is None:
        return Wanted(book.label_id, None, None, 0, _hash(("blank", book.hardware_type)))
    shown = (
        LOOKS_VERSION,
        book.hardware_type,
        item.item_id,
        item.name,
        item.name_zh,
        item.price_minor,
        item.currency,
        item.minor_digits,
        item.gtin,
        item.weighed,
    )
    return Wanted(book.label_id, item.item_id, item.price_minor, item.price_revision, _hash(shown))


def _hash(content: tuple[str | int | bool, ...]) -> str:
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()
