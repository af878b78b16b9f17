"""What a label should say: an item's shelf facts, and the hash that tells whether it says it already."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

import msgspec

from edge.labels.ledger import ItemPrice, LabelBook
from edge.labels.plan import Wanted
from edge.labels.templates import Looks
from protocols.contract.values import ContentUnit
from protocols.labels.content import CannotDraw, LabelContent, UnitPrice
from protocols.labels.look import LookBook
from protocols.labels.quantity import content_text, printed_unit_price
from protocols.labels.template import Purpose, Template


@dataclass(frozen=True, slots=True)
class ShelfItem:
    """An item as its label shows it: the price in force, per piece or (weighed) per kilogram, and all else a template may
    say of it. `looks` None: the built-in template of its purpose."""

    item_id: str
    name: str
    price_minor: int
    price_revision: int
    currency: str
    minor_digits: int
    name_zh: str = ""
    gtin: str = ""
    weighed: bool = False
    was_minor: int | None = None
    """What the price is compared with; only with a reduction."""
    until: str = ""
    """The last day of a reduction, ISO, in the store's time zone."""
    reduced: bool = False
    member_price_minor: int | None = None
    content_quantity: int = 0
    """What one piece holds, in `content_unit`; 0: not told."""
    content_unit: ContentUnit = ContentUnit.NONE
    out_of_stock: bool = False
    position: str = ""
    printed_revision: int = 0
    """0: a new revision of the same price is no reason to draw a label anew."""
    products: tuple[ShelfItem, ...] = ()
    """Several products on one label, this one among them."""
    looks: Looks | None = None


def purpose_of(item: ShelfItem, *, large_unit_price: bool = False) -> Purpose:
    """What its label is to say first. What is missing is not advertised, and a reduction is more than a member's price."""
    if item.products:
        return Purpose.MULTI
    if item.out_of_stock:
        return Purpose.OUT_OF_STOCK
    if item.reduced:
        return Purpose.PROMOTION
    if item.member_price_minor is not None:
        return Purpose.MEMBER
    return Purpose.UNIT if large_unit_price and _unit_price(item) is not None else Purpose.REGULAR


def _unit_price(item: ShelfItem) -> UnitPrice | None:
    if item.weighed:
        return None
    return printed_unit_price(item.price_minor, item.content_quantity, item.content_unit)


def label_content(item: ShelfItem) -> LabelContent:
    """What there is to say of an item, for any template."""
    return LabelContent(
        item_id=item.item_id,
        name=item.name,
        name_zh=item.name_zh,
        price_minor=item.price_minor,
        minor_digits=item.minor_digits,
        currency=item.currency,
        per_kg=item.weighed,
        gtin=item.gtin,
        revision=item.printed_revision,
        was_minor=item.was_minor,
        until=item.until,
        member_price_minor=item.member_price_minor,
        unit_price=_unit_price(item),
        content_text=content_text(item.content_quantity, item.content_unit),
        out_of_stock=item.out_of_stock,
        position=item.position,
        products=tuple(label_content(each) for each in item.products),
    )


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
    """What a label should show now.

    The hash covers the template and everything of the item it prints on this kind of label, and nothing else: an unchanged
    price is not sent again because it has a new revision.
    """
    if item is None:
        return Wanted(book.label_id, None, None, 0, _digest(None, book.hardware_type, None))
    template = None if item.looks is None else item.looks.template
    shown = _digest(label_content(item), book.hardware_type, template)
    more = tuple(ItemPrice(each.item_id, each.price_minor, each.price_revision) for each in item.products[1:])
    return Wanted(book.label_id, item.item_id, item.price_minor, item.price_revision, shown, more)


def _digest(content: LabelContent | None, hardware_type: int, template: Template | None) -> str:
    try:
        return _looks.digest(content, hardware_type, template)
    except CannotDraw:  # what is drawn instead, if anything, follows from the same
        mark = "" if template is None else template.mark
        return hashlib.sha256(msgspec.json.encode((hardware_type, mark, content))).hexdigest()


_looks = LookBook()
"""Templates made ready, kept for their speed."""
