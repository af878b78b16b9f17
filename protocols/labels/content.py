"""What a shelf label says. Prices are integers in minor units; how they are written is decided here, once."""

from __future__ import annotations

from dataclasses import dataclass

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "CNY": "¥", "JPY": "¥"}
"""Currencies written with a sign; others with their code."""


class CannotDraw(ValueError):
    """The content cannot be put on this kind of label; the text says why. Nothing may be sent.

    `element` names the element of the template that is in the way; empty: none in particular.
    """

    def __init__(self, text: str, element: str = "") -> None:
        super().__init__(text)
        self.element = element


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What a kilogram, litre or other base costs, beside the price of the pack (Directive 98/6/EC, article 3)."""

    price_minor: int
    unit: str
    """As printed: `kg`, `l`, `100 g`."""


@dataclass(frozen=True, slots=True)
class LabelContent:
    """What there is to say of one item, or (`products`) of several. Templates choose from it by the names in `FIELDS`.

    `per_kg`: the price is for a kilogram, the item is weighed at the till.
    """

    name: str
    price_minor: int
    currency: str
    minor_digits: int = 2
    name_zh: str = ""
    per_kg: bool = False
    unit_price: UnitPrice | None = None
    gtin: str = ""
    """14, 13, 12 or 8 digits with a check digit are drawn as a barcode; a shorter number stands as text."""
    revision: int = 0
    """Of the price; printed small, so that a person with a label in hand can name what it shows. 0: not printed."""
    highlight: bool = False
    """A bar in the panel's accent colour (black where there is none)."""
    item_id: str = ""
    was_minor: int | None = None
    """The former price, as the price law of the zone allows it to be printed."""
    until: str = ""
    """The last day of the price, `YYYY-MM-DD` in the store's time zone."""
    member_price_minor: int | None = None
    out_of_stock: bool = False
    content_text: str = ""
    """How much is in it: `500 g`."""
    position: str = ""
    """Where the label hangs, for staff: `3/B/12`."""
    note: str = ""
    """A line of the store's own: origin, quality class."""
    products: tuple[LabelContent, ...] = ()
    """Several products on one label; the outer fields are then those of the first."""


def price_text(price_minor: int, minor_digits: int) -> str:
    """`1234`, 2 -> `12.34`. Raises `CannotDraw` below zero: no shelf price is."""
    if price_minor < 0 or not 0 <= minor_digits <= 4:
        raise CannotDraw(f"{price_minor} with {minor_digits} decimals is no shelf price")
    if minor_digits == 0:
        return str(price_minor)
    major, minor = divmod(price_minor, 10**minor_digits)
    return f"{major}.{minor:0{minor_digits}d}"
